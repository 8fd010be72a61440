// What screens are made of.

package app.baton.app.look

import androidx.compose.foundation.BorderStroke
import androidx.compose.foundation.background
import androidx.compose.foundation.border
import androidx.compose.foundation.clickable
import androidx.compose.foundation.interaction.MutableInteractionSource
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.RowScope
import androidx.compose.foundation.layout.Spacer
import androidx.compose.foundation.layout.defaultMinSize
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.sizeIn
import androidx.compose.foundation.layout.width
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.selection.toggleable
import androidx.compose.foundation.shape.CircleShape
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.foundation.text.BasicTextField
import androidx.compose.foundation.text.KeyboardActions
import androidx.compose.foundation.text.KeyboardOptions
import androidx.compose.foundation.verticalScroll
import androidx.compose.material3.Text
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.alpha
import androidx.compose.ui.draw.clip
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.SolidColor
import androidx.compose.ui.platform.LocalDensity
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.clearAndSetSemantics
import androidx.compose.ui.semantics.error
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.selected
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.semantics.stateDescription
import androidx.compose.ui.text.TextStyle
import androidx.compose.ui.text.input.VisualTransformation
import androidx.compose.ui.text.style.TextAlign
import androidx.compose.ui.text.style.TextDirection
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.unit.Dp
import androidx.compose.ui.unit.dp
import androidx.compose.ui.unit.sp

/** Words of the app's own: they run with the language. */
@Composable
fun Says(
    text: String,
    modifier: Modifier = Modifier,
    style: TextStyle = Look.type.body,
    colour: Color = Look.colours.ink,
    lines: Int = Int.MAX_VALUE,
    align: TextAlign? = null,
) = Text(
    text, modifier, color = colour, maxLines = lines, overflow = TextOverflow.Ellipsis,
    textAlign = align, style = Look.type.own(style, Look.words.language.isRightToLeft),
)

/** Where the screen's language begins, whatever runs there. */
private val atStart: TextAlign
    @Composable get() = if (Look.words.language.isRightToLeft) TextAlign.Right else TextAlign.Left

/** Whether letters are so large that what stands side by side has to stand below. */
val isLarge: Boolean @Composable get() = LocalDensity.current.fontScale >= 1.6f

/** A number as it is dialled: without letters nothing else says which way it runs. */
private fun numbered(text: String): String = if (text.startsWith("+")) "\u2066$text\u2069" else text

/**
 * Words of people: each text runs as it is written. A single line stands where the screen's
 * language begins, and so does what [isOfScreen]; several lines stand where their own does.
 */
@Composable
fun Theirs(
    text: String,
    modifier: Modifier = Modifier,
    style: TextStyle = Look.type.body,
    colour: Color = Look.colours.ink,
    lines: Int = Int.MAX_VALUE,
    isOfScreen: Boolean = lines == 1,
) = Text(
    numbered(text), modifier, color = colour, maxLines = lines, overflow = TextOverflow.Ellipsis,
    textAlign = if (isOfScreen) atStart else TextAlign.Start, style = style,
)

/** Two letters of a name. */
fun lettersOf(name: String): String {
    if (name.startsWith("+")) return name.filter(Char::isDigit).takeLast(2)
    val words = name.split(' ', '\u00a0').filter { word -> word.any(Char::isLetterOrDigit) }
    fun first(word: String) = word.first(Char::isLetterOrDigit).toString()
    // Half of a pair of characters is no letter.
    val last = if (words.size > 1) first(words.last()) else words.firstOrNull()?.drop(1)?.take(1)?.filterNot(Char::isSurrogate)
    return (words.firstOrNull()?.let(::first).orEmpty() + last.orEmpty()).uppercase().ifEmpty { "?" }
}

private fun hueOf(id: String): Hue {
    val sum = id.fold(0u) { sum, char -> sum * 31u + char.code.toUInt() }
    return Hues[(sum % Hues.size.toUInt()).toInt()]
}

@Composable
fun Avatar(id: String, name: String, size: Dp = 44.dp, isOnline: Boolean? = null) {
    val hue = hueOf(id)
    val isDay = Look.colours === Light
    Box(Modifier.clearAndSetSemantics {}) {
        Box(
            Modifier.size(size).clip(CircleShape).background(if (isDay) hue.back else hue.nightBack),
            Alignment.Center,
        ) {
            // Letters in a circle do not grow with the text around them.
            val letters = Look.type.strong.still(size.value * 0.36f)
            Text(lettersOf(name), color = if (isDay) hue.ink else hue.nightInk, style = letters, maxLines = 1)
        }
        if (isOnline != null) {
            val ring = if (isOnline) Look.colours.okFill else Look.colours.ink3
            Box(
                Modifier.align(Alignment.BottomEnd).size(size * 0.3f).clip(CircleShape)
                    .background(Look.colours.surface).padding(2.dp).clip(CircleShape)
                    .background(if (isOnline) ring else Look.colours.surface)
                    .border(2.dp, ring, CircleShape),
            )
        }
    }
}

