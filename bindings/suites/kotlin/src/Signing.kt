// Signing in and out, what the device keeps, and whose it is.

package app.baton.suite

import app.baton.core.Act
import app.baton.core.AppException
import app.baton.core.Availability
import app.baton.core.BatonCoreInterface
import app.baton.core.CannedMessage
import app.baton.core.Choice
import app.baton.core.CoreException
import app.baton.core.Event
import app.baton.core.FileSize
import app.baton.core.FileSource
import app.baton.core.InboxView
import app.baton.core.KeyStore
import app.baton.core.LoadState
import app.baton.core.LogLevel
import app.baton.core.MediaKind
import app.baton.core.MemoryKeyStore
import app.baton.core.NotificationAnswer
import app.baton.core.NotificationEnd
import app.baton.core.OutgoingFile
import app.baton.core.PushMessage
import app.baton.core.PushOffReason
import app.baton.core.PushRoad
import app.baton.core.PushTarget
import app.baton.core.Standing
import app.baton.core.forPeople
import app.baton.core.inbox
import app.baton.core.watchInbox
import java.nio.ByteBuffer
import java.nio.file.Files
import java.nio.file.Path
import java.util.UUID
import kotlin.streams.asSequence
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.CompletableDeferred
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.CoroutineStart
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch

