// What was said, and what is on its way.

package app.baton.app.screens

import androidx.compose.foundation.ExperimentalFoundationApi
import androidx.compose.foundation.Image
import androidx.compose.foundation.background
import androidx.compose.foundation.border
import androidx.compose.foundation.clickable
import androidx.compose.foundation.combinedClickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ColumnScope
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.aspectRatio
import androidx.compose.foundation.layout.fillMaxHeight
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.height
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.layout.width
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.draw.drawBehind
import androidx.compose.ui.geometry.CornerRadius
import androidx.compose.ui.geometry.Offset
import androidx.compose.ui.geometry.Size
import androidx.compose.ui.graphics.Color
import androidx.compose.ui.graphics.ImageBitmap
import androidx.compose.ui.graphics.PathEffect
import androidx.compose.ui.graphics.drawscope.Stroke
import androidx.compose.ui.layout.ContentScale
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.font.FontStyle
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.unit.Dp
import androidx.compose.ui.unit.dp
import app.baton.app.look.Act
import app.baton.app.look.Dims
import app.baton.app.look.Drawing
import app.baton.app.look.Drawn
import app.baton.app.look.Hit
import app.baton.app.look.Look
import app.baton.app.look.Says
import app.baton.app.look.Theirs
import app.baton.app.look.Weight
import app.baton.app.look.isLarge
import app.baton.app.model.Entry
import app.baton.app.model.Sheet
import app.baton.app.model.Side
import app.baton.app.model.TalkState
import app.baton.app.model.Tick
import app.baton.app.model.isReplaceable
import app.baton.app.model.reactionsAt
import app.baton.app.words.Word
import app.baton.app.words.Words
import app.baton.app.words.sizeOf
import app.baton.core.Line
import app.baton.core.LineAuthor
import app.baton.core.LineContent
import app.baton.core.LineFile
import app.baton.core.MediaKind
import app.baton.core.PassedOn

private val corner = Dims.rLg

/** A frame of dashes: what has not left, or is not for the customer. */
fun Modifier.dashed(colour: Color, radius: Dp = corner, width: Dp = 1.5.dp) = drawBehind {
    val stroke = width.toPx()
    val dash = PathEffect.dashPathEffect(floatArrayOf(4.dp.toPx(), 3.dp.toPx()))
    drawRoundRect(
        colour, Offset(stroke / 2, stroke / 2), Size(size.width - stroke, size.height - stroke),
        CornerRadius(radius.toPx()), Stroke(stroke, pathEffect = dash),
    )
}

@OptIn(ExperimentalFoundationApi::class)
@Composable
fun Bubble(entry: Entry.Said, state: TalkState, acts: TalkActs) {
    val colours = Look.colours
    val line = entry.line
    val isIn = entry.side == Side.CUSTOMER
    val shape = RoundedCornerShape(
        corner, corner, if (isIn) corner else 4.dp, if (isIn) 4.dp else corner,
    )
    val side = if (isIn) Alignment.Start else Alignment.End
    Column(
        Modifier.fillMaxWidth().padding(top = if (entry.isFirstOfRun) 8.dp else 0.dp),
        horizontalAlignment = side,
    ) {
        if (!isIn && entry.isFirstOfRun) Author(entry)
        val isHeld = entry.tick in setOf(Tick.HELD, Tick.GONE)
        val opens = { acts.cover(Sheet.OfLine(line)) }
        val said = Look.words.said(entry)
        Box {
            Column(
                Modifier.padding(bottom = if (line.reactionsIn(state).isEmpty()) 0.dp else 14.dp)
                    .widthIn(max = 320.dp).clip(shape)
                    .then(
                        when {
                            isHeld -> Modifier.dashed(colours.heldInk)
                            isIn -> Modifier.background(colours.bubbleIn).border(1.dp, colours.line, shape)
                            else -> Modifier.background(colours.bubbleOut)
                        },
                    )
                    .combinedClickable(onLongClick = opens, onClick = opens)
                    .semantics(mergeDescendants = true) { contentDescription = said }
                    .padding(horizontal = 12.dp, vertical = 8.dp),
                Arrangement.spacedBy(4.dp),
            ) {
                Passed(line)
                entry.quoted?.let { Quote(it) }
                Content(line, state, acts)
                Foot(line, entry.tick, Modifier.align(Alignment.End))
            }
            val reactions = line.reactionsIn(state)
            if (reactions.isNotEmpty()) Reactions(reactions, Modifier.align(Alignment.BottomStart))
        }
        Trouble(entry, state, acts)
    }
}

