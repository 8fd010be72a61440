// The whole app over a fake core: found, tapped and asked as a person does.

package app.baton.app

import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.requiredSize
import androidx.compose.ui.Modifier
import androidx.compose.ui.test.ComposeUiTest
import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.assertIsDisplayed
import androidx.compose.ui.test.assertIsNotEnabled
import androidx.compose.ui.test.hasClickAction
import androidx.compose.ui.test.hasContentDescription
import androidx.compose.ui.test.hasSetTextAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.onAllNodesWithText
import androidx.compose.ui.test.onFirst
import androidx.compose.ui.test.onNodeWithContentDescription
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performTextInput
import androidx.compose.ui.test.performTextReplacement
import androidx.compose.ui.test.v2.runComposeUiTest
import androidx.compose.ui.unit.Dp
import androidx.compose.ui.unit.dp
import app.baton.app.model.AppModel
import app.baton.app.model.Holder
import app.baton.app.model.Place
import app.baton.core.Act
import app.baton.core.ActKind
import app.baton.core.Choice
import app.baton.core.CoreException
import app.baton.core.Draft
import app.baton.core.Event
import app.baton.core.InboxView
import app.baton.core.LineStatus
import app.baton.core.NoticesPage
import app.baton.core.Owner
import app.baton.core.SeenLine
import app.baton.core.ServerFound
import app.baton.core.ServerList
import app.baton.core.Standing
import app.baton.core.TimelineEntry
import app.baton.testing.FakeBaton
import app.baton.testing.Preview
import app.baton.testing.TakenAct
import kotlin.time.Duration.Companion.minutes
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancel
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

private const val MARTA = "marta"

@OptIn(ExperimentalTestApi::class)
class AppTest {
    private val baton = FakeBaton()
    private val platform = FakePlatform(baton)
    private lateinit var model: AppModel

    private fun app(isSignedIn: Boolean = true, width: Dp = 411.dp, play: ComposeUiTest.() -> Unit) = runComposeUiTest(
        // A machine may have much else to do.
        testTimeout = 5.minutes,
    ) {
        baton.setPeople(Sample.people)
        baton.setInbox(Sample.rows)
        baton.setTimeline(MARTA, Sample.talk().lines)
        baton.setHeader(MARTA, Sample.header)
        if (!isSignedIn) baton.setSignedIn(null)
        val scope = CoroutineScope(Dispatchers.Default)
        val app = AppModel(platform, scope)
        model = app
        // One pane, as on a phone, unless it is wide.
        setContent { Box(Modifier.requiredSize(width, 740.dp)) { BatonApp(app, platform) } }
        try {
            play()
        } finally {
            scope.cancel()
        }
    }

    private fun ComposeUiTest.shows(text: String) =
        waitUntil("\"$text\" is shown", WAIT_MS) { onAllNodesWithText(text, substring = true).fetchSemanticsNodes().isNotEmpty() }

    private fun ComposeUiTest.presses(text: String) {
        shows(text)
        onAllNodes(hasText(text) and hasClickAction()).onFirst().performClick()
    }

    private fun ComposeUiTest.taps(name: String) {
        waitUntil("\"$name\" is there", WAIT_MS) {
            onAllNodes(hasContentDescription(name) and hasClickAction()).fetchSemanticsNodes().isNotEmpty()
        }
        onAllNodes(hasContentDescription(name) and hasClickAction()).onFirst().performClick()
    }

    private fun ComposeUiTest.field(name: String) =
        onNode(hasContentDescription(name) and hasSetTextAction())

    private fun ComposeUiTest.opens() {
        shows("Marta Gil")
        onAllNodes(hasText("Marta Gil") and hasClickAction()).onFirst().performClick()
        shows("¿Te la aparto?")
    }

    private fun ComposeUiTest.acted(): TakenAct {
        // Reading is no decision of anybody.
        waitUntil("something was done", WAIT_MS) { decided().isNotEmpty() }
        return decided().last()
    }

    private fun decided() = baton.acts.filterNot { it.act is Act.MarkRead }

    @Test
    fun a_link_of_an_invitation_fills_in_who_signs_in() {
        platform.remembered = Remembered()
        app(isSignedIn = false) { signsInByLink() }
    }

