// What becomes of acts on notifications, and when a device is registered for pushes.

package app.baton.sample.model

import java.lang.reflect.Proxy
import kotlinx.coroutines.flow.flowOf
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test
import uniffi.baton_core.AnswerOutcome
import uniffi.baton_core.BatonCoreInterface
import uniffi.baton_core.CoreException
import uniffi.baton_core.Notification
import uniffi.baton_core.NotificationAction
import uniffi.baton_core.NotificationAnswer
import uniffi.baton_core.Place
import uniffi.baton_core.Standing

private const val HERE = "conversation"
private val place = Place("conversation:$HERE", HERE)

class PushesTest {
    @Test
    fun what_became_of_an_answer_is_said_in_the_place_of_its_notification() {
        assertEquals("away", told(AnswerOutcome.SENT))
        assertEquals("Not sent: It is sent when there is a network.", told(AnswerOutcome.WAITING))
        val missed = "Not sent: Something was missed: open to review."
        assertEquals(missed, told(AnswerOutcome.OPEN_APP))
    }

    @Test
    fun an_answer_that_was_not_kept_is_said_to_be_lost() {
        assertEquals("Not sent: It could not be kept: open to do it again.", told(null))
    }

    @Test
    fun what_the_notification_showed_goes_with_its_buttons() {
        assertEquals("shown", NotificationAction.Reply(HERE, "shown").token)
        assertNull(NotificationAction.Resolve(HERE, null).token)
        assertNull(NotificationAction.Accept(HERE, "offer", 0).token)
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

/** What the board says after an answer; without an outcome the core takes none. */
private fun told(outcome: AnswerOutcome?): String? {
    var said: String? = null
    val board = object : Board {
        override fun show(notification: Notification) {
            said = "${notification.title}: ${notification.body}"
        }

        override fun takeAway(place: Place) {
            said = "away"
        }

        override fun badge(count: UInt) = Unit
    }
    val answer = NotificationAnswer.Reply("Hello")
    board.tells(runBlocking { Core(outcome).answers("token", answer) }, place, HERE)
    return said
}

private class Core(private val outcome: AnswerOutcome?) : BatonCoreInterface by nobody {
    override suspend fun answerNotification(
        token: String,
        answer: NotificationAnswer,
        deadlineMs: UInt,
    ) = outcome ?: throw CoreException.Unauthorized()
}

private val nobody = Proxy.newProxyInstance(
    BatonCoreInterface::class.java.classLoader,
    arrayOf(BatonCoreInterface::class.java),
) { _, method, _ -> throw AssertionError("nobody asks for ${method.name}") } as BatonCoreInterface