private fun Line.reactionsIn(state: TalkState) = reactionsAt(this, state.lines)

@Composable
private fun Author(entry: Entry.Said) {
    val words = Look.words
    val who = when (entry.line.author) {
        LineAuthor.PhoneApp -> words(Word.PhoneApp)
        LineAuthor.Acknowledgement -> words(Word.Automatic)
        else -> entry.who ?: words(Word.Me)
    }
    Says(who, Modifier.padding(horizontal = 4.dp, vertical = 2.dp), Look.type.meta, Look.colours.ink3, lines = 1)
}

/** The whole line in words, as it is read out. */
private fun Words.said(entry: Entry.Said): String {
    val who = entry.who ?: if (entry.side == Side.ME) this(Word.Me) else ""
    val tick = entry.tick?.let { tick(it) }
    return listOf(who, text(entry.line), time(entry.line.atMs), tick.orEmpty())
        .filter { it.isNotBlank() }.joinToString(", ")
}

fun Words.tick(tick: Tick): String = when (tick) {
    Tick.LOCAL -> this(Word.IsLocal)
    Tick.CONFIRMING -> this(Word.IsConfirming)
    Tick.SENDING -> this(Word.IsSending)
    Tick.SENT -> this(Word.IsSent)
    Tick.DELIVERED -> this(Word.IsDelivered)
    Tick.READ -> this(Word.IsRead)
    Tick.UNSURE -> this(Word.IsUnconfirmed)
    Tick.FAILED -> this(Word.IsFailed)
    Tick.HELD -> this(Word.IsHeld)
    Tick.GONE -> this(Word.IsCancelled)
}

/** What a line says, in words alone. */
fun Words.text(line: Line): String = when (val content = line.content) {
    is LineContent.Text -> content.text
    is LineContent.Media -> listOfNotNull(media(content.kind), content.name, content.caption).distinct().joinToString(": ")
    is LineContent.Location -> listOfNotNull(this(Word.KindPlace), content.name, content.address).joinToString(": ")
    is LineContent.Cards -> listOf(this(Word.KindCards), content.cards.joinToString { it.name.orEmpty() }).joinToString(": ")
    is LineContent.Choice -> listOfNotNull(content.title, content.description).joinToString(": ")
    is LineContent.Interactive -> (listOfNotNull(content.text) + content.choices).joinToString("\n")
    is LineContent.Reaction -> content.emoji ?: this(Word.TookReactionBack)
    is LineContent.Edit -> listOfNotNull(this(Word.KindEdit), content.text).joinToString(": ")
    LineContent.Revocation -> this(Word.KindRevocation)
    is LineContent.Order -> listOfNotNull(this(Word.KindOrder), content.text).joinToString(": ")
    LineContent.WelcomeRequest -> this(Word.KindWelcome)
    is LineContent.Unreadable -> content.text ?: this(Word.Unreadable)
    is LineContent.Unsupported -> this(Word.NotShown, content.originalType.orEmpty())
    LineContent.Erased -> this(Word.Erased)
    LineContent.TakenBack -> {
        this(if (line.author == LineAuthor.Customer) Word.DeletedByCustomer else Word.DeletedByTeam)
    }
}

private fun Words.media(kind: MediaKind): String = when (kind) {
    MediaKind.IMAGE -> this(Word.KindImage)
    MediaKind.VIDEO -> this(Word.KindVideo)
    MediaKind.AUDIO -> this(Word.KindAudio)
    MediaKind.VOICE -> this(Word.KindVoice)
    MediaKind.DOCUMENT -> this(Word.KindDocument)
    MediaKind.STICKER -> this(Word.KindSticker)
}

