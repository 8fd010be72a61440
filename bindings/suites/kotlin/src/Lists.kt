// Lists as they are told, and listeners: those that throw, that block, that are let go of.

package app.baton.suite

import app.baton.core.Act
import app.baton.core.CoreException
import app.baton.core.Event
import app.baton.core.FoundIn
import app.baton.core.InboxRow
import app.baton.core.InboxView
import app.baton.core.KeyStore
import app.baton.core.ListBatch
import app.baton.core.ListListener
import app.baton.core.Listener
import app.baton.core.Note
import app.baton.core.TimelineEntry
import app.baton.core.TimelineStep
import app.baton.core.UnfitStep
import app.baton.core.after
import app.baton.core.inbox
import app.baton.core.timeline
import java.lang.ref.WeakReference
import java.util.concurrent.CountDownLatch
import java.util.concurrent.TimeUnit
import java.util.concurrent.atomic.AtomicInteger
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancelAndJoin
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.launch
import kotlinx.coroutines.withContext

val lists = listOf(
    Scenario(4) {
        val ana = agent("ana")
        val built = InboxRecorder()
        ana.baton.watchInbox(InboxView.All, built)
        until("the inbox is told") { built.isTold }
        val numbers = List(10) { freshNumber() }
        val ids = numbers.map { world.customer(it, "first of $it").conversation }
        listOf(7, 0, 3, 7).forEach { world.customer(numbers[it], "again from ${numbers[it]}") }
        until("all that was said is told") {
            val mine = built.rows.filter { it.id in ids }
            mine.size == 10 && mine.sumOf { it.unread } == 14uL
        }
        val fresh = within("a fresh subscription is told") {
            ana.baton.inbox(InboxView.All).first { it.rows.size >= built.rows.size }
        }
        doFit()
        doNotFit()
        ensure(built.steps > 1) { "there was one batch alone" }
        ensure(built.rows.map { it.id } == fresh.rows.map { it.id }) { "the order is another" }
        val differs = built.rows.zip(fresh.rows).firstOrNull { it.first != it.second }
        ensure(differs == null) { "rows differ: $differs" }
        ensure(built.unread == fresh.unread) { "unread is ${built.unread}, fresh ${fresh.unread}" }
    },
    Scenario(32) {
        val ana = agent("ana")
        val tag = opId()
        val number = freshNumber()
        val said = world.customer(number, "¿Dónde está mi PÁQUETE $tag?")
        ana.rowOf(said)
        ana.acts(said.conversation, Act.Note("perdido: $tag"))
        ana.settled()
        ana.baton.network(false)
        suspend fun finds(text: String) = within("it is told what is found of $text") {
            ana.baton.inbox(InboxView.Search(text)).first()
        }
        val found = InboxRecorder()
        ana.baton.watchInbox(InboxView.Search("mi paquete $tag"), found)
        until("it is found") { found.rows.map { it.id } == listOf(said.conversation) }
        val hit = found.rows.single().hit
        ensure(hit?.foundIn == FoundIn.Line(1uL)) { "found is $hit" }
        ensure(hit?.text == "¿Dónde está mi PÁQUETE $tag?") { "found is $hit" }
        val byNote = finds("PERDIDO: $tag").rows.single().hit
        ensure(byNote?.foundIn is FoundIn.Note) { "found is $byNote" }
        val byNumber = finds("+$number").rows.single().hit
        ensure(byNumber?.foundIn is FoundIn.Contact) { "found is $byNumber" }
        ensure(finds("nada $tag").rows.isEmpty()) { "something is found that is not there" }
        ensure(finds("  ").rows.isEmpty()) { "nothing is looked for, and something found" }
        thrown<CoreException.Invalid>("a text of 257 characters") { finds("x".repeat(257)) }
        ana.baton.network(true)
        world.customer(number, "¿y?")
        until("what was found stays current") { found.rows.single().unread == 2uL }
    },
    Scenario(22) {
        val heard = AtomicInteger()
        val throwing = object : Listener {
            override fun onEvent(event: Event) {
                heard.incrementAndGet()
                throw IllegalStateException("a listener of the suite")
            }
        }
        val keys = ThrowingKeys()
        val ana = track(Phone(world, "ana", world.way(), keys = keys)).open(throwing).looks()
        keys.isArmed = true
        val error = thrown<CoreException.AppCallback>("a key store that throws") { ana.signIn() }
        ensure("key store of the suite" in error.detail) { "it says ${error.detail}" }
        ensure(ana.baton.signedIn() == null) { "somebody is signed in" }
        keys.isArmed = false
        ana.signIn()
        ana.live()
        val told = AtomicInteger()
        val throwingList = object : ListListener {
            override fun onBatch(batch: ListBatch) {
                told.incrementAndGet()
                throw IllegalStateException("a list listener of the suite")
            }
        }
        ana.baton.watchInbox(InboxView.All, throwingList)
        until("the list listener is told") { told.get() > 0 }
        val number = freshNumber()
        val said = world.customer(number, "still there?")
        ana.timelineUntil(said.conversation, "other lists work") { it.lines.size == 1 }
        until("the one that throws is told again") { told.get() > 1 }
        ana.replies(said, "yes")
        ana.settled()
        until("the customer has it") { world.reached(number) == listOf("yes") }
        ensure(heard.get() > 0) { "the listener heard nothing" }
        val wanted = (heard.get() + told.get()).toULong()
        until("all that threw are counted") { ana.baton.diagnostics().thrown >= wanted }
    },
    Scenario(23) {
        val blocks = CountDownLatch(1)
        val isBlocking = CountDownLatch(1)
        val blocking = object : ListListener {
            val rows = InboxRecorder()

            override fun onBatch(batch: ListBatch) {
                rows.onBatch(batch)
                isBlocking.countDown()
                blocks.await(2, TimeUnit.SECONDS)
            }
        }
        val ana = agent("ana")
        val said = world.customer(freshNumber(), "first")
        ana.baton.watchInbox(InboxView.All, blocking)
        within("it blocks") { withContext(Dispatchers.IO) { isBlocking.await() } }
        val began = System.nanoTime()
        val number = freshNumber()
        repeat(5) { ana.acts(said.conversation, Act.Note("note $it ${opId()}")) }
        val ms = (System.nanoTime() - began) / 1_000_000
        ensure(ms < 1_500) { "five acts took $ms ms" }
        val newest = world.customer(number, "the newest")
        until("it is told the newest state") {
            blocking.rows.rows.any { it.id == newest.conversation && it.preview == "the newest" }
        }
        blocks.countDown()
        ana.settled()
        ensure(ana.baton.diagnostics().givenUp == 0uL) { "something was not told" }
    },
    Scenario(30) {
        val ana = agent("ana")
        val said = world.customer(freshNumber(), "watched")
        watchAndCancel(ana, said.conversation, 100)
        val before = used()
        val gone = watchAndCancel(ana, said.conversation, 1_000)
        until("the listeners are collected", BACK_MS) {
            System.gc()
            gone.all { it.get() == null }
        }
        val grown = used() - before
        ensure(grown < 4_000_000) { "memory grew by $grown bytes" }
        // Flows too, cancelled while the subscription is being made, and afterwards: the core takes
        // 256 at once, so that none of them may stay.
        coroutineScope {
            repeat(600) { turn ->
                val job = launch(Dispatchers.Default, CoroutineStart.UNDISPATCHED) {
                    ana.baton.timeline(said.conversation).collect {}
                }
                if (turn % 2 == 0) ana.baton.standing()
                job.cancelAndJoin()
            }
        }
        within("there is room for more") { ana.baton.inbox(InboxView.All).first() }
    },
)

