// Tests of offers to the agent, and of the files of a customer.

package app.baton.app

import androidx.compose.ui.test.ComposeUiTest
import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.hasClickAction
import androidx.compose.ui.test.hasContentDescription
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.onAllNodesWithText
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performScrollTo
import app.baton.app.model.offerOf
import app.baton.core.Act
import app.baton.core.CoreException
import app.baton.core.CustomerFiles
import app.baton.core.InboxView
import app.baton.core.OwnOffer
import app.baton.core.OwnReminder
import app.baton.core.Standing
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test

@OptIn(ExperimentalTestApi::class)
class OfferedTest : OverFakes() {
    private fun offers(row: Int = 0) =
        baton.setInbox(listOf(Sample.rows[row].copy(offer = OwnOffer("o1", NOW + 12_000))), InboxView.Offered)

    private fun ComposeUiTest.isGone(text: String) = waitUntil("\"$text\" is gone", SHOWN_MS) {
        onAllNodesWithText(text, substring = true).fetchSemanticsNodes().isEmpty()
    }

    @Test
    fun what_is_offered_stands_above_everything_and_is_accepted_by_one_tap() = app {
        taps("Settings")
        offers()
        shows("Marta Gil waits. Do you take it?")
        shows("12 s left")
        presses("Accept")
        assertEquals(MARTA to Act.AcceptOffer("o1"), acted().let { it.conversation to it.act })
        shows("¿Te la aparto?")
        isGone("Do you take it?")
    }

    @Test
    fun who_declines_stays_where_they_are() = app {
        offers(4)
        presses("Decline")
        assertEquals("sol" to Act.DeclineOffer("o1"), acted().let { it.conversation to it.act })
        isGone("Do you take it?")
        assertNull(model.state.value.talk)
    }

    @Test
    fun an_answer_that_the_core_refuses_leaves_the_offer() = app {
        offers()
        baton.failOnce("act", CoreException.Storage("disk full", true, false, false))
        presses("Decline")
        shows("Do you take it?")
    }

    @Test
    fun without_a_network_nothing_is_offered() = app {
        offers()
        shows("Do you take it?")
        baton.setStanding(Standing.Offline)
        isGone("Do you take it?")
    }

    @Test
    fun a_clock_that_is_wrong_hides_no_offer() {
        val row = Sample.rows[0].copy(offer = OwnOffer("o1", NOW - 5_000))
        assertEquals("o1" to null, offerOf(row, NOW)?.let { it.offer to it.left })
        assertEquals(1, offerOf(row, NOW - 5_001)?.left)
        assertNull(offerOf(Sample.rows[0], NOW))
    }

    @Test
    fun a_row_says_when_the_agent_is_called_back() = app {
        baton.setInbox(listOf(Sample.rows[0].copy(reminder = OwnReminder(NOW + 3_600_000, false))))
        waitUntil("it is heard", SHOWN_MS) {
            onAllNodes(hasContentDescription("You are reminded 12:02", substring = true)).fetchSemanticsNodes().isNotEmpty()
        }
    }

    private fun ComposeUiTest.opensFiles() {
        opens()
        asksForFiles()
    }

    private fun ComposeUiTest.asksForFiles() {
        taps("More")
        onNode(hasText("Contact") and hasClickAction()).performScrollTo().performClick()
        presses("Files")
    }

    @Test
    fun the_files_of_a_customer_are_listed_and_older_ones_asked_for() {
        val files = Sample.files
        baton.server = baton.server.copy(files = CustomerFiles(files.take(1), "older"))
        app {
            opensFiles()
            shows("invoice-2026-114.pdf")
            shows("1.2 MB · Ben Adler · 10:32")
            baton.server = baton.server.copy(files = CustomerFiles(files.drop(1), null))
            presses("Look further back")
            shows("Is it this one?")
            isGone("Look further back")
        }
    }

    @Test
    fun files_that_could_not_be_asked_for_are_asked_for_again() = app {
        baton.failOnce("customerFiles", CoreException.Offline())
        opensFiles()
        shows("The server cannot be reached.")
        baton.server = baton.server.copy(files = CustomerFiles(Sample.files, null))
        presses("Try again")
        shows("invoice-2026-114.pdf")
    }

    @Test
    fun a_customer_without_files_has_none_and_a_server_of_before_knows_of_none() = app {
        opensFiles()
        shows("No files.")
        taps("Close")
        baton.failOnce("customerFiles", CoreException.Server("not_found", "No such thing."))
        asksForFiles()
        shows("No files.")
    }
}
