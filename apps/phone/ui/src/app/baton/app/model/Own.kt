// What the server keeps of the agent's own: where they are signed in, and what they are told by push.

package app.baton.app.model

import app.baton.app.words.Word
import app.baton.core.CoreException
import app.baton.core.PushLevel
import app.baton.core.PushLevels
import app.baton.core.SignedInDevice
import app.baton.core.TeamPushLevel
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch

data class OwnState(
    /** Null until they are loaded. */
    val devices: List<SignedInDevice>? = null,
    val levels: PushLevels? = null,
    val failed: Told? = null,
    val now: Long = 0,
)

class OwnModel(private val desk: Desk, private val scope: CoroutineScope) {
    private val stateNow = MutableStateFlow(OwnState())
    val state: StateFlow<OwnState> = stateNow

    fun load() {
        stateNow.update { it.copy(failed = null, now = desk.platform.now()) }
        scope.launch {
            try {
                val devices = desk.baton.devices()
                val levels = desk.baton.pushLevels()
                stateNow.update { it.copy(devices = devices, levels = levels, now = desk.platform.now()) }
            } catch (refused: CoreException) {
                stateNow.update { it.copy(failed = Told.of(refused)) }
            }
        }
    }

    /** Signs another device out, which wipes what it keeps. */
    fun endDevice(device: String) = desk.does {
        desk.baton.endDevice(device)
        stateNow.update { state -> state.copy(devices = state.devices?.filter { it.id != device }) }
        desk.tells(Told.of(Word.DeviceGone))
    }

    fun setLevel(level: PushLevel) = sets { it.copy(level = level) }

    /** A level for one team; null as for the others. */
    fun setTeam(team: String, level: PushLevel?) = sets { levels ->
        val others = levels.teams.filter { it.team != team }
        levels.copy(teams = others + listOfNotNull(level?.let { TeamPushLevel(team, it) }))
    }

    fun setEachDevice(isEach: Boolean) = sets { it.copy(eachDevice = isEach) }

    /** What the server answers holds: nothing is shown as set that is not. */
    private fun sets(change: (PushLevels) -> PushLevels) {
        val before = stateNow.value.levels ?: return
        desk.does {
            val levels = desk.baton.setPushLevels(change(before))
            stateNow.update { it.copy(levels = levels) }
        }
    }
}
