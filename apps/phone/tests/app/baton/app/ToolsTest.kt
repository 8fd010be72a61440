// Tests of what helps an agent: what comes next, what concerns them, canned replies, tags, search.

package app.baton.app

import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.assertIsNotEnabled
import androidx.compose.ui.test.hasClickAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.onAllNodesWithText
import androidx.compose.ui.test.onFirst
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performScrollTo
import androidx.compose.ui.test.performTextInput
import app.baton.app.model.SourcesState
import app.baton.core.Act
import app.baton.core.Choice
import app.baton.core.CoreException
import app.baton.core.InboxView
import app.baton.core.LineStatus
import app.baton.core.NoticesPage
import app.baton.core.PushLevel
import app.baton.core.SeenLine
import app.baton.core.ServerFound
import app.baton.core.ServerList
import app.baton.core.Standing
import app.baton.core.TimelineEntry
import app.baton.testing.FakeServer
import app.baton.testing.Preview
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

@OptIn(ExperimentalTestApi::class)
class ToolsTest : OverFakes() {
    @Test
    fun a_reply_is_found_by_its_letters_and_not_sent_with_a_blank_left() {
        baton.setCannedReplies(Sample.replies)
        app {
            opens()
            field("Write a reply").performTextInput("/parc")
            presses("/parcel · Where the parcel is")
            shows("2 blanks are left: Parcel number.")
            onNode(hasText("Send") and hasClickAction()).assertIsNotEnabled()
            field("Parcel number").performTextInput("4471")
            presses("Next")
            shows("1 blank is left: Day.")
            field("Day").performTextInput("Friday")
            presses("Next")
            presses("Send")
            assertEquals("Marta, parcel 4471 comes on Friday.", (acted().act as Act.Reply).text)
            assertTrue("sendCanned" in baton.calls)
        }
    }

    @Test
    fun a_reply_answers_no_line_and_a_quote_makes_it_a_text_of_ones_own() {
        baton.setCannedReplies(Sample.replies)
        app {
            opens()
            taps("Canned replies")
            presses("/hours · Opening hours")
            shows("We are open from 10 to 18")
            model.state.value.talk?.quote(Sample.said)
            presses("Send")
            assertEquals("line 3", (acted().act as Act.Reply).quoted)
            assertTrue("sendCanned" !in baton.calls)
        }
    }

    @Test
    fun tags_are_put_on_and_taken_off() {
        baton.setTags(Sample.tags)
        baton.setHeader(MARTA, Sample.header)
        app {
            baton.setHeader(MARTA, Sample.header.copy(tags = listOf("t1")))
            opens()
            shows("Urgent")
            taps("More")
            presses("Tags")
            presses("Wholesale")
            onAllNodes(hasText("Urgent") and hasClickAction()).onFirst().performClick()
            waitUntil("both are done", SHOWN_MS) { decided().size == 2 }
            val wanted = listOf(Act.Tag(add = listOf("t2")), Act.Tag(remove = listOf("t1")))
            assertEquals(wanted, decided().map { it.act })
        }
    }

    @Test
    fun how_it_ends_is_asked_where_the_team_wants_to_know() {
        baton.setTeam(Sample.outcomes, Preview.policy)
        app {
            opens()
            taps("Resolve")
            shows("Your team wants to know.")
            presses("Sent elsewhere")
            assertTrue(decided().isEmpty())
            field("Say more about it").performTextInput("To Ben's shop")
            onAllNodes(hasText("Resolve") and hasClickAction()).onFirst().performClick()
            assertEquals(Act.Resolve(SeenLine(3u, "line 3"), "o2", "To Ben's shop"), acted().act)
        }
    }

    @Test
    fun a_message_that_waits_is_taken_back_and_its_words_come_back_once_it_is_sure() = app {
        baton.setTimeline(MARTA, Sample.undoable.lines)
        opens()
        shows("Leaves in 7 s")
        presses("Undo")
        assertEquals(Act.Cancel("line 4"), acted().act)
        assertEquals("", model.state.value.talk?.state?.value?.composing?.text)
        val gone = TimelineEntry.Line(Sample.waiting.copy(status = LineStatus.CANCELLED))
        baton.setTimeline(MARTA, Sample.talk().lines + gone)
        waitUntil("its words are back", SHOWN_MS) {
            model.state.value.talk?.state?.value?.composing?.text == "Te la guardo hasta el sábado."
        }
    }

