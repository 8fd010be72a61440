// Messages that did not leave or did not arrive, and what is sent in their place.

package app.baton.app.model

import app.baton.app.words.Word
import app.baton.core.Line
import app.baton.core.LineContent
import app.baton.core.TimelineEntry

/** Whether another message can be sent in its place: it was held back, or did not arrive. */
val Line.isReplaceable: Boolean
    get() = content is LineContent.Text && (status?.tick == Tick.HELD || status?.tick == Tick.FAILED)

/** Puts its words into the field. What is sent next takes its place, and it leaves no more. */
fun TalkModel.replace(line: Line) {
    cover(null)
    val typed = state.value.composing
    // A note is not for the customer, and is not lost either.
    if (typed.isNote && typed.text.isNotBlank()) return desk.tells(Told.of(Word.NoteFirst))
    val quoted = state.value.lines.firstNotNullOfOrNull { entry ->
        (entry as? TimelineEntry.Line)?.line?.takeIf { it.id == line.quoted }
    }
    write { said ->
        // What is being written stays: it may be what is to be sent instead.
        Composing(said.text.ifBlank { line.words.orEmpty() }, quoted = quoted, replaces = line)
    }
    tellsTyped()
}

/** The next message takes the place of none. */
fun TalkModel.replacesNone() = write { it.copy(replaces = null) }
