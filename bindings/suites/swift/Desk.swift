import Baton
import Foundation

// Scenarios 45 to 50: what the server alone knows, from a phone.

private let hourMs: Int64 = 3_600_000

private func nowMs() -> Int64 { Int64(Date().timeIntervalSince1970 * 1000) }

extension Phone {
    /// The row of a conversation, once it is there.
    @discardableResult
    func hasRow(_ conversation: String) async throws -> InboxRow {
        let inbox = try await inbox()
        return try await until("the row at \(login.name)") {
            inbox.latest?.rows.first { $0.id == conversation }
        }
    }
}

func whatConcernsMe(_ stage: Stage) async throws {
    let ana = try await stage.phone("ana")
    let ben = try await stage.phone("ben")
    let said = try await stage.customer().writes("Hola")
    try await ben.hasRow(said.conversation)
    let note = Act.note(text: "Ana, the invoice?", mentions: [ana.login.agent])
    try await ben.client.act(note, in: said.conversation)
    func notice(of phone: Phone) async throws -> Notice? {
        let page = try await phone.client.notices(before: nil, limit: 50)
        return page.notices.first { $0.conversation == said.conversation }
    }
    let found = try await until("Ana's notices have it") { try await notice(of: ana) }
    try check(found.kind == .mention && found.by == ben.login.agent, "the notice is \(found)")
    try check(found.text == "Ana, the invoice?" && !found.isRead, "the notice is \(found)")
    let before = try await ana.client.notices(before: nil, limit: 1).unread
    let left = try await ana.client.readNotices(
        upTo: found.position, conversation: said.conversation)
    try check(left == before - 1, "\(left) of \(before) are left")
    let other = try await stage.phone("ana")
    try check(try await notice(of: other)?.isRead == true, "her other phone has it as unread")
}

func draftOutlivesPhone(_ stage: Stage) async throws {
    let ana = try await stage.phone("ana")
    let ben = try await stage.phone("ben")
    let said = try await stage.customer().writes("Hola")
    try await ana.hasRow(said.conversation)
    try await ana.client.viewing(said.conversation)
    let text = "We have it in blue, and"
    try await until("the server keeps what Ana typed") {
        // As fingers do: what is typed before the lease is there, colleagues do not see.
        try await ana.client.typing(text, isNote: false, in: said.conversation)
        return try await ben.client.keptDrafts(in: said.conversation).contains { $0.text == text }
    }
    ana.client.shutdown()
    for phone in [try await stage.phone("ana"), ben] {
        let kept = try await phone.client.keptDrafts(in: said.conversation)
        try check(kept.map(\.text) == [text], "\(phone.login.name) has \(kept)")
        try check(kept.map(\.agent) == [ana.login.agent], "\(phone.login.name) has \(kept)")
    }
}

func everythingIsSearched(_ stage: Stage) async throws {
    let ana = try await stage.phone("ana")
    let word = "w\(freshOpId().suffix(8))"
    let said = try await stage.customer().writes("Where is parcel \(word) now?")
    try await ana.hasRow(said.conversation)
    func found(_ filter: Filter) async throws -> [ServerHit] {
        try await ana.client.serverSearch(filter, limit: 50, page: nil).hits
    }
    let hit = try await until("the server finds it") { try await found(Filter(text: word)).first }
    try check(hit.conversation == said.conversation && hit.fromCustomer, "the hit is \(hit)")
    let marked = hit.excerpt.filter(\.isMatch).map(\.text)
    try check(marked == [word], "marked is \(marked)")
    let now = nowMs()
    let within = try await found(
        Filter(text: word, fromMs: now - hourMs, untilMs: now + hourMs))
    try check(within.map(\.message) == [hit.message], "within the hour: \(within)")
    let before = try await found(Filter(text: word, untilMs: now - hourMs))
    try check(before.isEmpty, "it was not said before: \(before)")
    let resolved = try await found(Filter(text: word, status: .resolved))
    try check(resolved.isEmpty, "it is not resolved: \(resolved)")
    try await stage.world.cut(ana.way, "refuse")
    do {
        _ = try await found(Filter(text: word))
        throw Failed("without a network the server was asked")
    } catch BatonError.offline {}
}

