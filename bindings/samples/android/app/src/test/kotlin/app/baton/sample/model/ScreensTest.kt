// What the screens show and do, over a fake client.

package app.baton.sample.model

import app.baton.core.Act
import app.baton.core.CoreException
import app.baton.core.InboxView
import app.baton.core.Standing
import app.baton.testing.FakeBaton
import app.baton.testing.Preview
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class ScreensTest {
    private val scope = CoroutineScope(Dispatchers.Default)
    private val baton = FakeBaton()

    @AfterEach
    fun end() = scope.cancel()

    @Test
    fun the_list_shows_what_there_is_or_why_not() = runBlocking {
        withTimeout(10.seconds) {
            baton.setInbox(Preview.rows)
            InboxScreen(baton, scope, InboxView.All).rows.first { it == Preview.rows }
            baton.fail(CoreException.Unauthorized())
            val banner = InboxScreen(baton, scope, InboxView.All).banner.first { it != null }
            assertEquals("Sign in first.", banner)
        }
    }

    @Test
    fun a_reply_is_held_to_what_is_on_the_screen() = runBlocking {
        withTimeout(10.seconds) {
            baton.setTimeline(Preview.conversation, Preview.timeline)
            val screen = ConversationScreen(baton, scope, Preview.conversation)
            screen.shown.first { it?.entries == Preview.timeline }
            screen.replies("Yes", "tap")
            val reply = baton.acts.single().act as Act.Reply
            assertEquals(4uL, reply.seen?.seq)
        }
    }

    @Test
    fun a_session_that_is_over_leaves_nothing_but_signing_in() {
        for (over in listOf(Standing.SignedOut, Standing.NeedsSignIn, Standing.Wiped)) {
            assertTrue(over.wantsSignIn(), "$over")
        }
        for (good in listOf(Standing.Live, Standing.Locked, Standing.Backoff(1_000u))) {
            assertFalse(good.wantsSignIn(), "$good")
        }
    }
}
