// What the server keeps of the agent's own: where they are signed in, and what they are told by push.

package app.baton.app.model

import app.baton.app.words.Word
import app.baton.core.CoreException
import app.baton.core.PushLevel
import app.baton.core.PushLevels
import app.baton.core.QuietHours
import app.baton.core.SignedInDevice
import app.baton.core.TeamPushLevel
import java.time.ZoneId
import java.time.ZoneOffset
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

private const val EVENING = "22:00"
private const val MORNING = "07:00"

/** A zone as the server knows it: by the name of a place. */
private fun zoneOf(zone: ZoneId): String = if (zone is ZoneOffset || '/' !in zone.id) "Etc/UTC" else zone.id

/** A time of the day as people type it, in digits of any script, as `07:00`; null where it is none. */
fun timeOf(text: String): String? {
    val digits = text.trim().map { if (it.isDigit()) it.digitToInt().digitToChar() else it }.joinToString("")
    val (hours, minutes) = Regex("(\\d{1,2})[:.](\\d{2})").matchEntire(digits)?.destructured ?: return null
    if (hours.toInt() > 23 || minutes.toInt() > 59) return null
    return hours.padStart(2, '0') + ":" + minutes
}

class OwnModel(private val desk: Desk, private val scope: CoroutineScope) {
    private val stateNow = MutableStateFlow(OwnState())
    val state: StateFlow<OwnState> = stateNow

    fun load() {
        stateNow.update { it.copy(failed = null, now = desk.now()) }
        scope.launch {
            try {
                val devices = desk.baton.devices()
                val levels = desk.baton.pushLevels()
                stateNow.update { it.copy(devices = devices, levels = levels, now = desk.now()) }
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

    /** A part of each day in which nothing is pushed, in the time of this device where it is new. */
    fun setQuiet(from: String, until: String) = sets { levels ->
        levels.copy(quiet = QuietHours(from, until, levels.quiet?.zone ?: zoneOf(desk.platform.zone)))
    }

    fun setQuiet(isQuiet: Boolean) =
        if (isQuiet) setQuiet(EVENING, MORNING) else sets { it.copy(quiet = null) }

    /** What the server answers holds: nothing is shown as set that is not. */
    private fun sets(change: (PushLevels) -> PushLevels) {
        val before = stateNow.value.levels ?: return
        desk.does {
            val levels = desk.baton.setPushLevels(change(before))
            stateNow.update { it.copy(levels = levels) }
        }
    }
}
