// Flows of who has a conversation, and of what becomes of it.

package app.baton.app.flows

import app.baton.app.model.Holder
import app.baton.app.model.MINUTE_MS
import app.baton.app.model.hindrance
import app.baton.app.model.isClaimTooMany
import app.baton.app.model.name
import app.baton.app.model.resolve
import app.baton.app.words.Word
import app.baton.core.Availability
import app.baton.core.Hold
import app.baton.core.InboxView
import app.baton.core.Status
import app.baton.suite.ensure
import app.baton.suite.freshNumber
import kotlinx.coroutines.flow.first

private const val HOUR_MS = 3_600_000L

val owning = listOf(
    Flow("handed over, with a note") {
        val said = world.customer(freshNumber(), "My frame is broken")
        val ana = hand("ana").live().opens(said)
        val ben = hand("ben").live()
        ana.talk.claim()
        until("Ana has it") { ana.now.isMine }
        ana.talk.handOver(ana.colleague("Ben"), "She is angry")
        becomes("Ben owns it at the server", world.agent("ben")) { world.owner(said.conversation) }
        ana.isTold("Ben")
        ben.opens(said)
        until("Ben sees that it is his") { ben.now.isMine }
        until("Ben reads the note") { "She is angry" in ben.texts() }
        until("Ana sees whose it is") { !ana.now.isMine }
    },
    Flow("handed over in a tunnel") {
        val said = world.customer(freshNumber(), "I go at six")
        val ana = hand("ana").live().opens(said)
        ana.talk.claim()
        until("Ana has it") { ana.now.isMine }
        ana.offline()
        ana.talk.handOver(ana.colleague("Ben"), "")
        becomes("it waits", 1) { ana.waiting.size }
        ensure(world.owner(said.conversation) == world.agent("ana")) { "it left without a network" }
        ana.online()
        becomes("Ben owns it at the server", world.agent("ben")) { world.owner(said.conversation) }
    },
    Flow("given back to the team, and handed to another") {
        val said = world.customer(freshNumber(), "Who helps me?")
        val ana = hand("ana").live().opens(said)
        ana.talk.claim()
        until("Ana has it") { ana.now.isMine }
        ana.talk.giveBack()
        until("it is in the queue") { ana.now.isQueued }
        ensure(world.owner(said.conversation) == null) { "somebody owns it" }
        val lobby = eventually("there is a team") { ana.now.names.allTeams.find { it.name == "Lobby" } }
        ana.talk.handOver(Holder.Team(lobby.id, lobby.name), "Wrong door")
        ana.isTold("Lobby")
        // She is not in that team: it is no longer hers to see, and the screen says so.
        until("it has left her sight") { ana.now.isHidden }
    },
    Flow("claimed by two at once") {
        val said = world.customer(freshNumber(), "Who takes me?")
        val ana = hand("ana").live().opens(said)
        val ben = hand("ben").live().opens(said)
        // Both claim what they see, which is the same.
        ana.offline()
        ben.offline()
        ana.talk.claim()
        ben.talk.claim()
        becomes("both wait", listOf(1, 1)) { listOf(ana, ben).map { it.waiting.size } }
        ana.session.desk.baton.network(true)
        ben.online()
        val owner = eventually("somebody owns it") { world.owner(said.conversation) }
        val (first, second) = if (owner == world.agent("ana")) ana to ben else ben to ana
        until("the first sees that it is theirs") { first.now.isMine }
        val item = eventually("the second is told") { second.held.firstOrNull { it.conversation == said.conversation } }
        ensure(item.review?.winner == owner) { "it names ${item.review?.winner}" }
        second.session.review.discard(item)
        second.settled()
        until("the second sees whose it is") { !second.now.isMine && !second.now.isQueued }
    },
    Flow("resolved, undone, resolved, and written again") {
        val number = freshNumber()
        val said = world.customer(number, "Thanks, bye")
        val ana = hand("ana").live().opens(said)
        ana.talk.resolve()
        until("it is resolved") { ana.now.header?.status is Status.Resolved }
        ana.undoes("Resolved")
        until("it is open again") { ana.now.header?.status is Status.Open }
        ana.settled()
        ana.talk.resolve()
        until("it is resolved again") { ana.now.header?.status is Status.Resolved }
        world.customer(number, "One more thing")
        until("it opened by itself") { ana.now.header?.status is Status.Open }
    },
    Flow("snoozed, and back with the customer") {
        val number = freshNumber()
        val said = world.customer(number, "I come on Monday")
        val ana = hand("ana").live().opens(said)
        val at = System.currentTimeMillis() + 48 * HOUR_MS
        ana.talk.snooze(at)
        becomes("it sleeps until then", Status.Snoozed(at)) { ana.now.header?.status }
        world.customer(number, "Rather today")
        until("it is back") { ana.now.header?.status is Status.Open }
    },
    Flow("snoozed until a time of one's own, and until another") {
        val said = world.customer(freshNumber(), "Not before the fair")
        val ana = hand("ana").live().opens(said)
        val at = System.currentTimeMillis() / MINUTE_MS * MINUTE_MS + 73 * 24 * 60 * MINUTE_MS
        ana.talk.snooze(at)
        becomes("it sleeps until then", Status.Snoozed(at)) { ana.now.header?.status }
        ana.talk.snooze(at + 75 * MINUTE_MS)
        becomes("it sleeps longer", Status.Snoozed(at + 75 * MINUTE_MS)) { ana.now.header?.status }
        ana.talk.reopen()
        until("it is open again") { ana.now.header?.status is Status.Open }
    },
    Flow("waits for the customer") {
        val number = freshNumber()
        val said = world.customer(number, "I will look")
        val ana = hand("ana").live().opens(said)
        ana.talk.waitForCustomer()
        until("it waits") { ana.now.header?.status is Status.Waiting }
        world.customer(number, "Found it")
        until("it does not wait") { ana.now.header?.status is Status.Open }
    },
    Flow("blocked, and let in again") {
        val number = freshNumber()
        val said = world.customer(number, "Buy my pills")
        val ana = hand("ana").live().opens(said)
        ana.talk.block(true)
        becomes("replies are hindered", Word.BlockedHere) { ana.now.hindrance() }
        ana.undoes("Customer")
        becomes("replies are not hindered", null) { ana.now.hindrance() }
        ana.settled()
        ana.writes("Sorry")
        becomes("a reply reaches them", listOf("Sorry")) { world.reached(number) }
    },
    Flow("a colleague writes, is seen, and taken over from") {
        val said = world.customer(freshNumber(), "Is anybody there?")
        val ana = hand("ana").live().opens(said)
        val ben = hand("ben").live().opens(said)
        // She goes on writing, however long it takes to be told.
        becomes("Ben is told who writes", "Ana") {
            ana.talk.type("Good morning, I")
            ben.now.composer
        }
        becomes("Ben sees what", "Good morning, I") {
            ana.talk.type("Good morning, I")
            ben.now.header?.colleagueDraft
        }
        ben.talk.takeOver()
        becomes("Ben holds it", Hold.Mine) { ben.now.header?.hold }
        ana.isTold("Ben")
        ensure(ana.composing.text == "Good morning, I") { "her text is ${ana.composing.text}" }
    },
    Flow("followed, and no longer") {
        val said = world.customer(freshNumber(), "It is about the invoice")
        val ana = hand("ana").live().opens(said)
        val ben = hand("ben").live().opens(said)
        ana.talk.follow(true)
        until("Ana follows") { ana.now.isFollowed }
        becomes("Ben sees it", listOf(world.agent("ana"))) { ben.now.header?.followers }
        ana.talk.follow(false)
        until("Ana does not") { !ana.now.isFollowed }
        becomes("Ben sees that as well", emptyList<String>()) { ben.now.header?.followers }
    },
    Flow("a colleague is called in a note") {
        val said = world.customer(freshNumber(), "Who sold me this?")
        val ana = hand("ana").live().opens(said)
        val ben = hand("ben").live().opens(said)
        ana.talk.setNote(true)
        val colleague = ana.colleague("Ben")
        ana.talk.type("Was it you, @B")
        ana.talk.mention(colleague.id, colleague.name)
        ensure(ana.composing.text == "Was it you, @Ben ") { "it says ${ana.composing.text}" }
        ana.talk.send()
        until("Ben reads it") { "Was it you, @Ben" in ben.texts() }
        becomes("Ben is called", listOf("Was it you, @Ben")) { world.calls("ben", said.conversation) }
    },
    Flow("read, and the badge goes down") {
        val number = freshNumber()
        world.customer(number, "One")
        val said = world.customer(number, "Two")
        val ana = hand("ana").live()
        becomes("two are unread", 2) { ana.row(said).unread }
        ana.opens(said)
        ana.talk.read()
        becomes("none is unread", 0) { ana.row(said).unread }
        world.customer(number, "Three")
        becomes("one is unread", 1) { ana.row(said).unread }
    },
    Flow("marked as unread, on another device too") {
        val number = freshNumber()
        world.customer(number, "One")
        val said = world.customer(number, "Two")
        val ana = hand("ana").live()
        val desk = hand("ana").live()
        ana.opens(said)
        ana.talk.read()
        becomes("none is unread", 0) { desk.row(said).unread }
        ana.talk.markUnread { ana.app.back() }
        becomes("the newest one is unread", 1) { desk.row(said).unread }
        becomes("here as well", 1) { ana.row(said).unread }
        ensure(ana.app.state.value.talk == null) { "it is open still" }
    },
    Flow("a name of the team's own, and theirs again") {
        val number = freshNumber()
        val said = world.customer(number, "It is me")
        val ana = hand("ana").live().opens(said)
        val ben = hand("ben").live().opens(said)
        ana.talk.name("Her of the blue bike")
        becomes("Ben reads it", "Her of the blue bike") { ben.now.title }
        becomes("and on his row", "Her of the blue bike") { ben.row(said).title }
        ana.talk.name(null)
        becomes("theirs is there again", "Customer $number") { ben.now.title }
    },
    Flow("away, and a colleague sees it") {
        val said = world.customer(freshNumber(), "Hello")
        val ana = hand("ana").live()
        val ben = hand("ben").live().opens(said)
        val me = world.agent("ana")
        suspend fun seen() = ben.session.desk.baton.people().agents.find { it.id == me }?.availability
        ana.session.desk.setAvailability(Availability.AWAY)
        becomes("Ben sees her away", Availability.AWAY) { seen() }
        ana.session.desk.setAvailability(Availability.AVAILABLE)
        becomes("Ben sees her back", Availability.AVAILABLE) { seen() }
    },
    Flow("what waits longest is taken next") {
        val said = world.customer(freshNumber(), "I wait longest")
        val ana = hand("ana").live()
        until("it is in her lists") { ana.row(said).holder is Holder.Team }
        // Others of the world may wait as well: she takes until it is hers.
        until("it is hers") {
            var taken: String? = null
            ana.session.inbox.takeNext { taken = it }
            until("it is taken") { taken != null || ana.told.any { "Nothing waits" in ana.said(it) } }
            world.owner(said.conversation) == world.agent("ana")
        }
        until("nothing is left") {
            ana.session.inbox.takeNext {}
            ana.told.any { "Nothing waits" in ana.said(it) }
        }
    },
    Flow("one more than one may have, by a supervisor") {
        val first = world.customer(freshNumber(), "Me first")
        val second = world.customer(freshNumber(), "And me")
        val admin = hand("admin").live().opens(first)
        val path = "/agents/${world.agent("admin")}"
        admin.talk.claim()
        until("the first is theirs") { admin.now.isMine }
        world.rest("admin", "PATCH", path, mapOf("capacity" to 1))
        try {
            admin.opens(second)
            admin.talk.claim()
            val item = eventually("the second is one too many") {
                admin.held.firstOrNull { it.conversation == second.conversation }
            }
            ensure(item.isClaimTooMany) { "it is ${item.review}" }
            admin.session.review.claimAnyway(item)
            becomes("it is theirs", world.agent("admin")) { world.owner(second.conversation) }
            admin.settled()
        } finally {
            world.rest("admin", "PATCH", path, mapOf("capacity" to null))
        }
    },
    Flow("called, told of it, and it is read") {
        val said = world.customer(freshNumber(), "Where is the invoice?")
        val ben = hand("ben").live().opens(said)
        ben.talk.setNote(true)
        val called = ben.colleague("Ana")
        ben.talk.mention(called.id, called.name)
        ben.talk.type("@Ana, the invoice?")
        ben.talk.send()
        val ana = hand("ana").live()
        val notices = ana.session.notices
        fun here() = notices.state.value.notices.find { it.conversation == said.conversation }
        val notice = eventually("Ana's list has it") {
            if (here() == null) notices.retry()
            here()
        }
        ensure(!notice.isRead && notice.by == world.agent("ben")) { "$notice" }
        ensure(notices.state.value.unread > 0) { "nothing is counted" }
        notices.read(notice)
        until("it is read") { here()?.isRead == true }
        notices.retry()
        until("the server has it as read") { !notices.state.value.isLoading && here()?.isRead == true }
    },
    Flow("each view has what it says") {
        val said = world.customer(freshNumber(), "Mine or nobody's?")
        val ana = hand("ana").live()
        suspend fun isIn(view: InboxView): Boolean {
            ana.session.inbox.choose(view)
            return ana.session.inbox.state.value.view == view && ana.rows.any { it.id == said.conversation }
        }
        until("nobody's") { isIn(InboxView.Unassigned) }
        ana.opens(said)
        ana.talk.claim()
        until("hers") { isIn(InboxView.Mine) }
        until("somebody owns it") {
            ana.session.inbox.choose(InboxView.Unassigned)
            val list = ana.session.inbox.state.first { it.view == InboxView.Unassigned }.list
            list is app.baton.app.model.ListState.Loaded && list.rows.none { it.id == said.conversation }
        }
        ana.talk.waitForCustomer()
        until("among those that wait") { isIn(InboxView.Waiting) }
    },
)

private suspend fun Hand.colleague(name: String): Holder.Colleague {
    val found = eventually("$name is a colleague") { now.names.colleagues.find { it.name == name } }
    return Holder.Colleague(found.id, found.name)
}
