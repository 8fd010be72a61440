// What covers a conversation: what can be done with it, and with a line of it.

package app.baton.app.screens

import androidx.compose.foundation.clickable
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Box
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.foundation.layout.size
import androidx.compose.runtime.Composable
import androidx.compose.runtime.getValue
import androidx.compose.runtime.setValue
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.Role
import androidx.compose.ui.semantics.contentDescription
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import app.baton.app.look.Act
import app.baton.app.look.ActRow
import app.baton.app.look.Avatar
import app.baton.app.look.Drawing
import app.baton.app.look.Field
import app.baton.app.look.Hit
import app.baton.app.look.Look
import app.baton.app.look.Problem
import app.baton.app.look.Says
import app.baton.app.look.SheetOver
import app.baton.app.look.SheetTitle
import app.baton.app.look.Theirs
import app.baton.app.look.Weight
import app.baton.app.look.still
import app.baton.app.model.Holder
import app.baton.app.model.NAME_MAX
import app.baton.app.model.Names
import app.baton.app.model.RowState
import app.baton.app.model.Sheet
import app.baton.app.model.TalkState
import app.baton.app.model.Tick
import app.baton.app.model.blanksOf
import app.baton.app.model.filled
import app.baton.app.model.isReplaceable
import app.baton.app.model.tick
import app.baton.app.model.told
import app.baton.app.words.Word
import app.baton.app.words.upTo
import app.baton.app.words.Words
import app.baton.core.ActKind
import app.baton.core.Colleague
import app.baton.core.Line
import app.baton.core.LineContent
import app.baton.core.Review
import app.baton.core.Status

@Composable
fun TalkSheet(state: TalkState, sheet: Sheet, acts: TalkActs, isWide: Boolean) =
    SheetOver(isWide, { acts.cover(null) }) {
        when (sheet) {
            Sheet.More -> MoreSheet(state, acts)
            Sheet.HandOver -> HandOverSheet(state, acts)
            is Sheet.Snooze -> SnoozeSheet(state, sheet, acts)
            is Sheet.Remind -> RemindSheet(state, sheet, acts)
            Sheet.Priority -> PrioritySheet(state, acts.tools)
            Sheet.Contact -> ContactSheet(state, acts)
            is Sheet.OfLine -> LineSheet(sheet.line, acts)
            is Sheet.ResendAsk -> ResendSheet(sheet.line, state, acts)
            is Sheet.Templates -> TemplatesSheet(sheet, acts)
            is Sheet.Fill -> FillSheet(sheet, acts)
            is Sheet.Replies -> RepliesSheet(sheet, acts.tools)
            Sheet.Tags -> TagsSheet(state, acts.tools)
            is Sheet.Naming -> NamingSheet(sheet, acts.tools)
            is Sheet.Files -> FilesSheet(state, sheet, acts.tools)
            is Sheet.HowItEnds -> HowItEndsSheet(sheet, acts.tools)
            is Sheet.Forward, is Sheet.Held -> Unit
        }
    }

@Composable
private fun MoreSheet(state: TalkState, acts: TalkActs) {
    val words = Look.words
    val header = state.header
    if (!state.isMine) ActRow(words(Word.Claim), Drawing.User, onClick = acts.claim)
    ActRow(words(Word.HandOver), Drawing.Swap) { acts.cover(Sheet.HandOver) }
    if (header?.status is Status.Resolved) {
        ActRow(words(Word.Reopen), Drawing.Undo, onClick = acts.reopen)
    } else {
        ActRow(words(Word.Resolve), Drawing.Check1, onClick = acts.resolve)
        ActRow(words(Word.Snooze), Drawing.Moon) { acts.cover(Sheet.Snooze()) }
        ActRow(words(Word.WaitForCustomer), Drawing.Clock, onClick = acts.wait)
    }
    ActRow(words(Word.Remind), Drawing.Bell) { acts.cover(Sheet.Remind()) }
    if (header?.status !is Status.Resolved) {
        ActRow(words(Word.Priority), Drawing.Late) { acts.cover(Sheet.Priority) }
    }
    if (state.isMine) ActRow(words(Word.GiveBack), Drawing.Q, onClick = acts.giveBack)
    ActRow(words(if (state.isFollowed) Word.Unfollow else Word.Follow), Drawing.Eye) {
        acts.follow(!state.isFollowed)
    }
    if (state.newestOfCustomer != null) ActRow(words(Word.MarkUnread), Drawing.Soon, onClick = acts.tools.unread)
    ActRow(words(Word.Tags), Drawing.Tag) { acts.cover(Sheet.Tags) }
    ActRow(words(Word.Contact), Drawing.User, onClick = acts.tools.card)
    if (header?.isBlocked == true) {
        ActRow(words(Word.Unblock), Drawing.Lock) { acts.block(false) }
    } else {
        ActRow(words(Word.Block), Drawing.Lock, ink = Look.colours.lateInk) { acts.block(true) }
    }
}

