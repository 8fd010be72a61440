// Files that agents send, and files of lines.

package app.baton.suite

import app.baton.core.CoreException
import app.baton.core.FileSize
import app.baton.core.FileSource
import app.baton.core.MediaKind
import app.baton.core.Line
import app.baton.core.LineContent
import app.baton.core.LineFile
import app.baton.core.OutgoingFile
import app.baton.core.Timeline
import java.nio.file.Files
import java.util.Base64
import kotlin.streams.asSequence
import kotlinx.coroutines.async
import kotlinx.coroutines.supervisorScope

private fun content(size: Int) = ByteArray(size) { (it * 7 + it / 251).toByte() }

val files = listOf(
    Scenario(38) {
        val ana = agent("ana")
        val number = freshNumber()
        val said = world.customer(number, "hello")
        ana.linesOf(said, 1)
        suspend fun sends(file: OutgoingFile) =
            ana.baton.sendFile(said.conversation, file, said.line)
        val refused = thrown<CoreException.Refused>("6 MB") { sends(photo(6_000_000)) }
        ensure("5242880" in refused.detail) { "the limit is not named: ${refused.detail}" }
        val picked = Files.createTempFile("picked", ".pdf")
        Files.write(picked, content(3_000_000))
        world.cut(ana.way, "slow")
        sends(photo(300_000))
        val document = sends(
            OutgoingFile(
                FileSource.Path(picked.toString()), MediaKind.DOCUMENT, "application/pdf",
                name = "factura.pdf",
            ),
        )
        Files.delete(picked)
        ana.replies(said, "That is all")
        var sent = 0uL
        repeat(2) {
            sent = ana.halfSent(document.number, sent)
            ana.restart().looks().live()
        }
        world.cut(ana.way, "pass")
        ana.settled()
        until("all three reach the customer, in order and once") {
            world.kindsReached(number) == listOf("image", "document", "text")
        }
        val got = world.files(number)
        val wanted = listOf("image 300000 true Here", "document 3000000 true factura.pdf")
        ensure(got == wanted) { "the customer has $got" }
    },
    Scenario(40) { filesOfLines() },
)

/** A white picture of 400 pixels each way, PNG. */
private val picture = Base64.getDecoder().decode(
    "iVBORw0KGgoAAAANSUhEUgAAAZAAAAGQAQAAAACoxAthAAAAVklEQVR42u3LMQ0AAAwDoPo33WrYu8BPehZFURRFURRFURRF" +
        "URRFURRFURRFURRFURRFURRFURRFURRFURRFURRFURRFURRFURRFURRFURRFURRF+V4GPNjWZIcwu64AAAAASUVORK5CYII=",
)

private suspend fun Stage.filesOfLines() {
    val ana = agent("ana")
    val ben = agent("ben")
    val said = world.customer(freshNumber(), "hello")
    val of = said.conversation
    ana.linesOf(said, 1)
    val document = content(3_000_000)
    for ((kind, type, bytes) in listOf(
        Triple(MediaKind.IMAGE, "image/png", picture),
        Triple(MediaKind.DOCUMENT, "application/pdf", document),
    )) {
        ana.baton.sendFile(of, OutgoingFile(FileSource.Bytes(bytes), kind, type), said.line)
    }
    val photo = ben.withFile(said, MediaKind.IMAGE).id
    val paper = ben.withFile(said, MediaKind.DOCUMENT).id
    val newest = ben.baton.customerFiles(of, 1u, null)
    val all = newest.files + ben.baton.customerFiles(of, 1u, newest.next).files
    val listed = all.map { it.conversation to it.line.id }
    ensure(listed == listOf(of to paper, of to photo)) { "the customer's files are $listed" }
    val small = ben.file(of, photo, FileSize.SMALL)
    ensure(small[0] == 0xff.toByte() && small[1] == 0xd8.toByte()) { "no JPEG" }
    ensure(ben.file(of, photo, FileSize.WHOLE).contentEquals(picture)) { "another picture" }
    world.cut(ben.way, "slow_down")
    supervisorScope {
        val loading = async { ben.baton.loadFile(of, paper, FileSize.WHOLE) }
        ben.halfLoaded(said, paper)
        ben.restart()
        thrown<CoreException.Closed>("the load outlived its core") { loading.await() }
    }
    ben.looks().live()
    supervisorScope {
        val loading = async { ben.baton.loadFile(of, paper, FileSize.WHOLE) }
        ben.halfLoaded(said, paper)
        world.cut(ben.way, "pass")
        ensure(loading.await() == 3_000_000uL) { "not all of it is there" }
    }
    world.cut(ben.way, "refuse")
    ben.baton.network(false)
    ensure(ben.file(of, paper, FileSize.WHOLE).contentEquals(document)) { "another document" }
    ensure(ben.file(of, photo, FileSize.SMALL).contentEquals(small)) { "another small picture" }
    val plain = String(document, 0, 1_000, Charsets.ISO_8859_1)
    val found = Files.walk(ben.directory).asSequence().filter { Files.isRegularFile(it) }
        .find { plain in String(Files.readAllBytes(it), Charsets.ISO_8859_1) }
    ensure(found == null) { "it is plain in $found" }
    world.cut(ben.way, "pass")
    ben.looks().live()
    ben.baton.setFileBudget(1_000_000uL)
    thrown<CoreException.Invalid>("it has no room") {
        ben.baton.loadFile(of, paper, FileSize.WHOLE)
    }
}

/** The line with a file of this kind, once the server has the file. */
private suspend fun Phone.withFile(said: Said, kind: MediaKind): Line {
    fun of(timeline: Timeline) = timeline.lines.find {
        it.file is LineFile.Stored && (it.content as? LineContent.Media)?.kind == kind
    }
    val shown = timelineUntil(said.conversation, "the line with a $kind") { of(it) != null }
    return of(shown) ?: throw Failed("it is gone")
}

/** Waits until some of a file is on the phone, and not all. */
private suspend fun Phone.halfLoaded(said: Said, message: String) {
    fun of(timeline: Timeline) = timeline.lines.find { it.id == message }?.loading
    val what = "some of the document is there"
    val shown = timelineUntil(said.conversation, what) { (of(it)?.got ?: 0uL) > 0uL }
    val loading = of(shown) ?: throw Failed("it is gone")
    ensure(loading.got < loading.bytes) { "all of it is there already" }
}

private suspend fun Phone.file(of: String, message: String, size: FileSize): ByteArray {
    val bytes = baton.loadFile(of, message, size)
    var read = ByteArray(0)
    while (read.size.toULong() < bytes) {
        read += baton.readFile(of, message, size, read.size.toULong())
            ?: throw Failed("it is gone")
    }
    return read
}

private fun photo(size: Int) = OutgoingFile(
    FileSource.Bytes(content(size)), MediaKind.IMAGE, "image/jpeg", caption = "Here",
)

/** Waits until the server has more of a file than that, and says how much. */
private suspend fun Phone.halfSent(number: ULong, than: ULong): ULong {
    val what = "more of the document is sent"
    val file = item(number, what) { (it.file?.sent ?: 0uL) > than }.file
        ?: throw Failed("it has no file")
    ensure(file.sent < file.bytes) { "all of it is sent already" }
    return file.sent
}
