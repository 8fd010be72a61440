// What is typed and chosen on a sheet: it outlives that the device is turned, which may move the
// sheet from the foot of a screen into a pane, and not that the sheet is closed.

package app.baton.app.screens

import androidx.compose.runtime.Composable
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.MutableState
import androidx.compose.runtime.mutableStateMapOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.saveable.Saver
import androidx.compose.runtime.saveable.rememberSaveable
import androidx.compose.runtime.snapshots.SnapshotStateMap
import androidx.compose.runtime.staticCompositionLocalOf
import app.baton.app.model.Sheet

private val LocalOnSheet = staticCompositionLocalOf { mutableStateMapOf<String, String>() }

private val saver = Saver<SnapshotStateMap<String, String>, List<String>>(
    { map -> map.flatMap { listOf(it.key, it.value) } },
    { list -> mutableStateMapOf<String, String>().also { map -> list.chunked(2).forEach { map[it.first()] = it.last() } } },
)

/** Keeps what is typed on sheets, from a place that no turn moves. */
@Composable
fun KeepsSheets(content: @Composable () -> Unit) {
    val typed = rememberSaveable(saver = saver) { mutableStateMapOf() }
    CompositionLocalProvider(LocalOnSheet provides typed, content)
}

private const val OF = "of"

/** Another sheet begins anew, and so does the same one once it was closed. */
@Composable
fun BeginsSheet(sheet: Sheet?) {
    val typed = LocalOnSheet.current
    val of = sheet?.let { it::class.simpleName }.orEmpty()
    LaunchedEffect(of) {
        if (typed[OF].orEmpty() == of) return@LaunchedEffect
        typed.clear()
        typed[OF] = of
    }
}

/** A text of this name on the sheet that is shown. */
@Composable
fun onSheet(name: String, begins: String = ""): MutableState<String> {
    val typed = LocalOnSheet.current
    return remember(typed, name) {
        object : MutableState<String> {
            override var value: String
                get() = typed[name] ?: begins
                set(to) {
                    typed[name] = to
                }

            override fun component1() = value
            override fun component2(): (String) -> Unit = { value = it }
        }
    }
}
