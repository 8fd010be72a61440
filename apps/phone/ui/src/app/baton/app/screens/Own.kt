// Parts of the settings that the server keeps: what is pushed, and where one is signed in.

package app.baton.app.screens

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.unit.dp
import app.baton.app.look.Act
import app.baton.app.look.ActRow
import app.baton.app.look.Drawing
import app.baton.app.look.Look
import app.baton.app.look.Problem
import app.baton.app.look.Says
import app.baton.app.look.Weight
import app.baton.app.model.OwnState
import app.baton.app.words.Word
import app.baton.core.Named
import app.baton.core.PushLevel
import app.baton.core.PushLevels
import app.baton.core.SignedInDevice

/** What these parts ask for. */
class OwnActs(
    val load: () -> Unit = {},
    val endDevice: (String) -> Unit = {},
    val level: (PushLevel) -> Unit = {},
    val team: (String, PushLevel?) -> Unit = { _, _ -> },
    val eachDevice: (Boolean) -> Unit = {},
)

private val levels = listOf(
    PushLevel.ALL to Word.LevelAll, PushLevel.MINE to Word.LevelMine, PushLevel.NOTHING to Word.LevelNothing,
)

private fun wordOf(level: PushLevel): Word = levels.first { it.first == level }.second

/** What the agent is told by push, on all their devices. */
@Composable
fun Levels(state: OwnState, teams: List<Named>, acts: OwnActs) {
    val words = Look.words
    val now = state.levels ?: return
    SettingsHeading(words(Word.TellMe))
    for ((level, word) in levels) {
        ActRow(words(word), isChosen = now.level == level) { acts.level(level) }
    }
    for (team in teams) TeamLevel(team, now, acts)
    ActRow(words(Word.EachDevice), isChosen = now.eachDevice) { acts.eachDevice(!now.eachDevice) }
    now.quiet?.let { quiet ->
        val text = words(Word.QuietHours, quiet.from, quiet.until, quiet.zone)
        Says(text, Modifier.padding(horizontal = 20.dp, vertical = 8.dp), Look.type.small, Look.colours.ink2)
    }
}

/** One team's own level; it is opened by a tap. */
@Composable
private fun TeamLevel(team: Named, now: PushLevels, acts: OwnActs) {
    val words = Look.words
    var isOpen by remember { mutableStateOf(false) }
    val own = now.teams.find { it.team == team.id }?.level
    val said = words(own?.let(::wordOf) ?: Word.LevelSame)
    ActRow(words(Word.LevelOfTeam, team.name), if (isOpen) Drawing.Down else Drawing.Right, said) { isOpen = !isOpen }
    if (!isOpen) return
    Column(Modifier.padding(start = 36.dp)) {
        ActRow(words(Word.LevelSame), isChosen = own == null) { acts.team(team.id, null) }
        for ((level, word) in levels) {
            ActRow(words(word), isChosen = own == level) { acts.team(team.id, level) }
        }
    }
}

/** Where the agent is signed in. */
@Composable
fun Devices(state: OwnState, acts: OwnActs) {
    val words = Look.words
    SettingsHeading(words(Word.Devices))
    val devices = state.devices
    when {
        state.failed != null -> Column(Modifier.padding(horizontal = 20.dp), Arrangement.spacedBy(8.dp)) {
            Problem(state.failed.say(words))
            Act(words(Word.TryAgain), Weight.SECOND, onClick = acts.load)
        }
        devices == null -> Says(words(Word.Loading), Modifier.padding(horizontal = 20.dp), colour = Look.colours.ink3)
        else -> {
            Says(words(Word.DevicesIntro), Modifier.padding(horizontal = 20.dp), Look.type.small, Look.colours.ink2)
            for (device in devices) Device(device, state.now, acts)
        }
    }
}

@Composable
private fun Device(device: SignedInDevice, now: Long, acts: OwnActs) {
    val words = Look.words
    var asks by remember { mutableStateOf(false) }
    val used = if (device.isThis) words(Word.ThisDevice) else words(Word.LastSeen, words.moment(device.lastSeenMs, now))
    ActRow(device.name, Drawing.Screen, used, isChosen = device.isThis, isEnabled = true) {
        if (!device.isThis) asks = !asks
    }
    if (!asks) return
    Column(Modifier.padding(start = 56.dp, end = 20.dp, bottom = 8.dp), Arrangement.spacedBy(8.dp)) {
        Act(words(Word.SignOutDevice), Weight.DANGER, Modifier.fillMaxWidth()) {
            asks = false
            acts.endDevice(device.id)
        }
        Act(words(Word.Cancel), Weight.SECOND, Modifier.fillMaxWidth()) { asks = false }
    }
}
