// Files that agents send.

package app.baton.suite

import app.baton.core.CoreException
import app.baton.core.FileSource
import app.baton.core.MediaKind
import app.baton.core.OutgoingFile
import java.nio.file.Files

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
)

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
