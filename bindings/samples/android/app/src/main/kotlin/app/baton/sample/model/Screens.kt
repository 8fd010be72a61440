// What the two screens show and do, without anything of Android's.

package app.baton.sample.model

import app.baton.core.Act
import app.baton.core.Baton
import app.baton.core.Choice
import app.baton.core.CoreException
import app.baton.core.Hold
import app.baton.core.InboxRow
import app.baton.core.InboxView
import app.baton.core.LineAuthor
import app.baton.core.LoadState
import app.baton.core.OutboxItem
import app.baton.core.SeenLine
import app.baton.core.Stage
import app.baton.core.Standing
import app.baton.core.TimelineEntry
import app.baton.core.forPeople
import app.baton.core.watchHeader
import app.baton.core.watchInbox
import app.baton.core.watchTimeline
import java.util.UUID
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.combine
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.launch

/** Where the connection stands, in words; nothing while all is well. */
fun banner(standing: Standing): String? = when (standing) {
    is Standing.Live, is Standing.Suspended -> null
    is Standing.Connecting, is Standing.Resuming -> "Connecting…"
    is Standing.Offline -> "No network: what you do is kept and sent later."
    is Standing.Backoff -> "The server cannot be reached: trying again."
    is Standing.SignedOut, is Standing.NeedsSignIn -> "Sign in to go on."
    is Standing.Locked -> "Too long without the server: connect to it to go on."
    is Standing.Incompatible -> "Update the app, or the server."
    is Standing.Wiped -> "This device was revoked."
}

/** Whether there is nothing to show but the way to sign in. */
fun Standing.wantsSignIn(): Boolean = when (this) {
    is Standing.SignedOut, is Standing.NeedsSignIn, is Standing.Wiped -> true
    is Standing.Offline, is Standing.Suspended, is Standing.Locked, is Standing.Connecting,
    is Standing.Resuming, is Standing.Live, is Standing.Backoff, is Standing.Incompatible,
    -> false
}

/** A row, as it is drawn. */
fun InboxRow.words(): String = listOfNotNull(
    title ?: "Somebody",
    preview,
    "$unread unread".takeIf { unread > 0u },
    "claiming".takeIf { own.isClaiming },
    "needs you".takeIf { own.needsReview > 0u },
    "draft".takeIf { hasDraft },
).joinToString(" · ")

/** The list of conversations. */
class InboxScreen(private val baton: Baton, private val scope: CoroutineScope, view: InboxView) {
    private val watched = baton.watchInbox(scope, view)

    /** None until the first time: then it is loading, not empty. */
    val rows: Flow<List<InboxRow>?> = watched.state.map { it.value?.rows }
    val banner: Flow<String?> = combine(baton.current, watched.state) { standing, list ->
        banner(standing) ?: (list as? LoadState.Failed)?.error?.forPeople()
    }

    /** The end of the list is near. */
    fun nearsTheEnd() {
        if (watched.value?.hasMore != true) return
        scope.launch {
            try {
                watched.more()
            } catch (_: CoreException) {
                // The session, or the core, is over: the banner says so.
            }
        }
    }
}

/** What a conversation looks like at one moment. */
class Shown(val entries: List<TimelineEntry>, val title: String, val composer: String?)

