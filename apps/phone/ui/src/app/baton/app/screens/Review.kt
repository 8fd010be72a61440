// What needs its author, one under the other: what was missed first, then what was written.

package app.baton.app.screens

import androidx.compose.foundation.background
import androidx.compose.foundation.border
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.ExperimentalLayoutApi
import androidx.compose.foundation.layout.FlowRow
import androidx.compose.foundation.layout.PaddingValues
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxSize
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.widthIn
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.items
import androidx.compose.foundation.shape.RoundedCornerShape
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.semantics.heading
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import app.baton.app.look.Act
import app.baton.app.look.Avatar
import app.baton.app.look.Bar
import app.baton.app.look.BarTitle
import app.baton.app.look.Dims
import app.baton.app.look.Drawing
import app.baton.app.look.Drawn
import app.baton.app.look.Field
import app.baton.app.look.Hairline
import app.baton.app.look.IconAct
import app.baton.app.look.Look
import app.baton.app.look.Nothing
import app.baton.app.look.Says
import app.baton.app.look.Theirs
import app.baton.app.look.Weight
import app.baton.app.model.ReviewModel
import app.baton.app.model.ReviewState
import app.baton.app.model.allows
import app.baton.app.model.isClaimTooMany
import app.baton.app.words.Word
import app.baton.core.ActKind
import app.baton.core.ChoiceKind
import app.baton.core.MissedLine
import app.baton.core.OutboxItem

/** What the review asks for. */
class ReviewActs(
    val back: () -> Unit = {},
    val open: (String) -> Unit = {},
    val edit: (ULong, String) -> Unit = { _, _ -> },
    val send: (OutboxItem) -> Unit = {},
    val note: (OutboxItem) -> Unit = {},
    val discard: (OutboxItem) -> Unit = {},
    val withdraw: (OutboxItem) -> Unit = {},
    val claimAnyway: (OutboxItem) -> Unit = {},
) {
    companion object {
        fun of(model: ReviewModel, back: () -> Unit, open: (String) -> Unit) = ReviewActs(
            back, open, { number, text -> model.edit(number, text) }, { model.send(it) },
            { model.keepAsNote(it) }, { model.discard(it) }, { model.withdraw(it) },
            { model.claimAnyway(it) },
        )
    }
}

@Composable
fun ReviewScreen(state: ReviewState, acts: ReviewActs) {
    val words = Look.words
    Column(Modifier.fillMaxSize().background(Look.colours.bg)) {
        Bar {
            IconAct(Drawing.Left, words(Word.Back), onClick = acts.back)
            BarTitle(words(Word.ReviewTitle))
        }
        Hairline()
        if (state.held.isEmpty() && state.waiting.isEmpty()) {
            Nothing(words(Word.ReviewNone), words(Word.OutboxNone))
            return
        }
        LazyColumn(
            Modifier.fillMaxSize(), contentPadding = PaddingValues(16.dp),
            verticalArrangement = Arrangement.spacedBy(14.dp),
            horizontalAlignment = Alignment.CenterHorizontally,
        ) {
            items(state.held, key = { it.opId }) { Held(it, state, acts) }
            if (state.waiting.isNotEmpty()) {
                item {
                    Says(words(Word.Outbox), Modifier.widthIn(max = 640.dp).fillMaxWidth().semantics { heading() }, Look.type.strong)
                }
            }
            items(state.waiting, key = { it.opId }) { Waits(it, state, acts) }
        }
    }
}

@Composable
private fun card() = Modifier.widthIn(max = 640.dp).fillMaxWidth().clip(RoundedCornerShape(Dims.rLg))
    .background(Look.colours.surface).border(1.dp, Look.colours.line, RoundedCornerShape(Dims.rLg))

