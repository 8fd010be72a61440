// When something shall be: soon, or on a day of a month at a time that is typed.

package app.baton.app.screens

import androidx.compose.foundation.background
import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.RowScope
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.shape.CircleShape
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.alpha
import androidx.compose.ui.draw.clip
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.clearAndSetSemantics
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.selected
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.unit.dp
import app.baton.app.look.ActRow
import app.baton.app.look.Drawing
import app.baton.app.look.Field
import app.baton.app.look.Hit
import app.baton.app.look.IconAct
import app.baton.app.look.Look
import app.baton.app.look.Says
import app.baton.app.look.still
import app.baton.app.model.timeOf
import app.baton.app.words.Word
import app.baton.app.words.Words
import java.time.DayOfWeek
import java.time.LocalDate
import java.time.LocalTime
import java.time.YearMonth
import java.time.temporal.TemporalAdjusters

private const val HOUR_MS = 60 * 60_000L
private const val MORNING = 9

/** Times that are chosen by one tap. */
fun Words.soonTimes(now: Long): List<Pair<Word, Long>> = listOf(
    Word.InAnHour to now + HOUR_MS,
    Word.InThreeHours to now + 3 * HOUR_MS,
    Word.Tomorrow9 to at(now, MORNING) { it.plusDays(1) },
    Word.Monday9 to at(now, MORNING) { it.with(TemporalAdjusters.next(DayOfWeek.MONDAY)) },
)

/** A day, and the time of it as it is typed. */
data class Typed(val day: LocalDate, val time: String) {
    fun written() = "$day $time"

    companion object {
        fun of(written: String) = Typed(LocalDate.parse(written.substringBefore(' ')), written.substringAfter(' '))
    }
}

fun Words.typed(ms: Long) = Typed(dateOf(ms), time(ms))

/** In milliseconds; null where no time is typed. */
fun Words.msOf(typed: Typed): Long? = timeOf(typed.time)?.let { at(typed.day, LocalTime.parse(it)) }

/** The weeks of a month, with nothing in place of days of other months. */
fun weeksOf(month: YearMonth, begins: DayOfWeek): List<List<LocalDate?>> {
    val before = Math.floorMod(month.atDay(1).dayOfWeek.value - begins.value, WEEK)
    val days = List<LocalDate?>(before) { null } + List(month.lengthOfMonth()) { month.atDay(it + 1) }
    return days.chunked(WEEK) { it + List<LocalDate?>(WEEK - it.size) { null } }
}

private const val WEEK = 7

/** The days that can be chosen. */
class Within(val first: LocalDate, val last: LocalDate)

/** A day and a time. The days of a month are there where one [isPicking]. */
@Composable
fun When(at: Typed, within: Within, isPicking: Boolean, pick: () -> Unit, isWrong: Boolean, change: (Typed) -> Unit) {
    val words = Look.words
    ActRow(words.day(at.day), if (isPicking) Drawing.Down else Drawing.Right, words(Word.OnDate), onClick = pick)
    if (isPicking) Days(at.day, within) { change(at.copy(day = it)) }
    Field(
        words(Word.AtTime), at.time, { change(at.copy(time = it)) }, Modifier.padding(horizontal = 20.dp, vertical = 8.dp),
        hint = "09:00", isWrong = isWrong, isCode = true,
    )
}

@Composable
private fun Days(chosen: LocalDate, within: Within, choose: (LocalDate) -> Unit) {
    val words = Look.words
    var month by remember { mutableStateOf(YearMonth.from(chosen)) }
    Column(Modifier.fillMaxWidth().padding(horizontal = 8.dp)) {
        Row(verticalAlignment = Alignment.CenterVertically) {
            IconAct(Drawing.Left, words(Word.MonthBefore), isEnabled = month > YearMonth.from(within.first)) {
                month = month.minusMonths(1)
            }
            Says(words.month(month), Modifier.weight(1f), Look.type.strong, lines = 1, align = TextAlign.Center)
            IconAct(Drawing.Right, words(Word.MonthAfter), isEnabled = month < YearMonth.from(within.last)) {
                month = month.plusMonths(1)
            }
        }
        // Each day says which one of the week it is.
        Row(Modifier.clearAndSetSemantics {}) {
            for (at in 0L until WEEK) {
                val letter = words.column(words.weekBegins + at)
                Says(letter, Modifier.weight(1f), Look.type.meta.still(LETTER), Look.colours.ink3, 1, TextAlign.Center)
            }
        }
        for (week in weeksOf(month, words.weekBegins)) {
            Row { for (day in week) Day(day, day == chosen, within, choose) }
        }
    }
}

/** Letters of a calendar: larger ones would not fit beside each other. */
private const val LETTER = 14f

@Composable
private fun RowScope.Day(day: LocalDate?, isChosen: Boolean, within: Within, choose: (LocalDate) -> Unit) {
    if (day == null) return Box(Modifier.weight(1f))
    val colours = Look.colours
    val words = Look.words
    val canBe = day in within.first..within.last
    Box(
        Modifier.weight(1f).heightIn(min = Hit).clickable(canBe, role = Role.Button) { choose(day) }
            .semantics {
                contentDescription = words.day(day)
                selected = isChosen
            },
        Alignment.Center,
    ) {
        Box(
            Modifier.size(36.dp).alpha(if (canBe) 1f else 0.45f).clip(CircleShape).background(if (isChosen) colours.accent else Color.Transparent)
                .clearAndSetSemantics {},
            Alignment.Center,
        ) {
            val ink = if (isChosen) colours.onAccent else if (canBe) colours.ink else colours.ink3
            Says("${day.dayOfMonth}", style = Look.type.body.still(LETTER), colour = ink, lines = 1)
        }
    }
}
