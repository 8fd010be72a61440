// The list of conversations: which view, which rows, and what each row says.

package app.baton.app.model

import app.baton.app.words.Word
import app.baton.core.Badge
import app.baton.core.ConversationTag
import app.baton.core.CoreException
import app.baton.core.Filter
import app.baton.core.FoundIn
import app.baton.core.Inbox
import app.baton.core.InboxRow
import app.baton.core.InboxView
import app.baton.core.LoadState
import app.baton.core.Named
import app.baton.core.PreviewKind
import app.baton.core.Priority
import app.baton.core.SavedView
import app.baton.core.Status
import app.baton.core.Watched
import app.baton.core.watchInbox
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.plus

/** How long a customer waits, or how soon the window closes. */
enum class Haste { NONE, SOON, LATE }

/** A conversation in a list, as it is drawn. */
data class RowState(
    val id: String,
    val title: String?,
    val holder: Holder,
    val kind: PreviewKind?,
    val preview: String?,
    val isByTeam: Boolean,
    val at: Long,
    val waitsSince: Long?,
    val haste: Haste,
    val unread: Int,
    val status: Status,
    val windowUntil: Long?,
    val isBlocked: Boolean,
    val isClaiming: Boolean,
    val isPending: Boolean,
    val needsReview: Boolean,
    val hasDraft: Boolean,
    val hit: String?,
    /** The number of the line in which it stands; null where it is none. */
    val hitAt: ULong? = null,
    /** What its tags are called. */
    val tags: List<String> = emptyList(),
    /** How urgent it is; null where it is as urgent as most. */
    val priority: Priority? = null,
    /** When the agent is called back to it; null where they are not. */
    val remindsAt: Long? = null,
)

/** A list that is none of the core's views. */
sealed interface Special {
    /** Those of all that wait too long: the core lists who waits longest first. */
    data object Late : Special

    /** A filter that is kept by name. The server alone knows what passes it. */
    data class Saved(val id: String, val name: String, val filter: Filter) : Special
}

/** A view that can be chosen, and how many conversations wait in it. */
data class Tab(
    val view: InboxView,
    val label: Word?,
    val name: String?,
    val count: Int,
    val special: Special? = null,
)

sealed interface ListState {
    data object Loading : ListState
    data class Loaded(val rows: List<RowState>, val total: Int, val hasMore: Boolean) : ListState
    data class Failed(val why: Told, val rows: List<RowState>) : ListState

    companion object {
        fun of(kept: ServerRowsState, drawn: (List<InboxRow>) -> List<RowState>): ListState = when {
            kept.failed != null -> Failed(kept.failed, drawn(kept.rows))
            kept.isLoading -> Loading
            else -> Loaded(drawn(kept.rows), kept.rows.size, kept.next != null)
        }
    }
}

data class InboxState(
    val view: InboxView = InboxView.Mine,
    val list: ListState = ListState.Loading,
    val now: Long = 0,
    val isTaking: Boolean = false,
    /** What is listed in place of the view. */
    val special: Special? = null,
) {
    /** Whether what is listed is a queue, or what became of one: there the next can be taken. */
    val isOfQueue: Boolean
        get() = special == null &&
            (view is InboxView.Mine || view is InboxView.Unassigned || view is InboxView.Team)
}

const val MINUTE_MS = 60_000L
private const val LATE_MS = 15 * MINUTE_MS
private const val SOON_MS = 5 * MINUTE_MS
private const val HOUR_MS = 60 * MINUTE_MS

/** A minute passes, and what waits waits longer. */
private const val TICK_MS = 20_000L
private const val TYPED_MS = 250L

class InboxModel(private val desk: Desk, private val scope: CoroutineScope) {
    private val stateNow = MutableStateFlow(InboxState(now = desk.now()))
    private val queryNow = MutableStateFlow("")
    private var watched: Watched<Inbox>? = null
    private var watching: Job? = null
    private var typing: Job? = null
    private var listing: CoroutineScope? = null
    private var listed: ServerRows? = null
    private var asked = 0

    val state: StateFlow<InboxState> = stateNow
    val query: StateFlow<String> = queryNow

    init {
        watch(InboxView.Mine)
        scope.launch {
            while (true) {
                delay(TICK_MS)
                draw()
            }
        }
        scope.launch { desk.names.collect { draw() } }
        scope.launch { desk.tags.collect { draw() } }
    }

    fun choose(view: InboxView, special: Special? = null) {
        queryNow.value = ""
        if (view != stateNow.value.view || special != stateNow.value.special) watch(view, special)
    }

    /** Looks for a text among what is on this device. */
    fun find(text: String) {
        queryNow.value = text
        typing?.cancel()
        typing = scope.launch {
            delay(TYPED_MS)
            watch(if (text.isBlank()) InboxView.Mine else InboxView.Search(text.trim()))
        }
    }

    fun retry() = watch(stateNow.value.view, stateNow.value.special)

    fun more(): Job = listed?.more() ?: desk.does { watched?.more() }

