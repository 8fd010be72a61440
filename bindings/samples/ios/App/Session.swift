import Baton
import Foundation

/// The one core of the app's process, and what the app tells it of its life.
@MainActor
final class Session {
    let client: BatonClient

    init(server: String) throws {
        client = try BatonClient(try Device.config(server: server), keys: Device.keys())
    }

    /// The app is looked at. `isUp` comes from the platform's path monitor.
    func appears(isUp: Bool = true) async throws {
        try await client.network(isUp: isUp)
        try await client.foreground()
    }

    /// The app is left: inside a background task of the platform. First what waits is sent, then
    /// everything is closed, so that the system finds no lock when it suspends the app.
    func leaves() async throws {
        try await client.flush(deadlineMs: 5_000)
        try await client.background(deadlineMs: 5_000)
    }

    /// What the list of a conversation's screen needs of an answer: what the agent sees is what
    /// the server holds it to.
    func reply(_ text: String, in conversation: String, on screen: TimelineList) async throws {
        try await client.act(
            .reply(text: text, seen: screen.seen, quoted: nil), in: conversation)
    }

    /// The agent sends a held answer after all, having seen what they had missed.
    func sendAnyway(_ item: OutboxItem, on screen: TimelineList) async throws {
        try await client.choose(.sendAnyway(seen: screen.seen), for: item.number)
    }
}

/// Words for what the sample draws.
extension TimelineEntry {
    var words: String {
        switch self {
        case .line(let line): line.text ?? "…"
        case .note(let note): "Note: " + (note.text ?? "…")
        case .echo(let item): item.text ?? item.kind
        }
    }

    /// What stands below it in small letters.
    var state: String {
        switch self {
        case .line(let line): line.problem ?? line.status ?? ""
        case .note: ""
        case .echo(let item): item.review?.detail ?? "on its way"
        }
    }

    /// The act that needs its author, if it is one.
    var held: OutboxItem? {
        guard case .echo(let item) = self, item.stage == .needsReview else { return nil }
        return item
    }
}
