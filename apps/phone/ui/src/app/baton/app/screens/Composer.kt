// What is being written, who else writes, and what stands in the way.

package app.baton.app.screens

import androidx.compose.foundation.background
import androidx.compose.foundation.border
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.shape.CircleShape
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.foundation.text.BasicTextField
import androidx.compose.runtime.Composable
import androidx.compose.runtime.remember
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.graphics.SolidColor
import androidx.compose.ui.input.key.Key
import androidx.compose.ui.input.key.KeyEventType
import androidx.compose.ui.input.key.isCtrlPressed
import androidx.compose.ui.input.key.isMetaPressed
import androidx.compose.ui.input.key.key
import androidx.compose.ui.input.key.onPreviewKeyEvent
import androidx.compose.ui.input.key.type
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.font.FontStyle
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.unit.dp
import app.baton.app.look.Act
import app.baton.app.look.ActRow
import app.baton.app.look.Avatar
import app.baton.app.look.Dims
import app.baton.app.look.Drawing
import app.baton.app.look.Drawn
import app.baton.app.look.Hairline
import app.baton.app.look.Hit
import app.baton.app.look.IconAct
import app.baton.app.look.Look
import app.baton.app.look.Says
import app.baton.app.look.Segment
import app.baton.app.look.Theirs
import app.baton.app.look.Beside
import app.baton.app.look.Weight
import app.baton.app.look.Wide
import app.baton.app.look.isLarge
import app.baton.app.model.Entry
import app.baton.app.model.TalkState
import app.baton.app.model.Tick
import app.baton.app.model.calledIn
import app.baton.app.model.hindrance
import app.baton.app.words.Word
import app.baton.app.words.sizeOf
import app.baton.core.ActKind
import app.baton.core.Hold
import app.baton.core.OutboxItem
import app.baton.core.Status