@Composable
private fun Passed(line: Line) {
    val words = Look.words
    val says = when {
        line.passedOn == PassedOn.OFTEN || line.passedOn == PassedOn.ONCE -> words(Word.Forwarded)
        line.forwardedFrom != null -> words(Word.Forwarded)
        line.referral != null -> words(Word.Referral, line.referral?.headline.orEmpty())
        else -> return
    }
    Row(horizontalArrangement = Arrangement.spacedBy(4.dp), verticalAlignment = Alignment.CenterVertically) {
        Drawn(Drawing.Right, size = 13.dp, colour = Look.colours.ink3)
        Says(says, style = Look.type.meta.copy(fontStyle = FontStyle.Italic), colour = Look.colours.ink3)
    }
}

@Composable
fun Quote(text: String, modifier: Modifier = Modifier, lines: Int = 3) = Row(
    modifier.clip(RoundedCornerShape(Dims.rSm)).background(Look.colours.surface2.copy(alpha = 0.7f))
        .height(androidx.compose.foundation.layout.IntrinsicSize.Min),
) {
    Box(Modifier.width(3.dp).fillMaxHeight().background(Look.colours.accent))
    Theirs(text, Modifier.padding(8.dp), Look.type.small, Look.colours.ink2, lines)
}

@Composable
private fun ColumnScope.Content(line: Line, state: TalkState, acts: TalkActs) {
    val words = Look.words
    val quiet = Look.type.body.copy(fontStyle = FontStyle.Italic)
    when (val content = line.content) {
        is LineContent.Text -> Theirs(content.text)
        is LineContent.Media -> Media(line, content, state, acts)
        is LineContent.Interactive -> {
            content.text?.let { Theirs(it) }
            for (choice in content.choices) {
                Box(
                    Modifier.fillMaxWidth().border(1.dp, Look.colours.line, RoundedCornerShape(Dims.rSm)).padding(8.dp),
                    Alignment.Center,
                ) { Theirs(choice, style = Look.type.small, colour = Look.colours.accentInk) }
            }
        }
        is LineContent.Choice -> {
            Says(words(Word.Chosen), style = Look.type.meta, colour = Look.colours.ink3)
            Theirs(words.text(line))
        }
        is LineContent.Location -> WithDrawing(Drawing.Wa) { Theirs(words.text(line)) }
        is LineContent.Cards -> for (card in content.cards) {
            WithDrawing(Drawing.User) {
                Column {
                    Theirs(card.name.orEmpty(), style = Look.type.strong)
                    for (phone in card.phones) Theirs(phone, style = Look.type.small, colour = Look.colours.ink2)
                }
            }
        }
        is LineContent.Order -> {
            Says(words(Word.KindOrder), style = Look.type.strong)
            content.text?.let { Theirs(it) }
            for (item in content.items) Theirs("${item.quantity} × ${item.product}", style = Look.type.small)
        }
        is LineContent.Reaction, is LineContent.Edit -> Theirs(words.text(line))
        LineContent.Revocation, LineContent.WelcomeRequest, is LineContent.Unreadable,
        is LineContent.Unsupported, LineContent.Erased, LineContent.TakenBack,
        -> Says(words.text(line), style = quiet, colour = Look.colours.ink2)
    }
}

@Composable
private fun WithDrawing(drawing: Drawing, content: @Composable () -> Unit) = Row(
    horizontalArrangement = Arrangement.spacedBy(8.dp),
) {
    Drawn(drawing, colour = Look.colours.ink2)
    content()
}

