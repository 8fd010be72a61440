// The files of a customer, from all numbers that they wrote to.

package app.baton.app.model

import androidx.compose.ui.graphics.ImageBitmap
import app.baton.core.CoreException
import app.baton.core.CustomerFile

private const val PAGE = 50u

/** A page may be empty and have a next one: so many are asked for by one tap. */
private const val PAGES_MAX = 8
private const val NOT_FOUND = "not_found"

/** Lists them from the newest on. */
fun TalkModel.files() {
    asksFiles(Sheet.Files())
}

/** Older ones, or the first ones again where they failed. */
fun TalkModel.moreFiles() {
    asksFiles(state.value.sheet as? Sheet.Files ?: return)
}

private fun TalkModel.asksFiles(before: Sheet.Files) {
    cover(before.copy(isAsking = true, failed = null))
    desk.does {
        val told = try {
            further(before)
        } catch (closed: CoreException.Closed) {
            throw closed
        } catch (refused: CoreException) {
            // A server of before it listed them knows of none.
            val isOld = refused is CoreException.Server && refused.code == NOT_FOUND
            if (isOld) before.copy(next = null) else before.copy(failed = Told.of(refused))
        }
        change { if (it.sheet is Sheet.Files) it.copy(sheet = told.copy(isAsking = false)) else it }
    }
}

private suspend fun TalkModel.further(before: Sheet.Files): Sheet.Files {
    var next = before.next
    repeat(PAGES_MAX) {
        val page = desk.baton.customerFiles(id, PAGE, next)
        next = page.next
        if (page.files.isNotEmpty() || next == null) return before.copy(files = before.files + page.files, next = next)
    }
    return before.copy(next = next)
}

/** Hands a file of any conversation to what shows it. */
fun TalkModel.openFile(file: CustomerFile, name: String, mediaType: String) =
    openFile(file.line, name, mediaType, file.conversation)

/** Pixels of all pictures of a conversation: some 64 MB. */
private const val PICTURES_MAX = 16_000_000

/** The newest of them, as far as there is room: the others are loaded again where they are shown. */
internal fun held(pictures: Map<String, ImageBitmap>): Map<String, ImageBitmap> {
    var room = PICTURES_MAX
    val held = pictures.entries.reversed().takeWhile { (_, one) ->
        room -= one.width * one.height
        room >= 0
    }.ifEmpty { listOf(pictures.entries.last()) }
    return held.reversed().associate { it.key to it.value }
}
