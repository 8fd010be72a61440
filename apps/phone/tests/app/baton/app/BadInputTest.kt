// What should not come and does: servers that answer nonsense, links that were used, stores that are
// full or whose key is lost, clocks that are wrong, names and texts and lists without end.

package app.baton.app

import androidx.compose.ui.graphics.ImageBitmap
import androidx.compose.ui.test.ComposeUiTest
import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.hasAnyAncestor
import androidx.compose.ui.test.hasClickAction
import androidx.compose.ui.test.hasContentDescription
import androidx.compose.ui.test.hasScrollToIndexAction
import androidx.compose.ui.test.hasSetTextAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performScrollToIndex
import androidx.compose.ui.test.performTextInput
import androidx.compose.ui.test.performTextReplacement
import app.baton.app.look.lettersOf
import app.baton.app.model.Haste
import app.baton.app.model.Holder
import app.baton.app.model.ListState
import app.baton.app.model.Place
import app.baton.app.model.hindrance
import app.baton.app.model.linkOf
import app.baton.app.words.Language
import app.baton.app.words.Word
import app.baton.app.words.Words
import app.baton.app.words.upTo
import app.baton.core.Act
import app.baton.core.Baton
import app.baton.core.CoreException
import app.baton.core.KeptDraft
import app.baton.core.Line
import app.baton.core.LineContent
import app.baton.core.LineFile
import app.baton.core.MediaKind
import app.baton.core.PictureSize
import app.baton.core.SeenLine
import app.baton.core.Standing
import app.baton.core.TimelineEntry
import java.lang.management.ManagementFactory
import java.time.ZoneOffset
import kotlinx.coroutines.CompletableDeferred
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

private const val DAY_MS = 86_400_000L
private const val MANY = 10_000
private const val KEPT_MAX = 60_000_000L

@OptIn(ExperimentalTestApi::class)
class BadInputTest : OverFakes() {
    private val english = Words(Language.ENGLISH, ZoneOffset.UTC)
    private val keyLost = CoreException.Storage("key", isFull = false, isInUse = false, isKeyLost = true)
    private val full = CoreException.Storage("full", isFull = true, isInUse = false, isKeyLost = false)

    private fun ComposeUiTest.atTheDoor() =
        waitUntil("there are fields", SHOWN_MS) { onAllNodes(hasSetTextAction()).fetchSemanticsNodes().size == 4 }

    private fun ComposeUiTest.signsIn() {
        field("Password").performTextReplacement("a long password")
        presses("Sign in")
    }

    private fun heap(): Long {
        repeat(3) { System.gc() }
        return ManagementFactory.getMemoryMXBean().heapMemoryUsage.used
    }

    // Servers.

    @Test
    fun what_is_no_server_of_baton_is_told_as_that_and_the_next_address_is_tried() = app(isSignedIn = false) {
        atTheDoor()
        baton.failOnce("signIn", CoreException.Incompatible())
        signsIn()
        shows("What answers there is no server of Baton")
        signsIn()
        shows("Marta Gil")
    }

    @Test
    fun a_server_that_fails_while_somebody_works_takes_nothing_from_the_screen() {
        val (fails, failed) = List(2) { CompletableDeferred<Unit>() }
        platform.through = { core ->
            object : Baton by core {
                override suspend fun keptDrafts(conversation: String): List<KeptDraft> {
                    if (!fails.isCompleted) return core.keptDrafts(conversation)
                    failed.complete(Unit)
                    throw CoreException.Server("internal", "<html>It does not work</html>")
                }
            }
        }
        app {
            opens()
            baton.setStanding(Standing.Backoff(3_000u))
            shows("Connecting again…")
            field("Write a reply").performTextInput("Hasta mañana")
            presses("Send")
            assertEquals("Hasta mañana", (acted().act as Act.Reply).text)
            fails.complete(Unit)
            baton.setStanding(Standing.Live)
            waitUntil("a server was asked that fails", SHOWN_MS) { failed.isCompleted }
            taps("More")
            shows("Snooze")
            shows("¿Te la aparto?")
            assertEquals(0, onAllNodes(hasText("html", substring = true)).fetchSemanticsNodes().size)
        }
    }

    @Test
    fun a_server_of_another_version_leaves_what_is_here_and_asks_for_an_update() = app {
        shows("Marta Gil")
        baton.setStanding(Standing.Incompatible)
        shows("This app and the server no longer understand each other.")
        opens()
        field("Write a reply").performTextInput("Hasta mañana")
        presses("Send")
        assertEquals("Hasta mañana", (acted().act as Act.Reply).text)
    }

