// The core behind a fake client: what a test gave it, and who watches.

package app.baton.testing

import app.baton.core.Act
import app.baton.core.AnswerOutcome
import app.baton.core.AskOutcome
import app.baton.core.Attribute
import app.baton.core.Availability
import app.baton.core.Badge
import app.baton.core.BatonCoreInterface
import app.baton.core.CannedMessage
import app.baton.core.CannedThen
import app.baton.core.Choice
import app.baton.core.CoreException
import app.baton.core.Diagnostics
import app.baton.core.Draft
import app.baton.core.Episode
import app.baton.core.Event
import app.baton.core.FileAddress
import app.baton.core.FileSize
import app.baton.core.Filter
import app.baton.core.Header
import app.baton.core.Hold
import app.baton.core.InboxRow
import app.baton.core.InboxStep
import app.baton.core.InboxView
import app.baton.core.Kept
import app.baton.core.LinesPage
import app.baton.core.ListBatch
import app.baton.core.ListListener
import app.baton.core.Listener
import app.baton.core.LogLevel
import app.baton.core.LogRecord
import app.baton.core.LogSink
import app.baton.core.NotificationAnswer
import app.baton.core.NotificationEnd
import app.baton.core.OlderLines
import app.baton.core.OutboxItem
import app.baton.core.Outcomes
import app.baton.core.OutgoingFile
import app.baton.core.PlatformTrust
import app.baton.core.PushLevels
import app.baton.core.PushMessage
import app.baton.core.PushOffReason
import app.baton.core.PushOutcome
import app.baton.core.PushState
import app.baton.core.PushTarget
import app.baton.core.PushVerdict
import app.baton.core.SeenLine
import app.baton.core.SignedIn
import app.baton.core.Standing
import app.baton.core.SuppressReason
import app.baton.core.Template
import app.baton.core.TimelineEntry
import app.baton.core.TimelineStep

internal class FakeCore : BatonCoreInterface {
    lateinit var listener: Listener
    var failure: CoreException? = null
    val failures = mutableMapOf<String, CoreException>()
    val choices = mutableListOf<Pair<ULong, Choice>>()
    var people = Preview.people
    var cannedReplies = Preview.cannedReplies
    var tags = Preview.tags
    var attributes = emptyList<Attribute>()
    var outcomes = Outcomes(AskOutcome.NEVER, emptyList())
    var policy = Preview.policy
    val acts = mutableListOf<TakenAct>()
    val canned = mutableListOf<CannedMessage>()
    val files = mutableListOf<TakenFile>()
    val calls = mutableListOf<String>()
    var elsewhere = emptyList<InboxRow>()
    var episodes = emptyList<Episode>()
    var server = FakeServer()
    var templates = emptyList<Template>()
    var templatesOf: String? = null
    var onScreen: String? = null
    var loaded = ByteArray(0)
    var items = emptyList<OutboxItem>()
    val inboxes = mutableMapOf<InboxView?, List<InboxRow>>()
    val timelines = mutableMapOf<String, List<TimelineEntry>>()
    val headers = mutableMapOf<String, Header?>()
    var badge = Badge(0u, 0u, 0u, 0u)
    var clockBehindMs = 0L
    var state: Standing = Standing.Live
    var who: SignedIn? = SignedIn("demo", Preview.ME, Preview.ME)
    var answered = AnswerOutcome.SENT
    var outcome = PushOutcome(
        verdict = PushVerdict.Suppress(SuppressReason.DUPLICATE),
        withdraw = emptyList(),
        update = emptyList(),
        badge = null,
        isBehind = false,
    )
    var pushes: PushState = PushState.Off(PushOffReason.NotRegistered)
    val drafts = mutableMapOf<String, Draft>()
    private val watching = mutableMapOf<ULong, Pair<ListListener, () -> ListBatch>>()
    private var lastNumber = 0uL
    private var isOver = false

    /** Changes something, and tells who watches. Lists are told whole: the steps mean the same. */
    @Synchronized
    fun change(act: FakeCore.() -> Unit) {
        act()
        for ((listener, batch) in watching.values.toList()) listener.onBatch(batch())
    }

    @Synchronized
    private fun <T> asked(name: String, answer: () -> T): T {
        if (isOver) throw CoreException.Closed()
        failure?.let { throw it }
        failures.remove(name)?.let { throw it }
        calls += name
        return answer()
    }

    private fun watch(name: String, listener: ListListener, batch: () -> ListBatch) = asked(name) {
        watching[++lastNumber] = listener to batch
        listener.onBatch(batch())
        lastNumber
    }

