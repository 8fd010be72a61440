// The list of conversations: views, rows, and how the app stands.

package app.baton.app.screens

import androidx.compose.foundation.background
import androidx.compose.foundation.clickable
import androidx.compose.foundation.horizontalScroll
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.LazyListScope
import androidx.compose.foundation.lazy.items
import androidx.compose.foundation.lazy.rememberLazyListState
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.shape.CircleShape
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.clearAndSetSemantics
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.selected
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.unit.Dp
import androidx.compose.ui.unit.dp
import app.baton.app.look.Act
import app.baton.app.look.Avatar
import app.baton.app.look.Bar
import app.baton.app.look.BarTitle
import app.baton.app.look.Beside
import app.baton.app.look.Chip
import app.baton.app.look.Count
import app.baton.app.look.Dims
import app.baton.app.look.Drawing
import app.baton.app.look.Drawn
import app.baton.app.look.Hairline
import app.baton.app.look.Hit
import app.baton.app.look.IconAct
import app.baton.app.look.Look
import app.baton.app.look.Nothing
import app.baton.app.look.Says
import app.baton.app.look.Skeleton
import app.baton.app.look.Theirs
import app.baton.app.look.Weight
import app.baton.app.look.isLarge
import app.baton.app.look.still
import app.baton.app.model.Haste
import app.baton.app.model.Holder
import app.baton.app.model.InboxState
import app.baton.app.model.ListState
import app.baton.app.model.MINUTE_MS
import app.baton.app.model.RowState
import app.baton.app.model.Special
import app.baton.app.model.Stand
import app.baton.app.model.Tab
import app.baton.app.words.Word
import app.baton.app.words.Words
import app.baton.core.InboxView
import app.baton.core.PreviewKind
import app.baton.core.Standing
import app.baton.core.Status

/** What the list asks for. */
class InboxActs(
    val choose: (InboxView, Special?) -> Unit = { _, _ -> },
    val open: (RowState) -> Unit = {},
    val more: () -> Unit = {},
    val retry: () -> Unit = {},
    val search: () -> Unit = {},
    val begin: () -> Unit = {},
    val settings: () -> Unit = {},
    val review: () -> Unit = {},
    val takeNext: () -> Unit = {},
    val notices: () -> Unit = {},
)

private const val FROM_THE_END = 10

/** So many tags stand on a row; of more there is a count. */
private const val TAGS = 2

/** What stands over the end of a list, and so below its last row. */
val TAKES = 72.dp

@Composable
fun InboxScreen(
    state: InboxState,
    tabs: List<Tab>,
    stand: Stand,
    acts: InboxActs,
    modifier: Modifier = Modifier,
    chosen: String? = null,
    concerning: Int = 0,
) {
    val words = Look.words
    Column(modifier.fillMaxSize().background(Look.colours.surface)) {
        StandBanner(stand, acts.review)
        Bar {
            BarTitle(words(Word.Inbox), Modifier.weight(1f).padding(start = 4.dp))
            Bell(concerning, acts.notices)
            IconAct(Drawing.Search, words(Word.Search), onClick = acts.search)
            IconAct(Drawing.Begin, words(Word.NewConversation), onClick = acts.begin)
            IconAct(Drawing.Gear, words(Word.Settings), onClick = acts.settings)
        }
        Tabs(tabs, state, acts.choose)
        Hairline()
        // Large letters leave no room beside it: it stands below the list, and not over it.
        val isOver = state.isOfQueue && !isLarge
        val takes = @Composable { modifier: Modifier ->
            Act(
                words(Word.TakeNext), modifier = modifier, isEnabled = stand.standing == Standing.Live && !state.isTaking,
                drawing = Drawing.Bolt, onClick = acts.takeNext,
            )
        }
        Box(Modifier.weight(1f).fillMaxWidth()) {
            Rows(state, acts, chosen, ends = if (isOver) TAKES else 0.dp)
            if (isOver) {
                // What cannot be done is paler; rows do not show through it.
                val place = Modifier.align(Alignment.BottomEnd).padding(12.dp)
                Box(place.clip(RoundedCornerShape(Dims.rMd)).background(Look.colours.surface)) { takes(Modifier) }
            }
        }
        if (state.isOfQueue && isLarge) {
            Hairline()
            Box(Modifier.fillMaxWidth().padding(horizontal = 12.dp, vertical = 8.dp)) { takes(Modifier.fillMaxWidth()) }
        }
    }
}

