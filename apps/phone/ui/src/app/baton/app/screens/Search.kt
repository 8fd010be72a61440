// What was found: on this device, and behind it what the server finds in everything.

package app.baton.app.screens

import androidx.compose.foundation.background
import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.LazyListScope
import androidx.compose.foundation.lazy.items
import androidx.compose.runtime.Composable
import androidx.compose.runtime.LaunchedEffect
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.text.SpanStyle
import androidx.compose.ui.text.buildAnnotatedString
import androidx.compose.ui.text.font.FontWeight
import androidx.compose.ui.text.style.TextOverflow
import androidx.compose.ui.text.withStyle
import androidx.compose.ui.unit.dp
import androidx.compose.material3.Text
import app.baton.app.look.Act
import app.baton.app.look.Avatar
import app.baton.app.look.Drawing
import app.baton.app.look.Hairline
import app.baton.app.look.Look
import app.baton.app.look.Problem
import app.baton.app.look.Says
import app.baton.app.look.Theirs
import app.baton.app.look.Weight
import app.baton.app.model.Everywhere
import app.baton.app.model.InboxState
import app.baton.app.model.ListState
import app.baton.app.words.Word
import app.baton.app.words.Words
import app.baton.core.ServerHit

/** What the results ask for. */
class FoundActs(
    /** A conversation, what it is called, and the number of a line of it. */
    val open: (String, String?, ULong?) -> Unit = { _, _, _ -> },
    val more: () -> Unit = {},
    val retry: () -> Unit = {},
    val everything: () -> Unit = {},
    val further: () -> Unit = {},
)

@Composable
fun FoundList(query: String, here: InboxState, everywhere: Everywhere, acts: FoundActs) {
    val words = Look.words
    val list = here.list
    LazyColumn(Modifier.fillMaxSize().background(Look.colours.surface)) {
        when (list) {
            ListState.Loading -> item {
                Column(Modifier.semantics { contentDescription = words(Word.Loading) }) { repeat(3) { SkeletonRow() } }
            }
            is ListState.Failed -> item {
                Column(Modifier.padding(16.dp), Arrangement.spacedBy(8.dp)) {
                    Problem(list.why.say(words))
                    Act(words(Word.TryAgain), Weight.SECOND, onClick = acts.retry)
                }
            }
            is ListState.Loaded -> ofDevice(list, here.now, words, acts)
        }
        if (list !is ListState.Loaded || !list.hasMore) ofServer(query, everywhere, here.now, words, acts)
    }
}

private fun LazyListScope.ofDevice(list: ListState.Loaded, now: Long, words: Words, acts: FoundActs) {
    if (list.rows.isEmpty()) item { Says(words(Word.EmptySearch), Modifier.padding(20.dp), colour = Look.colours.ink2) }
    items(list.rows, key = { "here ${it.id}" }) { row -> ConversationRow(row, now) { acts.open(row.id, row.title, row.hitAt) } }
    if (list.hasMore) {
        item {
            LaunchedEffect(list.rows.size) { acts.more() }
            SkeletonRow()
        }
    }
}

private fun LazyListScope.ofServer(query: String, found: Everywhere, now: Long, words: Words, acts: FoundActs) {
    when (found) {
        Everywhere.NotAsked -> item {
            Column(Modifier.fillMaxWidth().padding(20.dp), Arrangement.spacedBy(8.dp)) {
                Act(
                    words(Word.SearchEverything), Weight.SECOND, Modifier.fillMaxWidth(),
                    drawing = Drawing.Search, onClick = acts.everything,
                )
                Says(words(Word.SearchEverythingMore), style = Look.type.small, colour = Look.colours.ink3)
            }
        }
        Everywhere.Asking -> item {
            Column(Modifier.semantics { contentDescription = words(Word.Loading) }) {
                Title(words(Word.SearchBusy))
                repeat(2) { SkeletonRow() }
            }
        }
        is Everywhere.Failed -> item {
            Column(Modifier.padding(20.dp), Arrangement.spacedBy(8.dp)) {
                Problem(found.why.say(words))
                Act(words(Word.TryAgain), Weight.SECOND, onClick = acts.everything)
            }
        }
        is Everywhere.Found -> found(query, found, now, words, acts)
    }
}

private fun LazyListScope.found(query: String, found: Everywhere.Found, now: Long, words: Words, acts: FoundActs) {
    if (found.customers.isEmpty() && found.hits.isEmpty()) {
        item { Says(words(Word.SearchNothing, query), Modifier.padding(20.dp), colour = Look.colours.ink2) }
    }
    if (found.customers.isNotEmpty()) item { Title(words(Word.SearchCustomers)) }
    items(found.customers, key = { "there ${it.id}" }) { row -> ConversationRow(row, now) { acts.open(row.id, row.title, null) } }
    if (found.hits.isNotEmpty()) item { Title(words(Word.SearchSaid)) }
    items(found.hits, key = { "${it.conversation} ${it.seq} ${it.message} ${it.note}" }) { hit ->
        HitRow(hit, now) { acts.open(hit.conversation, hit.title, hit.seq.takeIf { it > 0uL }) }
    }
    if (found.failed != null) item { Problem(found.failed.say(words), Modifier.padding(20.dp)) }
    if (found.next != null) {
        item {
            Box(Modifier.fillMaxWidth().padding(8.dp), Alignment.Center) {
                Act(words(Word.SearchFurther), Weight.QUIET, isEnabled = !found.isAsking, onClick = acts.further)
            }
        }
    }
}

@Composable
private fun Title(text: String) = Says(
    text, Modifier.padding(start = 16.dp, end = 16.dp, top = 18.dp, bottom = 6.dp).semantics { heading() },
    Look.type.small, Look.colours.ink3,
)

/** A line or a note in which the words stand, and where. */
@Composable
private fun HitRow(hit: ServerHit, now: Long, onClick: () -> Unit) {
    val words = Look.words
    val colours = Look.colours
    val title = hit.title ?: words(Word.UnknownCustomer)
    Row(
        Modifier.fillMaxWidth().clickable(role = Role.Button, onClick = onClick)
            .semantics(mergeDescendants = true) {}.padding(horizontal = 16.dp, vertical = 11.dp),
        Arrangement.spacedBy(12.dp),
    ) {
        Avatar(hit.conversation, title, 36.dp)
        Column(Modifier.weight(1f), Arrangement.spacedBy(2.dp)) {
            Row(horizontalArrangement = Arrangement.spacedBy(8.dp), verticalAlignment = Alignment.CenterVertically) {
                Theirs(title, Modifier.weight(1f), Look.type.body, lines = 1)
                Says(words.moment(hit.atMs, now), style = Look.type.meta, colour = colours.ink3, lines = 1)
            }
            val said = buildAnnotatedString {
                if (hit.note != null) append(words(Word.Note) + ": ")
                for (part in hit.excerpt) {
                    val weight = if (part.isMatch) FontWeight.SemiBold else FontWeight.Normal
                    val ink = if (part.isMatch) colours.ink else colours.ink2
                    withStyle(SpanStyle(color = ink, fontWeight = weight)) { append(part.text) }
                }
            }
            Text(said, color = colours.ink2, maxLines = 2, overflow = TextOverflow.Ellipsis, style = Look.type.small)
        }
    }
    Hairline()
}
