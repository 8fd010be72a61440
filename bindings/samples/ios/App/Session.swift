import Baton
import BatonApple
import Foundation

/// The one core of the app's process, and what the screens do with it.
@MainActor
final class Session {
    let client: any BatonClient
    let server: String
    /// Tells the core of the app's life.
    let life: AppLife
    private var composing: Task<Void, any Error>?

    init(server: String) throws {
        self.server = server
        client = try CoreClient(try Device.config(server: server), keys: Device.keys())
        life = AppLife(client: client)
    }

    /// There is another core from now on, or none.
    func ends() async {
        let client = client
        // It may take two seconds, which no screen waits for.
        await Task.detached { client.shutdown() }.value
    }

    /// Tells what there is to show: now, and whenever that changes. A session may end, a device be
    /// revoked, and what it holds be locked, while its agent looks at the inbox.
    func follows(_ tell: (Showing) -> Void) async {
        let events = client.events()
        if let standing = try? await client.standing() { tell(standing.showing) }
        for await event in events {
            switch event {
            case .standing(let standing): tell(standing.showing)
            case .wiped: tell(.signIn)
            default: break
            }
        }
    }

    /// A key was pressed.
    func types(_ text: String, in conversation: String) {
        _ = inOrder { [client] in try await client.typing(text, isNote: false, in: conversation) }
    }

    /// What the list of a conversation's screen needs of an answer: what the agent sees is what
    /// the server holds it to.
    func reply(_ text: String, in conversation: String, on screen: TimelineList) async throws {
        let act = Act.reply(text: text, seen: screen.seen, quoted: nil)
        try await inOrder { [client] in try await client.act(act, in: conversation) }.value
    }

    /// One after another: calls that are not waited for may overtake each other, and a key that is
    /// told after the answer would bring that back as a draft.
    private func inOrder(
        _ call: @escaping @Sendable () async throws -> Void
    ) -> Task<Void, any Error> {
        let before = composing
        let next = Task {
            _ = await before?.result
            try await call()
        }
        composing = next
        return next
    }

    /// The agent sends a held answer after all, having seen what they had missed.
    func sendAnyway(_ item: OutboxItem, on screen: TimelineList) async throws {
        try await client.choose(.sendAnyway(seen: screen.seen), for: item.number)
    }
}

/// What there is to show.
enum Showing {
    /// Nothing but the way to sign in.
    case signIn
    /// Nothing before the server is heard.
    case locked
    case inbox
}

extension Standing {
    var showing: Showing {
        switch self {
        case .signedOut, .needsSignIn, .wiped: .signIn
        case .locked: .locked
        case .offline, .suspended, .connecting, .resuming, .live, .backoff, .incompatible: .inbox
        }
    }
}

/// Words for what the sample draws.
extension TimelineEntry {
    var words: String {
        switch self {
        case .line(let line): line.text ?? "…"
        case .note(let note): (note.coached == nil ? "Note: " : "Coaching: ") + (note.text ?? "…")
        case .moved(_, let to, _): "New number: " + (to ?? "the same")
        case .echo(let item): item.text ?? "\(item.kind)"
        }
    }

    /// What stands below it in small letters.
    var state: String {
        switch self {
        case .line(let line): line.problem ?? line.status.map { "\($0)" } ?? ""
        case .note, .moved: ""
        case .echo(let item):
            item.review?.detail
                ?? item.file.map { "\($0.sent) of \($0.bytes) bytes" } ?? "on its way"
        }
    }

    /// The act that needs its author, if it is one.
    var held: OutboxItem? {
        guard case .echo(let item) = self, item.stage == .needsReview else { return nil }
        return item
    }
}
