// Whole flows: the app without its drawing, with the real core, server and simulated WhatsApp, in
// the world of bindings/suites/world.py. Prints a line for each.
//
//   FlowsKt [WORD]                               all, or those whose name holds the word
//   FlowsKt --writes DIRECTORY SERVER CUSTOMER   a process that writes a reply and waits to be killed

package app.baton.app

import app.baton.app.model.AppModel
import app.baton.app.model.Entry
import app.baton.app.model.Holder
import app.baton.app.model.ListState
import app.baton.app.model.Place
import app.baton.app.model.Session
import app.baton.app.model.TalkModel
import app.baton.app.model.words
import app.baton.core.InboxView
import app.baton.core.Standing
import app.baton.desk.DeskPlatform
import app.baton.suite.Failed
import app.baton.suite.Said
import app.baton.suite.Way
import app.baton.suite.World
import app.baton.suite.at
import app.baton.suite.ensure
import app.baton.suite.eventually
import app.baton.suite.freshNumber
import app.baton.suite.until
import java.lang.management.ManagementFactory
import java.nio.file.Files
import java.nio.file.Path
import kotlin.system.exitProcess
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancel
import kotlinx.coroutines.delay
import kotlinx.coroutines.runBlocking

private const val BACK_MS = 75_000L

/** An agent with the app in hand. */
class Hand(val world: World, private val who: String, val way: Way, val directory: Path) {
    private val scope = CoroutineScope(Dispatchers.Default + Job())
    val platform = DeskPlatform(directory) { null }
    val app = AppModel(platform, scope)

    val session: Session get() = app.state.value.session ?: throw Failed("nobody is signed in")
    val talk: TalkModel get() = app.state.value.talk ?: throw Failed("no conversation is open")

    suspend fun signsIn(): Hand {
        until("it has started") { !app.state.value.isStarting }
        if (app.state.value.session == null) {
            val login = world.login(who)
            app.setServer(way.url)
            app.setWorkspace(login.at("workspace"))
            app.setEmail(login.at("email"))
            app.signIn(login.at("password"))
        }
        until("$who is signed in: ${app.state.value.signIn.problem}") { app.state.value.session != null }
        return this
    }

    suspend fun live(): Hand {
        until("$who is live", BACK_MS) { session.desk.stand.value.standing == Standing.Live }
        return this
    }

    /** Opens the conversation from the list, as a finger does. */
    suspend fun opens(said: Said): Hand {
        session.inbox.choose(InboxView.All)
        val row = eventually("the row is there") {
            (session.inbox.state.value.list as? ListState.Loaded)?.rows?.find { it.id == said.conversation }
        }
        app.open(Place.Talk(row.id, row.title))
        var shown = talk.state.value
        try {
            until("the line is on the screen") {
                shown = talk.state.value
                shown.seen?.id == said.line.id
            }
        } catch (failed: Failed) {
            val state = "seen ${shown.seen}, ${shown.entries.size} entries, loading ${shown.isLoading}, ${shown.failed}"
            throw Failed("${failed.message} of $who: $state")
        }
        until("who has it is on the screen") { talk.state.value.header != null }
        return this
    }

    fun writes(text: String) {
        talk.type(text)
        talk.send()
    }

    suspend fun hasKept(text: String) = until("\"$text\" is kept") {
        session.desk.outbox.value.any { it.text == text }
    }

    fun texts(): List<String?> = talk.state.value.entries.mapNotNull {
        when (it) {
            is Entry.Said -> it.line.words
            is Entry.Waiting -> it.item.text
            is Entry.Noted -> it.note.text
            is Entry.Day, is Entry.Moved -> null
        }
    }

    suspend fun offline() {
        session.desk.baton.network(false)
        until("it is offline") { session.desk.stand.value.standing == Standing.Offline }
    }

    suspend fun online() {
        session.desk.baton.network(true)
        live()
    }

