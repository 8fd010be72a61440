import Baton
import Foundation

// Scenarios 44, 51 and 52: what the team set up, from the device, and what an agent does with it.

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

func desksTools(_ stage: Stage) async throws {
    let ana = try await stage.phone("ana")
    let customer = stage.customer()
    let said = try await customer.writes("Hello")
    let timeline = try await ana.timeline(said.conversation)
    try await timeline.shows(said.seen)
    let inbox = try await ana.inbox()
    let team = try await until("the row is there") {
        inbox.latest?.rows.first { $0.id == said.conversation }?.team
    }
    let (tag, plan, reply, sold) = (freshOpId(), freshOpId(), freshOpId(), freshOpId())
    let word = "w\(freshOpId().suffix(8))"
    let everyone: [String: Any] = ["kind": "workspace"]

    func puts(_ changes: [[String: Any]]) async throws {
        try await ana.world.ask(
            "/rest", ["who": "admin", "method": "POST", "path": "/settings", "body": changes])
    }
    func made(
        _ kind: String, _ id: String, _ body: [String: Any], _ home: [String: Any]
    ) -> [String: Any] {
        ["kind": kind, "id": id, "put": ["home": home, "body": body] as [String: Any]]
    }
    let ends: [[String: Any]] = [["id": sold, "name": "Sold"]]
    let then: [[String: Any]] = [
        ["do": "tag", "tag": tag], ["do": "resolve", "outcome": "Sold"],
    ]
    let text = "Plan {{customer.\(word)}}"
    try await puts([
        made("tag", tag, ["name": word], everyone),
        made("attribute", plan, ["key": word, "name": word], everyone),
        made(
            "outcomes", team, ["ask": "offered", "list": ends],
            ["kind": "team", "id": team] as [String: Any]),
        made(
            "canned_reply", reply,
            ["shortcut": word, "title": word, "text": text, "then": then], everyone),
    ])
    let canned = try await until("the canned reply is known") {
        try await ana.client.cannedReplies("/" + word).first
    }
    try check(canned.version == 1 && canned.then.count == 2, "it is \(canned)")
    try await until("the outcome is known") {
        try await !ana.client.outcomes(of: team).list.isEmpty
    }
    try await ana.client.network(isUp: false)
    let field = ContactField(attribute: plan, value: .text(text: "Gold"))
    try await ana.client.act(
        .setAttributes(set: [field], clear: []), in: said.conversation, opId: nil)
    let values = cannedValues(fields: [field], attributes: try await ana.client.attributes())
    let filled = fillCanned(text: canned.text, values: values, names: nil)
    try check(filled.text == "Plan Gold" && filled.blanks.isEmpty, "filled in: \(filled)")
    let message = CannedMessage(
        text: filled.text, seen: said.seen, reply: reply, version: 1)
    let kept = try await ana.client.send(
        canned: message, in: said.conversation, of: team, then: canned.then)
    try check(kept.count == 3, "kept are \(kept)")
    try ana.restarts()
    try await ana.client.foreground()
    try await ana.comesUp()
    try await customer.gets("Plan Gold")
    let header = try await ana.header(said.conversation)
    try await until("field and tag are there") {
        header.latest?.header?.fields == [field] && header.latest?.header?.tags == [tag]
    }
    let list = try await ana.inbox()
    try await until("the row has the tag") {
        list.latest?.rows.first { $0.id == said.conversation }?.tags == [tag]
    }
    try await until("the episode ended with the outcome") {
        try await ana.client.episodes(of: said.conversation).map(\.outcome) == ["Sold"]
    }
    try await puts([["kind": "outcomes", "id": team, "expect": 1]])
}

func takenBack(_ stage: Stage) async throws {
    let ana = try await stage.phone("ana")
    let customer = stage.customer()
    let said = try await customer.writes("Hello")
    let inbox = try await ana.inbox()
    let team = try await until("the row is there") {
        inbox.latest?.rows.first { $0.id == said.conversation }?.team
    }
    func puts(_ more: [String: Any]) async throws {
        let change: [String: Any] = ["kind": "team_policy", "id": team]
        let changes = [change.merging(more) { _, new in new }]
        try await ana.world.ask(
            "/rest", ["who": "admin", "method": "POST", "path": "/settings", "body": changes])
    }
    let home: [String: Any] = ["kind": "team", "id": team]
    try await puts(["put": ["home": home, "body": ["undo_s": 10]] as [String: Any]])
    try await until("the policy is known") {
        try await ana.client.teamPolicy(of: team).undoS == 10
    }
    var left: [String] = []
    // On a slow day the next core comes too late for a message, which then has to leave.
    for text in ["At ten", "At half past ten", "At eleven"] {
        let line = try await waitingLine(ana, said.conversation, text)
        try await ana.client.network(isUp: false)
        try await ana.client.act(.cancel(message: line), in: said.conversation)
        try ana.restarts()
        try await ana.client.foreground()
        try await ana.comesUp()
        let timeline = try await ana.timeline(said.conversation)
        let status = try await until("it left or is cancelled") {
            timeline.lines().first { $0.id == line }?.status.flatMap { status in
                status == .queued || status == .sending ? nil : status
            }
        }
        if status == .cancelled { break }
        left.append(text)
    }
    try check(left.count < 3, "no message was taken back in time")
    let line = try await waitingLine(ana, said.conversation, "At noon")
    try await ana.client.act(.sendNow(message: line), in: said.conversation)
    try await customer.gets("At noon")
    let reached = try await customer.reached()
    try check(reached == left + ["At noon"], "the customer got \(reached)")
    try await puts(["expect": 1])
}

/// Sends a text, which waits at the server until it leaves; gives its line.
private func waitingLine(
    _ phone: Phone, _ conversation: String, _ text: String
) async throws -> String {
    let timeline = try await phone.timeline(conversation)
    let seen = try await until("a line is there") { timeline.latest?.seen }
    try await phone.client.act(.reply(text: text, seen: seen), in: conversation)
    return try await until("\(text) waits") {
        timeline.lines().first { $0.text == text && $0.leavesAtMs != nil }?.id
    }
}
