// Lines that the device does not hold: pages of the server's before those it holds, and the way to
// a line that was found.

package app.baton.app.model

import app.baton.app.words.Word
import app.baton.core.CoreException
import app.baton.core.Line
import app.baton.core.OlderLines
import app.baton.core.Timeline
import app.baton.core.TimelineEntry
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.sync.withLock
import kotlinx.coroutines.withTimeoutOrNull

/** What the server has before the lines of the device. It is shown, and not kept. */
data class Beyond(
    /** The oldest first. What was said before Baton comes first, and has no number. */
    val lines: List<Line> = emptyList(),
    /** The next page of what was said before Baton; null where none is known. */
    val past: String? = null,
    /** Whether no numbered line is before these. */
    val isWhole: Boolean = false,
) {
    /** Whether something was said before Baton. */
    val isBeforeBaton: Boolean get() = past != null || lines.firstOrNull()?.seq == 0uL
}

private const val PAGE = 100u

/** So far back a line is looked for: 2,000 lines at the server. */
private const val PAGES_MAX = 20
private const val COMES_MS = 15_000L

private val TimelineEntry.seq: ULong get() = (this as? TimelineEntry.Line)?.line?.seq ?: 0uL

private val TalkState.firstSeq: ULong get() = lines.firstOrNull { it.seq > 0u }?.seq ?: 0uL

/** These lines where they still stand directly before those of the device; else none. */
internal fun Beyond.before(shown: Timeline?): Beyond {
    val last = lines.lastOrNull()?.seq ?: return this
    if (shown == null || shown.firstSeq == 0uL || shown.older == OlderLines.HELD) return this
    return if (shown.firstSeq > last + 1u) Beyond() else copy(lines = lines.filter { it.seq < shown.firstSeq })
}

/** What there is before these lines and those of the device. */
internal fun Beyond.older(shown: OlderLines): OlderLines = when {
    shown == OlderLines.HELD -> shown
    past != null -> OlderLines.AT_SERVER
    shown == OlderLines.AT_SERVER && !isWhole -> shown
    else -> OlderLines.NOTHING
}

/** The page before the first line: of the device, else of the server, else from before Baton. */
internal suspend fun TalkModel.loadsOlder() = paging.withLock {
    val (known, first) = state.value.let { it.beyond to it.firstSeq }
    if (state.value.older == OlderLines.HELD) return@withLock showsHeld()
    val past = known.past
    val page = if (past == null) {
        desk.baton.olderLines(id, maxOf(first, 1uL), PAGE)
    } else {
        desk.baton.pastLines(id, past, PAGE)
    }
    val isWhole = known.isWhole || page.past != null || (page.lines.firstOrNull()?.seq ?: 0uL) <= 1uL
    change { it.copy(beyond = Beyond(page.lines + it.beyond.lines, page.past, isWhole)) }
    lines()
}

/** Shows again what the window of the device slid away from. */
internal fun TalkModel.rejoins() = asks {
    paging.withLock { if (state.value.older == OlderLines.HELD) showsHeld() }
}

/** At its beginning: whether the customer wrote before the number came to Baton. */
fun TalkModel.asksBefore() {
    val now = state.value
    if (now.older != OlderLines.NOTHING || now.beyond.isWhole || now.isLoading) return
    asks {
        try {
            loadsOlder()
        } catch (_: CoreException) {
            // Without a network nobody knows; it is asked when this is opened again.
        }
    }
}

/** Goes to a line that was found, however far back it is. */
internal fun TalkModel.seek(seq: ULong) {
    change { it.copy(seeking = seq, target = null) }
    asks {
        try {
            val isFound = finds(seq)
            change { it.copy(target = seq.takeIf { isFound }) }
            if (!isFound) desk.tells(Told.of(Word.TooFarBack))
        } finally {
            change { it.copy(seeking = null) }
        }
    }
}

private suspend fun TalkModel.finds(seq: ULong): Boolean {
    // A conversation that the device does not hold comes when it is looked at.
    withTimeoutOrNull(COMES_MS) { state.first { it.firstSeq > 0uL } } ?: return false
    repeat(PAGES_MAX) {
        val now = state.value
        if (now.firstSeq in 1uL..seq) return true
        if (now.older == OlderLines.NOTHING) return false
        loadsOlder()
    }
    return false
}
