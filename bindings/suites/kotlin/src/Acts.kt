// What an agent does, offline and on, and what needs review.

package app.baton.suite

import app.baton.core.Act
import app.baton.core.ActKind
import app.baton.core.Choice
import app.baton.core.ChoiceKind
import app.baton.core.Event
import app.baton.core.ForwardedFrom
import app.baton.core.GoneHow
import app.baton.core.Header
import app.baton.core.Kept
import app.baton.core.Line
import app.baton.core.LineStatus
import app.baton.core.Listener
import app.baton.core.OutboxItem
import app.baton.core.ReviewCode
import app.baton.core.Stage as At
import app.baton.core.TimelineEntry
import app.baton.core.header
import java.util.concurrent.atomic.AtomicBoolean
import kotlin.random.Random
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.async
import kotlinx.coroutines.awaitAll
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch

val acts = listOf(
    Scenario(3) {
        val ana = agent("ana")
        val number = freshNumber()
        val said = world.customer(number, "What does it cost?")
        val recorder = TimelineRecorder()
        ana.baton.watchTimeline(said.conversation, recorder)
        until("the line is told") { recorder.states.lastOrNull()?.size == 1 }
        // The server is slow to answer: the echo does not wait for it.
        val slow = "Twelve. ${opId()}"
        world.cut(ana.way, "stall")
        val first = ana.replies(said, slow).opId
        until("the echo is told", 2_000) { recorder.states.last().any { it.isEchoOf(first) } }
        world.cut(ana.way, "pass")
        ana.baton.networkChanged()
        recorder.delivers(first)
        // The server is fast.
        val seen = ana.linesOf(said, 2)
        val fast = "Or twenty for two. ${opId()}"
        val second = ana.acts(said.conversation, Act.Reply(fast, seen.seen, null)).opId
        recorder.delivers(second)
        val echoes = recorder.states.filter { state -> state.any { it.isEchoOf(first) } }
        val lines = recorder.states.filter { state -> state.any { it.isLineOf(first) } }
        val echoAt = echoes.last().indexOfFirst { it.isEchoOf(first) }
        val lineAt = lines.first().indexOfFirst { it.isLineOf(first) }
        ensure(echoAt == lineAt) { "the echo was at $echoAt, the line is at $lineAt" }
        for (op in listOf(first, second)) {
            recorder.states.dropWhile { state -> state.none { it.isOf(op) } }.forEach { state ->
                val shown = state.count { it.isOf(op) }
                ensure(shown == 1) { "a reply is in one batch $shown times" }
            }
        }
        reachedOnce(number, slow)
        reachedOnce(number, fast)
    },
    Scenario(33) {
        val ana = agent("ana")
        val number = freshNumber()
        val said = world.customer(number, "Hello?")
        ana.replies(said, "Yes, here")
        ana.linesOf(said, 2)
        world.customer(number, "Are you there?", agoS = 60)
        val shown = ana.linesOf(said, 3)
        val order = listOf("Are you there?", "Hello?", "Yes, here")
        ensure(shown.lines.map { it.text } == order) { "the lines are ${shown.lines}" }
        ana.acts(said.conversation, Act.Reply("Still here", shown.seen, null))
        ana.settled()
        reachedOnce(number, "Still here")
    },
    Scenario(41) {
        val ana = agent("ana")
        val number = freshNumber()
        val from = world.customer(freshNumber(), "1 High Street")
        val to = world.customer(number, "Where is it?")
        ana.linesOf(from, 1)
        val seen = ana.linesOf(to, 1).seen
        ana.baton.network(false)
        val forward = Act.Forward(from.conversation, from.line.id, seen)
        val kept = ana.acts(to.conversation, forward)
        val item = ana.baton.outbox().single { it.number == kept.number }
        ensure(item.kind == ActKind.FORWARD) { "queued is $item" }
        ana.baton.network(true)
        ana.settled()
        reachedOnce(number, "1 High Street")
        val line = ana.linesOf(to, 2).lines.last()
        val source = ForwardedFrom(from.conversation, from.line.id)
        ensure(line.forwardedFrom == source) { "it comes from ${line.forwardedFrom}" }
        ana.timelineUntil(from.conversation, "its old place says so") { shown ->
            shown.lines.single().forwarded == 1u
        }
    },
    Scenario(42) {
        val ana = agent("ana")
        val number = freshNumber()
        val said = world.customer(number, "hello")
        ana.linesOf(said, 1)
        val before = List(5) { "before $it" }
        world.history(number, before)
        var page: String? = eventually("there is something from before") {
            ana.baton.olderLines(said.conversation, 1u, 1u).past
        }
        val found = ArrayDeque<Line>()
        while (page != null) {
            val told = ana.baton.pastLines(said.conversation, page, 2u)
            found.addAll(0, told.lines)
            page = told.past
        }
        ensure(found.map { it.text } == before) { "found is $found" }
        ensure(found.all { it.seq == 0uL }) { "one is numbered: $found" }
        val texts = ana.linesOf(said, 1).lines.map { it.text }
        ensure(texts == listOf("hello")) { "the conversation has $texts" }
    },
    Scenario(6) {
        val ana = agent("ana")
        val number = freshNumber()
        val said = world.customer(number, "anyone?")
        val epoch = ana.headerOf(said).ownerEpoch
        ana.baton.network(false)
        val tag = opId()
        val reply = ana.replies(said, "reply $tag")
        val note = ana.acts(said.conversation, Act.Note("note $tag"))
        val claim = ana.acts(said.conversation, Act.Claim(epoch))
        val queued = ana.baton.outbox().map { it.number }
        ensure(queued == listOf(reply, note, claim).map { it.number }) { "queued are $queued" }
        ana.timelineUntil(said.conversation, "the echoes are shown") { shown ->
            val texts = shown.entries.map { it.text }
            "reply $tag" in texts && "note $tag" in texts
        }
        ana.baton.network(true)
        ana.settled()
        reachedOnce(number, "reply $tag")
        ensure("note $tag" in world.notes(said.conversation)) { "the note is not on the server" }
        ensure(world.owner(said.conversation) == world.agent("ana")) { "Ana does not own it" }
        until("they are told as acknowledged") {
            ana.removed().filter { it.second == GoneHow.ACKNOWLEDGED }.map { it.first }
                .containsAll(queued)
        }
        // In this order: the claim never is on its way while the reply still waits.
        val told = ana.heard.events.filterIsInstance<Event.Outbox>().flatMap { it.shown }
        val replyAt = told.indexOfFirst { it.number == reply.number && it.stage.hasLeft() }
        val claimAt = told.indexOfFirst { it.number == claim.number && it.stage.hasLeft() }
        ensure(replyAt in 0 until claimAt) {
            "the claim overtook: " + told.joinToString { "${it.number} ${it.stage}" }
        }
    },
    Scenario(7) {
        val ana = agent("ana")
        val said = world.customer(freshNumber(), "hm?")
        val epoch = ana.headerOf(said).ownerEpoch
        ana.baton.network(false)
        val tag = opId()
        val reply = ana.replies(said, "mine $tag")
        ana.acts(said.conversation, Act.Note("note $tag"))
        val claim = ana.acts(said.conversation, Act.Claim(epoch))
        world.colleague("ben", said.conversation, "reply", "text" to "Ben was first $tag")
        world.colleague("ben", said.conversation, "claim")
        ana.baton.network(true)
        val held = ana.held(reply.number)
        val review = held.review ?: throw Failed("no review: $held")
        ensure(review.code == ReviewCode.STALE) { "its code is ${review.code}" }
        val missed = review.missed.map { it.text }
        ensure(missed == listOf("Ben was first $tag")) { "missed is $missed" }
        ensure(ChoiceKind.SEND_ANYWAY in review.choices) { "choices are ${review.choices}" }
        until("the note is on the server") { "note $tag" in world.notes(said.conversation) }
        val late = ana.item(claim.number, "the claim is in review or behind") {
            it.stage == At.NEEDS_REVIEW || it.stage == At.BEHIND
        }
        val tellsIt = when (late.stage) {
            At.BEHIND -> late.behind == reply.number
            else -> late.review?.winner == world.agent("ben")
        }
        ensure(tellsIt) { "the claim tells $late" }
        ensure(world.lines(said.conversation).none { it == "mine $tag" }) { "the reply went out" }
        until("the number of acts in review is told") { ana.baton.needsReview.value >= 1u }
    },
    Scenario(8) {
        val ana = agent("ana")
        val number = freshNumber()
        val said = world.customer(number, "well?")
        val held = overtaken(ana, said, "sent anyway ${opId()}")
        val shown = ana.linesOf(said, 2)
        ana.baton.choose(held.number, Choice.SendAnyway(shown.seen))
        val before = held.opId
        reachedOnce(number, held.text)
        ana.settled()
        val line = ana.linesOf(said, 3).lines.last()
        ensure(line.opId != null && line.opId != before) { "it left under ${line.opId}, as before" }
    },
    Scenario(9) {
        val ana = agent("ana")
        val number = freshNumber()
        val said = world.customer(number, "well?")
        val held = overtaken(ana, said, "to the team ${opId()}")
        ana.baton.choose(held.number, Choice.TurnIntoNote)
        ana.settled()
        ensure(held.text in world.notes(said.conversation)) { "there is no note" }
        ensure(held.text !in world.lines(said.conversation)) { "there is a line as well" }
        val other = world.customer(freshNumber(), "and?")
        val dropped = overtaken(ana, other, "never mind ${opId()}")
        ana.baton.choose(dropped.number, Choice.Discard)
        ana.settled()
        val how = eventually("its end is told") {
            ana.removed().lastOrNull { it.first == dropped.number }?.second
        }
        ensure(how == GoneHow.DISCARDED) { "it went as $how" }
        val texts = world.lines(other.conversation) + world.notes(other.conversation)
        ensure(dropped.text !in texts) { "it is on the server" }
        ensure(world.reached(number).none { it == held.text }) { "the customer got the note" }
    },
    Scenario(10) {
        val ana = agent("ana")
        val number = freshNumber()
        val said = world.customer(number, "well?")
        val held = overtaken(ana, said, "old words ${opId()}")
        val shown = ana.linesOf(said, 2)
        val better = "new words ${opId()}"
        ana.baton.choose(held.number, Choice.Edit(better, shown.seen))
        reachedOnce(number, better)
        ana.settled()
        ensure(held.text !in world.reached(number)) { "the old text went out too" }
    },
    Scenario(11) {
        val ana = agent("ana")
        val number = freshNumber()
        val said = world.customer(number, "two taps")
        ana.linesOf(said, 1)
        val op = opId()
        val text = "same id $op"
        val taps = twice { ana.baton.act(said.conversation, Act.Reply(text, said.line, null), op) }
        ensure(taps.count { it.isNew } == 1) { "new are ${taps.map { it.isNew }}" }
        ensure(taps.map { it.opId }.toSet() == setOf(op)) { "the ids are ${taps.map { it.opId }}" }
        reachedOnce(number, text)
        ana.settled()
        val other = freshNumber()
        val again = world.customer(other, "two more")
        ana.linesOf(again, 1)
        val same = "same text ${opId()}"
        val two = twice { ana.replies(again, same) }
        ensure(two.count { it.isNew } == 1) { "new are ${two.map { it.isNew }}" }
        reachedOnce(other, same)
        ana.settled()
        val lines = world.lines(again.conversation).count { it == same }
        ensure(lines == 1) { "there are $lines lines" }
    },
    Scenario(12) {
        val ana = agent("ana")
        val ben = agent("ben")
        val said = world.customer(freshNumber(), "who takes me?")
        val epochs = listOf(ana, ben).map { it to it.headerOf(said).ownerEpoch }
        val claims = coroutineScope {
            epochs.map { (phone, epoch) ->
                async(Dispatchers.IO) { phone to phone.acts(said.conversation, Act.Claim(epoch)) }
            }.awaitAll()
        }
        val owner = eventually("somebody owns it") { world.owner(said.conversation) }
        val (winner, loser) = claims.partition { (phone, _) -> world.agent(phone.who) == owner }
        ensure(winner.size == 1 && loser.size == 1) { "the owner is $owner" }
        val (slow, claim) = loser.single()
        val item = slow.held(claim.number)
        ensure(item.review?.winner == owner) { "it names ${item.review?.winner} and not $owner" }
        winner.single().first.settled()
        slow.baton.choose(claim.number, Choice.Discard)
        slow.settled()
    },
    Scenario(18) {
        repeat(4) { turn ->
            val sends = AtomicBoolean()
            val watch = object : Listener {
                override fun onEvent(event: Event) {
                    val leaves = { item: OutboxItem ->
                        item.stage == At.SENDING && item.kind == ActKind.REPLY
                    }
                    if (event is Event.Outbox && event.shown.any(leaves)) sends.set(true)
                }
            }
            val ana = phone("ana").open(watch).looks()
            ana.signIn()
            ana.live()
            val number = freshNumber()
            val said = world.customer(number, "can you hear me?")
            ana.linesOf(said, 1)
            val text = "answer $turn ${opId()}"
            val kept = ana.replies(said, text)
            within("it leaves") { while (!sends.get()) delay(1) }
            world.cut(ana.way, "stall")
            delay(Random.nextLong(50, 400))
            world.cut(ana.way, "pass")
            ana.baton.networkChanged()
            ana.live()
            ana.settled()
            reachedOnce(number, text)
            val lines = ana.timelineUntil(said.conversation, "the line is there") { shown ->
                shown.lines.any { it.opId == kept.opId }
            }.lines.count { it.text == text }
            ensure(lines == 1) { "there are $lines lines" }
        }
    },
    Scenario(24) {
        val ana = agent("ana")
        val said = world.customer(freshNumber(), "cancel?")
        ana.linesOf(said, 1)
        ana.baton.network(false)
        val tag = opId()
        coroutineScope {
            repeat(20) { turn ->
                // Half of them are cancelled before they begin, or as they do.
                val isHalf = turn % 2 == 0
                val start = if (isHalf) CoroutineStart.DEFAULT else CoroutineStart.UNDISPATCHED
                val call = launch(Dispatchers.IO, start) {
                    ana.acts(said.conversation, Act.Note("note $turn $tag"))
                }
                val pause = System.nanoTime() + turn * 40_000L
                while (System.nanoTime() < pause) Thread.onSpinWait()
                call.cancelAndJoin()
            }
        }
        // A call later than all of them: what they did is done.
        val kept = ana.acts(said.conversation, Act.Note("last $tag"))
        val texts = ana.baton.outbox().map { it.text }
        ensure(texts.size == texts.toSet().size) { "an act is there twice: $texts" }
        ensure(ana.baton.outbox().any { it.number == kept.number }) { "the last is not there" }
        ana.baton.network(true)
        ana.settled()
        val notes = world.notes(said.conversation)
        ensure(notes.sortedBy { it } == texts.sortedBy { it }) {
            "on the server are $notes, queued were $texts"
        }
        System.err.println("scenario 24: ${texts.size - 1} of 20 cancelled calls had acted")
    },
)

