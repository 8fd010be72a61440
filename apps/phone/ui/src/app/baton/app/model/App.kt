// The app: who is signed in, and which screen is on top.

package app.baton.app.model

import app.baton.app.Platform
import app.baton.app.words.Word
import app.baton.core.Baton
import app.baton.core.CoreException
import app.baton.core.InboxView
import app.baton.core.SignedIn
import java.net.URI
import kotlinx.coroutines.CancellationException
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.update
import kotlinx.coroutines.launch
import kotlinx.coroutines.plus
import kotlinx.coroutines.withTimeoutOrNull

/** A screen above the list. */
sealed interface Place {
    /** Whether both are one screen. */
    fun isAt(place: Place): Boolean = this == place

    /** [at]: the number of the line that is looked for. */
    data class Talk(val id: String, val title: String? = null, val at: ULong? = null) : Place {
        override fun isAt(place: Place) = place is Talk && place.id == id
    }

    data object Review : Place
    data object Settings : Place
    data object Begin : Place
    data object Search : Place
    data object Notices : Place
}

data class SignInState(
    val server: String = "",
    val workspace: String = "",
    val email: String = "",
    val isBusy: Boolean = false,
    val problem: Told? = null,
)

data class BeginState(
    val phone: String = "",
    val channel: String? = null,
    val isBusy: Boolean = false,
    val problem: Told? = null,
)

/** What is open for who is signed in. */
class Session(val desk: Desk, inside: CoroutineScope) {
    val inbox = InboxModel(desk, inside)
    val review = ReviewModel(desk)
    val notices = NoticesModel(desk, inside)
    val search = SearchModel(desk, inside)
    val own = OwnModel(desk, inside)
    val offers = OffersModel(desk, inside)
}

data class AppState(
    val isStarting: Boolean = true,
    val signIn: SignInState = SignInState(),
    val session: Session? = null,
    val places: List<Place> = emptyList(),
    val talk: TalkModel? = null,
    val begin: BeginState = BeginState(),
)

/** What was written last is with the core by then; a core that hangs holds no window open. */
private const val KEPT_MS = 2_000L

class AppModel(private val platform: Platform, private val scope: CoroutineScope) {
    private val stateNow = MutableStateFlow(AppState())
    private var baton: Baton? = null
    private var opened: String? = null
    private var inside: CoroutineScope? = null
    private var talking: CoroutineScope? = null
    private var wanted: Place? = null
    private var shared: String? = null

    val state: StateFlow<AppState> = stateNow

    init {
        scope.launch { start() }
    }

    /** Opens what was there, without a network. */
    private suspend fun start() {
        val (server, workspace, email) = platform.remembered
        stateNow.update { it.copy(signIn = SignInState(server, workspace, email)) }
        if (server.isNotEmpty()) {
            try {
                val core = opens(server)
                core.signedIn()?.let { enters(core, it) }
            } catch (refused: CoreException) {
                signInFails(Told.of(refused))
            }
        }
        stateNow.update { it.copy(isStarting = false) }
    }

    private suspend fun opens(server: String): Baton {
        baton?.takeIf { opened == server }?.let { return it }
        baton?.end()
        baton = null
        val core = platform.open(server)
        baton = core
        opened = server
        return core
    }

    // Signing in.

    /** Takes an address as people paste it: also the link of an invitation. */
    fun setServer(text: String) {
        val link = linkOf(text.trim())
        stateNow.update {
            val before = it.signIn
            val now = before.copy(
                server = link?.server ?: text,
                workspace = link?.workspace ?: before.workspace,
                email = link?.email ?: before.email,
                problem = null,
            )
            it.copy(signIn = now)
        }
    }

    fun setWorkspace(text: String) = signs { it.copy(workspace = text, problem = null) }

    fun setEmail(text: String) = signs { it.copy(email = text, problem = null) }

    private fun signs(change: (SignInState) -> SignInState) =
        stateNow.update { it.copy(signIn = change(it.signIn)) }

    private fun signInFails(why: Told?) = signs { it.copy(isBusy = false, problem = why) }

    fun signIn(password: String) {
        val said = stateNow.value.signIn
        if (said.isBusy) return
        val server = serverOf(said.server) ?: return signInFails(Told.of(Word.ServerWrong))
        signs { it.copy(isBusy = true, problem = null) }
        scope.launch {
            try {
                val core = opens(server)
                val who = core.signIn(said.workspace.trim(), said.email.trim(), password)
                platform.remembered = platform.remembered.copy(
                    server = server, workspace = said.workspace.trim(), email = said.email.trim(),
                )
                enters(core, who)
                signInFails(null)
            } catch (gone: CancellationException) {
                throw gone
            } catch (refused: CoreException) {
                signInFails(Told.of(refused))
            }
        }
    }

    private fun enters(core: Baton, who: SignedIn) {
        leaves()
        val within = scope + SupervisorJob(scope.coroutineContext[Job])
        inside = within
        val desk = Desk(core, who, platform, within)
        stateNow.update { it.copy(session = Session(desk, within), places = emptyList()) }
        wanted?.let(::open)
        wanted = null
        within.launch {
            desk.end.collect { why ->
                if (why != null) ends(why.takeUnless { it == Told.SignedOut })
            }
        }
    }