/** Letters of the bell's count: larger ones would cover the bell. */
private const val BELL = 11f

/** The way to what concerns the agent, with how much of it is not read. */
@Composable
private fun Bell(unread: Int, onClick: () -> Unit) = Box {
    val words = Look.words
    val says = if (unread > 0) words(Word.Notices) + ", " + words(Word.NotRead, unread) else words(Word.Notices)
    IconAct(Drawing.Bell, says, onClick = onClick)
    // The name of the button says it.
    if (unread > 0) Box(Modifier.align(Alignment.TopEnd).clearAndSetSemantics {}) { Count(unread, style = Look.type.tiny.still(BELL)) }
}

/** Offline, locked, connecting: one line above everything, and what waits. */
@Composable
fun StandBanner(stand: Stand, review: () -> Unit) {
    val words = Look.words
    val colours = Look.colours
    val text = when (stand.standing) {
        Standing.Offline, Standing.Suspended -> {
            val asOf = stand.asOf?.let { " " + words(Word.AsOf, words.time(it)) }.orEmpty()
            words(Word.Offline) + asOf
        }
        is Standing.Backoff -> words(Word.Reconnecting)
        Standing.Locked -> words(Word.LockedTitle)
        Standing.Incompatible -> words(Word.UpdateApp)
        Standing.Connecting, Standing.Resuming, Standing.Live, Standing.NeedsSignIn,
        Standing.SignedOut, Standing.Wiped,
        -> null
    }
    if (text != null) {
        Row(
            Modifier.fillMaxWidth().background(colours.surface3).heightIn(min = 40.dp)
                .padding(horizontal = 16.dp, vertical = 6.dp),
            Arrangement.spacedBy(10.dp), Alignment.CenterVertically,
        ) {
            Drawn(Drawing.Off, size = 18.dp, colour = colours.ink2)
            Says(text, Modifier.weight(1f), Look.type.small, colours.ink)
            if (stand.waiting > 0) {
                val text = words.count(Word.WaitingCount, stand.waiting)
                Drawn(Drawing.Clock, size = 16.dp, colour = colours.ink2)
                Says(text, style = Look.type.small, colour = colours.ink2)
            }
        }
    }
    if (stand.needsReview > 0) {
        Row(
            Modifier.fillMaxWidth().background(colours.heldSoft)
                .clickable(role = Role.Button, onClick = review).heightIn(min = Hit)
                .padding(horizontal = 16.dp, vertical = 8.dp),
            Arrangement.spacedBy(10.dp), Alignment.CenterVertically,
        ) {
            Drawn(Drawing.Held, size = 20.dp, colour = colours.heldInk)
            val text = words.count(Word.NeedsYou, stand.needsReview)
            Says(text, Modifier.weight(1f), Look.type.small, colours.heldInk)
            val strong = Look.type.small.copy(fontWeight = FontWeight.SemiBold)
            Says(words(Word.Review), style = strong, colour = colours.heldInk)
            Drawn(Drawing.Right, size = 16.dp, colour = colours.heldInk)
        }
    }
}

