// Composing, the background, and ways that are cut.

package app.baton.suite

import app.baton.core.Act
import app.baton.core.CannedMessage
import app.baton.core.ContactField
import app.baton.core.Draft
import app.baton.core.Event
import app.baton.core.FieldValue
import app.baton.core.Hold
import app.baton.core.InboxView
import app.baton.core.LineStatus
import app.baton.core.Standing
import app.baton.core.cannedValues
import app.baton.core.fillCanned
import app.baton.core.header
import app.baton.core.inbox
import java.nio.file.Files
import java.nio.file.Path
import kotlin.streams.asSequence
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.flow.first

val living = listOf(
    Scenario(13) {
        val ana = agent("ana")
        val ben = agent("ben")
        val said = composing(ana, ben)
        ben.baton.takeOver(said.conversation)
        val lost = eventually("Ana hears that she lost it") {
            ana.heard.events.filterIsInstance<Event.LeaseLost>().firstOrNull()
        }
        ensure(lost.conversation == said.conversation) { "lost in ${lost.conversation}" }
        ensure(lost.by == world.agent("ben")) { "lost to ${lost.by}" }
        until("Ben holds it") { ben.baton.hold(said.conversation) == Hold.Mine }
        val draft = ana.baton.draft(said.conversation)?.text
        ensure(draft == TYPED) { "her draft is $draft" }
    },
    Scenario(14) {
        val ana = agent("ana")
        val ben = agent("ben")
        val said = composing(ana, ben)
        ana.baton.background(5.seconds)
        val hold = ana.baton.hold(said.conversation)
        ensure(hold != Hold.Mine) { "in the background her hold is $hold" }
        within("Ben's header frees") {
            ben.baton.header(said.conversation).first { it.header?.hold == Hold.Nobody }
        }
    },
    Scenario(44) {
        val ana = agent("ana")
        val (reply, tag) = opId() to opId()
        val word = "w${opId().takeLast(8)}"
        val everyone = mapOf("kind" to "workspace")
        fun ofReply(text: String, expect: Int? = null): Fields {
            val body = mapOf("shortcut" to word, "title" to "Opening hours", "text" to text)
            val change = mapOf(
                "kind" to "canned_reply", "id" to reply,
                "put" to mapOf("home" to everyone, "body" to body),
            )
            return if (expect == null) change else change + ("expect" to expect)
        }
        suspend fun says(text: String) = until("the canned reply says $text") {
            ana.baton.cannedReplies("/${word.take(6)}").map { it.text } == listOf(text)
        }
        val named = mapOf("home" to everyone, "body" to mapOf("name" to word))
        world.puts(ofReply("Open until six."), mapOf("kind" to "tag", "id" to tag, "put" to named))
        says("Open until six.")
        until("the app is told") { Event.Settings in ana.heard.events }
        ensure(ana.baton.tags().any { it.id == tag }) { "the tag is not there" }
        val team = ana.baton.people().teams.first().id
        ensure(ana.baton.teamPolicy(team).undoS == 0u) { "somebody set the policy" }
        ensure(ana.baton.outcomes(team).list.isEmpty()) { "somebody set outcomes" }
        world.cut(ana.way, "refuse")
        ana.restart()
        ana.baton.network(false)
        ana.baton.foreground()
        says("Open until six.")
        val found = ana.baton.cannedReplies("nothing like it")
        ensure(found.isEmpty()) { "it is found by any word" }
        val ended = mapOf("kind" to "tag", "id" to tag, "expect" to 1)
        world.puts(ofReply("Open until eight.", 1), ended)
        world.cut(ana.way, "pass")
        ana.baton.network(true)
        ana.live()
        says("Open until eight.")
        until("the tag is gone") { ana.baton.tags().none { it.id == tag } }
    },
    Scenario(51) {
        val ana = agent("ana")
        val number = freshNumber()
        val said = world.customer(number, "hello")
        val seen = ana.linesOf(said, 1).seen
        val team = ana.rowOf(said).team
        val (tag, plan) = opId() to opId()
        val (reply, sold) = opId() to opId()
        val word = "w${opId().takeLast(8)}"
        fun made(kind: String, id: String, body: Fields, home: Fields = mapOf("kind" to "workspace")) =
            mapOf("kind" to kind, "id" to id, "put" to mapOf("home" to home, "body" to body))
        val ends = listOf(mapOf("id" to sold, "name" to "Sold"))
        val then = listOf(
            mapOf("do" to "tag", "tag" to tag),
            mapOf("do" to "resolve", "outcome" to "Sold"),
        )
        val text = "Plan {{customer.$word}}"
        world.puts(
            made("tag", tag, mapOf("name" to word)),
            made("attribute", plan, mapOf("key" to word, "name" to word)),
            made(
                "outcomes", team, mapOf("ask" to "offered", "list" to ends),
                mapOf("kind" to "team", "id" to team),
            ),
            made(
                "canned_reply", reply,
                mapOf("shortcut" to word, "title" to word, "text" to text, "then" to then),
            ),
        )
        val canned = eventually("the canned reply is known") {
            ana.baton.cannedReplies("/$word").singleOrNull()
        }
        ensure(canned.version == 1u && canned.then.size == 2) { "it is $canned" }
        until("the outcome is known") { ana.baton.outcomes(team).list.isNotEmpty() }
        ana.baton.network(false)
        val field = ContactField(plan, FieldValue.Text("Gold"))
        ana.acts(said.conversation, Act.SetAttributes(listOf(field), emptyList()))
        val values = cannedValues(listOf(field), ana.baton.attributes())
        val filled = fillCanned(canned.text, values, null)
        ensure(filled.text == "Plan Gold" && filled.blanks.isEmpty()) { "filled in: $filled" }
        val message = CannedMessage(filled.text, seen, reply, 1u)
        val kept = ana.baton.sendCanned(said.conversation, team, message, canned.then)
        ensure(kept.size == 3) { "kept are $kept" }
        ana.restart()
        ana.baton.foreground()
        ana.baton.network(true)
        reachedOnce(number, "Plan Gold")
        within("field and tag are there") {
            ana.baton.header(said.conversation).first { told ->
                told.header?.fields == listOf(field) && told.header?.tags == listOf(tag)
            }
        }
        ensure(ana.rowOf(said).tags == listOf(tag)) { "the row has not the tag" }
        until("the episode ended with the outcome") {
            ana.baton.episodes(said.conversation).map { it.outcome } == listOf("Sold")
        }
        world.puts(mapOf("kind" to "outcomes", "id" to team, "expect" to 1))
    },
    Scenario(52) {
        val ana = agent("ana")
        val number = freshNumber()
        val said = world.customer(number, "hello")
        ana.linesOf(said, 1)
        val team = ana.rowOf(said).team
        val home = mapOf("kind" to "team", "id" to team)
        val put = mapOf("home" to home, "body" to mapOf("undo_s" to 10))
        world.puts(mapOf("kind" to "team_policy", "id" to team, "put" to put))
        until("the policy is known") { ana.baton.teamPolicy(team).undoS == 10u }
        // On a slow day the next core comes too late for a message, which then has to leave.
        val left = listOf("At ten", "At half past ten", "At eleven").takeWhile { text ->
            val line = ana.waitingLine(said, text)
            ana.baton.network(false)
            ana.acts(said.conversation, Act.Cancel(line))
            ana.restart()
            ana.baton.foreground()
            ana.baton.network(true)
            val ended = ana.timelineUntil(said.conversation, "it left or is cancelled") { shown ->
                val status = shown.lines.single { it.id == line }.status
                status != LineStatus.QUEUED && status != LineStatus.SENDING
            }
            ended.lines.single { it.id == line }.status != LineStatus.CANCELLED
        }
        ensure(left.size < 3) { "no message was taken back in time" }
        val line = ana.waitingLine(said, "At noon")
        ana.acts(said.conversation, Act.SendNow(line))
        reachedOnce(number, "At noon")
        val reached = world.reached(number)
        ensure(reached == left + "At noon") { "the customer got $reached" }
        world.puts(mapOf("kind" to "team_policy", "id" to team, "expect" to 1))
    },
    Scenario(43) {
        val ana = agent("ana")
        val ben = agent("ben")
        val said = world.customer(freshNumber(), "hello")
        val before = ana.headerOf(said)
        ensure(before.followers.isEmpty()) { "followers are ${before.followers}" }
        ben.linesOf(said, 1)
        ben.acts(said.conversation, Act.Follow())
        val followed = within("Ana's header names Ben") {
            ana.baton.header(said.conversation).first { told ->
                told.header?.followers == listOf(world.agent("ben"))
            }
        }
        ensure(followed.header?.owner == before.owner) { "the owner is ${followed.header?.owner}" }
        ben.acts(said.conversation, Act.Unfollow())
        within("Ana's header names nobody") {
            ana.baton.header(said.conversation).first { it.header?.followers?.isEmpty() == true }
        }
    },
    Scenario(15) {
        val ana = agent("ana")
        val said = world.customer(freshNumber(), "hello")
        ana.linesOf(said, 1)
        TYPED.indices.forEach { ana.baton.typing(said.conversation, TYPED.substring(0, it + 1)) }
        ana.restart()
        val draft = ana.baton.draft(said.conversation)?.text
        ensure(draft == TYPED) { "her draft is $draft" }
        ana.baton.typing(said.conversation, TYPED, isNote = true)
        ana.restart()
        val note = ana.baton.draft(said.conversation)
        ensure(note == Draft(TYPED, isNote = true)) { "the note that she types is $note" }
    },
    Scenario(16) {
        val ana = agent("ana")
        val number = freshNumber()
        val said = world.customer(number, "hello")
        ana.linesOf(said, 1)
        ensure(openFiles(ana.directory).isNotEmpty()) { "no file is open: the probe is worthless" }
        ensure(connections(ana.way) > 0) { "no connection is open: the probe is worthless" }
        ana.baton.background(5.seconds)
        ensure(openFiles(ana.directory).isEmpty()) { "open are ${openFiles(ana.directory)}" }
        ensure(connections(ana.way) == 0) { "${connections(ana.way)} connections are open" }
        val standing = ana.baton.standing()
        ensure(standing is Standing.Suspended) { "it is $standing" }
        world.customer(number, "still there?")
        ana.baton.foreground()
        ana.live()
        ana.timelineUntil(said.conversation, "what was missed is there") { shown ->
            shown.lines.map { it.text } == listOf("hello", "still there?")
        }
        ana.baton.background(5.seconds)
        world.customer(number, "in the background")
        ensure(ana.baton.sync(20.seconds)) { "it is not synced" }
        until("everything is closed again") {
            openFiles(ana.directory).isEmpty() && connections(ana.way) == 0
        }
        world.cut(ana.way, "refuse")
        ana.baton.foreground()
        ana.timelineUntil(said.conversation, "the store has it") { it.lines.size == 3 }
    },
    Scenario(17) {
        val ana = agent("ana")
        val number = freshNumber()
        val said = world.customer(number, "one")
        ana.linesOf(said, 1)
        world.cut(ana.way, "refuse")
        within("it is not live any more") { ana.baton.current.first { it !is Standing.Live } }
        world.customer(number, "two")
        world.cut(ana.way, "pass")
        ana.live()
        world.customer(number, "three")
        val shown = ana.timelineUntil(said.conversation, "what was missed is there") { now ->
            now.lines.lastOrNull()?.text == "three"
        }
        val texts = shown.lines.map { it.text }
        ensure(texts == listOf("one", "two", "three")) { "the lines are $texts" }
        val rows = within("the inbox is told") { ana.baton.inbox(InboxView.All).first() }
            .rows.filter { it.id == said.conversation }
        ensure(rows.map { it.unread } == listOf(3uL)) { "the rows are $rows" }
    },
)

