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
import app.baton.app.look.Hairline
import app.baton.app.look.Look
import app.baton.app.look.Problem
import app.baton.app.look.SheetTitle
import app.baton.app.look.TickRow
import app.baton.app.look.Weight
import app.baton.app.model.ABOUT_MAX
import app.baton.app.model.REASON_MAX
import app.baton.app.model.REMIND_MS
import app.baton.app.model.Sheet
import app.baton.app.model.TalkState
import app.baton.app.model.isPriorityEnough
import app.baton.app.model.isRemindable
import app.baton.app.words.Word
import app.baton.app.words.upTo
import app.baton.core.Priority

private const val MORNING = 9

@OptIn(ExperimentalLayoutApi::class)
@Composable
fun RemindSheet(state: TalkState, sheet: Sheet.Remind, acts: TalkActs) {
    val words = Look.words
    val now = state.now
    val standing = state.header?.reminder
    var typed by onSheet("at", words.typed(words.at(now, MORNING) { it.plusDays(1) }).written())
    val at = Typed.of(typed)
    var about by onSheet("about")
    var follows by onSheet("follow-up", "${standing?.isFollowUp == true}")
    val isFollowUp = follows == "true"
    val ms = words.msOf(at)?.takeIf { isRemindable(it, now) }
    val hint = if (standing == null) words(Word.RemindHint) else words(Word.RemindStanding, words.until(standing.atMs, now))
    SheetTitle(words(Word.RemindTitle), hint)
    FlowRow(
        Modifier.padding(horizontal = 20.dp, vertical = 4.dp),
        Arrangement.spacedBy(8.dp), Arrangement.spacedBy(8.dp),
    ) {
        for ((word, soon) in words.soonTimes(now)) {
            Act(words(word), Weight.SECOND) { typed = words.typed(soon).written() }
        }
    }
    val within = Within(words.dateOf(now), words.dateOf(now + REMIND_MS))
    val pick = { acts.cover(sheet.copy(isPicking = !sheet.isPicking)) }
    When(at, within, sheet.isPicking, pick, isWrong = ms == null) { typed = it.written() }
    Column(Modifier.padding(horizontal = 20.dp, vertical = 4.dp), Arrangement.spacedBy(12.dp)) {
        if (ms == null) Problem(words(Word.RemindPast))
        Field(words(Word.RemindText), about, { about = it.upTo(ABOUT_MAX) }, lines = 3)
    }
    TickRow(words(Word.RemindFollowUp), isFollowUp) { follows = "${!isFollowUp}" }
    Column(Modifier.padding(horizontal = 20.dp, vertical = 8.dp), Arrangement.spacedBy(8.dp)) {
        Act(words(Word.RemindSave), modifier = Modifier.fillMaxWidth(), isEnabled = ms != null) {
            if (ms != null) acts.tools.remind(ms, isFollowUp, about)
        }
        if (standing != null) {
            Act(words(Word.RemindEnd), Weight.SECOND, Modifier.fillMaxWidth(), onClick = acts.tools.endReminder)
        }
    }
}

/** Soon by one tap, or on a day at a time of one's own. */
@Composable
fun SnoozeSheet(state: TalkState, sheet: Sheet.Snooze, acts: TalkActs) {
    val words = Look.words
    val now = state.now
    var typed by onSheet("at", words.typed(words.at(now, MORNING) { it.plusDays(1) }).written())
    val at = Typed.of(typed)
    val ms = words.msOf(at)?.takeIf { isRemindable(it, now) }
    SheetTitle(words(Word.Snooze))
    for ((word, until) in words.soonTimes(now)) {
        ActRow(words(word), Drawing.Moon, detail = words.until(until, now)) { acts.snooze(until) }
    }
    Hairline()
    val within = Within(words.dateOf(now), words.dateOf(now + REMIND_MS))
    val pick = { acts.cover(sheet.copy(isPicking = !sheet.isPicking)) }
    When(at, within, sheet.isPicking, pick, isWrong = ms == null) { typed = it.written() }
    Column(Modifier.padding(horizontal = 20.dp, vertical = 8.dp), Arrangement.spacedBy(12.dp)) {
        if (ms == null) Problem(words(Word.RemindPast))
        Act(
            if (ms == null) words(Word.Snooze) else words(Word.SnoozeUntil, words.until(ms, now)),
            modifier = Modifier.fillMaxWidth(), isEnabled = ms != null,
        ) { if (ms != null) acts.snooze(ms) }
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
    var name by onSheet("priority", before.name)
    val chosen = Priority.entries.find { it.name == name } ?: before
    var reason by onSheet("reason")
    SheetTitle(words(Word.PriorityTitle), words(Word.PriorityHint))
    for ((priority, word) in priorities) {
        ActRow(words(word), isChosen = priority == chosen) { name = priority.name }
    }
    Column(Modifier.padding(horizontal = 20.dp, vertical = 8.dp), Arrangement.spacedBy(12.dp)) {
        Field(words(Word.PriorityReason), reason, { reason = it.upTo(REASON_MAX) })
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
