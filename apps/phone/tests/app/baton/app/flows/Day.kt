// A whole day of one agent, drawn as they see it: what a notification says, an answer in a tunnel,
// what was missed, the hand-over, the way home. The pictures are of the real app over the real core.

package app.baton.app.flows

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.shape.CircleShape
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.foundation.layout.Box
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.ImageComposeScene
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.unit.Density
import androidx.compose.ui.unit.dp
import app.baton.app.BatonApp
import app.baton.app.font
import app.baton.app.look.BatonTheme
import app.baton.app.look.Drawing
import app.baton.app.look.Drawn
import app.baton.app.look.Look
import app.baton.app.look.Says
import app.baton.app.look.Shade
import app.baton.app.look.Theirs
import app.baton.app.model.Holder
import app.baton.app.model.Place
import app.baton.app.small
import app.baton.app.words.Language
import app.baton.app.words.Word
import app.baton.app.words.Words
import app.baton.core.Availability
import app.baton.core.PushMessage
import app.baton.core.PushNotification
import app.baton.core.PushRoad
import app.baton.core.PushState
import app.baton.core.PushTarget
import app.baton.core.PushVerdict
import app.baton.core.SeenLine
import app.baton.suite.Failed
import app.baton.suite.Said
import app.baton.suite.World
import app.baton.suite.at
import app.baton.suite.ensure
import app.baton.suite.freshNumber
import app.baton.suite.opId
import java.awt.Color
import java.awt.image.BufferedImage
import java.io.File
import java.time.ZoneId
import javax.imageio.ImageIO
import javax.swing.SwingUtilities
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.swing.Swing
import org.jetbrains.skia.EncodedImageFormat

private const val WIDTH = 360
private const val HEIGHT = 680
private const val GAP = 16
private const val COLUMNS = 3
private const val FRAME_NS = 16_000_000L

/** Where the strip goes; where somebody accepts it, into the tree. */
private val out = File("target/app/day")
private val kept = File("apps/phone/day.png")

val whole = listOf(
    Flow("a whole day, drawn") {
        val number = freshNumber()
        val said = world.named(number, "Marta Gil", "Hola! ¿Os queda la Sierra en talla M?")
        world.named(freshNumber(), "Teresa Vega", "Is my bike ready?")
        val others = listOf("Omar Haddad" to "The chain slips again", "Bakery Sol" to "Two trays for Saturday, please")
        for (other in others.map { (name, text) -> world.named(freshNumber(), name, text) } + said) {
            world.colleague("ana", other.conversation, "claim")
        }
        val ana = hand("ana").live()
        val core = ana.session.desk.baton
        val target = "fcm-${opId()}"
        core.registerPush(PushTarget(PushRoad.FCM_TOKEN, target, "app.baton.phone", "en"))
        until("pushes are on") { core.pushState() is PushState.On }
        val screen = Screen(ana)
        val strip = mutableListOf<BufferedImage>()
        // In a pocket.
        core.background(5.seconds)
        world.named(number, "Marta Gil", "¿Me la podéis guardar hasta mañana?")
        val sent = world.pushed("target" to target, "kind" to "message", "conversation" to said.conversation)
        val verdict = core.handlePush(PushMessage.Fcm(sent.at("data")), 8.seconds).verdict
        val shown = (verdict as? PushVerdict.Show)?.notification ?: throw Failed("the push gave $verdict")
        strip += drawn { Pocket(shown) }
        core.foreground()
        ana.live()
        until("the list has what came") { ana.rows.any { it.id == said.conversation && it.preview?.contains("mañana") == true } }
        strip += screen.picture()
        // A tunnel.
        ana.app.open(Place.Talk(said.conversation, "Marta Gil"))
        until("both lines are there") { ana.texts().size == 2 && ana.now.header != null }
        ana.offline()
        val text = "Claro, te la guardo en verde."
        ana.writes(text)
        ana.hasKept(text)
        until("it is on the screen") { text in ana.texts() }
        // That both lines were read waits as well, and is nothing to wait for.
        becomes("it is told that one waits", 1) { ana.session.desk.stand.value.waiting }
        strip += screen.picture()
        world.named(number, "Marta Gil", "Al final mejor en azul")
        ana.online()
        val item = ana.needsReview(text)
        ana.app.open(Place.Review)
        until("what was missed is there") { item.review?.missed?.size == 1 }
        strip += screen.picture()
        ana.session.review.edit(item.number, "Claro, te la guardo en azul.")
        ana.session.review.send(item)
        becomes("the changed one reached the customer, once", listOf("Claro, te la guardo en azul.")) { world.reached(number) }
        ana.settled()
        // The hand-over.
        ana.app.back()
        until("the conversation is there again") { "Claro, te la guardo en azul." in ana.texts() }
        val ben = eventually("Ben is a colleague") { ana.now.names.colleagues.find { it.name == "Ben" } }
        ana.talk.handOver(Holder.Colleague(ben.id, ben.name), "Azul, hasta mañana")
        becomes("Ben owns it", world.agent("ben")) { world.owner(said.conversation) }
        until("the screen says so") { !ana.now.isMine && "Azul, hasta mañana" in ana.texts() }
        strip += screen.picture()
        // Home.
        ana.session.desk.setAvailability(Availability.AWAY)
        ana.app.open(Place.Settings)
        until("she is away") { ana.session.desk.names.value.self?.availability == Availability.AWAY }
        strip += screen.picture()
        screen.close()
        ana.session.desk.setAvailability(Availability.AVAILABLE)
        until("she is back for the next") { ana.session.desk.names.value.self?.availability == Availability.AVAILABLE }
        ensure(world.reached(number).size == 1) { "it came more than once" }
        out.mkdirs()
        val bytes = small(side(strip))
        File(out, "day.png").writeBytes(bytes)
        if (System.getenv("BATON_ACCEPT") == "1") kept.writeBytes(bytes)
    },
)

