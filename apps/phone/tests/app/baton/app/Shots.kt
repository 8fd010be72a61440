// Draws every screen in every state to pictures, without a display.
//
//   ShotsKt DIRECTORY [WORD]      all, or those whose name holds the word

package app.baton.app

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.rememberScrollState
import androidx.compose.foundation.verticalScroll
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.ImageComposeScene
import androidx.compose.ui.text.font.FontFamily
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.text.platform.Font
import androidx.compose.ui.unit.Density
import app.baton.app.look.BatonTheme
import app.baton.app.look.Look
import app.baton.app.look.Shade
import app.baton.app.model.AppModel
import app.baton.app.model.Everywhere
import app.baton.app.model.Holder
import app.baton.app.model.InboxState
import app.baton.app.model.ListState
import app.baton.app.model.OwnState
import app.baton.app.model.Place
import app.baton.app.model.Sheet
import app.baton.app.model.SignInState
import app.baton.app.model.SourcesState
import app.baton.app.model.Special
import app.baton.app.model.Stand
import app.baton.app.model.TalkState
import app.baton.app.model.Told
import app.baton.app.model.resolve
import app.baton.app.model.rowOf
import app.baton.app.model.tabsOf
import app.baton.app.screens.BeginScreen
import app.baton.app.screens.Devices
import app.baton.app.screens.ForwardSheet
import app.baton.app.screens.FoundActs
import app.baton.app.screens.FoundList
import app.baton.app.screens.InboxActs
import app.baton.app.screens.InboxScreen
import app.baton.app.screens.Levels
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
import app.baton.app.screens.TalkActs
import app.baton.app.screens.TalkScreen
import app.baton.app.words.Language
import app.baton.app.words.Word
import app.baton.app.words.Words
import app.baton.core.Availability
import app.baton.core.Badge
import app.baton.core.InboxView
import app.baton.core.PushOffReason
import app.baton.core.PushState
import app.baton.core.Standing
import app.baton.testing.FakeBaton
import java.io.File
import java.time.ZoneOffset
import javax.swing.SwingUtilities
import kotlin.system.exitProcess
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancel
import org.jetbrains.skia.EncodedImageFormat

/** A screen in a state, by name. */
class Shot(val name: String, val draw: @Composable () -> Unit)

private val badge = Badge(4u, 6u, 3u, 1u)

@Composable
private fun Inbox(state: InboxState, stand: Stand = Sample.live) =
    InboxScreen(state, tabsOf(badge, Sample.people.teams, Sample.savedViews), stand, InboxActs(), concerning = 2)

@Composable
private fun Found(state: InboxState, everywhere: Everywhere) = FoundList("azul", state, everywhere, FoundActs())

/** A part of a screen that lies below what a picture shows. */
@Composable
private fun Part(content: @Composable () -> Unit) =
    Column(Modifier.fillMaxSize().background(Look.colours.surface).verticalScroll(rememberScrollState())) { content() }

@Composable
private fun Talk(state: TalkState, stand: Stand = Sample.live) = TalkScreen(state, stand, TalkActs())

private val nothing = SignInActs({}, {}, {}, {})

private fun settings(pushes: PushState?, standing: Standing = Standing.Live) = SettingsState(
    "Inés Rojas", Sample.ME, "https://desk.example", Availability.AVAILABLE, standing, pushes,
    true, 2, Language.ENGLISH, Shade.SYSTEM, Sample.own, Sample.people.teams,
)

private fun list(list: ListState, view: InboxView = InboxView.Mine) = InboxState(view, list, NOW)

private val signIns = listOf(
    Shot("sign-in") { SignInScreen(SignInState(), nothing) },
    Shot("sign-in-wrong") {
        val said = SignInState("https://desk.example", "demo", "ines@example.com")
        SignInScreen(said.copy(problem = Told.of(Word.SignInWrong)), nothing)
    },
    Shot("sign-in-away") {
        val said = SignInState("https://desk.example", "demo", "ines@example.com")
        SignInScreen(said.copy(problem = Told.of(Word.ServerAway)), nothing)
    },
)

private fun asked(problem: Told? = null, invitation: String? = null) =
    Shot(if (invitation == null) "sign-in-key-lost" else "sign-in-invited") {
        SignInScreen(SignInState("https://desk.example", problem = problem, invitation = invitation), nothing)
    }