@Composable
private fun HandOverSheet(state: TalkState, acts: TalkActs) {
    val words = Look.words
    var find by onSheet("find")
    var note by onSheet("note")
    var to by onSheet("to")
    val owner = state.holder
    val people = state.names.colleagues.filter { it.name.contains(find, true) && Holder.Colleague(it.id, it.name) != owner }
    val teams = state.names.allTeams.filter { it.name.contains(find, true) && Holder.Team(it.id, it.name) != owner }
    SheetTitle(words(Word.HandTitle, state.title.orEmpty()))
    Box(Modifier.padding(horizontal = 20.dp)) { Field(words(Word.HandFind), find, { find = it }) }
    if (people.isEmpty() && teams.isEmpty()) {
        Says(words(Word.HandNobody), Modifier.padding(20.dp), colour = Look.colours.ink3)
    }
    if (people.isNotEmpty()) Overline(words(Word.HandPeople))
    for (person in people) {
        ActRow(
            person.name, detail = words.load(person), isChosen = to == person.id,
            lead = { Avatar(person.id, person.name, 36.dp, person.isOnline) },
        ) { to = person.id }
    }
    if (teams.isNotEmpty()) Overline(words(Word.HandTeams))
    for (team in teams) {
        ActRow(words(Word.QueueOf, team.name), Drawing.Q, isChosen = to == team.id) { to = team.id }
    }
    val chosen = state.names.colleagues.find { it.id == to }?.let { Holder.Colleague(it.id, it.name) }
        ?: state.names.allTeams.find { it.id == to }?.let { Holder.Team(it.id, it.name) } ?: return
    Column(Modifier.padding(20.dp), Arrangement.spacedBy(12.dp)) {
        Field(words(Word.HandNote), note, { note = it }, lines = 4)
        val name = (chosen as? Holder.Colleague)?.name ?: (chosen as? Holder.Team)?.name.orEmpty()
        Act(words(Word.HandGoTo, name), modifier = Modifier.fillMaxWidth()) { acts.handOver(chosen, note) }
        val isFull = people.any { it.id == to && it.isFull }
        if (isFull) {
            Says(words(Word.SupervisorsMay), style = Look.type.small, colour = Look.colours.ink2)
            Act(words(Word.HandAnyway), Weight.SECOND, Modifier.fillMaxWidth()) { acts.tools.handOverFull(chosen, note) }
        }
    }
}

@Composable
private fun Overline(text: String) = Says(
    text, Modifier.padding(start = 20.dp, end = 20.dp, top = 14.dp, bottom = 4.dp), Look.type.meta, Look.colours.ink3,
)

private val Colleague.isFull: Boolean get() = capacity.let { it != null && load >= it }

private fun Words.load(of: Colleague): String {
    val capacity = of.capacity
    val load = if (capacity == null) {
        count(Word.LoadFree, of.load.toInt())
    } else {
        this(Word.LoadOf, of.load, capacity)
    }
    val there = this(if (of.isOnline) Word.Online else Word.NotConnected)
    return listOfNotNull(there, load, this(Word.Full).takeIf { of.isFull }).joinToString(" · ")
}

@Composable
private fun ContactSheet(state: TalkState, acts: TalkActs) {
    val words = Look.words
    val title = state.title ?: words(Word.UnknownCustomer)
    Column(
        Modifier.fillMaxWidth().padding(16.dp), Arrangement.spacedBy(8.dp), Alignment.CenterHorizontally,
    ) {
        Avatar(state.id, title, 64.dp)
        Theirs(title, style = Look.type.title)
        Act(words(Word.Rename), Weight.QUIET, drawing = Drawing.Pen, onClick = acts.tools.naming)
    }
    val facts = buildList {
        val holder = when (val who = state.holder) {
            Holder.Me -> words(Word.Yours)
            is Holder.Colleague -> who.name
            is Holder.Team -> words(Word.QueueOf, who.name)
            null -> null
        }
        if (holder != null) add(words(Word.Owner) to holder)
        state.header?.unansweredSinceMs?.let { add(words(Word.WaitingSince) to words.until(it, state.now)) }
        val followers = state.header?.followers.orEmpty().map { state.names.agent(it) }
        if (followers.isNotEmpty()) add(words(Word.FollowedBy) to followers.joinToString())
        for (row in state.elsewhere) add(words(Word.Elsewhere) to state.names.channel(row.channel))
    }
    for ((name, fact) in facts) Fact(name, fact)
    for (row in state.elsewhere) {
        ActRow(row.title ?: title, Drawing.Users, state.names.channel(row.channel)) { acts.elsewhere(row) }
    }
    ActRow(words(Word.Files), Drawing.Clip, onClick = acts.tools.files)
    SourcesPart(state.sources, state.now, acts.tools)
}

