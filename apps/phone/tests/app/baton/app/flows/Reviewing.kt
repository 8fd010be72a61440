// Flows of review: what was overtaken waits for its author, who decides.

package app.baton.app.flows

import app.baton.app.model.told
import app.baton.app.words.Language
import app.baton.app.words.Words
import app.baton.core.OutboxItem
import app.baton.suite.Said
import app.baton.suite.ensure
import app.baton.suite.freshNumber
import java.time.ZoneOffset

val reviewing = listOf(
    Flow("overtaken, reviewed, changed and sent") {
        val number = freshNumber()
        val said = world.customer(number, "Do you have it in green?")
        val ana = hand("ana").live().opens(said)
        val item = overtaken(ana, "Yes, in green.") { world.customer(number, "Rather in blue") }
        val missed = item.review?.missed.orEmpty().mapNotNull { it.text }
        ensure(missed == listOf("Rather in blue")) { "what was missed is $missed" }
        ensure(world.reached(number).isEmpty()) { "it left unread" }
        ana.session.review.edit(item.number, "Blue comes on Thursday.")
        ana.session.review.send(item)
        becomes("the changed one reached the customer", listOf("Blue comes on Thursday.")) { world.reached(number) }
        until("nothing needs Ana") { ana.held.isEmpty() }
    },
    Flow("overtaken by a colleague, and sent all the same") {
        val number = freshNumber()
        val said = world.customer(number, "How much is it?")
        val ana = hand("ana").live().opens(said)
        val item = overtaken(ana, "Ten.") {
            world.colleague("ben", said.conversation, "reply", "text" to "It is twelve.")
        }
        val english = Words(Language.ENGLISH, ZoneOffset.UTC)
        val why = item.review?.told("Customer $number", ana.session.desk.names.value)?.say(english).orEmpty()
        ensure("Ben" in why) { "it is told: $why" }
        ana.session.review.send(item)
        becomes("both reached the customer", listOf("It is twelve.", "Ten.")) { world.reached(number) }
        ana.settled()
    },
    Flow("overtaken, and kept as a note") {
        val number = freshNumber()
        val said = world.customer(number, "Is she there?")
        val ana = hand("ana").live().opens(said)
        val item = overtaken(ana, "She is at the back.") { world.customer(number, "Never mind") }
        ana.session.review.keepAsNote(item)
        ana.settled()
        becomes("the team reads it", listOf("She is at the back.")) { world.notes(said.conversation) }
        ensure(world.reached(number).isEmpty()) { "the customer got ${world.reached(number)}" }
    },
    Flow("overtaken, and discarded") {
        val number = freshNumber()
        val said = world.customer(number, "Are you open?")
        val ana = hand("ana").live().opens(said)
        val item = overtaken(ana, "We are.") { world.customer(number, "I see you are") }
        ana.session.review.discard(item)
        ana.settled()
        until("it is gone from the screen") { "We are." !in ana.texts() }
        ana.writes("Welcome!")
        becomes("the next one alone came", listOf("Welcome!")) { world.reached(number) }
    },
    Flow("what needs its author outlives the app") {
        val number = freshNumber()
        val said = world.customer(number, "Which size?")
        val ana = hand("ana").live().opens(said)
        overtaken(ana, "Large.") { world.customer(number, "For a child") }
        val later = again(ana, "ana").signsIn().live()
        val item = later.needsReview("Large.")
        becomes("the row says so", true) { later.row(said).needsReview }
        becomes("what was missed is there", listOf("For a child")) { item.review?.missed?.map { it.text } }
        later.session.review.edit(item.number, "Small.")
        later.session.review.send(item)
        becomes("the changed one came", listOf("Small.")) { world.reached(number) }
        later.settled()
    },
    Flow("two of one conversation, decided one by one") {
        val number = freshNumber()
        val said = world.customer(number, "Two questions")
        val ana = hand("ana").live().opens(said)
        ana.offline()
        for (text in listOf("One answer", "Another answer")) {
            ana.writes(text)
            ana.hasKept(text)
        }
        world.customer(number, "Or three")
        ana.online()
        val first = ana.needsReview("One answer")
        ana.session.review.send(first)
        until("the first reached the customer") { "One answer" in world.reached(number) }
        // The second is held by itself where what was missed concerns it as well.
        until("the second is decided or gone") {
            ana.held.find { it.text == "Another answer" }?.let { ana.session.review.send(it) }
            "Another answer" in world.reached(number)
        }
        ana.settled()
        val came = world.reached(number)
        ensure(came == listOf("One answer", "Another answer")) { "$came came" }
    },
)

/** A reply that something overtook while this hand had no network; it needs its author. */
private suspend fun Stage.overtaken(ana: Hand, text: String, by: suspend () -> Any): OutboxItem {
    ana.offline()
    ana.writes(text)
    ana.hasKept(text)
    by()
    ana.online()
    return ana.needsReview(text)
}