private const val TYPED = "Good morning, I will"

/** Ana types in a conversation that both look at, and Ben's header says so. */
private suspend fun Stage.composing(ana: Phone, ben: Phone): Said {
    val said = world.customer(freshNumber(), "hello")
    for (phone in listOf(ana, ben)) {
        phone.linesOf(said, 1)
        phone.baton.viewing(said.conversation)
    }
    ana.baton.typing(said.conversation, TYPED)
    within("Ben's header shows that Ana composes") {
        ben.baton.header(said.conversation).first { told ->
            told.header?.hold == Hold.Theirs(world.agent("ana"))
        }
    }
    until("Ana knows that she holds it") { ana.baton.hold(said.conversation) == Hold.Mine }
    return said
}

private fun links(): List<String> = Files.list(Path.of("/proc/self/fd")).use { all ->
    all.asSequence().mapNotNull { link ->
        runCatching { Files.readSymbolicLink(link).toString() }.getOrNull()
    }.toList()
}

private fun openFiles(directory: Path): List<String> {
    val real = directory.toRealPath().toString()
    return links().filter { it.startsWith(real) }
}

/** Connections of this process to a way. */
private fun connections(way: Way): Int {
    val sockets = links().filter { it.startsWith("socket:[") }
        .map { it.removePrefix("socket:[").removeSuffix("]") }.toSet()
    val port = "%04X".format(java.net.URI(way.url).port)
    return listOf("/proc/self/net/tcp", "/proc/self/net/tcp6").map(Path::of)
        .filter { Files.exists(it) }
        .flatMap { Files.readAllLines(it).drop(1) }
        .map { it.trim().split(Regex("\\s+")) }
        .count { it[2].endsWith(":$port") && it[9] in sockets }
}

/** Sends a text, which waits at the server until it leaves; gives its line. */
private suspend fun Phone.waitingLine(said: Said, text: String): String {
    val seen = timelineUntil(said.conversation, "a line is there") { it.lines.isNotEmpty() }.seen
    acts(said.conversation, Act.Reply(text, seen, null))
    val shown = timelineUntil(said.conversation, "$text waits") { shown ->
        shown.lines.any { it.text == text && it.leavesAtMs != null }
    }
    return shown.lines.first { it.text == text }.id
}
