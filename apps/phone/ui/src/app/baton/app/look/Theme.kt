// The look of every screen: the console's tokens as a theme of Material.

package app.baton.app.look

import androidx.compose.foundation.isSystemInDarkTheme
import androidx.compose.material3.LocalContentColor
import androidx.compose.material3.LocalTextStyle
import androidx.compose.material3.MaterialTheme
import androidx.compose.material3.darkColorScheme
import androidx.compose.material3.lightColorScheme
import androidx.compose.runtime.Composable
import androidx.compose.runtime.CompositionLocalProvider
import androidx.compose.runtime.ReadOnlyComposable
import androidx.compose.runtime.staticCompositionLocalOf
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.platform.LocalLayoutDirection
import androidx.compose.ui.text.TextStyle
import androidx.compose.ui.text.font.FontFamily
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.text.style.LineHeightStyle
import androidx.compose.ui.text.style.TextDirection
import androidx.compose.ui.unit.LayoutDirection
import androidx.compose.ui.unit.dp
import androidx.compose.ui.unit.sp
import app.baton.app.words.Language
import app.baton.app.words.Words
import java.time.ZoneId

private val LocalColours = staticCompositionLocalOf { Light }
private val LocalWords = staticCompositionLocalOf {
    Words(Language.ENGLISH, ZoneId.systemDefault())
}
private val LocalType = staticCompositionLocalOf { Type(FontFamily.Default, 1.4f) }

/** The least that a finger can be asked to meet. */
val Hit = 48.dp

/** Text in five sizes. */
class Type(font: FontFamily, private val leading: Float) {
    private val base = TextStyle(
        fontFamily = font,
        textDirection = TextDirection.Content,
        lineHeightStyle = LineHeightStyle(
            LineHeightStyle.Alignment.Center,
            LineHeightStyle.Trim.None,
        ),
    )

    private fun sized(size: Double, weight: FontWeight = FontWeight.Normal) =
        base.copy(fontSize = size.sp, lineHeight = (size * leading).sp, fontWeight = weight)

    val tiny = sized(11.0, FontWeight.Medium)
    val meta = sized(12.5)
    val small = sized(14.0)
    val body = sized(16.0)
    val strong = sized(16.0, FontWeight.SemiBold)
    val title = sized(18.0, FontWeight.SemiBold)
    val big = sized(26.0, FontWeight.SemiBold)

    /** For the app's own sentences: they run with the language, whatever name stands first. */
    fun own(style: TextStyle, isRightToLeft: Boolean) = style.copy(
        textDirection = if (isRightToLeft) TextDirection.Rtl else TextDirection.Ltr,
    )
}

/** What a screen asks of its look. */
object Look {
    val colours: Colours @Composable @ReadOnlyComposable get() = LocalColours.current
    val words: Words @Composable @ReadOnlyComposable get() = LocalWords.current
    val type: Type @Composable @ReadOnlyComposable get() = LocalType.current
}

/** Light or dark. */
enum class Shade { SYSTEM, LIGHT, DARK }

@Composable
fun BatonTheme(
    words: Words,
    shade: Shade = Shade.SYSTEM,
    font: FontFamily = FontFamily.Default,
    content: @Composable () -> Unit,
) {
    val isDark = when (shade) {
        Shade.SYSTEM -> isSystemInDarkTheme()
        Shade.LIGHT -> false
        Shade.DARK -> true
    }
    val colours = if (isDark) Dark else Light
    val type = Type(font, if (words.language.isRightToLeft) 1.6f else 1.4f)
    val direction =
        if (words.language.isRightToLeft) LayoutDirection.Rtl else LayoutDirection.Ltr
    MaterialTheme(colorScheme = colours.scheme(isDark)) {
        CompositionLocalProvider(
            LocalColours provides colours,
            LocalWords provides words,
            LocalType provides type,
            LocalLayoutDirection provides direction,
            LocalContentColor provides colours.ink,
            LocalTextStyle provides type.body,
            content = content,
        )
    }
}

private fun Colours.scheme(isDark: Boolean) =
    (if (isDark) darkColorScheme() else lightColorScheme()).copy(
        primary = accent, onPrimary = onAccent, primaryContainer = accentSoft,
        onPrimaryContainer = accentInk, secondary = accent, onSecondary = onAccent,
        background = bg, onBackground = ink, surface = surface, onSurface = ink,
        surfaceVariant = surface2, onSurfaceVariant = ink2, outline = lineStrong,
        outlineVariant = line, error = lateInk, onError = Color.White, surfaceTint = surface,
        scrim = scrim,
    )
