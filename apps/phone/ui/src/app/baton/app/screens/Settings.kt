// The agent's own: availability, notifications and why they are silent, language, signing out.

package app.baton.app.screens

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ColumnScope
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import app.baton.app.look.Act
import app.baton.app.look.ActRow
import app.baton.app.look.Avatar
import app.baton.app.look.Bar
import app.baton.app.look.BarTitle
import app.baton.app.look.Drawing
import app.baton.app.look.Drawn
import app.baton.app.look.Field
import app.baton.app.look.Hairline
import app.baton.app.look.IconAct
import app.baton.app.look.Look
import app.baton.app.look.Problem
import app.baton.app.look.Says
import app.baton.app.look.Shade
import app.baton.app.look.Theirs
import app.baton.app.look.Weight
import app.baton.app.model.BeginState
import app.baton.app.model.OwnState
import app.baton.app.words.Language
import app.baton.app.words.Word
import app.baton.app.words.Words
import app.baton.core.Availability
import app.baton.core.Named
import app.baton.core.PushOffReason
import app.baton.core.PushState
import app.baton.core.Standing

data class SettingsState(
    val name: String,
    val id: String,
    val server: String,
    val availability: Availability?,
    val standing: Standing,
    val pushes: PushState?,
    val isPushed: Boolean,
    val waiting: Int,
    val language: Language,
    val shade: Shade,
    val own: OwnState = OwnState(),
    val teams: List<Named> = emptyList(),
)

/** What the settings ask for. */
class SettingsActs(
    val back: () -> Unit = {},
    val availability: (Availability) -> Unit = {},
    val askForPushes: () -> Unit = {},
    val language: (Language) -> Unit = {},
    val shade: (Shade) -> Unit = {},
    val signOut: () -> Unit = {},
    val own: OwnActs = OwnActs(),
)

@Composable
fun SettingsScreen(state: SettingsState, acts: SettingsActs) {
    val words = Look.words
    Column(Modifier.fillMaxSize().background(Look.colours.surface)) {
        Bar {
            IconAct(Drawing.Left, words(Word.Back), onClick = acts.back)
            BarTitle(words(Word.Settings))
        }
        Hairline()
        Column(Modifier.fillMaxSize().verticalScroll(rememberScrollState()), horizontalAlignment = Alignment.CenterHorizontally) {
            Column(Modifier.widthIn(max = 640.dp).fillMaxWidth().padding(bottom = 24.dp)) { Parts(state, acts) }
        }
    }
}

@Composable
private fun ColumnScope.Parts(state: SettingsState, acts: SettingsActs) {
    val words = Look.words
    Row(Modifier.padding(20.dp), Arrangement.spacedBy(14.dp), Alignment.CenterVertically) {
        Avatar(state.id, state.name, 56.dp, state.standing == Standing.Live)
        Column {
            Theirs(state.name, style = Look.type.title)
            Theirs(state.server, style = Look.type.small, colour = Look.colours.ink3)
        }
    }
    SettingsHeading(words(Word.Availability))
    for ((value, word) in availabilities) {
        ActRow(words(word), value.drawing, isChosen = state.availability == value) { acts.availability(value) }
    }
    SettingsHeading(words(Word.Notifications))
    Pushes(state, acts)
    Levels(state.own, state.teams, acts.own)
    SettingsHeading(words(Word.Theme))
    for ((shade, word) in shades) {
        ActRow(words(word), isChosen = state.shade == shade) { acts.shade(shade) }
    }
    SettingsHeading(words(Word.Language))
    for (language in Language.entries) {
        ActRow(language.ownName, isChosen = state.language == language) { acts.language(language) }
    }
    Devices(state.own, acts.own)
    SettingsHeading(words(Word.Account))
    SignOut(state, acts)
}

private val availabilities = listOf(
    Availability.AVAILABLE to Word.Available, Availability.BUSY to Word.Busy, Availability.AWAY to Word.Away,
)

private val Availability.drawing: Drawing
    get() = when (this) {
        Availability.AVAILABLE -> Drawing.Ok
        Availability.BUSY -> Drawing.Soon
        Availability.AWAY -> Drawing.Moon
    }

private val shades = listOf(
    Shade.SYSTEM to Word.ThemeSystem, Shade.LIGHT to Word.ThemeLight, Shade.DARK to Word.ThemeDark,
)

@Composable
fun SettingsHeading(text: String) = Says(
    text, Modifier.padding(start = 20.dp, end = 20.dp, top = 22.dp, bottom = 6.dp).semantics { heading() },
    Look.type.small, Look.colours.ink3,
)

