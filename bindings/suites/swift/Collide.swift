import Baton
import Foundation

/// One of two agents who answer the same turn. Says `ready` when it shows the conversation and has
/// typed, answers when a line comes in, and says what became of it: `sent`, or
/// `review CODE missed TEXT`.
func collide(_ world: World, _ role: (who: String, conversation: String, text: String)) async {
    do {
        let stage = try Stage(world, 31)
        defer { stage.end() }
        let phone = try await stage.phone(role.who)
        let lines = try await phone.timeline(role.conversation)
        let seen = try await until("a line in the timeline") { lines.latest?.seen }
        try await phone.client.shows(role.conversation)
        try await phone.client.types(role.text, in: role.conversation)
        print("ready")
        _ = readLine()
        let act = Act.reply(text: role.text, seen: seen, quoted: nil)
        let kept = try await phone.client.act(act, in: role.conversation)
        let said = try await until("what became of it", within: 90) { () -> String? in
            guard let item = try await phone.item(kept.number) else { return "sent" }
            guard item.stage == .needsReview, let review = item.review else { return nil }
            let missed = review.missed.map { $0.text ?? "" }.joined(separator: " | ")
            return "review \(review.code) missed \(missed)"
        }
        print(said)
    } catch {
        print("FAILED: \(error)")
        exit(1)
    }
}