/** What the team calls the customer. */
@Composable
private fun NamingSheet(sheet: Sheet.Naming, acts: ToolActs) {
    val words = Look.words
    var name by onSheet("name", sheet.name)
    SheetTitle(words(Word.RenameTitle, sheet.name))
    Column(Modifier.padding(horizontal = 20.dp), Arrangement.spacedBy(12.dp)) {
        Says(words(Word.RenameHint), style = Look.type.small, colour = Look.colours.ink2)
        Field(words(Word.OurName), name, { name = it.upTo(NAME_MAX) })
        Act(words(Word.Save), modifier = Modifier.fillMaxWidth(), isEnabled = name.isNotBlank()) { acts.name(name) }
        Act(words(Word.UseTheirs), Weight.SECOND, Modifier.fillMaxWidth()) { acts.name(null) }
    }
}

private const val EMOJI = 26f
private val emojis = listOf("👍", "❤️", "😂", "😮", "😢", "🙏")

@Composable
private fun LineSheet(line: Line, acts: TalkActs) {
    val words = Look.words
    Row(Modifier.fillMaxWidth().padding(horizontal = 12.dp, vertical = 6.dp), Arrangement.SpaceBetween) {
        for (emoji in emojis) {
            Box(
                Modifier.size(Hit).clickable(role = Role.Button) { acts.react(line, emoji) }
                    .semantics { contentDescription = words(Word.ReactTo) + " " + emoji },
                Alignment.Center,
            ) { Theirs(emoji, style = Look.type.big.still(EMOJI)) }
        }
    }
    ActRow(words(Word.AnswerLine), Drawing.Undo) { acts.quote(line) }
    ActRow(words(Word.ForwardLine), Drawing.Right) { acts.cover(Sheet.Forward(line)) }
    ActRow(words(Word.CopyText), Drawing.Copy) { acts.copy(line) }
    val media = line.content as? LineContent.Media
    if (media != null) {
        val name = media.name ?: words.text(line)
        ActRow(words(Word.OpenFile), Drawing.Get) {
            acts.cover(null)
            acts.openFile(line, name, media.mediaType ?: "application/octet-stream")
        }
    }
    val tick = line.status?.tick
    if (tick == Tick.UNSURE) ActRow(words(Word.SendAgain), Drawing.Send) { acts.cover(Sheet.ResendAsk(line)) }
    if (line.isReplaceable) ActRow(words(Word.WriteAgain), Drawing.Pen) { acts.tools.replace(line) }
    if (tick == Tick.FAILED || tick == Tick.HELD) {
        ActRow(words(Word.Discard), Drawing.X, ink = Look.colours.lateInk) { acts.cancel(line) }
    }
}

@Composable
private fun ResendSheet(line: Line, state: TalkState, acts: TalkActs) {
    val words = Look.words
    val isUnsure = line.status?.tick == Tick.UNSURE
    SheetTitle(if (isUnsure) words(Word.ResendAsk, state.title.orEmpty()) else words(Word.SendAgain), words.text(line))
    Column(Modifier.padding(horizontal = 20.dp), Arrangement.spacedBy(8.dp)) {
        Act(words(Word.SendAgain), modifier = Modifier.fillMaxWidth()) { acts.resend(line) }
        Act(words(Word.Cancel), Weight.SECOND, Modifier.fillMaxWidth()) { acts.cover(null) }
    }
}

@Composable
private fun TemplatesSheet(sheet: Sheet.Templates, acts: TalkActs) {
    val words = Look.words
    SheetTitle(words(Word.TemplateChoose))
    val all = sheet.all
    when {
        sheet.failed != null -> Box(Modifier.padding(20.dp)) { Problem(words(Word.TemplateAway)) }
        all == null -> Says(words(Word.Loading), Modifier.padding(20.dp), colour = Look.colours.ink3)
        all.isEmpty() -> Says(words(Word.TemplateNone), Modifier.padding(20.dp), colour = Look.colours.ink2)
        else -> for (template in all) {
            ActRow(template.name, Drawing.Q, template.body) { acts.fill(template) }
        }
    }
}

