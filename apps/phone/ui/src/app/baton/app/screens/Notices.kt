// What concerns the agent: who asks for them, what became theirs, what needs them.

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
import androidx.compose.foundation.layout.size
import androidx.compose.foundation.lazy.LazyColumn
import androidx.compose.foundation.lazy.items
import androidx.compose.foundation.shape.CircleShape
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.draw.clip
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import app.baton.app.look.Act
import app.baton.app.look.Bar
import app.baton.app.look.BarTitle
import app.baton.app.look.Beside
import app.baton.app.look.Drawing
import app.baton.app.look.Drawn
import app.baton.app.look.Hairline
import app.baton.app.look.IconAct
import app.baton.app.look.Look
import app.baton.app.look.Nothing
import app.baton.app.look.Says
import app.baton.app.look.Theirs
import app.baton.app.look.Weight
import app.baton.app.look.isLarge
import app.baton.app.model.Names
import app.baton.app.model.NoticesState
import app.baton.app.words.Word
import app.baton.app.words.Words
import app.baton.core.Notice
import app.baton.core.NoticeKind

/** What the list of notices asks for. */
class NoticesActs(
    val back: () -> Unit = {},
    val open: (Notice) -> Unit = {},
    val readAll: () -> Unit = {},
    val more: () -> Unit = {},
    val retry: () -> Unit = {},
)

@Composable
fun NoticesScreen(state: NoticesState, acts: NoticesActs) {
    val words = Look.words
    Column(Modifier.fillMaxSize().background(Look.colours.surface)) {
        Bar {
            IconAct(Drawing.Left, words(Word.Back), onClick = acts.back)
            BarTitle(words(Word.Notices), Modifier.weight(1f))
            if (state.unread > 0) IconAct(Drawing.Check2, words(Word.NoticesAllRead), onClick = acts.readAll)
        }
        Hairline()
        if (state.failed != null) {
            Beside(
                Modifier.background(Look.colours.lateSoft).padding(start = 16.dp, end = if (isLarge) 16.dp else 0.dp),
                { Act(words(Word.TryAgain), Weight.QUIET, onClick = acts.retry) },
            ) { Says(state.failed.say(words), Modifier.weight(1f), Look.type.small, Look.colours.lateInk) }
        }
        when {
            state.notices.isNotEmpty() -> NoticeList(state, acts)
            state.isLoading -> Column(
                Modifier.semantics { contentDescription = words(Word.Loading) },
            ) { repeat(SKELETONS) { SkeletonRow() } }
            state.failed == null -> Nothing(words(Word.NoticesNone), drawing = Drawing.Bell)
        }
    }
}

@Composable
private fun NoticeList(state: NoticesState, acts: NoticesActs) = LazyColumn(Modifier.fillMaxSize()) {
    items(state.notices, key = { "${it.position} ${it.conversation} ${it.kind}" }) { notice ->
        NoticeRow(notice, state) { acts.open(notice) }
    }
    if (state.before != null) {
        item {
            Box(Modifier.fillMaxWidth().padding(8.dp), Alignment.Center) {
                Act(Look.words(Word.NoticesMore), Weight.QUIET, onClick = acts.more)
            }
        }
    }
}

@Composable
private fun NoticeRow(notice: Notice, state: NoticesState, onClick: () -> Unit) {
    val words = Look.words
    val colours = Look.colours
    Row(
        Modifier.fillMaxWidth().background(if (notice.isRead) colours.surface else colours.accentSoft)
            .clickable(role = Role.Button, onClick = onClick).semantics(mergeDescendants = true) {}
            .padding(horizontal = 16.dp, vertical = 12.dp),
        Arrangement.spacedBy(12.dp),
    ) {
        val ink = if (notice.kind == NoticeKind.REVIEW) colours.heldInk else colours.accentInk
        Box(Modifier.size(36.dp).clip(CircleShape).background(colours.surface2), Alignment.Center) {
            Drawn(notice.kind.drawing, colour = ink)
        }
        Column(Modifier.weight(1f), Arrangement.spacedBy(2.dp)) {
            val style = if (notice.isRead) Look.type.body else Look.type.strong
            Says(words.told(notice, state.names), style = style)
            notice.text?.let { Theirs(it, style = Look.type.small, colour = colours.ink2, lines = 2, isOfScreen = true) }
            val at = words.moment(notice.atMs, state.now)
            val fresh = if (notice.isRead) "" else " · " + words(Word.NoticeFresh)
            Says(at + fresh, style = Look.type.meta, colour = colours.ink3, lines = 1)
        }
    }
    Hairline()
}

private val NoticeKind.drawing: Drawing
    get() = when (this) {
        NoticeKind.MENTION -> Drawing.Users
        NoticeKind.ASSIGNED -> Drawing.Swap
        NoticeKind.REVIEW -> Drawing.Held
        NoticeKind.REMINDER -> Drawing.Bell
        NoticeKind.UNKNOWN -> Drawing.Bell
    }

/** Who asks for what; of a kind that this version does not know, only whom it is about. */
private fun Words.told(notice: Notice, names: Names): String {
    val customer = notice.title ?: this(Word.UnknownCustomer)
    val by: Any = notice.by?.let { names.agent(it) } ?: this(Word.AColleague)
    return when (notice.kind) {
        NoticeKind.MENTION -> this(Word.NoticeMention, by, customer)
        NoticeKind.ASSIGNED -> this(Word.NoticeAssigned, by, customer)
        NoticeKind.REVIEW -> this(Word.NoticeReview, by, customer)
        NoticeKind.REMINDER -> this(Word.NoticeReminder, by, customer)
        NoticeKind.UNKNOWN -> customer
    }
}