@Composable
private fun Media(line: Line, content: LineContent.Media, state: TalkState, acts: TalkActs) {
    val words = Look.words
    val name = content.name ?: words.text(line)
    val opens = { acts.openFile(line, name, content.mediaType ?: "application/octet-stream") }
    when (val file = line.file) {
        is LineFile.Stored -> if (file.picture != null) {
            val size = checkNotNull(file.picture)
            val picture = state.pictures[line.id]
            LaunchedEffect(line.id) { acts.picture(line) }
            val ratio = (size.width.toFloat() / maxOf(size.height.toFloat(), 1f)).coerceIn(0.6f, 1.9f)
            Box(
                Modifier.width(260.dp).aspectRatio(ratio).clip(RoundedCornerShape(Dims.rSm))
                    .background(Look.colours.surface3)
                    .clickable(role = Role.Button, onClickLabel = words(Word.OpenFile), onClick = opens),
                Alignment.Center,
            ) {
                if (picture != null) {
                    Image(picture, words.text(line), Modifier.fillMaxWidth().fillMaxHeight(), contentScale = ContentScale.Crop)
                } else {
                    Drawn(Drawing.Clip, size = 28.dp, colour = Look.colours.ink3)
                }
            }
        } else {
            FileRow(name, sizeOf(file.bytes.toLong()), line, opens, file.sound?.peaks)
        }
        LineFile.Waiting -> FileRow(name, words(Word.FileWaiting), line, null)
        LineFile.Expired -> FileRow(name, words(Word.FileExpired), line, null)
        LineFile.Refused -> FileRow(name, words(Word.FileRefused), line, null)
        null -> FileRow(name, content.link.orEmpty(), line, null)
    }
    content.caption?.let { Theirs(it) }
}

private const val BARS = 32

@Composable
private fun FileRow(name: String, detail: String, line: Line, opens: (() -> Unit)?, peaks: ByteArray? = null) {
    val colours = Look.colours
    val tap = if (opens == null) Modifier else Modifier.clickable(role = Role.Button, onClick = opens)
    Row(
        Modifier.widthIn(min = 200.dp).heightIn(min = Hit).then(tap),
        Arrangement.spacedBy(10.dp), Alignment.CenterVertically,
    ) {
        Box(
            Modifier.size(40.dp).clip(RoundedCornerShape(Dims.rSm)).background(colours.surface3),
            Alignment.Center,
        ) { Drawn(if (peaks == null) Drawing.Clip else Drawing.Right, colour = colours.ink2) }
        Column(Modifier.widthIn(max = 220.dp)) {
            if (peaks != null && peaks.isNotEmpty()) Wave(peaks) else Theirs(name, style = Look.type.small, lines = 2)
            val loading = line.loading
            val part = if (loading == null) detail else "${sizeOf(loading.got.toLong())} / ${sizeOf(loading.bytes.toLong())}"
            if (part.isNotEmpty()) Theirs(part, style = Look.type.meta, colour = colours.ink3)
        }
    }
}

/** How loud it is, part by part; time runs from left to right in every language. */
@Composable
private fun Wave(peaks: ByteArray) {
    val ink = Look.colours.accentInk
    Box(
        Modifier.size(160.dp, 28.dp).drawBehind {
            val step = size.width / BARS
            for (bar in 0 until BARS) {
                val peak = (peaks[bar * peaks.size / BARS].toInt() and 0xff) / 255f
                val height = (peak * size.height).coerceAtLeast(3.dp.toPx())
                val at = Offset(bar * step, (size.height - height) / 2)
                drawRoundRect(ink, at, Size(step * 0.55f, height), CornerRadius(2f))
            }
        },
    )
}

@Composable
private fun Foot(line: Line, tick: Tick?, modifier: Modifier) = Row(
    modifier.padding(top = 1.dp), Arrangement.spacedBy(5.dp), Alignment.CenterVertically,
) {
    Says(Look.words.time(line.atMs), style = Look.type.meta, colour = Look.colours.ink3)
    if (tick != null) TickMark(tick)
}

@Composable
fun TickMark(tick: Tick) {
    val colours = Look.colours
    val (drawing, ink) = when (tick) {
        Tick.LOCAL, Tick.CONFIRMING, Tick.SENDING -> Drawing.Clock to colours.ink3
        Tick.SENT -> Drawing.Check1 to colours.ink3
        Tick.DELIVERED -> Drawing.Check2 to colours.ink3
        Tick.READ -> Drawing.Check2 to colours.accentInk
        Tick.UNSURE -> Drawing.Unsure to colours.unsureInk
        Tick.FAILED -> Drawing.Late to colours.lateInk
        Tick.HELD -> Drawing.Held to colours.heldInk
        Tick.GONE -> Drawing.X to colours.ink3
    }
    Drawn(drawing, Look.words.tick(tick), size = 16.dp, colour = ink)
}

