// What concerns an agent, whatever they look at: mentions, hand-overs, messages that need them.

package app.baton.app.model

import app.baton.core.CoreException
import app.baton.core.Notice
import app.baton.core.Standing
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.drop
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock

data class NoticesState(
    val notices: List<Notice> = emptyList(),
    val unread: Int = 0,
    val isLoading: Boolean = true,
    val failed: Told? = null,
    /** Where older ones begin; null where there are none. */
    val before: ULong? = null,
    val names: Names,
    val now: Long = 0,
)

private const val PAGE = 50u

/** The server keeps them, and tells no phone that there is a new one. */
private const val AGAIN_MS = 60_000L
private const val REST_MS = 5_000L

class NoticesModel(private val desk: Desk, private val scope: CoroutineScope) {
    private val stateNow = MutableStateFlow(NoticesState(names = desk.names.value))
    private val asking = Mutex()
    val state: StateFlow<NoticesState> = stateNow

    init {
        scope.launch {
            desk.stand.map { it.standing }.distinctUntilChanged().collect { if (it == Standing.Live) load() }
        }
        // What became one's own moves the badge. A busy hour asks no more often than this.
        scope.launch {
            desk.badge.map { it.mine }.distinctUntilChanged().drop(1).collect {
                loadsLive()
                delay(REST_MS)
            }
        }
        scope.launch { desk.names.collect { names -> stateNow.update { it.copy(names = names) } } }
        scope.launch {
            while (true) {
                delay(AGAIN_MS)
                loadsLive()
            }
        }
    }

    private suspend fun loadsLive() {
        if (desk.stand.value.standing == Standing.Live) load()
    }

    fun retry() {
        stateNow.update { it.copy(isLoading = true, failed = null) }
        scope.launch { load() }
    }

    /** The newest page. Older ones that were loaded stay below it. */
    private suspend fun load() = asks { before ->
        val page = desk.baton.notices(null, PAGE)
        val oldest = page.notices.lastOrNull()?.position
        val older = before.notices.filter { oldest != null && it.position < oldest }
        before.copy(
            notices = page.notices + older, unread = page.unread.toInt(),
            before = if (older.isEmpty()) page.before else before.before,
        )
    }

    fun more() {
        scope.launch {
            asks { before ->
                val from = before.before ?: return@asks before
                val page = desk.baton.notices(from, PAGE)
                before.copy(notices = before.notices + page.notices, before = page.before)
            }
        }
    }

    private suspend fun asks(work: suspend (NoticesState) -> NoticesState) = asking.withLock {
        val next = try {
            work(stateNow.value).copy(failed = null)
        } catch (_: CoreException.Closed) {
            return@withLock
        } catch (refused: CoreException) {
            stateNow.value.copy(failed = Told.of(refused))
        }
        stateNow.value = next.copy(isLoading = false, names = desk.names.value, now = desk.now())
    }

    /** Those of this conversation are read, up to this one. */
    fun read(notice: Notice) {
        if (!notice.isRead) reads(notice.position, notice.conversation)
    }

    fun readAll() = stateNow.value.notices.firstOrNull()?.let { reads(it.position, null) }

    private fun reads(upTo: ULong, conversation: String?) {
        desk.does {
            val left = desk.baton.readNotices(upTo, conversation)
            stateNow.update { state ->
                val notices = state.notices.map {
                    val isRead = it.position <= upTo && (conversation == null || it.conversation == conversation)
                    if (isRead) it.copy(isRead = true) else it
                }
                state.copy(notices = notices, unread = left.toInt())
            }
        }
    }
}