    private fun ends(why: Told?) {
        stateNow.update {
            it.copy(
                session = null, places = emptyList(), talk = null,
                signIn = it.signIn.copy(isBusy = false, problem = why),
            )
        }
        leaves()
    }

    private fun leaves() {
        talking?.cancel()
        talking = null
        inside?.cancel()
        inside = null
    }

    fun signOut() {
        val desk = stateNow.value.session?.desk ?: return
        desk.does { desk.signOut() }
    }

    // Where one is.

    fun open(place: Place) {
        if (place is Place.Talk) talk(place) else untalk()
        stateNow.update { it.copy(places = it.places.filterNot(place::isAt) + place) }
    }

    /** Somewhere that another program asks for: at once, or as soon as somebody is signed in. */
    fun comes(place: Place) {
        if (stateNow.value.session == null) wanted = place else open(place)
    }

    /** A text of another program, for the conversation that is opened next. */
    fun shares(text: String) {
        shared = text
        val session = stateNow.value.session ?: return
        untalk()
        stateNow.update { it.copy(places = emptyList()) }
        session.desk.tells(Told.of(Word.SharedHere))
    }

    fun back() {
        val places = stateNow.value.places.dropLast(1)
        untalk()
        stateNow.update { it.copy(places = places) }
        (places.lastOrNull() as? Place.Talk)?.let { talk(it) }
    }

    /** Goes from a place that others may lie above. */
    fun leave(place: Place) {
        if (stateNow.value.places.lastOrNull() == place) return back()
        stateNow.update { it.copy(places = it.places - place) }
    }

    private fun talk(at: Place.Talk) {
        val session = stateNow.value.session ?: return
        val open = stateNow.value.talk?.takeIf { it.id == at.id }
        if (open != null) {
            at.at?.let { open.seek(it) }
            return
        }
        untalk()
        val parent = inside ?: return
        val within = parent + SupervisorJob(parent.coroutineContext[Job])
        talking = within
        val model = TalkModel(session.desk, at.id, within, at.title, at.at)
        stateNow.update { it.copy(talk = model) }
        shared?.let(model::type)
        shared = null
    }

    private fun untalk() {
        stateNow.value.talk?.close()
        talking?.cancel()
        talking = null
        stateNow.update { it.copy(talk = null) }
    }

    // A first message.

    fun begins(change: (BeginState) -> BeginState) =
        stateNow.update { it.copy(begin = change(it.begin).copy(problem = null)) }

    fun begin() {
        val session = stateNow.value.session ?: return
        val channels = session.desk.names.value.allChannels
        val (phone, chosen) = stateNow.value.begin
        val channel = chosen ?: channels.firstOrNull()?.id
        val problem = when {
            channel == null -> Word.BeginNone
            phone.isBlank() -> Word.BeginEmpty
            !phone.trim().startsWith("+") -> Word.BeginCode
            else -> null
        }
        if (problem != null || channel == null) {
            return beginFails(Told.of(problem ?: Word.BeginNone))
        }
        stateNow.update { it.copy(begin = it.begin.copy(isBusy = true, problem = null)) }
        session.desk.scope.launch {
            try {
                val id = session.desk.baton.begin(channel, phone.trim())
                stateNow.update { it.copy(begin = BeginState()) }
                back()
                open(Place.Talk(id, phone.trim()))
            } catch (refused: CoreException) {
                beginFails(Told.of(refused))
            }
        }
    }

    private fun beginFails(why: Told) =
        stateNow.update { it.copy(begin = it.begin.copy(isBusy = false, problem = why)) }

    /** Whether a window has room beside the list for what is open. */
    fun view(view: InboxView) = stateNow.value.session?.inbox?.choose(view)

    suspend fun close() {
        val desk = stateNow.value.session?.desk
        untalk()
        withTimeoutOrNull(KEPT_MS) { desk?.kept() }
        leaves()
        baton?.end()
    }
}

/** A link of an invitation or of the console: its server, and what it says of who signs in. */
class SignInLink(val server: String, val workspace: String?, val email: String?)

fun linkOf(text: String): SignInLink? {
    val uri = try {
        URI(text)
    } catch (_: java.net.URISyntaxException) {
        return null
    }
    if (uri.scheme !in setOf("http", "https") || uri.host == null || uri.query == null) return null
    val said = uri.query.split('&').associate { it.substringBefore('=') to it.substringAfter('=') }
    val port = if (uri.port == -1) "" else ":${uri.port}"
    return SignInLink("${uri.scheme}://${uri.host}$port", said["workspace"], said["email"])
}

/** The server's address as the core takes it; null where it is none. */
fun serverOf(text: String): String? {
    val whole = text.trim().trimEnd('/').let { if ("://" in it) it else "https://$it" }
    val uri = try {
        URI(whole)
    } catch (_: java.net.URISyntaxException) {
        return null
    }
    val isAddress = uri.scheme in setOf("http", "https") && !uri.host.isNullOrEmpty()
    val port = if (uri.port == -1) "" else ":${uri.port}"
    return if (isAddress) "${uri.scheme}://${uri.host}$port" else null
}
