// Parts of the settings that the server keeps: what is pushed, and where one is signed in.

package app.baton.app.screens

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.RowScope
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.unit.dp
import app.baton.app.look.Act
import app.baton.app.look.ActRow
import app.baton.app.look.Drawing
import app.baton.app.look.Field
import app.baton.app.look.Look
import app.baton.app.look.Problem
import app.baton.app.look.Says
import app.baton.app.look.TickRow
import app.baton.app.look.Weight
import app.baton.app.model.OwnState
import app.baton.app.model.timeOf
import app.baton.app.words.Word
import app.baton.core.Named
import app.baton.core.PushLevel
import app.baton.core.PushLevels
import app.baton.core.QuietHours
import app.baton.core.SignedInDevice

/** What these parts ask for. */
class OwnActs(
    val load: () -> Unit = {},
    val endDevice: (String) -> Unit = {},
    val level: (PushLevel) -> Unit = {},
    val team: (String, PushLevel?) -> Unit = { _, _ -> },
    val eachDevice: (Boolean) -> Unit = {},
    val quiet: (Boolean) -> Unit = {},
    val quietTimes: (String, String) -> Unit = { _, _ -> },
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
    TickRow(words(Word.EachDevice), now.eachDevice) { acts.eachDevice(!now.eachDevice) }
    TickRow(words(Word.Quiet), now.quiet != null) { acts.quiet(now.quiet == null) }
    now.quiet?.let { QuietTimes(it, acts) }
}

/** From when until when. What is typed is set once it is a time, and by a tap. */
@Composable
private fun QuietTimes(quiet: QuietHours, acts: OwnActs) {
    val words = Look.words
    var from by rememberSaveable(quiet.from, quiet.until) { mutableStateOf(quiet.from) }
    var until by rememberSaveable(quiet.from, quiet.until) { mutableStateOf(quiet.until) }
    val (begins, ends) = timeOf(from) to timeOf(until)
    Column(Modifier.padding(horizontal = 20.dp, vertical = 4.dp), Arrangement.spacedBy(10.dp)) {
        Row(horizontalArrangement = Arrangement.spacedBy(12.dp)) {
            Time(words(Word.QuietFrom), from, begins == null) { from = it }
            Time(words(Word.QuietUntil), until, ends == null || ends == begins) { until = it }
        }
        if (begins != null && ends != null && begins != ends && (begins != quiet.from || ends != quiet.until)) {
            Act(words(Word.Save), Weight.SECOND, Modifier.fillMaxWidth()) { acts.quietTimes(begins, ends) }
        }
        Says(words(Word.QuietZone, quiet.zone), style = Look.type.small, colour = Look.colours.ink2)
    }
}

@Composable
private fun RowScope.Time(label: String, text: String, isWrong: Boolean, change: (String) -> Unit) = Field(
    label, text, change, Modifier.weight(1f), hint = "22:00", isWrong = isWrong, isCode = true,
)

/** One team's own level; it is opened by a tap. */
@Composable
private fun TeamLevel(team: Named, now: PushLevels, acts: OwnActs) {
    val words = Look.words
    var isOpen by rememberSaveable { mutableStateOf(false) }
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
    var asks by rememberSaveable { mutableStateOf(false) }
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
