// Lists and values that are watched: as flows that end their subscription with their collector, and
// as states that live as long as a scope.

package app.baton.core

import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.NonCancellable
import kotlinx.coroutines.async
import kotlinx.coroutines.channels.ProducerScope
import kotlinx.coroutines.coroutineScope
import kotlinx.coroutines.flow.Flow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.channelFlow
import kotlinx.coroutines.flow.conflate
import kotlinx.coroutines.launch
import kotlinx.coroutines.selects.select
import kotlinx.coroutines.withContext

/** A list of conversations, as one batch left it. */
data class Inbox(
    val revision: ULong,
    val rows: List<InboxRow>,
    /** Conversations in it, shown or not. */
    val total: ULong,
    /** Lines not read in all of them. */
    val unread: ULong,
    /** Whether [Watched.more] shows more. */
    val hasMore: Boolean,
)

/** The lines of a conversation, oldest first, as one batch left them. */
data class Timeline(
    val revision: ULong,
    val entries: List<TimelineEntry>,
    /** Where older lines are. */
    val older: OlderLines,
    val firstSeq: ULong,
    /**
     * What somebody who looks at these lines has seen: to be given with an act. It is the line that
     * came in last, which a customer's clock may have put before another; none without lines.
     */
    val seen: SeenLine?,
    /** Whether [Watched.newer] shows newer ones. */
    val hasNewer: Boolean,
    /** Whether the conversation is seen in full. */
    val isFull: Boolean,
)

/** What stands above a conversation; none where it is not seen. */
data class HeaderState(val header: Header?)

/** An inbox as it is and whenever it changes; who is slow misses steps, never the newest state. */
fun Baton.inbox(view: InboxView): Flow<Inbox> = flowOf { inboxOf(view) }

/** The lines of a conversation; see [inbox]. */
fun Baton.timeline(conversation: String): Flow<Timeline> = flowOf { timelineOf(conversation) }

/** What stands above a conversation; see [inbox]. */
fun Baton.header(conversation: String): Flow<HeaderState> = flowOf { headerOf(conversation) }

/** The numbers on the icon; see [inbox]. */
fun Baton.badge(): Flow<Badge> = flowOf { badgeOf() }

/** An inbox for as long as the scope lives, with pages. */
fun Baton.watchInbox(scope: CoroutineScope, view: InboxView): Watched<Inbox> =
    Watched(scope, this) { inboxOf(view) }

/** The lines of a conversation for as long as the scope lives, with pages. */
fun Baton.watchTimeline(scope: CoroutineScope, conversation: String): Watched<Timeline> =
    Watched(scope, this) { timelineOf(conversation) }

/** What stands above a conversation, for as long as the scope lives. */
fun Baton.watchHeader(scope: CoroutineScope, conversation: String): Watched<HeaderState> =
    Watched(scope, this) { headerOf(conversation) }

/** The numbers on the icon, for as long as the scope lives. */
fun Baton.watchBadge(scope: CoroutineScope): Watched<Badge> = Watched(scope, this) { badgeOf() }

/** What there is to show of a list or value. */
sealed interface LoadState<out S> {
    /** The last value, also of a subscription that failed since; null before the first. */
    val value: S?

    /** Nothing was told so far. */
    data object Loading : LoadState<Nothing> {
        override val value: Nothing? get() = null
    }

    /** The newest value. */
    data class Loaded<S>(override val value: S) : LoadState<S>

    /** The subscription failed and tells no more: show the error, and watch again. */
    data class Failed<S>(val error: CoreException, override val value: S?) : LoadState<S>
}

