// Signing in: where, who, and the password.

package app.baton.app.screens

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.foundation.text.KeyboardActions
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.foundation.verticalScroll
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.text.input.ImeAction
import androidx.compose.ui.text.input.KeyboardType
import androidx.compose.ui.text.input.PasswordVisualTransformation
import androidx.compose.ui.unit.dp
import app.baton.app.look.Act
import app.baton.app.look.Drawing
import app.baton.app.look.Drawn
import app.baton.app.look.Field
import app.baton.app.look.Look
import app.baton.app.look.Problem
import app.baton.app.look.Says
import app.baton.app.look.Weight
import app.baton.app.model.AppModel
import app.baton.app.model.SignInState
import app.baton.app.words.Word

/** What a screen of signing in asks for. */
class SignInActs(
    val server: (String) -> Unit,
    val workspace: (String) -> Unit,
    val email: (String) -> Unit,
    val go: (String) -> Unit,
    val password: (String) -> Unit = {},
    val join: () -> Unit = {},
) {
    constructor(app: AppModel) : this(app::setServer, app::setWorkspace, app::setEmail, app::signIn, app::setPassword, app::join)
}

@Composable
fun SignInScreen(state: SignInState, acts: SignInActs) {
    val password = state.password.text
    val words = Look.words
    Box(Modifier.fillMaxSize().background(Look.colours.bg), Alignment.Center) {
        Column(
            Modifier.widthIn(max = 440.dp).fillMaxSize().verticalScroll(rememberScrollState())
                .padding(24.dp),
            Arrangement.spacedBy(16.dp, Alignment.CenterVertically),
        ) {
            Row(verticalAlignment = Alignment.CenterVertically) {
                Box(
                    Modifier.size(48.dp).clip(RoundedCornerShape(14.dp)).background(Look.colours.accent),
                    Alignment.Center,
                ) { Drawn(Drawing.Swap, size = 26.dp, colour = Look.colours.onAccent) }
                Says("Baton", Modifier.padding(start = 12.dp), Look.type.big)
            }
            Says(words(Word.Motto), style = Look.type.body, colour = Look.colours.ink2)
            if (state.problem != null) Problem(state.problem.say(words))
            val next = KeyboardOptions(imeAction = ImeAction.Next, keyboardType = KeyboardType.Uri)
            Field(
                words(Word.Server), state.server, acts.server, hint = "https://",
                options = next, isWrong = state.problem?.isOfServer == true, isCode = true,
            )
            if (state.invitation != null) {
                Says(words(Word.JoinFirst), style = Look.type.small, colour = Look.colours.ink2)
                Act(words(Word.JoinOpen), Weight.SECOND, Modifier.fillMaxWidth(), onClick = acts.join)
            }
            Says(words(Word.ServerHint), style = Look.type.small, colour = Look.colours.ink3)
            Field(words(Word.Workspace), state.workspace, acts.workspace, options = KeyboardOptions(imeAction = ImeAction.Next), isCode = true)
            Field(
                words(Word.Email), state.email, acts.email,
                options = KeyboardOptions(imeAction = ImeAction.Next, keyboardType = KeyboardType.Email),
                isCode = true,
            )
            val can = !state.isBusy && state.server.isNotBlank() && password.isNotEmpty()
            Field(
                words(Word.Password), password, acts.password,
                transformation = PasswordVisualTransformation(),
                options = KeyboardOptions(imeAction = ImeAction.Go, keyboardType = KeyboardType.Password),
                actions = KeyboardActions(onGo = { if (can) acts.go(password) }),
            )
            Act(
                words(if (state.isBusy) Word.SigningIn else Word.SignIn),
                modifier = Modifier.fillMaxWidth(), isEnabled = can,
            ) { acts.go(password) }
        }
    }
}

private val app.baton.app.model.Told.isOfServer: Boolean
    get() = this is app.baton.app.model.Told.Of && word in setOf(Word.ServerWrong, Word.ServerAway, Word.NoBaton)
