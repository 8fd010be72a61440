// What the core tells without a call. Each collector has a queue of its own, so that a slow one
// delays neither the core nor another collector.

package app.baton.core

import java.util.concurrent.ConcurrentHashMap
import java.util.concurrent.atomic.AtomicLong
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.flow

/** Events that wait for one collector at most; then the oldest is dropped and counted. */
private const val EVENTS_WAITING = 1024

/** Passes events on to collectors and the listener. */
internal class Hears(private val listener: Listener?) : Listener {
    val standing = MutableStateFlow<Standing>(Standing.SignedOut)
    val needsReview = MutableStateFlow(0u)
    val over = CompletableDeferred<Unit>()
    private val collectors: MutableSet<EventQueue> = ConcurrentHashMap.newKeySet()
    private val lost = AtomicLong()
    private var isToldStanding = false

    val dropped: Long get() = lost.get()

    val events: Flow<Event> = flow {
        val queue = EventQueue()
        collectors.add(queue)
        // The end may have come just before this queue was there to be told.
        if (over.isCompleted) queue.end()
        try {
            do {
                val goesOn = queue.woken()
                while (true) emit(queue.next() ?: break)
            } while (goesOn)
        } finally {
            collectors.remove(queue)
        }
    }

    override fun onEvent(event: Event) {
        when (event) {
            is Event.Standing -> stands(event.standing)
            is Event.Outbox -> needsReview.value = event.needsReview
            else -> Unit
        }
        try {
            listener?.onEvent(event)
        } finally {
            for (collector in collectors) lost.addAndGet(collector.put(event))
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
    fun end() {
        over.complete(Unit)
        for (collector in collectors) collector.end()
    }
}

/** The events that wait for one collector. */
internal class EventQueue {
    private val waiting = ArrayDeque<Event>()
    private val nudges = Channel<Unit>(Channel.CONFLATED)

    /** Returns how many events were dropped for this one. Never waits. */
    fun put(event: Event): Long {
        val dropped = synchronized(waiting) {
            waiting.removeAll { event.overtakes(it) }
            waiting.addLast(event)
            if (waiting.size > EVENTS_WAITING) waiting.removeFirst() else null
        }
        nudges.trySend(Unit)
        return if (dropped == null) 0 else 1
    }

    fun next(): Event? = synchronized(waiting) { waiting.removeFirstOrNull() }

    /** Waits for the next event; false at the end. */
    suspend fun woken(): Boolean = nudges.receiveCatching().isSuccess

    fun end() {
        nudges.close()
    }
}

/** Whether the older event says nothing that this one does not. */
private fun Event.overtakes(older: Event): Boolean = when (this) {
    is Event.Standing -> older is Event.Standing
    is Event.People -> older is Event.People
    is Event.Settings -> older is Event.Settings
    is Event.Push -> older is Event.Push
    else -> false
}
