// One conversation: who has it, what was said, and what is being written.

package app.baton.app.screens

import androidx.compose.foundation.background
import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.BoxWithConstraints
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.imePadding
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.items
import androidx.compose.foundation.lazy.rememberLazyListState
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.rememberCoroutineScope
import androidx.compose.runtime.setValue
import androidx.compose.runtime.snapshotFlow
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import app.baton.app.look.Act
import app.baton.app.look.Avatar
import app.baton.app.look.Bar
import app.baton.app.look.Chip
import app.baton.app.look.Drawing
import app.baton.app.look.Drawn
import app.baton.app.look.Hairline
import app.baton.app.look.IconAct
import app.baton.app.look.Look
import app.baton.app.look.Nothing
import app.baton.app.look.Says
import app.baton.app.look.Skeleton
import app.baton.app.look.Theirs
import app.baton.app.look.Weight
import app.baton.app.look.isLarge
import app.baton.app.model.Composing
import app.baton.app.model.Entry
import app.baton.app.model.Holder
import app.baton.app.model.MINUTE_MS
import app.baton.app.model.Sheet
import app.baton.app.model.Stand
import app.baton.app.model.TalkModel
import app.baton.app.model.TalkState
import app.baton.app.model.resolve
import app.baton.app.model.tagsOf
import app.baton.app.words.Word
import app.baton.core.Hold
import app.baton.core.InboxRow
import app.baton.core.Line
import app.baton.core.OlderLines
import app.baton.core.Owner
import app.baton.core.Status
import app.baton.core.Template
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch

/** What a conversation asks for. */
class TalkActs(
    val back: () -> Unit = {},
    val cover: (Sheet?) -> Unit = {},
    val type: (String) -> Unit = {},
    val setNote: (Boolean) -> Unit = {},
    val quote: (Line?) -> Unit = {},
    val mention: (String, String) -> Unit = { _, _ -> },
    val send: () -> Unit = {},
    val attach: () -> Unit = {},
    val takeOver: () -> Unit = {},
    val older: () -> Unit = {},
    val newest: () -> Unit = {},
    val read: () -> Unit = {},
    val picture: (Line) -> Unit = {},
    val openFile: (Line, String, String) -> Unit = { _, _, _ -> },
    val copy: (Line) -> Unit = {},
    val react: (Line, String?) -> Unit = { _, _ -> },
    val resend: (Line) -> Unit = {},
    val arrived: (Line) -> Unit = {},
    val cancel: (Line) -> Unit = {},
    val withdraw: (ULong) -> Unit = {},
    val review: () -> Unit = {},
    val claim: () -> Unit = {},
    val giveBack: () -> Unit = {},
    val handOver: (Holder, String) -> Unit = { _, _ -> },
    val resolve: () -> Unit = {},
    val reopen: () -> Unit = {},
    val wait: () -> Unit = {},
    val snooze: (Long) -> Unit = {},
    val follow: (Boolean) -> Unit = {},
    val block: (Boolean) -> Unit = {},
    val forward: (Line, String) -> Unit = { _, _ -> },
    val templates: () -> Unit = {},
    val fill: (Template) -> Unit = {},
    val fillWord: (Int, String) -> Unit = { _, _ -> },
    val sendTemplate: () -> Unit = {},
    val elsewhere: (InboxRow) -> Unit = {},
    val tools: ToolActs = ToolActs(),
) {
    companion object {
        fun of(talk: TalkModel, back: () -> Unit, review: () -> Unit, elsewhere: (InboxRow) -> Unit) =
            TalkActs(
                back, { talk.cover(it) }, talk::type, talk::setNote, talk::quote, talk::mention,
                talk::send, { talk.attach() }, { talk.takeOver() }, { talk.older() },
                { talk.newest() }, talk::read, talk::picture,
                { line, name, type -> talk.openFile(line, name, type) }, talk::copy, talk::react,
                talk::resend, { talk.arrived(it) }, talk::cancel, { talk.withdraw(it) }, review,
                talk::claim, talk::giveBack, { to, note -> talk.handOver(to, note) }, { talk.resolve() }, talk::reopen,
                talk::waitForCustomer, talk::snooze, talk::follow, talk::block, talk::forward,
                talk::templates, talk::fill, { at, word -> talk.fillWord(at, word) },
                talk::sendTemplate, elsewhere, ToolActs.of(talk, back),
            )
    }
}