/** A subscription that lives as long as its scope, or until it is closed. */
class Watched<S : Any> internal constructor(
    scope: CoroutineScope,
    private val baton: Baton,
    wish: () -> Wish<S>,
) : AutoCloseable {
    private val told = MutableStateFlow<LoadState<S>>(LoadState.Loading)
    private val name = CompletableDeferred<ULong>()

    /** Loading, loaded or failed: never an endless wait. */
    val state: StateFlow<LoadState<S>> = told.asStateFlow()

    /** The last value; null before the first. */
    val value: S? get() = told.value.value

    private val job = scope.launch {
        try {
            baton.watching(wish(), { told.value = LoadState.Loaded(it) }) { name.complete(it) }
            // A closed core ends the scope's other work by itself; what was shown stays.
            if (told.value is LoadState.Loading) fails(CoreException.Closed())
        } catch (failed: CoreException) {
            fails(failed)
        }
    }

    init {
        job.invokeOnCompletion { name.cancel() }
    }

    private fun fails(error: CoreException) {
        told.value = LoadState.Failed(error, value)
        // Told to who asks for pages.
        name.completeExceptionally(error)
    }

    /** Shows a page more of a list, or of older lines. */
    suspend fun more() = baton.more(name.await())

    /** Shows a page of newer lines, where the window had slid away from the end. */
    suspend fun newer() = baton.newer(name.await())

    /** Shows the newest page. */
    suspend fun newest() = baton.newest(name.await())

    /** Tells no more. */
    override fun close() = job.cancel()
}

/** How something is asked for, and how a state comes of what is told. */
internal class Wish<S>(
    val ask: suspend Baton.(ListListener) -> ULong,
    val read: (S?, ListBatch) -> S?,
)

private fun inboxOf(view: InboxView) = Wish<Inbox>({ watchInbox(view, it) }) { before, batch ->
    (batch as? ListBatch.Inbox)?.run {
        Inbox(revision, before?.rows.orEmpty().after(steps), total, unread, hasMore)
    }
}

private fun timelineOf(of: String) = Wish<Timeline>({ watchTimeline(of, it) }) { before, batch ->
    (batch as? ListBatch.Timeline)?.run {
        val entries = before?.entries.orEmpty().after(steps)
        Timeline(revision, entries, older, firstSeq, seen, hasNewer, isFull)
    }
}

private fun headerOf(of: String) = Wish<HeaderState>({ watchHeader(of, it) }) { _, batch ->
    (batch as? ListBatch.Header)?.run { HeaderState(header) }
}

private fun badgeOf() = Wish<Badge>({ watchBadge(it) }) { _, batch ->
    (batch as? ListBatch.Badge)?.badge
}

private fun <S : Any> Baton.flowOf(wish: () -> Wish<S>): Flow<S> = channelFlow<S> {
    val here: ProducerScope<S> = this
    watching(wish(), { here.trySend(it) }) {}
}.conflate()

/**
 * Watches until cancelled, or until the core is closed. Whatever ends it, and be it while the
 * subscription is being made: there is none left afterwards.
 */
private suspend fun <S : Any> Baton.watching(
    wish: Wish<S>,
    show: (S) -> Unit,
    named: (ULong) -> Unit,
) {
    val misfit = CompletableDeferred<UnfitStep>()
    val hears = Applies(wish.read, show, misfit::complete)
    val name = withContext(NonCancellable) { wish.ask(this@watching, hears) }
    try {
        named(name)
        val unfit = coroutineScope {
            val closed = async { untilClosed() }
            select<UnfitStep?> {
                closed.onAwait { null }
                misfit.onAwait { it }
            }.also { closed.cancel() }
        }
        if (unfit != null) throw CoreException.Internal(unfit.message.orEmpty())
    } finally {
        hears.isOver = true
        withContext(NonCancellable) {
            try {
                unwatch(name)
            } catch (_: CoreException.Closed) {
                // Gone with the core.
            }
        }
    }
}

/** Makes states of batches, on the core's thread: what the app draws with waits for nothing. */
private class Applies<S : Any>(
    private val read: (S?, ListBatch) -> S?,
    private val show: (S) -> Unit,
    private val unfit: (UnfitStep) -> Unit,
) : ListListener {
    private var state: S? = null

    @Volatile
    var isOver = false

    override fun onBatch(batch: ListBatch) {
        if (isOver) return
        val next = try {
            read(state, batch)
        } catch (misfit: UnfitStep) {
            unfit(misfit)
            throw misfit
        }
        if (next == null) return
        state = next
        show(next)
    }
}