@OptIn(ExperimentalLayoutApi::class)
@Composable
private fun Held(item: OutboxItem, state: ReviewState, acts: ReviewActs) {
    val words = Look.words
    val colours = Look.colours
    val review = item.review ?: return
    val title = state.titles[item.conversation] ?: words(Word.UnknownCustomer)
    Column(card()) {
        Row(
            Modifier.fillMaxWidth().background(colours.heldSoft).padding(14.dp),
            Arrangement.spacedBy(10.dp), Alignment.CenterVertically,
        ) {
            Drawn(Drawing.Held, size = 22.dp, colour = colours.heldInk)
            Says(review.toldIn(words, title, state.names), Modifier.weight(1f).semantics { heading() }, Look.type.strong, colours.heldInk)
        }
        Column(Modifier.padding(14.dp), Arrangement.spacedBy(10.dp)) {
            if (review.missed.isNotEmpty()) {
                Says(words(Word.NewSince), style = Look.type.meta, colour = colours.ink3)
                for (line in review.missed) Missed(line, title, review.winner?.let { state.names.agent(it) })
            }
            Written(item, state, acts)
            val sends = review.allows(ChoiceKind.SEND_ANYWAY)
            if (sends) {
                val text = state.edits[item.number]
                val isChanged = text != null && text != item.text
                Act(
                    words(if (isChanged) Word.SendChanged else Word.SendAnyway),
                    modifier = Modifier.fillMaxWidth(), isEnabled = text?.isBlank() != true,
                ) { acts.send(item) }
            }
            if (item.isClaimTooMany) {
                Says(words(Word.SupervisorsMay), style = Look.type.small, colour = colours.ink2)
                Act(words(Word.ClaimAnyway), modifier = Modifier.fillMaxWidth()) { acts.claimAnyway(item) }
            }
            FlowRow(horizontalArrangement = Arrangement.spacedBy(8.dp), verticalArrangement = Arrangement.spacedBy(8.dp)) {
                if (review.allows(ChoiceKind.TURN_INTO_NOTE)) {
                    Act(words(Word.KeepAsNote), Weight.SECOND, drawing = Drawing.Pen) { acts.note(item) }
                }
                Act(words(Word.Discard), Weight.DANGER) { acts.discard(item) }
                Act(words(Word.OpenTalk), Weight.QUIET) { acts.open(item.conversation) }
            }
        }
    }
}

@Composable
private fun Missed(line: MissedLine, title: String, colleague: String?) {
    val colours = Look.colours
    val shape = RoundedCornerShape(Dims.rMd)
    val isIn = line.fromCustomer
    Column(
        Modifier.fillMaxWidth().clip(shape).background(if (isIn) colours.bubbleIn else colours.bubbleOut)
            .then(if (isIn) Modifier.border(1.dp, colours.line, shape) else Modifier).padding(10.dp),
    ) {
        Theirs(if (isIn) title else colleague ?: "", style = Look.type.meta, colour = colours.ink3, lines = 1, isOfScreen = false)
        Theirs(line.text ?: Look.words(Word.KindDocument))
    }
}

@Composable
private fun Written(item: OutboxItem, state: ReviewState, acts: ReviewActs) {
    val words = Look.words
    val text = item.text
    when {
        text != null && item.review?.allows(ChoiceKind.EDIT) == true -> Field(
            words(Word.StaleYours), state.edits[item.number] ?: text, { acts.edit(item.number, it) }, lines = 6,
        )
        text != null -> {
            Says(words(Word.StaleYours), style = Look.type.small, colour = Look.colours.ink2)
            Theirs(text)
        }
        else -> Says(item.file?.name ?: words.act(item.kind))
    }
}

@Composable
private fun Waits(item: OutboxItem, state: ReviewState, acts: ReviewActs) {
    val words = Look.words
    val title = state.titles[item.conversation] ?: words(Word.UnknownCustomer)
    Row(card().padding(14.dp), Arrangement.spacedBy(12.dp), Alignment.CenterVertically) {
        Avatar(item.conversation, title, 36.dp)
        Column(Modifier.weight(1f)) {
            Theirs(title, style = Look.type.strong, lines = 1)
            val said = item.text ?: item.file?.name ?: words.act(item.kind)
            Theirs(said, style = Look.type.small, colour = Look.colours.ink2, lines = 2)
        }
        Act(words(Word.Withdraw), Weight.QUIET) { acts.withdraw(item) }
    }
}