    @Test
    fun what_a_newer_server_tells_of_is_a_line_that_says_so() = app {
        val newer = Sample.said.copy(id = "line 9", seq = 9u, seen = SeenLine(9u, "line 9"), content = LineContent.Unsupported("hologram"))
        baton.setTimeline(MARTA, Sample.talk().lines + TimelineEntry.Line(newer))
        opens()
        shows(english(Word.NotShown, "hologram"))
    }

    // Links.

    @Test
    fun an_invitation_is_opened_where_its_end_is_told_and_its_address_stays() {
        platform.remembered = Remembered()
        app(isSignedIn = false) { goesByInvitation() }
    }

    private fun ComposeUiTest.goesByInvitation() {
        atTheDoor()
        val link = "https://desk.sol.example/join#a-secret-that-was-used"
        field("Address of the server").performTextReplacement(link)
        shows("This is the link of an invitation.")
        presses("Open the invitation")
        waitUntil("a browser has it", SHOWN_MS) { platform.browsed == listOf(link) }
        field("Workspace").performTextInput("sol")
        field("E-mail").performTextInput("ana@sol.example")
        signsIn()
        shows("Marta Gil")
        assertEquals("https://desk.sol.example", platform.remembered.server)
        assertNull(model.state.value.signIn.invitation)
    }

    @Test
    fun a_link_to_sign_in_holds_no_secret_and_can_be_used_again() {
        val link = linkOf("https://desk.sol.example/sign-in?workspace=sol&email=ana@sol.example")
        assertEquals(listOf("https://desk.sol.example", "sol", null), listOf(link?.server, link?.workspace, link?.invitation))
        assertNull(linkOf("https://desk.sol.example/join"))
        assertNull(linkOf("javascript:alert(1)"))
    }

    // Stores.

    @Test
    fun a_store_that_is_full_at_the_start_is_told_and_tried_again() {
        platform.failures += listOf(full, full)
        app {
            shows("This device is full.")
            signsIn()
            waitUntil("it was tried again", SHOWN_MS) { platform.servers.size == 2 }
            shows("This device is full.")
            signsIn()
            shows("Marta Gil")
            assertEquals(emptyList<String>(), platform.forgotten)
        }
    }

    @Test
    fun what_a_lost_key_sealed_goes_once_somebody_was_told_and_signs_in() {
        platform.failures += listOf(keyLost, keyLost)
        app {
            shows("The key of what is kept here is lost. Sign in again; what was not sent is gone.")
            assertEquals(emptyList<String>(), platform.forgotten)
            signsIn()
            shows("Marta Gil")
            assertEquals(listOf("https://desk.example"), platform.forgotten)
        }
    }

    @Test
    fun what_went_without_anybody_at_the_screen_is_told_at_the_next_start() {
        platform.beganAnew = true
        app(isSignedIn = false) { shows("The key of what is kept here is lost.") }
    }

    // Clocks.

    @Test
    fun a_clock_a_day_ahead_closes_no_window_and_makes_nobody_late() = aDayOff(DAY_MS)

    @Test
    fun a_clock_a_day_behind_opens_no_window_and_snoozes_until_no_past() = aDayOff(-DAY_MS)

    private fun aDayOff(by: Long) {
        platform.clock = NOW + by
        baton.clockBehindMs = -by
        app {
            opens()
            val talk = checkNotNull(model.state.value.talk)
            waitUntil("the time is the server's", SHOWN_MS) { talk.state.value.now == NOW }
            assertNull(talk.state.value.hindrance())
            baton.setHeader(MARTA, Sample.header.copy(windowUntilMs = NOW - 1))
            waitUntil("the window is closed", SHOWN_MS) { talk.state.value.hindrance() == Word.TemplatesOnly }
            taps("More")
            presses("Snooze")
            presses("In 1 hour")
            assertEquals(Act.Snooze(NOW + 3_600_000, SeenLine(3u, "line 3")), acted().act)
            val list = model.state.value.session?.inbox?.state?.value?.list as ListState.Loaded
            val late = Sample.rows.filter { row -> row.unansweredSinceMs?.let { NOW - it >= 15 * 60_000 } == true }.map { it.id }
            val soon = list.rows.filter { it.haste == Haste.LATE }.map { it.id }
            assertTrue(late.containsAll(soon)) { "$soon are late and not $late" }
        }
    }

    // Lists, names and texts without end.

    @Test
    fun ten_thousand_conversations_are_listed_and_few_of_them_are_drawn() {
        app {
            shows("Marta Gil")
            val before = heap()
            baton.setInbox(List(MANY) { Sample.row("row $it", "Customer $it", "Hello $it") })
            shows("Customer 0")
            onNode(hasScrollToIndexAction()).performScrollToIndex(MANY - 1)
            shows("Customer ${MANY - 1}")
            val drawn = onAllNodes(hasText("Customer", substring = true) and hasAnyAncestor(hasScrollToIndexAction()))
            val count = drawn.fetchSemanticsNodes().size
            assertTrue(count in 1..30) { "$count rows are drawn" }
            val more = heap() - before
            assertTrue(more < KEPT_MAX) { "they take $more bytes" }
        }
    }

