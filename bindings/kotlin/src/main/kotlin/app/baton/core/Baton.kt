// The phone core for Kotlin: `uniffi.baton_core` with coroutines and flows around it.
//
// This layer decides nothing. It turns listeners into flows, applies the steps of lists, and ends
// subscriptions that nobody collects. Everything else is generated code.

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
import uniffi.baton_core.AnswerOutcome
import uniffi.baton_core.BatonCore
import uniffi.baton_core.BatonCoreInterface
import uniffi.baton_core.CoreConfig
import uniffi.baton_core.Event
import uniffi.baton_core.KeyStore
import uniffi.baton_core.Listener
import uniffi.baton_core.LogLevel
import uniffi.baton_core.LogRecord
import uniffi.baton_core.LogSink
import uniffi.baton_core.NotificationAnswer
import uniffi.baton_core.PushMessage
import uniffi.baton_core.PushOutcome
import uniffi.baton_core.Standing

/** Events that wait for a collector at most; then the core's deliveries wait for it. */
private const val EVENTS_WAITING = 256

/**
 * The client. Open one per process, report the lifecycle ([foreground]) and the network
 * ([network]), and close it at the end.
 *
 * Calls suspend and may come from any thread. **Cancelling a coroutine gives up the answer, not the
 * act**: a call that has begun runs to its end. To find out, read [outbox], or give the act an
 * `opId`: two calls with the same one are one act.
 *
 * Calls throw [CoreException][uniffi.baton_core.CoreException]; [forPeople] returns its text.
 */
class Baton private constructor(private val core: BatonCore, private val hears: Hears) :
    BatonCoreInterface by core, AutoCloseable {

    /** The newest state of the core. */
    val current: StateFlow<Standing> get() = hears.standing.asStateFlow()

    /** The newest number of acts that wait for the agent's decision. */
    val needsReview: StateFlow<UInt> get() = hears.needsReview.asStateFlow()

    /**
     * The events from the start of collection, in order. A collector that lets many events wait
     * delays all deliveries of the core, lists included.
     */
    val events: Flow<Event> = channelFlow {
        hears.collectors.add(channel)
        try {
            hears.over.await()
        } finally {
            hears.collectors.remove(channel)
        }
    }.buffer(EVENTS_WAITING, BufferOverflow.SUSPEND)

    /** Returns when the core is shut down. */
    internal suspend fun untilOver() = hears.over.await()

    /** Call when the app goes to the background. Then no file and no socket is open. */
    suspend fun background(within: Duration) = core.background(within.ms())

    /** Sends what waits, also in the background. Returns whether everything was sent. */
    suspend fun flush(within: Duration): Boolean = core.flush(within.ms())

    /** Decides what a push shows, within this time in any case. */
    suspend fun handlePush(push: PushMessage, within: Duration): PushOutcome =
        core.handlePush(push, within.ms())

    /**
     * Replies or resolves from a notification, also when the app was not running, and sends that
     * within this time. [token] comes with the notification's action.
     */
    suspend fun answerNotification(
        token: String,
        answer: NotificationAnswer,
        within: Duration,
    ): AnswerOutcome = core.answerNotification(token, answer, within.ms())

    /**
     * Sets the log sink and replays buffered records to it. It is called on a thread of its own: if
     * it throws or blocks, only its records wait. Records hold ids, counts and fixed words, never
     * texts, names or numbers.
     */
    fun logTo(level: LogLevel = LogLevel.INFO, sink: (LogRecord) -> Unit) = core.logTo(
        object : LogSink {
            override fun onRecord(record: LogRecord) = sink(record)
        },
        level,
    )

    /**
     * Shuts the core down and waits, two seconds at most. Use [end] on the main thread.
     * Flows complete and later calls throw `Closed`. Calling it twice is harmless.
     */
    override fun close() {
        hears.end()
        core.shutdown()
    }

    /** As [close], without blocking the caller's thread. */
    suspend fun end() = withContext(Dispatchers.IO) { close() }

    override fun shutdown() = close()

    companion object {
        /**
         * Opens the store. The network is not used before [foreground].
         *
         * [keys] is called on this thread now, and on threads of the core later. [listener] gets
         * every event before the flows, on the core's own thread; most apps need none.
         */
        fun openBlocking(config: CoreConfig, keys: KeyStore, listener: Listener? = null): Baton {
            val hears = Hears(listener)
            return Baton(BatonCore.open(config, keys, hears), hears)
        }

        /**
         * As [openBlocking], for the main thread. If it is cancelled, the core is shut down, so that
         * the next one can open the directory.
         */
        suspend fun open(config: CoreConfig, keys: KeyStore, listener: Listener? = null): Baton {
            // Two contexts: a result from another dispatcher is lost when the coroutine was
            // cancelled.
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

/** Passes events on to collectors and the listener. */
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
            // A collector that is gone refuses it, which is harmless.
            for (collector in collectors) collector.trySendBlocking(event)
        }
    }

    /** Sets the first state, unless an event brought a newer one. */
    @Synchronized
    fun first(asked: Standing) {
        if (!isToldStanding) standing.value = asked
    }

    @Synchronized
    private fun stands(told: Standing) {
        isToldStanding = true
        standing.value = told
    }

    /** Completes the flows after the events that wait. */
    fun end() = over.complete(Unit)
}

private fun Duration.ms(): UInt = inWholeMilliseconds.coerceIn(0, UInt.MAX_VALUE.toLong()).toUInt()
