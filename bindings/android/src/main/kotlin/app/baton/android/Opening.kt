// Opening the core, and opening it again: a device that is locked or full is so for a while.

package app.baton.android

import app.baton.core.Baton
import app.baton.core.CoreException
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock

/** Whether the core is open. */
sealed interface OpenState {
    /** It is being opened, or nobody asked for it so far. */
    data object Opening : OpenState

    data class Open(val baton: Baton) : OpenState

    /** Opening failed for this reason. The next call tries again. */
    data class Failed(val error: CoreException) : OpenState
}

/** Opens one core, however many ask for it at once. [begin] is called once it is open. */
internal class Opening(
    private val open: suspend () -> Baton,
    private val begin: suspend (Baton) -> Unit,
) {
    private val told = MutableStateFlow<OpenState>(OpenState.Opening)
    private val one = Mutex()

    val state: StateFlow<OpenState> = told.asStateFlow()

    /** The client, which is opened where it is not; null where that fails now. */
    suspend fun core(): Baton? = one.withLock {
        (told.value as? OpenState.Open)?.let { return@withLock it.baton }
        val baton = try {
            open()
        } catch (error: CoreException) {
            told.value = OpenState.Failed(error)
            return@withLock null
        }
        told.value = OpenState.Open(baton)
        begin(baton)
        baton
    }
}