    override suspend fun watchInbox(view: InboxView, listener: ListListener) =
        watch("watchInbox", listener) {
            val rows = inboxes[view] ?: inboxes[null].orEmpty()
            val unread = rows.sumOf { it.unread }
            val steps = listOf(InboxStep.Reset(rows))
            ListBatch.Inbox(0u, steps, rows.size.toULong(), unread, false)
        }

    override suspend fun watchTimeline(conversation: String, listener: ListListener) =
        watch("watchTimeline", listener) {
            val entries = timelines[conversation].orEmpty()
            val lines = entries.filterIsInstance<TimelineEntry.Line>().map { it.line }
            ListBatch.Timeline(
                revision = 0u,
                steps = listOf(TimelineStep.Reset(entries)),
                older = OlderLines.NOTHING,
                firstSeq = lines.minOfOrNull { it.seq } ?: 0u,
                seen = lines.maxByOrNull { it.seq }?.seen,
                hasNewer = false,
                isFull = true,
            )
        }

    override suspend fun watchHeader(conversation: String, listener: ListListener) =
        watch("watchHeader", listener) { ListBatch.Header(headers[conversation]) }

    override suspend fun watchBadge(listener: ListListener) =
        watch("watchBadge", listener) { ListBatch.Badge(badge) }

    @Synchronized
    override fun shutdown() {
        isOver = true
    }

    @Synchronized
    private fun forgets(subscription: ULong) = watching.remove(subscription) != null

    override suspend fun unwatch(subscription: ULong) = forgets(subscription)

    override suspend fun act(conversation: String, act: Act, opId: String?) = asked("act") {
        val number = acts.size + 1
        val name = opId ?: Preview.id(number)
        val isNew = acts.none { it.opId == name }
        if (isNew) acts += TakenAct(conversation, act, name)
        Kept(number.toULong(), name, isNew)
    }

    override suspend fun sendCanned(
        conversation: String,
        team: String,
        message: CannedMessage,
        then: List<CannedThen>,
    ): List<Kept> {
        asked("sendCanned") { canned += message }
        val reply = Act.Reply(message.text, message.seen, null)
        return listOf(act(conversation, reply, null))
    }

    override suspend fun sendFile(
        conversation: String,
        file: OutgoingFile,
        seen: SeenLine?,
        opId: String?,
    ) = asked("sendFile") {
        val number = 1_000 + files.size
        val name = opId ?: Preview.id(number)
        val isNew = files.none { it.opId == name }
        if (isNew) files += TakenFile(conversation, file, name)
        Kept(number.toULong(), name, isNew)
    }

    override suspend fun elsewhere(conversation: String) = asked("elsewhere") { elsewhere }

    override suspend fun episodes(conversation: String) = asked("episodes") { episodes }

    override suspend fun templates(channel: String) = asked("templates") {
        templatesOf = channel
        templates
    }

    override suspend fun begin(channel: String, phone: String) =
        asked("begin") { Preview.conversation }

    override suspend fun notices(before: ULong?, limit: UInt) =
        asked("notices") { server.notices }

    override suspend fun readNotices(upTo: ULong, conversation: String?) =
        asked("readNotices") { 0uL }

    override suspend fun keptDrafts(conversation: String) = asked("keptDrafts") { server.drafts }

    override suspend fun context(conversation: String) = asked("context") { server.context }

    override suspend fun customerFiles(conversation: String, limit: UInt, page: String?) =
        asked("customerFiles") { server.files }

    override suspend fun serverList(filter: Filter, limit: UInt, page: String?) =
        asked("serverList") { server.list }

    override suspend fun serverSearch(filter: Filter, limit: UInt, page: String?) =
        asked("serverSearch") { server.found }

    override suspend fun savedViews() = asked("savedViews") { server.views }

    override suspend fun devices() = asked("devices") { server.devices }

    override suspend fun endDevice(device: String) = asked("endDevice") {
        server = server.copy(devices = server.devices.filter { it.id != device })
    }

    override suspend fun pushLevels() = asked("pushLevels") { server.levels }

    override suspend fun setPushLevels(levels: PushLevels) = asked("setPushLevels") {
        server = server.copy(levels = levels)
        levels
    }

    override suspend fun takeNext(team: String?) = asked("takeNext") { server.next }

    override suspend fun signIn(workspace: String, email: String, password: String) =
        asked("signIn") { (who ?: SignedIn(workspace, Preview.ME, Preview.ME)).also { who = it } }

    override suspend fun signOut() {
        asked("signOut") { who = null }
        state = Standing.SignedOut
        listener.onEvent(Event.Standing(state))
    }

    override suspend fun typing(conversation: String, text: String, isNote: Boolean) =
        asked("typing") { drafts[conversation] = Draft(text, isNote) }

    override suspend fun hold(conversation: String): Hold =
        asked("hold") { headers[conversation]?.hold ?: Hold.Unknown }

