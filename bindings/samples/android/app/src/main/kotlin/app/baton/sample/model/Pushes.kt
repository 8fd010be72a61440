// From a push to what is drawn outside of the app, without anything of Android's.

package app.baton.sample.model

import app.baton.core.Baton
import java.util.UUID
import java.util.concurrent.ConcurrentHashMap
import kotlin.time.Duration
import kotlin.time.Duration.Companion.seconds
import uniffi.baton_core.Act
import uniffi.baton_core.CoreConfig
import uniffi.baton_core.CoreException
import uniffi.baton_core.Event
import uniffi.baton_core.KeyStore
import uniffi.baton_core.Notification
import uniffi.baton_core.Place
import uniffi.baton_core.PushMessage
import uniffi.baton_core.PushOutcome
import uniffi.baton_core.PushVerdict
import uniffi.baton_core.SeenLine
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

/** What this process showed last of each conversation. */
object LastShown {
    private val lines = ConcurrentHashMap<String, SeenLine>()

    operator fun get(conversation: String): SeenLine? = lines[conversation]

    operator fun set(conversation: String, line: SeenLine) {
        lines[conversation] = line
    }
}

/**
 * The agent answered from the notification. What a push says never counts as seen: the answer
 * carries what the screen showed last. Where the customer said more since, it is held for review
 * with what was missed, and goes out once the agent has looked.
 */
suspend fun Baton.answers(conversation: String, text: String): Boolean {
    act(conversation, Act.Reply(text, LastShown[conversation], null), tapId())
    return flush(WITHIN)
}

/** The agent closed it from the notification; see [answers]. */
suspend fun Baton.resolves(conversation: String): Boolean {
    act(conversation, Act.Resolve(LastShown[conversation]), tapId())
    return flush(WITHIN)
}

/** One id for one tap: a UUID of version 7, as the server takes them. */
fun tapId(): String {
    val random = UUID.randomUUID()
    val high = (System.currentTimeMillis() shl 16) or 0x7000 or
        (random.mostSignificantBits and 0xfff)
    return UUID(high, random.leastSignificantBits).toString()
}
