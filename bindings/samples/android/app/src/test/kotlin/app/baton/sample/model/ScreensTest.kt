// Which conversation is looked at, and when there is nothing but the way to sign in.

package app.baton.sample.model

import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertFalse
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test
import uniffi.baton_core.Standing

class ScreensTest {
    private val told = mutableListOf<String?>()
    private val onScreen = OnScreen { told += it }

    @Test
    fun who_is_gone_late_takes_nothing_from_the_next_screen() {
        onScreen.appears("first screen", "a")
        onScreen.appears("second screen", "b")
        onScreen.disappears("first screen")
        assertEquals(listOf<String?>("a", "b"), told)
        onScreen.disappears("second screen")
        assertEquals(listOf("a", "b", null), told)
    }

    @Test
    fun two_screens_of_one_conversation_are_two() {
        onScreen.appears("first screen", "a")
        onScreen.appears("second screen", "a")
        onScreen.disappears("first screen")
        assertEquals(listOf<String?>("a", "a"), told)
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