func keptViews(_ stage: Stage) async throws {
    let ana = try await stage.phone("ana")
    let said = try await stage.customer().writes("Hola")
    try await ana.hasRow(said.conversation)
    let later = nowMs() + hourMs
    try await ana.client.act(.snooze(untilMs: later, seen: said.seen), in: said.conversation)
    let name = "Later \(freshOpId().suffix(8))"
    let body: [String: Any] = ["name": name, "filter": ["status": "snoozed"]]
    try await stage.world.ask(
        "/rest", ["who": "ana", "method": "POST", "path": "/saved-views", "body": body])
    guard let view = try await ana.client.savedViews().first(where: { $0.name == name }) else {
        throw Failed("the view is not listed")
    }
    try check(view.filter == Filter(status: .snoozed), "the view is \(view)")
    func ids(_ filter: Filter) async throws -> [String] {
        var (ids, page): ([String], String?) = ([], nil)
        repeat {
            let listed = try await ana.client.serverList(filter, limit: 2, page: page)
            ids += listed.rows.map(\.id)
            page = listed.next
        } while page != nil
        return ids
    }
    try await until("the view shows it") { try await ids(view.filter).contains(said.conversation) }
    let open = try await ids(Filter())
    try check(!open.contains(said.conversation), "it is neither open nor waiting")
    let past = try await ids(Filter(status: .snoozed, untilMs: later - 2 * hourMs))
    try check(!past.contains(said.conversation), "it was written later")
}

func takeNext(_ stage: Stage) async throws {
    let ana = try await stage.phone("ana")
    let ben = try await stage.phone("ben")
    let admin = try await stage.phone("admin")
    for _ in 0..<3 {
        let said = try await stage.customer().writes("Hola")
        for phone in [ana, ben, admin] { try await phone.hasRow(said.conversation) }
    }
    async let hers = ana.client.takeNext(of: nil)
    async let his = ben.client.takeNext(of: nil)
    guard let first = try await hers, let second = try await his else {
        throw Failed("nothing was taken")
    }
    try check(first != second, "both took \(first)")
    for (phone, conversation) in [(ana, first), (ben, second)] {
        let owner = try await stage.world.conversation(conversation).owner
        try check(owner == phone.login.agent, "\(phone.login.name) does not own theirs")
    }
    let last = try await stage.customer().writes("Hola")
    try await admin.hasRow(last.conversation)
    let urgent = Act.setPriority(priority: .urgent, reason: "No water")
    try await admin.client.act(urgent, in: last.conversation)
    try await until("it is urgent") {
        try await ben.hasRow(last.conversation).priority == .urgent
    }
    let next = try await ben.client.takeNext(of: nil)
    try check(next == last.conversation, "what is urgent is taken first")
    let header = try await ben.header(last.conversation)
    let later = nowMs() + hourMs
    let remind = Act.remind(atMs: later, followUp: false, seen: nil, text: "Look again")
    try await ben.client.act(remind, in: last.conversation)
    try await until("his reminder stands") { header.latest?.header?.reminder?.atMs == later }
    try await ben.client.act(.endReminder, in: last.conversation)
    try await until("and is gone") { header.latest?.header?.reminder == nil }
    func capacity(_ count: Any) async throws {
        try await stage.world.ask(
            "/rest",
            [
                "who": "admin", "method": "PATCH", "path": "/agents/\(ana.login.agent)",
                "body": ["capacity": count],
            ])
    }
    try await capacity(1)
    do {
        try await beyondCapacity(stage, ana, admin)
    } catch {
        try await capacity(NSNull())
        throw error
    }
    try await capacity(NSNull())
}

private func beyondCapacity(_ stage: Stage, _ ana: Phone, _ admin: Phone) async throws {
    do {
        _ = try await ana.client.takeNext(of: nil)
        throw Failed("Ana took one beyond her capacity")
    } catch BatonError.server(let code, _) {
        try check(code == "at_capacity", "refused as \(code)")
    }
    let free = try await stage.customer().writes("Hola")
    let epoch = try await ana.hasRow(free.conversation).ownerEpoch
    let kept = try await ana.client.act(.claim(expectOwnerEpoch: epoch), in: free.conversation)
    let review = try await ana.review(kept)
    try check(review.code == .atCapacity, "the review is \(review)")
    try await ana.client.choose(.discard, for: kept.number)
    try await admin.hasRow(free.conversation)
    let assign = Act.assign(
        agent: ana.login.agent, expectOwnerEpoch: epoch, exceedCapacity: true)
    try await admin.client.act(assign, in: free.conversation)
    try await until("it is Ana's") {
        try await stage.world.conversation(free.conversation).owner == ana.login.agent
    }
}