@Composable
private fun Reactions(emojis: List<String>, modifier: Modifier) = Row(
    modifier.padding(start = 8.dp).clip(RoundedCornerShape(50)).background(Look.colours.raised)
        .border(1.dp, Look.colours.line, RoundedCornerShape(50)).padding(horizontal = 8.dp, vertical = 2.dp),
    Arrangement.spacedBy(4.dp),
) { for (emoji in emojis) Theirs(emoji, style = Look.type.small) }

/** What is to be done about a message that did not arrive, or may not have. */
@Composable
private fun Trouble(entry: Entry.Said, state: TalkState, acts: TalkActs) {
    val words = Look.words
    val colours = Look.colours
    val (ink, back) = when (entry.tick) {
        Tick.UNSURE -> colours.unsureInk to colours.unsureSoft
        Tick.FAILED -> colours.lateInk to colours.lateSoft
        Tick.HELD -> colours.heldInk to colours.heldSoft
        else -> return
    }
    Row(
        Modifier.padding(top = 4.dp).clip(RoundedCornerShape(Dims.rMd)).background(back).padding(start = 12.dp),
        verticalAlignment = Alignment.CenterVertically,
    ) {
        val why = entry.line.problem ?: words.tick(entry.tick)
        Says(why, Modifier.widthIn(max = 150.dp), Look.type.small, ink)
        if (entry.tick == Tick.UNSURE) {
            Act(words(Word.ItArrived), Weight.QUIET) { acts.arrived(entry.line) }
        }
        when {
            entry.tick == Tick.UNSURE -> Act(words(Word.SendAgain), Weight.QUIET) { acts.cover(Sheet.ResendAsk(entry.line)) }
            entry.line.isReplaceable -> Act(words(Word.WriteAgain), Weight.QUIET) { acts.tools.replace(entry.line) }
            else -> Act(words(Word.Discard), Weight.QUIET) { acts.cancel(entry.line) }
        }
    }
}

@OptIn(ExperimentalLayoutApi::class)
@Composable
fun NoteItem(entry: Entry.Noted) {
    val words = Look.words
    val colours = Look.colours
    val who = entry.who ?: words(Word.Me)
    Column(
        Modifier.fillMaxWidth().padding(vertical = 4.dp).clip(RoundedCornerShape(corner))
            .background(colours.note).dashed(colours.noteLine).padding(12.dp)
            .semantics(mergeDescendants = true) {},
        Arrangement.spacedBy(4.dp),
    ) {
        FlowRow(Modifier.fillMaxWidth(), Arrangement.SpaceBetween) {
            Row(horizontalArrangement = Arrangement.spacedBy(6.dp), verticalAlignment = Alignment.CenterVertically) {
                Drawn(Drawing.Pen, size = 16.dp, colour = colours.noteInk2)
                val strong = Look.type.small.copy(fontWeight = FontWeight.SemiBold)
                Says(who, Modifier.weight(1f, fill = false), strong, colours.noteInk, lines = if (isLarge) 2 else 1)
                Says(words.time(entry.note.atMs), style = Look.type.meta, colour = colours.noteInk2, lines = 1)
            }
            Row(horizontalArrangement = Arrangement.spacedBy(6.dp), verticalAlignment = Alignment.CenterVertically) {
                Drawn(Drawing.Lock, size = 14.dp, colour = colours.noteInk2)
                Says(entry.forWhom?.say(words) ?: words(Word.TeamOnly), style = Look.type.meta, colour = colours.noteInk2)
            }
        }
        entry.note.text?.let { Theirs(it, colour = colours.noteInk) }
            ?: Says(words(Word.Erased), colour = colours.noteInk2)
    }
}
