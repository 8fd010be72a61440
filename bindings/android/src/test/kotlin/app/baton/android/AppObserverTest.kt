// What the core hears of the app's life.

package app.baton.android

import androidx.work.ListenableWorker.Result
import app.baton.core.CoreException
import app.baton.testing.FakeBaton
import app.baton.testing.Preview
import kotlin.time.Duration.Companion.milliseconds
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Test

class AppObserverTest {
    private val scope = CoroutineScope(Dispatchers.Default)
    private val baton = FakeBaton()
    private var left = 0
    private val observer = AppObserver(scope, { baton }) { left++ }

    @AfterEach
    fun end() = scope.cancel()

    private suspend fun hears(vararg calls: String) = withTimeout(10.seconds) {
        while (baton.calls != calls.toList()) delay(10.milliseconds)
    }

    @Test
    fun a_screen_that_is_left_for_the_next_one_is_no_background() = runBlocking {
        val isVisible = MutableStateFlow(true)
        scope.launch { observer.follow(baton, isVisible) }
        hears("foreground")
        isVisible.value = false
        delay(100.milliseconds)
        isVisible.value = true
        delay(1.seconds)
        hears("foreground")
        isVisible.value = false
        hears("foreground", "background", "outbox")
        assertEquals(0, left)
    }

    @Test
    fun acts_that_are_not_sent_are_left_to_the_worker() = runBlocking {
        baton.setOutbox(Preview.outbox)
        val isVisible = MutableStateFlow(true)
        scope.launch { observer.follow(baton, isVisible) }
        hears("foreground")
        isVisible.value = false
        withTimeout(10.seconds) { while (left == 0) delay(10.milliseconds) }
    }

    @Test
    fun what_is_told_is_told_in_order() = runBlocking {
        observer.tell { network(true) }
        observer.tell { networkChanged() }
        observer.tell { lowMemory() }
        observer.follow(baton)
        hears("network", "networkChanged", "lowMemory")
    }

    @Test
    fun a_screen_that_goes_late_takes_nothing_from_the_next_one() {
        val told = mutableListOf<String?>()
        val onScreen = OnScreen { told += it }
        onScreen.appear("first screen", "a")
        onScreen.appear("second screen", "a")
        onScreen.disappear("first screen")
        assertEquals(listOf<String?>("a", "a"), told)
        onScreen.disappear("second screen")
        assertEquals(listOf("a", "a", null), told)
    }

    @Test
    fun work_without_a_session_is_not_tried_again() {
        assertEquals(Result.failure(), BatonWorker.resultOf(CoreException.Unauthorized()))
        assertEquals(Result.retry(), BatonWorker.resultOf(CoreException.Offline()))
    }
}