private val strange = listOf(
    asked(problem = Told.KeyLost),
    asked(invitation = "https://desk.example/join#secret"),
    Shot("sign-in-no-baton") {
        SignInScreen(SignInState("https://router.example", "demo", "ines@example.com", problem = Told.of(Word.NoBaton)), nothing)
    },
    Shot("inbox-update") { Inbox(Sample.inbox(), Sample.live.copy(standing = Standing.Incompatible)) },
    Shot("inbox-full") { Inbox(list(ListState.Failed(Told.StoreFull, Sample.rows.take(2).map { rowOf(it, Sample.names, NOW) }))) },
    Shot("inbox-strange") { Inbox(Sample.inbox(Strange.rows)) },
    Shot("talk-long-name") { Talk(Strange.longNamed) },
    Shot("talk-no-name") { Talk(Strange.nameless) },
    Shot("talk-emoji") { Talk(Strange.emoji) },
    Shot("sheet-hand-over-strange") { Talk(Strange.longNamed.copy(sheet = Sheet.HandOver)) },
    Shot("sheet-naming-strange") { Talk(Strange.longNamed.copy(sheet = Sheet.Naming(Strange.LONG))) },
    Shot("review-strange") { ReviewScreen(Strange.review, ReviewActs()) },
)

private val inboxes = listOf(
    Shot("inbox") { Inbox(Sample.inbox()) },
    Shot("inbox-offline") { Inbox(Sample.inbox(), Sample.offline) },
    Shot("inbox-loading") { Inbox(list(ListState.Loading)) },
    Shot("inbox-empty") { Inbox(list(ListState.Loaded(emptyList(), 0, false))) },
    Shot("inbox-failed") {
        val rows = Sample.rows.take(3).map { rowOf(it, Sample.names, NOW) }
        Inbox(list(ListState.Failed(Told.of(Word.Locked), rows)))
    },
    Shot("inbox-late") { Inbox(Sample.inbox(listOf(Sample.rows[5], Sample.rows[1]), InboxView.All).copy(special = Special.Late)) },
    Shot("inbox-ranked") { Inbox(Sample.inbox(Sample.ranked)) },
    Shot("inbox-offered") {
        Column {
            Offers(Sample.offers, OfferActs())
            Inbox(Sample.inbox())
        }
    },
    Shot("inbox-late-none") { Inbox(Sample.inbox(emptyList(), InboxView.All).copy(special = Special.Late)) },
    Shot("inbox-found") { Found(Sample.found, Everywhere.NotAsked) },
    Shot("inbox-found-none") { Found(Sample.inbox(emptyList(), InboxView.Search("azul")), Everywhere.NotAsked) },
    Shot("inbox-found-asking") { Found(Sample.found, Everywhere.Asking) },
    Shot("inbox-found-everywhere") { Found(Sample.inbox(emptyList(), InboxView.Search("azul")), Sample.everywhere) },
    Shot("inbox-found-nowhere") { Found(Sample.found, Everywhere.Found(emptyList(), emptyList(), null)) },
    Shot("inbox-found-away") { Found(Sample.found, Everywhere.Failed(Told.of(Word.ServerAway))) },
)

private val talks = listOf(
    Shot("talk") { Talk(Sample.writing) },
    Shot("talk-offline") { Talk(Sample.writing, Sample.offline) },
    Shot("talk-loading") { Talk(Sample.talk(emptyList()).copy(isLoading = true)) },
    Shot("talk-contended") { Talk(Sample.contended) },
    Shot("talk-note") { Talk(Sample.noting) },
    Shot("talk-coached") { Talk(Sample.coached) },
    Shot("talk-kinds") { Talk(Sample.allKinds) },
    Shot("talk-closed") { Talk(Sample.closed) },
    Shot("talk-blocked") { Talk(Sample.blocked) },
    Shot("talk-queued") { Talk(Sample.queued) },
    Shot("talk-answering") { Talk(Sample.answering) },
    Shot("talk-gone") { Talk(Sample.talk(header = null).copy(isHidden = true)) },
    Shot("talk-tagged") { Talk(Sample.tagged) },
    Shot("talk-slash") { Talk(Sample.slashed) },
    Shot("talk-blank") { Talk(Sample.blank) },
    Shot("talk-leaving") { Talk(Sample.undoable) },
    Shot("talk-left") { Talk(Sample.left) },
    Shot("talk-arabic") { Talk(Sample.arabic) },
    Shot("talk-instead") { Talk(Sample.instead) },
    Shot("talk-found") { Talk(Sample.foundThere) },
    Shot("talk-seeking") { Talk(Sample.talk().copy(seeking = 2u)) },
    Shot("talk-called") { Talk(Sample.called) },
    Shot("talk-before") { Talk(Sample.beforeBaton) },
)

private fun covered(name: String, sheet: Sheet) =
    Shot("sheet-$name") { Talk(Sample.talk().copy(sheet = sheet)) }

