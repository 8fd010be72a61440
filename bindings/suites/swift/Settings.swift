import Baton
import Foundation

// Scenario 44: what the team set up, from the device.

func settings(_ stage: Stage) async throws {
    let ana = try await stage.phone("ana")
    let (reply, tag) = (freshOpId(), freshOpId())
    let word = "w\(freshOpId().suffix(8))"
    let everyone: [String: Any] = ["kind": "workspace"]

    func puts(_ changes: [[String: Any]]) async throws {
        try await ana.world.ask(
            "/rest", ["who": "admin", "method": "POST", "path": "/settings", "body": changes])
    }
    func ofReply(_ text: String, _ more: [String: Any] = [:]) -> [String: Any] {
        let body = ["shortcut": word, "title": "Opening hours", "text": text]
        let put: [String: Any] = ["home": everyone, "body": body]
        let change: [String: Any] = ["kind": "canned_reply", "id": reply, "put": put]
        return change.merging(more) { _, new in new }
    }
    func says(_ text: String) async throws {
        try await until("the canned reply says \(text)") {
            try await ana.client.cannedReplies("/" + word.prefix(6)).map(\.text) == [text]
        }
    }
    let named: [String: Any] = ["home": everyone, "body": ["name": word]]
    try await puts([ofReply("Open until six."), ["kind": "tag", "id": tag, "put": named]])
    try await says("Open until six.")
    try await until("the app is told") { ana.events.all.contains(.settings) }
    let tags = try await ana.client.tags()
    try check(tags.contains { $0.id == tag }, "the tag is not there")
    guard let team = try await ana.client.people().teams.first?.id else { throw Failed("no team") }
    let undo = try await ana.client.teamPolicy(of: team).undoS
    try check(undo == 0, "somebody set the policy")
    let outcomes = try await ana.client.outcomes(of: team).list
    try check(outcomes.isEmpty, "somebody set outcomes")
    try await ana.world.ask("/cut", ["way": ana.way, "mode": "refuse"])
    try ana.restarts()
    try await ana.client.network(isUp: false)
    try await ana.client.foreground()
    try await says("Open until six.")
    let found = try await ana.client.cannedReplies("nothing like it")
    try check(found.isEmpty, "it is found by any word")
    try await puts([
        ofReply("Open until eight.", ["expect": 1]), ["kind": "tag", "id": tag, "expect": 1],
    ])
    try await ana.world.ask("/cut", ["way": ana.way, "mode": "pass"])
    try await ana.comesUp()
    try await says("Open until eight.")
    try await until("the tag is gone") {
        try await !ana.client.tags().contains { $0.id == tag }
    }
}
