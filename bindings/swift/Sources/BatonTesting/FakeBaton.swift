import Baton
import Foundation

/// An act that the app handed in.
public struct TakenAct: Equatable, Sendable {
    public let conversation: String
    public let act: Act
    public let opId: String
}

/// A file that the app handed in.
public struct TakenFile: Equatable, Sendable {
    public let conversation: String
    public let file: OutgoingFile
    public let opId: String
}

/// What the server of a `FakeBaton` says where it alone can answer.
public struct FakeServer: Sendable {
    public var notices = NoticesPage(notices: [], unread: 0, before: nil)
    public var drafts: [KeptDraft] = []
    public var context: [ContextSource] = []
    public var files = CustomerFiles(files: [], next: nil)
    public var list = ServerList(rows: [], next: nil)
    public var found = ServerFound(customers: [], hits: [], next: nil)
    public var views: [SavedView] = []
    public var devices: [SignedInDevice] = []
    public var levels = PushLevels(level: .all)
    public var next: String?

    public init() {}
}

/// A client over memory, for tests and previews. It tells what the test gives it to who watches,
/// and records what the app asks. It decides nothing: an act changes no list until the test does.
///
///     let fake = FakeBaton()
///     fake.setInbox(Preview.rows)
///     let screen = InboxScreen(client: fake.client)
public final class FakeBaton: Sendable {
    /// What the app under test gets.
    public let client: any BatonClient
    private let core: FakeCore

    public init() {
        let core = FakeCore()
        client = CoreClient { listener in
            core.change { $0.listener = listener }
            return core
        }
        self.core = core
        tell(.standing(standing: .live))
    }

    /// What the server says where it alone can answer.
    public var server: FakeServer { core.read { $0.server } }

    /// Changes what the server says where it alone can answer.
    public func setServer(_ server: FakeServer) { core.change { $0.server = server } }

    /// The acts that the app handed in, oldest first.
    public var acts: [TakenAct] { core.read { $0.acts } }

    /// The files that the app handed in, oldest first.
    public var files: [TakenFile] { core.read { $0.files } }

    /// Names of the other calls, oldest first, as `foreground`.
    public var calls: [String] { core.read { $0.calls } }

    /// Makes every call fail; nil lets them work again.
    public func fail(_ error: CoreError?) { core.change { $0.failure = error } }

    /// Makes the next call of this name fail, as `act`; those after it work.
    public func failOnce(_ call: String, _ error: CoreError) {
        core.change { $0.failures[call] = error }
    }

    /// Sets colleagues, teams and channels, and tells that they changed.
    public func setPeople(_ people: People) {
        core.change { $0.people = people }
        tell(.people)
    }

    /// Sets the draft of a conversation, as if it had been typed before; nil removes it.
    public func setDraft(_ conversation: String, _ draft: Draft?) {
        core.change { $0.drafts[conversation] = draft }
    }

    /// The drafts that the app handed in, by conversation.
    public var drafts: [String: Draft] { core.read { $0.drafts } }

    /// The choices that the app made for acts in review, by number, oldest first.
    public var choices: [(number: UInt64, choice: Choice)] { core.read { $0.choices } }

    /// The channel whose templates were asked for last.
    public var templatesOf: String? { core.read { $0.templatesOf } }

    /// Replaces the rows of an inbox, or of every inbox that has no rows of its own.
    public func setInbox(_ rows: [InboxRow], view: InboxView? = nil) {
        core.changeLists { $0.inboxes[view] = rows }
    }

    /// Replaces the lines of a conversation.
    public func setTimeline(_ conversation: String, _ entries: [TimelineEntry]) {
        core.changeLists { $0.timelines[conversation] = entries }
    }

    /// Replaces the header of a conversation; nil where the agent may not see it.
    public func setHeader(_ conversation: String, _ header: Header?) {
        core.changeLists { $0.headers[conversation] = header }
    }

    /// Replaces the numbers on the icon.
    public func setBadge(_ badge: Badge) { core.changeLists { $0.badge = badge } }

    /// Replaces the acts that the server has not confirmed.
    public func setOutbox(_ items: [OutboxItem]) {
        core.change { $0.items = items }
        let review = items.filter { $0.stage == .needsReview }.count
        tell(.outbox(shown: items, gone: [], needsReview: UInt32(review)))
    }

    /// Sets the state of the core.
    public func setStanding(_ standing: Standing) {
        core.change { $0.state = standing }
        tell(.standing(standing: standing))
    }

    /// Sets the signed-in agent; nil for nobody.
    public func setSignedIn(_ who: SignedIn?) { core.change { $0.who = who } }

    /// Sets whether pushes reach this device.
    public func setPushState(_ state: PushState) { core.setPushState(state) }

    /// Sets the bytes of every file of a line.
    public func setFile(_ content: Data) { core.change { $0.loaded = content } }

    /// Sets what `elsewhere` returns.
    public func setElsewhere(_ rows: [InboxRow]) { core.change { $0.elsewhere = rows } }

    /// Sets what `episodes` returns.
    public func setEpisodes(_ episodes: [Episode]) { core.change { $0.episodes = episodes } }

    /// Sets what `templates` returns.
    public func setTemplates(_ templates: [Template]) { core.change { $0.templates = templates } }

    /// Sets what `handlePush` returns.
    public func answerPushes(_ outcome: PushOutcome) { core.change { $0.outcome = outcome } }

    /// Sets what `answerNotification` returns.
    public func answerNotifications(_ outcome: AnswerOutcome) {
        core.change { $0.answered = outcome }
    }

    /// Tells the app an event.
    public func tell(_ event: Event) { try? core.read { $0.listener }?.onEvent(event: event) }
}
