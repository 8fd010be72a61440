// An agent with the app in hand, as the flows play it: what a finger does, and what is waited for.

package app.baton.app.flows

import app.baton.app.Platform
import app.baton.app.model.AppModel
import app.baton.app.model.Composing
import app.baton.app.model.Entry
import app.baton.app.model.ListState
import app.baton.app.model.Place
import app.baton.app.model.RowState
import app.baton.app.model.Session
import app.baton.app.model.TalkModel
import app.baton.app.model.TalkState
import app.baton.app.model.Toast
import app.baton.app.model.isWaiting
import app.baton.app.model.words
import app.baton.app.words.Language
import app.baton.app.words.Words
import app.baton.core.InboxView
import app.baton.core.OutboxItem
import app.baton.core.OutgoingFile
import app.baton.core.Standing
import app.baton.desk.DeskPlatform
import app.baton.suite.Failed
import app.baton.suite.Said
import app.baton.suite.Way
import app.baton.suite.World
import app.baton.suite.at
import java.nio.file.Path
import java.util.concurrent.CopyOnWriteArrayList
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.Job
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.collectLatest
import kotlinx.coroutines.flow.distinctUntilChanged
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.launch

/** How long anything may take before a flow has failed: it ends as soon as it holds. */
private const val LONG_MS = 150_000L

suspend fun <T : Any> eventually(what: String, ask: suspend () -> T?): T =
    app.baton.suite.eventually(what, LONG_MS, ask)

suspend fun until(what: String, holds: suspend () -> Boolean) =
    app.baton.suite.until(what, LONG_MS, holds)

/** Waits until it is this, and says what it is where it never is. */
suspend fun <T> becomes(what: String, wanted: T, ask: suspend () -> T) {
    var last: T? = null
    try {
        until(what) {
            last = ask()
            last == wanted
        }
    } catch (failed: Failed) {
        throw Failed("${failed.message}: it is $last and not $wanted")
    }
}

/** A desk whose files a flow chooses, and whose programs show nothing. */
class HandPlatform(directory: Path) : Platform by DeskPlatform(directory, window = { null }) {
    /** Whose pushes reach it, as a phone's do. */
    override val isPushed get() = true
    @Volatile var picked: OutgoingFile? = null
    val opened = CopyOnWriteArrayList<Pair<String, ByteArray>>()
    val copied = CopyOnWriteArrayList<String>()

    override suspend fun pickFile() = picked

    override suspend fun show(name: String, mediaType: String, bytes: ByteArray) {
        opened += name to bytes
    }

    override suspend fun browse(link: String) = Unit

    override fun copy(text: String) {
        copied += text
    }
}

class Hand(val world: World, private val who: String, val way: Way, val directory: Path) {
    private val scope = CoroutineScope(Dispatchers.Default + Job())
    private val english = Words(Language.ENGLISH, java.time.ZoneOffset.UTC)
    val platform = HandPlatform(directory)
    val app = AppModel(platform, scope)

    /** All that was told at the foot of the screen. */
    val told = CopyOnWriteArrayList<Toast>()

    val session: Session get() = app.state.value.session ?: throw Failed("nobody is signed in")
    val talk: TalkModel get() = app.state.value.talk ?: throw Failed("no conversation is open")
    val now: TalkState get() = talk.state.value
    val problem: String? get() = app.state.value.signIn.problem?.say(english)
    val held: List<OutboxItem> get() = session.review.state.value.held
    val waiting: List<OutboxItem> get() = session.desk.outbox.value.filter { it.isWaiting }
    val rows: List<RowState> get() = (session.inbox.state.value.list as? ListState.Loaded)?.rows.orEmpty()

    init {
        scope.launch {
            app.state.map { it.session }.distinctUntilChanged()
                .collectLatest { session -> session?.desk?.toasts?.collect { told += it } }
        }
    }

    fun said(toast: Toast) = toast.text.say(english)

    suspend fun starts(): Hand {
        until("it has started") { !app.state.value.isStarting }
        return this
    }

    suspend fun fills(password: String? = null): Hand {
        starts()
        val login = world.login(who)
        app.setServer(way.url)
        app.setWorkspace(login.at("workspace"))
        app.setEmail(login.at("email"))
        app.signIn(password ?: login.at("password"))
        return this
    }

    suspend fun signsIn(): Hand {
        starts()
        if (app.state.value.session == null) fills()
        try {
            until("$who is signed in") { app.state.value.session != null }
        } catch (failed: Failed) {
            throw Failed("${failed.message}: $problem")
        }
        return this
    }

    suspend fun live(): Hand {
        until("$who is live") { session.desk.stand.value.standing == Standing.Live }
        return this
    }

    suspend fun row(said: Said): RowState {
        session.inbox.choose(InboxView.All)
        return eventually("the row is there") {
            val list = session.inbox.state.value.list as? ListState.Loaded
            // It may be behind others that wait.
            if (list?.hasMore == true && rows.none { it.id == said.conversation }) session.inbox.more().join()
            rows.find { it.id == said.conversation }
        }
    }

    /** Opens the conversation from the list, as a finger does. */
    suspend fun opens(said: Said): Hand {
        val row = row(said)
        app.open(Place.Talk(row.id, row.title))
        becomes("the newest line is on $who's screen", said.line.id) { now.seen?.id }
        until("who has it is on the screen") { now.header != null }
        return this
    }

    fun writes(text: String) {
        talk.type(text)
        talk.send()
    }

    suspend fun hasKept(text: String) = until("\"$text\" is kept") {
        session.desk.outbox.value.any { it.text == text }
    }

    suspend fun needsReview(text: String): OutboxItem =
        eventually("\"$text\" needs its author") { held.find { it.text == text } }

    suspend fun isTold(vararg words: String) = until("it is told: ${words.toList()}") {
        told.any { toast -> words.all { it in said(toast) } }
    }

    /** Takes back what was done last, as the button beside it does. */
    suspend fun undoes(vararg words: String) {
        isTold(*words)
        val toast = told.last { toast -> words.all { it in said(toast) } }
        val undo = toast.undo ?: throw Failed("there is no way back from ${said(toast)}")
        undo()
    }

    val composing: Composing get() = now.composing

    fun entries(): List<Entry> = now.entries

    fun texts(): List<String?> = entries().mapNotNull {
        when (it) {
            is Entry.Said -> it.line.words
            is Entry.Waiting -> it.item.text
            is Entry.Noted -> it.note.text
            is Entry.Day, is Entry.Moved -> null
        }
    }

    fun lineOf(text: String) = entries().filterIsInstance<Entry.Said>().find { it.line.words == text }?.line

    suspend fun line(text: String) = eventually("\"$text\" is a line") { lineOf(text) }

    suspend fun offline() {
        session.desk.baton.network(false)
        until("it is offline") { session.desk.stand.value.standing == Standing.Offline }
    }

    suspend fun online() {
        session.desk.baton.network(true)
        live()
    }

    /** Waits until the outbox of this agent is empty. */
    suspend fun settled() = until("nothing of $who waits") { session.desk.baton.outbox().isEmpty() }

    suspend fun puts() {
        app.close()
        scope.cancel()
    }
}