/** A word in a coloured field, with its shape: colour never speaks alone. */
@Composable
fun Chip(
    text: String,
    ink: Color = Look.colours.ink2,
    back: Color = Look.colours.surface2,
    drawing: Drawing? = null,
    modifier: Modifier = Modifier,
) {
    Row(
        modifier.clip(RoundedCornerShape(50)).background(back).padding(horizontal = 8.dp, vertical = 3.dp),
        Arrangement.spacedBy(5.dp), Alignment.CenterVertically,
    ) {
        if (drawing != null) Drawn(drawing, size = 14.dp, colour = ink)
        Says(text, style = Look.type.meta, colour = ink, lines = 1)
    }
}

/** In a size that does not grow with the text around it. */
@Composable
fun TextStyle.still(size: Float): TextStyle {
    val scale = LocalDensity.current.fontScale
    return copy(fontSize = (size / scale).sp, lineHeight = (size * 1.4f / scale).sp)
}

enum class Weight { MAIN, SECOND, QUIET, DANGER, INVERSE }

@Composable
fun Act(
    text: String,
    weight: Weight = Weight.MAIN,
    modifier: Modifier = Modifier,
    isEnabled: Boolean = true,
    drawing: Drawing? = null,
    onClick: () -> Unit,
) {
    val colours = Look.colours
    val (back, ink) = when (weight) {
        Weight.MAIN -> colours.accent to colours.onAccent
        Weight.SECOND -> colours.raised to colours.ink
        Weight.QUIET -> Color.Transparent to colours.accentInk
        Weight.DANGER -> Color.Transparent to colours.lateInk
        Weight.INVERSE -> Color.Transparent to colours.onInverse
    }
    val shape = RoundedCornerShape(Dims.rMd)
    Row(
        modifier.alpha(if (isEnabled) 1f else 0.45f).heightIn(min = Hit).clip(shape).background(back)
            .then(if (weight == Weight.SECOND) Modifier.border(1.dp, colours.line, shape) else Modifier)
            .clickable(isEnabled, role = Role.Button, onClick = onClick)
            .padding(horizontal = 16.dp, vertical = 10.dp),
        Arrangement.spacedBy(8.dp, Alignment.CenterHorizontally), Alignment.CenterVertically,
    ) {
        if (drawing != null) Drawn(drawing, colour = ink)
        val style = Look.type.body.copy(fontWeight = androidx.compose.ui.text.font.FontWeight.Medium)
        Says(text, style = style, colour = ink, align = TextAlign.Center)
    }
}

/** A drawing that does something; [says] is its name. */
@Composable
fun IconAct(
    drawing: Drawing,
    says: String,
    modifier: Modifier = Modifier,
    colour: Color = Look.colours.ink2,
    isEnabled: Boolean = true,
    onClick: () -> Unit,
) = Box(
    modifier.size(Hit).clip(CircleShape).alpha(if (isEnabled) 1f else 0.4f)
        .clickable(isEnabled, role = Role.Button, onClick = onClick)
        .semantics { contentDescription = says },
    Alignment.Center,
) { Drawn(drawing, size = 22.dp, colour = colour) }

/** The head of a screen. */
@Composable
fun Bar(
    modifier: Modifier = Modifier,
    content: @Composable RowScope.() -> Unit,
) = Row(
    modifier.fillMaxWidth().background(Look.colours.surface).heightIn(min = 56.dp)
        .padding(horizontal = 4.dp),
    verticalAlignment = Alignment.CenterVertically,
    content = content,
)

@Composable
fun BarTitle(text: String, modifier: Modifier = Modifier, style: TextStyle = Look.type.title) = Says(
    text, modifier.padding(horizontal = 8.dp).semantics { heading() }, style, lines = if (isLarge) 2 else 1,
)

@Composable
fun Hairline(colour: Color = Look.colours.line) =
    Box(Modifier.fillMaxWidth().heightIn(1.dp, 1.dp).background(colour))

