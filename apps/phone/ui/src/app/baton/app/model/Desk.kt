// A session: the core, who is signed in, and what every screen of theirs reads.

package app.baton.app.model

import app.baton.app.Platform
import app.baton.core.ActKind
import app.baton.core.Availability
import app.baton.core.Badge
import app.baton.core.Baton
import app.baton.core.Colleague
import app.baton.core.ConversationTag
import app.baton.core.CoreException
import app.baton.core.Event
import app.baton.core.GoneHow
import app.baton.core.LoadState
import app.baton.core.Named
import app.baton.core.OutboxItem
import app.baton.core.Owner
import app.baton.core.People
import app.baton.core.PushState
import app.baton.core.SavedView
import app.baton.core.SignedIn
import app.baton.core.Standing
import app.baton.core.watchBadge
import java.util.concurrent.ConcurrentHashMap
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Job
import kotlinx.coroutines.SupervisorJob
import kotlinx.coroutines.channels.Channel
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableSharedFlow
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.SharedFlow
import kotlinx.coroutines.flow.SharingStarted
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.flow.asSharedFlow
import kotlinx.coroutines.flow.asStateFlow
import kotlinx.coroutines.flow.map
import kotlinx.coroutines.flow.stateIn
import kotlinx.coroutines.joinAll
import kotlinx.coroutines.launch
import kotlinx.coroutines.plus
import kotlinx.coroutines.sync.Mutex
import kotlinx.coroutines.sync.withLock

/** Whom and what ids name. */
class Names(people: People, val me: String) {
    /** A colleague without a name can be chosen all the same. */
    private val agents = people.agents.map { it.copy(name = it.name.ifBlank { NAMELESS }) }.associateBy { it.id }
    private val teams = people.teams.map { it.copy(name = it.name.ifBlank { NAMELESS }) }.associateBy { it.id }
    private val channels = people.channels.associateBy { it.id }

    val colleagues: List<Colleague> get() = agents.values.filter { it.isActive && it.id != me }
    val allTeams: List<Named> get() = teams.values.toList()
    val allChannels: List<Named> get() = channels.values.toList()
    val self: Colleague? get() = agents[me]

    fun agent(id: String): String = agents[id]?.name ?: NAMELESS
    fun isOnline(id: String): Boolean = agents[id]?.isOnline == true
    fun team(id: String): String = teams[id]?.name ?: NAMELESS
    /** A number is not broken in a sentence. */
    fun channel(id: String): String = channels[id]?.name.orEmpty().replace(' ', '\u00a0')

    fun holder(of: Owner): Holder = when (of) {
        is Owner.Agent if of.agent == me -> Holder.Me
        is Owner.Agent -> Holder.Colleague(of.agent, agent(of.agent))
        is Owner.Queue -> Holder.Team(of.team, team(of.team))
    }
}

/** Who has a conversation, by name. */
sealed interface Holder {
    data object Me : Holder
    data class Colleague(val id: String, val name: String) : Holder
    data class Team(val id: String, val name: String) : Holder
}

/** What is told for some seconds at the foot of the screen. */
data class Toast(val text: Told, val undo: (() -> Unit)? = null)

/** How the app stands, above every list. */
data class Stand(val standing: Standing, val asOf: Long?, val waiting: Int, val needsReview: Int)

private const val NAMELESS = "?"
private const val SAVED_MS = 60_000L