private val sheets = listOf(
    covered("more", Sheet.More),
    covered("hand-over", Sheet.HandOver),
    covered("snooze", Sheet.Snooze()),
    covered("snooze-days", Sheet.Snooze(isPicking = true)),
    covered("remind", Sheet.Remind()),
    covered("remind-days", Sheet.Remind(isPicking = true)),
    Shot("sheet-remind-standing") { Talk(Sample.called.copy(sheet = Sheet.Remind())) },
    covered("priority", Sheet.Priority),
    Shot("sheet-contact") { Talk(Sample.card(SourcesState.Asked(emptyList()))) },
    Shot("sheet-contact-asking") { Talk(Sample.card(SourcesState.Asking)) },
    Shot("sheet-contact-sources") { Talk(Sample.card(SourcesState.Asked(Sample.sources))) },
    Shot("sheet-contact-away") { Talk(Sample.card(SourcesState.Away(Told.of(Word.ServerAway)))) },
    covered("files", Sheet.Files(Sample.files, "older")),
    covered("files-asking", Sheet.Files(isAsking = true)),
    covered("files-none", Sheet.Files()),
    covered("files-failed", Sheet.Files(Sample.files.take(1), "older", failed = Told.of(Word.ServerAway))),
    covered("naming", Sheet.Naming("Marta Gil")),
    covered("line", Sheet.OfLine(Sample.said)),
    covered("line-failed", Sheet.OfLine(Sample.unsent)),
    covered("resend", Sheet.ResendAsk(Sample.said)),
    covered("templates", Sheet.Templates(listOf(Sample.template))),
    covered("templates-none", Sheet.Templates(emptyList())),
    covered("templates-asking", Sheet.Templates(null)),
    covered("templates-away", Sheet.Templates(null, Told.of(Word.ServerAway))),
    covered("fill", Sheet.Fill(Sample.template, listOf("Teresa", ""))),
    covered("replies", Sheet.Replies("", Sample.offered)),
    covered("replies-none", Sheet.Replies("zzz", emptyList())),
    Shot("sheet-tags") { Talk(Sample.tagged.copy(sheet = Sheet.Tags)) },
    covered("tags-none", Sheet.Tags),
    covered("how-it-ends", Sheet.HowItEnds(Sample.outcomes)),
    Shot("sheet-forward") {
        Talk(Sample.talk())
        ForwardSheet(Sample.rows.map { rowOf(it, Sample.names, NOW) }, Sample.said, TalkActs(), false)
    },
)

private val others = listOf(
    Shot("review") { ReviewScreen(Sample.reviews(Sample.held, Sample.tooLate, Sample.item(3, "On its way")), ReviewActs()) },
    Shot("review-too-many") { ReviewScreen(Sample.reviews(Sample.tooMany), ReviewActs()) },
    Shot("review-none") { ReviewScreen(Sample.reviews(), ReviewActs()) },
    Shot("notices") { NoticesScreen(Sample.notices, NoticesActs()) },
    Shot("notices-none") {
        NoticesScreen(Sample.notices.copy(notices = emptyList(), unread = 0), NoticesActs())
    },
    Shot("notices-loading") {
        NoticesScreen(Sample.notices.copy(notices = emptyList(), isLoading = true), NoticesActs())
    },
    Shot("notices-failed") {
        NoticesScreen(Sample.notices.copy(failed = Told.of(Word.ServerAway)), NoticesActs())
    },
    Shot("settings") { SettingsScreen(settings(PushState.On), SettingsActs()) },
    Shot("settings-silent") {
        SettingsScreen(settings(PushState.Off(PushOffReason.Permission), Standing.Offline), SettingsActs())
    },
    Shot("settings-levels") { Part { Levels(Sample.own, Sample.people.teams, OwnActs()) } },
    Shot("settings-devices") { Part { Devices(Sample.own, OwnActs()) } },
    Shot("settings-devices-loading") { Part { Devices(OwnState(), OwnActs()) } },
    Shot("settings-devices-failed") { Part { Devices(OwnState(failed = Told.of(Word.ServerAway)), OwnActs()) } },
    Shot("begin") { BeginScreen(Sample.begin, Sample.people.channels, {}, {}, {}) },
)

val shots: List<Shot> = signIns + inboxes + talks + sheets + others + strange

/** How a screen is looked at: its size, its shade, its language, its letters. */
class Setting(
    val name: String,
    val width: Int,
    val height: Int,
    val shade: Shade = Shade.LIGHT,
    val language: Language = Language.ENGLISH,
    val letters: Float = 1f,
)

val settings = listOf(
    Setting("small-light", 360, 640),
    Setting("phone-light", 411, 891),
    Setting("phone-dark", 411, 891, Shade.DARK),
    Setting("phone-arabic", 411, 891, language = Language.ARABIC),
    Setting("small-200", 360, 640, letters = 2f),
)

private val tablets = listOf(
    Setting("tablet-light", 1180, 820),
    Setting("tablet-dark", 1180, 820, Shade.DARK),
    Setting("tablet-arabic", 1180, 820, language = Language.ARABIC),
)