/** A text field with its name above it, as big as a finger wants. */
@Composable
fun Field(
    label: String,
    value: String,
    onChange: (String) -> Unit,
    modifier: Modifier = Modifier,
    hint: String? = null,
    isWrong: Boolean = false,
    transformation: VisualTransformation = VisualTransformation.None,
    options: KeyboardOptions = KeyboardOptions.Default,
    actions: KeyboardActions = KeyboardActions.Default,
    lines: Int = 1,
    isLabelled: Boolean = true,
    isCode: Boolean = false,
) {
    val colours = Look.colours
    Column(modifier, Arrangement.spacedBy(6.dp)) {
        if (isLabelled) Says(label, Modifier.clearAndSetSemantics {}, Look.type.small, colours.ink2)
        BasicTextField(
            value, onChange,
            Modifier.fillMaxWidth().semantics {
                contentDescription = label
                if (isWrong) error(label)
            },
            textStyle = Look.type.body.copy(
                color = colours.ink,
                textAlign = if (lines == 1) atStart else TextAlign.Start,
                textDirection = if (isCode) TextDirection.Ltr else TextDirection.Content,
            ),
            visualTransformation = transformation, keyboardOptions = options,
            keyboardActions = actions, singleLine = lines == 1, maxLines = lines,
            cursorBrush = SolidColor(colours.accent),
        ) { field ->
            val shape = RoundedCornerShape(Dims.rMd)
            Box(
                Modifier.heightIn(min = Hit).clip(shape).background(colours.surface)
                    .border(1.dp, if (isWrong) colours.lateInk else colours.lineStrong, shape)
                    .padding(horizontal = 12.dp, vertical = 11.dp),
                Alignment.CenterStart,
            ) {
                if (value.isEmpty() && hint != null) {
                    Theirs(if (isCode) "\u2066$hint\u2069" else hint, colour = colours.ink3, lines = 1)
                }
                Wide(field)
            }
        }
    }
}

/** What is written has the whole width: it stands where its language begins. */
@Composable
fun Wide(field: @Composable () -> Unit) = Box(Modifier.fillMaxWidth(), propagateMinConstraints = true) { field() }

/** What went wrong, beside where it went wrong. */
@Composable
fun Problem(text: String, modifier: Modifier = Modifier) = Row(
    modifier.fillMaxWidth().clip(RoundedCornerShape(Dims.rMd)).background(Look.colours.lateSoft)
        .padding(12.dp),
    Arrangement.spacedBy(10.dp),
) {
    Drawn(Drawing.Late, colour = Look.colours.lateInk)
    Says(text, style = Look.type.small, colour = Look.colours.lateInk)
}

/** What a screen says when it has nothing to show. */
@Composable
fun Nothing(
    text: String,
    more: String? = null,
    drawing: Drawing = Drawing.Ok,
    modifier: Modifier = Modifier,
    act: (@Composable () -> Unit)? = null,
) = Column(
    modifier.fillMaxSize().verticalScroll(rememberScrollState()).padding(32.dp),
    Arrangement.spacedBy(10.dp, Alignment.CenterVertically), Alignment.CenterHorizontally,
) {
    Box(
        Modifier.size(64.dp).clip(CircleShape).background(Look.colours.surface2),
        Alignment.Center,
    ) { Drawn(drawing, size = 28.dp, colour = Look.colours.ink3) }
    Says(text, style = Look.type.strong, align = TextAlign.Center)
    if (more != null) {
        Says(more, style = Look.type.small, colour = Look.colours.ink2, align = TextAlign.Center)
    }
    act?.invoke()
}

/** One of several, side by side. */
@Composable
fun Segment(options: List<String>, chosen: Int, modifier: Modifier = Modifier, onChoose: (Int) -> Unit) {
    val colours = Look.colours
    Row(
        modifier.clip(RoundedCornerShape(Dims.rMd)).background(colours.surface3).padding(3.dp),
    ) {
        options.forEachIndexed { at, option ->
            val isOn = at == chosen
            Box(
                Modifier.heightIn(min = Hit).clip(RoundedCornerShape(Dims.rMd - 2.dp))
                    .background(if (isOn) colours.thumb else Color.Transparent)
                    .clickable(role = Role.Tab) { onChoose(at) }
                    .semantics { selected = isOn }
                    .padding(horizontal = 14.dp, vertical = 6.dp),
                Alignment.Center,
            ) {
                val ink = if (isOn) colours.ink else colours.ink2
                Says(option, style = Look.type.small, colour = ink, lines = 1)
            }
        }
    }
}

/** Something, and what can be done about it: at its end, or below it where letters are large. */
@Composable
fun Beside(modifier: Modifier, act: @Composable () -> Unit, content: @Composable RowScope.() -> Unit) =
    if (isLarge) {
        Column(modifier.fillMaxWidth(), Arrangement.spacedBy(6.dp)) {
            Row(Modifier.fillMaxWidth(), Arrangement.spacedBy(10.dp), Alignment.CenterVertically, content)
            Box(Modifier.align(Alignment.End)) { act() }
        }
    } else {
        Row(modifier.fillMaxWidth(), Arrangement.spacedBy(10.dp), Alignment.CenterVertically) {
            content()
            act()
        }
    }