/** One conversation. */
class ConversationScreen(
    private val baton: Baton,
    private val scope: CoroutineScope,
    private val conversation: String,
) {
    private val timeline = baton.watchTimeline(scope, conversation)
    private val header = baton.watchHeader(scope, conversation)
    private val told = MutableStateFlow<String?>(null)

    /** What went wrong last, for people: an act, or the list itself. */
    val problem: Flow<String?> = combine(told, timeline.state) { act, lines ->
        act ?: (lines as? LoadState.Failed)?.error?.forPeople()
    }

    val shown: Flow<Shown?> = combine(timeline.state, header.state) { lines, above ->
        lines.value?.let {
            val header = above.value?.header
            Shown(it.entries, header?.title ?: "Somebody", (header?.hold as? Hold.Theirs)?.agent)
        }
    }

    /** The last line on the screen at the moment of the tap: that is what the author has seen. */
    private val seen: SeenLine?
        get() = timeline.value?.seen

    /** Whether there is nothing to show before the server is heard. */
    suspend fun isLocked(): Boolean = try {
        baton.standing() is Standing.Locked
    } catch (_: CoreException) {
        false
    }

    /** What was typed there and not sent, if it can be told. */
    suspend fun draft(): String? = try {
        baton.draft(conversation)?.takeUnless { it.isNote }?.text
    } catch (error: CoreException) {
        told.value = error.forPeople()
        null
    }

    fun types(text: String) = tries { baton.typing(conversation, text) }

    /** [tap] is one id for one tap, made when the button is drawn: a double tap is one act. */
    fun replies(text: String, tap: String) {
        val known = seen
        tries { baton.act(conversation, Act.Reply(text, known, null), tap) }
    }

    fun notes(text: String, tap: String) = tries { baton.act(conversation, Act.Note(text), tap) }

    fun claims(tap: String) {
        val epoch = header.value?.header?.ownerEpoch ?: return
        tries { baton.act(conversation, Act.Claim(epoch), tap) }
    }

    /** A held reply goes after all: its author has seen what is on the screen now. */
    fun sendsAnyway(item: OutboxItem) {
        val known = seen
        tries { baton.choose(item.number, Choice.SendAnyway(known)) }
    }

    fun discards(item: OutboxItem) = tries { baton.choose(item.number, Choice.Discard) }

    fun showsOlder() = tries { timeline.more() }

    /**
     * Called at once, not when the scope comes to it. From then on the core carries it out whether
     * or not this screen lives on; only what it says is lost.
     */
    private fun tries(act: suspend () -> Unit) {
        scope.launch(start = CoroutineStart.UNDISPATCHED) {
            try {
                act()
                told.value = null
            } catch (error: CoreException) {
                told.value = error.forPeople()
            }
        }
    }
}

/** The act that needs its author, if it is one. */
val TimelineEntry.held: OutboxItem?
    get() = (this as? TimelineEntry.Echo)?.item?.takeIf { it.stage == Stage.NEEDS_REVIEW }

/** A line of a conversation, as it is drawn. */
fun TimelineEntry.words(): String = when (this) {
    is TimelineEntry.Line -> when {
        line.author is LineAuthor.Customer -> line.text ?: "(not a text)"
        else -> "→ ${line.text.orEmpty()} (${line.problem ?: line.status?.words.orEmpty()})"
    }
    is TimelineEntry.Note -> "${if (note.coached == null) "Note" else "Coaching"}: ${note.text.orEmpty()}"
    is TimelineEntry.Moved -> "New number: ${to ?: "the same"}"
    is TimelineEntry.Echo -> "→ ${item.text ?: item.kind.words} (${item.stage.words(item)})"
}

/** An app translates them. */
val Enum<*>.words: String
    get() = name.lowercase().replace('_', ' ')

private fun Stage.words(item: OutboxItem): String = when (this) {
    Stage.WAITING -> item.file?.let { "${it.sent} of ${it.bytes} bytes" } ?: "waiting"
    Stage.SENDING -> "sending"
    Stage.CONTENDED -> "a colleague composes"
    Stage.BEHIND -> "behind another"
    Stage.CHECKING -> "checking"
    Stage.ACKNOWLEDGED -> "sent"
    Stage.NEEDS_REVIEW -> "needs you: ${item.review?.detail.orEmpty()}"
}

/** One id for one tap: a UUID of version 7, as the server takes them. */
fun tapId(): String {
    val random = UUID.randomUUID()
    val high = (System.currentTimeMillis() shl 16) or 0x7000 or
        (random.mostSignificantBits and 0xfff)
    return UUID(high, random.leastSignificantBits).toString()
}