    suspend fun puts() {
        app.close()
        scope.cancel()
    }
}

private class Flow(val name: String, val play: suspend Stage.() -> Unit)

private class Stage(val world: World) {
    val hands = mutableListOf<Hand>()

    suspend fun hand(who: String, way: Way? = null, directory: Path = fresh()): Hand =
        Hand(world, who, way ?: world.way(), directory).also { hands += it }.signsIn()

    fun fresh(): Path = Files.createTempDirectory("baton-flow-")
}

private val flows = listOf(
    Flow("signed in, listed, replied") {
        val number = freshNumber()
        val said = world.customer(number, "Is it open today?")
        val ana = hand("ana").live().opens(said)
        ana.writes("Until eight.")
        until("it reached the customer") { world.reached(number) == listOf("Until eight.") }
        until("the line is there, once") { ana.texts() == listOf("Is it open today?", "Until eight.") }
        ensure(ana.talk.state.value.composing.text.isEmpty()) { "the field is not empty" }
    },
    Flow("a reply in a tunnel") {
        val number = freshNumber()
        val said = world.customer(number, "Where is my order?")
        val ana = hand("ana").live().opens(said)
        ana.offline()
        ana.writes("I will look.")
        ana.hasKept("I will look.")
        ensure(ana.session.desk.stand.value.waiting == 1) { "nothing waits" }
        ensure(world.reached(number).isEmpty()) { "it left without a network" }
        ana.online()
        until("it reached the customer", BACK_MS) { world.reached(number) == listOf("I will look.") }
        until("nothing waits") { ana.session.desk.stand.value.waiting == 0 }
    },
    Flow("overtaken, reviewed, changed and sent") {
        val number = freshNumber()
        val said = world.customer(number, "Do you have it in green?")
        val ana = hand("ana").live().opens(said)
        ana.offline()
        ana.writes("Yes, in green.")
        ana.hasKept("Yes, in green.")
        world.customer(number, "Rather in blue")
        ana.online()
        val item = eventually("it needs Ana", BACK_MS) { ana.session.review.state.value.held.firstOrNull() }
        val missed = item.review?.missed.orEmpty().mapNotNull { it.text }
        ensure(missed == listOf("Rather in blue")) { "what was missed is $missed" }
        ensure(world.reached(number).isEmpty()) { "it left unread" }
        ana.session.review.edit(item.number, "Blue comes on Thursday.")
        ana.session.review.send(item)
        until("the changed one reached the customer", BACK_MS) { world.reached(number) == listOf("Blue comes on Thursday.") }
        until("nothing needs Ana") { ana.session.review.state.value.held.isEmpty() }
    },
    Flow("handed over, with a note") {
        val number = freshNumber()
        val said = world.customer(number, "My frame is broken")
        val ana = hand("ana").live().opens(said)
        val ben = hand("ben").live()
        ana.talk.claim()
        until("Ana has it", BACK_MS) { ana.talk.state.value.isMine }
        val colleague = eventually("Ben is a colleague") { ana.talk.state.value.names.colleagues.find { it.name.startsWith("Ben") } }
        ana.talk.handOver(Holder.Colleague(colleague.id, colleague.name), "She is angry")
        until("Ben owns it at the server") { world.owner(said.conversation) == world.agent("ben") }
        ben.opens(said)
        until("Ben sees that it is his") { ben.talk.state.value.isMine }
        until("Ben reads the note") { "She is angry" in ben.texts() }
        until("Ana sees whose it is") { !ana.talk.state.value.isMine }
    },
    Flow("killed with a reply in hand, and back") {
        val number = freshNumber()
        val said = world.customer(number, "Can you deliver tomorrow?")
        val directory = fresh()
        val way = world.way()
        val writer = writer(directory, way, said)
        // The process dies as a phone kills it: at once, with nothing said.
        writer.destroyForcibly().waitFor()
        world.cut(way, "pass")
        val ana = hand("ana", way, directory)
        until("it reached the customer", BACK_MS) { world.reached(number) == listOf("Tomorrow at nine.") }
        ana.live().opens(Said(said.conversation, eventually("a newest line") { newest(said) }))
        delay(SETTLED_MS)
        ensure(world.reached(number).size == 1) { "it came ${world.reached(number).size} times" }
        until("it is there once") { ana.texts().count { it == "Tomorrow at nine." } == 1 }
    },
    Flow("a note's text stays with its author") {
        val said = world.customer(freshNumber(), "Hello?")
        val ana = hand("ana").live().opens(said)
        val ben = hand("ben").live().opens(said)
        ana.talk.setNote(true)
        ana.talk.type("She pays late")
        until("it is kept as a note") { ana.session.desk.baton.draft(said.conversation)?.isNote == true }
        delay(SETTLED_MS)
        val header = ben.talk.state.value.header
        ensure(header?.colleagueDraft == null) { "Ben reads it: ${header?.colleagueDraft}" }
        ensure(ben.talk.state.value.composer == null) { "Ben is told that Ana replies" }
    },
)

