// The whole app: which screen is on top, and two panes where there is room.

package app.baton.app

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.BoxWithConstraints
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxHeight
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.safeDrawingPadding
import androidx.compose.foundation.layout.width
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.runtime.collectAsState
import androidx.compose.runtime.getValue
import androidx.compose.runtime.mutableStateOf
import androidx.compose.runtime.remember
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.text.font.FontFamily
import androidx.compose.ui.unit.dp
import app.baton.app.look.Act
import app.baton.app.look.Bar
import app.baton.app.look.BatonTheme
import app.baton.app.look.Dims
import app.baton.app.look.Drawing
import app.baton.app.look.Field
import app.baton.app.look.Hairline
import app.baton.app.look.IconAct
import app.baton.app.look.Look
import app.baton.app.look.Nothing
import app.baton.app.look.Says
import app.baton.app.look.Weight
import app.baton.app.model.AppModel
import app.baton.app.model.AppState
import app.baton.app.model.ListState
import app.baton.app.model.Place
import app.baton.app.model.Session
import app.baton.app.model.Sheet
import app.baton.app.model.Toast
import app.baton.app.model.rowOf
import app.baton.app.model.tabsOf
import app.baton.app.screens.BeginScreen
import app.baton.app.screens.ForwardSheet
import app.baton.app.screens.FoundActs
import app.baton.app.screens.FoundList
import app.baton.app.screens.BeginsSheet
import app.baton.app.screens.InboxActs
import app.baton.app.screens.KeepsSheets
import app.baton.app.screens.InboxScreen
import app.baton.app.screens.NoticesActs
import app.baton.app.screens.NoticesScreen
import app.baton.app.screens.OfferActs
import app.baton.app.screens.Offers
import app.baton.app.screens.OwnActs
import app.baton.app.screens.ReviewActs
import app.baton.app.screens.ReviewScreen
import app.baton.app.screens.SettingsActs
import app.baton.app.screens.SettingsScreen
import app.baton.app.screens.SettingsState
import app.baton.app.screens.SignInActs
import app.baton.app.screens.SignInScreen
import app.baton.app.screens.TAKES
import app.baton.app.screens.TalkActs
import app.baton.app.screens.TalkScreen
import app.baton.app.words.Word
import app.baton.app.words.Words
import app.baton.core.InboxView
import app.baton.core.Standing
import app.baton.core.inbox
import kotlinx.coroutines.delay

/** From here on the list stays beside what is open. */
private val TWO_PANES = 840.dp
private val LIST = 360.dp
private val COMPOSER = 152.dp
private const val TOLD_MS = 6_000L
private const val TOLD_LINES = 6
private const val UNDONE_MS = 10_000L

@Composable
fun BatonApp(app: AppModel, platform: Platform, font: FontFamily = FontFamily.Default) {
    val state by app.state.collectAsState()
    var own by remember { mutableStateOf(platform.remembered) }
    val language = own.language ?: platform.language
    val words = remember(language) { Words(language, platform.zone) }
    val change = { now: Remembered ->
        platform.remembered = platform.remembered.copy(language = now.language, shade = now.shade)
        own = platform.remembered
    }
    BatonTheme(words, own.shade, font) {
        KeepsSheets {
            BoxWithConstraints(Modifier.fillMaxSize().background(Look.colours.surface).safeDrawingPadding()) {
                val session = state.session
                when {
                    session != null -> Inside(app, state, session, maxWidth >= TWO_PANES, own, change, platform)
                    state.isStarting -> Box(Modifier.fillMaxSize())
                    else -> SignInScreen(state.signIn, SignInActs(app))
                }
            }
        }
    }
}

@Composable
private fun Inside(
    app: AppModel,
    state: AppState,
    session: Session,
    isWide: Boolean,
    own: Remembered,
    change: (Remembered) -> Unit,
    platform: Platform,
) {
    val place = state.places.lastOrNull()
    Column(Modifier.fillMaxSize()) {
        OffersAbove(app, session)
        Box(Modifier.weight(1f).fillMaxWidth()) { Panes(app, state, session, place, isWide, own, change, platform) }
    }
}

/** Offers that can be answered now: without a network they may be over. */
@Composable
private fun OffersAbove(app: AppModel, session: Session) {
    val offers by session.offers.state.collectAsState()
    val stand by session.desk.stand.collectAsState()
    if (offers.isEmpty() || stand.standing != Standing.Live) return
    val acts = remember(session) {
        OfferActs(
            accept = {
                session.offers.accept(it)
                app.open(Place.Talk(it.conversation, it.title))
            },
            decline = { session.offers.decline(it) },
        )
    }
    Offers(offers, acts)
}