/** Each step does what the core means by it. */
private fun doFit() {
    fun entries(text: String) = text.map { letter ->
        val note = Note(letter.toString(), "", false, 0, letter.toString(), "")
        TimelineEntry.Note(note)
    }

    val steps = listOf(
        TimelineStep.Reset(entries("abc")) to "abc",
        TimelineStep.Append(entries("def")) to "abcdef",
        TimelineStep.Insert(0u, entries("xy")) to "xyabcdef",
        TimelineStep.Insert(8u, entries("z")) to "xyabcdefz",
        TimelineStep.Set(2u, entries("A").single()) to "xyAbcdefz",
        TimelineStep.Remove(1u, 2u) to "xbcdefz",
        TimelineStep.Move(0u, 4u) to "bcdexfz",
        TimelineStep.Move(6u, 1u) to "bzcdexf",
        TimelineStep.Remove(6u, 1u) to "bzcdex",
        TimelineStep.Truncate(2u) to "bz",
        TimelineStep.Reset(emptyList()) to "",
    )
    var list = emptyList<TimelineEntry>()
    for ((step, wanted) in steps) {
        list = list.after(listOf(step))
        val text = list.joinToString("") { it.text.orEmpty() }
        ensure(text == wanted) { "$step makes $text of it and not $wanted" }
    }
    val atOnce = emptyList<TimelineEntry>().after(steps.dropLast(1).map { it.first })
    ensure(atOnce.joinToString("") { it.text.orEmpty() } == "bz") { "at once they make $atOnce" }
}

/** Steps that do not fit are told, and never bent until they do. */
private fun doNotFit() {
    val steps = listOf(
        TimelineStep.Insert(1u, emptyList()),
        TimelineStep.Remove(0u, 1u),
        TimelineStep.Remove(UInt.MAX_VALUE, 1u),
        TimelineStep.Move(0u, 0u),
        TimelineStep.Truncate(1u),
    )
    for (step in steps) {
        val applied = runCatching { emptyList<TimelineEntry>().after(listOf(step)) }
        ensure(applied.exceptionOrNull() is UnfitStep) { "$step was applied to an empty list" }
    }
}

/** Applies what it is told. */
private class InboxRecorder : ListListener {
    @Volatile
    var rows: List<InboxRow> = emptyList()

    @Volatile
    var unread = 0uL

    @Volatile
    var steps = 0

    val isTold get() = steps > 0

    override fun onBatch(batch: ListBatch) {
        if (batch !is ListBatch.Inbox) return
        rows = rows.after(batch.steps)
        unread = batch.unread
        steps++
    }
}

private class ThrowingKeys : KeyStore {
    private val held = app.baton.core.MemoryKeyStore()

    @Volatile
    var isArmed = false

    private fun mayThrow() = check(!isArmed) { "a key store of the suite" }

    override fun get(name: String): ByteArray? = mayThrow().let { held.get(name) }

    override fun put(name: String, value: ByteArray) = mayThrow().let { held.put(name, value) }

    override fun delete(name: String) = mayThrow().let { held.delete(name) }
}

/** A listener that is large enough to be noticed where it stays. */
private class Heavy : ListListener {
    private val weight = ByteArray(16_384)

    override fun onBatch(batch: ListBatch) {
        weight[0]++
    }
}

private suspend fun watchAndCancel(
    phone: Phone,
    conversation: String,
    times: Int,
): List<WeakReference<Heavy>> = List(times) {
    val listener = Heavy()
    val name = phone.baton.watchTimeline(conversation, listener)
    ensure(phone.baton.unwatch(name)) { "there was no subscription" }
    WeakReference(listener)
}

private fun used(): Long {
    repeat(3) { System.gc() }
    val runtime = Runtime.getRuntime()
    return runtime.totalMemory() - runtime.freeMemory()
}
