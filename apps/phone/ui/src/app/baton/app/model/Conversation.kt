// One conversation: what was said, who has it, and what is being written.

package app.baton.app.model

import androidx.compose.ui.graphics.ImageBitmap
import app.baton.app.words.Word
import app.baton.core.Act
import app.baton.core.ConversationTag
import app.baton.core.CoreException
import app.baton.core.CustomerFile
import app.baton.core.FileSize
import app.baton.core.Header
import app.baton.core.HeaderState
import app.baton.core.Hold
import app.baton.core.InboxRow
import app.baton.core.KeptDraft
import app.baton.core.Line
import app.baton.core.LineAuthor
import app.baton.core.LoadState
import app.baton.core.MediaKind
import app.baton.core.Message
import app.baton.core.OlderLines
import app.baton.core.Outcomes
import app.baton.core.Owner
import app.baton.core.SeenLine
import app.baton.core.Standing
import app.baton.core.Status
import app.baton.core.Template
import app.baton.core.TemplateStatus
import app.baton.core.TemplateWords
import app.baton.core.TimelineEntry
import app.baton.core.header
import app.baton.core.timeline
import app.baton.core.watchHeader
import app.baton.core.watchTimeline
import java.util.concurrent.ConcurrentHashMap
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.withTimeoutOrNull

/** What is being written, and what stands in its way. */
data class Composing(
    val text: String = "",
    val isNote: Boolean = false,
    val quoted: Line? = null,
    val mentions: List<String> = emptyList(),
    /** The canned reply that it was made of. */
    val canned: Canned? = null,
    /** What has to be filled in before it can be sent. */
    val blanks: List<String> = emptyList(),
    /** The line of one's own that it is sent in place of. */
    val replaces: Line? = null,
)

/** What covers the conversation. */
sealed interface Sheet {
    data object More : Sheet
    data object HandOver : Sheet

    /** [isPicking]: whether the days of a month can be chosen. */
    data class Snooze(val isPicking: Boolean = false) : Sheet
    data class Remind(val isPicking: Boolean = false) : Sheet
    data object Priority : Sheet
    data object Contact : Sheet
    data class OfLine(val line: Line) : Sheet
    data class Forward(val line: Line) : Sheet
    data class ResendAsk(val line: Line) : Sheet
    data class Templates(val all: List<Template>?, val failed: Told? = null) : Sheet
    data class Fill(val template: Template, val words: List<String>) : Sheet
    data class Held(val number: ULong) : Sheet
    data object Tags : Sheet
    data class Naming(val name: String) : Sheet
    data class Replies(val find: String, val found: List<Offered>?) : Sheet
    data class HowItEnds(val outcomes: Outcomes) : Sheet
    data class Files(
        val files: List<CustomerFile> = emptyList(),
        val next: String? = null,
        val isAsking: Boolean = false,
        val failed: Told? = null,
    ) : Sheet
}

data class TalkState(
    val id: String,
    val title: String? = null,
    val header: Header? = null,
    val isHidden: Boolean = false,
    val entries: List<Entry> = emptyList(),
    val lines: List<TimelineEntry> = emptyList(),
    val isLoading: Boolean = true,
    val failed: Told? = null,
    val older: OlderLines = OlderLines.NOTHING,
    val isFull: Boolean = true,
    val seen: SeenLine? = null,
    val hasNewer: Boolean = false,
    val names: Names,
    val composing: Composing = Composing(),
    val elsewhere: List<InboxRow> = emptyList(),
    val pictures: Map<String, ImageBitmap> = emptyMap(),
    val sheet: Sheet? = null,
    val now: Long = 0,
    /** Every tag that the team set up. */
    val tags: List<ConversationTag> = emptyList(),
    /** What fits what is typed after a slash; null where nothing is. */
    val offered: List<Offered>? = null,
    /** What was typed here and not sent, the newest first. */
    val drafts: List<KeptDraft> = emptyList(),
    val sources: SourcesState = SourcesState.Asking,
    /** The line that is being taken back. */
    val undoing: String? = null,
    val beyond: Beyond = Beyond(),
    /** The line that is being looked for, and the one that was found. */
    val seeking: ULong? = null,
    val target: ULong? = null,
) {
    val isMine: Boolean get() = (header?.owner as? Owner.Agent)?.agent == names.me
    val isQueued: Boolean get() = header?.owner is Owner.Queue
    val isWindowOpen: Boolean get() = (header?.windowUntilMs ?: 0) > now
    val neverWrote: Boolean get() = header != null && header.windowUntilMs == null
    val holder: Holder? get() = header?.let { names.holder(it.owner) }

    /** The colleague who is writing there, if one is. */
    val composer: String? get() = (header?.hold as? Hold.Theirs)?.let { names.agent(it.agent) }
    val isFollowed: Boolean get() = header?.followers?.contains(names.me) == true

    /** The newest line of the customer; null where none is shown. */
    val newestOfCustomer: Line?
        get() = lines.asReversed().firstNotNullOfOrNull { entry ->
            (entry as? TimelineEntry.Line)?.line?.takeIf { it.author == LineAuthor.Customer && it.seq > 0u }
        }
}

