// The lines of a conversation, as they are drawn: with days between them and names beside them.

package app.baton.app.model

import app.baton.app.words.Word
import app.baton.core.Line
import app.baton.core.LineAuthor
import app.baton.core.LineContent
import app.baton.core.LineStatus
import app.baton.core.Note
import app.baton.core.OutboxItem
import app.baton.core.Stage
import app.baton.core.TimelineEntry
import app.baton.core.key

/** How far what the team said has come. */
enum class Tick { LOCAL, CONFIRMING, SENDING, SENT, DELIVERED, READ, UNSURE, FAILED, HELD, GONE }

enum class Side { CUSTOMER, ME, TEAM }

sealed interface Entry {
    /** The same for as long as it is the same thing: lists keep their place by it. */
    val key: String

    data class Day(val at: Long) : Entry {
        override val key get() = "day $at"
    }

    data class Said(
        override val key: String,
        val line: Line,
        val side: Side,
        val who: String?,
        val tick: Tick?,
        val quoted: String?,
        val isFirstOfRun: Boolean,
    ) : Entry

    /** [forWhom]: who alone sees it, beside supervisors; null where the team does. */
    data class Noted(override val key: String, val note: Note, val who: String?, val forWhom: Told? = null) : Entry

    data class Moved(override val key: String, val to: String?) : Entry

    data class Waiting(override val key: String, val item: OutboxItem, val tick: Tick) : Entry
}

/** What a line says in one text; null where it says none. */
val Line.words: String?
    get() = when (val content = content) {
        is LineContent.Text -> content.text
        is LineContent.Media -> content.caption
        is LineContent.Interactive -> content.text
        is LineContent.Choice -> content.title
        is LineContent.Reaction -> content.emoji
        is LineContent.Edit -> content.text
        else -> text
    }

/**
 * The lines with a day above the first of each. Reactions of the team stand at the line they are
 * to, not below it.
 */
fun entriesOf(lines: List<TimelineEntry>, names: Names, dayOf: (Long) -> Any): List<Entry> {
    val texts = lines.filterIsInstance<TimelineEntry.Line>().associate { it.line.id to it.line }
    val made = ArrayList<Entry>(lines.size + 4)
    var day: Any? = null
    var before: Any? = null
    for (entry in lines) {
        if ((entry as? TimelineEntry.Line)?.line?.isJoined(texts) == true) continue
        val on = dayOf(entry.at)
        if (on != day) {
            made += Entry.Day(entry.at)
            day = on
            before = null
        }
        val by = entry.by()
        made += entry.drawn(names, texts, isFirst = by == null || by != before)
        before = by
    }
    return made
}

/** Whether it is a reaction that arrived at a line which is shown. */
private fun Line.isJoined(all: Map<String, Line>): Boolean =
    content is LineContent.Reaction && quoted in all && status?.tick != Tick.FAILED

/** The emojis at a line: the customer's, and the team's newest. */
fun reactionsAt(line: Line, all: List<TimelineEntry>): List<String> {
    val theirs = line.reactions.filter { it.byCustomer }.map { it.emoji }
    val ours = line.reactions.filterNot { it.byCustomer }.map { it.emoji }
    val lines = all.asSequence().filterIsInstance<TimelineEntry.Line>().map { it.line }
    val newest = lines.lastOrNull {
        it.content is LineContent.Reaction && it.quoted == line.id &&
            it.status?.tick != Tick.FAILED
    }
    val said = (newest?.content as? LineContent.Reaction)?.emoji
    return theirs + if (newest == null) ours else listOfNotNull(said)
}

private val TimelineEntry.at: Long
    get() = when (this) {
        is TimelineEntry.Line -> line.atMs
        is TimelineEntry.Note -> note.atMs
        is TimelineEntry.Moved -> atMs
        is TimelineEntry.Echo -> item.createdAtMs
    }

private fun TimelineEntry.by(): Any? = when (this) {
    is TimelineEntry.Line -> line.author
    is TimelineEntry.Echo -> "me"
    is TimelineEntry.Note, is TimelineEntry.Moved -> null
}

private fun TimelineEntry.drawn(names: Names, all: Map<String, Line>, isFirst: Boolean): Entry =
    when (this) {
        is TimelineEntry.Line -> Entry.Said(
            key = key,
            line = line,
            side = line.author.side,
            who = (line.author as? LineAuthor.Agent)?.takeIf { !it.isMe }?.let {
                names.agent(it.id)
            } ?: line.saidBy,
            tick = line.status?.tick,
            quoted = line.quoted?.let { all[it]?.words },
            isFirstOfRun = isFirst,
        )
        is TimelineEntry.Note -> {
            val forWhom = note.coached?.let {
                if (it == names.me) Told.of(Word.OnlyYou) else Told.of(Word.OnlyThem, names.agent(it))
            }
            Entry.Noted(key, note, names.agent(note.author).takeIf { !note.isMine }, forWhom)
        }
        is TimelineEntry.Moved -> Entry.Moved(key, to)
        is TimelineEntry.Echo -> Entry.Waiting(key, item, item.tick)
    }

private val LineAuthor.side: Side
    get() = when (this) {
        LineAuthor.Customer -> Side.CUSTOMER
        is LineAuthor.Agent -> if (isMe) Side.ME else Side.TEAM
        LineAuthor.PhoneApp, LineAuthor.Acknowledgement, LineAuthor.Unknown -> Side.TEAM
    }

val LineStatus.tick: Tick
    get() = when (this) {
        LineStatus.QUEUED, LineStatus.SENDING -> Tick.SENDING
        LineStatus.UNCONFIRMED -> Tick.UNSURE
        LineStatus.ACCEPTED, LineStatus.SENT, LineStatus.UNKNOWN -> Tick.SENT
        LineStatus.DELIVERED -> Tick.DELIVERED
        LineStatus.READ, LineStatus.PLAYED -> Tick.READ
        LineStatus.FAILED -> Tick.FAILED
        LineStatus.HELD -> Tick.HELD
        LineStatus.CANCELLED -> Tick.GONE
    }

val OutboxItem.tick: Tick
    get() = when (stage) {
        Stage.NEEDS_REVIEW -> Tick.HELD
        Stage.CHECKING -> Tick.CONFIRMING
        Stage.SENDING, Stage.ACKNOWLEDGED -> Tick.SENDING
        Stage.WAITING, Stage.CONTENDED, Stage.BEHIND -> Tick.LOCAL
    }
