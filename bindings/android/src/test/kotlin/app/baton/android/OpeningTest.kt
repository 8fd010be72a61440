// Opening a core that cannot be opened at first.

package app.baton.android

import app.baton.core.Baton
import app.baton.core.CoreException
import app.baton.testing.FakeBaton
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Assertions.assertSame
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class OpeningTest {
    private val baton = FakeBaton()
    private val begun = mutableListOf<Baton>()

    @Test
    fun a_device_that_was_locked_opens_the_core_when_it_is_asked_for_again() = runBlocking {
        var isLocked = true
        val open = suspend { if (isLocked) throw CoreException.KeyLocked() else baton }
        val opening = Opening(open) { begun += it }
        assertNull(opening.core())
        assertTrue((opening.state.value as OpenState.Failed).error is CoreException.KeyLocked)
        isLocked = false
        assertSame(baton, opening.core())
        assertSame(baton, opening.core())
        assertEquals(OpenState.Open(baton), opening.state.value)
        assertEquals(listOf<Baton>(baton), begun)
    }

    @Test
    fun who_ask_at_once_get_one_core() = runBlocking(Dispatchers.Default) {
        val mayOpen = CompletableDeferred<Unit>()
        var opened = 0
        val open = suspend {
            mayOpen.await()
            opened++
            baton
        }
        val opening = Opening(open) { begun += it }
        val asking = List(8) { async { opening.core() } }
        mayOpen.complete(Unit)
        for (one in asking) assertSame(baton, one.await())
        assertEquals(1 to 1, opened to begun.size)
    }
}