private const val SECOND_MS = 1_000L

/** A core that shows no further page holds up nobody. */
private const val SHOWN_MS = 10_000L

class TalkModel(
    internal val desk: Desk,
    val id: String,
    private val scope: CoroutineScope,
    title: String? = null,
    at: ULong? = null,
) {
    private val now get() = desk.now()
    private val baton get() = desk.baton
    private val stateNow = MutableStateFlow(
        TalkState(id, title, names = desk.names.value, now = now, seeking = at),
    )
    private val timeline = baton.watchTimeline(scope, id)
    private val header = baton.watchHeader(scope, id)
    private val typed = Channel<Composing>(Channel.CONFLATED)
    private val telling = desk.keeps { for (said in typed) tells(said) }

    /** From then on the kept draft is older than the field, also where the field is empty. */
    @Volatile private var hasWritten = false
    private val asked: MutableSet<String> = ConcurrentHashMap.newKeySet()
    private var readTo = 0uL
    internal val paging = Mutex()

    val state: StateFlow<TalkState> = stateNow

    init {
        scope.launch { timeline.state.collect { lines() } }
        scope.launch { header.state.collect(::head) }
        scope.launch {
            desk.names.collect { names ->
                stateNow.update { it.copy(names = names) }
                lines()
            }
        }
        desk.views(id)
        desk.does {
            baton.draft(id)?.let { draft ->
                if (!hasWritten) stateNow.update {
                    it.copy(composing = it.composing.copy(text = draft.text, isNote = draft.isNote))
                }
            }
        }
        scope.launch { elsewhere() }
        scope.launch { desk.tags.collect { tags -> stateNow.update { it.copy(tags = tags) } } }
        scope.launch {
            desk.stand.map { it.standing }.distinctUntilChanged().collect { if (it == Standing.Live) loadsDrafts() }
        }
        scope.launch {
            while (true) {
                delay(SECOND_MS)
                if (stateNow.value.leaving != null) stateNow.update { it.copy(now = now) }
            }
        }
        if (at != null) seek(at)
    }

    internal fun change(change: (TalkState) -> TalkState) = stateNow.update(change)

    /** Does it as long as this is open; what the core refuses is told. */
    internal fun asks(work: suspend () -> Unit) = scope.launch { desk.asks(work) }

    private suspend fun tells(said: Composing) = desk.asks { baton.typing(id, said.text, said.isNote) }

    /** Tells the core what is in the field. */
    internal fun tellsTyped() {
        typed.trySend(stateNow.value.composing)
    }

    fun close() {
        timeline.close()
        header.close()
        typed.close()
        desk.views(null)
    }

    private suspend fun elsewhere() {
        val rows = try {
            baton.elsewhere(id)
        } catch (_: CoreException) {
            // Without a network nobody knows; the conversation is there all the same.
            return
        }
        stateNow.update { it.copy(elsewhere = rows) }
    }

    private fun head(told: LoadState<HeaderState>) {
        val header = told.value ?: return
        stateNow.update {
            it.copy(
                header = header.header,
                isHidden = header.header == null,
                title = header.header?.title?.takeIf { said -> said.isNotBlank() } ?: it.title,
                now = now,
            )
        }
    }

    /** Two tell of it: whoever comes last shows what is newest. */
    @Synchronized
    internal fun lines() {
        val told = timeline.state.value
        val shown = told.value
        val words = desk.platform.zone
        val failed = (told as? LoadState.Failed)?.error?.takeIf { it !is CoreException.Closed }
        stateNow.update { before ->
            val beyond = before.beyond.before(shown)
            val all = beyond.lines.map { TimelineEntry.Line(it) } + shown?.entries.orEmpty()
            before.copy(
                entries = entriesOf(all, before.names) { ms ->
                    java.time.Instant.ofEpochMilli(ms).atZone(words).toLocalDate()
                },
                lines = all,
                beyond = beyond,
                isLoading = told is LoadState.Loading,
                failed = failed?.let { Told.of(it) },
                older = beyond.older(shown?.older ?: OlderLines.NOTHING),
                isFull = shown?.isFull ?: true,
                seen = shown?.seen,
                hasNewer = shown?.hasNewer ?: false,
                now = now,
            )
        }
        putsBack()
        // New lines slide the window of the device: what is read above it stays joined to it.
        if (stateNow.value.let { it.beyond.lines.isNotEmpty() && it.older == OlderLines.HELD }) rejoins()
    }

    // Reading.

    fun older() = asks { loadsOlder() }

    /** A page of what the device holds, and until it is shown. */
    internal suspend fun showsHeld() {
        val before = timeline.value?.firstSeq
        timeline.more()
        withTimeoutOrNull(SHOWN_MS) { timeline.state.first { it.value?.firstSeq != before } }
        lines()
    }

    fun newest() = desk.does {
        change { it.copy(beyond = Beyond(), target = null) }
        timeline.newest()
        lines()
    }

    /** From the customer's newest line on. Who looks at it would read it: the screen is left. */
    fun markUnread(leave: () -> Unit) {
        val seq = stateNow.value.newestOfCustomer?.seq ?: return
        readTo = ULong.MAX_VALUE
        cover(null)
        acts(Act.MarkUnread(seq), Told.of(Word.MarkedUnread))
        leave()
    }

    /** The agent looks at the end of it. */
    fun read() {
        if (stateNow.value.seeking != null) return
        val seen = stateNow.value.seen?.seq ?: return
        if (seen <= readTo || (stateNow.value.header?.unread ?: 0u) == 0uL) return
        readTo = seen
        desk.does { baton.act(id, Act.MarkRead(seen), null) }
    }

    /** Loads the small picture of a line, once. */
    fun picture(line: Line) {
        if (!asked.add(line.id)) return
        scope.launch {
            try {
                val bytes = bytesOf(line, FileSize.SMALL)
                val picture = desk.platform.picture(bytes) ?: return@launch
                stateNow.update { state ->
                    val all = state.pictures + (line.id to picture)
                    state.copy(pictures = held(all).also { asked.removeAll(all.keys - it.keys) })
                }
            } catch (_: CoreException) {
                // Asked again when the line is shown again.
                asked.remove(line.id)
            }
        }
    }

    fun openFile(line: Line, name: String, mediaType: String, of: String = id) = desk.does {
        desk.platform.show(name, mediaType, bytesOf(line, FileSize.WHOLE, of))
    }

    private suspend fun bytesOf(line: Line, size: FileSize, of: String = id): ByteArray {
        val length = baton.loadFile(of, line.id, size)
        val all = java.io.ByteArrayOutputStream(length.toInt())
        while (all.size().toULong() < length) {
            val part = baton.readFile(of, line.id, size, all.size().toULong())
            if (part == null || part.isEmpty()) break
            all.write(part)
        }
        return all.toByteArray()
    }

    fun copy(line: Line) {
        line.words?.let(desk.platform::copy)
        cover(null)
    }

    // Writing.

    fun write(change: (Composing) -> Composing) {
        hasWritten = true
        stateNow.update { state ->
            val said = change(state.composing)
            state.copy(composing = said.copy(blanks = desk.platform.filling.left(said.text)))
        }
    }

    fun type(text: String) {
        write { it.copy(text = text, canned = it.canned.takeIf { text.isNotBlank() }) }
        typed.trySend(stateNow.value.composing)
        offers(text)
    }

    fun setNote(isNote: Boolean) {
        write { it.copy(isNote = isNote, quoted = null, canned = null, replaces = null) }
        typed.trySend(stateNow.value.composing)
    }

    fun quote(line: Line?) {
        write { it.copy(quoted = line, canned = it.canned.takeIf { line == null }) }
        cover(null)
    }

    fun mention(agent: String, name: String) {
        write { it.copy(text = withName(it.text, name), mentions = it.mentions + agent) }
    }

    /** Sends what was written. The core takes it before the field is emptied. */
    fun send() {
        val said = stateNow.value.composing
        val text = said.text.trim()
        if (text.isEmpty() || said.blanks.isNotEmpty()) return
        val canned = said.canned.takeUnless { said.isNote }
        val act = if (said.isNote) {
            val called = said.mentions.filter { "@${stateNow.value.names.agent(it)}" in text }
            Act.Note(text, called.distinct(), said.quoted?.id)
        } else {
            Act.Reply(text, stateNow.value.seen, said.quoted?.id, said.replaces?.id)
        }
        write { Composing(isNote = said.isNote) }
        // What was typed elsewhere is older than what is sent.
        change { state -> state.copy(drafts = state.drafts.filter { it.agent != state.names.me }) }
        desk.keeps {
            val isTaken = desk.asks {
                if (canned == null) baton.act(id, act, null) else sendsCanned(canned, text)
            }
            // Nothing that was typed is lost to a refusal.
            if (!isTaken) write { if (it.text.isEmpty()) said else it }
            // What was typed a moment before may be told after it was sent, and after the screen was left.
            val left = stateNow.value.composing
            if (typed.trySend(left).isClosed) telling.join().also { tells(left) }
        }
    }

    fun takeOver() = desk.does { baton.takeOver(id) }

    fun attach() = desk.does {
        val file = desk.platform.pickFile() ?: return@does
        val (text, _, quoted) = stateNow.value.composing
        val caption = text.trim().ifEmpty { null }
        baton.sendFile(id, file.copy(caption = caption, quoted = quoted?.id), stateNow.value.seen, null)
        if (caption != null) type("")
        write { it.copy(quoted = null) }
    }

    fun react(line: Line, emoji: String?) {
        cover(null)
        acts(Act.Send(Message.Reaction(emoji), stateNow.value.seen, line.id))
    }

    fun resend(line: Line) {
        cover(null)
        acts(Act.Resend(line.id, stateNow.value.seen))
    }

    fun arrived(line: Line) = acts(Act.MarkSent(line.id))

    fun cancel(line: Line) {
        cover(null)
        acts(Act.Cancel(line.id))
    }

    fun withdraw(number: ULong) = desk.does { baton.withdraw(number) }

    // Templates.

    fun templates() {
        cover(Sheet.Templates(null))
        scope.launch {
            val sheet = try {
                val all = channelOf()?.let { baton.templates(it) }.orEmpty()
                Sheet.Templates(all.filter { it.status == TemplateStatus.APPROVED })
            } catch (refused: CoreException) {
                Sheet.Templates(null, Told.of(refused))
            }
            if (stateNow.value.sheet is Sheet.Templates) cover(sheet)
        }
    }

    /** The number that the conversation runs on: the header does not say it, its row does. */
    private suspend fun channelOf(): String? {
        val numbers = desk.names.value.allChannels
        if (numbers.size == 1) return numbers.single().id
        return home()?.channel ?: numbers.firstOrNull()?.id
    }

    fun fill(template: Template) {
        cover(Sheet.Fill(template, List(blanksOf(template.body).size) { "" }))
    }

    fun fillWord(at: Int, word: String) = stateNow.update { state ->
        val fill = state.sheet as? Sheet.Fill ?: return@update state
        val words = fill.words.toMutableList().also { it[at] = word }
        state.copy(sheet = fill.copy(words = words))
    }

    fun sendTemplate() {
        val (template, words) = stateNow.value.sheet as? Sheet.Fill ?: return
        val names = blanksOf(template.body)
        val filled = words.mapIndexed { at, word ->
            TemplateWords(names[at].takeIf { it.toIntOrNull() == null }, word.trim())
        }
        val message = Message.Template(template.name, template.language, emptyList(), filled, emptyList())
        val replaces = stateNow.value.composing.replaces
        cover(null)
        write { it.copy(replaces = null) }
        acts(Act.Send(message, stateNow.value.seen, null, replaces?.id))
    }

    // Who has it.

    internal fun acts(act: Act, told: Told? = null, undo: Act? = null) {
        desk.does {
            baton.act(id, act, null)
            if (told != null) desk.tells(told, undo?.let { { acts(it) } })
        }
    }

    /** An act on the owner that was on the screen; on the one there is where none was so far. */
    private fun moves(told: Told? = null, act: (Header) -> Act) {
        cover(null)
        val shown = stateNow.value.header
        desk.does {
            val header = shown ?: baton.header(id).first().header ?: return@does
            baton.act(id, act(header), null)
            if (told != null) desk.tells(told)
        }
    }

    fun claim() = moves { Act.Claim(it.ownerEpoch) }

    fun giveBack() = moves(Told.of(Word.GivenBack)) { Act.Unassign(it.ownerEpoch) }

    /** [exceeds]: also where that is more than they may have, which the server lets supervisors. */
    fun handOver(to: Holder, note: String, exceeds: Boolean = false) {
        val title = stateNow.value.title.orEmpty()
        val words = note.trim().ifEmpty { null }
        val seen = stateNow.value.seen
        when (to) {
            is Holder.Colleague -> moves(Told.of(Word.HandDone, title, to.name)) {
                Act.TransferToAgent(to.id, it.ownerEpoch, seen, words, exceeds)
            }
            is Holder.Team -> moves(Told.of(Word.HandDone, title, to.name)) {
                Act.TransferToTeam(to.id, it.ownerEpoch, seen, words)
            }
            Holder.Me -> claim()
        }
    }

    fun reopen() {
        cover(null)
        acts(Act.Reopen, Told.of(Word.Reopened))
    }

    fun waitForCustomer() {
        cover(null)
        acts(Act.MarkWaiting(stateNow.value.seen), Told.of(Word.MarkedWaiting), undo = Act.Reopen)
    }

    fun snooze(until: Long) {
        cover(null)
        val told = Told.Until(Word.SnoozedTold, until, now)
        acts(Act.Snooze(until, stateNow.value.seen), told, undo = Act.Reopen)
    }

    fun follow(follows: Boolean) {
        cover(null)
        acts(if (follows) Act.Follow(null) else Act.Unfollow(null))
    }

    fun block(blocks: Boolean) {
        val title = stateNow.value.title.orEmpty()
        cover(null)
        if (blocks) {
            acts(Act.Block, Told.of(Word.BlockedTold, title), undo = Act.Unblock)
        } else {
            acts(Act.Unblock, Told.of(Word.UnblockedTold, title))
        }
    }

    fun forward(line: Line, to: String) {
        cover(null)
        desk.does {
            val seen = baton.timeline(to).first().seen
            baton.act(to, Act.Forward(id, line.id, seen), null)
            desk.tells(Told.of(Word.Forwarded))
        }
    }

    fun cover(sheet: Sheet?) = stateNow.update { it.copy(sheet = sheet) }
}