/** Whether this device is told, and if not, why and what helps. */
@Composable
private fun Pushes(state: SettingsState, acts: SettingsActs) {
    val words = Look.words
    val colours = Look.colours
    val isOn = state.pushes is PushState.On || !state.isPushed
    Row(Modifier.padding(horizontal = 20.dp, vertical = 8.dp), Arrangement.spacedBy(14.dp)) {
        Drawn(if (isOn) Drawing.Ok else Drawing.Off, size = 22.dp, colour = if (isOn) colours.okInk else colours.lateInk)
        Says(words.pushes(state), Modifier.weight(1f))
    }
    if (state.isPushed && state.pushes is PushState.Off) {
        Act(words(Word.TryAgain), Weight.SECOND, Modifier.padding(start = 56.dp), onClick = acts.askForPushes)
    }
    Says(words(Word.WhySilent), Modifier.padding(start = 56.dp, end = 20.dp, top = 14.dp), Look.type.small)
    val quiet = Modifier.padding(start = 56.dp, end = 20.dp, top = 4.dp)
    Says(words(Word.WhyWindow), quiet, Look.type.small, colours.ink2)
    if (state.availability == Availability.AWAY) Says(words(Word.WhyAway), quiet, Look.type.small, colours.ink2)
    if (state.standing != Standing.Live) Says(words(Word.Offline), quiet, Look.type.small, colours.ink2)
}

private fun Words.pushes(state: SettingsState): String {
    if (!state.isPushed) return this(Word.PushDesk)
    return pushes(state.pushes)
}

private fun Words.pushes(at: PushState?): String = when (at) {
    null, PushState.Waiting -> this(Word.PushWaiting)
    PushState.On -> this(Word.PushOn)
    is PushState.Off -> when (val why = at.reason) {
        PushOffReason.NotRegistered -> this(Word.PushNotAsked)
        PushOffReason.Permission -> this(Word.PushPermission)
        PushOffReason.NoService -> this(Word.PushNoService)
        PushOffReason.BatterySaver -> this(Word.PushSaver)
        PushOffReason.NotSetUp -> this(Word.PushNotSetUp)
        is PushOffReason.Refused -> this(Word.PushRefused, why.code)
    }
}

@Composable
private fun SignOut(state: SettingsState, acts: SettingsActs) {
    val words = Look.words
    var asks by rememberSaveable { mutableStateOf(false) }
    if (asks) {
        Column(Modifier.padding(horizontal = 20.dp), Arrangement.spacedBy(8.dp)) {
            Says(words.count(Word.SignOutWaiting, state.waiting))
            Act(words(Word.SignOut), Weight.DANGER, Modifier.fillMaxWidth(), onClick = acts.signOut)
            Act(words(Word.Cancel), Weight.SECOND, Modifier.fillMaxWidth()) { asks = false }
        }
        return
    }
    ActRow(words(Word.SignOut), Drawing.Left, ink = Look.colours.lateInk) {
        if (state.waiting > 0) asks = true else acts.signOut()
    }
}

/** A first message to a number. */
@Composable
fun BeginScreen(
    state: BeginState,
    channels: List<Named>,
    back: () -> Unit,
    change: ((BeginState) -> BeginState) -> Unit,
    go: () -> Unit,
) {
    val words = Look.words
    Column(Modifier.fillMaxSize().background(Look.colours.surface)) {
        Bar {
            IconAct(Drawing.Left, words(Word.Back), onClick = back)
            BarTitle(words(Word.NewConversation))
        }
        Hairline()
        Column(Modifier.widthIn(max = 560.dp).fillMaxWidth().verticalScroll(rememberScrollState())) {
            Writes(state, channels, change)
            Goes(state, channels, change, go)
        }
    }
}

@Composable
private fun Writes(state: BeginState, channels: List<Named>, change: ((BeginState) -> BeginState) -> Unit) {
    val words = Look.words
    Column(Modifier.padding(20.dp), Arrangement.spacedBy(16.dp)) {
        if (state.problem != null) Problem(state.problem.say(words))
        Field(
            words(Word.BeginPhone), state.phone, { text -> change { it.copy(phone = text) } },
            hint = "+34 600 123 456", isCode = true,
        )
        if (channels.isEmpty()) Says(words(Word.BeginNone), colour = Look.colours.ink2)
        if (channels.isNotEmpty()) Says(words(Word.BeginFrom), style = Look.type.small, colour = Look.colours.ink2)
    }
}

@Composable
private fun Goes(
    state: BeginState,
    channels: List<Named>,
    change: ((BeginState) -> BeginState) -> Unit,
    go: () -> Unit,
) {
    val words = Look.words
    val chosen = state.channel ?: channels.firstOrNull()?.id
    for (channel in channels) {
        ActRow(channel.name, Drawing.Phone, isChosen = channel.id == chosen) { change { it.copy(channel = channel.id) } }
    }
    Column(Modifier.padding(20.dp), Arrangement.spacedBy(12.dp)) {
        Says(words(Word.BeginHint), style = Look.type.small, colour = Look.colours.ink2)
        Act(
            words(Word.BeginGo), modifier = Modifier.fillMaxWidth(),
            isEnabled = !state.isBusy && channels.isNotEmpty(), onClick = go,
        )
    }
}