val signing = listOf(
    Scenario(1) {
        val ana = agent("ana")
        val scope = CoroutineScope(Dispatchers.Default)
        val inbox = ana.baton.watchInbox(scope, InboxView.All)
        within("the inbox is told") { inbox.state.first { it is LoadState.Loaded } }
        val said = world.customer(freshNumber(), "Is anybody there?")
        val row = eventually("the customer's row is in the inbox") {
            inbox.value?.rows?.firstOrNull { it.id == said.conversation }
        }
        scope.cancel()
        ensure(row.preview == "Is anybody there?") { "the preview is ${row.preview}" }
        ensure(row.previewFromCustomer) { "the preview is not the customer's" }
        ensure(row.unread == 1uL) { "unread is ${row.unread}" }
        ensure(row.unansweredSinceMs != null) { "it waits since nothing" }
    },
    Scenario(2) {
        val ana = phone("ana").open().looks()
        val error = thrown<CoreException.WrongCredentials>("a wrong password") {
            ana.signIn("not the password")
        }
        ensure("password" in error.forPeople()) { "people are told ${error.forPeople()}" }
        ensure(ana.baton.signedIn() == null) { "somebody is signed in" }
        ensure(ana.baton.standing() is Standing.SignedOut) { "it is ${ana.baton.standing()}" }
        val who = ana.signIn()
        ensure(who.agent == world.agent("ana")) { "somebody else is signed in: $who" }
        ana.live()
    },
    Scenario(5) {
        val ana = agent("ana")
        val number = freshNumber()
        val said = world.customer(number, "before")
        ana.rowOf(said)
        world.cut(ana.way, "refuse")
        ana.restart()
        world.customer(number, "while she was away")
        ana.baton.network(true)
        ana.baton.foreground()
        val who = ana.baton.signedIn()
        ensure(who?.agent == world.agent("ana")) { "signed in is $who" }
        val before = within("the inbox is there without a server") {
            ana.baton.inbox(InboxView.All).first { it.rows.isNotEmpty() }
        }
        val row = before.rows.firstOrNull { it.id == said.conversation }
        ensure(row?.preview == "before") { "from the device comes ${row?.preview}" }
        ensure(ana.baton.standing() !is Standing.Live) { "it is live through a cut way" }
        world.cut(ana.way, "pass")
        ana.baton.networkChanged()
        ana.live()
        within("what was missed is there") {
            ana.baton.inbox(InboxView.All).first { inbox ->
                val now = inbox.rows.firstOrNull { it.id == said.conversation }
                now?.preview == "while she was away"
            }
        }
    },
    Scenario(25) {
        val ana = agent("ana")
        val said = world.customer(freshNumber(), "hello")
        val scope = CoroutineScope(Dispatchers.Default)
        val isTold = CompletableDeferred<Unit>()
        val flows = listOf(
            scope.launch { ana.baton.inbox(InboxView.All).collect { isTold.complete(Unit) } },
            scope.launch { ana.baton.events.collect {} },
        )
        within("the inbox is told") { isTold.await() }
        ana.baton.close()
        ana.baton.close()
        within("flows end with the core") { flows.joinAll() }
        ensure(flows.none { it.isCancelled }) { "a flow did not complete, but failed" }
        val calls = everyCall(said.conversation)
        for ((name, call) in calls) {
            thrown<CoreException.Closed>("$name after shutdown") { call(ana.baton) }
        }
    },
    Scenario(26) {
        val ana = phone("ana").open()
        val second = Phone(world, "ana", ana.way, ana.directory, ana.keys)
        val error = thrown<CoreException.Storage>("a second core") { second.open() }
        ensure(error.isInUse && !error.isKeyLost) { "it is told $error" }
        ana.baton.end()
        lateinit var opening: Job
        val gaveUp = Phone(
            world, "ana", ana.way, ana.directory, GivingUp(ana.keys) { opening.cancel() },
        )
        val scope = CoroutineScope(Dispatchers.Default)
        opening = scope.launch(start = CoroutineStart.LAZY) { gaveUp.open() }
        within("who gives up opening is let go") { opening.join() }
        ensure(opening.isCancelled) { "it was opened although nobody waited" }
        // Nothing of it holds the directory.
        track(second).open()
    },
    Scenario(27) {
        val ana = agent("ana")
        val said = world.customer(freshNumber(), "kept under lock")
        ana.rowOf(said)
        ana.baton.end()
        val locked = Phone(world, "ana", ana.way, ana.directory, LockedKeys)
        thrown<CoreException.KeyLocked>("a locked key store") { locked.open() }
        val other = Phone(world, "ana", ana.way, ana.directory, MemoryKeyStore())
        // The core before waits two seconds for its end; on a busy machine that takes longer.
        val lost = eventually("the directory is free") {
            thrown<CoreException.Storage>("another key") { other.open() }.takeUnless { it.isInUse }
        }
        ensure(lost.isKeyLost) { "it is told $lost" }
        world.cut(ana.way, "refuse")
        ana.open().looks()
        ana.rowOf(said)
    },
    Scenario(28) {
        val ana = agent("ana")
        val said = world.customer(freshNumber(), "soon gone")
        ana.linesOf(said, 1)
        ana.baton.typing(said.conversation, "a draft")
        val device = ana.baton.signedIn()?.device ?: throw Failed("nobody is signed in")
        ana.baton.background(5.seconds)
        val isThere = traces(ana.directory, said.conversation)
        ensure(isThere) { "the probe finds nothing: it is worthless" }
        ana.baton.foreground()
        ana.live()
        world.revoke(device)
        until("the app is told that it was wiped", BACK_MS) { Event.Wiped in ana.heard.events }
        until("nobody is signed in") { ana.baton.signedIn() == null }
        ana.baton.end()
        val isLeft = traces(ana.directory, said.conversation)
        ensure(!isLeft) { "the conversation is still in the store" }
        ana.open().looks()
        ensure(ana.baton.signedIn() == null) { "somebody is signed in after a restart" }
    },
    Scenario(29) {
        val ana = agent("ana")
        val said = world.customer(freshNumber(), "hello")
        ana.linesOf(said, 1)
        ana.baton.network(false)
        val text = "unsent ${opId()}"
        val kept = ana.acts(said.conversation, Act.Note(text))
        val unsent = ana.baton.unsent()
        ensure(unsent.map { it.opId } == listOf(kept.opId)) { "unsent are $unsent" }
        ana.baton.signOut()
        ensure(ana.baton.signedIn() == null) { "still signed in" }
        ana.baton.network(true)
        ana.signIn()
        ana.live()
        ana.settled()
        val notes = world.notes(said.conversation).count { it == text }
        ensure(notes == 1) { "the note is there $notes times" }
    },
)

private object LockedKeys : KeyStore {
    override fun get(name: String): ByteArray? = throw AppException.Locked()

    override fun put(name: String, value: ByteArray): Unit = throw AppException.Locked()

    override fun delete(name: String): Unit = throw AppException.Locked()
}

/** Has whoever opens with it give up while the core asks for its keys. */
private class GivingUp(private val keys: KeyStore, private val givesUp: () -> Unit) :
    KeyStore by keys {
    override fun get(name: String): ByteArray? {
        givesUp()
        return keys.get(name)
    }
}

