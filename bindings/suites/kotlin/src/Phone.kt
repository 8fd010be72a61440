// A phone of the suite: the layer, a directory, a key store, a way of its own; and how one waits.

package app.baton.suite

import app.baton.core.Act
import app.baton.core.Baton
import app.baton.core.CoreConfig
import app.baton.core.CoreException
import app.baton.core.Event
import app.baton.core.InboxRow
import app.baton.core.InboxView
import app.baton.core.KeyStore
import app.baton.core.Line
import app.baton.core.ListBatch
import app.baton.core.ListListener
import app.baton.core.Listener
import app.baton.core.MemoryKeyStore
import app.baton.core.OutboxItem
import app.baton.core.SignedIn
import app.baton.core.Standing
import app.baton.core.Timeline
import app.baton.core.TimelineEntry
import app.baton.core.after
import app.baton.core.inbox
import app.baton.core.timeline
import java.nio.file.Files
import java.nio.file.Path
import java.util.concurrent.CopyOnWriteArrayList
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.mapNotNull
import kotlinx.coroutines.withContext
import kotlinx.coroutines.withTimeout

/** How long something may take that takes no time by itself. */
const val SOON_MS = 30_000L

/** How long the way back may take: the core lets up to 30 s pass between tries. */
const val BACK_MS = 75_000L

class Failed(why: String) : Exception(why)

inline fun ensure(holds: Boolean, why: () -> String) {
    if (!holds) throw Failed(why())
}

suspend fun <T> within(what: String, ms: Long = SOON_MS, wait: suspend () -> T): T = try {
    withTimeout(ms) { wait() }
} catch (_: TimeoutCancellationException) {
    throw Failed("not within $ms ms: $what")
}

/** Asks until the answer is not null. */
suspend fun <T : Any> eventually(what: String, ms: Long = SOON_MS, ask: suspend () -> T?): T {
    var last: T? = null
    within(what, ms) {
        while (true) {
            last = ask()
            if (last != null) break
            delay(25)
        }
    }
    return last ?: throw Failed(what)
}

suspend fun until(what: String, ms: Long = SOON_MS, holds: suspend () -> Boolean) {
    eventually(what, ms) { true.takeIf { holds() } }
}

/** What a call throws; that it throws nothing is a failure. */
suspend inline fun <reified E : CoreException> thrown(what: String, call: suspend () -> Any?): E {
    try {
        call()
    } catch (error: CoreException) {
        return error as? E ?: throw Failed("$what: $error and not ${E::class.simpleName}")
    }
    throw Failed("$what threw nothing")
}

/** Keeps what it hears. */
class Recorder : Listener {
    val events = CopyOnWriteArrayList<Event>()

    override fun onEvent(event: Event) {
        events += event
    }
}

/** Keeps every state of a timeline, each as one batch left it. */
class TimelineRecorder : ListListener {
    val states = CopyOnWriteArrayList<List<TimelineEntry>>()

    override fun onBatch(batch: ListBatch) {
        if (batch !is ListBatch.Timeline) return
        states += states.lastOrNull().orEmpty().after(batch.steps)
    }
}

fun directory(): Path = Files.createTempDirectory("baton-suite-")

class Phone(
    val world: World,
    val who: String,
    val way: Way,
    val directory: Path = directory(),
    val keys: KeyStore = MemoryKeyStore(),
) : AutoCloseable {
    val heard = Recorder()
    private var opened: Baton? = null
    val baton: Baton get() = opened ?: throw Failed("the core is not open")

    fun config(lockAfterS: UInt? = null) = CoreConfig(
        server = way.url,
        directory = directory.toString(),
        deviceName = "suite of Kotlin",
        lockAfterS = lockAfterS,
    )

    suspend fun open(listener: Listener = heard, lockAfterS: UInt? = null): Phone {
        opened = Baton.open(config(lockAfterS), keys, listener)
        return this
    }

    suspend fun looks(): Phone {
        baton.network(true)
        baton.foreground()
        return this
    }

    suspend fun signIn(password: String? = null): SignedIn {
        val login = world.login(who)
        val secret = password ?: login.at("password")
        return baton.signIn(login.at("workspace"), login.at("email"), secret)
    }

    suspend fun live(ms: Long = BACK_MS): Phone {
        within("$who is live (${baton.standing()})", ms) {
            baton.current.first { it is Standing.Live }
        }
        return this
    }

    suspend fun acts(conversation: String, act: Act) = baton.act(conversation, act, null)

    suspend fun replies(to: Said, text: String) =
        baton.act(to.conversation, Act.Reply(text, to.line, null), null)

    /** The item of the outbox that came of an act, once it is as wanted. */
    suspend fun item(
        number: ULong,
        what: String,
        wanted: (OutboxItem) -> Boolean = { true },
    ): OutboxItem = eventually(what) {
        baton.outbox().firstOrNull { it.number == number && wanted(it) }
    }

    /** Waits until nothing is in the outbox. */
    suspend fun settled() {
        val what = "the outbox is empty"
        until(what, BACK_MS) { baton.outbox().isEmpty() }
    }

    suspend fun timelineUntil(
        conversation: String,
        what: String,
        ms: Long = SOON_MS,
        holds: (Timeline) -> Boolean,
    ): Timeline = within(what, ms) { baton.timeline(conversation).first(holds) }

    /** So many lines are there. */
    suspend fun linesOf(said: Said, count: Int): Timeline =
        timelineUntil(said.conversation, "$count lines are there") { it.lines.size == count }

    /** The conversation's row, once it is there. */
    suspend fun rowOf(said: Said): InboxRow = within("the row is there") {
        val rows = baton.inbox(InboxView.All).mapNotNull { inbox ->
            inbox.rows.firstOrNull { it.id == said.conversation }
        }
        rows.first()
    }

    /** Shut down, and opened again on the same directory. */
    suspend fun restart(lockAfterS: UInt? = null): Phone {
        baton.end()
        heard.events.clear()
        return eventually("the directory is free") {
            try {
                open(lockAfterS = lockAfterS)
            } catch (error: CoreException.Storage) {
                if (error.isInUse) null else throw error
            }
        }
    }

    override fun close() {
        opened?.close()
    }

    /** Also the directory goes. */
    suspend fun gone() = withContext(Dispatchers.IO) {
        close()
        directory.toFile().deleteRecursively()
    }
}

val TimelineEntry.text: String?
    get() = when (this) {
        is TimelineEntry.Line -> line.text
        is TimelineEntry.Note -> note.text
        is TimelineEntry.Moved -> null
        is TimelineEntry.Echo -> item.text
    }

val Timeline.lines: List<Line>
    get() = entries.mapNotNull { (it as? TimelineEntry.Line)?.line }
