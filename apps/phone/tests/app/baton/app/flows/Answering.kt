// Flows of answering: replies, notes, drafts, and what becomes of them when the app or its way dies.

package app.baton.app.flows

import app.baton.app.model.Entry
import app.baton.app.model.isReplaceable
import app.baton.app.model.reactionsAt
import app.baton.app.model.replace
import app.baton.core.LineStatus
import app.baton.core.ReviewCode
import app.baton.suite.ensure
import app.baton.suite.freshNumber
import kotlin.random.Random
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancel
import kotlinx.coroutines.launch

/** What a process writes that is killed. */
const val KILLED = "Tomorrow at nine."

val answering = listOf(
    Flow("signed in, listed, replied") {
        val number = freshNumber()
        val said = world.customer(number, "Is it open today?")
        val ana = hand("ana").live().opens(said)
        ana.writes("Until eight.")
        becomes("it reached the customer", listOf("Until eight.")) { world.reached(number) }
        becomes("the line is there, once", listOf("Is it open today?", "Until eight.")) { ana.texts() }
        ensure(ana.composing.text.isEmpty()) { "the field is not empty" }
    },
    Flow("a reply in a tunnel") {
        val number = freshNumber()
        val said = world.customer(number, "Where is my order?")
        val ana = hand("ana").live().opens(said)
        ana.offline()
        ana.writes("I will look.")
        ana.hasKept("I will look.")
        becomes("it is told that one waits", 1) { ana.session.desk.stand.value.waiting }
        ensure(world.reached(number).isEmpty()) { "it left without a network" }
        ana.online()
        becomes("it reached the customer", listOf("I will look.")) { world.reached(number) }
        becomes("nothing waits", 0) { ana.session.desk.stand.value.waiting }
    },
    Flow("three in a tunnel, in their order") {
        val number = freshNumber()
        val said = world.customer(number, "Tell me all")
        val ana = hand("ana").live().opens(said)
        ana.offline()
        val texts = listOf("First,", "second,", "and third.")
        for (text in texts) {
            ana.writes(text)
            ana.hasKept(text)
        }
        ana.online()
        becomes("all reached the customer", texts) { world.reached(number) }
        becomes("they are lines, once", listOf("Tell me all") + texts) { ana.texts() }
    },
    Flow("withdrawn before it left") {
        val number = freshNumber()
        val said = world.customer(number, "And the price?")
        val ana = hand("ana").live().opens(said)
        ana.offline()
        ana.writes("Ten")
        ana.hasKept("Ten")
        ana.talk.withdraw(ana.waiting.single().number)
        // Its author decides what becomes of the text.
        val item = ana.needsReview("Ten")
        ensure(item.review?.code == ReviewCode.WITHDRAWN) { "it is held as ${item.review?.code}" }
        ana.session.review.discard(item)
        until("it is gone from the screen") { "Ten" !in ana.texts() }
        ana.writes("Twenty")
        ana.online()
        becomes("the other one alone left", listOf("Twenty")) { world.reached(number) }
        ana.settled()
    },
    Flow("quoted") {
        val number = freshNumber()
        world.customer(number, "Red or blue?")
        val said = world.customer(number, "And when?")
        val ana = hand("ana").live().opens(said)
        ana.talk.quote(ana.line("Red or blue?"))
        ana.writes("Blue.")
        becomes("it reached the customer", listOf("Blue.")) { world.reached(number) }
        becomes("the line says to what", "Red or blue?") {
            ana.entries().filterIsInstance<Entry.Said>().find { it.line.id == ana.lineOf("Blue.")?.id }?.quoted
        }
        ensure(ana.composing.quoted == null) { "the next one quotes as well" }
    },
    Flow("what did not arrive, and another in its place") {
        val number = freshNumber()
        val said = world.customer(number, "When?")
        val ana = hand("ana").live().opens(said)
        world.blocks(number, true)
        ana.writes("At ten")
        val failed = eventually("it does not arrive") { ana.lineOf("At ten")?.takeIf { it.isReplaceable } }
        world.blocks(number, false)
        ana.talk.replace(failed)
        ensure(ana.composing.text == "At ten") { "its words are ${ana.composing.text}" }
        ana.writes("At eleven")
        becomes("the other one reached the customer", listOf("At eleven")) { world.reached(number) }
        becomes("it leaves no more", LineStatus.CANCELLED) { ana.lineOf("At ten")?.status }
        ensure(ana.composing.replaces == null) { "the next one takes its place as well" }
    },
    Flow("a reaction, and taken back") {
        val number = freshNumber()
        val said = world.customer(number, "Thank you!")
        val ana = hand("ana").live().opens(said)
        val ben = hand("ben").live().opens(said)
        fun Hand.seen() = reactionsAt(line = lineOf("Thank you!") ?: error("no line"), now.lines)
        ana.talk.react(ana.line("Thank you!"), "👍")
        becomes("Ana sees it at its line", listOf("👍")) { ana.seen() }
        becomes("Ben sees it at its line", listOf("👍")) { ben.seen() }
        becomes("it reached the customer", listOf("reaction")) { world.kindsReached(number) }
        ana.talk.react(ana.line("Thank you!"), null)
        becomes("Ben sees none", emptyList()) { ben.seen() }
        becomes("Ana sees none", emptyList()) { ana.seen() }
    },
    Flow("ten, while the way is cut at random") {
        val number = freshNumber()
        val said = world.customer(number, "Count to ten")
        val ana = hand("ana").live().opens(said)
        val texts = List(10) { "number ${it + 1}" }
        for (text in texts) {
            ana.writes(text)
            until("\"$text\" is there") { text in ana.texts() }
            world.cut(ana.way, listOf("pass", "refuse", "stall", "slow").random())
        }
        world.cut(ana.way, "pass")
        ana.session.desk.baton.networkChanged()
        becomes("each came once, in order", texts) { world.reached(number) }
        ana.settled()
        becomes("each is a line, once", listOf("Count to ten") + texts) { ana.texts() }
    },
    Flow("killed with a reply in hand, and back") {
        val number = freshNumber()
        val said = world.customer(number, "Can you deliver tomorrow?")
        val directory = fresh()
        val way = world.way()
        val writer = process("--writes", directory, way, said)
        val told = writer.inputReader()
        check(told.readLine() == "listening") { "it does not begin" }
        world.cut(way, "refuse")
        writer.outputWriter().apply { write("go\n"); flush() }
        check(told.readLine() == "kept") { "it kept nothing" }
        // The process dies as a phone kills it: at once, with nothing said.
        writer.destroyForcibly().waitFor()
        world.cut(way, "pass")
        val ana = hand("ana", way, directory).live()
        becomes("it reached the customer", listOf(KILLED)) { world.reached(number) }
        ana.settled()
        ana.opens(newest(said))
        ana.writes("Is that well?")
        becomes("it never came twice", listOf(KILLED, "Is that well?")) { world.reached(number) }
        becomes("it is there once", 1) { ana.texts().count { it == KILLED } }
    },
    Flow("killed at random while it writes, three times") {
        repeat(3) {
            val number = freshNumber()
            val said = world.customer(number, "Go on")
            val directory = fresh()
            val way = world.way()
            val writer = process("--floods", directory, way, said)
            val told = writer.inputReader()
            check(told.readLine() == "listening") { "it does not begin" }
            writer.outputWriter().apply { write("go\n"); flush() }
            val kept = List(Random.nextInt(1, 6)) { told.readLine() ?: error("it died by itself") }
            writer.destroyForcibly().waitFor()
            val ana = hand("ana", way, directory).live()
            ana.settled()
            ana.opens(newest(said))
            ana.writes("The end")
            until("the last one came") { "The end" in world.reached(number) }
            val came = world.reached(number)
            // One more may have been kept before it was told.
            val whole = List(came.size - 1) { at -> "flood $at" } + "The end"
            ensure(came == whole && came.size > kept.size) { "kept was $kept, $came came" }
        }
    },
    Flow("a note's text stays with its author") {
        val said = world.customer(freshNumber(), "Hello?")
        val ana = hand("ana").live().opens(said)
        val ben = hand("ben").live().opens(said)
        val watch = CoroutineScope(Dispatchers.Default + Job())
        val seen = java.util.concurrent.ConcurrentHashMap.newKeySet<String>()
        watch.launch { ben.talk.state.collect { state -> state.header?.colleagueDraft?.let { seen += it } } }
        ana.talk.setNote(true)
        ana.talk.type("She pays late")
        until("it is kept as a note") { ana.session.desk.baton.draft(said.conversation)?.isNote == true }
        ana.talk.send()
        until("Ben reads the note") { "She pays late" in ben.texts() }
        ana.talk.setNote(false)
        ana.talk.type("Good morning")
        // What is told later came after all that was told before.
        until("Ben sees what she writes") { "Good morning" in seen }
        ensure(seen.none { "pays" in it }) { "Ben saw $seen" }
        watch.cancel()
    },
    Flow("a draft outlives the app") {
        val said = world.customer(freshNumber(), "Do you repair?")
        val ana = hand("ana").live().opens(said)
        ana.talk.type("Yes, bring it")
        becomes("it is kept", "Yes, bring it") { ana.session.desk.baton.draft(said.conversation)?.text }
        val later = again(ana, "ana").signsIn().live()
        becomes("the row says so", true) { later.row(said).hasDraft }
        later.opens(said)
        becomes("it is in the field", "Yes, bring it") { later.composing.text }
    },
)
