// Draws every screen in every state to pictures, without a display.
//
//   ShotsKt DIRECTORY [WORD]      all, or those whose name holds the word

package app.baton.app

import androidx.compose.runtime.Composable
import androidx.compose.ui.ImageComposeScene
import androidx.compose.ui.text.font.FontFamily
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.text.platform.Font
import androidx.compose.ui.unit.Density
import app.baton.app.look.BatonTheme
import app.baton.app.look.Shade
import app.baton.app.model.AppModel
import app.baton.app.model.InboxState
import app.baton.app.model.ListState
import app.baton.app.model.Place
import app.baton.app.model.Sheet
import app.baton.app.model.SignInState
import app.baton.app.model.Stand
import app.baton.app.model.TalkState
import app.baton.app.model.Told
import app.baton.app.model.rowOf
import app.baton.app.model.tabsOf
import app.baton.app.screens.BeginScreen
import app.baton.app.screens.ForwardSheet
import app.baton.app.screens.InboxActs
import app.baton.app.screens.InboxScreen
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
    InboxScreen(state, tabsOf(badge, Sample.people.teams), stand, InboxActs())

@Composable
private fun Talk(state: TalkState, stand: Stand = Sample.live) = TalkScreen(state, stand, TalkActs())

private val nothing = SignInActs({}, {}, {}, {})

