// Tools at the composer: canned replies, tags, outcomes, taking back, drafts that others left.

package app.baton.app.model

import app.baton.app.words.Word
import app.baton.app.words.Words
import app.baton.core.Act
import app.baton.core.AskOutcome
import app.baton.core.Attribute
import app.baton.core.CannedFile
import app.baton.core.CannedMessage
import app.baton.core.CannedReply
import app.baton.core.CannedThen
import app.baton.core.ConversationTag
import app.baton.core.CoreException
import app.baton.core.InboxView
import app.baton.core.KeptDraft
import app.baton.core.Line
import app.baton.core.LineAuthor
import app.baton.core.LineStatus
import app.baton.core.OutcomeChoice
import app.baton.core.Outcomes
import app.baton.core.Owner
import app.baton.core.SetBy
import app.baton.core.TimelineEntry
import app.baton.core.inbox
import java.time.Instant
import kotlinx.coroutines.flow.first

/** The team and the number of a conversation. */
data class Home(val team: String, val channel: String)

/** The canned reply that a text was made of, and what goes with it. */
data class Canned(
    val id: String,
    val version: UInt,
    val then: List<CannedThen> = emptyList(),
    val buttons: List<String> = emptyList(),
    val file: CannedFile? = null,
)

private const val OFFERED_MAX = 20

/** A message of one's own that can be taken back, as long as it waits. */
val TalkState.leaving: Line?
    get() = lines.asReversed().firstNotNullOfOrNull { entry ->
        (entry as? TimelineEntry.Line)?.line?.takeIf {
            (it.leavesAtMs ?: 0) > now && it.id != undoing && it.status == LineStatus.QUEUED &&
                (it.author as? LineAuthor.Agent)?.isMe == true
        }
    }

/** The newest text that was typed and not sent, of somebody who is not typing there now. */
val TalkState.leftDraft: KeptDraft?
    get() = drafts.firstOrNull { draft ->
        draft.text.isNotBlank() && draft.text != composing.text &&
            (draft.agent != names.me || composing.text.isBlank()) &&
            names.agent(draft.agent) != composer
    }

/** The tags of a conversation by name: one that was merged is the one it went into. */
fun tagsOf(ids: List<String>, all: List<ConversationTag>): List<ConversationTag> {
    val known = all.associateBy { it.id }
    return ids.mapNotNull { id -> known[id]?.let { known[it.mergedInto] ?: it } }.distinct()
}

/** What can be put on and taken off by anybody. */
fun settable(all: List<ConversationTag>): List<ConversationTag> =
    all.filter { it.mergedInto == null && it.setBy != SetBy.NOBODY }

/** Where it is: as its head says, as a list had it, else as the core lists it. */
internal suspend fun TalkModel.home(): Home? {
    val listed = desk.homes[id] ?: try {
        val rows = desk.baton.inbox(InboxView.All).first().rows
        rows.find { it.id == id }?.let { Home(it.team, it.channel) }
    } catch (_: CoreException) {
        null
    }
    val queue = (state.value.header?.owner as? Owner.Queue)?.team
    val channels = desk.names.value.allChannels
    val team = queue ?: listed?.team ?: desk.names.value.allTeams.singleOrNull()?.id ?: return null
    return Home(team, listed?.channel ?: channels.firstOrNull()?.id.orEmpty())
}

// Canned replies.

private suspend fun TalkModel.usable(find: String?, most: Int = Int.MAX_VALUE): List<Offered> {
    val home = home()
    val isNote = state.value.composing.isNote
    val fits = desk.baton.cannedReplies(find).filter { it.isFor(desk.names.value.me, home, isNote) }
    val attributes = desk.baton.attributes()
    return fits.take(most).map { Offered(it, readable(filled(it, attributes, home))) }
}

/** What a reply says here, with a blank for each thing that nobody knows. */
private fun TalkModel.filled(reply: CannedReply, attributes: List<Attribute>, home: Home?): String {
    val (text, language) = reply.inLanguage(state.value.header?.language)
    val known = known(language, attributes, home)
    return desk.platform.filling.fill(text, known.values, known.names).text
}

/** Offers what fits what is typed after a slash. */
internal fun TalkModel.offers(text: String) {
    val find = slashIn(text)
    if (find == null) {
        if (state.value.offered != null) change { it.copy(offered = null) }
        return
    }
    desk.does {
        val found = usable(find, OFFERED_MAX)
        // Who typed on asks for others by now.
        if (slashIn(state.value.composing.text) == find) change { it.copy(offered = found) }
    }
}

fun TalkModel.replies(find: String = "") {
    cover(Sheet.Replies(find, (state.value.sheet as? Sheet.Replies)?.found))
    desk.does {
        val found = usable(find.ifBlank { null })
        change { state ->
            val sheet = state.sheet as? Sheet.Replies
            if (sheet?.find == find) state.copy(sheet = sheet.copy(found = found)) else state
        }
    }
}