/** Letters as a phone has them, wherever it is drawn: of fonts/README.md. */
val font: FontFamily by lazy {
    val weights = mapOf("Regular" to FontWeight.Normal, "Medium" to FontWeight.Medium, "Bold" to FontWeight.SemiBold)
    FontFamily(weights.map { (name, weight) -> Font(File("apps/phone/tests/fonts/Roboto-$name.ttf"), weight) })
}

private const val PIXELS = 2f
private const val FRAME_NS = 16_000_000L
private const val FRAMES = 6

/** A picture by its name, which is drawn when it is asked for. */
class Picture(val name: String, val draw: () -> ByteArray)

/** Every screen in every state and setting, and on tablets what stands side by side. */
fun pictures(pixels: Float): List<Picture> = settings.flatMap { setting ->
    shots.map { shot -> Picture("${shot.name}-${setting.name}") { drawn(setting, pixels, shot.draw) } }
} + (tablets + settings[1]).flatMap { setting ->
    wholes.filter { it.isOfPhone || setting in tablets }
        .map { Picture("app-${it.name}-${setting.name}") { whole(setting, pixels, it) } }
}

fun drawn(setting: Setting, pixels: Float = PIXELS, content: @Composable () -> Unit): ByteArray {
    val width = (setting.width * pixels).toInt()
    val height = (setting.height * pixels).toInt()
    val scene = ImageComposeScene(width, height, Density(pixels, setting.letters)) {
        val words = Words(setting.language, ZoneOffset.UTC)
        BatonTheme(words, setting.shade, font, content)
    }
    return scene.pictured()
}

/** The picture after some frames, between which effects run. */
private fun ImageComposeScene.pictured(): ByteArray = try {
    for (frame in 0 until FRAMES) render(frame * FRAME_NS)
    checkNotNull(render(FRAMES * FRAME_NS).encodeToData(EncodedImageFormat.PNG)).bytes
} finally {
    close()
}

/** The whole app over a fake core, and what is open in it. */
class Whole(val name: String, val isOfPhone: Boolean = false, val begin: FakeBaton.() -> Unit = {}, val open: AppModel.() -> Unit)

private val marta = Place.Talk(Sample.rows[0].id, "Marta Gil")

private val wholes = listOf(
    Whole("sign-in", begin = { setSignedIn(null) }) {},
    Whole("list") {},
    Whole("talk") { open(marta) },
    Whole("offline", begin = { setStanding(Standing.Offline) }) { open(marta) },
    Whole("sheet") {
        open(marta)
        state.value.talk?.cover(Sheet.HandOver)
    },
    Whole("undo", isOfPhone = true) {
        open(marta)
        state.value.talk?.resolve()
    },
    Whole("review", begin = { setOutbox(listOf(Sample.held, Sample.tooLate, Sample.item(3, "On its way"))) }) { open(Place.Review) },
    Whole("settings") { open(Place.Settings) },
    Whole("begin") { open(Place.Begin) },
    Whole("long-name-told", isOfPhone = true, begin = { setPeople(Strange.people) }) {
        open(marta)
        state.value.talk?.handOver(Holder.Colleague(Sample.BEN, Strange.LONG), "")
    },
    Whole("search", isOfPhone = true) { open(Place.Search) },
)

private fun whole(setting: Setting, pixels: Float, whole: Whole): ByteArray {
    val baton = FakeBaton()
    baton.setPeople(Sample.people)
    baton.setInbox(Sample.rows)
    baton.setBadge(badge)
    baton.setTimeline(marta.id, Sample.contended.lines)
    baton.setHeader(marta.id, Sample.contended.header)
    whole.begin(baton)
    val platform = FakePlatform(baton)
    platform.remembered = platform.remembered.copy(language = setting.language, shade = setting.shade)
    // Over a fake nothing waits: what is told is there at once.
    val scope = CoroutineScope(Dispatchers.Unconfined)
    val app = AppModel(platform, scope)
    val width = (setting.width * pixels).toInt()
    val height = (setting.height * pixels).toInt()
    val scene = ImageComposeScene(width, height, Density(pixels, setting.letters)) { BatonApp(app, platform, font) }
    scene.render(0)
    whole.open(app)
    return scene.pictured().also { scope.cancel() }
}

fun main(arguments: Array<String>) {
    val place = File(arguments[0])
    val word = arguments.getOrElse(1) { "" }
    val chosen = pictures(PIXELS).filter { word in it.name }
    for (picture in chosen) {
        val file = File(place, "${picture.name}.png")
        file.parentFile.mkdirs()
        // Effects that come later do so on this thread: nothing meets a picture being drawn.
        SwingUtilities.invokeAndWait { file.writeBytes(picture.draw()) }
    }
    println("${chosen.size} pictures in $place")
    exitProcess(0)
}
