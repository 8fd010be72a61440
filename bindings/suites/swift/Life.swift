import Baton
import Foundation

// Scenarios 13 to 18: composing, the background, and networks that fail.

func lease(_ stage: Stage) async throws {
    let said = try await stage.customer().writes("Can you help?")
    let (ana, ben) = (try await stage.phone("ana"), try await stage.phone("ben"))
    let header = try await ben.header(said.conversation)
    try await ana.client.viewing(said.conversation)
    try await ana.client.typing("I can he", isNote: false, in: said.conversation)
    try await until("Ben's header shows that Ana composes") {
        header.latest?.header?.hold == .theirs(agent: ana.login.agent)
    }
    try await ben.client.viewing(said.conversation)
    try await ben.client.takeOver(said.conversation)
    try await until("Ana hears that Ben composes") {
        ana.events.all.contains(
            .leaseLost(conversation: said.conversation, by: ben.login.agent))
    }
    let draft = try await ana.client.draft(in: said.conversation)?.text
    try check(draft == "I can he", "Ana's draft is \(draft ?? "gone")")
    let hold = try await ana.client.hold(in: said.conversation)
    try check(hold != .mine, "Ana still holds it")
}

func leaseInBackground(_ stage: Stage) async throws {
    let said = try await stage.customer().writes("And me?")
    let (ana, ben) = (try await stage.phone("ana"), try await stage.phone("ben"))
    let header = try await ben.header(said.conversation)
    try await ana.client.viewing(said.conversation)
    try await ana.client.typing("One mo", isNote: false, in: said.conversation)
    try await until("Ana composes") { try await ana.client.hold(in: said.conversation) == .mine }
    try await until("Ben's header shows it") {
        header.latest?.header?.hold == .theirs(agent: ana.login.agent)
    }
    try await ana.client.background()
    let hold = try await ana.client.hold(in: said.conversation)
    try check(hold != .mine, "in the background it is still hers")
    try await until("Ben's header frees") { header.latest?.header?.hold == .nobody }
}

func followed(_ stage: Stage) async throws {
    let said = try await stage.customer().writes("Who else knows of this?")
    let (ana, ben) = (try await stage.phone("ana"), try await stage.phone("ben"))
    let header = try await ana.header(said.conversation)
    let before = try await until("Ana's header") { header.latest?.header }
    try check(before.followers.isEmpty, "followers are \(before.followers)")
    _ = try await ben.epoch(said.conversation)
    _ = try await ben.client.act(.follow(), in: said.conversation)
    try await until("Ana's header names Ben") {
        header.latest?.header?.followers == [ben.login.agent]
    }
    try check(header.latest?.header?.owner == before.owner, "the owner is another one")
    _ = try await ben.client.act(.unfollow(), in: said.conversation)
    try await until("Ana's header names nobody") {
        header.latest?.header?.followers.isEmpty == true
    }
}

func draftKept(_ stage: Stage) async throws {
    let said = try await stage.customer().writes("What do you charge?")
    let ana = try await stage.phone("ana")
    let lines = try await ana.timeline(said.conversation)
    try await lines.shows(said.seen)
    try await ana.client.typing("It depends", isNote: false, in: said.conversation)
    try ana.restarts()
    let draft = try await ana.client.draft(in: said.conversation)?.text
    try check(draft == "It depends", "the draft is \(draft ?? "gone")")
    try await ana.client.typing("It depends", isNote: true, in: said.conversation)
    try ana.restarts()
    let note = try await ana.client.draft(in: said.conversation)
    try check(note == Draft(text: "It depends", isNote: true), "the note is not one again")
    let other = try await ana.client.draft(in: freshOpId())
    try check(other == nil, "there is a draft where nobody typed")
}

extension String {
    func leftPadded(_ length: Int) -> String {
        String(repeating: "0", count: max(0, length - count)) + self
    }
}

/// A file of the kernel's, which has no size.
func kernelSays(_ path: String) throws -> String {
    guard let file = FileHandle(forReadingAtPath: path) else { throw Failed("no \(path)") }
    defer { try? file.close() }
    return String(decoding: file.readDataToEndOfFile(), as: UTF8.self)
}