class Desk(
    val baton: Baton,
    val signedIn: SignedIn,
    val platform: Platform,
    val scope: CoroutineScope,
) {
    private val peopleNow = MutableStateFlow(Names(noPeople, signedIn.agent))
    private val outboxNow = MutableStateFlow<List<OutboxItem>>(emptyList())
    private val heardAt = MutableStateFlow<Long?>(null)

    /** How far this device's clock is behind the server's, whose times all lists have. */
    @Volatile private var behindMs = 0L
    private val toastNow = MutableSharedFlow<Toast>(extraBufferCapacity = 8)
    private val pushNow = MutableStateFlow<PushState?>(null)
    private val tagsNow = MutableStateFlow<List<ConversationTag>>(emptyList())
    private val endNow = MutableStateFlow<Told?>(null)
    private val reading = Mutex()
    private val viewed = Channel<String?>(Channel.CONFLATED)
    private val keeping = SupervisorJob(scope.coroutineContext[Job])

    /** The time as the server would say it: a device may be a day off. */
    fun now(): Long = platform.now() + behindMs

    val names: StateFlow<Names> = peopleNow.asStateFlow()
    val outbox: StateFlow<List<OutboxItem>> = outboxNow.asStateFlow()
    val toasts: SharedFlow<Toast> = toastNow.asSharedFlow()
    val pushes: StateFlow<PushState?> = pushNow.asStateFlow()

    private val savedNow = MutableStateFlow<List<SavedView>>(emptyList())

    /** Filters that are kept by name; none where the server was not reached so far. */
    val saved: StateFlow<List<SavedView>> = savedNow.asStateFlow()
    val tags: StateFlow<List<ConversationTag>> = tagsNow.asStateFlow()

    /** Team and number of what was listed: a head says neither. */
    val homes = ConcurrentHashMap<String, Home>()

    /** Why this session is over; null while it is not. */
    val end: StateFlow<Told?> = endNow.asStateFlow()

    val badge: StateFlow<Badge> = baton.watchBadge(scope).state
        .map { (it as? LoadState.Loaded)?.value ?: noBadge }
        .stateIn(scope, SharingStarted.Eagerly, noBadge)

    val stand: StateFlow<Stand> = combined(baton.current, heardAt, outboxNow) { at, heard, items ->
        Stand(at, heard, items.count { it.isWaiting && it.isOfPerson }, items.count { it.review != null })
    }

    init {
        scope.launch { baton.events.collect(::hears) }
        scope.launch { for (id in viewed) asks { baton.viewing(id) } }
        scope.launch { reload() }
        // What was told before somebody listened.
        scope.launch { baton.current.collect(::stands) }
        // No event tells of a filter that somebody keeps by name.
        scope.launch {
            while (true) {
                delay(SAVED_MS)
                if (baton.current.value == Standing.Live) readsSaved()
            }
        }
    }

    private suspend fun reload() = asks {
        behindMs = baton.diagnostics().clockBehindMs
        if (baton.current.value == Standing.Live) heardAt.value = now()
        readsPeople()
        readsOutbox()
        readsSettings()
        pushNow.value = baton.pushState()
    }

    /** One reads at a time: an older answer never replaces a newer one. */
    private suspend fun readsOutbox() = reading.withLock { outboxNow.value = baton.outbox() }

    private suspend fun readsPeople() = reading.withLock {
        peopleNow.value = Names(baton.people(), signedIn.agent)
    }

    private suspend fun readsSettings() {
        reading.withLock { tagsNow.value = baton.tags() }
        readsSaved()
    }

    suspend fun readsSaved() {
        try {
            savedNow.value = baton.savedViews()
        } catch (_: CoreException) {
            // Those that were there stay; they are asked for again once the app is live.
        }
    }

    private fun stands(at: Standing) {
        when (at) {
            // Who came while this phone was away.
            Standing.Live -> scope.launch { reload() }
            Standing.Wiped -> endNow.value = Told.Revoked
            Standing.NeedsSignIn -> endNow.value = Told.SessionOver
            Standing.SignedOut, Standing.Offline, Standing.Suspended, Standing.Locked,
            Standing.Connecting, Standing.Resuming, is Standing.Backoff, Standing.Incompatible,
            -> Unit
        }
    }

    private suspend fun hears(event: Event) {
        when (event) {
            is Event.Outbox -> {
                val lost = event.gone.any { it.how == GoneHow.NOT_STORED }
                asks { readsOutbox() }
                if (lost) tells(Told.StoreFull)
            }
            is Event.People -> asks { readsPeople() }
            is Event.Settings -> asks { readsSettings() }
            is Event.Push -> pushNow.value = event.state
            is Event.LeaseLost -> tells(Told.LeaseLost(names.value.agent(event.by)))
            is Event.StoreFailed -> {
                tells(if (event.isFull) Told.StoreFull else Told.WentWrong(event.detail))
            }
            is Event.Wiped -> endNow.value = Told.Revoked
            is Event.Standing, is Event.Notifications -> Unit
        }
    }

    fun tells(told: Told, undo: (() -> Unit)? = null) {
        toastNow.tryEmit(Toast(told, undo))
    }

    /** Does it beside the screen; what the core refuses is told. */
    fun does(work: suspend () -> Unit) = scope.launch { asks(work) }

    /** Tells the core what is on the screen. One after the other: the last one holds. */
    fun views(conversation: String?) {
        viewed.trySend(conversation)
    }

    /** Hands to the core what a person wrote. Leaving the screen does not take it back. */
    fun keeps(work: suspend () -> Unit) = (scope + keeping).launch { work() }

    /** Waits until all of that is with the core. */
    suspend fun kept() = keeping.children.toList().joinAll()

    /** Whether it was done; what the core refuses is told. */
    suspend fun asks(work: suspend () -> Unit): Boolean = try {
        work()
        true
    } catch (_: CoreException.Closed) {
        false
    } catch (refused: CoreException) {
        tells(Told.of(refused))
        false
    }

    fun setAvailability(to: Availability) = does { baton.setAvailability(to) }

    fun askForPushes() = does { pushNow.value = platform.askForPushes(baton) }

    suspend fun signOut() {
        baton.signOut()
        endNow.value = Told.SignedOut
    }
}

/** Whether it is on its way, and nothing is asked of its author. */
val OutboxItem.isWaiting: Boolean
    get() = review == null && stage != app.baton.core.Stage.ACKNOWLEDGED

/** Whether somebody did it. That a line was read tells itself, and nobody waits for it. */
val OutboxItem.isOfPerson: Boolean get() = kind != ActKind.MARK_READ

private val noPeople = People(emptyList(), emptyList(), emptyList())
private val noBadge = Badge(0u, 0u, 0u, 0u)
