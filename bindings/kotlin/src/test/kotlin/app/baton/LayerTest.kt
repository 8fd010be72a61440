// What the layer does by itself, over a fake core.

package app.baton

import app.baton.core.Act
import app.baton.core.CoreException
import app.baton.core.Event
import app.baton.core.InboxView
import app.baton.core.LoadState
import app.baton.core.Standing
import app.baton.core.inbox
import app.baton.core.watchHeader
import app.baton.core.watchInbox
import app.baton.core.watchTimeline
import app.baton.testing.FakeBaton
import app.baton.testing.Preview
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout
import org.junit.jupiter.api.AfterEach
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertTrue
import org.junit.jupiter.api.Test

class LayerTest {
    private val scope = CoroutineScope(Dispatchers.Default)
    private val baton = FakeBaton()

    @AfterEach
    fun end() = scope.cancel()

    private fun within(work: suspend () -> Unit) = runBlocking { withTimeout(10.seconds) { work() } }

    @Test
    fun a_fake_tells_its_lists_and_records_acts() = within {
        val inbox = baton.watchInbox(scope, InboxView.All)
        val timeline = baton.watchTimeline(scope, Preview.conversation)
        val header = baton.watchHeader(scope, Preview.conversation)
        baton.setInbox(Preview.rows)
        baton.setTimeline(Preview.conversation, Preview.timeline)
        baton.setHeader(Preview.conversation, Preview.header)
        inbox.state.first { it.value?.rows == Preview.rows }
        header.state.first { it.value?.header == Preview.header }
        val lines = timeline.state.first { it.value?.entries == Preview.timeline }
        assertEquals(4uL, lines.value?.seen?.seq)

        baton.act(Preview.conversation, Act.Reply("Hello", lines.value?.seen, null), "tap")
        baton.act(Preview.conversation, Act.Reply("Hello", lines.value?.seen, null), "tap")
        assertEquals(listOf("tap"), baton.acts.map { it.opId })
        baton.setOutbox(Preview.outbox)
        assertEquals(Preview.outbox, baton.outbox())
        baton.setStanding(Standing.Offline)
        assertEquals(Standing.Offline, baton.current.value)
    }

    @Test
    fun a_subscription_that_fails_is_a_state() = within {
        baton.fail(CoreException.Locked())
        val inbox = baton.watchInbox(scope, InboxView.All)
        val failed = inbox.state.first { it is LoadState.Failed } as LoadState.Failed
        assertTrue(failed.error is CoreException.Locked)
        baton.fail(null)
        val again = baton.watchInbox(scope, InboxView.All)
        again.state.first { it is LoadState.Loaded }
    }

    @Test
    fun a_closed_client_leaves_nothing_loading() = within {
        baton.close()
        val inbox = baton.watchInbox(scope, InboxView.All)
        inbox.state.first { it is LoadState.Failed }
    }

    @Test
    fun a_slow_collector_gets_the_newest_and_what_it_missed_is_counted() = within {
        val mayGoOn = CompletableDeferred<Unit>()
        val seen = mutableListOf<Event>()
        val collecting = scope.launch(Dispatchers.Unconfined, CoroutineStart.UNDISPATCHED) {
            baton.events.collect {
                mayGoOn.await()
                seen += it
            }
        }
        baton.tell(Event.Wiped)
        for (number in 1..2_000) baton.tell(Event.LeaseLost("$number", "colleague"))
        assertEquals(2_000L - 1_024, baton.dropped)
        mayGoOn.complete(Unit)
        baton.close()
        collecting.join()
        assertEquals(Event.LeaseLost("2000", "colleague"), seen.last())
        assertEquals(1 + 1_024, seen.size)
    }

    @Test
    fun a_state_replaces_the_one_that_waits() = within {
        val mayGoOn = CompletableDeferred<Unit>()
        val seen = mutableListOf<Event>()
        val collecting = scope.launch(Dispatchers.Unconfined, CoroutineStart.UNDISPATCHED) {
            baton.events.collect {
                mayGoOn.await()
                seen += it
            }
        }
        baton.tell(Event.Wiped)
        for (number in 1..5_000) baton.setStanding(Standing.Backoff(number.toULong()))
        baton.tell(Event.People)
        baton.tell(Event.People)
        assertEquals(0L, baton.dropped)
        mayGoOn.complete(Unit)
        baton.close()
        collecting.join()
        val last = Event.Standing(Standing.Backoff(5_000u))
        assertEquals(listOf(Event.Wiped, last, Event.People), seen)
    }

    @Test
    fun a_cold_flow_throws_what_the_core_says() = within {
        baton.fail(CoreException.Unauthorized())
        try {
            baton.inbox(InboxView.All).first()
            throw AssertionError("there is nothing to tell")
        } catch (_: CoreException.Unauthorized) {
            // As the core said.
        }
    }
}