    @Test
    fun a_message_that_waits_can_leave_at_once() = app {
        baton.setTimeline(MARTA, Sample.undoable.lines)
        opens()
        presses("Send now")
        assertEquals(Act.SendNow("line 4"), acted().act)
    }

    @Test
    fun what_a_colleague_typed_and_left_can_be_used() {
        baton.server = baton.server.copy(drafts = listOf(Sample.draft))
        app {
            opens()
            shows("Ben Adler typed this and did not send it")
            presses("Use this text")
            waitUntil("it is in the field", SHOWN_MS) { baton.drafts[MARTA]?.text == Sample.draft.text }
        }
    }

    @Test
    fun what_waits_longest_is_taken_and_opened() {
        baton.server = baton.server.copy(next = MARTA)
        app {
            presses("Take next")
            shows("¿Te la aparto?")
        }
    }

    @Test
    fun who_takes_next_is_told_when_nothing_waits_or_they_are_full() = app {
        presses("Take next")
        shows("Nothing waits in the queues of your teams.")
        baton.failOnce("takeNext", CoreException.Server("at_capacity", "agent is at capacity"))
        presses("Take next")
        shows("You have as many as you may have at once.")
    }

    @Test
    fun without_a_network_nothing_can_be_taken() = app {
        baton.setStanding(Standing.Offline)
        shows("Offline.")
        onNode(hasText("Take next") and hasClickAction()).assertIsNotEnabled()
    }

    @Test
    fun what_concerns_the_agent_is_counted_opened_and_read() {
        baton.server = baton.server.copy(notices = NoticesPage(Sample.notices.notices, 2u, null))
        app {
            taps("Mentions, 2 not read")
            shows("Ben Adler asks for you: Marta Gil")
            onAllNodes(hasText("Marta Gil", substring = true) and hasClickAction()).onFirst().performClick()
            shows("¿Te la aparto?")
            waitUntil("it is read", SHOWN_MS) { "readNotices" in baton.calls }
        }
    }

    @Test
    fun a_list_of_what_concerns_the_agent_that_failed_can_be_asked_for_again() = app {
        // Who is signed in was asked by then, and answered.
        shows("Marta Gil")
        baton.fail(CoreException.Offline())
        taps("Mentions")
        model.state.value.session?.notices?.retry()
        shows("The server cannot be reached.")
        baton.fail(null)
        presses("Try again")
        shows("Nothing concerns you.")
    }

    @Test
    fun behind_what_is_on_the_device_the_server_finds_the_rest() {
        val found = Sample.everywhere
        baton.server = baton.server.copy(found = ServerFound(emptyList(), found.hits, null))
        app {
            baton.setInbox(emptyList(), InboxView.Search("azul"))
            taps("Search")
            field("Search").performTextInput("azul")
            shows("Nothing on this phone is like that.")
            baton.failOnce("serverSearch", CoreException.Offline())
            presses("Search everything")
            shows("The server cannot be reached.")
            presses("Try again")
            shows("Do you have the boxes in azul as well?")
            presses("Note: Asked for azul")
            waitUntil("it is opened", SHOWN_MS) { model.state.value.talk?.id == "grace" }
        }
    }

    @Test
    fun who_waits_too_long_has_a_list_of_their_own() = app {
        presses("Late")
        shows("Teresa Vega")
        waitUntil("who does not wait is not there", SHOWN_MS) {
            onAllNodesWithText("Bakery Sol").fetchSemanticsNodes().isEmpty()
        }
    }

    @Test
    fun a_filter_that_is_kept_by_name_is_listed_by_the_server() {
        val list = ServerList(listOf(Sample.rows[6]), null)
        baton.server = baton.server.copy(views = Sample.savedViews, list = list)
        app {
            shows("Snoozed invoices")
            onNode(hasText("Snoozed invoices") and hasClickAction()).performScrollTo().performClick()
            shows("Grace Okafor")
            waitUntil("nobody else is there", SHOWN_MS) { onAllNodesWithText("Marta Gil").fetchSemanticsNodes().isEmpty() }
            baton.server = baton.server.copy(list = ServerList(emptyList(), null))
            model.state.value.session?.inbox?.retry()
            shows("Nothing is like that now.")
        }
    }

