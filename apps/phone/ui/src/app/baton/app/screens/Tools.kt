// What stands around the field: replies that fit, blanks, what is done then, what waits, what was left.

package app.baton.app.screens

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.text.KeyboardActions
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.foundation.verticalScroll
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.text.AnnotatedString
import androidx.compose.ui.text.SpanStyle
import androidx.compose.ui.text.buildAnnotatedString
import androidx.compose.ui.text.font.FontStyle
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.text.input.ImeAction
import androidx.compose.ui.text.input.OffsetMapping
import androidx.compose.ui.text.input.TransformedText
import androidx.compose.ui.text.input.VisualTransformation
import androidx.compose.ui.unit.dp
import app.baton.app.look.Act
import app.baton.app.look.ActRow
import app.baton.app.look.Beside
import app.baton.app.look.Drawing
import app.baton.app.look.Drawn
import app.baton.app.look.Field
import app.baton.app.look.IconAct
import app.baton.app.look.Look
import app.baton.app.look.Says
import app.baton.app.look.Theirs
import app.baton.app.look.Weight
import app.baton.app.model.Canned
import app.baton.app.model.Holder
import app.baton.app.model.Offered
import app.baton.app.model.TalkModel
import app.baton.app.model.TalkState
import app.baton.app.model.asksBefore
import app.baton.app.model.asksSources
import app.baton.app.model.blanksAt
import app.baton.app.model.browse
import app.baton.app.model.card
import app.baton.app.model.dropDraft
import app.baton.app.model.endReminder
import app.baton.app.model.files
import app.baton.app.model.fillBlank
import app.baton.app.model.insert
import app.baton.app.model.leaveDetails
import app.baton.app.model.leaveOut
import app.baton.app.model.leaving
import app.baton.app.model.leftDraft
import app.baton.app.model.moreFiles
import app.baton.app.model.name
import app.baton.app.model.naming
import app.baton.app.model.openFile
import app.baton.app.model.readable
import app.baton.app.model.remind
import app.baton.app.model.replace
import app.baton.app.model.replacesNone
import app.baton.app.model.replies
import app.baton.app.model.resolveAs
import app.baton.app.model.sendNow
import app.baton.app.model.setPriority
import app.baton.app.model.slashIn
import app.baton.app.model.tag
import app.baton.app.model.undo
import app.baton.app.model.useDraft
import app.baton.app.words.Word
import app.baton.app.words.Words
import app.baton.core.CannedReply
import app.baton.core.CannedThen
import app.baton.core.ConversationTag
import app.baton.core.CustomerFile
import app.baton.core.KeptDraft
import app.baton.core.Line
import app.baton.core.OutcomeChoice
import app.baton.core.Priority

/** What the tools at the composer ask for. */
class ToolActs(
    val replies: (String) -> Unit = {},
    val insert: (CannedReply) -> Unit = {},
    val fillBlank: (String) -> Unit = {},
    val leaveOut: (CannedThen) -> Unit = {},
    val leaveDetails: () -> Unit = {},
    val tag: (String, Boolean) -> Unit = { _, _ -> },
    val resolveAs: (OutcomeChoice?, String) -> Unit = { _, _ -> },
    val undo: (Line) -> Unit = {},
    val sendNow: (Line) -> Unit = {},
    val useDraft: (KeptDraft) -> Unit = {},
    val dropDraft: (KeptDraft) -> Unit = {},
    val handOverFull: (Holder, String) -> Unit = { _, _ -> },
    val card: () -> Unit = {},
    val askSources: () -> Unit = {},
    val browse: (String) -> Unit = {},
    val replace: (Line) -> Unit = {},
    val replacesNone: () -> Unit = {},
    val naming: () -> Unit = {},
    val name: (String?) -> Unit = {},
    val asksBefore: () -> Unit = {},
    val unread: () -> Unit = {},
    val remind: (Long, Boolean, String) -> Unit = { _, _, _ -> },
    val endReminder: () -> Unit = {},
    val setPriority: (Priority, String) -> Unit = { _, _ -> },
    val files: () -> Unit = {},
    val moreFiles: () -> Unit = {},
    val openFile: (CustomerFile, String, String) -> Unit = { _, _, _ -> },
) {
    companion object {
        fun of(talk: TalkModel, leave: () -> Unit) = ToolActs(
            replies = { talk.replies(it) },
            insert = { talk.insert(it) },
            fillBlank = { talk.fillBlank(it) },
            leaveOut = { talk.leaveOut(it) },
            leaveDetails = { talk.leaveDetails() },
            tag = { tag, isOn -> talk.tag(tag, isOn) },
            resolveAs = { outcome, text -> talk.resolveAs(outcome, text) },
            undo = { talk.undo(it) },
            sendNow = { talk.sendNow(it) },
            useDraft = { talk.useDraft(it) },
            dropDraft = { talk.dropDraft(it) },
            handOverFull = { to, note -> talk.handOver(to, note, exceeds = true) },
            card = { talk.card() },
            askSources = { talk.asksSources() },
            browse = { talk.browse(it) },
            replace = { talk.replace(it) },
            replacesNone = { talk.replacesNone() },
            naming = { talk.naming() },
            name = { talk.name(it) },
            asksBefore = { talk.asksBefore() },
            unread = { talk.markUnread(leave) },
            remind = { at, isFollowUp, about -> talk.remind(at, isFollowUp, about) },
            endReminder = { talk.endReminder() },
            setPriority = { to, reason -> talk.setPriority(to, reason) },
            files = { talk.files() },
            moreFiles = { talk.moreFiles() },
            openFile = { file, name, type -> talk.openFile(file, name, type) },
        )
    }
}

