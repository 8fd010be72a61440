import Baton
import Foundation

/// Realistic values for tests and previews.
public enum Preview {
    /// The agent whose phone it is.
    public static let me = "00000000-0000-7000-8000-00000000a0a0"
    /// A colleague.
    public static let colleague = "00000000-0000-7000-8000-00000000be00"
    /// The first conversation of `rows`.
    public static let conversation = id(1)

    /// Three conversations: one of this agent that waits, a colleague's, and one nobody took.
    public static let rows: [InboxRow] = [
        row(1, "Marta Ruiz", .agent(agent: me), "Has my order left?", unread: 2, tags: [id(93)]),
        row(2, "Bakery Sol", .agent(agent: colleague), "Thank you!", isCustomers: false),
        row(3, "+34 600 000 003", .queue(team: "team"), "Are you open today?", unread: 1),
    ]

    /// One reply that waits, and a document half of which is sent.
    public static let outbox: [OutboxItem] = [
        OutboxItem(
            number: 1, opId: id(80), conversation: conversation, kind: .reply,
            text: "Yes, this morning.", createdAtMs: noon, stage: .waiting, behind: nil,
            isClaiming: false, review: nil),
        OutboxItem(
            number: 2, opId: id(81), conversation: conversation, kind: .send,
            text: nil, createdAtMs: noon, stage: .waiting, behind: nil,
            isClaiming: false, review: nil,
            file: OutboxFile(
                kind: .document, mediaType: "application/pdf", name: "label.pdf",
                bytes: 800_000, sent: 400_000)),
    ]

    /// A template that can be sent, with one variable.
    public static let template = Template(
        name: "order_update", language: "en", status: .approved, category: "utility",
        header: nil, body: "Your order {{1}} has left.", footer: nil, buttons: [])

    /// The first conversation: texts, a picture, a note, and a reply on its way.
    public static let timeline: [TimelineEntry] = [
        line(1, .customer, .text(text: "Hello! Where is my order?")),
        line(2, .agent(id: me, isMe: true), .text(text: "I will look."), .read),
        line(
            3, .customer,
            .media(kind: .image, caption: "The label", mediaType: "image/jpeg", name: nil, link: nil)),
        .note(
            note: Note(
                id: id(90), author: colleague, isMine: false, atMs: noon,
                text: "It left this morning.", opId: id(91))),
        line(4, .customer, .text(text: "Has my order left?")),
        .echo(item: outbox[0]),
    ]

    /// A canned reply of the team.
    public static let cannedReplies = [
        CannedReply(
            id: id(92), home: .workspace, shortcut: "hello", title: "A greeting",
            text: "Hello! How can we help?", notes: false, languages: [], then: []),
    ]

    /// Two tags.
    public static let tags = [
        ConversationTag(
            id: id(93), name: "Urgent", colour: "red", lasting: false, group: nil,
            oneOfGroup: false, mergedInto: nil, setBy: .anyone),
        ConversationTag(
            id: id(94), name: "Wholesale", colour: "blue", lasting: true, group: nil,
            oneOfGroup: false, mergedInto: nil, setBy: .supervisors),
    ]

    /// What a team has that set nothing.
    public static let policy = TeamPolicy(
        undoS: 0, guests: .ownerAndSupervisors, fromQueue: .any, handoverNote: .optional,
        approval: [])

    /// The header of the first conversation.
    public static let header = Header(
        id: conversation, title: "Marta Ruiz", owner: .agent(agent: me), ownerEpoch: 1,
        isOwnerOnline: true, status: .open, unread: 2, unansweredSinceMs: noon,
        windowUntilMs: noon + 60 * minute, hold: .nobody, colleagueDraft: nil,
        viewers: [colleague], tags: [id(93)], own: Own(waiting: 1, needsReview: 0, isClaiming: false))

    /// The numbers that fit the rows.
    public static let badge = Badge(mine: 1, unread: 3, unassigned: 1, needsReview: 0)

    private static let noon: Int64 = 1_767_268_800_000
    private static let minute: Int64 = 60_000

    static func id(_ number: Int) -> String {
        let digits = String(number)
        let zeros = String(repeating: "0", count: 12 - digits.count)
        return "00000000-0000-7000-8000-" + zeros + digits
    }

    private static func row(
        _ number: Int, _ title: String, _ owner: Owner, _ preview: String, unread: UInt64 = 0,
        isCustomers: Bool = true, tags: [String] = []
    ) -> InboxRow {
        let at = noon - Int64(number) * minute
        return InboxRow(
            id: id(number), title: title, team: "team", channel: "channel", owner: owner,
            ownerEpoch: 1, status: .open, unansweredSinceMs: unread > 0 ? at : nil,
            activityAtMs: at, preview: preview, previewFromCustomer: isCustomers,
            unread: unread, windowUntilMs: noon + 60 * minute, tags: tags,
            own: Own(waiting: 0, needsReview: 0, isClaiming: false), hasDraft: false, hit: nil)
    }

    private static func line(
        _ seq: Int, _ author: LineAuthor, _ content: LineContent, _ status: LineStatus? = nil
    ) -> TimelineEntry {
        let text: String? =
            switch content {
            case .text(let text): text
            case .media(_, let caption, _, _, _): caption
            default: nil
            }
        let seen = SeenLine(seq: UInt64(seq), id: id(10 + seq))
        return .line(
            line: Line(
                id: seen.id, seq: seen.seq, seen: seen, author: author, content: content,
                text: text, file: nil, quoted: nil, atMs: noon + Int64(seq) * minute,
                status: status, problem: nil, opId: nil, reactions: [], edited: nil))
    }
}
