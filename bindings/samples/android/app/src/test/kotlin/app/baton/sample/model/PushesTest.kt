// What becomes of acts on notifications, and when a device is registered for pushes.

package app.baton.sample.model

import java.lang.reflect.Proxy
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test
import uniffi.baton_core.Act
import uniffi.baton_core.BatonCoreInterface
import uniffi.baton_core.CoreException
import uniffi.baton_core.Kept
import uniffi.baton_core.Notification
import uniffi.baton_core.NotificationAction
import uniffi.baton_core.OutboxItem
import uniffi.baton_core.Place
import uniffi.baton_core.SeenLine
import uniffi.baton_core.Stage
import uniffi.baton_core.Standing

private const val HERE = "conversation"
private val place = Place("conversation:$HERE", HERE)

class PushesTest {
    @Test
    fun an_answer_that_the_server_has_takes_its_notification_away() {
        assertEquals(listOf("away"), told(Core(stage = null)))
        assertEquals(listOf("away"), told(Core(Stage.ACKNOWLEDGED)))
    }

    @Test
    fun an_answer_that_is_held_or_on_its_way_is_said_to_be_unsent() {
        for (stage in Stage.entries - Stage.ACKNOWLEDGED) {
            assertEquals(listOf("Not sent: Open to review."), told(Core(stage)), "$stage")
        }
    }

    @Test
    fun what_becomes_of_others_says_nothing_of_this_one() {
        assertEquals(listOf("away"), told(Core(Stage.NEEDS_REVIEW, other = true)))
    }

    @Test
    fun an_answer_that_was_not_kept_is_said_to_be_lost() {
        val said = "Not sent: It could not be kept: open to do it again."
        assertEquals(listOf(said), told(Core(stage = null, refuses = true)))
    }

    @Test
    fun nothing_is_offered_where_no_screen_showed_a_line() {
        val reply = NotificationAction.Reply("shown")
        assertNull(reply.seen())
        LastShown["shown"] = SeenLine(7u, "line")
        assertEquals(SeenLine(7u, "line"), reply.seen())
        assertNull(NotificationAction.Resolve("another").seen())
    }

    @Test
    fun a_device_is_registered_once_at_a_start_and_once_after_each_sign_in() {
        val live = Standing.Live
        val away = Standing.Suspended
        assertEquals(1, registered(away, live, away, live))
        assertEquals(2, registered(live, Standing.SignedOut, Standing.Connecting, live))
        assertEquals(0, registered(Standing.NeedsSignIn, Standing.SignedOut))
        assertEquals(2, registered(live, away, live, works = false))
    }
}

private fun registered(vararg standings: Standing, works: Boolean = true): Int {
    var count = 0
    runBlocking {
        registers(flowOf(*standings)) {
            count++
            works
        }
    }
    return count
}

/** What the board says after an answer. */
private fun told(core: Core): List<String> {
    val said = mutableListOf<String>()
    val board = object : Board {
        override fun show(notification: Notification) {
            said += "${notification.title}: ${notification.body}"
        }

        override fun takeAway(place: Place) {
            said += "away"
        }

        override fun badge(count: UInt) = Unit
    }
    val became = runBlocking { core.acts(HERE, Act.Reply("Hello", null, null)) }
    board.tells(became, place, HERE)
    return said
}

/** A core whose outbox holds one act in this stage: the one that was taken in, or an [other]. */
private class Core(
    private val stage: Stage?,
    private val other: Boolean = false,
    private val refuses: Boolean = false,
) : BatonCoreInterface by nobody {
    override suspend fun act(conversation: String, act: Act, opId: String?): Kept {
        if (refuses) throw CoreException.Unauthorized()
        return Kept(1u, opId.orEmpty(), true)
    }

    /** As the core: what needs its author is not on its way any more. */
    override suspend fun flush(deadlineMs: UInt) = true

    override suspend fun outbox(): List<OutboxItem> = listOfNotNull(stage).map {
        val number = if (other) 2uL else 1uL
        OutboxItem(number, "op", HERE, "reply", "Hello", 0, it, null, false, null)
    }
}

private val nobody = Proxy.newProxyInstance(
    BatonCoreInterface::class.java.classLoader,
    arrayOf(BatonCoreInterface::class.java),
) { _, method, _ -> throw AssertionError("nobody asks for ${method.name}") } as BatonCoreInterface
