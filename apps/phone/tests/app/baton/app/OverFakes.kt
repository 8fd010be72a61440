// What tests of the app over a fake core begin with.

package app.baton.app

import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.requiredSize
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.LocalSaveableStateRegistry
import androidx.compose.runtime.saveable.SaveableStateRegistry
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.test.ComposeUiTest
import androidx.compose.ui.test.ExperimentalTestApi
import androidx.compose.ui.test.SemanticsNodeInteraction
import androidx.compose.ui.test.hasClickAction
import androidx.compose.ui.test.hasContentDescription
import androidx.compose.ui.test.hasSetTextAction
import androidx.compose.ui.test.hasText
import androidx.compose.ui.test.onAllNodesWithText
import androidx.compose.ui.test.onFirst
import androidx.compose.ui.test.performClick
import androidx.compose.ui.test.performScrollTo
import androidx.compose.ui.test.v2.runComposeUiTest
import androidx.compose.ui.unit.Dp
import androidx.compose.ui.unit.DpSize
import androidx.compose.ui.unit.dp
import app.baton.app.model.AppModel
import app.baton.app.model.Kept
import app.baton.core.Act
import app.baton.testing.FakeBaton
import app.baton.testing.TakenAct
import kotlin.time.Duration.Companion.minutes
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancel

internal const val MARTA = "marta"
internal const val SHOWN_MS = 60_000L

/** The app over a fake core, and what a finger does to it. */
@OptIn(ExperimentalTestApi::class)
abstract class OverFakes {
    protected val baton = FakeBaton()
    protected val platform = FakePlatform(baton)
    protected lateinit var model: AppModel

    protected fun app(isSignedIn: Boolean = true, width: Dp = 411.dp, play: ComposeUiTest.() -> Unit) = runComposeUiTest(
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
        size = DpSize(width, 740.dp)
        setContent {
            // Made anew at its place: a key would have it forget what it saved.
            if (isMade) {
                CompositionLocalProvider(LocalSaveableStateRegistry provides registry) {
                    Box(Modifier.requiredSize(size)) { BatonApp(shown ?: app, platform) }
                }
            }
        }
        try {
            play()
        } finally {
            scope.cancel()
        }
    }

    private var registry by mutableStateOf(SaveableStateRegistry(null) { true })
    private var isMade by mutableStateOf(true)
    private var size by mutableStateOf(DpSize.Zero)
    private var shown by mutableStateOf<AppModel?>(null)

    /** The device is turned: the same model, and a screen made anew, which knows what it saved. */
    protected fun ComposeUiTest.turns() = isMadeAnew { size = DpSize(size.height, size.width) }

    private fun ComposeUiTest.isMadeAnew(meanwhile: () -> Unit) {
        val saved = runOnIdle { registry.performSave().also { isMade = false } }
        runOnIdle {
            registry = SaveableStateRegistry(saved) { true }
            meanwhile()
            isMade = true
        }
        waitForIdle()
    }

    /** The system ends the process and starts it again: what is left was written down. */
    protected fun ComposeUiTest.dies() {
        val text = model.kept().written()
        val anew = AppModel(platform, CoroutineScope(Dispatchers.Default))
        anew.resumes(checkNotNull(Kept.of(text)))
        isMadeAnew {
            model = anew
            shown = anew
        }
    }

    protected fun ComposeUiTest.shows(text: String) =
        waitUntil("\"$text\" is shown", SHOWN_MS) { onAllNodesWithText(text, substring = true).fetchSemanticsNodes().isNotEmpty() }

    protected fun ComposeUiTest.presses(text: String) {
        shows(text)
        onAllNodes(hasText(text) and hasClickAction()).onFirst().performClick()
    }

    /** What may lie below what is in sight. */
    protected fun ComposeUiTest.reaches(text: String): SemanticsNodeInteraction {
        shows(text)
        return onAllNodes(hasText(text) and hasClickAction()).onFirst().performScrollTo()
    }

    protected fun ComposeUiTest.taps(name: String) {
        waitUntil("\"$name\" is there", SHOWN_MS) {
            onAllNodes(hasContentDescription(name) and hasClickAction()).fetchSemanticsNodes().isNotEmpty()
        }
        onAllNodes(hasContentDescription(name) and hasClickAction()).onFirst().performClick()
    }

    protected fun ComposeUiTest.field(name: String) =
        onNode(hasContentDescription(name) and hasSetTextAction())

    protected fun ComposeUiTest.opens() {
        shows("Marta Gil")
        onAllNodes(hasText("Marta Gil") and hasClickAction()).onFirst().performClick()
        shows("¿Te la aparto?")
    }

    protected fun ComposeUiTest.acted(): TakenAct {
        // Reading is no decision of anybody.
        waitUntil("something was done", SHOWN_MS) { decided().isNotEmpty() }
        return decided().last()
    }

    protected fun decided() = baton.acts.filterNot { it.act is Act.MarkRead }
}
