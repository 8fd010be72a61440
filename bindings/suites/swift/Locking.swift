import Baton
import Foundation

// Scenario 34: a phone that did not hear its server for too long.

func locked(_ stage: Stage) async throws {
    let customer = stage.customer()
    let said = try await customer.writes("hello")
    let ana = try await stage.phone("ana")
    let lines = try await ana.timeline(said.conversation)
    try await lines.shows(said.seen)
    try await ana.client.network(isUp: false)
    let reply = Act.reply(text: "what waits", seen: said.seen, quoted: nil)
    let kept = try await ana.client.act(reply, in: said.conversation)
    try ana.restarts(lockAfterS: 1)
    try await ana.client.foreground()
    _ = try await isLocked(ana)
    try ana.restarts(lockAfterS: 1)
    _ = try await isLocked(ana)
    try await ana.client.foreground()
    let inbox = try await isLocked(ana)
    try await ana.comesUp()
    try await until("the inbox is there") {
        inbox.latest?.rows.contains { $0.id == said.conversation } ?? false
    }
    try await ana.isGone(kept)
    try await customer.gets("what waits")
    try check(try await customer.reached() == ["what waits"], "the customer got more")
    try check(shown(to: ana).contains("what waits"), "told again is \(shown(to: ana))")
    guard let device = try await ana.client.signedIn()?.device else { throw Failed("no device") }
    ana.client.shutdown()
    try await stage.world.ask("/revoke", ["device": device])
    try ana.restarts(lockAfterS: 1)
    try await ana.client.foreground()
    _ = try await isLocked(ana)
    try ana.restarts(lockAfterS: 1)
    try await ana.client.foreground()
    _ = try await isLocked(ana)
    try await ana.client.network(isUp: true)
    try await until("told that it is wiped") { ana.events.all.contains(.wiped) }
    try check(shown(to: ana).isEmpty, "shown was \(shown(to: ana))")
}

/// Texts of acts that the app was told of.
private func shown(to phone: Phone) -> [String?] {
    phone.events.all.flatMap { event -> [String?] in
        guard case .outbox(let shown, _, _) = event else { return [] }
        return shown.map(\.text)
    }
}

/// Nothing of what the phone holds is to be had.
private func isLocked(_ phone: Phone) async throws -> Told<InboxList> {
    let client = phone.client
    try await until("it is locked") { try await client.standing() == .locked }
    let inbox = try await phone.inbox()
    let told = try await until("the inbox is told") { inbox.latest }
    try check(told.rows.isEmpty, "shown are \(told.rows)")
    let some = freshOpId()
    let calls: [() async throws -> Void] = [
        { _ = try await client.outbox() },
        { _ = try await client.unsent() },
        { _ = try await client.people() },
        { _ = try await client.draft(in: some) },
        { _ = try await client.act(.note(text: "a note", mentions: []), in: some) },
        { _ = try await client.inbox(.search(text: "hello")) },
    ]
    for call in calls {
        do {
            try await call()
        } catch BatonError.locked {
            continue
        }
        throw Failed("what is held is to be had")
    }
    try check(inbox.all.allSatisfy(\.rows.isEmpty), "shown later are \(inbox.all)")
    return inbox
}
