// The phone core for Kotlin: `uniffi.baton_core` with coroutines and flows around it.
//
// This layer decides nothing. It turns listeners into flows, applies the steps of lists, and ends
// what is watched when nobody collects any more. Everything else is the generated code's.

package app.baton.core

import java.util.concurrent.ConcurrentHashMap
import kotlin.time.Duration
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.channels.BufferOverflow
import kotlinx.coroutines.channels.SendChannel
import kotlinx.coroutines.channels.trySendBlocking
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.buffer
import kotlinx.coroutines.flow.channelFlow
import kotlinx.coroutines.withContext
import uniffi.baton_core.BatonCore
import uniffi.baton_core.BatonCoreInterface
import uniffi.baton_core.CoreConfig
import uniffi.baton_core.Event
import uniffi.baton_core.KeyStore
import uniffi.baton_core.Listener
import uniffi.baton_core.LogLevel
import uniffi.baton_core.LogRecord
import uniffi.baton_core.LogSink
import uniffi.baton_core.PushMessage
import uniffi.baton_core.PushOutcome
import uniffi.baton_core.Standing

/** Events that wait for a collector at most; after that the core's telling waits for it. */
private const val EVENTS_WAITING = 256

/**
 * The whole client. Open one in a process, say when somebody looks ([foreground]) and when there is
 * a network ([network]), and close it at the end.
 *
 * Calls suspend and may come from any thread. **Cancelling a coroutine gives up the answer, not the
 * act**: what was called is carried out to its end or was never begun, whether or not somebody
 * still waits. Whoever has to know, looks at [outbox] or gives the act an `opId` of their own: the
 * same one twice is one act.
 *
 * Every call throws [CoreException][uniffi.baton_core.CoreException]; [forPeople] says it in words.
 */
class Baton private constructor(private val core: BatonCore, private val hears: Hears) :
    BatonCoreInterface by core, AutoCloseable {

    /** Where the connection stands, always the newest. */
    val current: StateFlow<Standing> get() = hears.standing.asStateFlow()

    /** How many acts need their author, always the newest. */
    val needsReview: StateFlow<UInt> get() = hears.needsReview.asStateFlow()

    /**
     * What happens, from the moment on that it is collected. Each collector hears everything, in
     * order; one that lets many events wait holds back what the core tells, lists included.
     */
    val events: Flow<Event> = channelFlow {
        hears.collectors.add(channel)
        try {
            hears.over.await()
        } finally {
            hears.collectors.remove(channel)
        }
    }.buffer(EVENTS_WAITING, BufferOverflow.SUSPEND)

    /** Ends with the core. */
    internal suspend fun untilOver() = hears.over.await()

    /** Nobody looks any more. When this returns, no file and no socket is open. */
    suspend fun background(within: Duration) = core.background(within.ms())

    /** Sends what waits, also in the background. Says whether nothing is on its way any more. */
    suspend fun flush(within: Duration): Boolean = core.flush(within.ms())

    /** A push came. There is an answer within this time, whatever happens. */
    suspend fun handlePush(push: PushMessage, within: Duration): PushOutcome =
        core.handlePush(push, within.ms())

    /**
     * Has [sink] called with each record of the log, first with those so far. It is called on a
     * thread of the core that does nothing else: whether it throws or takes its time, nothing but
     * its records waits. Records tell ids, counts and words of the core, never what somebody wrote.
     */
    fun logTo(level: LogLevel = LogLevel.INFO, sink: (LogRecord) -> Unit) = core.logTo(
        object : LogSink {
            override fun onRecord(record: LogRecord) = sink(record)
        },
        level,
    )

    /**
     * Ends everything and waits for it, at most two seconds: not for the main thread, see [end].
     * Flows complete; calls after it throw `Closed`. Twice is harmless.
     */
    override fun close() {
        hears.end()
        core.shutdown()
    }

    /** As [close], and blocks no thread of the caller's. */
    suspend fun end() = withContext(Dispatchers.IO) { close() }

    override fun shutdown() = close()

    companion object {
        /**
         * Opens what is on this device; nothing is asked of the network before [foreground].
         *
         * [keys] is called on this thread now, and on threads of the core later. [listener] hears
         * every event before the flows do, on the core's own thread: most apps need none.
         */
        fun openBlocking(config: CoreConfig, keys: KeyStore, listener: Listener? = null): Baton {
            val hears = Hears(listener)
            return Baton(BatonCore.open(config, keys, hears), hears)
        }

        /**
         * As [openBlocking], for the main thread; [current] says how it is on the device. Where it
         * is cancelled, none is left open: it would keep the directory from the next one.
         */
        suspend fun open(config: CoreConfig, keys: KeyStore, listener: Listener? = null): Baton {
            // Two contexts: what comes from another dispatcher is lost on the way into a coroutine
            // that was cancelled.
            val baton = withContext(NonCancellable) {
                withContext(Dispatchers.IO) { openBlocking(config, keys, listener) }
            }
            try {
                currentCoroutineContext().ensureActive()
                baton.hears.first(baton.standing())
                return baton
            } catch (failed: Throwable) {
                withContext(NonCancellable) { baton.end() }
                throw failed
            }
        }
    }
}

/** Hands on what the core tells. */
private class Hears(private val listener: Listener?) : Listener {
    val standing = MutableStateFlow<Standing>(Standing.SignedOut)
    val needsReview = MutableStateFlow(0u)
    val collectors: MutableSet<SendChannel<Event>> = ConcurrentHashMap.newKeySet()
    val over = CompletableDeferred<Unit>()
    private var isToldStanding = false

    override fun onEvent(event: Event) {
        when (event) {
            is Event.Standing -> stands(event.standing)
            is Event.Outbox -> needsReview.value = event.needsReview
            else -> Unit
        }
        try {
            listener?.onEvent(event)
        } finally {
            // One that is gone does not take it; nobody misses it there.
            for (collector in collectors) collector.trySendBlocking(event)
        }
    }

    /** What was asked, unless something newer was told meanwhile. */
    @Synchronized
    fun first(asked: Standing) {
        if (!isToldStanding) standing.value = asked
    }

    @Synchronized
    private fun stands(told: Standing) {
        isToldStanding = true
        standing.value = told
    }

    /** Collectors get what waits for them, then their flows complete. */
    fun end() = over.complete(Unit)
}

private fun Duration.ms(): UInt = inWholeMilliseconds.coerceIn(0, UInt.MAX_VALUE.toLong()).toUInt()
