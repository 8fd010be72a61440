// Made from the console's tokens.css by tokens.py; not edited by hand.

package app.baton.app.look

import androidx.compose.ui.graphics.Color
import androidx.compose.ui.unit.dp

/** The colours of a theme; what each is for stands in the console's tokens. */
class Colours(
    val bg: Color,
    val surface: Color,
    val surface2: Color,
    val surface3: Color,
    val raised: Color,
    val thumb: Color,
    val line: Color,
    val lineStrong: Color,
    val ink: Color,
    val ink2: Color,
    val ink3: Color,
    val scrim: Color,
    val accent: Color,
    val onAccent: Color,
    val accentInk: Color,
    val accentSoft: Color,
    val focus: Color,
    val bubbleIn: Color,
    val bubbleOut: Color,
    val note: Color,
    val noteLine: Color,
    val noteInk: Color,
    val noteInk2: Color,
    val okInk: Color,
    val okSoft: Color,
    val okFill: Color,
    val soonInk: Color,
    val soonSoft: Color,
    val soonFill: Color,
    val lateInk: Color,
    val lateSoft: Color,
    val lateFill: Color,
    val unsureInk: Color,
    val unsureSoft: Color,
    val unsureFill: Color,
    val heldInk: Color,
    val heldSoft: Color,
    val heldFill: Color,
    val onFill: Color,
    val inverse: Color,
    val onInverse: Color,
    val inverseAccent: Color,
    val at: Color,
    val mark: Color,
)

val Light = Colours(
    bg = Color(0xFFF5F4F1),
    surface = Color(0xFFFEFEFD),
    surface2 = Color(0xFFF2F1ED),
    surface3 = Color(0xFFEAE8E3),
    raised = Color(0xFFFFFFFF),
    thumb = Color(0xFFFFFFFF),
    line = Color(0xFFE3E2DE),
    lineStrong = Color(0xFF87847E),
    ink = Color(0xFF1B1E25),
    ink2 = Color(0xFF484C54),
    ink3 = Color(0xFF5F636C),
    scrim = Color(0x521B1E25),
    accent = Color(0xFF2B5ACC),
    onAccent = Color(0xFFFFFFFF),
    accentInk = Color(0xFF2350C2),
    accentSoft = Color(0xFFE5EDFE),
    focus = Color(0xFF2B5ACC),
    bubbleIn = Color(0xFFFEFEFD),
    bubbleOut = Color(0xFFDFEAFE),
    note = Color(0xFFFEF5D1),
    noteLine = Color(0xFFE7D087),
    noteInk = Color(0xFF4B3410),
    noteInk2 = Color(0xFF6D4F20),
    okInk = Color(0xFF2B7161),
    okSoft = Color(0xFFD9F6E8),
    okFill = Color(0xFF17604C),
    soonInk = Color(0xFF935800),
    soonSoft = Color(0xFFFFEED1),
    soonFill = Color(0xFFA46002),
    lateInk = Color(0xFF880C10),
    lateSoft = Color(0xFFFEE8E5),
    lateFill = Color(0xFFA5100B),
    unsureInk = Color(0xFF793DA5),
    unsureSoft = Color(0xFFF6EAFD),
    unsureFill = Color(0xFF842D96),
    heldInk = Color(0xFF2A4155),
    heldSoft = Color(0xFFDEF0F9),
    heldFill = Color(0xFF54798B),
    onFill = Color(0xFFFFFFFF),
    inverse = Color(0xFF23262D),
    onInverse = Color(0xFFF8F8F8),
    inverseAccent = Color(0xFFADC7FC),
    at = Color(0xFFF4E19C),
    mark = Color(0xFFFDE89A),
)

val Dark = Colours(
    bg = Color(0xFF0E1014),
    surface = Color(0xFF16191E),
    surface2 = Color(0xFF1E2127),
    surface3 = Color(0xFF282B31),
    raised = Color(0xFF1F2228),
    thumb = Color(0xFF3C4047),
    line = Color(0xFF292C32),
    lineStrong = Color(0xFF70747D),
    ink = Color(0xFFEFF0F3),
    ink2 = Color(0xFFC0C2C8),
    ink3 = Color(0xFFA1A5AC),
    scrim = Color(0x94010203),
    accent = Color(0xFF406FDC),
    onAccent = Color(0xFFFFFFFF),
    accentInk = Color(0xFF9FBDFC),
    accentSoft = Color(0xFF1D2C4C),
    focus = Color(0xFF8AB0FE),
    bubbleIn = Color(0xFF22252B),
    bubbleOut = Color(0xFF1F3052),
    note = Color(0xFF342B11),
    noteLine = Color(0xFF615122),
    noteInk = Color(0xFFF1E7BD),
    noteInk2 = Color(0xFFD3C085),
    okInk = Color(0xFFA1F4D4),
    okSoft = Color(0xFF133326),
    okFill = Color(0xFF206553),
    soonInk = Color(0xFFEEC76D),
    soonSoft = Color(0xFF3C2B10),
    soonFill = Color(0xFFA86606),
    lateInk = Color(0xFFFC7A79),
    lateSoft = Color(0xFF49211D),
    lateFill = Color(0xFFA91E12),
    unsureInk = Color(0xFFCC88F4),
    unsureSoft = Color(0xFF372442),
    unsureFill = Color(0xFF7B2B96),
    heldInk = Color(0xFFABC3D8),
    heldSoft = Color(0xFF172F3C),
    heldFill = Color(0xFF4A79A4),
    onFill = Color(0xFFFFFFFF),
    inverse = Color(0xFFE6E8EC),
    onInverse = Color(0xFF14161B),
    inverseAccent = Color(0xFF1E49B7),
    at = Color(0xFF51400D),
    mark = Color(0xFF5E4B0C),
)

/** The two colours of somebody's letters, by day and by night. */
class Hue(val back: Color, val ink: Color, val nightBack: Color, val nightInk: Color)

val Hues = listOf(
    Hue(Color(0xFFFDD5D1), Color(0xFF672926), Color(0xFF5A312E), Color(0xFFFFDEDB)),
    Hue(Color(0xFFF4DBC0), Color(0xFF5D3500), Color(0xFF533818), Color(0xFFFAE4CC)),
    Hue(Color(0xFFD6E6C7), Color(0xFF2F490C), Color(0xFF344522), Color(0xFFDFEED2)),
    Hue(Color(0xFFC2EADE), Color(0xFF004E3D), Color(0xFF12493D), Color(0xFFCDF1E6)),
    Hue(Color(0xFFC0E7F5), Color(0xFF004960), Color(0xFF0E4654), Color(0xFFCCEFFB)),
    Hue(Color(0xFFD1E0FF), Color(0xFF273D6F), Color(0xFF2E3E5E), Color(0xFFDAE8FF)),
    Hue(Color(0xFFE6D9F8), Color(0xFF4B3265), Color(0xFF463658), Color(0xFFEEE2FE)),
    Hue(Color(0xFFF8D4E4), Color(0xFF612946), Color(0xFF563143), Color(0xFFFEDEEC)),
)

/** Corners and gaps. */
object Dims {
    val s1 = 4.dp
    val s2 = 8.dp
    val s3 = 12.dp
    val s4 = 16.dp
    val s5 = 20.dp
    val s6 = 24.dp
    val s8 = 32.dp
    val s10 = 40.dp
    val s12 = 48.dp
    val rSm = 6.dp
    val rMd = 10.dp
    val rLg = 14.dp
    val rXl = 20.dp
}