    override suspend fun fileAddress(conversation: String, message: String) =
        asked("fileAddress") {
            FileAddress("https://files.example/1", 0, "image/jpeg", null, 1u)
        }

    override suspend fun loadFile(conversation: String, message: String, size: FileSize) =
        asked("loadFile") { loaded.size.toULong() }

    override suspend fun readFile(
        conversation: String,
        message: String,
        size: FileSize,
        from: ULong,
    ) = asked("readFile") { loaded.drop(from.toInt()).take(1 shl 20).toByteArray() }

    override suspend fun setFileBudget(bytes: ULong) = asked("setFileBudget") { }

    override suspend fun diagnostics() = asked("diagnostics") {
        Diagnostics(
            standing = state, position = null, acts = items.size.toUInt(), needsReview = 0u,
            lastError = null, damage = null, thrown = 0u, givenUp = 0u, panics = 0u,
            logsDropped = 0u, waitsFor = null, serverIsNewer = false, clockBehindMs = clockBehindMs,
        )
    }

    override suspend fun signedIn() = asked("signedIn") { who }

    override suspend fun standing() = asked("standing") { state }

    override suspend fun outbox() = asked("outbox") { items }

    override suspend fun unsent() = asked("unsent") { items }

    override suspend fun flush(deadlineMs: UInt) = asked("flush") { items.isEmpty() }

    override suspend fun sync(deadlineMs: UInt) = asked("sync") { items.isEmpty() }

    override suspend fun draft(conversation: String) = asked("draft") { drafts[conversation] }

    override suspend fun people() = asked("people") { people }

    override suspend fun cannedReplies(query: String?) = asked("cannedReplies") {
        val typed = query?.removePrefix("/") ?: ""
        cannedReplies.filter { typed.isEmpty() || it.shortcut.startsWith(typed) || typed in it.title }
    }

    override suspend fun tags() = asked("tags") { tags }

    override suspend fun attributes() = asked("attributes") { attributes }

    override suspend fun outcomes(team: String) = asked("outcomes") { outcomes }

    override suspend fun teamPolicy(team: String) = asked("teamPolicy") { policy }

    override suspend fun olderLines(conversation: String, before: ULong, limit: UInt) =
        asked("olderLines") { LinesPage(emptyList(), null) }

    override suspend fun pastLines(conversation: String, page: String, limit: UInt) =
        asked("pastLines") { LinesPage(emptyList(), null) }

    override suspend fun handlePush(push: PushMessage, deadlineMs: UInt) =
        asked("handlePush") { outcome }

    override suspend fun answerNotification(
        token: String,
        answer: NotificationAnswer,
        deadlineMs: UInt,
    ) = asked("answerNotification") { answered }

    override fun logTo(sink: LogSink?, level: LogLevel) = asked("logTo") {}

    override fun recentLogs() = emptyList<LogRecord>()

    override fun trustPlatform(trust: PlatformTrust) = Unit

    override fun goThrough(proxy: String?) = asked("goThrough") {}

    override suspend fun foreground() = asked("foreground") {}

    override suspend fun background(deadlineMs: UInt) = asked("background") {}

    override suspend fun network(isUp: Boolean) = asked("network") {}

    override suspend fun networkChanged() = asked("networkChanged") {}

    override suspend fun lowMemory() = asked("lowMemory") {}

    override suspend fun withdraw(number: ULong) = asked("withdraw") {}

    override suspend fun choose(number: ULong, choice: Choice) =
        asked("choose") { choices += number to choice }

    override suspend fun retry() = asked("retry") {}

    override suspend fun takeOver(conversation: String) = asked("takeOver") {}

    override suspend fun viewing(conversation: String?) = asked("viewing") { onScreen = conversation }

    override suspend fun watchPresence(watch: Boolean) = asked("watchPresence") {}

    override suspend fun setAvailability(availability: Availability) = asked("setAvailability") {}

    override suspend fun more(subscription: ULong) = asked("more") {}

    override suspend fun newer(subscription: ULong) = asked("newer") {}

    override suspend fun newest(subscription: ULong) = asked("newest") {}

    override suspend fun registerPush(target: PushTarget) =
        asked("registerPush") { setPushState(PushState.On) }

    override suspend fun unregisterPush() =
        asked("unregisterPush") { setPushState(PushState.Off(PushOffReason.NotRegistered)) }

    override suspend fun pushOff(reason: PushOffReason) =
        asked("pushOff") { setPushState(PushState.Off(reason)) }

    override suspend fun pushState() = asked("pushState") { pushes }

    fun setPushState(state: PushState) {
        pushes = state
        listener.onEvent(Event.Push(state))
    }

    override suspend fun notificationEnded(push: String, how: NotificationEnd) =
        asked("notificationEnded") {}
}
