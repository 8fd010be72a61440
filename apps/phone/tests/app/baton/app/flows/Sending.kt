// Flows of all that is more than a text: files, pictures, templates, first messages, forwards; and
// of finding and paging back.

package app.baton.app.flows

import app.baton.app.model.Entry
import app.baton.app.model.ListState
import app.baton.app.model.Place
import app.baton.app.model.Sheet
import app.baton.app.model.asksBefore
import app.baton.app.model.hindrance
import app.baton.app.words.Word
import app.baton.core.FileSource
import app.baton.core.Line
import app.baton.core.LineFile
import app.baton.core.MediaKind
import app.baton.core.OlderLines
import app.baton.core.OutgoingFile
import app.baton.suite.Said
import app.baton.suite.World
import app.baton.suite.at
import app.baton.suite.ensure
import app.baton.suite.freshNumber
import java.awt.image.BufferedImage
import java.io.ByteArrayOutputStream
import java.nio.file.Files
import java.util.Base64
import javax.imageio.ImageIO

private const val DAY_S = 86_400

val sending = listOf(
    Flow("4,096 emoji, and one more") {
        val number = freshNumber()
        val said = world.customer(number, "How do you feel?")
        val ana = hand("ana").live().opens(said)
        val text = "😀🎉🙏🐢".repeat(1_024)
        ana.writes(text)
        becomes("they reached the customer, all of them", listOf(text)) { world.reached(number) }
        becomes("they are a line", text) { ana.texts().last() }
        ana.writes("$text😀")
        until("one more is not taken") { ana.told.isNotEmpty() }
        becomes("it stays in the field", "$text😀") { ana.composing.text }
        ensure(world.reached(number) == listOf(text)) { "it left" }
    },
    Flow("a file with its words, seen and opened by a colleague") {
        val number = freshNumber()
        val said = world.customer(number, "Send me a picture")
        val ana = hand("ana").live().opens(said)
        val ben = hand("ben").live().opens(said)
        val picture = picture()
        ana.platform.picked = OutgoingFile(FileSource.Bytes(picture), MediaKind.IMAGE, "image/jpeg", "green.jpg")
        ana.talk.type("Like this?")
        ana.talk.attach()
        becomes("it reached the customer", listOf("image")) { world.kindsReached(number) }
        until("the field is empty") { ana.composing.text.isEmpty() }
        val line = ben.stored("Like this?")
        ben.talk.picture(line)
        until("Ben sees it small") { line.id in ben.now.pictures }
        ben.talk.openFile(line, "green.jpg", "image/jpeg")
        until("Ben opens it") { ben.platform.opened.isNotEmpty() }
        ensure(ben.platform.opened.single().second.contentEquals(picture)) { "it is another file" }
    },
    Flow("a file whose way is cut and whose app is closed half way") {
        val number = freshNumber()
        val said = world.customer(number, "The contract, please")
        val ana = hand("ana").live().opens(said)
        val path = Files.createTempFile("contract", ".pdf")
        Files.write(path, ByteArray(3_000_000) { (it * 7 + it / 251).toByte() })
        world.cut(ana.way, "slow")
        ana.platform.picked = OutgoingFile(FileSource.Path("$path"), MediaKind.DOCUMENT, "application/pdf", "contract.pdf")
        ana.talk.attach()
        until("some of it is at the server") { (ana.waiting.firstOrNull()?.file?.sent ?: 0uL) > 0uL }
        // What was picked is no longer needed.
        Files.delete(path)
        world.cut(ana.way, "refuse")
        val later = again(ana, "ana").signsIn()
        until("it still waits") { later.waiting.firstOrNull()?.file != null }
        world.cut(ana.way, "pass")
        later.live()
        becomes("it came whole, once", listOf("document 3000000 true contract.pdf")) { world.files(number) }
        later.settled()
    },
    Flow("a customer's picture") {
        val number = freshNumber()
        val said = world.customer(number, "Look at this")
        val ana = hand("ana").live().opens(said)
        val picture = picture()
        world.sends(
            number, "kind" to "media", "type" to "image", "caption" to "Broken here",
            "base64" to Base64.getEncoder().encodeToString(picture),
        )
        val line = ana.stored("Broken here")
        ana.talk.picture(line)
        until("it is seen small") { line.id in ana.now.pictures }
        ana.offline()
        ana.talk.picture(line)
        ensure(line.id in ana.now.pictures) { "it is gone without a network" }
    },
    Flow("a customer changes and takes back what they wrote") {
        val number = freshNumber()
        val said = world.customer(number, "When do you come?")
        val ana = hand("ana").live().opens(said)
        val wamids = listOf("At six", "Or nothing").map { text ->
            world.sends(number, "kind" to "text", "body" to text).at<String>("wamid").also { ana.line(text) }
        }
        world.sends(number, "kind" to "edit", "wamid" to wamids[0], "text" to "At seven")
        until("the new words are there") { ana.texts().any { it == "At seven" } }
        world.sends(number, "kind" to "revoke", "wamid" to wamids[1])
        until("what was taken back is gone") { ana.lineOf("Or nothing") == null }
    },
    Flow("the window is closed, and a template opens it") {
        val number = freshNumber()
        val said = world.customer(number, "See you", agoS = 2 * DAY_S)
        val ana = hand("ana").live().opens(said)
        becomes("only templates may leave", Word.TemplatesOnly) { ana.now.hindrance() }
        ana.template("order_update", "en", "Lucía", "4711")
        becomes("it reached the customer", listOf("template")) { world.kindsReached(number) }
        until("it is a line with its words") {
            ana.texts().any { it == "Hello Lucía, your order 4711 is ready." }
        }
        world.customer(number, "Great")
        becomes("the window is open", null) { ana.now.hindrance() }
    },
    Flow("a template with names in its places") {
        val number = freshNumber()
        val said = world.customer(number, "Monday?")
        val ana = hand("ana").live().opens(said)
        ana.template("appointment", "en", "Lucía", "Monday")
        becomes("it reached the customer", listOf("template")) { world.kindsReached(number) }
        until("it is a line with its words") { ana.texts().any { it == "Lucía, see you on Monday." } }
    },
    Flow("a first message to somebody new") {
        val number = freshNumber()
        val ana = hand("ana").live()
        until("there is a number to write from") { ana.session.desk.names.value.allChannels.isNotEmpty() }
        ana.app.open(Place.Begin)
        ana.app.begins { it.copy(phone = "600 12") }
        ana.app.begin()
        until("it wants the country's code") { ana.app.state.value.begin.problem != null }
        ana.app.begins { it.copy(phone = "+$number") }
        ana.app.begin()
        until("the conversation is open") { ana.app.state.value.talk != null && ana.now.header != null }
        becomes("a template is first", Word.TemplatesFirst) { ana.now.hindrance() }
        ana.template("hello_world", "en_US")
        becomes("it reached the customer", listOf("template")) { world.kindsReached(number) }
        world.customer(number, "Who are you?")
        becomes("replies may leave", null) { ana.now.hindrance() }
    },
    Flow("forwarded to another customer") {
        val number = freshNumber()
        val from = world.customer(freshNumber(), "1 High Street")
        val to = world.customer(number, "Where are they?")
        val ana = hand("ana").live()
        ana.row(to)
        ana.opens(from)
        ana.talk.forward(ana.line("1 High Street"), to.conversation)
        becomes("it reached the other", listOf("1 High Street")) { world.reached(number) }
        becomes("its old place says so", 1u) { ana.lineOf("1 High Street")?.forwarded }
    },
    Flow("found without a network") {
        val word = "kingfisher${System.nanoTime()}"
        val said = world.customer(freshNumber(), "Have you seen the $word today?")
        val other = world.customer(freshNumber(), "Have you seen nothing?")
        val ana = hand("ana").live()
        ana.row(said)
        ana.row(other)
        ana.offline()
        ana.app.open(Place.Search)
        ana.session.inbox.find(word)
        until("it alone is found") { ana.rows.map { it.id } == listOf(said.conversation) }
        ensure(word in ana.rows.single().hit.orEmpty()) { "its words are ${ana.rows.single().hit}" }
        ana.session.inbox.find("zz$word")
        until("nothing is found") {
            (ana.session.inbox.state.value.list as? ListState.Loaded)?.rows?.isEmpty() == true
        }
    },
    Flow("paged back to the first line") {
        val number = freshNumber()
        world.customer(number, "line 1")
        repeat(LINES - 2) { world.sends(number, "kind" to "text", "body" to "line ${it + 2}") }
        val said = world.customer(number, "line $LINES")
        becomes("the server has all", LINES) { world.conversation(said.conversation).at<Long>("view", "head", "last_seq").toInt() }
        val ana = hand("ana").live().opens(newest(said))
        val whole = List(LINES) { "line ${it + 1}" }
        until("the first line is there") {
            if (ana.now.older != OlderLines.NOTHING) ana.talk.older().join()
            ana.texts().size == LINES
        }
        ensure(ana.texts().toSet() == whole.toSet()) { "the lines are ${ana.texts()}" }
        becomes("nothing is older", OlderLines.NOTHING) { ana.now.older }
    },
    Flow("found beyond what the device holds, opened there, and paged to the first line") {
        val number = freshNumber()
        val said = farBack(number)
        val ana = hand("ana").live().opens(said)
        becomes("the device holds the end of it", OlderLines.AT_SERVER) { ana.now.older }
        ana.app.open(Place.Talk(said.conversation, at = FAR.toULong() - 120u))
        becomes("the line is there", FAR.toULong() - 120u) { ana.now.target }
        ensure(ana.has(FAR.toULong() - 120u)) { "the lines are ${ana.texts()}" }
        until("nothing is older") {
            if (ana.now.older != OlderLines.NOTHING) ana.talk.older().join()
            ana.now.older == OlderLines.NOTHING
        }
        val whole = List(FAR) { "line ${it + 1}" } + listOf("Noted", "And now?")
        ensure(ana.texts().sortedBy { "$it" } == whole.sorted()) { "the lines are ${ana.texts()}" }
        world.customer(number, "Hello?")
        // A customer's clock has seconds alone: among lines of one it may stand before another.
        becomes("what is new is there as well", true to whole.size + 1) { ("Hello?" in ana.texts()) to ana.texts().size }
        ana.talk.newest()
        until("the end alone is shown") { ana.texts().size < FAR && "Hello?" in ana.texts() }
    },
    Flow("found in a conversation that the device does not hold") {
        val number = freshNumber()
        val said = farBack(number)
        world.colleague("ben", said.conversation, "resolve")
        val ana = hand("ana").live()
        ana.app.open(Place.Talk(said.conversation, at = 7u))
        becomes("the line is there", 7uL) { ana.now.target }
        ensure(ana.has(7u)) { "the lines are ${ana.texts()}" }
    },
    Flow("what was said before Baton") {
        val number = freshNumber()
        val said = world.customer(number, "hello")
        val before = List(5) { "before $it" }
        world.history(number, before)
        val ana = hand("ana").live().opens(said)
        eventually("the server has it") { ana.session.desk.baton.olderLines(said.conversation, 1u, 1u).past }
        ensure(ana.now.older == OlderLines.NOTHING) { "more is told of than the device knows" }
        ana.talk.asksBefore()
        becomes("there is more", OlderLines.AT_SERVER) { ana.now.older }
        until("it is there") {
            if (ana.now.older != OlderLines.NOTHING) ana.talk.older().join()
            ana.texts() == before + "hello"
        }
        becomes("nothing is older", OlderLines.NOTHING) { ana.now.older }
        ana.writes("Welcome back")
        until("what is sent stands at the end") { ana.texts() == before + listOf("hello", "Welcome back") }
    },
)

