// From a push to what is drawn outside of the app, without anything of Android's.

package app.baton.sample.model

import app.baton.core.Baton
import java.util.UUID
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.flow.Flow
import uniffi.baton_core.AnswerOutcome
import uniffi.baton_core.BatonCoreInterface
import uniffi.baton_core.CoreConfig
import uniffi.baton_core.CoreException
import uniffi.baton_core.Event
import uniffi.baton_core.KeyStore
import uniffi.baton_core.Notification
import uniffi.baton_core.NotificationAction
import uniffi.baton_core.NotificationAnswer
import uniffi.baton_core.NotificationGroup
import uniffi.baton_core.Place
import uniffi.baton_core.PushMessage
import uniffi.baton_core.PushOutcome
import uniffi.baton_core.PushVerdict
import uniffi.baton_core.Standing
import uniffi.baton_core.takePush

/** Firebase gives a service about 20 s; an answer is there long before. */
private val WITHIN: Duration = 8.seconds

/** The place where the system draws: a real one, or a list in a test. */
interface Board {
    fun show(notification: Notification)

    fun takeAway(place: Place)

    fun badge(count: UInt)
}

/** A push came. The board has something to show by the deadline, whatever happens. */
suspend fun Board.takes(baton: Baton?, config: CoreConfig, keys: KeyStore, push: PushMessage) {
    val outcome = try {
        baton?.handlePush(push, WITHIN)
    } catch (_: CoreException) {
        null
    }
    if (outcome == null) show(takePush(config, keys, push).notification) else draws(outcome)
}

/** Draws what the core decided. */
fun Board.draws(outcome: PushOutcome) {
    when (val verdict = outcome.verdict) {
        is PushVerdict.Show -> show(verdict.notification)
        is PushVerdict.Update -> show(verdict.notification)
        is PushVerdict.Fallback -> show(verdict.notification)
        is PushVerdict.Withdraw -> takeAway(verdict.place)
        is PushVerdict.Suppress -> Unit
    }
    outcome.withdraw.forEach(::takeAway)
    outcome.update.forEach(::show)
    outcome.badge?.let(::badge)
}

/** What is over is taken away also while the app runs. */
fun Board.hears(event: Event) {
    if (event !is Event.Notifications) return
    event.withdraw.forEach(::takeAway)
    event.update.forEach(::show)
}

/** What an act on a notification is held to. Without one it is done in the app. */
val NotificationAction.token: String?
    get() = when (this) {
        is NotificationAction.Reply -> token
        is NotificationAction.Resolve -> token
        is NotificationAction.Accept, is NotificationAction.Decline -> null
    }

/** What became of an act on a notification. */
enum class Became { SENT, WAITING, MISSED, NOT_KEPT }

/** The agent acted on a notification, perhaps in a process that was started for that. */
suspend fun BatonCoreInterface.answers(token: String, answer: NotificationAnswer): Became = try {
    when (answerNotification(token, answer, WITHIN.inWholeMilliseconds.toUInt())) {
        AnswerOutcome.SENT -> Became.SENT
        AnswerOutcome.WAITING -> Became.WAITING
        AnswerOutcome.OPEN_APP -> Became.MISSED
    }
} catch (_: CoreException) {
    Became.NOT_KEPT
}

/** Says in the notification's place what became of an act on it: no answer vanishes unsent. */
fun Board.tells(became: Became, place: Place, conversation: String) {
    val body = when (became) {
        Became.SENT -> return takeAway(place)
        Became.WAITING -> "It is sent when there is a network."
        Became.MISSED -> "Something was missed: open to review."
        Became.NOT_KEPT -> "It could not be kept: open to do it again."
    }
    show(
        Notification(
            place = place,
            group = NotificationGroup.INBOX,
            title = "Not sent",
            body = body,
            locKey = null,
            publicText = "Not sent",
            actions = emptyList(),
            badge = null,
            alerts = true,
            expiresAtMs = null,
            push = null,
            opens = conversation,
        ),
    )
}

/**
 * Tells the server where pushes go, as soon as it can be reached: once at each start of the
 * process, and once after each sign-in. [register] says whether that worked.
 */
suspend fun registers(standings: Flow<Standing>, register: suspend () -> Boolean) {
    var isRegistered = false
    standings.collect { standing ->
        if (standing.wantsSignIn()) isRegistered = false
        if (standing is Standing.Live && !isRegistered) isRegistered = register()
    }
}

/** One id for one tap: a UUID of version 7, as the server takes them. */
fun tapId(): String {
    val random = UUID.randomUUID()
    val high = (System.currentTimeMillis() shl 16) or 0x7000 or
        (random.mostSignificantBits and 0xfff)
    return UUID(high, random.leastSignificantBits).toString()
}