/** What has to be filled in: `{{1}}`, or a name. */
fun blanksOf(body: String): List<String> =
    Regex("\\{\\{\\s*(\\w+)\\s*\\}\\}").findAll(body).map { it.groupValues[1] }.distinct().toList()

/** The template's text with these words in their places. */
fun filled(body: String, words: List<String>): String =
    blanksOf(body).foldIndexed(body) { at, text, name ->
        val word = words.getOrNull(at).orEmpty().ifBlank { "{{$name}}" }
        text.replace(Regex("\\{\\{\\s*$name\\s*\\}\\}"), Regex.escapeReplacement(word))
    }

/** The name that is being typed after an `@` at the end; null where none is. */
fun calledIn(text: String): String? =
    Regex("(?:^|\\s)@([\\p{L}\\p{N}]*)$").find(text)?.groupValues?.get(1)

private fun withName(text: String, name: String): String =
    text.dropLast(calledIn(text)?.length ?: 0) + name + " "

/** What hinders a reply from leaving; null where nothing does. */
fun TalkState.hindrance(): Word? = when {
    header == null -> null
    header.isBlocked -> Word.BlockedHere
    header.status is Status.Resolved && !isWindowOpen -> Word.TemplatesOnly
    neverWrote -> Word.TemplatesFirst
    !isWindowOpen -> Word.TemplatesOnly
    else -> null
}

/** WhatsApp's kind of a file, by its type: what it does not show is a document. */
fun kindOf(type: String): MediaKind = when (type.substringBefore('/')) {
    "image" -> if (type in setOf("image/jpeg", "image/png")) MediaKind.IMAGE else MediaKind.DOCUMENT
    "video" -> if (type == "video/mp4") MediaKind.VIDEO else MediaKind.DOCUMENT
    "audio" -> MediaKind.AUDIO
    else -> MediaKind.DOCUMENT
}
