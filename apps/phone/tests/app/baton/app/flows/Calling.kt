// Flows of what calls an agent: reminders, and what is urgent.

package app.baton.app.flows

import app.baton.app.model.endReminder
import app.baton.app.model.remind
import app.baton.app.model.setPriority
import app.baton.core.NoticeKind
import app.baton.core.Priority
import app.baton.suite.freshNumber

private const val HOUR_MS = 3_600_000L
private const val SOON_MS = 8_000L

private val Hand.reminder get() = now.header?.reminder?.let { it.atMs to it.isFollowUp }

val calling = listOf(
    Flow("reminded at a time of one's own, unless the customer answers, and no longer") {
        val number = freshNumber()
        val said = world.customer(number, "I think about it")
        val ana = hand("ana").live().opens(said)
        val at = System.currentTimeMillis() + 48 * HOUR_MS
        ana.talk.remind(at, false, "The frame")
        becomes("it stands", at to false) { ana.reminder }
        ana.talk.remind(at + HOUR_MS, true, "")
        becomes("another one replaces it", at + HOUR_MS to true) { ana.reminder }
        world.customer(number, "I take it")
        becomes("the customer has answered", null) { ana.reminder }
        ana.settled()
        until("what they say is on the screen") { "I take it" in ana.texts() }
        ana.talk.remind(at, false, "")
        becomes("it stands again", at to false) { ana.reminder }
        ana.talk.endReminder()
        becomes("it is removed", null) { ana.reminder }
    },
    Flow("reminded, and told of it") {
        val said = world.customer(freshNumber(), "Call me in a moment")
        val ana = hand("ana").live().opens(said)
        ana.talk.remind(System.currentTimeMillis() + SOON_MS, false, "Call")
        val notices = ana.session.notices
        until("it rang, and her list says so") {
            notices.retry()
            notices.state.value.notices.any { it.conversation == said.conversation && it.kind == NoticeKind.REMINDER }
        }
        becomes("it is over", null) { ana.reminder }
    },
    Flow("as urgent as a colleague says") {
        val said = world.customer(freshNumber(), "We have no water")
        val ana = hand("ana").live().opens(said)
        val ben = hand("ben").live()
        ana.talk.setPriority(Priority.URGENT, "No water")
        becomes("it is urgent in Ben's list", Priority.URGENT) { ben.row(said).priority }
        ben.opens(said)
        becomes("and above the conversation", Priority.URGENT) { ben.now.header?.priority }
        ben.talk.setPriority(Priority.NORMAL, "")
        becomes("Ana sees that it is not", null) { ana.now.header?.priority }
    },
)
