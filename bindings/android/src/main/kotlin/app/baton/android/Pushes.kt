// From a push to what is drawn, without anything of Android's.

package app.baton.android

import app.baton.core.AnswerOutcome
import app.baton.core.Baton
import app.baton.core.BatonCoreInterface
import app.baton.core.CoreConfig
import app.baton.core.CoreException
import app.baton.core.Event
import app.baton.core.KeyStore
import app.baton.core.NotificationAction
import app.baton.core.NotificationAnswer
import app.baton.core.Place
import app.baton.core.PushMessage
import app.baton.core.PushNotification
import app.baton.core.PushOutcome
import app.baton.core.PushVerdict
import app.baton.core.takePush
import kotlin.time.Duration.Companion.seconds

/** Firebase gives a service about 20 s, a receiver gets 10 s. */
internal val WITHIN = 8.seconds

/** The place where the system draws notifications: a real one, or a list in a test. */
interface NotificationBoard {
    fun show(notification: PushNotification)

    fun remove(place: Place)

    /** Says in a notification's place what became of an answer from it. */
    fun tell(problem: AnswerProblem, place: Place, conversation: String)
}

/** Why an answer from a notification was not sent. */
enum class AnswerProblem {
    /** It is stored and goes when there is a network. */
    WAITING,

    /** The customer or a colleague was faster: it waits in review. */
    MISSED,

    /** It could not be stored. */
    NOT_KEPT,
}

/** Handles a push by the deadline. Returns whether something is left to be fetched. */
internal suspend fun NotificationBoard.take(
    baton: Baton?,
    config: CoreConfig,
    keys: KeyStore,
    push: PushMessage,
): Boolean {
    val outcome = try {
        baton?.handlePush(push, WITHIN)
    } catch (_: CoreException) {
        null
    }
    if (outcome == null) {
        show(takePush(config, keys, push).notification)
        return true
    }
    draw(outcome)
    return outcome.isBehind
}

/** Draws what the core decided. */
internal fun NotificationBoard.draw(outcome: PushOutcome) {
    when (val verdict = outcome.verdict) {
        is PushVerdict.Show -> show(verdict.notification)
        is PushVerdict.Update -> show(verdict.notification)
        is PushVerdict.Fallback -> show(verdict.notification)
        is PushVerdict.Withdraw -> remove(verdict.place)
        is PushVerdict.Suppress -> Unit
    }
    outcome.withdraw.forEach(::remove)
    outcome.update.forEach(::show)
}

/** Removes and replaces notifications also while the app runs. */
internal fun NotificationBoard.hear(event: Event) {
    if (event !is Event.Notifications) return
    event.withdraw.forEach(::remove)
    event.update.forEach(::show)
}

/** What an answer from a notification is held to. Without one the app must be opened. */
internal val NotificationAction.token: String?
    get() = when (this) {
        is NotificationAction.Reply -> token
        is NotificationAction.Resolve -> token
        is NotificationAction.Accept -> token
        is NotificationAction.Decline -> token
    }

/** Answers from a notification, perhaps in a process that was started for that. */
internal suspend fun NotificationBoard.answer(
    baton: BatonCoreInterface?,
    token: String?,
    answer: NotificationAnswer,
    at: Pair<Place, String>,
): AnswerProblem? {
    val (place, conversation) = at
    val problem = try {
        val ms = WITHIN.inWholeMilliseconds.toUInt()
        when (token?.let { baton?.answerNotification(it, answer, ms) }) {
            AnswerOutcome.SENT -> null
            AnswerOutcome.WAITING -> AnswerProblem.WAITING
            AnswerOutcome.OPEN_APP -> AnswerProblem.MISSED
            null -> AnswerProblem.NOT_KEPT
        }
    } catch (_: CoreException) {
        AnswerProblem.NOT_KEPT
    }
    // No answer vanishes unsent.
    if (problem == null) remove(place) else tell(problem, place, conversation)
    return problem
}
