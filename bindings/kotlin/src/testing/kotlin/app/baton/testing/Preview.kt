// Realistic values for tests and previews.

package app.baton.testing

import app.baton.core.ActKind
import app.baton.core.Availability
import app.baton.core.Badge
import app.baton.core.CannedReply
import app.baton.core.Colleague
import app.baton.core.GuestPolicy
import app.baton.core.HandoverNote
import app.baton.core.Header
import app.baton.core.Hold
import app.baton.core.InboxRow
import app.baton.core.Line
import app.baton.core.LineAuthor
import app.baton.core.LineContent
import app.baton.core.LineStatus
import app.baton.core.MediaKind
import app.baton.core.Named
import app.baton.core.Note
import app.baton.core.OutboxFile
import app.baton.core.OutboxItem
import app.baton.core.Own
import app.baton.core.Owner
import app.baton.core.People
import app.baton.core.QueuePolicy
import app.baton.core.SeenLine
import app.baton.core.SetBy
import app.baton.core.SettingHome
import app.baton.core.Stage
import app.baton.core.Status
import app.baton.core.ConversationTag
import app.baton.core.TeamPolicy
import app.baton.core.Template
import app.baton.core.TemplateStatus
import app.baton.core.TimelineEntry

private const val NOON = 1_767_268_800_000
private const val MINUTE = 60_000

object Preview {
    /** The agent whose phone it is. */
    const val ME = "00000000-0000-7000-8000-00000000a0a0"

    /** A colleague. */
    const val COLLEAGUE = "00000000-0000-7000-8000-00000000be00"

    /** The first conversation of [rows]. */
    val conversation = id(1)

    /** Three conversations: one of this agent that waits, a colleague's, and one nobody took. */
    val rows: List<InboxRow> = listOf(
        row(1, "Marta Ruiz", Owner.Agent(ME), "Has my order left?", unread = 2u).copy(tags = listOf(id(91))),
        row(2, "Bakery Sol", Owner.Agent(COLLEAGUE), "Thank you!", isCustomers = false),
        row(3, "+34 600 000 003", Owner.Queue("team"), "Are you open today?", unread = 1u),
    )

    /** One reply that waits, and a document half of which is sent. */
    val outbox: List<OutboxItem> = listOf(
        OutboxItem(
            number = 1u, opId = id(80), conversation = conversation, kind = ActKind.REPLY,
            text = "Yes, this morning.", createdAtMs = NOON, stage = Stage.WAITING, behind = null,
            isClaiming = false, review = null,
        ),
        OutboxItem(
            number = 2u, opId = id(81), conversation = conversation, kind = ActKind.SEND,
            text = null, createdAtMs = NOON, stage = Stage.WAITING, behind = null,
            isClaiming = false, review = null,
            file = OutboxFile(
                kind = MediaKind.DOCUMENT, mediaType = "application/pdf", name = "label.pdf",
                bytes = 800_000u, sent = 400_000u,
            ),
        ),
    )

    /** A template that can be sent, with one variable. */
    val template = Template(
        name = "order_update", language = "en", status = TemplateStatus.APPROVED,
        category = "utility", header = null, body = "Your order {{1}} has left.", footer = null,
        buttons = emptyList(),
    )

    /** The first conversation: texts, a picture, a note, and a reply on its way. */
    val timeline: List<TimelineEntry> = listOf(
        line(1, LineAuthor.Customer, LineContent.Text("Hello! Where is my order?")),
        line(2, LineAuthor.Agent(ME, true), LineContent.Text("I will look."), LineStatus.READ),
        line(
            3, LineAuthor.Customer,
            LineContent.Media(MediaKind.IMAGE, "The label", "image/jpeg", null, null),
        ),
        TimelineEntry.Note(
            Note(id(90), COLLEAGUE, false, NOON, "It left this morning.", id(91)),
        ),
        line(4, LineAuthor.Customer, LineContent.Text("Has my order left?")),
        TimelineEntry.Echo(outbox.first()),
    )

    /** The header of the first conversation. */
    val header = Header(
        id = conversation, title = "Marta Ruiz", owner = Owner.Agent(ME), ownerEpoch = 1u,
        isOwnerOnline = true, status = Status.Open, unread = 2u, unansweredSinceMs = NOON,
        windowUntilMs = NOON + 60 * MINUTE, hold = Hold.Nobody, colleagueDraft = null,
        viewers = listOf(COLLEAGUE), tags = listOf(id(91)), own = Own(1u, 0u, false),
    )

    /** This agent and a colleague, their team, and its number. */
    val people = People(
        agents = listOf(
            Colleague(ME, "Inés Rojas", Availability.AVAILABLE, 1u, 8u, true, true),
            Colleague(COLLEAGUE, "Ben Adler", Availability.AVAILABLE, 3u, 8u, true, true),
        ),
        teams = listOf(Named("team", "Sales")),
        channels = listOf(Named("channel", "+34 600 000 000")),
    )

    /** A canned reply of the team. */
    val cannedReplies = listOf(
        CannedReply(
            id = id(90), home = SettingHome.Workspace, shortcut = "hello", title = "A greeting",
            text = "Hello! How can we help?", notes = false, languages = emptyList(), then = emptyList(),
        ),
    )

    /** Two tags. */
    val tags = listOf(
        ConversationTag(id(91), "Urgent", "red", false, null, false, null, SetBy.ANYONE),
        ConversationTag(id(92), "Wholesale", "blue", true, null, false, null, SetBy.SUPERVISORS),
    )

    /** What a team has that set nothing. */
    val policy = TeamPolicy(
        undoS = 0u, guests = GuestPolicy.OWNER_AND_SUPERVISORS, fromQueue = QueuePolicy.ANY,
        handoverNote = HandoverNote.OPTIONAL, approval = emptyList(),
    )

    /** The numbers that fit the rows. */
    val badge = Badge(mine = 1u, unread = 3u, unassigned = 1u, needsReview = 0u)

    internal fun id(number: Int) = "00000000-0000-7000-8000-%012d".format(number)

    private fun row(
        number: Int,
        title: String,
        owner: Owner,
        preview: String,
        unread: ULong = 0u,
        isCustomers: Boolean = true,
    ): InboxRow {
        val at = NOON - number * MINUTE
        return InboxRow(
            id = id(number), title = title, team = "team", channel = "channel", owner = owner,
            ownerEpoch = 1u, status = Status.Open,
            unansweredSinceMs = at.takeIf { unread > 0u }, activityAtMs = at, preview = preview,
            previewFromCustomer = isCustomers, unread = unread,
            windowUntilMs = NOON + 60 * MINUTE, own = Own(0u, 0u, false), hasDraft = false,
            hit = null,
        )
    }

    private fun line(
        seq: Int,
        author: LineAuthor,
        content: LineContent,
        status: LineStatus? = null,
    ): TimelineEntry {
        val text = (content as? LineContent.Text)?.text ?: (content as? LineContent.Media)?.caption
        val seen = SeenLine(seq.toULong(), id(10 + seq))
        return TimelineEntry.Line(
            Line(
                id = seen.id, seq = seen.seq, seen = seen, author = author, content = content,
                text = text, file = null, quoted = null, atMs = NOON + seq * MINUTE,
                status = status, problem = null, opId = null, reactions = emptyList(),
                edited = null,
            ),
        )
    }
}
