// Search in everything that the agent may see: at the server, behind what is on this device.

package app.baton.app.model

import app.baton.core.CoreException
import app.baton.core.Filter
import app.baton.core.InboxRow
import app.baton.core.ServerHit
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.launch

/** What the server found for a text. */
sealed interface Everywhere {
    /** Nobody asked so far. */
    data object NotAsked : Everywhere

    data object Asking : Everywhere

    data class Failed(val why: Told) : Everywhere

    data class Found(
        val customers: List<RowState>,
        val hits: List<ServerHit>,
        /** Where one looks further back; null where there is nothing more. */
        val next: String?,
        val isAsking: Boolean = false,
        val failed: Told? = null,
    ) : Everywhere
}

private const val PAGE = 50u

class SearchModel(private val desk: Desk, private val scope: CoroutineScope) {
    private val stateNow = MutableStateFlow<Everywhere>(Everywhere.NotAsked)
    private var asking: Job? = null
    private var text = ""
    val state: StateFlow<Everywhere> = stateNow

    /** Another text is another question. */
    fun forgets() {
        asking?.cancel()
        stateNow.value = Everywhere.NotAsked
    }

    fun ask(text: String) {
        forgets()
        this.text = text.trim()
        stateNow.value = Everywhere.Asking
        asking = scope.launch {
            stateNow.value = try {
                val found = desk.baton.serverSearch(Filter(this@SearchModel.text), PAGE, null)
                Everywhere.Found(found.customers.map(::drawn), found.hits, found.next)
            } catch (refused: CoreException) {
                Everywhere.Failed(Told.of(refused))
            }
        }
    }

    fun more() {
        val shown = stateNow.value as? Everywhere.Found ?: return
        val next = shown.next ?: return
        if (shown.isAsking) return
        stateNow.value = shown.copy(isAsking = true, failed = null)
        asking = scope.launch {
            stateNow.value = try {
                val found = desk.baton.serverSearch(Filter(text), PAGE, next)
                shown.copy(hits = shown.hits + found.hits, next = found.next)
            } catch (refused: CoreException) {
                shown.copy(failed = Told.of(refused))
            }
        }
    }

    private fun drawn(row: InboxRow): RowState {
        desk.homes[row.id] = Home(row.team, row.channel)
        return rowOf(row, desk.names.value, desk.now(), desk.tags.value)
    }
}