private val LISTED = 240.dp

/** The replies that fit what is typed after the slash. */
@Composable
fun OfferedReplies(state: TalkState, acts: ToolActs) {
    val offered = state.offered ?: return
    val words = Look.words
    val find = slashIn(state.composing.text).orEmpty()
    Column(
        Modifier.fillMaxWidth().background(Look.colours.raised).heightIn(max = LISTED)
            .verticalScroll(rememberScrollState()),
    ) {
        if (offered.isEmpty()) {
            val none = if (find.isEmpty()) words(Word.RepliesEmpty) else words(Word.RepliesNone, find)
            Says(none, Modifier.padding(16.dp), Look.type.small, Look.colours.ink2)
        }
        for (reply in offered) ReplyRow(reply, acts)
    }
}

@Composable
fun ReplyRow(offered: Offered, acts: ToolActs) {
    val reply = offered.reply
    val says = offered.says.lineSequence().first()
    ActRow("/${reply.shortcut} · ${reply.title}", Drawing.Slash, says) { acts.insert(reply) }
}

/** Blanks stand out in what is being written. Each sign is one letter, so places stay the same. */
class BlankMarks(private val ink: Color, private val back: Color) : VisualTransformation {
    override fun filter(text: AnnotatedString): TransformedText {
        val marked = buildAnnotatedString {
            append(readable(text.text))
            val style = SpanStyle(color = ink, background = back, fontWeight = FontWeight.Medium)
            for (at in blanksAt(text.text)) addStyle(style, at.first, at.last + 1)
        }
        return TransformedText(marked, OffsetMapping.Identity)
    }
}

/** The first blank of the text, one after the other: nothing is sent while there is one. */
@Composable
fun BlankStrip(state: TalkState, acts: ToolActs) {
    val blanks = state.composing.blanks
    val name = blanks.firstOrNull() ?: return
    val words = Look.words
    var said by rememberSaveable(blanks.size, name) { mutableStateOf("") }
    val fills = {
        if (said.isNotBlank()) acts.fillBlank(said)
    }
    Column(
        Modifier.fillMaxWidth().background(Look.colours.soonSoft).padding(horizontal = 16.dp, vertical = 10.dp),
        Arrangement.spacedBy(8.dp),
    ) {
        Says(words.count(Word.BlankLeft, blanks.size, name), style = Look.type.small, colour = Look.colours.soonInk)
        Beside(
            Modifier,
            { Act(words(Word.NextBlank), Weight.SECOND, isEnabled = said.isNotBlank(), onClick = fills) },
        ) {
            Field(
                name, said, { said = it }, Modifier.weight(1f), hint = name, isLabelled = false,
                options = KeyboardOptions(imeAction = ImeAction.Next), actions = KeyboardActions(onNext = { fills() }),
            )
        }
    }
}

