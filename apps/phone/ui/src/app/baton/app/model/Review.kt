// What needs its author, and what waits to be sent.

package app.baton.app.model

import app.baton.app.words.Word
import app.baton.core.Act
import app.baton.core.ActKind
import app.baton.core.Baton
import app.baton.core.Choice
import app.baton.core.ChoiceKind
import app.baton.core.CoreException
import app.baton.core.OutboxItem
import app.baton.core.Review
import app.baton.core.ReviewCode
import app.baton.core.header
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch

data class ReviewState(
    val held: List<OutboxItem> = emptyList(),
    val waiting: List<OutboxItem> = emptyList(),
    val titles: Map<String, String?> = emptyMap(),
    val edits: Map<ULong, String> = emptyMap(),
    val names: Names,
    val now: Long = 0,
)

class ReviewModel(private val desk: Desk) {
    private val stateNow = MutableStateFlow(ReviewState(names = desk.names.value))
    val state: StateFlow<ReviewState> = stateNow

    init {
        desk.scope.launch { desk.outbox.collect(::shows) }
        desk.scope.launch { desk.names.collect { names -> stateNow.update { it.copy(names = names) } } }
    }

    private suspend fun shows(items: List<OutboxItem>) {
        stateNow.update { before ->
            before.copy(
                held = items.filter { it.review != null },
                waiting = items.filter { it.isWaiting && it.isOfPerson },
                edits = before.edits.filterKeys { number -> items.any { it.number == number } },
                now = desk.now(),
            )
        }
        for (item in items) {
            if (item.conversation in stateNow.value.titles) continue
            val title = titleOf(desk.baton, item.conversation)
            stateNow.update { it.copy(titles = it.titles + (item.conversation to title)) }
        }
    }

    fun edit(number: ULong, text: String) =
        stateNow.update { it.copy(edits = it.edits + (number to text)) }

    /** Sends it, changed where its author changed it. What was missed counts as seen. */
    fun send(item: OutboxItem) {
        val edited = stateNow.value.edits[item.number]?.trim()
        val seen = item.review?.mustShow
        val isChanged = !edited.isNullOrEmpty() && edited != item.text
        chooses(item, if (isChanged) Choice.Edit(edited, seen) else Choice.SendAnyway(seen))
    }

    fun keepAsNote(item: OutboxItem) = chooses(item, Choice.TurnIntoNote)

    /** Claims it again, although that is more than one may have: the server lets supervisors. */
    fun claimAnyway(item: OutboxItem) = desk.does {
        val header = desk.baton.header(item.conversation).first().header ?: return@does
        desk.baton.act(item.conversation, Act.Claim(header.ownerEpoch, exceedCapacity = true), null)
        desk.baton.choose(item.number, Choice.Discard)
    }

    fun discard(item: OutboxItem) = chooses(item, Choice.Discard)

    fun withdraw(item: OutboxItem) = desk.does { desk.baton.withdraw(item.number) }

    fun retry() = desk.does { desk.baton.retry() }

    private fun chooses(item: OutboxItem, choice: Choice) =
        desk.does { desk.baton.choose(item.number, choice) }
}

private suspend fun titleOf(baton: Baton, conversation: String): String? = try {
    baton.header(conversation).first().header?.title
} catch (_: CoreException) {
    null
}

/** Whether it is a claim that was more than one may have. */
val OutboxItem.isClaimTooMany: Boolean
    get() = kind == ActKind.CLAIM && review?.code == ReviewCode.AT_CAPACITY

/** What this author may do with it. */
fun Review.allows(kind: ChoiceKind): Boolean = kind in choices

/** Why it did not leave, as its author is told. */
fun Review.told(title: String, names: Names): Told {
    val colleagues = missed.filterNot { it.fromCustomer }
    // The core names who won a claim, and not who wrote what was missed.
    val by: Any = winner?.let { names.agent(it) } ?: Told.of(Word.AColleague)
    return when (code) {
        ReviewCode.STALE -> when {
            colleagues.isEmpty() -> Told.of(Word.StaleCustomer, title)
            missed.any { it.fromCustomer } -> Told.of(Word.StaleBoth, by, title)
            else -> Told.of(Word.StaleColleague, by)
        }
        ReviewCode.NOT_OWNER -> Told.of(Word.NotOwner, by)
        ReviewCode.OWNER_CHANGED -> Told.of(Word.RefusedOwner, by)
        ReviewCode.BEING_ANSWERED -> Told.of(Word.RefusedAnswered, by)
        ReviewCode.AT_CAPACITY -> Told.of(Word.AtCapacity)
        ReviewCode.WINDOW_CLOSED -> Told.of(Word.RefusedWindow)
        ReviewCode.BLOCKED -> Told.of(Word.RefusedBlocked)
        ReviewCode.MARKETING_STOPPED -> Told.of(Word.RefusedMarketing)
        ReviewCode.TEMPLATE_REPLACED -> Told.of(Word.HeldTemplate)
        ReviewCode.NOT_IN_SCOPE -> Told.of(Word.RefusedScope)
        ReviewCode.DEPENDS_ON_REFUSED -> Told.of(Word.RefusedDepends)
        ReviewCode.NOT_ALLOWED -> Told.of(Word.RefusedAllowed)
        ReviewCode.TOO_OLD -> Told.of(Word.HeldTooOld)
        ReviewCode.RESTORED -> Told.of(Word.HeldRestored)
        ReviewCode.FILE_REFUSED -> Told.of(Word.HeldFile)
        ReviewCode.FILE_LOST -> Told.of(Word.HeldFileLost)
        ReviewCode.WITHDRAWN -> Told.of(Word.HeldWithdrawn)
        ReviewCode.OUTCOME_REQUIRED -> Told.of(Word.OutcomeRequired)
        ReviewCode.NOTE_REQUIRED -> Told.of(Word.NoteRequired)
        ReviewCode.INVALID, ReviewCode.REJECTED, ReviewCode.OTHER -> Told.of(Word.RefusedOther, detail)
    }
}
