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
    val password: Secret = Secret(""),
    /** The link of an invitation, which a browser opens: there its password is chosen. */
    val invitation: String? = null,
)

/** What is never printed and never kept: it outlives a screen that is turned, and no process. */
class Secret(val text: String)

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
    /** Somebody may be signed in at the moment at which a place is asked for. */
    private val coming = Any()
    private var wanted: List<Place> = emptyList()
    private var resumed: Kept? = null
    private var shared: String? = null

    val state: StateFlow<AppState> = stateNow

    init {
        scope.launch { start() }
    }

    /** Opens what was there, without a network. */
    private suspend fun start() {
        val (server, workspace, email) = platform.remembered
        if (resumed == null) signs { SignInState(server, workspace, email) }
        if (server.isNotEmpty()) {
            try {
                val core = opens(server)
                val who = core.signedIn()
                if (who != null) enters(core, who) else if (platform.beganAnew) signInFails(Told.KeyLost)
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

    /** What a lost key sealed can be read by nobody. It goes once somebody was told, and signs in. */
    private suspend fun opensAnew(server: String): Baton = try {
        opens(server)
    } catch (lost: CoreException.Storage) {
        if (!lost.isKeyLost) throw lost
        platform.forgets(server)
        opens(server)
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
                invitation = link?.invitation,
            )
            it.copy(signIn = now)
        }
    }

    fun setWorkspace(text: String) = signs { it.copy(workspace = text, problem = null) }

    fun setEmail(text: String) = signs { it.copy(email = text, problem = null) }

    fun setPassword(text: String) = signs { it.copy(password = Secret(text)) }

    /** Opens the invitation where a password can be chosen, or its end is told. */
    fun join() {
        val link = stateNow.value.signIn.invitation ?: return
        scope.launch { platform.browse(link) }
    }

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
                val core = opensAnew(server)
                val who = core.signIn(said.workspace.trim(), said.email.trim(), password)
                platform.remembered = platform.remembered.copy(
                    server = server, workspace = said.workspace.trim(), email = said.email.trim(),
                )
                enters(core, who)
                signs { it.copy(isBusy = false, problem = null, password = Secret(""), invitation = null) }
            } catch (gone: CancellationException) {
                throw gone
            } catch (_: CoreException.Incompatible) {
                signInFails(Told.of(Word.NoBaton))
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
        val places = synchronized(coming) {
            stateNow.update { it.copy(session = Session(desk, within), places = emptyList()) }
            wanted.also { wanted = emptyList() }
        }
        goesOn(places)
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
        if (!waits(listOf(place))) open(place)
    }

    /** Whether these wait until somebody is signed in. */
    private fun waits(places: List<Place>): Boolean = synchronized(coming) {
        (stateNow.value.session == null).also { isNobody -> if (isNobody) wanted = places }
    }

    // What outlives a process that the system ends.

    /** Where one is and what was typed, but for the password. Drafts are with the core. */
    fun kept(): Kept = stateNow.value.let { now ->
        val said = now.signIn
        Kept(listOf(said.server, said.workspace, said.email), now.begin.phone, now.session?.inbox?.query?.value.orEmpty(), now.places)
    }

    /** Goes on where another process was: at once, or as soon as somebody is signed in. */
    fun resumes(kept: Kept) {
        val now = stateNow.value
        if (now.places.isNotEmpty()) return
        val (server, workspace, email) = kept.signIn
        if (now.session == null) signs { it.copy(server = server, workspace = workspace, email = email) }
        resumed = kept
        stateNow.update { it.copy(begin = it.begin.copy(phone = kept.phone)) }
        if (!waits(kept.places)) goesOn(kept.places)
    }

    private fun goesOn(places: List<Place>) {
        places.forEach(::open)
        val query = resumed?.query.orEmpty()
        resumed = null
        if (query.isNotBlank() && Place.Search in places) stateNow.value.session?.inbox?.find(query)
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

/** Where a browser opens an invitation; its secret stands behind a #. */
private const val JOIN = "/join"

/** A link of an invitation or of the console: its server, and what it says of who signs in. */
class SignInLink(val server: String, val workspace: String?, val email: String?, val invitation: String? = null)

fun linkOf(text: String): SignInLink? {
    val uri = try {
        URI(text)
    } catch (_: java.net.URISyntaxException) {
        return null
    }
    if (uri.scheme !in setOf("http", "https") || uri.host == null) return null
    val port = if (uri.port == -1) "" else ":${uri.port}"
    val server = "${uri.scheme}://${uri.host}$port"
    if (uri.path == JOIN && uri.rawFragment != null) return SignInLink(server, null, null, text)
    if (uri.query == null) return null
    val said = uri.query.split('&').associate { it.substringBefore('=') to it.substringAfter('=') }
    return SignInLink(server, said["workspace"], said["email"])
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
