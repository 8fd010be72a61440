// Flows of what calls an agent: reminders, what is urgent, what is offered. And of their files.

package app.baton.app.flows

import app.baton.app.model.OfferState
import app.baton.app.model.Sheet
import app.baton.app.model.endReminder
import app.baton.app.model.files
import app.baton.app.model.openFile
import app.baton.app.model.remind
import app.baton.app.model.setPriority
import app.baton.core.FileSource
import app.baton.core.LineContent
import app.baton.core.MediaKind
import app.baton.core.NoticeKind
import app.baton.core.OutgoingFile
import app.baton.core.Priority
import app.baton.suite.Said
import app.baton.suite.ensure
import app.baton.suite.freshNumber
import java.util.Base64

private const val HOUR_MS = 3_600_000L
private const val SOON_MS = 8_000L

/** What is offered of this conversation. */
private suspend fun Hand.offered(said: Said): OfferState = eventually("it is offered") {
    session.offers.state.value.find { it.conversation == said.conversation }
}

private val Hand.reminder get() = now.header?.reminder?.let { it.atMs to it.isFollowUp }

val calling = listOf(
    Flow("reminded at a time of one's own, and no longer") {
        val number = freshNumber()
        val said = world.customer(number, "I think about it")
        val ana = hand("ana").live().opens(said)
        val at = System.currentTimeMillis() + 48 * HOUR_MS
        ana.talk.remind(at, false, "The frame")
        becomes("it stands", at to false) { ana.reminder }
        becomes("on its row as well", at) { ana.row(said).remindsAt }
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
    Flow("offered, declined, and the next one accepted") {
        val ana = hand("ana").live()
        val said = List(2) { world.customer(freshNumber(), "Who has time for me?") }
        val team = ana.homeOf(said.last()).team
        // Others of the world wait as well: what is urgent is offered before them.
        for (one in said) world.colleague("admin", one.conversation, "set_priority", "priority" to "urgent", "reason" to "Test")
        val others = listOf("ben", "admin").map { world.agent(it) }
        val home = mapOf("kind" to "team", "id" to team)
        world.puts(made("routing", team, mapOf("hand" to "offer", "excluded" to others), home))
        try {
            ana.session.offers.decline(ana.offered(said[0]))
            val next = ana.offered(said[1])
            ensure(ana.session.offers.state.value.none { it.conversation == said[0].conversation }) { "it is offered still" }
            ana.session.offers.accept(next)
            becomes("it is hers", world.agent("ana")) { world.owner(said[1].conversation) }
            ensure(world.owner(said[0].conversation) == null) { "what she declined is somebody's" }
            ana.settled()
        } finally {
            world.puts(mapOf("kind" to "routing", "id" to team, "expect" to 1))
            until("nothing is offered") {
                ana.session.offers.state.value.onEach(ana.session.offers::decline).isEmpty()
            }
        }
    },
    Flow("all files of a customer, and one of them opened") {
        val number = freshNumber()
        val said = world.customer(number, "Send me the list")
        val ana = hand("ana").live().opens(said)
        val list = ByteArray(90_000) { (it % 251).toByte() }
        ana.platform.picked = OutgoingFile(FileSource.Bytes(list), MediaKind.DOCUMENT, "application/pdf", "list.pdf")
        ana.talk.attach()
        becomes("it reached the customer", listOf("document")) { world.kindsReached(number) }
        val picture = Base64.getEncoder().encodeToString(picture())
        world.sends(number, "kind" to "media", "type" to "image", "caption" to "This one", "base64" to picture)
        ana.stored("This one")
        val files = eventually("both are listed") {
            ana.talk.files()
            val sheet = eventually("they are told") { (ana.now.sheet as? Sheet.Files)?.takeUnless { it.isAsking } }
            sheet.files.takeIf { it.size == 2 }
        }
        ensure(files.map { it.conversation }.toSet() == setOf(said.conversation)) { "$files" }
        ensure(files.first().line.atMs >= files.last().line.atMs) { "the newest is not first" }
        // WhatsApp counts in seconds: which of them is the newer one is not sure.
        val sent = files.single { (it.line.content as? LineContent.Media)?.kind == MediaKind.DOCUMENT }
        ana.talk.openFile(sent, "list.pdf", "application/pdf")
        until("it is open") { ana.platform.opened.isNotEmpty() }
        ensure(ana.platform.opened.single().second.contentEquals(list)) { "it is another file" }
    },
)
