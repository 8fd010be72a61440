// Tests of what is done again: written in place of what did not leave, unread again, named anew, and
// read where it was found.

package app.baton.app

import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.hasClickAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.onAllNodesWithText
import androidx.compose.ui.test.onFirst
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performScrollTo
import androidx.compose.ui.test.performTextInput
import androidx.compose.ui.test.performTextReplacement
import app.baton.app.model.timeOf
import app.baton.core.Act
import app.baton.core.FoundIn
import app.baton.core.Hit
import app.baton.core.InboxView
import app.baton.core.LineStatus
import app.baton.core.PushLevels
import app.baton.core.QuietHours
import app.baton.core.SeenLine
import app.baton.core.ServerFound
import app.baton.core.TimelineEntry
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test

@OptIn(ExperimentalTestApi::class)
class AgainTest : OverFakes() {
    /** The conversation, with a message of one's own at its end that came so far. */
    private fun ends(status: LineStatus) =
        baton.setTimeline(MARTA, Sample.talk().lines + TimelineEntry.Line(Sample.unsent.copy(status = status)))

    @Test
    fun what_did_not_arrive_is_written_again_and_takes_its_place() = app {
        ends(LineStatus.FAILED)
        opens()
        presses("Write again")
        shows("In place of what did not arrive")
        field("Write a reply").performTextReplacement("On Saturday at noon")
        presses("Send")
        val wanted = Act.Reply("On Saturday at noon", SeenLine(4u, "line 4"), null, "line 4")
        assertEquals(wanted, acted().act)
        waitUntil("the next one takes no place", SHOWN_MS) {
            onAllNodesWithText("In place of what did not arrive").fetchSemanticsNodes().isEmpty()
        }
    }

    @Test
    fun what_was_held_takes_no_place_where_that_is_not_wanted() = app {
        ends(LineStatus.HELD)
        opens()
        presses("Write again")
        shows("In place of what did not arrive")
        taps("Close")
        presses("Send")
        assertEquals(Act.Reply("On Saturday", SeenLine(4u, "line 4"), null, null), acted().act)
    }

    @Test
    fun what_is_being_written_is_sent_in_place_of_it() = app {
        ends(LineStatus.HELD)
        opens()
        field("Write a reply").performTextInput("Rather on Sunday")
        presses("Write again")
        presses("Send")
        val wanted = Act.Reply("Rather on Sunday", SeenLine(4u, "line 4"), null, "line 4")
        assertEquals(wanted, acted().act)
    }

    @Test
    fun a_note_is_neither_lost_nor_sent_to_the_customer() = app {
        ends(LineStatus.HELD)
        opens()
        presses("Note")
        field("Note").performTextInput("She pays late")
        presses("Write again")
        shows("Add the note or clear it first.")
        presses("Add note")
        assertEquals("She pays late", (acted().act as Act.Note).text)
    }

    @Test
    fun what_may_have_arrived_is_asked_about_before_it_is_sent_twice() = app {
        ends(LineStatus.UNCONFIRMED)
        opens()
        presses("Send again")
        shows("Marta Gil may get it twice. Send again?")
        assertEquals(0, onAllNodesWithText("Write again").fetchSemanticsNodes().size)
        onAllNodes(hasText("Send again") and hasClickAction())[1].performClick()
        assertEquals(Act.Resend("line 4", SeenLine(4u, "line 4")), acted().act)
    }

    @Test
    fun marked_as_unread_it_is_left() = app {
        opens()
        taps("More")
        presses("Mark as unread")
        assertEquals(Act.MarkUnread(3u), acted().act)
        shows("Marked as unread")
        waitUntil("the list is there", SHOWN_MS) { model.state.value.talk == null }
    }

    @Test
    fun the_team_gives_a_customer_a_name_and_takes_it_back() = app {
        opens()
        taps("More")
        presses("Contact")
        presses("Name…")
        shows("What do we call Marta Gil?")
        field("Our name").performTextReplacement("  Marta of the workshop ")
        presses("Save")
        assertEquals(Act.NameContact("Marta of the workshop"), acted().act)
        shows("The name was changed")
        taps("More")
        presses("Contact")
        presses("Name…")
        presses("Use their own name")
        waitUntil("theirs is shown again", SHOWN_MS) { decided().last().act == Act.NameContact(null) }
    }

    @Test
    fun what_was_found_is_opened_where_it_stands() {
        val hit = Hit(FoundIn.Line(2u), "nos queda una en verde", NOW)
        baton.setInbox(listOf(Sample.rows[0].copy(hit = hit)), InboxView.Search("verde"))
        app {
            taps("Search")
            field("Search").performTextInput("verde")
            shows("nos queda una en verde")
            onAllNodes(hasText("nos queda una en verde", substring = true) and hasClickAction()).onFirst().performClick()
            waitUntil("it is found", SHOWN_MS) { model.state.value.talk?.state?.value?.target == 2uL }
        }
    }

    @Test
    fun what_the_server_found_is_opened_where_it_stands() {
        val hit = Sample.everywhere.hits.first().copy(conversation = MARTA, title = "Marta Gil", seq = 1u)
        baton.server = baton.server.copy(found = ServerFound(emptyList(), listOf(hit), null))
        app {
            baton.setInbox(emptyList(), InboxView.Search("azul"))
            taps("Search")
            field("Search").performTextInput("azul")
            // The list comes above the button, which stands lower from then on.
            shows("Nothing on this phone is like that.")
            presses("Search everything")
            presses("Do you have the boxes in azul as well?")
            waitUntil("it is found", SHOWN_MS) { model.state.value.talk?.state?.value?.target == 1uL }
        }
    }

    @Test
    fun a_part_of_each_day_is_quiet_from_and_until_a_time() {
        baton.server = baton.server.copy(levels = PushLevels(Sample.own.levels!!.level))
        app {
            taps("Settings")
            shows("Nothing in a part of each day")
            onNode(hasText("Nothing in a part of each day") and hasClickAction()).performScrollTo().performClick()
            waitUntil("the night is quiet", SHOWN_MS) { quiet() == QuietHours("22:00", "07:00", "Etc/UTC") }
            shows("Times of Etc/UTC")
            field("From").performScrollTo()
            field("From").performTextReplacement("25:00")
            assertEquals(0, onAllNodes(hasText("Save") and hasClickAction()).fetchSemanticsNodes().size)
            field("From").performTextReplacement("9:30")
            onNode(hasText("Save") and hasClickAction()).performScrollTo().performClick()
            waitUntil("it is later", SHOWN_MS) { quiet() == QuietHours("09:30", "07:00", "Etc/UTC") }
            onNode(hasText("Nothing in a part of each day") and hasClickAction()).performScrollTo().performClick()
            waitUntil("no part is quiet", SHOWN_MS) { quiet() == null }
        }
    }

    private fun quiet() = baton.server.levels.quiet

    @Test
    fun a_time_is_taken_as_people_type_it() {
        val wanted = listOf("07:00", "09:30", "23:59", "07:05")
        assertEquals(wanted, listOf(" 7:00", "9.30", "23:59", "٠٧:٠٥").map { timeOf(it) })
        for (wrong in listOf("24:00", "7", "7:60", "", "noon", "7:0")) assertNull(timeOf(wrong)) { wrong }
    }
}
