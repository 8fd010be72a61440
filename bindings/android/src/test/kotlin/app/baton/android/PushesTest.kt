// From a push to what is drawn, and what becomes of answers from notifications.

package app.baton.android

import app.baton.core.AnswerOutcome
import app.baton.core.CoreException
import app.baton.core.Event
import app.baton.core.NotificationAction
import app.baton.core.NotificationAnswer
import app.baton.core.NotificationGroup
import app.baton.core.Place
import app.baton.core.PushNotification
import app.baton.core.PushOutcome
import app.baton.core.PushVerdict
import app.baton.testing.FakeBaton
import kotlinx.coroutines.runBlocking
import org.junit.jupiter.api.Assertions.assertEquals
import org.junit.jupiter.api.Assertions.assertNull
import org.junit.jupiter.api.Test

private const val HERE = "conversation"
private val place = Place("tag", HERE)

private class ListBoard : NotificationBoard {
    val said = mutableListOf<String>()

    override fun show(notification: PushNotification) {
        said += "show ${notification.body}"
    }

    override fun remove(place: Place) {
        said += "remove ${place.tag}"
    }

    override fun tell(problem: AnswerProblem, place: Place, conversation: String) {
        said += "tell $problem at ${place.tag} of $conversation"
    }
}

private fun notification(body: String) = PushNotification(
    place = place, group = NotificationGroup.INBOX, title = "Marta", body = body,
    lines = emptyList(), locKey = null, publicText = "A customer wrote", actions = emptyList(),
    badge = null, alerts = true, expiresAtMs = null, push = null, opens = HERE,
)

class PushesTest {
    private val board = ListBoard()

    private fun answered(outcome: AnswerOutcome?, token: String? = "token") = runBlocking {
        val baton = FakeBaton()
        if (outcome == null) baton.fail(CoreException.Unauthorized())
        outcome?.let(baton::answerNotifications)
        board.answer(baton, token, NotificationAnswer.Reply("Hello"), place to HERE)
        board.said.last()
    }

    @Test
    fun an_answer_that_was_not_sent_is_said_in_the_place_of_its_notification() {
        assertEquals("remove tag", answered(AnswerOutcome.SENT))
        assertEquals("tell WAITING at tag of $HERE", answered(AnswerOutcome.WAITING))
        assertEquals("tell MISSED at tag of $HERE", answered(AnswerOutcome.OPEN_APP))
        assertEquals("tell NOT_KEPT at tag of $HERE", answered(null))
        assertEquals("tell NOT_KEPT at tag of $HERE", answered(AnswerOutcome.SENT, token = null))
    }

    @Test
    fun what_the_notification_showed_goes_with_its_buttons() {
        assertEquals("shown", NotificationAction.Reply(HERE, "shown").token)
        assertNull(NotificationAction.Resolve(HERE, null).token)
        assertEquals("shown", NotificationAction.Accept(HERE, "offer", 0, "shown").token)
        assertEquals("shown", NotificationAction.Decline(HERE, "offer", 0, "shown").token)
    }

    @Test
    fun all_that_the_core_decided_is_drawn() {
        val outcome = PushOutcome(
            verdict = PushVerdict.Show(notification("new")),
            withdraw = listOf(Place("old", null)),
            update = listOf(notification("changed")),
            badge = null,
            isBehind = false,
        )
        board.draw(outcome)
        board.hear(Event.Notifications(listOf(Place("over", null)), emptyList()))
        board.hear(Event.People)
        val expected = listOf("show new", "remove old", "show changed", "remove over")
        assertEquals(expected, board.said)
    }
}
