// What the app costs on this machine, as rows of a table: its start, its memory and its frames with
// many conversations. Drawn by the processor; a phone has more than that for it.
//
//   BudgetsKt                                      all, in a world that has nothing else to do
//   BudgetsKt --start DIRECTORY SERVER             one start, to the first list, without a network
//   BudgetsKt --scroll DIRECTORY SERVER            all conversations, to their end and back

package app.baton.app

import androidx.compose.ui.ImageComposeScene
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.input.pointer.PointerEventType
import androidx.compose.ui.unit.Density
import app.baton.app.flows.Stage
import app.baton.app.flows.sends
import app.baton.app.flows.until
import app.baton.app.model.AppModel
import app.baton.app.model.ListState
import app.baton.app.model.Session
import app.baton.core.InboxView
import app.baton.desk.DeskPlatform
import app.baton.suite.World
import app.baton.suite.freshNumber
import java.lang.management.ManagementFactory
import java.nio.file.Path
import javax.swing.SwingUtilities
import kotlin.io.path.Path
import kotlin.io.path.readLines
import kotlin.system.exitProcess
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.mapNotNull
import kotlinx.coroutines.runBlocking
import kotlinx.coroutines.swing.Swing
import kotlinx.coroutines.withTimeout

private const val CONVERSATIONS = 2_000
private const val STARTS = 7
private const val FRAMES = 900
private const val FRAME_NS = 16_666_667L
private const val WAIT_MS = 600_000L
private const val PIXELS = 2f
private const val MB = 1e6

private fun <T : Any> onScreen(work: () -> T): T {
    var made: T? = null
    SwingUtilities.invokeAndWait { made = work() }
    return checkNotNull(made)
}

/** The app of a device, on a screen of a phone. */
private class Drawn(directory: Path) {
    private val platform = DeskPlatform(directory) { null }
    val app = AppModel(platform, CoroutineScope(Dispatchers.Default))
    private var frame = 0L
    private val scene = onScreen {
        val (width, height) = (411 * PIXELS).toInt() to (891 * PIXELS).toInt()
        ImageComposeScene(width, height, Density(PIXELS), Dispatchers.Swing) { BatonApp(app, platform, font) }
    }

    suspend fun session(): Session = app.state.mapNotNull { it.session }.first()

    suspend fun lists(holds: (ListState.Loaded) -> Boolean) {
        session().inbox.state.first { state -> (state.list as? ListState.Loaded)?.let(holds) == true }
    }

    /** Draws a frame; how long that took, in nanoseconds. */
    fun draws(): Long = onScreen {
        val began = System.nanoTime()
        scene.render(frame++ * FRAME_NS)
        System.nanoTime() - began
    }

    fun scrolls(by: Float) = onScreen {
        scene.sendPointerEvent(PointerEventType.Scroll, Offset(400f, 900f), scrollDelta = Offset(0f, by))
    }
}

private suspend fun start(directory: Path) {
    val drawn = Drawn(directory)
    drawn.draws()
    drawn.lists { it.rows.isNotEmpty() }
    repeat(2) { drawn.draws() }
    val took = System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean().startTime
    println(took)
}

/** Of a process, in bytes: what it has of the machine's memory, as Linux counts it. */
private fun resident(): Long = Path("/proc/self/status").readLines()
    .first { it.startsWith("VmRSS:") }.filter(Char::isDigit).toLong() * 1_024

private fun heap(): Long {
    repeat(3) { System.gc() }
    return ManagementFactory.getMemoryMXBean().heapMemoryUsage.used
}

