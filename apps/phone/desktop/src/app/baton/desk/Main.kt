// The app on a desk: a window, a place in the tray, and a word when something comes.
//
//   MainKt [--server URL] [--workspace NAME] [--email AGENT] [--directory PATH]

package app.baton.desk

import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.collectAsState
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.rememberCoroutineScope
import androidx.compose.runtime.setValue
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.painter.ColorPainter
import androidx.compose.ui.input.key.Key
import androidx.compose.ui.input.key.KeyEventType
import androidx.compose.ui.input.key.key
import androidx.compose.ui.input.key.type
import androidx.compose.ui.unit.DpSize
import androidx.compose.ui.unit.dp
import androidx.compose.ui.window.Notification
import androidx.compose.ui.window.Tray
import androidx.compose.ui.window.Window
import androidx.compose.ui.window.application
import androidx.compose.ui.window.isTraySupported
import androidx.compose.ui.window.rememberTrayState
import androidx.compose.ui.window.rememberWindowState
import app.baton.app.BatonApp
import app.baton.app.model.AppModel
import app.baton.app.words.Word
import app.baton.app.words.Words
import java.awt.Frame
import java.nio.file.Path
import kotlinx.coroutines.launch

fun main(arguments: Array<String>) {
    val said = arguments.toList().chunked(2).filter { it.size == 2 }.associate { (name, value) -> name to value }
    var frame: Frame? = null
    val platform = DeskPlatform(said["--directory"]?.let { Path.of(it) } ?: DeskPlatform.home()) { frame }
    val kept = platform.remembered
    platform.remembered = kept.copy(
        server = said["--server"] ?: kept.server,
        workspace = said["--workspace"] ?: kept.workspace,
        email = said["--email"] ?: kept.email,
    )
    application {
        val scope = rememberCoroutineScope()
        val app = remember { AppModel(platform, scope) }
        val state by app.state.collectAsState()
        val words = Words(platform.remembered.language ?: platform.language, platform.zone)
        val window = rememberWindowState(size = DpSize(1180.dp, 820.dp))
        var isShown by remember { mutableStateOf(true) }
        val tray = rememberTrayState()
        val quit: () -> Unit = {
            isShown = false
            scope.launch {
                app.close()
                exitApplication()
            }
        }
        if (isTraySupported) {
            Tray(
                ColorPainter(Color(0xFF3158C4)), tray, "Baton",
                onAction = { isShown = true },
                menu = {
                    Item(words(Word.ShowWindow)) { isShown = true }
                    Item(words(Word.Quit), onClick = quit)
                },
            )
        }
        Window(
            // Without a tray there is no way back to a window that was hidden.
            onCloseRequest = { if (isTraySupported) isShown = false else quit() },
            state = window, visible = isShown, title = "Baton",
            onKeyEvent = { key ->
                val goesBack = key.type == KeyEventType.KeyDown && key.key == Key.Escape &&
                    app.state.value.places.isNotEmpty()
                if (goesBack) app.back()
                goesBack
            },
        ) {
            frame = this.window
            BatonApp(app, platform)
        }
        val desk = state.session?.desk
        LaunchedEffect(desk) {
            var before: ULong? = null
            desk?.badge?.collect { badge ->
                val known = before
                before = badge.unread
                val isSeen = isShown && frame?.isFocused == true
                if (known != null && badge.unread > known && !isSeen) {
                    tray.sendNotification(Notification("Baton", words.count(Word.Unread, badge.unread.toInt())))
                }
            }
        }
    }
}
