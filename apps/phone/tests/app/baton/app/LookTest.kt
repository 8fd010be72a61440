// What holds of every screen in every state: it can be touched, it can be heard.

package app.baton.app

import androidx.compose.ui.semantics.SemanticsNode
import androidx.compose.ui.semantics.SemanticsProperties
import androidx.compose.ui.semantics.getOrNull
import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.hasClickAction
import androidx.compose.ui.test.hasSetTextAction
import androidx.compose.ui.test.v2.runComposeUiTest
import app.baton.app.look.BatonTheme
import app.baton.app.look.Shade
import app.baton.app.model.linkOf
import app.baton.app.model.serverOf
import app.baton.app.words.Language
import app.baton.app.words.Word
import app.baton.app.words.Words
import java.time.ZoneOffset
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test

/** A finger's width, but for rounding. */
private const val FINGER = 47.5f

@OptIn(ExperimentalTestApi::class)
class LookTest {
    @Test
    fun whatever_can_be_tapped_is_as_big_as_a_finger_and_has_a_name() {
        val wrong = shots.flatMap { shot ->
            val found = mutableListOf<String>()
            runComposeUiTest {
                setContent { BatonTheme(Words(Language.ENGLISH, ZoneOffset.UTC), Shade.LIGHT, content = shot.draw) }
                val taps = onAllNodes(hasClickAction()).fetchSemanticsNodes()
                val inSight = taps.filter { it.boundsInRoot.height > 0 && it.isWhole }
                found += inSight.filter { it.size.height / density.density < FINGER }.map { "${shot.name}: ${it.called} is low" }
                found += inSight.filter { it.called.isBlank() }.map { "${shot.name}: $it has no name" }
                val fields = onAllNodes(hasSetTextAction()).fetchSemanticsNodes()
                found += fields.filter { it.called.isBlank() }.map { "${shot.name}: a field has no name" }
            }
            found
        }
        assertEquals(emptyList<String>(), wrong)
    }

    private val SemanticsNode.isWhole get() = boundsInRoot.height >= size.height - 1

    private val SemanticsNode.called: String
        get() {
            val own = config.getOrNull(SemanticsProperties.ContentDescription).orEmpty() +
                config.getOrNull(SemanticsProperties.Text).orEmpty().map { it.text }
            return (own + children.map { it.called }).joinToString(" ").trim()
        }

    @Test
    fun every_sentence_has_the_same_places_in_every_language() {
        val wrong = Word.entries.filter { word ->
            val places = Language.entries.map { language ->
                val said = Words(language, ZoneOffset.UTC)(word, "§0", "§1", "§2")
                Regex("§\\d").findAll(said).map { it.value }.toSet()
            }
            places.distinct().size > 1
        }
        assertEquals(emptyList<Word>(), wrong)
    }

    @Test
    fun counts_are_said_as_each_language_says_them() {
        fun said(language: Language, count: Int) = Words(language, ZoneOffset.UTC).count(Word.NeedsYou, count)
        assertEquals("1 reply needs you", said(Language.ENGLISH, 1))
        assertEquals("2 replies need you", said(Language.ENGLISH, 2))
        assertEquals("0 resposta precisa de você", said(Language.PORTUGUESE, 0))
        assertEquals("ردان يحتاجانك", said(Language.ARABIC, 2))
        assertEquals(6, listOf(0, 1, 2, 3, 11, 100).map { said(Language.ARABIC, it) }.size)
    }

    @Test
    fun an_address_is_taken_as_people_write_it() {
        assertEquals("https://desk.example", serverOf("desk.example"))
        assertEquals("http://127.0.0.1:8080", serverOf(" http://127.0.0.1:8080/inbox/mine "))
        assertNull(serverOf("not an address"))
        assertNull(serverOf("ftp://desk.example"))
        val link = linkOf("https://desk.example/sign-in?workspace=sol&email=ana@sol.example")
        assertEquals(listOf("https://desk.example", "sol", "ana@sol.example"), listOf(link?.server, link?.workspace, link?.email))
    }
}