    @Test
    fun a_name_of_five_hundred_characters_leaves_room_for_what_is_done() {
        baton.setPeople(Strange.people)
        app {
            baton.setPeople(Strange.people)
            baton.setHeader(MARTA, Sample.header.copy(title = Strange.LONG))
            opens()
            waitUntil("it is her name", SHOWN_MS) { model.state.value.talk?.state?.value?.title == Strange.LONG }
            taps("Resolve")
            shows("Undo")
            val told = onNode(hasText("Undo") and hasClickAction()).fetchSemanticsNode().boundsInRoot
            val send = onNode(hasText("Send") and hasClickAction()).fetchSemanticsNode().boundsInRoot
            assertTrue(!told.overlaps(send)) { "$told covers $send" }
            model.state.value.talk?.handOver(Holder.Colleague(Sample.BEN, Strange.LONG), "")
            shows("… is with Maria")
            assertTrue(english(Word.HandDone, Strange.LONG, Strange.LONG).length < 140)
        }
    }

    @Test
    fun who_has_no_name_can_be_opened_and_handed_a_conversation() = app {
        baton.setPeople(Strange.people)
        baton.setInbox(listOf(Sample.row(MARTA, "  ", "Hello")))
        baton.setHeader(MARTA, Sample.header.copy(title = " "))
        presses("Unknown customer")
        shows("¿Te la aparto?")
        shows("Unknown customer")
        taps("Hand over")
        waitUntil("who has no name is there", SHOWN_MS) { onAllNodes(hasText("?") and hasClickAction()).fetchSemanticsNodes().isNotEmpty() }
        reaches("?").performClick()
        reaches("Hand over to ?").performClick()
        assertEquals("karim", (acted().act as Act.TransferToAgent).agent)
    }

    @Test
    fun a_text_of_4096_emoji_is_shown_and_sent_whole() = app {
        val text = Strange.EMOJI
        assertEquals(4_096, text.codePointCount(0, text.length))
        baton.setTimeline(MARTA, listOf(TimelineEntry.Line(Sample.said.copy(content = LineContent.Text(text)))))
        // Whoever signs in begins at the list.
        shows("Marta Gil")
        model.open(Place.Talk(MARTA))
        shows(text)
        field("Write a reply").performTextReplacement(text)
        presses("Send")
        assertEquals(text, (acted().act as Act.Reply).text)
    }

    @Test
    fun nothing_is_cut_in_the_middle_of_a_character() {
        assertEquals("😀", "😀😀".upTo(3))
        assertEquals("M", lettersOf("M😀"))
        val places = listOf("😀".repeat(200), "a" + "😀".repeat(200))
        for (place in places) assertFalse(english(Word.HandDone, place, "Ben").contains(Regex("[\\ud800-\\udbff]…")))
    }

    @Test
    fun right_to_left_within_left_to_right_turns_nothing_around_it() {
        val said = english(Word.HandDone, Strange.ARABIC, "Ben 2")
        assertEquals("\u2068${Strange.ARABIC}\u2069 is with Ben 2 now", said)
        assertEquals("Marta 7 is with Ben now", english(Word.HandDone, Strange.TURNS, "Ben"))
        val arabic = Words(Language.ARABIC, ZoneOffset.UTC)
        assertTrue("\u2068Ben\u2069" in arabic(Word.HandDone, "Marta", "Ben"))
    }

    // Pictures.

    @Test
    fun the_pictures_of_a_long_conversation_are_held_as_far_as_there_is_room() = app {
        fun line(at: Int): Line = Sample.said.copy(
            id = "picture $at", seq = (100 + at).toULong(), seen = SeenLine((100 + at).toULong(), "picture $at"),
            content = LineContent.Media(MediaKind.IMAGE, null, "image/jpeg", null, null),
            file = LineFile.Stored(300_000u, PictureSize(1_600u, 1_600u), null),
        )
        platform.drawn = ImageBitmap(1_600, 1_600)
        opens()
        val talk = checkNotNull(model.state.value.talk)
        repeat(20) { at ->
            talk.picture(line(at))
            waitUntil("picture $at is there", SHOWN_MS) { "picture $at" in talk.state.value.pictures }
        }
        val pixels = talk.state.value.pictures.values.sumOf { it.width.toLong() * it.height }
        assertTrue(pixels <= 16_000_000) { "$pixels pixels are held" }
        talk.picture(line(0))
        waitUntil("one that went is loaded again", SHOWN_MS) { "picture 0" in talk.state.value.pictures }
    }
}