    /** Takes what waits longest: in the team's queue where that is shown, else in one's own. */
    fun takeNext(open: (String) -> Unit) {
        if (stateNow.value.isTaking) return
        stateNow.update { it.copy(isTaking = true) }
        scope.launch {
            try {
                desk.asks {
                    val team = (stateNow.value.view as? InboxView.Team)?.team
                    val taken = desk.baton.takeNext(team)
                    if (taken == null) desk.tells(Told.of(Word.NothingNext)) else open(taken)
                }
            } finally {
                stateNow.update { it.copy(isTaking = false) }
            }
        }
    }

    @Synchronized
    private fun watch(view: InboxView, special: Special? = null) {
        watching?.cancel()
        listing?.cancel()
        val inside = scope + SupervisorJob(scope.coroutineContext[Job])
        listing = inside
        stateNow.update { InboxState(view, ListState.Loading, desk.now(), it.isTaking, special) }
        asked = 0
        if (special is Special.Saved) {
            watched = null
            val kept = ServerRows(desk, inside, special.filter)
            listed = kept
            watching = inside.launch { kept.state.collect { draw() } }
        } else {
            listed = null
            val list = desk.baton.watchInbox(inside, view)
            watched = list
            watching = inside.launch { list.state.collect { draw() } }
        }
    }

    /** Called when the list, a name, a tag or the time changes. It always draws the newest of each. */
    @Synchronized
    private fun draw() {
        val now = desk.now()
        val names = desk.names.value
        fun List<InboxRow>.drawn() = map {
            desk.homes[it.id] = Home(it.team, it.channel)
            rowOf(it, names, now, desk.tags.value)
        }
        val kept = listed?.state?.value
        val list = when (val told = watched?.state?.value) {
            null -> kept?.let { ListState.of(it) { rows -> rows.drawn() } } ?: ListState.Loading
            LoadState.Loading -> ListState.Loading
            is LoadState.Loaded -> told.value.let {
                if (stateNow.value.special == Special.Late) late(it, it.rows.drawn()) else {
                    ListState.Loaded(it.rows.drawn(), it.total.toInt(), it.hasMore)
                }
            }
            is LoadState.Failed -> {
                if (told.error is CoreException.Closed) return
                ListState.Failed(Told.of(told.error), told.value?.rows?.drawn().orEmpty())
            }
        }
        stateNow.update { it.copy(list = list, now = now) }
    }

    /** Who is late. Pages are asked for as long as the last row is of somebody who waits. */
    private fun late(inbox: Inbox, rows: List<RowState>): ListState {
        val hasMore = inbox.hasMore && rows.lastOrNull()?.waitsSince != null
        if (hasMore && rows.size > asked) {
            asked = rows.size
            desk.does { watched?.more() }
        }
        val late = rows.filter { it.haste == Haste.LATE }
        return ListState.Loaded(late, late.size, hasMore)
    }
}

/** The views of an agent. */
fun tabsOf(badge: Badge, teams: List<Named>, saved: List<SavedView> = emptyList()): List<Tab> = listOf(
    Tab(InboxView.Mine, Word.ViewMine, null, badge.mine.toInt()),
    Tab(InboxView.Unassigned, Word.ViewQueue, null, badge.unassigned.toInt()),
    Tab(InboxView.Waiting, Word.ViewWaiting, null, 0),
    Tab(InboxView.All, Word.ViewLate, null, 0, Special.Late),
    Tab(InboxView.All, Word.ViewAll, null, 0),
) + teams.map { Tab(InboxView.Team(it.id), null, it.name, 0) } + saved.map {
    Tab(InboxView.All, null, it.name, 0, Special.Saved(it.id, it.name, it.filter))
}

/** What a row says, at this time. */
fun rowOf(row: InboxRow, names: Names, now: Long, tags: List<ConversationTag> = emptyList()): RowState {
    val waits = row.unansweredSinceMs?.let { now - it } ?: 0
    val left = row.windowUntilMs?.let { it - now }
    val isOpen = row.status is Status.Open && row.unansweredSinceMs != null
    // What was promised counts, else what a customer can be asked to wait.
    val toLate = row.dueAtMs?.let { it - now } ?: (LATE_MS - waits)
    val haste = when {
        !isOpen -> Haste.NONE
        toLate <= 0 || (left != null && left in 1..HOUR_MS) -> Haste.LATE
        toLate <= LATE_MS - SOON_MS -> Haste.SOON
        else -> Haste.NONE
    }
    return RowState(
        id = row.id,
        title = row.title?.takeIf { it.isNotBlank() },
        holder = names.holder(row.owner),
        kind = row.previewKind ?: row.preview?.let { PreviewKind.TEXT },
        preview = row.preview,
        isByTeam = row.preview != null && !row.previewFromCustomer,
        at = row.activityAtMs,
        waitsSince = row.unansweredSinceMs,
        haste = haste,
        unread = row.unread.toInt(),
        status = row.status,
        windowUntil = row.windowUntilMs,
        isBlocked = row.isBlocked,
        isClaiming = row.own.isClaiming,
        isPending = row.own.waiting > 0u,
        needsReview = row.own.needsReview > 0u,
        hasDraft = row.hasDraft,
        hit = row.hit?.takeIf { it.foundIn !is FoundIn.Contact }?.text,
        hitAt = (row.hit?.foundIn as? FoundIn.Line)?.seq,
        tags = tagsOf(row.tags, tags).map { it.name },
        priority = row.priority,
        remindsAt = row.reminder?.atMs,
    )
}