/** Puts a reply in place of what was typed after the slash, with what is known filled in. */
fun TalkModel.insert(reply: CannedReply) {
    cover(null)
    desk.does {
        val filled = filled(reply, desk.baton.attributes(), home())
        write { said ->
            val whole = withReply(said.text, filled)
            if (said.isNote) return@write said.copy(text = whole)
            // A message that was made of a reply answers no line in particular.
            val canned = Canned(reply.id, reply.version, reply.then.filter { it !is CannedThen.Unknown }, reply.buttons, reply.file)
            said.copy(text = whole, quoted = null, canned = canned.takeIf { said.replaces == null })
        }
        change { it.copy(offered = null) }
        tellsTyped()
    }
}

private fun TalkModel.known(language: String?, attributes: List<Attribute>, home: Home?): Known {
    val platform = desk.platform
    val own = Words(platform.remembered.language ?: platform.language, platform.zone)
    val spoken = languageOf(language)?.let { Words(it, platform.zone) } ?: own
    val fields = state.value.header?.fields.orEmpty()
    val names = desk.names.value
    return knownOf(
        words = own, spoken = spoken, customer = state.value.title, me = names.self?.name,
        number = home?.channel?.let { names.channel(it) },
        hour = Instant.ofEpochMilli(platform.now()).atZone(platform.zone).hour,
        fields = platform.filling.values(fields, attributes) + yesAndNo(fields, attributes, spoken),
        attributes = attributes,
    )
}

fun TalkModel.fillBlank(words: String) {
    write { it.copy(text = filledIn(it.text, words.trim())) }
    tellsTyped()
}

fun TalkModel.leaveOut(step: CannedThen) =
    write { said -> said.copy(canned = said.canned?.let { it.copy(then = it.then - step) }) }

/** Without its buttons and its file. */
fun TalkModel.leaveDetails() =
    write { said -> said.copy(canned = said.canned?.copy(buttons = emptyList(), file = null)) }

internal suspend fun TalkModel.sendsCanned(canned: Canned, text: String) {
    val message = CannedMessage(text, state.value.seen, canned.id, canned.version, canned.buttons, canned.file)
    val team = home()?.team
    if (team == null) {
        desk.baton.act(id, Act.Reply(text, state.value.seen), null)
    } else {
        desk.baton.sendCanned(id, team, message, canned.then)
    }
}

// Tags.

fun TalkModel.tag(tag: String, isOn: Boolean) =
    acts(if (isOn) Act.Tag(add = listOf(tag)) else Act.Tag(remove = listOf(tag)))

// How it ends.

/** Resolves it; where the team wants to know how it ends, that is asked first. */
fun TalkModel.resolve() {
    cover(null)
    desk.does {
        val asked = home()?.let { desk.baton.outcomes(it.team) }
        val isAsked = asked != null && asked.list.isNotEmpty() &&
            (asked.ask == AskOutcome.OFFERED || asked.ask == AskOutcome.REQUIRED)
        if (isAsked) cover(Sheet.HowItEnds(asked)) else resolveAs(null, "")
    }
}

fun TalkModel.resolveAs(outcome: OutcomeChoice?, text: String) {
    cover(null)
    val more = text.trim().ifEmpty { null }
    acts(Act.Resolve(state.value.seen, outcome?.id, more), Told.of(Word.Resolved), undo = Act.Reopen)
}

/** Whether this choice can be made as it is. */
fun Outcomes.takes(outcome: OutcomeChoice?, text: String): Boolean = when {
    outcome == null -> ask != AskOutcome.REQUIRED
    else -> !outcome.needsText || text.isNotBlank()
}

// Taking back.

/** Takes back a message that waits. Its words are in the field again once it is sure not to leave. */
fun TalkModel.undo(line: Line) {
    change { it.copy(undoing = line.id) }
    desk.does {
        val isTaken = desk.asks { desk.baton.act(id, Act.Cancel(line.id), null) }
        if (!isTaken) change { it.copy(undoing = null) }
    }
}

/** The words of what was taken back, once it is. */
internal fun TalkModel.putsBack() {
    val undone = state.value.undoing ?: return
    val lines = state.value.lines.asSequence().filterIsInstance<TimelineEntry.Line>().map { it.line }
    val line = lines.find { it.id == undone }?.takeIf { it.status != LineStatus.QUEUED } ?: return
    change { it.copy(undoing = null) }
    val words = line.words
    if (line.status != LineStatus.CANCELLED || words == null) return
    write { said -> if (said.text.isBlank()) said.copy(text = words, isNote = false) else said }
    tellsTyped()
}

fun TalkModel.sendNow(line: Line) = acts(Act.SendNow(line.id))

// Drafts that others left.

internal suspend fun TalkModel.loadsDrafts() {
    val drafts = try {
        desk.baton.keptDrafts(id)
    } catch (_: CoreException) {
        // Without a network nobody knows; nothing waits for it.
        return
    }
    change { it.copy(drafts = drafts.sortedByDescending { draft -> draft.atMs }) }
}

fun TalkModel.useDraft(draft: KeptDraft) {
    write { said -> said.copy(text = if (said.text.isBlank()) draft.text else said.text.trimEnd() + "\n" + draft.text) }
    dropDraft(draft)
    tellsTyped()
}

fun TalkModel.dropDraft(draft: KeptDraft) = change { it.copy(drafts = it.drafts - draft) }