private fun settings(pushes: PushState?, standing: Standing = Standing.Live) = SettingsState(
    "Inés Rojas", Sample.ME, "https://desk.example", Availability.AVAILABLE, standing, pushes,
    true, 2, Language.ENGLISH, Shade.SYSTEM,
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

private val inboxes = listOf(
    Shot("inbox") { Inbox(Sample.inbox()) },
    Shot("inbox-offline") { Inbox(Sample.inbox(), Sample.offline) },
    Shot("inbox-loading") { Inbox(list(ListState.Loading)) },
    Shot("inbox-empty") { Inbox(list(ListState.Loaded(emptyList(), 0, false))) },
    Shot("inbox-failed") {
        val rows = Sample.rows.take(3).map { rowOf(it, Sample.names, NOW) }
        Inbox(list(ListState.Failed(Told.of(Word.Locked), rows)))
    },
    Shot("inbox-found") { Inbox(Sample.found) },
)

private val talks = listOf(
    Shot("talk") { Talk(Sample.writing) },
    Shot("talk-offline") { Talk(Sample.writing, Sample.offline) },
    Shot("talk-loading") { Talk(Sample.talk(emptyList()).copy(isLoading = true)) },
    Shot("talk-contended") { Talk(Sample.contended) },
    Shot("talk-note") { Talk(Sample.noting) },
    Shot("talk-kinds") { Talk(Sample.allKinds) },
    Shot("talk-closed") { Talk(Sample.closed) },
    Shot("talk-blocked") { Talk(Sample.blocked) },
    Shot("talk-queued") { Talk(Sample.queued) },
    Shot("talk-answering") { Talk(Sample.answering) },
    Shot("talk-gone") { Talk(Sample.talk(header = null).copy(isHidden = true)) },
    Shot("talk-arabic") { Talk(Sample.arabic) },
)

private fun covered(name: String, sheet: Sheet) =
    Shot("sheet-$name") { Talk(Sample.talk().copy(sheet = sheet)) }

private val sheets = listOf(
    covered("more", Sheet.More),
    covered("hand-over", Sheet.HandOver),
    covered("snooze", Sheet.Snooze),
    covered("contact", Sheet.Contact),
    covered("line", Sheet.OfLine(Sample.said)),
    covered("resend", Sheet.ResendAsk(Sample.said)),
    covered("templates", Sheet.Templates(listOf(Sample.template))),
    covered("fill", Sheet.Fill(Sample.template, listOf("Teresa", ""))),
    Shot("sheet-forward") {
        Talk(Sample.talk())
        ForwardSheet(Sample.rows.map { rowOf(it, Sample.names, NOW) }, Sample.said, TalkActs(), false)
    },
)

private val others = listOf(
    Shot("review") { ReviewScreen(Sample.reviews(Sample.held, Sample.tooLate, Sample.item(3, "On its way")), ReviewActs()) },
    Shot("review-none") { ReviewScreen(Sample.reviews(), ReviewActs()) },
    Shot("settings") { SettingsScreen(settings(PushState.On), SettingsActs()) },
    Shot("settings-silent") {
        SettingsScreen(settings(PushState.Off(PushOffReason.Permission), Standing.Offline), SettingsActs())
    },
    Shot("begin") { BeginScreen(Sample.begin, Sample.people.channels, {}, {}, {}) },
)

val shots: List<Shot> = signIns + inboxes + talks + sheets + others

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

/** Roboto as phones have it, where it is; else what the system has. */
val font: FontFamily by lazy {
    val place = File("/usr/share/fonts/truetype/roboto/unhinted/RobotoTTF")
    val weights = mapOf("Regular" to FontWeight.Normal, "Medium" to FontWeight.Medium, "Bold" to FontWeight.SemiBold)
    val files = weights.map { (name, weight) -> File(place, "Roboto-$name.ttf") to weight }
    if (files.all { it.first.exists() }) FontFamily(files.map { (file, weight) -> Font(file, weight) }) else FontFamily.Default
}

private const val PIXELS = 2f
private const val FRAME_NS = 16_000_000L
private const val FRAMES = 6

fun drawn(setting: Setting, pixels: Float = PIXELS, content: @Composable () -> Unit): ByteArray {
    val width = (setting.width * pixels).toInt()
    val height = (setting.height * pixels).toInt()
    val scene = ImageComposeScene(width, height, Density(pixels, setting.letters)) {
        val words = Words(setting.language, ZoneOffset.UTC)
        BatonTheme(words, setting.shade, font, content)
    }
    return scene.pictured { }
}

/** The picture after some frames, between which effects run. */
private fun ImageComposeScene.pictured(between: () -> Unit): ByteArray = try {
    for (frame in 0 until FRAMES) {
        render(frame * FRAME_NS)
        between()
    }
    checkNotNull(render(FRAMES * FRAME_NS).encodeToData(EncodedImageFormat.PNG)).bytes
} finally {
    close()
}

/** The whole app over a fake core, with the first conversation open. */
private fun whole(setting: Setting): ByteArray {
    val baton = FakeBaton()
    baton.setPeople(Sample.people)
    baton.setInbox(Sample.rows)
    baton.setBadge(badge)
    baton.setTimeline(Sample.rows[0].id, Sample.contended.lines)
    baton.setHeader(Sample.rows[0].id, Sample.contended.header)
    val platform = FakePlatform(baton)
    platform.remembered = platform.remembered.copy(language = setting.language, shade = setting.shade)
    val scope = CoroutineScope(Dispatchers.Unconfined)
    val app = AppModel(platform, scope)
    val size = (setting.width * PIXELS).toInt() to (setting.height * PIXELS).toInt()
    val scene = ImageComposeScene(size.first, size.second, Density(PIXELS, setting.letters)) {
        BatonApp(app, platform, font)
    }
    app.open(Place.Talk(Sample.rows[0].id, "Marta Gil"))
    // The core's lists come on another thread.
    return scene.pictured { Thread.sleep(FRAME_WAIT_MS) }.also { scope.cancel() }
}

private const val FRAME_WAIT_MS = 30L

fun main(arguments: Array<String>) {
    val place = File(arguments[0])
    val word = arguments.getOrElse(1) { "" }
    var count = 0
    fun write(name: String, bytes: () -> ByteArray) {
        if (word !in name) return
        val file = File(place, "$name.png")
        file.parentFile.mkdirs()
        // Effects that come later do so on this thread: nothing meets a picture being drawn.
        SwingUtilities.invokeAndWait { file.writeBytes(bytes()) }
        count++
    }
    for (setting in settings) {
        for (shot in shots) write("${shot.name}-${setting.name}") { drawn(setting, content = shot.draw) }
    }
    for (setting in tablets) write("app-${setting.name}") { whole(setting) }
    println("$count pictures in $place")
    exitProcess(0)
}
