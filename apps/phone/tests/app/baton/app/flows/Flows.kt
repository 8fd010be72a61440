// Whole flows: the app without its drawing, with the real core, server and simulated WhatsApp, in
// the world of bindings/suites/world.py. Prints a line for each.
//
//   FlowsKt [WORD…]                              all, or those whose name holds one of the words
//   FlowsKt --list                               their names
//   FlowsKt --writes DIRECTORY SERVER CONVERSATION LINE SEQ
//   FlowsKt --floods DIRECTORY SERVER CONVERSATION LINE SEQ
//                                                processes that write and wait to be killed

package app.baton.app.flows

import app.baton.core.SeenLine
import app.baton.suite.Said
import app.baton.suite.Way
import app.baton.suite.World
import app.baton.suite.at
import java.lang.management.ManagementFactory
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.CopyOnWriteArrayList
import kotlin.system.exitProcess
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.awaitCancellation
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.withTimeout

/** Longest time of one flow, on a busy machine. */
private const val FLOW_MS = 600_000L

class Flow(val name: String, val play: suspend Stage.() -> Unit)

class Stage(val world: World) {
    private val hands = mutableListOf<Hand>()
    private val directories = CopyOnWriteArrayList<Path>()
    private val processes = CopyOnWriteArrayList<Process>()

    suspend fun holds(who: String, way: Way? = null, directory: Path = fresh()): Hand =
        Hand(world, who, way ?: world.way(), directory).also { hands += it }

    suspend fun hand(who: String, way: Way? = null, directory: Path = fresh()): Hand =
        holds(who, way, directory).signsIn()

    fun fresh(): Path = Files.createTempDirectory("baton-flow-").also { directories.add(it) }

    /** The same device, after its app was closed. */
    suspend fun again(before: Hand, who: String): Hand {
        closes(before)
        return holds(who, before.way, before.directory)
    }

    suspend fun closes(hand: Hand) {
        hands -= hand
        hand.puts()
    }

    /** Another process with an app, which plays a part of its own in this conversation. */
    fun process(part: String, directory: Path, way: Way, said: Said): Process {
        val where = listOf("$directory", way.url, said.conversation, said.line.id, "${said.line.seq}")
        return process("app.baton.app.flows.FlowsKt", listOf(part) + where)
    }

    fun process(main: String, arguments: List<String>): Process {
        val program = ProcessHandle.current().info().command().orElse("java")
        val flags = ManagementFactory.getRuntimeMXBean().inputArguments
        val command = listOf(program) + flags + listOf(
            "-cp", System.getProperty("java.class.path"), main,
        ) + arguments
        val process = ProcessBuilder(command).redirectError(ProcessBuilder.Redirect.INHERIT).start()
        return process.also { processes += it }
    }

    suspend fun newest(said: Said): Said = eventually("a newest line") {
        world.conversation(said.conversation).at<List<Any?>>("lines").lastOrNull()?.let {
            Said(said.conversation, SeenLine(it.at<Long>("seq").toULong(), it.at("id")))
        }
    }

    suspend fun ends() {
        for (process in processes) process.destroyForcibly().waitFor()
        for (hand in hands) hand.puts()
        for (directory in directories) directory.toFile().deleteRecursively()
    }
}

private suspend fun parts(world: World, part: String, rest: List<String>) {
    val (directory, server, conversation, line, seq) = rest
    val hand = Hand(world, "ana", Way(0, server), Path.of(directory)).signsIn().live()
    hand.opens(Said(conversation, SeenLine(seq.toULong(), line)))
    println("listening")
    readln()
    if (part == "--writes") {
        hand.writes(KILLED)
        hand.hasKept(KILLED)
        println("kept")
    } else {
        var number = 0
        while (true) {
            val text = "flood ${number++}"
            hand.writes(text)
            // It may have left before one looks.
            until("$text is kept") { text in hand.texts() }
            println(text)
        }
    }
    awaitCancellation()
}

private suspend fun played(world: World, flow: Flow): Boolean {
    val stage = Stage(world)
    val began = System.nanoTime()
    val failed = try {
        withTimeout(FLOW_MS) { flow.play(stage) }
        null
    } catch (late: TimeoutCancellationException) {
        "it took too long: ${late.message}"
    } catch (failed: Exception) {
        val at = failed.stackTrace.firstOrNull { it.className.startsWith("app.baton.app.flows") }
        "$failed at $at"
    } finally {
        stage.ends()
    }
    val took = (System.nanoTime() - began) / 1_000_000
    println(if (failed == null) "ok: ${flow.name} ($took ms)" else "FAILED: ${flow.name} ($took ms): $failed")
    System.out.flush()
    return failed == null
}

fun main(arguments: Array<String>) {
    val flows = answering + reviewing + owning + calling + tooling + sending + staying + whole
    check(flows.map { it.name }.toSet().size == flows.size) { "two flows have one name" }
    if (arguments.firstOrNull() == "--list") {
        flows.forEach { println(it.name) }
        return
    }
    val world = World(checkNotNull(System.getenv("BATON_WORLD")) { "scripts/app.sh flows starts a world" })
    val isGood = runBlocking(Dispatchers.Default) {
        if (arguments.firstOrNull() in setOf("--writes", "--floods")) {
            parts(world, arguments.first(), arguments.drop(1))
            false
        } else {
            val chosen = flows.filter { flow -> arguments.isEmpty() || arguments.any { it in flow.name } }
            val failed = chosen.filterNot { played(world, it) }
            println("the app: ${chosen.size - failed.size} flows passed, ${failed.size} failed")
            failed.isEmpty() && chosen.isNotEmpty()
        }
    }
    exitProcess(if (isGood) 0 else 1)
}
