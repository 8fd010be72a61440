// The phone core for Kotlin: `app.baton.core` with coroutines and flows around it.
//
// This layer decides nothing. It turns listeners into flows, applies the steps of lists, and ends
// subscriptions that nobody collects. Everything else is generated code.

package app.baton.core

import kotlin.time.Duration
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.currentCoroutineContext
import kotlinx.coroutines.ensureActive
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.withContext

/**
 * The client. Open one per process with [Baton.open], report the lifecycle ([foreground]) and the
 * network ([network]), and close it at the end. Tests use `app.baton.testing.FakeBaton`.
 *
 * Calls suspend and may come from any thread. **Cancelling a coroutine gives up the answer, not the
 * act**: a call that has begun runs to its end. To find out, read [outbox], or give the act an
 * `opId`: two calls with the same one are one act.
 *
 * Calls throw [CoreException][app.baton.core.CoreException]; [forPeople] returns its text.
 */
interface Baton : BatonCoreInterface, AutoCloseable {
    /** The newest state of the core. */
    val current: StateFlow<Standing>

    /** The newest number of acts that wait for the agent's decision. */
    val needsReview: StateFlow<UInt>

    /**
     * The events from the start of collection, in order. A slow collector delays nothing: 1,024
     * events wait for it, then the oldest is dropped and counted in [dropped]. A `Standing`,
     * `Push`, `People` or `Settings` event replaces the one that waits.
     */
    val events: Flow<Event>

    /** How many events slow collectors missed. After one, read [outbox] and [standing] again. */
    val dropped: Long

    /** Returns when the client is closed. */
    suspend fun untilClosed()

    /** Call when the app goes to the background. Then no file and no socket is open. */
    suspend fun background(within: Duration) = background(within.ms())

    /** Sends what waits, also in the background. Returns whether everything was sent. */
    suspend fun flush(within: Duration): Boolean = flush(within.ms())

    /**
     * Sends what waits and fetches what was missed, also in the background. Returns whether both
     * are done.
     */
    suspend fun sync(within: Duration): Boolean = sync(within.ms())

    /** Decides what a push shows, within this time in any case. */
    suspend fun handlePush(push: PushMessage, within: Duration): PushOutcome =
        handlePush(push, within.ms())

    /**
     * Replies or resolves from a notification, also when the app was not running, and sends that
     * within this time. [token] comes with the notification's action.
     */
    suspend fun answerNotification(
        token: String,
        answer: NotificationAnswer,
        within: Duration,
    ): AnswerOutcome = answerNotification(token, answer, within.ms())

    /**
     * Sets the log sink and replays buffered records to it. It is called on a thread of its own: if
     * it throws or blocks, only its records wait. Records hold ids, counts and fixed words, never
     * texts, names or numbers.
     */
    fun logTo(level: LogLevel = LogLevel.INFO, sink: (LogRecord) -> Unit) = logTo(
        object : LogSink {
            override fun onRecord(record: LogRecord) = sink(record)
        },
        level,
    )

    /** As [close], without blocking the caller's thread. */
    suspend fun end() = withContext(Dispatchers.IO) { close() }

    /**
     * Shuts the core down and waits, two seconds at most. Use [end] on the main thread.
     * Flows complete and later calls throw `Closed`. Calling it twice is harmless.
     */
    override fun close()

    companion object {
        /**
         * Opens the store. The network is not used before [foreground].
         *
         * [keys] is called on this thread now, and on threads of the core later. [listener] gets
         * every event before the flows, on the core's own thread; most apps need none.
         */
        fun openBlocking(config: CoreConfig, keys: KeyStore, listener: Listener? = null): Baton =
            over(listener) { BatonCore.open(config, keys, it) }

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
                (baton as CoreBaton).begins(baton.standing())
                return baton
            } catch (failed: Throwable) {
                withContext(NonCancellable) { baton.end() }
                throw failed
            }
        }

        /** This layer over any core, for fakes. [open] gets the listener that the core calls. */
        fun over(listener: Listener? = null, open: (Listener) -> BatonCoreInterface): Baton {
            val hears = Hears(listener)
            return CoreBaton(open(hears), hears)
        }
    }
}

/** The client over a core. */
private class CoreBaton(private val core: BatonCoreInterface, private val hears: Hears) :
    BatonCoreInterface by core, Baton {

    override val current: StateFlow<Standing> get() = hears.standing

    override val needsReview: StateFlow<UInt> get() = hears.needsReview

    override val events: Flow<Event> get() = hears.events

    override val dropped: Long get() = hears.dropped

    override suspend fun untilClosed() = hears.over.await()

    fun begins(standing: Standing) = hears.first(standing)

    override fun close() {
        hears.end()
        core.shutdown()
    }

    override fun shutdown() = close()
}

private fun Duration.ms(): UInt = inWholeMilliseconds.coerceIn(0, UInt.MAX_VALUE.toLong()).toUInt()
