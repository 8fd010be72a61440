// Flows of the tools at the composer, with settings as a desk makes them.

package app.baton.app.flows

import app.baton.app.model.Home
import app.baton.app.model.Sheet
import app.baton.app.model.SourcesState
import app.baton.app.model.asksSources
import app.baton.app.model.card
import app.baton.app.model.fillBlank
import app.baton.app.model.insert
import app.baton.app.model.leaving
import app.baton.app.model.leftDraft
import app.baton.app.model.resolve
import app.baton.app.model.resolveAs
import app.baton.app.model.sendNow
import app.baton.app.model.tag
import app.baton.app.model.tagsOf
import app.baton.app.model.undo
import app.baton.app.model.useDraft
import app.baton.core.ContextWhy
import app.baton.core.LineStatus
import app.baton.core.Status
import app.baton.suite.Fields
import app.baton.suite.Said
import app.baton.suite.ensure
import app.baton.suite.freshNumber
import app.baton.suite.opId

internal val everyone = mapOf("kind" to "workspace")

internal fun made(kind: String, id: String, body: Fields, home: Fields = everyone): Fields =
    mapOf("kind" to kind, "id" to id, "put" to mapOf("home" to home, "body" to body))

internal suspend fun Hand.homeOf(said: Said): Home {
    row(said)
    return eventually("its team is known") { session.desk.homes[said.conversation] }
}

private fun word() = "w" + opId().takeLast(8)