/** A customer with a name of their own writes. */
private fun World.named(number: String, name: String, text: String): Said {
    val said = post("/customer", mapOf("wa_id" to number, "name" to name, "text" to text, "ago_s" to 0))
    return Said(said.at("conversation"), SeenLine(said.at<Long>("seq").toULong(), said.at("id")))
}

/** The app in this hand, drawn. All of it runs on one thread, so that nothing meets a picture. */
private class Screen(hand: Hand) {
    private var frame = 0L
    private lateinit var scene: ImageComposeScene

    init {
        hand.platform.remembered = hand.platform.remembered.copy(shade = Shade.LIGHT, language = Language.ENGLISH)
        onScreen { scene = sceneOf { BatonApp(hand.app, hand.platform, font) } }
        picture()
    }

    fun picture(): BufferedImage = onScreen { scene.pictured { frame++ } }

    fun close() = onScreen { scene.close() }
}

private fun sceneOf(content: @Composable () -> Unit) =
    ImageComposeScene(WIDTH, HEIGHT, Density(1f), Dispatchers.Swing, content)

private fun <T : Any> onScreen(work: () -> T): T {
    var made: T? = null
    SwingUtilities.invokeAndWait { made = work() }
    return checkNotNull(made)
}

/** After what waits on this thread: some frames, between which effects come. */
private fun ImageComposeScene.pictured(frame: () -> Long): BufferedImage {
    repeat(FRAMES) { render(frame() * FRAME_NS) }
    val bytes = checkNotNull(render(frame() * FRAME_NS).encodeToData(EncodedImageFormat.PNG)).bytes
    return ImageIO.read(bytes.inputStream())
}

private const val FRAMES = 20

private fun drawn(content: @Composable () -> Unit): BufferedImage = onScreen {
    var frame = 0L
    val scene = sceneOf {
        BatonTheme(Words(Language.ENGLISH, ZoneId.systemDefault()), Shade.LIGHT, font, content)
    }
    scene.pictured { frame++ }.also { scene.close() }
}

/** What a phone shows of a notification that nobody has opened: its lines, its buttons. */
@Composable
private fun Pocket(told: PushNotification) = Column(
    Modifier.fillMaxSize().background(Look.colours.inverse).padding(16.dp),
    Arrangement.spacedBy(16.dp), Alignment.CenterHorizontally,
) {
    val words = Look.words
    val colours = Look.colours
    val at = told.lines.lastOrNull()?.atMs ?: System.currentTimeMillis()
    Says(words.time(at), Modifier.padding(top = 56.dp, bottom = 24.dp), Look.type.big, colours.onInverse)
    Column(
        Modifier.fillMaxWidth().clip(RoundedCornerShape(20.dp)).background(colours.raised).padding(16.dp),
        Arrangement.spacedBy(8.dp),
    ) {
        Row(horizontalArrangement = Arrangement.spacedBy(8.dp), verticalAlignment = Alignment.CenterVertically) {
            Box(Modifier.size(20.dp).clip(CircleShape).background(colours.accent), Alignment.Center) {
                Drawn(Drawing.Swap, size = 13.dp, colour = colours.onAccent)
            }
            Says("Baton", style = Look.type.meta, colour = colours.ink3)
        }
        Theirs(told.title, style = Look.type.strong)
        if (told.lines.isEmpty()) Theirs(told.body, style = Look.type.small)
        for (line in told.lines) Theirs(line.text, style = Look.type.small)
        Row(Modifier.padding(top = 8.dp), Arrangement.spacedBy(24.dp)) {
            val style = Look.type.small
            Says(words(Word.Reply), style = style, colour = colours.accentInk)
            Says(words(Word.Resolve), style = style, colour = colours.accentInk)
        }
    }
}

/** Pictures in rows, in their order. */
private fun side(pictures: List<BufferedImage>): BufferedImage {
    val rows = (pictures.size + COLUMNS - 1) / COLUMNS
    val all = BufferedImage(COLUMNS * (WIDTH + GAP) - GAP, rows * (HEIGHT + GAP) - GAP, BufferedImage.TYPE_INT_RGB)
    val pen = all.createGraphics()
    pen.color = Color.WHITE
    pen.fillRect(0, 0, all.width, all.height)
    pictures.forEachIndexed { at, picture ->
        pen.drawImage(picture, at % COLUMNS * (WIDTH + GAP), at / COLUMNS * (HEIGHT + GAP), null)
    }
    pen.dispose()
    return all
}