/** A conversation of many lines. Only the newest come to a device. */
private suspend fun Stage.farBack(number: String): Said {
    val first = world.customer(number, "line 1")
    repeat(FAR - 1) { world.sends(number, "kind" to "text", "body" to "line ${it + 2}") }
    becomes("the server has all", FAR) { world.conversation(first.conversation).at<Long>("view", "head", "last_seq").toInt() }
    // What was answered is no longer the open turn, which comes whole.
    world.colleague("ben", first.conversation, "reply", "text" to "Noted")
    return world.customer(number, "And now?")
}

private const val LINES = 130
private const val FAR = 260

private fun Hand.has(seq: ULong) = entries().any { it is Entry.Said && it.line.seq == seq }

/** A small picture, as a camera makes them. */
internal fun picture(): ByteArray {
    val image = BufferedImage(320, 240, BufferedImage.TYPE_INT_RGB)
    image.createGraphics().apply {
        color = java.awt.Color(0x2F, 0x8F, 0x4E)
        fillRect(20, 20, 200, 160)
        dispose()
    }
    return ByteArrayOutputStream().also { ImageIO.write(image, "jpeg", it) }.toByteArray()
}

/** The line with these words, once the server has its file. */
internal suspend fun Hand.stored(words: String): Line =
    eventually("the file of \"$words\" is there") { lineOf(words)?.takeIf { it.file is LineFile.Stored } }