/** What goes with the reply, and what is done once it is sent: each can be left out. */
@OptIn(ExperimentalLayoutApi::class)
@Composable
fun ThenStrip(state: TalkState, acts: ToolActs) {
    val canned = state.composing.canned ?: return
    val words = Look.words
    val with = words.with(canned)
    if (canned.then.isEmpty() && with == null) return
    FlowRow(
        Modifier.fillMaxWidth().padding(start = 16.dp, end = 8.dp, top = 4.dp),
        Arrangement.spacedBy(4.dp), itemVerticalAlignment = Alignment.CenterVertically,
    ) {
        if (with != null) Left(with, words(Word.LeaveDetails), acts.leaveDetails)
        if (canned.then.isNotEmpty()) {
            Says(words(Word.Then), style = Look.type.small, colour = Look.colours.ink2)
            for (step in canned.then) {
                val said = words.then(step, state.tags)
                Left(said, words(Word.LeaveOut, said)) { acts.leaveOut(step) }
            }
        }
    }
}

@Composable
private fun Left(text: String, leaves: String, onClick: () -> Unit) = Row(verticalAlignment = Alignment.CenterVertically) {
    Theirs(text, style = Look.type.small, lines = 1)
    IconAct(Drawing.X, leaves, onClick = onClick)
}

private fun Words.with(canned: Canned): String? {
    val file = canned.file
    return when {
        file != null -> this(Word.WithFile) + " " + (file.name ?: file.link.substringAfterLast('/'))
        canned.buttons.isNotEmpty() -> this(Word.WithButtons) + " " + canned.buttons.joinToString()
        else -> null
    }
}

private const val MINUTE = 60_000L

private fun Words.then(step: CannedThen, tags: List<ConversationTag>): String = when (step) {
    is CannedThen.Tag -> this(Word.ThenTag, tags.find { it.id == step.tag }?.name ?: "?")
    is CannedThen.Resolve -> this(Word.ThenResolve)
    is CannedThen.Snooze -> this(Word.ThenSnooze, lasts(step.minutes.toLong() * MINUTE))
    CannedThen.MarkWaiting -> this(Word.ThenWait)
    CannedThen.Unknown -> "?"
}

private const val SECOND = 1_000L

/** A message that waits before it leaves: it can be taken back, or sent at once. */
@OptIn(ExperimentalLayoutApi::class)
@Composable
fun LeavingBar(state: TalkState, acts: ToolActs) {
    val line = state.leaving ?: return
    val words = Look.words
    val left = ((line.leavesAtMs ?: state.now) - state.now + SECOND - 1) / SECOND
    Column(Modifier.fillMaxWidth().background(Look.colours.surface3).padding(start = 16.dp, end = 8.dp, top = 8.dp, bottom = 4.dp)) {
        Row(horizontalArrangement = Arrangement.spacedBy(10.dp), verticalAlignment = Alignment.CenterVertically) {
            Drawn(Drawing.Clock, size = 18.dp, colour = Look.colours.ink2)
            Says(words(Word.MessageWaits), style = Look.type.small)
        }
        FlowRow(Modifier.fillMaxWidth(), Arrangement.SpaceBetween, itemVerticalAlignment = Alignment.CenterVertically) {
            Says(words(Word.LeavesIn, left), Modifier.padding(start = 28.dp), Look.type.small, Look.colours.ink2)
            Row {
                Act(words(Word.Undo), Weight.QUIET, drawing = Drawing.Undo) { acts.undo(line) }
                Act(words(Word.SendNow), Weight.QUIET) { acts.sendNow(line) }
            }
        }
    }
}

/** What was typed here on another phone, and not sent. */
@Composable
fun LeftDraft(state: TalkState, acts: ToolActs) {
    val draft = state.leftDraft ?: return
    val words = Look.words
    val isMine = draft.agent == state.names.me
    Column(
        Modifier.fillMaxWidth().background(Look.colours.surface2).padding(start = 16.dp, end = 4.dp, top = 4.dp, bottom = 8.dp),
    ) {
        Row(verticalAlignment = Alignment.CenterVertically) {
            val who = if (isMine) words(Word.DraftMine) else words(Word.DraftOf, state.names.agent(draft.agent))
            Says(who, Modifier.weight(1f), Look.type.small.copy(fontWeight = FontWeight.SemiBold))
            IconAct(Drawing.X, words(Word.Close)) { acts.dropDraft(draft) }
        }
        val style = Look.type.small.copy(fontStyle = FontStyle.Italic)
        Theirs("“${draft.text}”", Modifier.padding(end = 12.dp), style, Look.colours.ink2, lines = 3, isOfScreen = true)
        Box(Modifier.padding(top = 6.dp)) { Act(words(Word.DraftUse), Weight.SECOND) { acts.useDraft(draft) } }
    }
}