    private fun ComposeUiTest.signsInByLink() {
        waitUntil("there are fields", WAIT_MS) { onAllNodes(hasSetTextAction()).fetchSemanticsNodes().size == 4 }
        field("Address of the server").performTextReplacement("https://desk.sol.example/sign-in?workspace=sol&email=ana@sol.example")
        field("Password").performTextInput("a long password")
        presses("Sign in")
        shows("Marta Gil")
        assertEquals("https://desk.sol.example", platform.servers.last())
        assertEquals(listOf("sol", "ana@sol.example"), platform.remembered.let { listOf(it.workspace, it.email) })
    }

    @Test
    fun a_wrong_password_is_told_and_nothing_else_happens() = app(isSignedIn = false) {
        waitUntil("there are fields", WAIT_MS) { onAllNodes(hasSetTextAction()).fetchSemanticsNodes().size == 4 }
        baton.failOnce("signIn", CoreException.WrongCredentials())
        field("Password").performTextInput("wrong")
        presses("Sign in")
        shows("Workspace, e-mail or password is not right.")
    }

    @Test
    fun a_reply_goes_with_the_last_line_on_the_screen() = app {
        opens()
        field("Write a reply").performTextInput("Hasta mañana")
        presses("Send")
        val act = acted().act as Act.Reply
        assertEquals("Hasta mañana" to SeenLine(3u, "line 3"), act.text to act.seen)
        shows("Write a reply")
    }

    @Test
    fun what_the_core_refuses_stays_in_the_field() = app {
        opens()
        baton.failOnce("act", CoreException.Storage("full", isFull = true, isInUse = false, isKeyLost = false))
        field("Write a reply").performTextInput("Hasta mañana")
        presses("Send")
        shows("This device is full")
        shows("Hasta mañana")
        assertTrue(decided().isEmpty())
    }

    @Test
    fun a_note_is_typed_as_a_note_and_calls_a_colleague() = app {
        opens()
        presses("Note")
        field("Note").performTextInput("Ask @B")
        presses("Ben Adler")
        waitUntil("it is kept as a note", WAIT_MS) { baton.drafts[MARTA]?.isNote == true }
        presses("Add note")
        val act = acted().act as Act.Note
        assertEquals("Ask @Ben Adler" to listOf(Sample.BEN), act.text to act.mentions)
    }

