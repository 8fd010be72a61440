import Baton
import Foundation

// Scenario 31: what the log tells, and what it never does.

/// Takes records, and throws every time.
final class ThrowingSink: @unchecked Sendable {
    private let lock = NSLock()
    private var records: [LogRecord] = []
    var taken: [LogRecord] { lock.withLock { records } }

    func take(_ record: LogRecord) throws {
        lock.withLock { records.append(record) }
        throw Thrown()
    }
}

func logTells(_ stage: Stage) async throws {
    let sink = ThrowingSink()
    let ana = try await stage.freshPhone("ana")
    try ana.client.log(.debug) { try sink.take($0) }
    try await ana.signIn()
    try await ana.comesUp()
    try await ana.registersForPush()
    var personal = try secrets(ana.keys)
    let customer = stage.customer()
    let said = try await customer.writes("A secret of the customer")
    let lines = try await ana.timeline(said.conversation)
    try await lines.shows(said.seen)
    let answer = Act.reply(text: "An answer of Ana's", seen: said.seen, quoted: nil)
    let reply = try await ana.client.act(answer, in: said.conversation)
    let note = try await ana.client.act(.note(text: "A note of Ana's", mentions: []), in: said.conversation)
    try await ana.isGone(reply)
    try await ana.isGone(note)
    try await ana.client.typing("A draft of Ana's", isNote: false, in: said.conversation)
    try await stage.world.cut(ana.way, "refuse")
    try await until("the cut is noticed") { try await ana.client.standing() != .live }
    try await stage.world.cut(ana.way, "pass")
    try await ana.client.networkChanged()
    try await ana.isLive()
    try await ana.client.background()
    // What was answered is told by no push.
    _ = try await customer.writes("A body of a push")
    let push = try await ana.isPushed([
        "kind": "message", "conversation": said.conversation, "title": "Customer",
        "body": "A body of a push",
    ])
    let outcome = try await ana.hears(push.message)
    guard case .show = outcome.verdict else { throw Failed("it is \(outcome.verdict)") }
    personal += try secrets(ana.keys)
    let thrown = try await ana.client.diagnostics().thrown
    try check(thrown > 0, "a sink that throws is not counted")
    try await ana.client.signOut()
    ana.client.shutdown()
    let happened = [
        "life: the app is in the foreground", "life: there is a network",
        "life: the app is in the background",
        "session: a phone begins agent=", "session: the agent signed out",
        "link: the connection stands at=live", "link: a socket was closed",
        "link: the connection stands at=backoff",
        "sync: everything is taken anew reason=no_cursor", "sync: events came count=",
        "outbox: a command is sent op=\(reply.opId) kind=reply",
        "outbox: a command is answered op=\(reply.opId) outcome=accepted",
        "outbox: a command is sent op=\(note.opId) kind=note",
        "push: a push is decided kind=message verdict=show", "store: the store is open found=",
        "life: the core is shut down",
    ]
    personal += [
        "A secret of the customer", "An answer of Ana's", "A note of Ana's", "A draft of Ana's",
        "A body of a push", customer.waId, String(customer.waId.dropFirst(2)), "Customer",
        ana.login.email, ana.login.password, ana.login.name, ana.pushTarget,
    ]
    let recent = ana.client.recentLogs()
    for records in [sink.taken, recent] {
        let told = records.map { "\($0.target): \($0.message)" }.joined(separator: "\n")
        for one in happened { try check(told.contains(one), "'\(one)' is not in the log") }
        for one in personal {
            let isTold = told.lowercased().contains(one.lowercased())
            try check(!isTold, "the log tells '\(one)'")
        }
    }
    let (taken, kept) = (sink.taken.map(\.message), recent.map(\.message))
    try check(taken == kept, "the sink was given \(taken.count) of \(kept.count), or in disorder")
    try check(recent.allSatisfy { $0.atMs > 0 && $0.dropped == 0 }, "something is missing")
}

/// Tokens and keys that the key store holds.
func secrets(_ keys: MemoryKeyStore) throws -> [String] {
    func kept(_ name: String) throws -> Data {
        guard let value = keys.contents[name] else { throw Failed("\(name) is not kept") }
        return value
    }
    let session = JSON(value: try JSONSerialization.jsonObject(with: kept("baton.session")))
    let inHex = try ["baton.store", "baton.push"].map { name in
        try kept(name).prefix(16).map { String(format: "%02x", $0) }.joined()
    }
    guard let access = session["session"]["access_token"].string,
        let refresh = session["session"]["refresh_token"].string
    else { throw Failed("no session is kept") }
    return inHex + [access, refresh, String(decoding: try kept("baton.receipts"), as: UTF8.self)]
}