private fun At.hasLeft() = this == At.SENDING || this == At.ACKNOWLEDGED

private fun TimelineEntry.isEchoOf(op: String) = this is TimelineEntry.Echo && item.opId == op

private fun TimelineEntry.isLineOf(op: String) = this is TimelineEntry.Line && line.opId == op

private fun TimelineEntry.isOf(op: String) = isEchoOf(op) || isLineOf(op)

private suspend fun Phone.held(number: ULong): OutboxItem =
    item(number, "the act needs review") { it.stage == At.NEEDS_REVIEW }

suspend fun Phone.headerOf(said: Said): Header {
    val told = within("the header is told") {
        baton.header(said.conversation).first { it.header != null }
    }
    return told.header ?: throw Failed("there is no header")
}

/** The reply has become a line, and the customer has it. */
private suspend fun TimelineRecorder.delivers(op: String) =
    until("the reply was delivered", BACK_MS) {
        states.last().any {
            it is TimelineEntry.Line && it.isOf(op) && it.line.status == LineStatus.DELIVERED
        }
    }

/** What the app was told of acts that went. */
private fun Phone.removed(): List<Pair<ULong, GoneHow>> =
    heard.events.filterIsInstance<Event.Outbox>().flatMap { it.gone }.map { it.number to it.how }

internal suspend fun Stage.reachedOnce(number: String, text: String?) {
    until("the customer gets it") { text in world.reached(number) }
    val times = world.reached(number).count { it == text }
    ensure(times == 1) { "the customer got it $times times" }
}

/** A reply that Ben's overtook while Ana had no network. */
private suspend fun Stage.overtaken(ana: Phone, said: Said, text: String): OutboxItem {
    ana.linesOf(said, 1)
    ana.baton.network(false)
    val kept = ana.replies(said, text)
    world.colleague("ben", said.conversation, "reply", "text" to "Ben was first ${opId()}")
    ana.baton.network(true)
    return ana.held(kept.number)
}

private suspend fun twice(act: suspend () -> Kept): List<Kept> = coroutineScope {
    List(2) { async(Dispatchers.IO) { act() } }.awaitAll()
}