/** Longer than a draft takes to reach a colleague, or an answer to come twice. */
private const val SETTLED_MS = 3_000L

private suspend fun Stage.newest(said: Said) = world.conversation(said.conversation)
    .at<List<Any?>>("lines").lastOrNull()?.let {
        app.baton.core.SeenLine(it.at<Long>("seq").toULong(), it.at("id"))
    }

/** Another process, which has written a reply that nobody could take. */
private suspend fun Stage.writer(directory: Path, way: Way, said: Said): Process {
    val program = ProcessHandle.current().info().command().orElse("java")
    val flags = ManagementFactory.getRuntimeMXBean().inputArguments
    val command = listOf(program) + flags + listOf(
        "-cp", System.getProperty("java.class.path"), "app.baton.app.FlowsKt",
        "--writes", "$directory", way.url, said.conversation, said.line.id, "${said.line.seq}",
    )
    val process = ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start()
    val told = process.inputReader()
    check(told.readLine() == "listening") { "it does not begin" }
    world.cut(way, "refuse")
    process.outputWriter().apply { write("go\n"); flush() }
    check(told.readLine() == "kept") { "it kept nothing" }
    return process
}

private suspend fun writes(world: World, arguments: List<String>) {
    val (directory, server, conversation, line, seq) = arguments
    val hand = Hand(world, "ana", Way(0, server), Path.of(directory)).signsIn().live()
    hand.opens(Said(conversation, app.baton.core.SeenLine(seq.toULong(), line)))
    println("listening")
    readln()
    hand.writes("Tomorrow at nine.")
    hand.hasKept("Tomorrow at nine.")
    println("kept")
    delay(BACK_MS)
}

private suspend fun played(world: World, flow: Flow): Boolean {
    val stage = Stage(world)
    val began = System.nanoTime()
    val failed = try {
        flow.play(stage)
        null
    } catch (failed: Exception) {
        failed
    } finally {
        for (hand in stage.hands) hand.puts()
        for (hand in stage.hands) hand.directory.toFile().deleteRecursively()
    }
    val took = (System.nanoTime() - began) / 1_000_000
    println(if (failed == null) "ok: ${flow.name} ($took ms)" else "FAILED: ${flow.name}: $failed")
    return failed == null
}

fun main(arguments: Array<String>) {
    val world = World(checkNotNull(System.getenv("BATON_WORLD")) { "scripts/app.sh flows starts a world" })
    val isGood = runBlocking(Dispatchers.Default) {
        if (arguments.firstOrNull() == "--writes") {
            writes(world, arguments.drop(1))
            false
        } else {
            val word = arguments.firstOrNull().orEmpty()
            val chosen = flows.filter { word in it.name }
            chosen.map { played(world, it) }.all { it } && chosen.isNotEmpty()
        }
    }
    exitProcess(if (isGood) 0 else 1)
}