@Composable
private fun Tabs(tabs: List<Tab>, state: InboxState, choose: (InboxView, Special?) -> Unit) = Row(
    Modifier.fillMaxWidth().horizontalScroll(rememberScrollState()).padding(horizontal = 12.dp),
    Arrangement.spacedBy(6.dp),
) {
    val colours = Look.colours
    for (tab in tabs) {
        val isOn = tab.view == state.view && tab.special == state.special
        Box(
            Modifier.heightIn(min = Hit).clickable(role = Role.Tab) { choose(tab.view, tab.special) }
                .semantics { selected = isOn },
            Alignment.Center,
        ) {
            Row(
                Modifier.clip(RoundedCornerShape(50))
                    .background(if (isOn) colours.accentSoft else colours.surface2)
                    .padding(horizontal = 12.dp, vertical = 6.dp),
                Arrangement.spacedBy(6.dp), Alignment.CenterVertically,
            ) {
                val ink = if (isOn) colours.accentInk else colours.ink2
                val text = tab.label?.let { Look.words(it) } ?: tab.name.orEmpty()
                Says(text, style = Look.type.small, colour = ink, lines = 1)
                if (tab.count > 0) Says("${tab.count}", style = Look.type.meta, colour = ink)
            }
        }
    }
}

@Composable
fun Rows(
    state: InboxState,
    acts: InboxActs,
    chosen: String?,
    modifier: Modifier = Modifier,
    ends: Dp = 0.dp,
) {
    val words = Look.words
    when (val list = state.list) {
        ListState.Loading -> Column(
            modifier.semantics { contentDescription = words(Word.Loading) },
        ) { repeat(SKELETONS) { SkeletonRow() } }
        is ListState.Failed -> Column(modifier) {
            Beside(
                Modifier.background(Look.colours.lateSoft).padding(start = 16.dp, end = if (isLarge) 16.dp else 0.dp),
                { Act(words(Word.TryAgain), Weight.QUIET, onClick = acts.retry) },
            ) { Says(list.why.say(words), Modifier.weight(1f), Look.type.small, Look.colours.lateInk) }
            RowList(list.rows, false, state.now, acts, chosen, ends)
        }
        is ListState.Loaded -> if (list.rows.isEmpty()) {
            Empty(state, modifier)
        } else {
            RowList(list.rows, list.hasMore, state.now, acts, chosen, ends, modifier)
        }
    }
}

internal const val SKELETONS = 9

@Composable
private fun Empty(state: InboxState, modifier: Modifier) {
    val words = Look.words
    when (state.special) {
        Special.Late -> return Nothing(words(Word.EmptyLate), modifier = modifier)
        is Special.Saved -> return Nothing(words(Word.EmptySaved), drawing = Drawing.Inbox, modifier = modifier)
        null -> Unit
    }
    when (state.view) {
        InboxView.Mine -> Nothing(words(Word.EmptyMine), words(Word.EmptyMineMore), modifier = modifier)
        InboxView.Unassigned, InboxView.Offered, is InboxView.Team -> Nothing(words(Word.EmptyTeam), modifier = modifier)
        InboxView.Waiting -> Nothing(words(Word.EmptyWaiting), drawing = Drawing.Clock, modifier = modifier)
        InboxView.All -> Nothing(words(Word.EmptyOpen), drawing = Drawing.Inbox, modifier = modifier)
        is InboxView.Search -> Nothing(words(Word.EmptySearch), drawing = Drawing.Search, modifier = modifier)
    }
}

@Composable
private fun RowList(
    rows: List<RowState>,
    hasMore: Boolean,
    now: Long,
    acts: InboxActs,
    chosen: String?,
    ends: Dp,
    modifier: Modifier = Modifier,
) {
    val scroll = rememberLazyListState()
    val last = scroll.layoutInfo.visibleItemsInfo.lastOrNull()?.index ?: 0
    if (hasMore) {
        LaunchedEffect(last / FROM_THE_END, rows.size) {
            if (last >= rows.size - FROM_THE_END) acts.more()
        }
    }
    LazyColumn(modifier.fillMaxSize(), scroll, PaddingValues(bottom = ends)) {
        items(rows, key = { it.id }, contentType = { "row" }) { row ->
            ConversationRow(row, now, row.id == chosen) { acts.open(row) }
        }
        if (hasMore) item { SkeletonRow() }
    }
}