@Composable
fun TalkScreen(
    state: TalkState,
    stand: Stand,
    acts: TalkActs,
    modifier: Modifier = Modifier,
    hasBack: Boolean = true,
) = BoxWithConstraints(modifier.fillMaxSize().background(Look.colours.bg)) {
    val isWide = maxWidth >= 640.dp
    Column(Modifier.fillMaxSize().imePadding()) {
        if (hasBack) StandBanner(stand, acts.review)
        Head(state, acts, hasBack)
        Hairline()
        if (state.isHidden) {
            Nothing(Look.words(Word.TalkGone), drawing = Drawing.Lock)
        } else {
            for (row in state.elsewhere) ElsewhereBanner(row, state, acts)
            if (state.seeking != null) Seeking()
            Said(state, acts, Modifier.weight(1f))
            LeftDraft(state, acts.tools)
            LeavingBar(state, acts.tools)
            LeaseStrip(state, acts)
            Composer(state, acts)
        }
    }
    if (state.sheet != null) TalkSheet(state, state.sheet, acts, isWide)
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun Head(state: TalkState, acts: TalkActs, hasBack: Boolean) {
    val words = Look.words
    val title = state.title ?: words(Word.UnknownCustomer)
    Bar {
        if (hasBack) IconAct(Drawing.Left, words(Word.Back), onClick = acts.back)
        Row(
            Modifier.weight(1f).clickable(role = Role.Button, onClick = acts.tools.card)
                .heightIn(min = 48.dp).padding(start = if (hasBack) 0.dp else 12.dp),
            Arrangement.spacedBy(10.dp), Alignment.CenterVertically,
        ) {
            if (!isLarge) Avatar(state.id, title, 36.dp)
            Theirs(title, Modifier.semantics { heading() }, Look.type.title, lines = 1)
        }
        // What is no longer theirs to see is not theirs to hand on.
        if (state.isHidden) return@Bar
        // With large letters it is under "More" alone: who it is comes first.
        if (!isLarge) IconAct(Drawing.Swap, words(Word.HandOver)) { acts.cover(Sheet.HandOver) }
        when (state.header?.status) {
            Status.Resolved -> IconAct(Drawing.Undo, words(Word.Reopen), onClick = acts.reopen)
            null -> Unit
            else -> IconAct(Drawing.Check1, words(Word.Resolve), onClick = acts.resolve)
        }
        IconAct(Drawing.Dots, words(Word.More)) { acts.cover(Sheet.More) }
    }
    val header = state.header ?: return
    FlowRow(
        Modifier.fillMaxWidth().background(Look.colours.surface)
            .padding(start = 16.dp, end = 16.dp, bottom = 10.dp),
        Arrangement.spacedBy(8.dp), Arrangement.spacedBy(6.dp),
    ) {
        state.holder?.let { HolderChip(it, header.own.isClaiming) }
        PriorityChip(header.priority)
        WaitChip(state)
        when (val status = header.status) {
            Status.Waiting -> Chip(words(Word.StatusWaiting), drawing = Drawing.Clock)
            is Status.Snoozed -> Chip(words(Word.SnoozedUntil, words.until(status.untilMs, state.now)), drawing = Drawing.Moon)
            Status.Resolved -> Chip(words(Word.StatusResolved), drawing = Drawing.Ok)
            Status.Open -> Unit
        }
        header.reminder?.let { ReminderChip(it.atMs, state.now) }
        for (tag in tagsOf(header.tags, state.tags)) Chip(tag.name, drawing = Drawing.Tag)
        // Whoever writes stands above the composer.
        val writes = (header.hold as? Hold.Theirs)?.agent
        val others = header.viewers.filter { it != state.names.me && it != writes }
        val viewers = others.map { state.names.agent(it) }
        if (viewers.isNotEmpty()) {
            Chip(words(Word.Watching, viewers.joinToString()), drawing = Drawing.Eye)
        }
    }
}

private const val LATE = 15 * 60_000L
private const val SOON = 5 * 60_000L

@Composable
private fun WaitChip(state: TalkState) {
    val since = state.header?.unansweredSinceMs ?: return
    if (state.header.status !is Status.Open) return
    val colours = Look.colours
    val waited = state.now - since
    if (waited < MINUTE_MS) return
    val text = Look.words(Word.WaitsFor, Look.words.lasts(waited))
    when {
        waited >= LATE -> Chip(text, colours.lateInk, colours.lateSoft, Drawing.Late)
        waited >= SOON -> Chip(text, colours.soonInk, colours.soonSoft, Drawing.Soon)
        else -> Chip(text, drawing = Drawing.Clock)
    }
}

/** A line is looked for, which may take some pages. */
@Composable
private fun Seeking() = Row(
    Modifier.fillMaxWidth().background(Look.colours.surface3).heightIn(min = 40.dp).padding(horizontal = 16.dp, vertical = 6.dp),
    Arrangement.spacedBy(10.dp), Alignment.CenterVertically,
) {
    Drawn(Drawing.Search, size = 18.dp, colour = Look.colours.ink2)
    Says(Look.words(Word.Seeking), style = Look.type.small, colour = Look.colours.ink2)
}

/** A colleague answers this person on another number. */
@Composable
private fun ElsewhereBanner(row: InboxRow, state: TalkState, acts: TalkActs) {
    val owner = row.owner as? Owner.Agent ?: return
    if (owner.agent == state.names.me) return
    Row(
        Modifier.fillMaxWidth().background(Look.colours.soonSoft)
            .clickable(role = Role.Button) { acts.elsewhere(row) }
            .heightIn(min = 48.dp).padding(horizontal = 16.dp, vertical = 10.dp),
        Arrangement.spacedBy(10.dp), Alignment.CenterVertically,
    ) {
        Drawn(Drawing.Users, size = 18.dp, colour = Look.colours.soonInk)
        val text = Look.words(
            Word.AnsweredElsewhere, state.names.agent(owner.agent), state.names.channel(row.channel),
        )
        Says(text, Modifier.weight(1f), Look.type.small, Look.colours.soonInk)
        Drawn(Drawing.Right, size = 16.dp, colour = Look.colours.soonInk)
    }
}

@Composable
private fun Said(state: TalkState, acts: TalkActs, modifier: Modifier) {
    val words = Look.words
    when {
        state.isLoading -> Bubbles(modifier.semantics { contentDescription = words(Word.Loading) })
        state.failed != null && state.entries.isEmpty() -> {
            Nothing(words(Word.TalkFailed), state.failed.say(words), Drawing.Late, modifier)
        }
        !state.isFull -> Nothing(words(Word.HeadOnly), drawing = Drawing.Lock, modifier = modifier)
        state.entries.isEmpty() -> {
            Nothing(words(Word.NothingSaid), drawing = Drawing.Wa, modifier = modifier)
        }
        else -> Entries(state, acts, modifier)
    }
}

@Composable
private fun Bubbles(modifier: Modifier) = Column(
    modifier.fillMaxSize().padding(16.dp), Arrangement.spacedBy(14.dp, Alignment.Bottom),
) {
    for ((at, width) in listOf(220, 180, 260, 140, 200, 240).withIndex()) {
        val side = if (at % 3 == 1) Alignment.End else Alignment.Start
        Skeleton(Modifier.align(side).widthIn(width.dp, width.dp).heightIn(42.dp, 42.dp))
    }
}

@Composable
private fun Entries(state: TalkState, acts: TalkActs, modifier: Modifier) {
    val scroll = rememberLazyListState()
    val scope = rememberCoroutineScope()
    val newest = state.entries.lastOrNull()?.key
    val isAtEnd = scroll.firstVisibleItemIndex == 0
    LaunchedEffect(newest) { if (scroll.firstVisibleItemIndex <= 1) scroll.scrollToItem(0) }
    // Where a line was found, the end is looked at once one scrolls there.
    var isThere by remember(state.target) { mutableStateOf(state.target == null) }
    LaunchedEffect(newest, isAtEnd, state.header?.unread, state.seeking, isThere) {
        if (isAtEnd && isThere && !state.hasNewer) acts.read()
    }
    LaunchedEffect(state.target) {
        val at = state.target?.let { state.entries.placeOf(it) }
        if (at != null) {
            // In the middle: what was said before and after it is in sight as well.
            val height = snapshotFlow { scroll.layoutInfo.viewportSize.height }.first { it > 0 }
            scroll.scrollToItem(at, -height / 2)
        }
        isThere = true
    }
    Box(modifier) {
        // Anchored at its end: what comes in, a keyboard or a longer draft moves nothing.
        LazyColumn(
            Modifier.fillMaxSize(), scroll, reverseLayout = true,
            contentPadding = androidx.compose.foundation.layout.PaddingValues(12.dp),
            verticalArrangement = Arrangement.spacedBy(4.dp, Alignment.Bottom),
            horizontalAlignment = Alignment.CenterHorizontally,
        ) {
            items(state.entries.asReversed(), key = { it.key }, contentType = { it::class }) { entry ->
                val isFound = entry is Entry.Said && entry.line.seq > 0u && entry.line.seq == state.target
                val back = if (isFound) Modifier.background(Look.colours.soonSoft) else Modifier
                Box(Modifier.widthIn(max = 704.dp).fillMaxWidth().then(back)) { EntryItem(entry, state, acts) }
            }
            item { Beginning(state, acts) }
        }
        if (!isAtEnd || state.hasNewer) {
            val ends = {
                if (state.hasNewer) acts.newest()
                scope.launch { scroll.scrollToItem(0) }
                Unit
            }
            Box(Modifier.align(Alignment.BottomEnd).padding(12.dp)) {
                Act(Look.words(Word.ToEnd), Weight.SECOND, drawing = Drawing.Down, onClick = ends)
            }
        }
    }
}

/** Where this line stands, counted from the end; null where it is not shown. */
private fun List<Entry>.placeOf(seq: ULong): Int? =
    (indices.find { seqAt(it) == seq } ?: indices.find { seqAt(it) > seq })?.let { size - 1 - it }

private fun List<Entry>.seqAt(at: Int): ULong = (this[at] as? Entry.Said)?.line?.seq ?: 0uL

@Composable
private fun Beginning(state: TalkState, acts: TalkActs) = Column(horizontalAlignment = Alignment.CenterHorizontally) {
    val words = Look.words
    val older = state.older
    if (state.beyond.isBeforeBaton) {
        Says(words(Word.SaidBefore), Modifier.padding(16.dp), Look.type.meta, Look.colours.ink3)
    }
    when (older) {
        OlderLines.NOTHING -> {
            LaunchedEffect(Unit) { acts.tools.asksBefore() }
            Says(words(Word.ItBegins), Modifier.padding(16.dp), Look.type.meta, Look.colours.ink3)
        }
        OlderLines.HELD, OlderLines.AT_SERVER -> {
            LaunchedEffect(older) { if (older == OlderLines.HELD) acts.older() }
            Act(words(Word.OlderLines), Weight.QUIET, onClick = acts.older)
        }
    }
}

@Composable
private fun EntryItem(entry: Entry, state: TalkState, acts: TalkActs) {
    val words = Look.words
    when (entry) {
        is Entry.Day -> Box(Modifier.fillMaxWidth().padding(top = 14.dp, bottom = 6.dp), Alignment.Center) {
            Says(words.dayOf(entry.at, state.now), Modifier.semantics { heading() }, Look.type.meta, Look.colours.ink3)
        }
        is Entry.Said -> Bubble(entry, state, acts)
        is Entry.Noted -> NoteItem(entry)
        is Entry.Moved -> Box(Modifier.fillMaxWidth().padding(8.dp), Alignment.Center) {
            Says(words(Word.MovedNumber, entry.to ?: "?"), style = Look.type.meta, colour = Look.colours.ink3)
        }
        is Entry.Waiting -> EchoItem(entry, state, acts)
    }
}
