// When an agent wants to be called back to a conversation, and how urgent it is.

package app.baton.app.screens

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.clearAndSetSemantics
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.unit.dp
import app.baton.app.look.Act
import app.baton.app.look.ActRow
import app.baton.app.look.Chip
import app.baton.app.look.Drawing
import app.baton.app.look.Field
import app.baton.app.look.Look
import app.baton.app.look.Problem
import app.baton.app.look.SheetTitle
import app.baton.app.look.Weight
import app.baton.app.model.ABOUT_MAX
import app.baton.app.model.REASON_MAX
import app.baton.app.model.REMIND_MS
import app.baton.app.model.Sheet
import app.baton.app.model.TalkState
import app.baton.app.model.isPriorityEnough
import app.baton.app.model.isRemindable
import app.baton.app.words.Word
import app.baton.core.Priority

private const val MORNING = 9

@OptIn(ExperimentalLayoutApi::class)
@Composable
fun RemindSheet(state: TalkState, sheet: Sheet.Remind, acts: TalkActs) {
    val words = Look.words
    val now = state.now
    val standing = state.header?.reminder
    var at by remember { mutableStateOf(words.typed(words.at(now, MORNING) { it.plusDays(1) })) }
    var about by remember { mutableStateOf("") }
    var isFollowUp by remember { mutableStateOf(standing?.isFollowUp == true) }
    val ms = words.msOf(at)?.takeIf { isRemindable(it, now) }
    val hint = if (standing == null) words(Word.RemindHint) else words(Word.RemindStanding, words.until(standing.atMs, now))
    SheetTitle(words(Word.RemindTitle), hint)
    FlowRow(
        Modifier.padding(horizontal = 20.dp, vertical = 4.dp),
        Arrangement.spacedBy(8.dp), Arrangement.spacedBy(8.dp),
    ) {
        for ((word, soon) in words.soonTimes(now)) {
            Act(words(word), Weight.SECOND) { at = words.typed(soon) }
        }
    }
    val within = Within(words.dateOf(now), words.dateOf(now + REMIND_MS))
    val pick = { acts.cover(sheet.copy(isPicking = !sheet.isPicking)) }
    When(at, within, sheet.isPicking, pick, isWrong = ms == null) { at = it }
    Column(Modifier.padding(horizontal = 20.dp, vertical = 4.dp), Arrangement.spacedBy(12.dp)) {
        if (ms == null) Problem(words(Word.RemindPast))
        Field(words(Word.RemindText), about, { about = it.take(ABOUT_MAX) }, lines = 3)
    }
    ActRow(words(Word.RemindFollowUp), isChosen = isFollowUp) { isFollowUp = !isFollowUp }
    Column(Modifier.padding(horizontal = 20.dp, vertical = 8.dp), Arrangement.spacedBy(8.dp)) {
        Act(words(Word.RemindSave), modifier = Modifier.fillMaxWidth(), isEnabled = ms != null) {
            if (ms != null) acts.tools.remind(ms, isFollowUp, about)
        }
        if (standing != null) {
            Act(words(Word.RemindEnd), Weight.SECOND, Modifier.fillMaxWidth(), onClick = acts.tools.endReminder)
        }
    }
}

/** A reminder of one's own. What is written is the time; what is heard says what then is. */
@Composable
fun ReminderChip(at: Long, now: Long) {
    val time = Look.words.until(at, now)
    val says = Look.words(Word.RemindSet, time)
    Chip(time, drawing = Drawing.Bell, modifier = Modifier.clearAndSetSemantics { contentDescription = says })
}

private val priorities = listOf(
    Priority.NORMAL to Word.PriorityNormal, Priority.HIGH to Word.PriorityHigh, Priority.URGENT to Word.PriorityUrgent,
)

@Composable
fun PrioritySheet(state: TalkState, acts: ToolActs) {
    val words = Look.words
    val before = state.header?.priority ?: Priority.NORMAL
    // The choice stays as it is, also when a colleague changes something meanwhile.
    var chosen by remember { mutableStateOf(before) }
    var reason by remember { mutableStateOf("") }
    SheetTitle(words(Word.PriorityTitle), words(Word.PriorityHint))
    for ((priority, word) in priorities) {
        ActRow(words(word), isChosen = priority == chosen) { chosen = priority }
    }
    Column(Modifier.padding(horizontal = 20.dp, vertical = 8.dp), Arrangement.spacedBy(12.dp)) {
        Field(words(Word.PriorityReason), reason, { reason = it.take(REASON_MAX) })
        val isEnough = isPriorityEnough(before, chosen, reason)
        Act(words(Word.Save), modifier = Modifier.fillMaxWidth(), isEnabled = isEnough) { acts.setPriority(chosen, reason) }
    }
}

@Composable
fun PriorityChip(priority: Priority?) {
    val words = Look.words
    val colours = Look.colours
    when (priority) {
        Priority.URGENT -> Chip(words(Word.PriorityUrgent), colours.lateInk, colours.lateSoft, Drawing.Late)
        Priority.HIGH -> Chip(words(Word.PriorityHigh), colours.soonInk, colours.soonSoft, Drawing.Soon)
        Priority.NORMAL, null -> Unit
    }
}
