// Every screen, turned and made anew, and after the system ended its process.

package app.baton.app

import androidx.compose.ui.test.ComposeUiTest
import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.hasContentDescription
import androidx.compose.ui.test.hasSetTextAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performTextReplacement
import app.baton.app.model.Kept
import app.baton.app.model.Place
import app.baton.app.model.Sheet
import app.baton.core.Draft
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

@OptIn(ExperimentalTestApi::class)
class TurnedTest : OverFakes() {
    private fun ComposeUiTest.typed(name: String, text: String) {
        waitUntil("$name is there", SHOWN_MS) { onAllNodes(hasContentDescription(name) and hasSetTextAction()).fetchSemanticsNodes().isNotEmpty() }
        field(name).performTextReplacement(text)
    }

    private fun ComposeUiTest.holds(name: String, text: String) = waitUntil("$name holds \"$text\"", SHOWN_MS) {
        onAllNodes(hasContentDescription(name) and hasSetTextAction() and hasText(text)).fetchSemanticsNodes().isNotEmpty()
    }

    private fun ComposeUiTest.atTheDoor() =
        waitUntil("there are fields", SHOWN_MS) { onAllNodes(hasSetTextAction()).fetchSemanticsNodes().size == 4 }

    @Test
    fun what_is_typed_to_sign_in_is_there_when_it_is_turned_and_the_password_goes_with_the_process() = app(isSignedIn = false) {
        atTheDoor()
        typed("Workspace", "sol")
        typed("Password", "a long password")
        turns()
        holds("Workspace", "sol")
        assertEquals("a long password", model.state.value.signIn.password.text)
        assertFalse("a long password" in model.kept().written())
        dies()
        atTheDoor()
        holds("Workspace", "sol")
        assertEquals("", model.state.value.signIn.password.text)
    }

    @Test
    fun each_screen_is_there_again() {
        val screens = listOf(Place.Talk(MARTA), Place.Review, Place.Settings, Place.Begin, Place.Search, Place.Notices)
        app {
            shows("Marta Gil")
            for (place in screens) {
                model.open(place)
                turns()
                assertEquals(place, model.state.value.places.last())
                dies()
                waitUntil("$place is there again", SHOWN_MS) { model.state.value.places.lastOrNull()?.isAt(place) == true }
                model.back()
            }
        }
    }

    @Test
    fun screens_lie_above_each_other_as_they_did() = app {
        shows("Marta Gil")
        model.open(Place.Search)
        typed("Search", "azul")
        model.open(Place.Talk(MARTA))
        dies()
        shows("¿Te la aparto?")
        assertEquals(listOf(Place.Search, Place.Talk(MARTA)), model.state.value.places)
        model.back()
        holds("Search", "azul")
    }

    @Test
    fun a_draft_and_whom_one_writes_to_first_are_there_again() {
        baton.setDraft(MARTA, Draft("Hasta ma", isNote = false))
        app {
            opens()
            holds("Write a reply", "Hasta ma")
            turns()
            holds("Write a reply", "Hasta ma")
            dies()
            holds("Write a reply", "Hasta ma")
            model.open(Place.Begin)
            model.begins { it.copy(phone = "+34 600") }
            dies()
            waitUntil("the number is there", SHOWN_MS) { model.state.value.begin.phone == "+34 600" }
        }
    }

    @Test
    fun what_is_typed_on_a_sheet_outlives_that_it_is_turned() = app {
        opens()
        val talk = checkNotNull(model.state.value.talk)
        talk.cover(Sheet.HandOver)
        reaches("Ben Adler").performClick()
        typed("Note for whoever gets it", "She waits")
        turns()
        holds("Note for whoever gets it", "She waits")
        reaches("Hand over to Ben Adler")
        talk.cover(Sheet.Naming("Marta Gil"))
        typed("Our name", "Marta of the workshop")
        turns()
        holds("Our name", "Marta of the workshop")
        talk.cover(Sheet.Priority)
        reaches("Urgent").performClick()
        typed("Why?", "No water")
        turns()
        holds("Why?", "No water")
        talk.cover(Sheet.Remind())
        typed("Time", "16:15")
        turns()
        holds("Time", "16:15")
        talk.cover(Sheet.Snooze())
        typed("Time", "17:45")
        turns()
        holds("Time", "17:45")
    }

    @Test
    fun what_another_version_wrote_down_is_passed_over() {
        assertNull(Kept.of(""))
        assertNull(Kept.of("https://desk.example"))
        val odd = checkNotNull(Kept.of("a\nb\nc\n\n\nhologram\ntalk \ntalk m1"))
        assertEquals(listOf<Place>(Place.Talk("m1")), odd.places)
        val long = Kept(listOf("x".repeat(9_999), "", ""), "", "", List(99) { Place.Talk("$it") }).written()
        assertTrue(long.length < 2_000) { "${long.length} characters are kept" }
    }
}
