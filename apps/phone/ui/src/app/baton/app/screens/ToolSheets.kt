// The sheets of the tools: canned replies, tags, and how a conversation ends.

package app.baton.app.screens

import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.setValue
import androidx.compose.ui.Modifier
import androidx.compose.ui.unit.dp
import app.baton.app.look.Act
import app.baton.app.look.ActRow
import app.baton.app.look.Drawing
import app.baton.app.look.Field
import app.baton.app.look.Look
import app.baton.app.look.Says
import app.baton.app.look.SheetTitle
import app.baton.app.look.Weight
import app.baton.app.model.Sheet
import app.baton.app.model.TalkState
import app.baton.app.model.settable
import app.baton.app.model.tagsOf
import app.baton.app.model.takes
import app.baton.app.words.Word
import app.baton.app.words.Words
import app.baton.core.AskOutcome
import app.baton.core.ConversationTag
import app.baton.core.SetBy

@Composable
fun RepliesSheet(sheet: Sheet.Replies, acts: ToolActs) {
    val words = Look.words
    val find = sheet.find
    SheetTitle(words(Word.Replies))
    Box(Modifier.padding(start = 20.dp, end = 20.dp, bottom = 8.dp)) {
        Field(words(Word.FindReply), find, acts.replies)
    }
    val found = sheet.found
    when {
        found == null -> Says(words(Word.Loading), Modifier.padding(20.dp), colour = Look.colours.ink3)
        found.isEmpty() -> {
            val none = if (find.isBlank()) words(Word.RepliesEmpty) else words(Word.RepliesNone, find)
            Says(none, Modifier.padding(20.dp), colour = Look.colours.ink2)
        }
        else -> for (reply in found) ReplyRow(reply, acts)
    }
}

/** What it is about: each tag is put on or taken off at once. */
@Composable
fun TagsSheet(state: TalkState, acts: ToolActs) {
    val words = Look.words
    var find by onSheet("find")
    val on = tagsOf(state.header?.tags.orEmpty(), state.tags).map { it.id }
    val all = settable(state.tags)
    SheetTitle(words(Word.Tags))
    if (all.isEmpty()) {
        Says(words(Word.TagEmpty), Modifier.padding(20.dp), colour = Look.colours.ink2)
        return
    }
    Box(Modifier.padding(start = 20.dp, end = 20.dp, bottom = 8.dp)) { Field(words(Word.TagFind), find, { find = it }) }
    val found = all.filter { it.name.contains(find.trim(), ignoreCase = true) }
    if (found.isEmpty()) Says(words(Word.TagNone, find), Modifier.padding(20.dp), colour = Look.colours.ink2)
    for (tag in found) {
        val isOn = tag.id in on
        ActRow(tag.name, Drawing.Tag, words.about(tag), isOn) { acts.tag(tag.id, !isOn) }
    }
}

private fun Words.about(tag: ConversationTag): String? = listOfNotNull(
    this(Word.TagStays).takeIf { tag.lasting },
    this(Word.TagBySupervisors).takeIf { tag.setBy == SetBy.SUPERVISORS },
).joinToString(" · ").ifEmpty { null }

/** How it ends, where the team wants to know. */
@Composable
fun HowItEndsSheet(sheet: Sheet.HowItEnds, acts: ToolActs) {
    val words = Look.words
    val outcomes = sheet.outcomes
    var outcome by onSheet("outcome")
    val chosen = outcomes.list.find { it.id == outcome }
    var more by onSheet("more")
    val isRequired = outcomes.ask == AskOutcome.REQUIRED
    SheetTitle(words(Word.HowItEnds), words(if (isRequired) Word.HowRequired else Word.HowOffered))
    for (one in outcomes.list) {
        ActRow(one.name, Drawing.Ok, isChosen = one == chosen) { outcome = one.id }
    }
    Column(Modifier.padding(20.dp), Arrangement.spacedBy(12.dp)) {
        if (chosen != null) Field(words(if (chosen.needsText) Word.HowNeeded else Word.HowMore), more, { more = it }, lines = 3)
        if (chosen != null || isRequired) {
            Act(
                words(Word.Resolve), modifier = Modifier.fillMaxWidth(),
                isEnabled = chosen != null && outcomes.takes(chosen, more),
            ) { acts.resolveAs(chosen, more) }
        } else {
            Act(words(Word.ResolvePlain), Weight.SECOND, Modifier.fillMaxWidth()) { acts.resolveAs(null, "") }
        }
    }
}