/** Whether a conversation's id is anywhere in the files, as text or as bytes. */
private fun traces(directory: Path, conversation: String): Boolean {
    val id = UUID.fromString(conversation)
    val bytes = ByteBuffer.allocate(16).putLong(id.mostSignificantBits)
        .putLong(id.leastSignificantBits).array()
    val wanted = listOf(conversation, String(bytes, Charsets.ISO_8859_1))
    return Files.walk(directory).use { files ->
        files.asSequence().filter { Files.isRegularFile(it) }.any { file ->
            val content = String(Files.readAllBytes(file), Charsets.ISO_8859_1)
            wanted.any { it in content }
        }
    }
}

private typealias Call = suspend (BatonCoreInterface) -> Any?

private fun everyCall(of: String): List<Pair<String, Call>> = listOf(
    "act" to { it.act(of, Act.Reopen) },
    "background" to { it.background(1_000u) },
    "choose" to { it.choose(1u, Choice.Discard) },
    "diagnostics" to { it.diagnostics() },
    "draft" to { it.draft(of) },
    "flush" to { it.flush(1_000u) },
    "foreground" to { it.foreground() },
    "handlePush" to { it.handlePush(PushMessage.Fcm(emptyMap()), 1_000u) },
    "hold" to { it.hold(of) },
    "logTo" to { it.logTo(null, LogLevel.INFO) },
    "goThrough" to { it.goThrough(null) },
    "lowMemory" to { it.lowMemory() },
    "more" to { it.more(1u) },
    "network" to { it.network(true) },
    "networkChanged" to { it.networkChanged() },
    "newer" to { it.newer(1u) },
    "newest" to { it.newest(1u) },
    "answerNotification" to {
        it.answerNotification("$of.1.${opId()}", NotificationAnswer.Resolve, 1_000u)
    },
    "notificationEnded" to { it.notificationEnded(opId(), NotificationEnd.OPENED) },
    "fileAddress" to { it.fileAddress(of, opId()) },
    "loadFile" to { it.loadFile(of, opId(), FileSize.WHOLE) },
    "readFile" to { it.readFile(of, opId(), FileSize.WHOLE, 0uL) },
    "setFileBudget" to { it.setFileBudget(1_000_000uL) },
    "sendFile" to {
        val file = FileSource.Bytes(ByteArray(1))
        it.sendFile(of, OutgoingFile(file, MediaKind.IMAGE, "image/png"), null)
    },
    "elsewhere" to { it.elsewhere(of) },
    "episodes" to { it.episodes(of) },
    "sendCanned" to { it.sendCanned(of, opId(), CannedMessage("x", null, opId(), 1u)) },
    "templates" to { it.templates(opId()) },
    "begin" to { it.begin(opId(), "+34600123456") },
    "olderLines" to { it.olderLines(of, 1u, 1u) },
    "pastLines" to { it.pastLines(of, "00", 1u) },
    "outbox" to { it.outbox() },
    "people" to { it.people() },
    "registerPush" to { it.registerPush(PushTarget(PushRoad.FCM_TOKEN, "t", null, null)) },
    "retry" to { it.retry() },
    "setAvailability" to { it.setAvailability(Availability.AWAY) },
    "viewing" to { it.viewing(of) },
    "signIn" to { it.signIn("demo", "ana@demo.example", "x") },
    "signOut" to { it.signOut() },
    "signedIn" to { it.signedIn() },
    "standing" to { it.standing() },
    "sync" to { it.sync(1_000u) },
    "takeOver" to { it.takeOver(of) },
    "typing" to { it.typing(of, "x") },
    "unregisterPush" to { it.unregisterPush() },
    "pushOff" to { it.pushOff(PushOffReason.Permission) },
    "pushState" to { it.pushState() },
    "unsent" to { it.unsent() },
    "unwatch" to { it.unwatch(1u) },
    "watchBadge" to { it.watchBadge(TimelineRecorder()) },
    "watchHeader" to { it.watchHeader(of, TimelineRecorder()) },
    "watchInbox" to { it.watchInbox(InboxView.All, TimelineRecorder()) },
    "watchPresence" to { it.watchPresence(true) },
    "watchTimeline" to { it.watchTimeline(of, TimelineRecorder()) },
    "withdraw" to { it.withdraw(1u) },
)