private suspend fun scroll(directory: Path) {
    val drawn = Drawn(directory)
    drawn.lists { it.rows.isNotEmpty() }
    drawn.draws()
    val (before, held) = heap() to resident()
    drawn.session().inbox.choose(InboxView.All)
    drawn.lists { list ->
        if (list.hasMore) drawn.app.state.value.session?.inbox?.more()
        !list.hasMore && list.rows.size >= CONVERSATIONS
    }
    drawn.draws()
    println("heap ${heap() - before}")
    println("resident ${resident() - held} $held")
    val frames = List(FRAMES) { at ->
        drawn.scrolls(if (at < FRAMES * 2 / 3) 2.5f else -2.5f)
        drawn.draws()
    }.drop(FRAMES / 10).sorted()
    fun part(of: Int) = frames[(frames.size - 1) * of / 1_000] / 1_000
    println("frames ${part(500)} ${part(950)} ${part(990)} ${frames.count { it > FRAME_NS }} ${frames.size}")
}

private fun Stage.said(part: String, directory: Path, server: String): List<String> {
    val program = process("app.baton.app.BudgetsKt", listOf(part, "$directory", server))
    val lines = program.inputReader().readLines()
    check(program.waitFor() == 0) { "$part ended with ${program.exitValue()}" }
    return lines
}

private val system = ManagementFactory.getOperatingSystemMXBean()

/** Processes that wanted a processor, of the last minute. Times are those of an idle machine below 1. */
private fun load(): String = "%.1f".format(system.systemLoadAverage)

private fun row(what: String, cost: String) = println("| $what | $cost |")

private fun mb(bytes: String) = "%.1f MB".format(bytes.toLong() / MB)

private suspend fun measures(world: World) {
    val stage = Stage(world)
    try {
        val directory = stage.fresh()
        val way = world.way()
        repeat(20) {
            val said = world.customer(freshNumber(), "Customer of a morning")
            world.colleague("ana", said.conversation, "claim")
        }
        val ana = stage.hand("ana", way, directory).live()
        until("the list is there") { ana.rows.size == 20 }
        stage.closes(ana)
        world.cut(way, "refuse")
        row("What", "Cost")
        row("---", "--:")
        row("load of the machine before, on ${system.availableProcessors} processors", load())
        val starts = List(STARTS) { stage.said("--start", directory, way.url).last().toLong() }.sorted()
        row("start of the process to the first list on the screen, without a network, half of $STARTS", "${starts[STARTS / 2]} ms")
        world.cut(way, "pass")
        repeat(CONVERSATIONS - 20) {
            world.sends(freshNumber(), "kind" to "text", "body" to "One of many that wait for an answer")
        }
        val again = stage.hand("ana", way, directory).live()
        again.session.inbox.choose(InboxView.All)
        until("all of them are held") {
            val list = again.session.inbox.state.value.list as? ListState.Loaded
            if (list?.hasMore == true) again.session.inbox.more().join()
            (list?.rows?.size ?: 0) >= CONVERSATIONS
        }
        stage.closes(again)
        val told = stage.said("--scroll", directory, way.url).associate { it.substringBefore(' ') to it.substringAfter(' ').split(' ') }
        row("heap for $CONVERSATIONS rows over a list of twenty", mb(told.getValue("heap")[0]))
        val (more, held) = told.getValue("resident")
        row("memory of the process with a list of twenty, Java and core", mb(held))
        row("and more with $CONVERSATIONS rows", mb(more))
        val (half, most, nearly, late, all) = told.getValue("frames")
        row("a frame while $CONVERSATIONS rows scroll, 50, 95 and 99 of 100", "$half, $most and $nearly µs")
        row("frames that took longer than 16.7 ms, of $all", late)
        row("load of the machine after", load())
    } finally {
        stage.ends()
    }
}

fun main(arguments: Array<String>) {
    runBlocking(Dispatchers.Default) {
        withTimeout(WAIT_MS) {
            when (arguments.firstOrNull()) {
                "--start" -> start(Path.of(arguments[1]))
                "--scroll" -> scroll(Path.of(arguments[1]))
                else -> measures(World(checkNotNull(System.getenv("BATON_WORLD")) { "scripts/app.sh budgets starts a world" }))
            }
        }
    }
    exitProcess(0)
}