@Composable
internal fun SkeletonRow() = Row(
    Modifier.padding(horizontal = 16.dp, vertical = 14.dp),
    Arrangement.spacedBy(12.dp), Alignment.CenterVertically,
) {
    Box(Modifier.size(44.dp).clip(CircleShape).background(Look.colours.surface3))
    Column(verticalArrangement = Arrangement.spacedBy(8.dp)) {
        Skeleton(Modifier.size(140.dp, 14.dp))
        Skeleton(Modifier.size(220.dp, 12.dp))
    }
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
fun ConversationRow(row: RowState, now: Long, isChosen: Boolean = false, onClick: () -> Unit) {
    val words = Look.words
    val colours = Look.colours
    val title = row.title ?: words(Word.UnknownCustomer)
    Row(
        Modifier.fillMaxWidth()
            .background(if (isChosen) colours.surface2 else colours.surface)
            .clickable(role = Role.Button, onClick = onClick)
            .semantics(mergeDescendants = true) { selected = isChosen }
            .padding(horizontal = 16.dp, vertical = 11.dp),
        Arrangement.spacedBy(12.dp),
    ) {
        Avatar(row.id, title)
        Column(Modifier.weight(1f), Arrangement.spacedBy(2.dp)) {
            Row(horizontalArrangement = Arrangement.spacedBy(8.dp), verticalAlignment = Alignment.CenterVertically) {
                val style = if (row.unread > 0) Look.type.strong else Look.type.body
                Theirs(title, Modifier.weight(1f), style, lines = 1)
                val ink = if (row.unread > 0) colours.accentInk else colours.ink3
                Says(words.moment(row.at, now), style = Look.type.meta, colour = ink, lines = 1)
            }
            Row(horizontalArrangement = Arrangement.spacedBy(8.dp), verticalAlignment = Alignment.CenterVertically) {
                PreviewLine(row, Modifier.weight(1f))
                if (row.unread > 0) Count(row.unread, words.count(Word.Unread, row.unread))
            }
            FlowRow(
                Modifier.padding(top = 3.dp),
                Arrangement.spacedBy(6.dp), Arrangement.spacedBy(4.dp),
            ) { Marks(row, now, words) }
        }
    }
    Hairline()
}

@Composable
private fun PreviewLine(row: RowState, modifier: Modifier) {
    val words = Look.words
    val colours = Look.colours
    Row(modifier, Arrangement.spacedBy(5.dp), Alignment.CenterVertically) {
        val drawing = if (row.hit == null) row.kind?.drawing else Drawing.Search
        if (drawing != null) Drawn(drawing, size = 15.dp, colour = colours.ink3)
        val said = row.hit ?: row.preview ?: row.kind?.let { words.kind(it) }
        when {
            row.hasDraft && row.hit == null -> {
                Says(words(Word.Draft), style = Look.type.small, colour = colours.soonInk, lines = 1)
                Theirs(said.orEmpty(), style = Look.type.small, colour = colours.ink2, lines = 1)
            }
            said == null -> Says(words(Word.HeadOnly), style = Look.type.small, colour = colours.ink3, lines = 1)
            else -> {
                if (row.isByTeam && row.hit == null) {
                    Drawn(Drawing.Check1, size = 14.dp, colour = colours.ink3)
                }
                val ink = if (row.unread > 0) colours.ink else colours.ink2
                Theirs(said, style = Look.type.small, colour = ink, lines = 1)
            }
        }
    }
}

/** Who has it, how it stands, and what is urgent: only what asks for something has colour. */
@Composable
private fun Marks(row: RowState, now: Long, words: Words) {
    val colours = Look.colours
    HolderChip(row.holder, row.isClaiming)
    PriorityChip(row.priority)
    val waits = row.waitsSince
    // Who just wrote does not wait so far.
    if (waits != null && row.status is Status.Open && now - waits >= MINUTE_MS) {
        val lasts = words.lasts(now - waits)
        when (row.haste) {
            Haste.NONE -> Says(lasts, Modifier.padding(vertical = 3.dp), Look.type.meta, colours.ink3)
            Haste.SOON -> Chip(lasts, colours.soonInk, colours.soonSoft, Drawing.Soon)
            Haste.LATE -> Chip(lasts, colours.lateInk, colours.lateSoft, Drawing.Late)
        }
    }
    when (val status = row.status) {
        Status.Waiting -> Chip(words(Word.StatusWaiting), drawing = Drawing.Clock)
        is Status.Snoozed -> {
            Chip(words(Word.SnoozedUntil, words.until(status.untilMs, now)), drawing = Drawing.Moon)
        }
        Status.Resolved -> Chip(words(Word.StatusResolved), drawing = Drawing.Ok)
        Status.Open -> Unit
    }
    row.remindsAt?.let { ReminderChip(it, now) }
    if (row.windowUntil != null && row.windowUntil <= now && row.status !is Status.Resolved) {
        Chip(words(Word.WindowClosed), drawing = Drawing.Lock)
    }
    if (row.isBlocked) Chip(words(Word.Blocked), drawing = Drawing.Lock)
    for (tag in row.tags.take(TAGS - 1)) Chip(tag, drawing = Drawing.Tag)
    row.tags.getOrNull(TAGS - 1)?.let { last ->
        // The count stands beside a tag, never on a line of its own.
        Row(horizontalArrangement = Arrangement.spacedBy(6.dp)) {
            Chip(last, modifier = Modifier.weight(1f, fill = false), drawing = Drawing.Tag)
            if (row.tags.size > TAGS) Chip("+${row.tags.size - TAGS}")
        }
    }
    if (row.needsReview) Chip(words(Word.Review), colours.heldInk, colours.heldSoft, Drawing.Held)
    if (row.isPending) Chip(words(Word.WillBeSent), drawing = Drawing.Clock)
}

@Composable
fun HolderChip(holder: Holder, isClaiming: Boolean = false) {
    val words = Look.words
    val colours = Look.colours
    when {
        isClaiming -> Chip(words(Word.Claiming), drawing = Drawing.Clock)
        holder is Holder.Me -> Chip(words(Word.Yours), colours.accentInk, colours.accentSoft, Drawing.User)
        holder is Holder.Colleague -> Chip(holder.name, drawing = Drawing.User)
        holder is Holder.Team -> Chip(words(Word.QueueOf, holder.name), drawing = Drawing.Q)
    }
}

private val PreviewKind.drawing: Drawing?
    get() = when (this) {
        PreviewKind.IMAGE, PreviewKind.VIDEO, PreviewKind.DOCUMENT, PreviewKind.STICKER -> Drawing.Clip
        PreviewKind.AUDIO -> Drawing.Play
        PreviewKind.VOICE -> Drawing.Mic
        PreviewKind.CALL -> Drawing.Phone
        PreviewKind.CARDS -> Drawing.User
        PreviewKind.REACTION -> Drawing.Smile
        else -> null
    }

/** What a line is called where it has no words of its own. */
fun Words.kind(kind: PreviewKind): String? = when (kind) {
    PreviewKind.TEXT -> null
    PreviewKind.IMAGE -> this(Word.KindImage)
    PreviewKind.VIDEO -> this(Word.KindVideo)
    PreviewKind.AUDIO -> this(Word.KindAudio)
    PreviewKind.VOICE -> this(Word.KindVoice)
    PreviewKind.DOCUMENT -> this(Word.KindDocument)
    PreviewKind.STICKER -> this(Word.KindSticker)
    PreviewKind.LOCATION -> this(Word.KindPlace)
    PreviewKind.CARDS -> this(Word.KindCards)
    PreviewKind.CHOICE, PreviewKind.INTERACTIVE -> this(Word.KindChoice)
    PreviewKind.ORDER -> this(Word.KindOrder)
    PreviewKind.TEMPLATE -> this(Word.Template)
    PreviewKind.REACTION -> this(Word.TookReactionBack)
    PreviewKind.EDIT -> this(Word.KindEdit)
    PreviewKind.REVOCATION -> this(Word.KindRevocation)
    PreviewKind.WELCOME_REQUEST -> this(Word.KindWelcome)
    PreviewKind.CALL -> this(Word.KindCall)
    PreviewKind.ERASED -> this(Word.Erased)
    PreviewKind.UNREADABLE -> this(Word.Unreadable)
    PreviewKind.UNKNOWN -> this(Word.NotShown, "")
}
