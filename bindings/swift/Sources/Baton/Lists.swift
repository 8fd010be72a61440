import Foundation

/// One step from a list to the next. Positions are those of the list as the steps before it left
/// it, from 0.
public enum ListStep<Item: Sendable>: Sendable {
    /// All items go, and these are the list. A longer one goes on by `append`.
    case reset([Item])
    /// These come after the last.
    case append([Item])
    /// These come before the one at this position.
    case insert(at: Int, [Item])
    /// The one at this position is the same thing, and is to be drawn like this.
    case set(at: Int, Item)
    /// So many go, from this position on.
    case remove(at: Int, count: Int)
    /// One goes elsewhere: it is taken out, and then put in.
    case move(from: Int, to: Int)
    /// All from this position on go.
    case truncate(to: Int)
}

/// A step that does not fit the list it was applied to: they are not of one subscription, or one
/// was missed.
public struct UnfitStep: Error, Equatable, Sendable {}

extension Array where Element: Sendable {
    /// Applies steps, one after the other. When one does not fit, those before it are applied.
    public mutating func apply(_ steps: some Sequence<ListStep<Element>>) throws(UnfitStep) {
        for step in steps { try apply(step) }
    }

    private mutating func apply(_ step: ListStep<Element>) throws(UnfitStep) {
        switch step {
        case .reset(let items):
            self = items
        case .append(let items):
            append(contentsOf: items)
        case .insert(let at, let items):
            guard (0...count).contains(at) else { throw UnfitStep() }
            insert(contentsOf: items, at: at)
        case .set(let at, let item):
            guard indices.contains(at) else { throw UnfitStep() }
            self[at] = item
        case .remove(let at, let gone):
            guard at >= 0, gone >= 0, at <= count, gone <= count - at else { throw UnfitStep() }
            removeSubrange(at..<at + gone)
        case .move(let from, let to):
            guard indices.contains(from), indices.contains(to) else { throw UnfitStep() }
            insert(remove(at: from), at: to)
        case .truncate(let left):
            guard (0...count).contains(left) else { throw UnfitStep() }
            removeSubrange(left...)
        }
    }
}

/// Something that is told bit by bit, and is whole after each batch.
public protocol Observed: Sendable {
    /// As it is before anything was told.
    init()
    /// Takes in what was told.
    mutating func take(_ batch: ListBatch) throws
}

/// An inbox.
public struct InboxList: Observed, Equatable {
    /// As they are drawn, from the top.
    public private(set) var rows: [InboxRow] = []
    /// Conversations in the list, shown or not.
    public private(set) var total: UInt64 = 0
    /// Lines not read in all of them.
    public private(set) var unread: UInt64 = 0
    /// Whether there is more than is shown.
    public private(set) var hasMore = false
    /// Grows with every batch.
    public private(set) var revision: UInt64 = 0

    public init() {}

    public mutating func take(_ batch: ListBatch) throws {
        guard case .inbox(let revision, let steps, let total, let unread, let hasMore) = batch
        else { throw UnfitStep() }
        try rows.apply(steps.map(ListStep.init))
        (self.revision, self.total) = (revision, total)
        (self.unread, self.hasMore) = (unread, hasMore)
    }
}

/// The lines of a conversation, with notes, and what the agent did and is not there so far.
public struct TimelineList: Observed, Equatable {
    /// From the oldest to the newest.
    public private(set) var entries: [TimelineEntry] = []
    /// What comes before.
    public private(set) var older: OlderLines = .nothing
    /// Number of the first line shown; 0 when none is.
    public private(set) var firstSeq: UInt64 = 0
    /// What somebody who looks at these lines has seen: to be given with an act. It is the line that
    /// came in last, which a customer's clock may have put before another; none without lines.
    public private(set) var seen: SeenLine?
    /// Whether there are newer lines than are shown.
    public private(set) var hasNewer = false
    /// Whether its lines may be seen at all.
    public private(set) var isFull = true
    /// Grows with every batch.
    public private(set) var revision: UInt64 = 0

    public init() {}

    public mutating func take(_ batch: ListBatch) throws {
        guard
            case .timeline(
                let revision, let steps, let older, let firstSeq, let seen, let hasNewer,
                let isFull) = batch
        else { throw UnfitStep() }
        try entries.apply(steps.map(ListStep.init))
        (self.revision, self.older, self.hasNewer) = (revision, older, hasNewer)
        (self.firstSeq, self.seen, self.isFull) = (firstSeq, seen, isFull)
    }
}

/// What stands above a conversation.
public struct HeaderOf: Observed, Equatable {
    /// None for a conversation that is not held.
    public private(set) var header: Header?

    public init() {}

    public mutating func take(_ batch: ListBatch) throws {
        guard case .header(let header) = batch else { throw UnfitStep() }
        self.header = header
    }
}

/// The numbers on the icon and tabs.
public struct BadgeOf: Observed, Equatable {
    /// None before it was told.
    public private(set) var badge: Badge?

    public init() {}

    public mutating func take(_ batch: ListBatch) throws {
        guard case .badge(let badge) = batch else { throw UnfitStep() }
        self.badge = badge
    }
}

extension ListStep<InboxRow> {
    /// A step as the core tells it.
    public init(_ step: InboxStep) {
        switch step {
        case .reset(let items): self = .reset(items)
        case .append(let items): self = .append(items)
        case .insert(let at, let items): self = .insert(at: Int(at), items)
        case .set(let at, let item): self = .set(at: Int(at), item)
        case .remove(let at, let count): self = .remove(at: Int(at), count: Int(count))
        case .move(let from, let to): self = .move(from: Int(from), to: Int(to))
        case .truncate(let len): self = .truncate(to: Int(len))
        }
    }
}

extension ListStep<TimelineEntry> {
    /// A step as the core tells it.
    public init(_ step: TimelineStep) {
        switch step {
        case .reset(let items): self = .reset(items)
        case .append(let items): self = .append(items)
        case .insert(let at, let items): self = .insert(at: Int(at), items)
        case .set(let at, let item): self = .set(at: Int(at), item)
        case .remove(let at, let count): self = .remove(at: Int(at), count: Int(count))
        case .move(let from, let to): self = .move(from: Int(from), to: Int(to))
        case .truncate(let len): self = .truncate(to: Int(len))
        }
    }
}

extension InboxRow: Identifiable {}
extension OutboxItem: Identifiable {
    public var id: UInt64 { number }
}
extension TimelineEntry: Identifiable {
    /// An act keeps its name when it becomes a line or a note, so that views keep their place.
    public var id: String {
        switch self {
        case .line(let line): line.opId ?? line.seen.id
        case .note(let note): note.opId
        case .moved(_, _, let atMs): "moved \(atMs)"
        case .echo(let item): item.opId
        }
    }
}