@Composable
private fun Panes(
    app: AppModel,
    state: AppState,
    session: Session,
    place: Place?,
    isWide: Boolean,
    own: Remembered,
    change: (Remembered) -> Unit,
    platform: Platform,
) {
    Box(Modifier.fillMaxSize()) {
        if (isWide) {
            Row(Modifier.fillMaxSize()) {
                Box(Modifier.width(LIST).fillMaxHeight()) {
                    // What is found stays in sight while one of it is read.
                    if (Place.Search in state.places) SearchPane(app, session) else InboxPane(app, state, session)
                }
                Box(Modifier.width(1.dp).fillMaxHeight().background(Look.colours.line))
                Box(Modifier.weight(1f).fillMaxHeight()) {
                    if (place == null || place == Place.Search) {
                        Nothing(Look.words(Word.ChooseOne), drawing = Drawing.Inbox)
                    } else {
                        PlacePane(app, state, session, place, false, own, change, platform)
                    }
                    ToastAt(session, place, Modifier.align(Alignment.BottomCenter))
                }
            }
        } else {
            if (place == null) {
                InboxPane(app, state, session)
            } else {
                PlacePane(app, state, session, place, true, own, change, platform)
            }
            ToastAt(session, place, Modifier.align(Alignment.BottomCenter))
        }
    }
}

@Composable
private fun InboxPane(app: AppModel, state: AppState, session: Session) {
    val inbox by session.inbox.state.collectAsState()
    val badge by session.desk.badge.collectAsState()
    val names by session.desk.names.collectAsState()
    val stand by session.desk.stand.collectAsState()
    val notices by session.notices.state.collectAsState()
    val saved by session.desk.saved.collectAsState()
    val acts = remember(session) { inboxActs(app, session) }
    val chosen = (state.places.lastOrNull() as? Place.Talk)?.id
    InboxScreen(inbox, tabsOf(badge, names.allTeams, saved), stand, acts, chosen = chosen, concerning = notices.unread)
}

private fun inboxActs(app: AppModel, session: Session) = InboxActs(
    choose = session.inbox::choose,
    open = { app.open(Place.Talk(it.id, it.title)) },
    more = { session.inbox.more() },
    retry = session.inbox::retry,
    search = { app.open(Place.Search) },
    begin = { app.open(Place.Begin) },
    settings = { app.open(Place.Settings) },
    review = { app.open(Place.Review) },
    takeNext = { session.inbox.takeNext { app.open(Place.Talk(it)) } },
    notices = { app.open(Place.Notices) },
)

@Composable
private fun PlacePane(
    app: AppModel,
    state: AppState,
    session: Session,
    place: Place,
    hasBack: Boolean,
    own: Remembered,
    change: (Remembered) -> Unit,
    platform: Platform,
) {
    when (place) {
        is Place.Talk -> TalkPane(app, state, session, hasBack)
        Place.Review -> {
            val review by session.review.state.collectAsState()
            val acts = ReviewActs.of(session.review, app::back) { app.open(Place.Talk(it)) }
            ReviewScreen(review, acts)
        }
        Place.Settings -> SettingsPane(app, session, own, change, platform)
        Place.Begin -> {
            val names by session.desk.names.collectAsState()
            BeginScreen(state.begin, names.allChannels, app::back, app::begins, app::begin)
        }
        Place.Search -> SearchPane(app, session)
        Place.Notices -> {
            val notices by session.notices.state.collectAsState()
            NoticesScreen(notices, noticesActs(app, session))
        }
    }
}

private fun noticesActs(app: AppModel, session: Session) = NoticesActs(
    back = { app.leave(Place.Notices) },
    open = {
        session.notices.read(it)
        app.open(Place.Talk(it.conversation, it.title))
    },
    readAll = { session.notices.readAll() },
    more = session.notices::more,
    retry = session.notices::retry,
)

@Composable
private fun TalkPane(app: AppModel, state: AppState, session: Session, hasBack: Boolean) {
    val talk = state.talk ?: return
    val now by talk.state.collectAsState()
    val stand by session.desk.stand.collectAsState()
    val acts = remember(talk) {
        TalkActs.of(talk, app::back, { app.open(Place.Review) }) { app.open(Place.Talk(it.id, it.title)) }
    }
    BeginsSheet(now.sheet)
    TalkScreen(now, stand, acts, hasBack = hasBack)
    val forward = now.sheet as? Sheet.Forward ?: return
    val names by session.desk.names.collectAsState()
    val rows = remember { mutableStateOf(emptyList<app.baton.app.model.RowState>()) }
    LaunchedEffect(talk) {
        session.desk.baton.inbox(InboxView.All).collect { list ->
            rows.value = list.rows.filter { it.id != talk.id }.map { rowOf(it, names, now.now) }
        }
    }
    ForwardSheet(rows.value, forward.line, acts, isWide = !hasBack)
}

