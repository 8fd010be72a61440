// Conversations that pass a filter, as the server lists them.

package app.baton.app.model

import app.baton.core.CoreException
import app.baton.core.Filter
import app.baton.core.InboxRow
import app.baton.core.Standing
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.drop
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock

data class ServerRowsState(
    val rows: List<InboxRow> = emptyList(),
    val next: String? = null,
    val isLoading: Boolean = true,
    val failed: Told? = null,
)

private const val PAGE = 50u

/** Nobody tells a phone that a list of the server changed. */
private const val AGAIN_MS = 30_000L

class ServerRows(private val desk: Desk, private val scope: CoroutineScope, private val filter: Filter) {
    private val stateNow = MutableStateFlow(ServerRowsState())
    private val asking = Mutex()
    val state: StateFlow<ServerRowsState> = stateNow

    init {
        scope.launch { loads() }
        scope.launch {
            desk.stand.map { it.standing }.distinctUntilChanged().drop(1).collect { if (it == Standing.Live) loads() }
        }
        scope.launch {
            while (true) {
                delay(AGAIN_MS)
                if (desk.stand.value.standing == Standing.Live) loads()
            }
        }
    }

    /** As many as are shown, again. */
    private suspend fun loads() = asks { before ->
        val rows = mutableListOf<InboxRow>()
        var next: String? = null
        do {
            val page = desk.baton.serverList(filter, PAGE, next)
            rows += page.rows
            next = page.next
        } while (next != null && rows.size < before.rows.size)
        ServerRowsState(rows.distinctBy { it.id }, next, isLoading = false)
    }

    fun more(): Job = scope.launch {
        asks { before ->
            val from = before.next ?: return@asks before
            val page = desk.baton.serverList(filter, PAGE, from)
            ServerRowsState((before.rows + page.rows).distinctBy { it.id }, page.next, isLoading = false)
        }
    }

    private suspend fun asks(work: suspend (ServerRowsState) -> ServerRowsState) = asking.withLock {
        stateNow.value = try {
            work(stateNow.value)
        } catch (_: CoreException.Closed) {
            return@withLock
        } catch (refused: CoreException) {
            stateNow.value.copy(isLoading = false, failed = Told.of(refused))
        }
    }
}
