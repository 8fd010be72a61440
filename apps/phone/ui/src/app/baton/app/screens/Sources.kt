// The part of a customer's card that the team's own programs fill.

package app.baton.app.screens

import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.heightIn
import androidx.compose.foundation.layout.padding
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import app.baton.app.look.Act
import app.baton.app.look.Hairline
import app.baton.app.look.Hit
import app.baton.app.look.Look
import app.baton.app.look.Says
import app.baton.app.look.Theirs
import app.baton.app.look.Weight
import app.baton.app.model.SourcesState
import app.baton.app.model.isAway
import app.baton.app.model.page
import app.baton.app.words.Word
import app.baton.app.words.Words
import app.baton.core.ContextRow
import app.baton.core.ContextSource
import app.baton.core.ContextWhy

/** What they say, each under its name. Where the workspace has none, there is nothing. */
@Composable
fun SourcesPart(state: SourcesState, now: Long, acts: ToolActs) {
    val words = Look.words
    when (state) {
        SourcesState.Asking -> Says(
            words(Word.SourceAsking), Modifier.padding(horizontal = 20.dp, vertical = 12.dp),
            Look.type.small, Look.colours.ink3,
        )
        is SourcesState.Away -> Column(
            Modifier.padding(horizontal = 20.dp, vertical = 12.dp), Arrangement.spacedBy(8.dp),
        ) {
            Says(state.why.say(words), style = Look.type.small, colour = Look.colours.ink2)
            Act(words(Word.TryAgain), Weight.SECOND, onClick = acts.askSources)
        }
        is SourcesState.Asked -> for (source in state.all) Source(source, now, acts)
    }
}

@Composable
private fun Source(source: ContextSource, now: Long, acts: ToolActs) {
    val inset = Modifier.padding(horizontal = 20.dp)
    Column(Modifier.fillMaxWidth().padding(top = 8.dp, bottom = 4.dp)) {
        Hairline()
        Theirs(source.name, inset.padding(top = 12.dp), Look.type.meta, Look.colours.ink3, isOfScreen = true)
        source.title?.let { Theirs(it, inset.padding(vertical = 4.dp), Look.type.strong, isOfScreen = true) }
        for (row in source.rows) SourceRow(row, acts)
        Look.words.note(source, now)?.let {
            Says(it, inset.padding(vertical = 4.dp), Look.type.small, Look.colours.ink2)
        }
    }
}

@Composable
private fun SourceRow(row: ContextRow, acts: ToolActs) {
    val page = row.page
    val leads = if (page == null) {
        Modifier
    } else {
        Modifier.clickable(role = Role.Button) { acts.browse(page) }.heightIn(min = Hit)
    }
    Fact(row.label, row.value.ifEmpty { page.orEmpty() }, leads, isLink = page != null)
}

/** A name and what it is, side by side. */
@Composable
internal fun Fact(name: String, fact: String, modifier: Modifier = Modifier, isLink: Boolean = false) = Row(
    modifier.fillMaxWidth().semantics(mergeDescendants = true) {}.padding(horizontal = 20.dp, vertical = 8.dp),
    Arrangement.spacedBy(16.dp), Alignment.CenterVertically,
) {
    Theirs(name, Modifier.weight(0.4f), Look.type.small, Look.colours.ink3, isOfScreen = true)
    val ink = if (isLink) Look.colours.accentInk else Look.colours.ink
    Theirs(fact, Modifier.weight(0.6f), Look.type.small, ink, isOfScreen = true)
}

/** Beside the rows: that nothing is known, or that they are not of now, and why. */
private fun Words.note(source: ContextSource, now: Long): String? {
    if (!source.isAway) return this(Word.SourceNothing).takeIf { source.rows.isEmpty() }
    val at = source.atMs
    val away = if (at == null) this(Word.SourceNever) else this(Word.SourceAsOf, moment(at, now))
    return listOfNotNull("$away.", source.why?.let(::why)).joinToString(" ")
}

private fun Words.why(why: ContextWhy): String? = when (why) {
    ContextWhy.LATE -> this(Word.SourceLate)
    ContextWhy.DOWN -> this(Word.SourceDown)
    ContextWhy.WRONG -> this(Word.SourceWrong)
    ContextWhy.REFUSED -> this(Word.SourceRefused)
    ContextWhy.SPENT -> this(Word.SourceSpent)
    // A reason that this app does not know is left out.
    ContextWhy.UNKNOWN -> null
}