    @Test
    fun another_device_is_signed_out_after_it_was_asked_twice() {
        baton.server = baton.server.copy(devices = checkNotNull(Sample.own.devices))
        app {
            taps("Settings")
            shows("Firefox on Linux")
            onNode(hasText("Firefox on Linux") and hasClickAction()).performScrollTo().performClick()
            assertTrue("endDevice" !in baton.calls)
            onAllNodes(hasText("Sign out") and hasClickAction()).onFirst().performScrollTo().performClick()
            shows("The device is signed out.")
            assertEquals(listOf("d1"), baton.server.devices.map { it.id })
        }
    }

    @Test
    fun how_much_is_pushed_is_set_for_all_and_for_a_team() {
        baton.server = baton.server.copy(levels = checkNotNull(Sample.own.levels))
        app {
            taps("Settings")
            shows("Of Sales")
            onNode(hasText("Of Sales") and hasClickAction()).performScrollTo().performClick()
            // Of all, then of Sales; the row of Workshop says what it has.
            onAllNodes(hasText("Nothing") and hasClickAction())[1].performScrollTo().performClick()
            waitUntil("it is set for the team", SHOWN_MS) { baton.server.levels.teams.any { it.team == "sales" } }
            assertEquals(PushLevel.MINE, baton.server.levels.level)
            onAllNodes(hasText("Of my conversations and my teams’ queues") and hasClickAction()).onFirst()
                .performScrollTo().performClick()
            waitUntil("it is set", SHOWN_MS) { baton.server.levels.level == PushLevel.ALL }
            assertEquals("22:00", baton.server.levels.quiet?.from)
        }
    }

    @Test
    fun a_claim_that_is_one_too_many_can_be_made_all_the_same() {
        baton.setOutbox(listOf(Sample.tooMany))
        app {
            presses("Review")
            shows("Not done: the limit of conversations at once is reached.")
            presses("Take it all the same")
            assertEquals(Act.Claim(3u, exceedCapacity = true), acted().act)
            waitUntil("the first one is over", SHOWN_MS) { baton.choices.isNotEmpty() }
            assertEquals(9uL to Choice.Discard, baton.choices.single())
        }
    }

    @Test
    fun who_is_full_is_handed_more_only_when_that_is_said() = app {
        opens()
        taps("Hand over")
        presses("Nadia Haddad")
        onNode(hasText("Hand over all the same") and hasClickAction()).performScrollTo().performClick()
        val act = acted().act as Act.TransferToAgent
        assertTrue(act.exceedCapacity)
    }

    @Test
    fun the_card_shows_what_the_teams_own_programs_know_and_opens_their_pages() {
        baton.server = FakeServer(context = Sample.sources)
        app {
            opens()
            taps("More")
            presses("Contact")
            shows("4471, Sierra M, green")
            shows("Nothing is known here.")
            shows("Not available, as of 10:22. It takes too long to answer.")
            shows("Not available. It refuses to answer, or has no secret yet.")
            onNode(hasText("See it") and hasClickAction()).performScrollTo()
            presses("See it")
            waitUntil("the page is open", SHOWN_MS) { platform.browsed == listOf("https://shop.example/4471") }
        }
    }

    @Test
    fun the_card_is_there_without_a_network_and_asks_again() {
        baton.server = FakeServer(context = Sample.sources)
        app {
            baton.failOnce("context", CoreException.Offline())
            opens()
            taps("More")
            presses("Contact")
            shows("The server cannot be reached.")
            presses("Try again")
            shows("4471, Sierra M, green")
        }
    }

    @Test
    fun a_server_of_before_sources_adds_nothing_to_the_card() {
        app {
            baton.failOnce("context", CoreException.Server("not_found", "No such thing."))
            opens()
            taps("More")
            presses("Contact")
            shows("Waiting since")
            waitUntil("it was asked", SHOWN_MS) { model.state.value.talk?.state?.value?.sources == SourcesState.Asked(emptyList()) }
        }
    }

    @Test
    fun a_row_names_two_tags_and_counts_the_others() {
        baton.setTags(Sample.tags)
        app {
            // A row is one thing to a screen reader: what it says is in one node.
            shows("Urgent")
            shows("شكوى")
            shows("+1")
            baton.setInbox(listOf(Sample.rows[0].copy(tags = listOf("t2"))))
            shows("Wholesale")
            waitUntil("the others are gone", SHOWN_MS) { onAllNodesWithText("Urgent").fetchSemanticsNodes().isEmpty() }
        }
    }
}