@Composable
private fun SettingsPane(
    app: AppModel,
    session: Session,
    own: Remembered,
    change: (Remembered) -> Unit,
    platform: Platform,
) {
    val names by session.desk.names.collectAsState()
    val stand by session.desk.stand.collectAsState()
    val pushes by session.desk.pushes.collectAsState()
    val kept by session.own.state.collectAsState()
    LaunchedEffect(session) { session.own.load() }
    val state = SettingsState(
        name = names.self?.name ?: own.email, id = names.me, server = own.server,
        availability = names.self?.availability, standing = stand.standing, pushes = pushes,
        isPushed = platform.isPushed, waiting = stand.waiting + stand.needsReview,
        language = own.language ?: platform.language, shade = own.shade, own = kept, teams = names.allTeams,
    )
    val acts = SettingsActs(
        back = app::back,
        availability = { session.desk.setAvailability(it) },
        askForPushes = { session.desk.askForPushes() },
        language = { change(own.copy(language = it)) },
        shade = { change(own.copy(shade = it)) },
        signOut = app::signOut,
        own = OwnActs(
            session.own::load, { session.own.endDevice(it) }, session.own::setLevel, session.own::setTeam,
            session.own::setEachDevice, { session.own.setQuiet(it) }, { from, until -> session.own.setQuiet(from, until) },
        ),
    )
    SettingsScreen(state, acts)
}

/** What is on this device, offline too; behind it what the server finds. */
@Composable
private fun SearchPane(app: AppModel, session: Session) {
    val words = Look.words
    val inbox by session.inbox.state.collectAsState()
    val query by session.inbox.query.collectAsState()
    val leaves = {
        session.search.forgets()
        session.inbox.choose(InboxView.Mine)
        app.leave(Place.Search)
    }
    Column(Modifier.fillMaxSize().background(Look.colours.surface)) {
        Bar(Modifier.padding(end = 12.dp)) {
            IconAct(Drawing.Left, words(Word.Back), onClick = leaves)
            Box(Modifier.weight(1f).padding(vertical = 4.dp)) {
                val finds = { text: String ->
                    session.search.forgets()
                    session.inbox.find(text)
                }
                Field(words(Word.Search), query, finds, hint = words(Word.Search), isLabelled = false)
            }
        }
        Hairline()
        if (query.isBlank()) {
            Nothing(words(Word.SearchTips), drawing = Drawing.Search)
        } else {
            val everywhere by session.search.state.collectAsState()
            val found = if (inbox.view is InboxView.Search) inbox else inbox.copy(list = ListState.Loading)
            val acts = FoundActs(
                open = { id, title, at -> app.open(Place.Talk(id, title, at)) },
                more = { session.inbox.more() },
                retry = session.inbox::retry,
                everything = { session.search.ask(query) },
                further = session.search::more,
            )
            FoundList(query, found, everywhere, acts)
        }
    }
}

/**
 * What was done or went wrong, for some seconds; with a way back where there is one. Whoever writes
 * goes on: it never covers the button that sends.
 */
@Composable
private fun ToastAt(session: Session, place: Place?, modifier: Modifier) {
    var toast by remember { mutableStateOf<Toast?>(null) }
    LaunchedEffect(session) { session.desk.toasts.collect { toast = it } }
    val shown = toast ?: return
    LaunchedEffect(shown) {
        delay(if (shown.undo == null) TOLD_MS else UNDONE_MS)
        toast = null
    }
    val colours = Look.colours
    val below = when (place) {
        is Place.Talk -> COMPOSER
        null -> TAKES - 12.dp
        else -> 0.dp
    }
    Row(
        modifier.padding(16.dp).padding(bottom = below).widthIn(max = 520.dp).fillMaxWidth().clip(RoundedCornerShape(Dims.rMd))
            .background(colours.inverse).heightIn(min = 48.dp).padding(start = 16.dp),
        Arrangement.spacedBy(8.dp), Alignment.CenterVertically,
    ) {
        Says(shown.text.say(Look.words), Modifier.weight(1f).padding(vertical = 12.dp), Look.type.small, colours.onInverse, TOLD_LINES)
        val undo = shown.undo
        if (undo != null) {
            Act(Look.words(Word.Undo), Weight.INVERSE) {
                toast = null
                undo()
            }
        } else {
            IconAct(Drawing.X, Look.words(Word.Close), colour = colours.onInverse) { toast = null }
        }
    }
}
