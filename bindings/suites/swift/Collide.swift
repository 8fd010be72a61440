import Baton
import Foundation

/// One of two agents, on phones of two languages, in one conversation. It signs in, shows the
/// conversation and says `ready`. Then it does what it is told, a line at a time on its standard
/// input, and says one line for each:
///
///     type      types TEXT                        typed HOLD       mine, theirs
///     reply     replies TEXT to what it shows     kept
///     wait      until the reply went or is held   sent | held CODE MISSED…
///     anyway    sends the held reply anyway       chosen
///     lines     what it shows                     lines TEXT|TEXT|…
///     quit                                        bye
///
/// What fails is said as `failed WHY`, and ends it with 1.
func collide(_ world: World, _ role: (who: String, conversation: String, text: String)) async {
    do {
        let stage = try Stage(world, 37)
        defer { stage.end() }
        try await Collider(stage, role).obeys()
    } catch {
        print("failed \(error)")
        exit(1)
    }
}

private final class Collider {
    private let phone: Phone
    private let role: (who: String, conversation: String, text: String)
    private let lines: Told<TimelineList>
    private var reply: Kept?

    init(_ stage: Stage, _ role: (who: String, conversation: String, text: String)) async throws {
        self.role = role
        phone = try await stage.phone(role.who)
        try await phone.client.viewing(role.conversation)
        lines = try await phone.timeline(role.conversation)
    }

    func obeys() async throws {
        _ = try await seen()
        print("ready")
        while let told = readLine()?.trimmingCharacters(in: .whitespaces) {
            if told.isEmpty { continue }
            print(try await does(told))
            if told == "quit" { return }
        }
    }

    private func does(_ told: String) async throws -> String {
        switch told {
        case "type": return try await types()
        case "reply":
            let act = Act.reply(text: role.text, seen: try await seen(), quoted: nil)
            reply = try await phone.client.act(act, in: role.conversation)
            return "kept"
        case "wait": return try await waits()
        case "anyway":
            guard let reply else { throw Failed("nothing was replied") }
            try await phone.client.choose(.sendAnyway(seen: try await seen()), for: reply.number)
            return "chosen"
        case "lines":
            let texts = lines.latest?.entries.compactMap { entry -> String? in
                guard case .line(let line) = entry else { return nil }
                return line.text
            }
            return "lines " + (texts ?? []).joined(separator: "|")
        case "quit": return "bye"
        default: throw Failed("there is no \(told)")
        }
    }

    private func seen() async throws -> SeenLine {
        try await until("the conversation is shown") { lines.latest?.seen }
    }

    private func types() async throws -> String {
        try await phone.client.typing(role.text, isNote: false, in: role.conversation)
        return try await until("it is known who composes") {
            switch try await phone.client.hold(in: role.conversation) {
            case .mine: "typed mine"
            case .theirs: "typed theirs"
            case .nobody, .unknown: nil
            }
        }
    }

    private func waits() async throws -> String {
        guard let reply else { throw Failed("nothing was replied") }
        return try await until("the reply went or is held", within: 90) {
            guard let item = try await phone.item(reply.number) else { return "sent" }
            guard item.stage == .needsReview, let review = item.review else { return nil }
            let missed = review.missed.map { $0.text ?? "" }.joined(separator: "|")
            return "held \(review.code) \(missed)"
        }
    }
}