@Composable
private fun FillSheet(sheet: Sheet.Fill, acts: TalkActs) {
    val words = Look.words
    SheetTitle(sheet.template.name, sheet.template.language)
    Column(Modifier.padding(horizontal = 20.dp), Arrangement.spacedBy(12.dp)) {
        blanksOf(sheet.template.body).forEachIndexed { at, name ->
            Field(words(Word.TemplateBlank, name), sheet.words[at], { acts.fillWord(at, it) })
        }
        Says(words(Word.TemplatePreview), style = Look.type.meta, colour = Look.colours.ink3)
        Quote(filled(sheet.template.body, sheet.words), lines = Int.MAX_VALUE)
        val isReady = sheet.words.all { it.isNotBlank() }
        Act(words(Word.TemplateSend), modifier = Modifier.fillMaxWidth(), isEnabled = isReady, onClick = acts.sendTemplate)
    }
}

/** Whom a line is sent on to. */
@Composable
fun ForwardSheet(rows: List<RowState>, line: Line, acts: TalkActs, isWide: Boolean) {
    val words = Look.words
    var find by onSheet("find")
    var to by onSheet("to")
    SheetOver(isWide, { acts.cover(null) }) {
        SheetTitle(words(Word.ForwardTitle))
        Box(Modifier.padding(start = 20.dp, end = 20.dp, bottom = 8.dp)) { Field(words(Word.ForwardFind), find, { find = it }) }
        val found = rows.filter { (it.title ?: "").contains(find, ignoreCase = true) }.take(8)
        if (found.isEmpty()) Says(words(Word.ForwardNobody), Modifier.padding(20.dp), colour = Look.colours.ink3)
        for (row in found) {
            val title = row.title ?: words(Word.UnknownCustomer)
            ActRow(title, isChosen = to == row.id, lead = { Avatar(row.id, title, 36.dp) }) { to = row.id }
        }
        rows.find { it.id == to }?.let { chosen ->
            Column(Modifier.padding(20.dp), Arrangement.spacedBy(12.dp)) {
                Says(words(Word.ForwardAsk, words.text(line), chosen.title.orEmpty()))
                Act(words(Word.ForwardGo), modifier = Modifier.fillMaxWidth()) { acts.forward(line, chosen.id) }
            }
        }
    }
}

/** What an act is called where it has no words of its own. */
fun Words.act(kind: ActKind): String = when (kind) {
    ActKind.REPLY, ActKind.SEND, ActKind.SEND_NOW -> this(Word.Reply)
    ActKind.FORWARD -> this(Word.ForwardGo)
    ActKind.NOTE, ActKind.COACH -> this(Word.Note)
    ActKind.CLAIM -> this(Word.Claim)
    ActKind.ASSIGN, ActKind.TRANSFER -> this(Word.HandOver)
    ActKind.UNASSIGN -> this(Word.GiveBack)
    ActKind.RESOLVE -> this(Word.Resolve)
    ActKind.REOPEN -> this(Word.Reopen)
    ActKind.MARK_WAITING -> this(Word.WaitForCustomer)
    ActKind.SNOOZE -> this(Word.Snooze)
    ActKind.MARK_READ -> this(Word.IsRead)
    ActKind.MARK_UNREAD -> this(Word.MarkUnread)
    ActKind.RESEND -> this(Word.SendAgain)
    ActKind.MARK_SENT -> this(Word.ItArrived)
    ActKind.CANCEL -> this(Word.Discard)
    ActKind.FOLLOW -> this(Word.Follow)
    ActKind.UNFOLLOW -> this(Word.Unfollow)
    ActKind.BLOCK -> this(Word.Block)
    ActKind.UNBLOCK -> this(Word.Unblock)
    ActKind.LINK, ActKind.UNLINK -> this(Word.Contact)
    ActKind.NAME_CONTACT -> this(Word.Rename)
    ActKind.TAG, ActKind.SET_ATTRIBUTES, ActKind.SET_LANGUAGE -> this(Word.Contact)
    ActKind.SET_PRIORITY -> this(Word.Priority)
    ActKind.REMIND -> this(Word.Remind)
    ActKind.ACCEPT_OFFER -> this(Word.Accept)
    ActKind.DECLINE_OFFER -> this(Word.Decline)
}

/** Why something of this conversation did not leave. */
@Composable
fun Review.toldIn(state: TalkState): String =
    toldIn(Look.words, state.title ?: Look.words(Word.UnknownCustomer), state.names)

fun Review.toldIn(words: Words, title: String, names: Names): String =
    told(title, names).say(words)