/** Chooses a template, fills it in and sends it. */
private suspend fun Hand.template(name: String, language: String, vararg words: String) {
    val template = eventually("the template is offered") {
        val sheet = now.sheet as? Sheet.Templates
        // The server reads them beside everything else.
        if (sheet == null || sheet.all?.isEmpty() == true || sheet.failed != null) talk.templates()
        sheet?.all?.find { it.name == name && it.language == language }
    }
    talk.fill(template)
    words.forEachIndexed { at, word -> talk.fillWord(at, word) }
    talk.sendTemplate()
    ensure(now.sheet == null) { "the sheet is still there" }
}

/** A customer does something that is not a text. */
internal fun World.sends(number: String, vararg inbound: Pair<String, Any?>) = post(
    "/simulator",
    mapOf(
        "method" to "POST", "path" to "/control/messages",
        "body" to mapOf("from" to mapOf("wa_id" to number), "inbound" to mapOf(*inbound)),
    ),
)

/** What the notes of a conversation say that call somebody. */
internal suspend fun World.calls(who: String, conversation: String): List<String> =
    rest(who, "GET", "/notices").at<List<Any?>>("notices")
        .filter { it.at<String>("kind") == "mention" && it.at<String>("conversation", "head", "id") == conversation }
        .map { it.at("text") }