/** A colleague is writing: who, what so far, and the way to take over. */
@Composable
fun LeaseStrip(state: TalkState, acts: TalkActs) {
    val hold = state.header?.hold as? Hold.Theirs ?: return
    if (hold.agent == state.names.me) return
    val name = state.names.agent(hold.agent)
    val colours = Look.colours
    Beside(
        Modifier.background(colours.accentSoft).padding(horizontal = 12.dp, vertical = 8.dp),
        { Act(Look.words(Word.TakeOver), Weight.SECOND, onClick = acts.takeOver) },
    ) {
        Avatar(hold.agent, name, 36.dp, isOnline = true)
        Column(Modifier.weight(1f)) {
            val strong = Look.type.small.copy(fontWeight = FontWeight.SemiBold)
            Says(Look.words(Word.LeaseHeld, name), style = strong)
            val draft = state.header.colleagueDraft
            if (!draft.isNullOrBlank()) {
                val style = Look.type.small.copy(fontStyle = FontStyle.Italic)
                Theirs("“$draft”", style = style, colour = colours.ink2, lines = 1)
            }
        }
    }
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
fun Composer(state: TalkState, acts: TalkActs) {
    val words = Look.words
    val colours = Look.colours
    val isNote = state.composing.isNote
    val hindrance = if (isNote) null else state.hindrance()
    Column(Modifier.fillMaxWidth().background(if (isNote) colours.note else colours.surface)) {
        Hairline(if (isNote) colours.noteLine else colours.line)
        if (isNote) Mentions(state, acts)
        OfferedReplies(state, acts.tools)
        if (hindrance == null) BlankStrip(state, acts.tools)
        state.composing.replaces?.let { InPlaceOf(words.text(it), acts.tools) }
        state.composing.quoted?.let { quoted ->
            Row(Modifier.padding(start = 12.dp, top = 8.dp), verticalAlignment = Alignment.CenterVertically) {
                Quote(words.text(quoted), Modifier.weight(1f))
                IconAct(Drawing.X, words(Word.Close)) { acts.quote(null) }
            }
        }
        FlowRow(
            Modifier.fillMaxWidth().padding(start = 10.dp, end = 14.dp, top = 8.dp),
            Arrangement.SpaceBetween, itemVerticalAlignment = Alignment.CenterVertically,
        ) {
            Segment(listOf(words(Word.Reply), words(Word.Note)), if (isNote) 1 else 0) { acts.setNote(it == 1) }
            if (hindrance == null && !isNote) WindowLeft(state)
        }
        if (hindrance != null) Hindered(hindrance, state, acts) else Writing(state, acts)
    }
}

/** What is sent next takes the place of a message that did not leave or arrive. */
@Composable
private fun InPlaceOf(text: String, acts: ToolActs) = Row(
    Modifier.padding(start = 16.dp, top = 8.dp), Arrangement.spacedBy(10.dp), Alignment.CenterVertically,
) {
    Drawn(Drawing.Swap, size = 18.dp, colour = Look.colours.heldInk)
    Column(Modifier.weight(1f)) {
        Says(Look.words(Word.InPlaceOf), style = Look.type.small, colour = Look.colours.heldInk)
        Theirs(text, style = Look.type.small, colour = Look.colours.ink2, lines = 1)
    }
    IconAct(Drawing.X, Look.words(Word.Close), onClick = acts.replacesNone)
}

@Composable
private fun WindowLeft(state: TalkState) {
    val until = state.header?.windowUntilMs ?: return
    val left = until - state.now
    val colours = Look.colours
    val isShort = left < 60 * 60_000L
    Row(
        Modifier.padding(vertical = 4.dp).semantics(mergeDescendants = true) {},
        Arrangement.spacedBy(6.dp), Alignment.CenterVertically,
    ) {
        Drawn(Drawing.Clock, size = 16.dp, colour = if (isShort) colours.lateInk else colours.okInk)
        val ink = if (isShort) colours.lateInk else colours.ink2
        Says(Look.words(Word.TimeLeft, Look.words.lasts(left)), style = Look.type.meta, colour = ink, lines = 1)
    }
}

/** Why nothing can be written freely, and what can be sent instead. */
@Composable
private fun Hindered(why: Word, state: TalkState, acts: TalkActs) {
    val words = Look.words
    val isBlocked = why == Word.BlockedHere
    Column(Modifier.padding(16.dp), Arrangement.spacedBy(12.dp)) {
        Row(horizontalArrangement = Arrangement.spacedBy(10.dp)) {
            Drawn(Drawing.Lock, colour = Look.colours.lateInk)
            val text = when (why) {
                Word.BlockedHere -> words(why, state.title.orEmpty())
                Word.TemplatesOnly -> words(Word.Passed24) + " " + words(why)
                else -> words(why)
            }
            Says(text)
        }
        if (isBlocked) {
            Act(words(Word.Unblock), Weight.SECOND, Modifier.fillMaxWidth()) { acts.block(false) }
        } else {
            Act(words(Word.TemplateChoose), Weight.MAIN, Modifier.fillMaxWidth(), onClick = acts.templates)
        }
    }
}

@Composable
private fun Writing(state: TalkState, acts: TalkActs) {
    val words = Look.words
    val colours = Look.colours
    val composing = state.composing
    val isNote = composing.isNote
    val ink = if (isNote) colours.noteInk else colours.ink
    val quiet = if (isNote) colours.noteInk2 else colours.ink3
    val hint = when {
        isNote -> words(Word.WriteNote)
        state.composer != null -> words(Word.LeaseWait, state.composer.orEmpty())
        else -> words(Word.WriteReply)
    }
    val label = words(if (isNote) Word.Note else Word.WriteReply)
    val marks = remember(colours) { BlankMarks(colours.soonInk, colours.soonSoft) }
    BasicTextField(
        composing.text, acts.type,
        Modifier.fillMaxWidth().padding(horizontal = 16.dp).heightIn(min = Hit, max = 180.dp)
            .semantics { contentDescription = label }
            .onPreviewKeyEvent { key ->
                val sends = key.type == KeyEventType.KeyDown && key.key == Key.Enter &&
                    (key.isCtrlPressed || key.isMetaPressed)
                if (sends) acts.send()
                sends
            },
        textStyle = Look.type.body.copy(color = ink), maxLines = 8, visualTransformation = marks, cursorBrush = SolidColor(colours.accent),
    ) { field ->
        Box(Modifier.padding(vertical = 8.dp), Alignment.CenterStart) {
            if (composing.text.isEmpty()) Says(hint, colour = quiet, lines = if (isLarge) 4 else 2)
            Wide(field)
        }
    }
    if (!isNote) ThenStrip(state, acts.tools)
    Consequence(state, quiet)
    Row(
        Modifier.fillMaxWidth().padding(start = 4.dp, end = 10.dp, bottom = 8.dp),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        if (!isNote) {
            IconAct(Drawing.Clip, words(Word.AttachFile), onClick = acts.attach)
            IconAct(Drawing.Q, words(Word.TemplateChoose), onClick = acts.templates)
        } else {
            IconAct(Drawing.Users, "@", onClick = { acts.type(composing.text + "@") })
        }
        IconAct(Drawing.Slash, words(Word.Replies)) { acts.tools.replies("") }
        Box(Modifier.weight(1f))
        val isReady = composing.text.isNotBlank() && composing.blanks.isEmpty()
        Act(
            words(if (isNote) Word.SaveNote else Word.Send), isEnabled = isReady,
            drawing = if (isNote) Drawing.Pen else Drawing.Send, onClick = acts.send,
        )
    }
}

/** What sending does beside sending. */
@Composable
private fun Consequence(state: TalkState, ink: androidx.compose.ui.graphics.Color) {
    if (state.composing.isNote || state.composing.text.isBlank()) return
    val words = Look.words
    val text = when {
        state.header?.status is Status.Resolved -> words(Word.Reopens)
        state.isQueued -> words(Word.Claims)
        else -> return
    }
    Says(text, Modifier.padding(horizontal = 16.dp), Look.type.meta, ink)
}

/** Colleagues whose name is being typed. */
@Composable
private fun Mentions(state: TalkState, acts: TalkActs) {
    val called = calledIn(state.composing.text) ?: return
    val found = state.names.colleagues.filter { it.name.contains(called, ignoreCase = true) }.take(4)
    Column(Modifier.fillMaxWidth().background(Look.colours.raised)) {
        for (colleague in found) {
            ActRow(colleague.name, lead = { Avatar(colleague.id, colleague.name, 28.dp, colleague.isOnline) }) {
                acts.mention(colleague.id, colleague.name)
            }
        }
    }
}

/** What was sent and is not confirmed: at once where it will stand. */
@Composable
fun EchoItem(entry: Entry.Waiting, state: TalkState, acts: TalkActs) {
    val item = entry.item
    val words = Look.words
    if (item.text == null && item.file == null && item.review == null) {
        Box(Modifier.fillMaxWidth().padding(6.dp), Alignment.Center) {
            val text = words.act(item.kind) + " · " + words.tick(entry.tick)
            Says(text, style = Look.type.meta, colour = Look.colours.ink3)
        }
        return
    }
    val isNote = item.kind == ActKind.NOTE
    val colours = Look.colours
    val shape = RoundedCornerShape(Dims.rLg)
    val isHeld = item.review != null
    Column(Modifier.fillMaxWidth(), horizontalAlignment = Alignment.End) {
        Column(
            Modifier.then(if (isNote) Modifier.fillMaxWidth() else Modifier.widthIn(max = 320.dp)).clip(shape)
                .background(if (isNote) colours.note else if (isHeld) colours.surface else colours.bubbleOut)
                .then(if (isHeld || isNote) Modifier.dashed(if (isNote) colours.noteLine else colours.heldInk) else Modifier)
                .padding(horizontal = 12.dp, vertical = 8.dp),
            Arrangement.spacedBy(4.dp),
        ) {
            item.file?.let { FileOnItsWay(it.name ?: words(Word.KindDocument), it.sent, it.bytes) }
            item.text?.let { Theirs(it, colour = if (isNote) colours.noteInk else colours.ink) }
            Row(horizontalArrangement = Arrangement.spacedBy(5.dp), verticalAlignment = Alignment.CenterVertically) {
                Says(words.tick(entry.tick), style = Look.type.meta, colour = colours.ink3)
                TickMark(entry.tick)
            }
        }
        if (isHeld) HeldStrip(item, state, acts)
    }
}

@Composable
private fun HeldStrip(item: OutboxItem, state: TalkState, acts: TalkActs) {
    val colours = Look.colours
    val review = item.review ?: return
    Row(
        Modifier.padding(top = 4.dp).clip(RoundedCornerShape(Dims.rMd)).background(colours.heldSoft)
            .padding(start = 12.dp, top = 4.dp, end = 4.dp, bottom = 4.dp),
        Arrangement.spacedBy(8.dp), Alignment.CenterVertically,
    ) {
        Drawn(Drawing.Held, size = 18.dp, colour = colours.heldInk)
        val why = review.toldIn(state)
        Says(why, Modifier.widthIn(max = 190.dp), Look.type.small, colours.heldInk)
        Act(Look.words(Word.Review), Weight.SECOND, onClick = acts.review)
    }
}

@Composable
private fun FileOnItsWay(name: String, sent: ULong, bytes: ULong) {
    val colours = Look.colours
    Column(Modifier.widthIn(min = 180.dp), Arrangement.spacedBy(6.dp)) {
        Row(horizontalArrangement = Arrangement.spacedBy(8.dp), verticalAlignment = Alignment.CenterVertically) {
            Drawn(Drawing.Clip, size = 18.dp, colour = colours.ink2)
            Theirs(name, style = Look.type.small, lines = 1)
        }
        val share = if (bytes == 0uL) 0f else sent.toFloat() / bytes.toFloat()
        Box(Modifier.fillMaxWidth().heightIn(4.dp, 4.dp).clip(CircleShape).background(colours.surface3)) {
            Box(Modifier.fillMaxWidth(share).heightIn(4.dp, 4.dp).background(colours.accent))
        }
        val part = "${sizeOf(sent.toLong())} / ${sizeOf(bytes.toLong())}"
        Theirs(part, style = Look.type.meta, colour = colours.ink3, lines = 1)
    }
}