/** A row that does something, in a sheet or in settings. */
@Composable
fun ActRow(
    text: String,
    drawing: Drawing? = null,
    detail: String? = null,
    isChosen: Boolean = false,
    isEnabled: Boolean = true,
    ink: Color = Look.colours.ink,
    lead: (@Composable () -> Unit)? = null,
    onClick: () -> Unit,
) = Row(
    Modifier.fillMaxWidth().alpha(if (isEnabled) 1f else 0.5f)
        .clickable(isEnabled, role = Role.Button, onClick = onClick)
        .heightIn(min = 52.dp).semantics(mergeDescendants = true) { selected = isChosen }
        .padding(horizontal = 20.dp, vertical = 8.dp),
    Arrangement.spacedBy(14.dp), Alignment.CenterVertically,
) {
    when {
        lead != null -> lead()
        drawing != null -> Drawn(drawing, size = 22.dp, colour = if (ink == Look.colours.ink) Look.colours.ink2 else ink)
    }
    Column(Modifier.weight(1f)) {
        Theirs(text, colour = ink, isOfScreen = true)
        if (detail != null) Theirs(detail, style = Look.type.small, colour = Look.colours.ink3, isOfScreen = true)
    }
    if (isChosen) Drawn(Drawing.Check1, colour = Look.colours.accentInk)
}

/** What is so or is not: the box says that it can be changed. */
@Composable
fun TickRow(text: String, isTicked: Boolean, onChange: () -> Unit) = Row(
    Modifier.fillMaxWidth().toggleable(isTicked, role = Role.Checkbox) { onChange() }
        .heightIn(min = 52.dp).padding(horizontal = 20.dp, vertical = 8.dp),
    Arrangement.spacedBy(14.dp), Alignment.CenterVertically,
) {
    Says(text, Modifier.weight(1f))
    val colours = Look.colours
    val shape = RoundedCornerShape(Dims.rSm)
    val box = if (isTicked) Modifier.background(colours.accent) else Modifier.border(2.dp, colours.lineStrong, shape)
    Box(Modifier.size(22.dp).clip(shape).then(box), Alignment.Center) {
        if (isTicked) Drawn(Drawing.Check1, size = 18.dp, colour = colours.onAccent)
    }
}

/** What comes from below on a phone, and from the end of a wide screen. */
@Composable
fun SheetOver(isWide: Boolean, close: () -> Unit, content: @Composable () -> Unit) {
    val colours = Look.colours
    val says = Look.words(app.baton.app.words.Word.Close)
    Box(Modifier.fillMaxSize()) {
        Box(
            Modifier.fillMaxSize().background(colours.scrim)
                .clickable(MutableInteractionSource(), null, onClick = close)
                .semantics { contentDescription = says },
        )
        val shape = if (isWide) {
            RoundedCornerShape(topStart = Dims.rXl, bottomStart = Dims.rXl)
        } else {
            RoundedCornerShape(topStart = Dims.rXl, topEnd = Dims.rXl)
        }
        Column(
            Modifier.align(if (isWide) Alignment.CenterEnd else Alignment.BottomCenter)
                .then(if (isWide) Modifier.width(420.dp).fillMaxSize() else Modifier.fillMaxWidth())
                .clip(shape).background(colours.raised)
                .clickable(MutableInteractionSource(), null) {}
                .padding(top = 10.dp, bottom = 12.dp),
        ) {
            if (!isWide) {
                Box(
                    Modifier.align(Alignment.CenterHorizontally).size(36.dp, 4.dp)
                        .clip(RoundedCornerShape(50)).background(colours.surface3),
                )
            }
            Column(Modifier.verticalScroll(rememberScrollState())) { content() }
        }
    }
}

/** Lines of a title: a name without end leaves room for what is asked. */
private const val TITLE = 4

@Composable
fun SheetTitle(text: String, detail: String? = null) = Column(
    Modifier.padding(horizontal = 20.dp, vertical = 12.dp),
) {
    Says(text, Modifier.semantics { heading() }, Look.type.title, lines = TITLE)
    if (detail != null) Theirs(detail, style = Look.type.small, colour = Look.colours.ink2, isOfScreen = true)
}

/** A grey shape of what is still coming. */
@Composable
fun Skeleton(modifier: Modifier) =
    Box(modifier.clip(RoundedCornerShape(Dims.rSm)).background(Look.colours.surface3))

/** A count in a circle. */
@Composable
fun Count(
    count: Int,
    says: String? = null,
    back: Color = Look.colours.accent,
    ink: Color = Look.colours.onAccent,
    style: TextStyle = Look.type.tiny,
) =
    Box(
        Modifier.defaultMinSize(20.dp, 20.dp).clip(RoundedCornerShape(50)).background(back)
            .padding(horizontal = 6.dp, vertical = 1.dp)
            .then(if (says != null) Modifier.semantics { contentDescription = says } else Modifier),
        Alignment.Center,
    ) { Says(if (count > 99) "99+" else "$count", style = style, colour = ink, lines = 1) }