val tooling = listOf(
    Flow("a canned reply, its blank filled in, and what is done then") {
        val number = freshNumber()
        val said = world.customer(number, "When does it come?")
        val (tag, reply) = opId() to opId()
        val word = word()
        val then = listOf(mapOf("do" to "tag", "tag" to tag))
        val text = "{{customer.first_name}}, parcel {{ask:Parcel number}} comes today. {{agent.first_name}}"
        world.puts(
            made("tag", tag, mapOf("name" to word)),
            made("canned_reply", reply, mapOf("shortcut" to word, "title" to word, "text" to text, "then" to then)),
        )
        val ana = hand("ana").live().opens(said)
        val offered = eventually("it is offered") {
            ana.talk.type("/" + word.take(7))
            ana.now.offered?.find { it.reply.id == reply }?.reply
        }
        ana.talk.insert(offered)
        becomes("its blank is left", listOf("Parcel number")) { ana.composing.blanks }
        ana.talk.send()
        ensure(world.reached(number).isEmpty()) { "it left with a blank" }
        ana.talk.fillBlank("4471")
        val whole = "Customer, parcel 4471 comes today. Ana"
        becomes("it is whole", whole) { ana.composing.text }
        ana.talk.send()
        becomes("it reaches the customer", listOf(whole)) { world.reached(number) }
        becomes("it is tagged", listOf(word)) { tagsOf(ana.now.header?.tags.orEmpty(), ana.now.tags).map { it.name } }
    },
    Flow("tagged, and the tag taken off") {
        val said = world.customer(freshNumber(), "It is urgent")
        val tag = opId()
        val word = word()
        world.puts(made("tag", tag, mapOf("name" to word)))
        val ana = hand("ana").live().opens(said)
        val ben = hand("ben").live().opens(said)
        until("the tag is known") { ana.now.tags.any { it.id == tag } }
        ana.talk.tag(tag, true)
        becomes("Ben sees it", listOf(tag)) { ben.now.header?.tags }
        becomes("and in his list, by name", listOf(word)) { ben.row(said).tags }
        ana.talk.tag(tag, false)
        becomes("Ben sees it gone", emptyList<String>()) { ben.now.header?.tags }
        becomes("and gone in his list", emptyList<String>()) { ben.row(said).tags }
    },
    Flow("the card says what the team's own programs know") {
        val number = freshNumber()
        val said = world.customer(number, "Where is my order?")
        val (shop, gone) = opId() to opId()
        for ((id, name) in listOf(shop to "source", gone to "gone")) {
            val body = mapOf("name" to name, "url" to "${world.address}/$name", "enabled" to true)
            world.puts(made("context_source", id, body))
            world.rest("admin", "POST", "/context-sources/$id/secrets")
        }
        try {
            val ana = hand("ana").live().opens(said)
            ana.talk.card()
            val told = eventually("they have answered") { (ana.now.sources as? SourcesState.Asked)?.all }
            val rows = told.single { it.id == shop }.rows.map { it.label to it.value }
            ensure(rows == listOf("Number" to number)) { "it says $rows" }
            val why = told.single { it.id == gone }.why
            ensure(why == ContextWhy.DOWN) { "it is $why" }
            val ben = hand("ben").live().opens(said)
            world.cut(ben.way, "refuse")
            ben.talk.card()
            until("Ben's phone says that nobody was asked") { ben.now.sources is SourcesState.Away }
            world.cut(ben.way, "pass")
            ben.talk.asksSources()
            until("they are asked") { ben.now.sources is SourcesState.Asked }
        } finally {
            for (id in listOf(shop, gone)) world.puts(mapOf("kind" to "context_source", "id" to id, "expect" to 2))
        }
    },
    Flow("how it ends is asked, and told") {
        val said = world.customer(freshNumber(), "I take it")
        val ana = hand("ana").live()
        val team = ana.homeOf(said).team
        val sold = opId()
        val ends = listOf(mapOf("id" to sold, "name" to "Sold"))
        val home = mapOf("kind" to "team", "id" to team)
        world.puts(made("outcomes", team, mapOf("ask" to "required", "list" to ends), home))
        until("that is known") { ana.session.desk.baton.outcomes(team).list.isNotEmpty() }
        ana.opens(said)
        val outcome = eventually("it is asked") {
            val sheet = ana.now.sheet as? Sheet.HowItEnds
            // Who asks again closes what was asked.
            if (sheet == null) ana.talk.resolve()
            sheet?.outcomes?.list?.find { it.id == sold }
        }
        ensure(ana.now.header?.status is Status.Open) { "it is ${ana.now.header?.status}" }
        ana.talk.resolveAs(outcome, "")
        until("it is resolved") { ana.now.header?.status is Status.Resolved }
        becomes("it ended as sold", listOf<String?>("Sold")) {
            ana.session.desk.baton.episodes(said.conversation).map { it.outcome }
        }
        world.puts(mapOf("kind" to "outcomes", "id" to team, "expect" to 1))
    },
    Flow("taken back while it waits, and sent at once") {
        val number = freshNumber()
        val said = world.customer(number, "How much is it?")
        val ana = hand("ana").live()
        val team = ana.homeOf(said).team
        val home = mapOf("kind" to "team", "id" to team)
        world.puts(made("team_policy", team, mapOf("undo_s" to 10), home))
        until("the policy is known") { ana.session.desk.baton.teamPolicy(team).undoS == 10u }
        ana.opens(said)
        // On a slow machine a message may have left before one looks.
        val left = listOf("1 euro", "2 euros", "3 euros").takeWhile { text ->
            ana.writes(text)
            val line = eventually("it waits, or has left") { ana.now.leaving ?: ana.lineOf(text) }
            ana.talk.undo(line)
            eventually("it is over") { ana.lineOf(text)?.takeIf { it.status !in setOf(LineStatus.QUEUED, LineStatus.SENDING) } }
                .status != LineStatus.CANCELLED
        }
        ensure(left.size < 3) { "nothing was taken back in time" }
        val back = listOf("1 euro", "2 euros", "3 euros")[left.size]
        becomes("its words are in the field again", back) { ana.composing.text }
        ana.talk.type("40 euros")
        ana.talk.send()
        val line = eventually("it waits, or has left") { ana.now.leaving ?: ana.lineOf("40 euros") }
        ana.talk.sendNow(line)
        becomes("only that reaches the customer", left + "40 euros") { world.reached(number) }
        world.puts(mapOf("kind" to "team_policy", "id" to team, "expect" to 1))
    },
    Flow("what one typed and left is there for a colleague") {
        val said = world.customer(freshNumber(), "Is it in blue?")
        val ana = hand("ana").live().opens(said)
        val ben = hand("ben").live()
        val text = "We have it in blue, and"
        until("the server keeps what Ana typed") {
            ana.talk.type(text)
            ben.session.desk.baton.keptDrafts(said.conversation).any { it.text == text }
        }
        closes(ana)
        ben.opens(said)
        val draft = eventually("Ben sees it") { ben.now.leftDraft?.takeIf { it.text == text } }
        ensure(draft.agent == world.agent("ana")) { "it is of ${draft.agent}" }
        ben.talk.useDraft(draft)
        becomes("it is in his field", text) { ben.composing.text }
        ensure(ben.now.leftDraft == null) { "it is still offered" }
    },
)
