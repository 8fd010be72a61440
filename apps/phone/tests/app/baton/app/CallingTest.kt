// Tests of what calls an agent: reminders, and how urgent a conversation is.

package app.baton.app

import androidx.compose.ui.test.ComposeUiTest
import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.assertIsEnabled
import androidx.compose.ui.test.assertIsNotEnabled
import androidx.compose.ui.test.hasClickAction
import androidx.compose.ui.test.hasContentDescription
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.onLast
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performScrollTo
import androidx.compose.ui.test.performTextInput
import androidx.compose.ui.test.performTextReplacement
import app.baton.app.screens.weeksOf
import app.baton.core.Act
import app.baton.core.OwnReminder
import app.baton.core.Priority
import app.baton.core.SeenLine
import java.time.DayOfWeek
import java.time.Instant
import java.time.LocalDate
import java.time.YearMonth
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

private fun ms(of: String) = Instant.parse(of).toEpochMilli()

@OptIn(ExperimentalTestApi::class)
class CallingTest : OverFakes() {
    private fun ComposeUiTest.goesTo(text: String) = onAllNodes(hasText(text) and hasClickAction()).onLast().performScrollTo()

    private fun ComposeUiTest.asksToBeReminded() {
        opens()
        taps("More")
        goesTo("Remind me…").performClick()
        shows("You are called back to this conversation.")
    }

    @Test
    fun a_reminder_is_for_a_day_of_a_month_and_a_time_that_is_typed() = app {
        asksToBeReminded()
        goesTo("Sat 28 Nov").performClick()
        taps("Month after")
        shows("December 2026")
        onNode(hasContentDescription("Tue 1 Dec")).performScrollTo().performClick()
        field("Time").performScrollTo().performTextReplacement("7:30")
        field("What about? Colleagues may read it").performScrollTo().performTextInput("The blue one ")
        goesTo("Remind me").performClick()
        val act = Act.Remind(ms("2026-12-01T07:30:00Z"), false, SeenLine(3u, "line 3"), "The blue one")
        assertEquals(act, acted().act)
        shows("You are reminded Tue 1 Dec 07:30")
    }

    @Test
    fun a_reminder_is_for_a_time_that_is_soon_and_only_if_nobody_answers() = app {
        asksToBeReminded()
        presses("In 3 hours")
        goesTo("Only if the customer has not answered until then").performClick()
        goesTo("Remind me").performClick()
        assertEquals(Act.Remind(ms("2026-11-27T14:02:00Z"), true, SeenLine(3u, "line 3"), null), acted().act)
    }

    @Test
    fun a_time_that_is_none_or_past_is_not_taken() = app {
        asksToBeReminded()
        field("Time").performScrollTo().performTextReplacement("25:00")
        shows("Choose a time within the next year.")
        goesTo("Remind me").assertIsNotEnabled()
        // Today at ten it is eleven already.
        field("Time").performTextReplacement("10:00")
        goesTo("Sat 28 Nov").performClick()
        onNode(hasContentDescription("Fri 27 Nov")).performScrollTo().performClick()
        goesTo("Remind me").assertIsNotEnabled()
        field("Time").performScrollTo().performTextReplacement("12.00")
        goesTo("Remind me").assertIsEnabled()
        onNode(hasContentDescription("Thu 26 Nov")).performScrollTo().assertIsNotEnabled()
    }

    @Test
    fun a_reminder_that_stands_is_shown_and_removed() = app {
        baton.setHeader(MARTA, Sample.header.copy(reminder = OwnReminder(ms("2026-11-30T09:00:00Z"), true)))
        opens()
        waitUntil("it stands above", SHOWN_MS) {
            onAllNodes(hasContentDescription("You are reminded Mon 30 Nov 09:00")).fetchSemanticsNodes().isNotEmpty()
        }
        taps("More")
        goesTo("Remind me…").performClick()
        shows("You have a reminder here for Mon 30 Nov 09:00.")
        goesTo("Remove the reminder").performClick()
        assertEquals(Act.EndReminder, acted().act)
    }

    @Test
    fun it_is_snoozed_until_a_time_of_ones_own() = app {
        opens()
        taps("More")
        presses("Snooze")
        field("Time").performScrollTo().performTextReplacement("25:00")
        shows("Choose a time within the next year.")
        goesTo("Sat 28 Nov").performClick()
        onNode(hasContentDescription("Mon 30 Nov")).performScrollTo().performClick()
        field("Time").performScrollTo().performTextReplacement("16:15")
        goesTo("Snooze until Mon 30 Nov 16:15").performClick()
        assertEquals(Act.Snooze(ms("2026-11-30T16:15:00Z"), SeenLine(3u, "line 3")), acted().act)
    }

    @Test
    fun what_is_urgent_needs_a_reason_and_what_is_not_needs_none() {
        app {
            opens()
            taps("More")
            goesTo("Priority…").performClick()
            presses("Urgent")
            onNode(hasText("Save") and hasClickAction()).assertIsNotEnabled()
            field("Why?").performTextInput("No water")
            presses("Save")
            assertEquals(Act.SetPriority(Priority.URGENT, "No water"), acted().act)
            baton.setHeader(MARTA, Sample.header.copy(priority = Priority.URGENT))
            baton.setInbox(listOf(Sample.rows[0].copy(priority = Priority.HIGH)))
            shows("Urgent")
            taps("More")
            goesTo("Priority…").performClick()
            presses("Normal")
            presses("Save")
            waitUntil("it is set", SHOWN_MS) { decided().size == 2 }
            assertEquals(Act.SetPriority(Priority.NORMAL, null), acted().act)
            taps("Back to the list")
            shows("High priority")
        }
    }

    @Test
    fun the_weeks_of_a_month_begin_where_the_language_begins_them() {
        val november = YearMonth.of(2026, 11)
        val weeks = weeksOf(november, DayOfWeek.MONDAY)
        assertEquals(LocalDate.of(2026, 11, 1), weeks.first().last())
        assertEquals(listOf<LocalDate?>(LocalDate.of(2026, 11, 30), null), weeks.last().take(2))
        assertEquals((1..30).toList(), weeks.flatten().mapNotNull { it?.dayOfMonth })
        assertEquals(1, weeksOf(november, DayOfWeek.SATURDAY).first().indexOf(LocalDate.of(2026, 11, 1)))
        assertEquals(listOf(7), weeks.map { it.size }.distinct())
    }
}
