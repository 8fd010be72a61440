// The whole app over a fake core: found, tapped and asked as a person does.

package app.baton.app

import androidx.compose.ui.test.ComposeUiTest
import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.assertIsDisplayed
import androidx.compose.ui.test.hasClickAction
import androidx.compose.ui.test.hasContentDescription
import androidx.compose.ui.test.hasSetTextAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.onAllNodesWithText
import androidx.compose.ui.test.onFirst
import androidx.compose.ui.test.onNodeWithContentDescription
import androidx.compose.ui.test.onNodeWithText
import androidx.compose.ui.test.performTextInput
import androidx.compose.ui.test.performTextReplacement
import androidx.compose.ui.unit.dp
import app.baton.app.model.Holder
import app.baton.app.model.Place
import app.baton.core.Act
import app.baton.core.ActKind
import app.baton.core.Baton
import app.baton.core.Choice
import app.baton.core.CoreException
import app.baton.core.Draft
import app.baton.core.Event
import app.baton.core.InboxView
import app.baton.core.Kept
import app.baton.core.Owner
import app.baton.core.SeenLine
import app.baton.core.Standing
import kotlinx.coroutines.CompletableDeferred
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

@OptIn(ExperimentalTestApi::class)
class AppTest : OverFakes() {
    @Test
    fun a_link_of_an_invitation_fills_in_who_signs_in() {
        platform.remembered = Remembered()
        app(isSignedIn = false) { signsInByLink() }
    }

    private fun ComposeUiTest.signsInByLink() {
        waitUntil("there are fields", SHOWN_MS) { onAllNodes(hasSetTextAction()).fetchSemanticsNodes().size == 4 }
        field("Address of the server").performTextReplacement("https://desk.sol.example/sign-in?workspace=sol&email=ana@sol.example")
        field("Password").performTextInput("a long password")
        presses("Sign in")
        shows("Marta Gil")
        assertEquals("https://desk.sol.example", platform.servers.last())
        assertEquals(listOf("sol", "ana@sol.example"), platform.remembered.let { listOf(it.workspace, it.email) })
    }

    @Test
    fun a_wrong_password_is_told_and_nothing_else_happens() = app(isSignedIn = false) {
        waitUntil("there are fields", SHOWN_MS) { onAllNodes(hasSetTextAction()).fetchSemanticsNodes().size == 4 }
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
    fun what_is_sent_and_left_at_once_is_no_draft_as_well() = sentAndLeft(null) {
        assertEquals("Hasta mañana", (acted().act as Act.Reply).text)
        waitUntil("no draft is left", SHOWN_MS) { baton.drafts[MARTA]?.text == "" }
    }

    @Test
    fun what_is_refused_after_the_screen_was_left_is_a_draft() =
        sentAndLeft(CoreException.Storage("full", isFull = true, isInUse = false, isKeyLost = false)) {
            waitUntil("it is a draft", SHOWN_MS) { baton.drafts[MARTA]?.text == "Hasta mañana" }
            assertTrue(decided().isEmpty())
        }

    /** The core hears what was typed after it was asked to send it, and after the screen was left. */
    private fun sentAndLeft(refused: CoreException?, then: ComposeUiTest.() -> Unit) {
        val (asked, heard) = List(2) { CompletableDeferred<Unit>() }
        platform.through = { core ->
            object : Baton by core {
                override suspend fun act(conversation: String, act: Act, opId: String?): Kept = try {
                    if (act is Act.Reply && refused != null) throw refused
                    core.act(conversation, act, opId)
                } finally {
                    if (act is Act.Reply) asked.complete(Unit)
                }

                override suspend fun typing(conversation: String, text: String, isNote: Boolean) {
                    heard.await()
                    core.typing(conversation, text, isNote)
                }
            }
        }
        app {
            opens()
            val talk = checkNotNull(model.state.value.talk)
            talk.type("Hasta mañana")
            talk.send()
            model.back()
            waitUntil("the core was asked to send it", SHOWN_MS) { asked.isCompleted }
            heard.complete(Unit)
            then()
        }
    }

    @Test
    fun a_note_is_typed_as_a_note_and_calls_a_colleague() = app {
        opens()
        presses("Note")
        field("Note").performTextInput("Ask @B")
        presses("Ben Adler")
        waitUntil("it is kept as a note", SHOWN_MS) { baton.drafts[MARTA]?.isNote == true }
        presses("Add note")
        val act = acted().act as Act.Note
        assertEquals("Ask @Ben Adler" to listOf(Sample.BEN), act.text to act.mentions)
    }

    @Test
    fun advice_says_for_whom_it_is() = app {
        baton.setTimeline(MARTA, Sample.coached.lines)
        opens()
        shows("Only you and supervisors see this")
        shows("Only Ben Adler and supervisors see this")
        assertEquals(0, onAllNodes(hasText("Team only", substring = true)).fetchSemanticsNodes().size)
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
        waitUntil("it is open again", SHOWN_MS) { decided().size == 2 }
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
        waitUntil("all is done", SHOWN_MS) { decided().size == 3 }
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
            waitUntil("it was chosen", SHOWN_MS) { baton.choices.isNotEmpty() }
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
            waitUntil("it was chosen", SHOWN_MS) { baton.choices.isNotEmpty() }
            assertEquals(8uL to Choice.Discard, baton.choices.single())
        }
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
        waitUntil("only she is found", SHOWN_MS) {
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
        waitUntil("only it is found", SHOWN_MS) {
            onAllNodesWithText("Bakery Sol").fetchSemanticsNodes().isNotEmpty() &&
                onAllNodesWithText("Marta Gil").fetchSemanticsNodes().isEmpty()
        }
    }

    @Test
    fun what_another_program_asks_for_is_opened_once_somebody_is_signed_in() = app(isSignedIn = false) {
        waitUntil("there are fields", SHOWN_MS) { onAllNodes(hasSetTextAction()).fetchSemanticsNodes().size == 4 }
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
        waitUntil("all are kept", SHOWN_MS) { decided().size == 20 }
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
        waitUntil("all are kept", SHOWN_MS) { decided().size == 20 }
        assertEquals(setOf(3uL), decided().map { (it.act as Act.TransferToAgent).expectOwnerEpoch }.toSet())
    }

    @Test
    fun what_is_on_the_screen_last_is_what_the_core_is_told() = app {
        opens()
        repeat(20) {
            model.back()
            model.open(Place.Talk(MARTA))
        }
        waitUntil("it is told", SHOWN_MS) { baton.onScreen == MARTA }
        model.back()
        waitUntil("nothing is told", SHOWN_MS) { baton.onScreen == null }
    }

    @Test
    fun templates_are_those_of_the_number_that_the_conversation_runs_on() {
        app {
            baton.setInbox(Sample.rows.map { if (it.id == MARTA) it.copy(channel = "c2") else it })
            opens()
            model.state.value.talk?.templates()
            waitUntil("they were asked for", SHOWN_MS) { baton.templatesOf != null }
            assertEquals("c2", baton.templatesOf)
            shows("No approved template fits.")
        }
    }
}