func devicesAndLevels(_ stage: Stage) async throws {
    let ana = try await stage.phone("ana")
    let lost = try await stage.phone("ana")
    guard let device = try await lost.client.signedIn()?.device,
        let own = try await ana.client.signedIn()?.device
    else { throw Failed("nobody is signed in") }
    let here = try await ana.client.devices().filter(\.isThis).map(\.id)
    try check(here == [own], "this one is \(here)")
    try await ana.client.endDevice(device)
    try await until("the lost phone is wiped") { lost.events.all.contains(.wiped) }
    let left = try await ana.client.devices()
    try check(!left.contains { $0.id == device }, "it is listed still")
    guard let team = try await ana.client.people().teams.first?.id else { throw Failed("no team") }
    let levels = PushLevels(level: .mine, teams: [TeamPushLevel(team: team, level: .all)])
    try check(try await ana.client.setPushLevels(levels) == levels, "what holds is another")
    let other = try await stage.phone("ana")
    try check(try await other.client.pushLevels() == levels, "her other phone has another")
    try await ana.client.setPushLevels(PushLevels(level: .all))
    try await replaces(stage, ana)
}

func shopKnows(_ stage: Stage) async throws {
    let ana = try await stage.phone("ana")
    let customer = stage.customer()
    let said = try await customer.writes("hello")
    try await ana.hasRow(said.conversation)
    let (shop, gone) = (freshOpId(), freshOpId())
    func asks(_ path: String, _ body: [[String: Any]]? = nil) async throws {
        var asked: [String: Any] = ["who": "admin", "method": "POST", "path": path]
        asked["body"] = body
        try await ana.world.ask("/rest", asked)
    }
    for (id, name) in [(shop, "source"), (gone, "gone")] {
        let url = "\(stage.world.address)/\(name)"
        let body: [String: Any] = ["name": name, "url": url, "enabled": true]
        let put: [String: Any] = ["home": ["kind": "workspace"], "body": body]
        try await asks("/settings", [["kind": "context_source", "id": id, "put": put]])
        try await asks("/context-sources/\(id)/secrets")
    }
    let sources = try await ana.client.context(of: said.conversation)
    guard let first = sources.first(where: { $0.id == shop }),
        let down = sources.first(where: { $0.id == gone })
    else { throw Failed("not all are asked: \(sources)") }
    try check(first.state == .fresh && first.title == "Shop", "it is \(first)")
    try check(first.rows.map(\.value) == [customer.waId], "it says \(first.rows)")
    try check(down.state == .unavailable && down.why == .down, "it is \(down)")
    try check(down.rows.isEmpty && down.atMs == nil, "it said \(down)")
    let again = try await ana.client.context(of: said.conversation).first { $0.id == shop }
    try check(again?.state == .cached, "it was asked again")
    try check(again?.rows == first.rows, "it says something else")
    for id in [shop, gone] {
        try await asks("/settings", [["kind": "context_source", "id": id, "expect": 2]])
    }
}

private func replaces(_ stage: Stage, _ ana: Phone) async throws {
    let customer = stage.customer()
    let said = try await customer.writes("When?")
    let timeline = try await ana.timeline(said.conversation)
    try await timeline.shows(said.seen)
    func blocks(_ isSo: Bool) async throws {
        let act: [String: Any] = ["act": "block", "from": ["wa_id": customer.waId], "blocks": isSo]
        try await stage.world.ask(
            "/simulator", ["method": "POST", "path": "/control/acts", "body": act])
    }
    try await blocks(true)
    let first = Act.reply(text: "At ten", seen: timeline.latest?.seen)
    try await ana.client.act(first, in: said.conversation)
    let failed = try await until("the reply fails") {
        timeline.lines().first { $0.text == "At ten" && $0.status == .failed }
    }
    try await blocks(false)
    let second = Act.reply(
        text: "At eleven", seen: timeline.latest?.seen, quoted: nil, replaces: failed.id)
    try await ana.client.act(second, in: said.conversation)
    try await customer.gets("At eleven")
    try await until("the failed one is cancelled") {
        timeline.lines().contains { $0.id == failed.id && $0.status == .cancelled }
    }
    try check(try await customer.reached() == ["At eleven"], "the customer got both")
}