    @Test
    fun the_draft_of_a_note_never_comes_back_as_a_reply() {
        baton.setDraft(MARTA, Draft("She pays late", isNote = true))
        app {
            opens()
            shows("She pays late")
            onNodeWithText("Add note").assertIsDisplayed()
        }
    }

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
            waitUntil("both are done", WAIT_MS) { decided().size == 2 }
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
        waitUntil("its words are back", WAIT_MS) {
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
            waitUntil("it is in the field", WAIT_MS) { baton.drafts[MARTA]?.text == Sample.draft.text }
        }
    }

    @Test
    fun who_has_it_is_changed_from_the_conversation() = app {
        opens()
        taps("Hand over")
        presses("Ben Adler")
        presses("Hand over to Ben Adler")
        assertEquals(Act.TransferToAgent(Sample.BEN, 3u, SeenLine(3u, "line 3"), null), acted().act)
        shows("Marta Gil is with Ben Adler now")
    }

    @Test
    fun what_was_resolved_can_be_taken_back() = app {
        opens()
        taps("Resolve")
        shows("Undo")
        // Whoever writes goes on writing meanwhile.
        val told = onNode(hasText("Undo") and hasClickAction()).fetchSemanticsNode().boundsInRoot
        val send = onNode(hasText("Send") and hasClickAction()).fetchSemanticsNode().boundsInRoot
        assertTrue(!told.overlaps(send)) { "$told covers $send" }
        presses("Undo")
        waitUntil("it is open again", WAIT_MS) { decided().size == 2 }
        assertEquals(listOf(Act.Resolve(SeenLine(3u, "line 3")), Act.Reopen), decided().map { it.act })
    }

    @Test
    fun it_is_taken_followed_and_snoozed() = app {
        baton.setHeader(MARTA, Sample.header.copy(owner = Owner.Queue("sales")))
        opens()
        taps("More")
        presses("Take it")
        taps("More")
        presses("Follow")
        taps("More")
        presses("Snooze")
        presses("In 1 hour")
        waitUntil("all is done", WAIT_MS) { decided().size == 3 }
        val wanted = listOf(Act.Claim(3u), Act.Follow(null), Act.Snooze(NOW + 3_600_000, SeenLine(3u, "line 3")))
        assertEquals(wanted, decided().map { it.act })
    }

    @Test
    fun what_was_missed_is_read_before_it_can_be_sent() {
        baton.setOutbox(listOf(Sample.held))
        app {
            presses("Review")
            shows("Not sent: Ben Adler answered and Marta Gil wrote again")
            shows("En azul nos llega una el jueves.")
            field("Your reply").performTextReplacement("Te la guardo en azul")
            presses("Send changed reply")
            waitUntil("it was chosen", WAIT_MS) { baton.choices.isNotEmpty() }
            assertEquals(7uL to Choice.Edit("Te la guardo en azul", SeenLine(7u, "line 7")), baton.choices.single())
        }
    }

    @Test
    fun what_cannot_be_sent_any_more_offers_no_sending() {
        baton.setOutbox(listOf(Sample.tooLate))
        app {
            presses("Review")
            shows("Not sent: the 24 hours have passed.")
            assertEquals(0, onAllNodesWithText("Send anyway").fetchSemanticsNodes().size)
            presses("Discard")
            waitUntil("it was chosen", WAIT_MS) { baton.choices.isNotEmpty() }
            assertEquals(8uL to Choice.Discard, baton.choices.single())
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
            waitUntil("it is read", WAIT_MS) { "readNotices" in baton.calls }
        }
    }

    @Test
    fun a_list_of_what_concerns_the_agent_that_failed_can_be_asked_for_again() = app {
        baton.fail(CoreException.Offline())
        taps("Mentions")
        model.state.value.session?.notices?.retry()
        shows("The server cannot be reached.")
        baton.fail(null)
        presses("Try again")
        shows("Nothing concerns you.")
    }

    @Test
    fun without_a_network_the_lists_stay_and_say_so() = app {
        shows("Marta Gil")
        baton.setStanding(Standing.Offline)
        shows("Offline.")
        onAllNodesWithText("Marta Gil").onFirst().assertIsDisplayed()
    }

    @Test
    fun what_waits_is_what_somebody_did() = app {
        baton.setStanding(Standing.Offline)
        baton.setOutbox(listOf(Sample.item(1, "On its way"), Sample.item(2, null, ActKind.MARK_READ)))
        shows("1 waiting")
    }

    @Test
    fun on_a_tablet_what_was_found_stays_beside_what_is_read() = app(width = 1_000.dp) {
        baton.setInbox(listOf(Sample.rows[0]), InboxView.Search("marta"))
        taps("Search")
        field("Search").performTextInput("marta")
        waitUntil("only she is found", WAIT_MS) {
            onAllNodesWithText("Marta Gil").fetchSemanticsNodes().isNotEmpty() &&
                onAllNodesWithText("Bakery Sol").fetchSemanticsNodes().isEmpty()
        }
        opens()
        assertEquals(1, onAllNodes(hasContentDescription("Search") and hasSetTextAction()).fetchSemanticsNodes().size)
        taps("Back to the list")
        shows("Bakery Sol")
        shows("¿Te la aparto?")
    }

    @Test
    fun a_list_that_failed_can_be_asked_for_again() {
        baton.failOnce("watchInbox", CoreException.Locked())
        app {
            shows("Too long without the server")
            presses("Try again")
            shows("Marta Gil")
        }
    }

    @Test
    fun who_was_signed_out_by_another_is_told() = app {
        opens()
        baton.tell(Event.Wiped)
        shows("This device was signed out by somebody else")
        onNodeWithContentDescription("Password").assertIsDisplayed()
    }

    @Test
    fun search_is_of_this_device() = app {
        baton.setInbox(listOf(Sample.rows[4]), InboxView.Search("bakery"))
        taps("Search")
        field("Search").performTextInput("bakery")
        waitUntil("only it is found", WAIT_MS) {
            onAllNodesWithText("Bakery Sol").fetchSemanticsNodes().isNotEmpty() &&
                onAllNodesWithText("Marta Gil").fetchSemanticsNodes().isEmpty()
        }
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
            waitUntil("it is opened", WAIT_MS) { model.state.value.talk?.id == "grace" }
        }
    }

    @Test
    fun who_waits_too_long_has_a_list_of_their_own() = app {
        presses("Late")
        shows("Teresa Vega")
        waitUntil("who does not wait is not there", WAIT_MS) {
            onAllNodesWithText("Bakery Sol").fetchSemanticsNodes().isEmpty()
        }
    }

    @Test
    fun a_filter_that_is_kept_by_name_is_listed_by_the_server() {
        val list = ServerList(listOf(Sample.rows[6]), null)
        baton.server = baton.server.copy(views = Sample.savedViews, list = list)
        app {
            presses("Snoozed invoices")
            shows("Grace Okafor")
            waitUntil("nobody else is there", WAIT_MS) { onAllNodesWithText("Marta Gil").fetchSemanticsNodes().isEmpty() }
            baton.server = baton.server.copy(list = ServerList(emptyList(), null))
            model.state.value.session?.inbox?.retry()
            shows("Nothing is like that now.")
        }
    }

    @Test
    fun what_another_program_asks_for_is_opened_once_somebody_is_signed_in() = app(isSignedIn = false) {
        waitUntil("there are fields", WAIT_MS) { onAllNodes(hasSetTextAction()).fetchSemanticsNodes().size == 4 }
        model.comes(Place.Talk(MARTA))
        field("Password").performTextInput("a long password")
        presses("Sign in")
        shows("¿Te la aparto?")
    }

    @Test
    fun a_text_that_is_shared_waits_for_its_conversation() = app {
        opens()
        model.shares("https://shop.example/green")
        shows("Choose the conversation for what you share.")
        opens()
        shows("https://shop.example/green")
        assertTrue(decided().isEmpty())
        model.back()
        opens()
        assertEquals("https://shop.example/green", baton.drafts[MARTA]?.text)
    }

    @Test
    fun a_reply_that_was_sent_is_kept_however_soon_its_screen_is_left() = app {
        opens()
        model.back()
        repeat(20) { turn ->
            model.open(Place.Talk(MARTA))
            val now = checkNotNull(model.state.value.talk)
            now.type("reply $turn")
            now.send()
            model.back()
        }
        waitUntil("all are kept", WAIT_MS) { decided().size == 20 }
        val texts = decided().map { (it.act as Act.Reply).text }.toSet()
        assertEquals(List(20) { "reply $it" }.toSet(), texts)
    }

    @Test
    fun a_hand_over_is_of_the_owner_there_is_however_soon_it_is_asked_for() = app {
        opens()
        model.back()
        repeat(20) {
            model.open(Place.Talk(MARTA))
            checkNotNull(model.state.value.talk).handOver(Holder.Colleague(Sample.BEN, "Ben Adler"), "")
            model.back()
        }
        waitUntil("all are kept", WAIT_MS) { decided().size == 20 }
        assertEquals(setOf(3uL), decided().map { (it.act as Act.TransferToAgent).expectOwnerEpoch }.toSet())
    }

    @Test
    fun what_is_on_the_screen_last_is_what_the_core_is_told() = app {
        opens()
        repeat(20) {
            model.back()
            model.open(Place.Talk(MARTA))
        }
        waitUntil("it is told", WAIT_MS) { baton.onScreen == MARTA }
        model.back()
        waitUntil("nothing is told", WAIT_MS) { baton.onScreen == null }
    }

    @Test
    fun templates_are_those_of_the_number_that_the_conversation_runs_on() {
        app {
            baton.setInbox(Sample.rows.map { if (it.id == MARTA) it.copy(channel = "c2") else it })
            opens()
            model.state.value.talk?.templates()
            waitUntil("they were asked for", WAIT_MS) { baton.templatesOf != null }
            assertEquals("c2", baton.templatesOf)
        }
    }

    private companion object {
        const val WAIT_MS = 60_000L
    }
}
