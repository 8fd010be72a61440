// The files of a customer, the newest first.

package app.baton.app.screens

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.runtime.Composable
import androidx.compose.ui.Modifier
import androidx.compose.ui.unit.dp
import app.baton.app.look.Act
import app.baton.app.look.ActRow
import app.baton.app.look.Drawing
import app.baton.app.look.Look
import app.baton.app.look.Problem
import app.baton.app.look.Says
import app.baton.app.look.SheetTitle
import app.baton.app.look.Weight
import app.baton.app.model.Names
import app.baton.app.model.Sheet
import app.baton.app.model.TalkState
import app.baton.app.words.Word
import app.baton.app.words.Words
import app.baton.app.words.sizeOf
import app.baton.core.CustomerFile
import app.baton.core.Line
import app.baton.core.LineAuthor
import app.baton.core.LineContent
import app.baton.core.LineFile
import app.baton.core.MediaKind

@Composable
fun FilesSheet(state: TalkState, sheet: Sheet.Files, acts: ToolActs) {
    val words = Look.words
    SheetTitle(words(Word.Files), state.title)
    for (file in sheet.files) FileRow(file, state, acts)
    val inset = Modifier.padding(horizontal = 20.dp, vertical = 8.dp)
    when {
        sheet.failed != null -> Column(inset, Arrangement.spacedBy(8.dp)) {
            Problem(sheet.failed.say(words))
            Act(words(Word.TryAgain), Weight.SECOND, Modifier.fillMaxWidth(), onClick = acts.moreFiles)
        }
        sheet.isAsking -> Says(words(Word.Loading), inset, colour = Look.colours.ink3)
        sheet.next != null -> {
            Act(words(Word.FilesOlder), Weight.SECOND, inset.fillMaxWidth(), onClick = acts.moreFiles)
        }
        sheet.files.isEmpty() -> Says(words(Word.FilesNone), inset, colour = Look.colours.ink2)
    }
}

@Composable
private fun FileRow(file: CustomerFile, state: TalkState, acts: ToolActs) {
    val words = Look.words
    val line = file.line
    val media = line.content as? LineContent.Media
    val name = media?.name ?: words.text(line)
    val size = (line.file as? LineFile.Stored)?.let { sizeOf(it.bytes.toLong()) }
    val facts = listOfNotNull(size, words.author(line.author, state.title, state.names), words.moment(line.atMs, state.now))
    val drawing = when (media?.kind) {
        MediaKind.AUDIO, MediaKind.VIDEO -> Drawing.Play
        MediaKind.VOICE -> Drawing.Mic
        else -> Drawing.Clip
    }
    ActRow(name, drawing, facts.joinToString(" · ")) {
        acts.openFile(file, name, media?.mediaType ?: "application/octet-stream")
    }
}

private fun Words.author(author: LineAuthor, title: String?, names: Names): String? = when (author) {
    is LineAuthor.Agent -> if (author.isMe) this(Word.Me) else names.agent(author.id)
    LineAuthor.Customer -> title
    else -> null
}