/// What this process has open of a phone: files of its directory, connections to its way.
func open(_ phone: Phone) throws -> [String] {
    guard let port = Int(phone.url.split(separator: ":").last ?? "") else {
        throw Failed("no port in \(phone.url)")
    }
    // Of each line: its local and remote address in hexadecimal, and the inode of the socket.
    let table = try kernelSays("/proc/self/net/tcp")
    let remote = ":" + String(port, radix: 16, uppercase: true).leftPadded(4)
    let sockets = table.split(separator: "\n").compactMap { line -> String? in
        let words = line.split(separator: " ")
        guard words.count > 9, words[2].hasSuffix(remote) else { return nil }
        return "socket:[\(words[9])]"
    }
    return try FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd").compactMap { fd in
        var buffer = [CChar](repeating: 0, count: 4096)
        guard readlink("/proc/self/fd/\(fd)", &buffer, 4095) > 0 else { return nil }
        let target = String(cString: buffer)
        return target.contains(phone.directory) || sockets.contains(target) ? target : nil
    }
}

func background(_ stage: Stage) async throws {
    let customer = stage.customer()
    let said = try await customer.writes("Nothing stays open")
    let ana = try await stage.phone("ana")
    let inbox = try await ana.inbox()
    try await until("the row") {
        inbox.latest?.rows.contains { $0.id == said.conversation } ?? false
    }
    let before = try open(ana)
    try check(before.contains { $0.hasPrefix("socket") }, "while live these are open: \(before)")
    try check(before.contains { !$0.hasPrefix("socket") }, "while live there is no file")
    try await ana.client.background()
    let after = try open(ana)
    try check(after.isEmpty, "in the background these are open: \(after)")
    try check(try await ana.client.standing() == .suspended, "it does not stand suspended")
    try await ana.client.foreground()
    try await ana.isLive()
    try await ana.client.background()
    let missed = try await customer.writes("In the background")
    try check(try await ana.client.sync(deadlineMs: 20_000), "it is not synced")
    try await until("everything is closed again") { try open(ana).isEmpty }
    try await stage.world.cut(ana.way, "refuse")
    try await ana.client.foreground()
    try await ana.timeline(said.conversation).shows(missed.seen)
}

func connectionCut(_ stage: Stage) async throws {
    let customer = stage.customer()
    let said = try await customer.writes("one")
    let ana = try await stage.phone("ana")
    let lines = try await ana.timeline(said.conversation)
    try await lines.shows(said.seen)
    try await stage.world.cut(ana.way, "refuse")
    try await until("not live any more") { try await ana.client.standing() != .live }
    let missed = try await customer.writes("two")
    try await stage.world.cut(ana.way, "pass")
    try await ana.isLive()
    try await lines.shows(missed.seen)
    for state in lines.all {
        try check(Set(state.entries.map(\.id)).count == state.entries.count, "a line is doubled")
    }
    try check(lines.texts() == ["one", "two"], "the timeline is \(lines.texts())")
}

func answerLost(_ stage: Stage) async throws {
    let ana = try await stage.phone("ana")
    // The moment is another each time: before the request left, on its way, after its answer. So
    // is the customer, since the server takes its time between answers to one.
    for round in 0..<6 {
        let customer = stage.customer()
        let said = try await customer.writes("Say something")
        let lines = try await ana.timeline(said.conversation)
        try await lines.shows(said.seen)
        let text = "something \(round)"
        let act = Act.reply(text: text, seen: said.seen, quoted: nil)
        let kept = try await ana.client.act(act, in: said.conversation)
        for _ in 0..<round * 200 { await Task.yield() }
        try await stage.world.cut(ana.way, "stall")
        try await until("the core notices") { try await ana.client.standing() != .live }
        try await stage.world.cut(ana.way, "pass")
        // As the platform says; else the socket waits for the rest of its patience.
        try await ana.client.networkChanged()
        try await ana.isGone(kept)
        try await ana.isLive()
        try await until("the line, once") { lines.texts() == ["Say something", text] }
        try await customer.gets(text)
        let count = try await stage.world.conversation(said.conversation).count(text)
        try check(count == 1, "the server has '\(text)' \(count) times")
        try check(try await customer.reached() == [text], "the customer got more")
    }
}
