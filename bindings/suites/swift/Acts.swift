import Baton
import Foundation

// Scenarios 01 to 12: signing in, lists, acts and what becomes of them.

func signInLiveInbox(_ stage: Stage) async throws {
    let ana = try await stage.freshPhone("ana")
    try await ana.client.network(isUp: true)
    try await ana.client.foreground()
    try check(try await ana.client.standing() == .signedOut, "somebody is signed in already")
    try await ana.signIn()
    try await ana.isLive()
    let inbox = try await ana.inbox()
    let said = try await stage.customer().writes("Is anybody there?")
    let row = try await until("the customer's row in the inbox") {
        inbox.latest?.rows.first { $0.id == said.conversation }
    }
    try check(row.preview == "Is anybody there?", "the preview is \(row.preview ?? "none")")
    try check(row.previewFromCustomer, "the preview is not the customer's")
    try check(row.unread == 1, "\(row.unread) lines are unread")
    try check(row.unansweredSinceMs != nil, "nobody waits")
    let heard = ana.events.all.contains(.standing(standing: .live))
    try check(heard, "the app did not hear that the core is live")
}

func wrongPassword(_ stage: Stage) async throws {
    let ana = try await stage.freshPhone("ana")
    try await ana.client.network(isUp: true)
    try await ana.client.foreground()
    do {
        try await ana.signIn("not her password")
        throw Failed("a wrong password signs in")
    } catch BatonError.wrongCredentials {
        try check(BatonError.wrongCredentials.errorDescription != nil, "the error has no text")
    }
    try check(try await ana.client.signedIn() == nil, "somebody is signed in")
    try await ana.signIn()
    let who = try await ana.client.signedIn()
    try check(who?.agent == ana.login.agent, "Ana is not signed in")
    try await ana.isLive()
}

func reply(_ stage: Stage) async throws {
    let customer = stage.customer()
    let said = try await customer.writes("Do you open on Sunday?")
    let ana = try await stage.phone("ana")
    let lines = try await ana.timeline(said.conversation)
    try await lines.shows(said.seen)
    // Once while the answer comes back at once, and once while it cannot.
    for (text, isSlow) in [("Yes, until noon", false), ("And on Monday from eight", true)] {
        if isSlow { try await stage.world.cut(ana.way, "stall") }
        let opId = freshOpId()
        let act = Act.reply(text: text, seen: lines.latest?.seen, quoted: nil)
        let kept = try await ana.client.act(act, in: said.conversation, opId: opId)
        try check(kept.isNew && kept.opId == opId, "kept as \(kept)")
        if isSlow {
            try await until("the echo", within: 2) {
                lines.entries(opId).contains { $0.isEcho && $0.text == text }
            }
            try await stage.world.cut(ana.way, "pass")
        }
        try await until("the line in the place of the echo", within: 45) {
            lines.entries(opId).contains { !$0.isEcho }
        }
        try await customer.gets(text)
        try await until("told that it reached the customer") {
            lines.entries(opId).contains { entry -> Bool in
                guard case .line(let line) = entry else { return false }
                return line.status == .delivered || line.status == .read
            }
        }
        try await ana.isGone(kept)
        for state in lines.all.drop(while: { !$0.entries.contains { $0.id == opId } }) {
            let shown = state.entries.filter { $0.id == opId || $0.text == text }
            try check(shown.count == 1, "the reply is in a batch \(shown.count) times")
        }
    }
    let texts = ["Yes, until noon", "And on Monday from eight"]
    try check(try await customer.reached() == texts, "the customer got something else")
}

func saidBeforeItCame(_ stage: Stage) async throws {
    let ana = try await stage.phone("ana")
    let customer = stage.customer()
    let said = try await customer.writes("Hello?")
    let lines = try await ana.timeline(said.conversation)
    try await lines.shows(said.seen)
    let first = Act.reply(text: "Yes, here", seen: lines.latest?.seen, quoted: nil)
    try await ana.isGone(try await ana.client.act(first, in: said.conversation))
    try await customer.writes("Are you there?", agoS: 60)
    let order = ["Are you there?", "Hello?", "Yes, here"]
    try await until("what was said first stands first") { lines.texts() == order }
    let second = Act.reply(text: "Still here", seen: lines.latest?.seen, quoted: nil)
    try await ana.isGone(try await ana.client.act(second, in: said.conversation))
    try await customer.gets("Still here")
}

func forwarded(_ stage: Stage) async throws {
    let ana = try await stage.phone("ana")
    let customer = stage.customer()
    let from = try await stage.customer().writes("1 High Street")
    let to = try await customer.writes("Where is it?")
    let there = try await ana.timeline(from.conversation)
    let here = try await ana.timeline(to.conversation)
    try await there.shows(from.seen)
    try await here.shows(to.seen)
    try await ana.client.network(isUp: false)
    let act = Act.forward(from: from.conversation, message: from.seen.id, seen: here.latest?.seen)
    let kept = try await ana.client.act(act, in: to.conversation)
    let item = try await ana.item(kept.number)
    try check(item?.kind == .forward, "queued is \(String(describing: item))")
    try await ana.client.network(isUp: true)
    try await ana.isGone(kept)
    try await customer.gets("1 High Street")
    try await until("it stands in its new place") {
        here.texts() == ["Where is it?", "1 High Street"]
    }
    let source = here.lines().last?.forwardedFrom
    try check(
        source == ForwardedFrom(conversation: from.conversation, message: from.seen.id),
        "it comes from \(String(describing: source))")
    try await until("its old place says so") { there.lines().first?.forwarded == 1 }
}

func saidBeforeBaton(_ stage: Stage) async throws {
    let ana = try await stage.phone("ana")
    let customer = stage.customer()
    let said = try await customer.writes("Hello?")
    let lines = try await ana.timeline(said.conversation)
    try await lines.shows(said.seen)
    let before = (0..<5).map { "before \($0)" }
    try await stage.world.ask("/history", ["wa_id": customer.waId, "texts": before])
    var page: String? = try await until("there is something from before") {
        try await ana.client.olderLines(of: said.conversation, before: 1, limit: 1).past
    }
    var found: [Line] = []
    while let next = page {
        let told = try await ana.client.pastLines(of: said.conversation, page: next, limit: 2)
        found = told.lines + found
        page = told.past
    }
    try check(found.compactMap(\.text) == before, "found is \(found)")
    try check(found.allSatisfy { $0.seq == 0 }, "one is numbered: \(found)")
    try check(lines.texts() == ["Hello?"], "the conversation has \(lines.texts())")
}

func listDiffs(_ stage: Stage) async throws {
    let ana = try await stage.phone("ana")
    let inbox = try await ana.inbox()
    let customers = (0..<10).map { _ in stage.customer() }
    var conversations: [String] = []
    for (at, customer) in customers.enumerated() {
        conversations.append(try await customer.writes("first \(at)").conversation)
    }
    let again = [3, 0, 7]
    for at in again { try await customers[at].writes("second \(at)") }
    try await until("all lines in the inbox") {
        let rows = inbox.latest?.rows ?? []
        return conversations.enumerated().allSatisfy { at, id in
            rows.first { $0.id == id }?.unread == (again.contains(at) ? 2 : 1)
        }
    }
    // What else the world does may come in between the two looks.
    try await until("a fresh subscription is told the same") {
        let fresh = try await ana.inbox()
        let snapshot = try await until("a snapshot") { fresh.all.first }
        let built = inbox.latest
        return built?.rows == snapshot.rows && built?.unread == snapshot.unread
            && built?.total == snapshot.total
    }
    let rows = inbox.latest?.rows ?? []
    try check(Set(rows.map(\.id)).count == rows.count, "a conversation is in the list twice")
    let whole = inbox.all.filter { $0.revision > 1 }.count
    try check(whole > 1, "nothing was told in steps")
}

func restartResumes(_ stage: Stage) async throws {
    let customer = stage.customer()
    let said = try await customer.writes("before")
    let ana = try await stage.phone("ana")
    var inbox = try await ana.inbox()
    try await until("the row") {
        inbox.latest?.rows.contains { $0.id == said.conversation } ?? false
    }
    ana.client.shutdown()
    try await customer.writes("while she was away")
    try await stage.world.cut(ana.way, "refuse")
    try ana.restarts()
    let who = try await ana.client.signedIn()
    try check(who?.agent == ana.login.agent, "Ana is not signed in any more")
    try await ana.client.foreground()
    inbox = try await ana.inbox()
    let row = try await until("the inbox of the device") {
        inbox.latest?.rows.first { $0.id == said.conversation }
    }
    try check(row.preview == "before", "without a network the preview is \(row.preview ?? "none")")
    try await stage.world.cut(ana.way, "pass")
    try await ana.comesUp()
    try await until("what was missed") {
        inbox.latest?.rows.first { $0.id == said.conversation }?.preview == "while she was away"
    }
}

func offlineQueue(_ stage: Stage) async throws {
    let customer = stage.customer()
    let said = try await customer.writes("Where is my parcel?")
    let ana = try await stage.phone("ana")
    let lines = try await ana.timeline(said.conversation)
    try await lines.shows(said.seen)
    let epoch = try await ana.epoch(said.conversation)
    try await ana.client.network(isUp: false)
    try await until("offline") { try await ana.client.standing() == .offline }
    let acts: [Act] = [
        .reply(text: "On its way", seen: said.seen, quoted: nil), .note(text: "Look at the list", mentions: []),
        .claim(expectOwnerEpoch: epoch),
    ]
    var kept: [Kept] = []
    for act in acts { kept.append(try await ana.client.act(act, in: said.conversation)) }
    let outbox = try await ana.client.outbox()
    try check(outbox.map(\.kind) == [.reply, .note, .claim], "queued: \(outbox.map(\.kind))")
    try check(outbox.last?.isClaiming == true, "the claim is not shown as claiming")
    try await until("the echoes") {
        lines.entries(kept[0].opId).count == 1 && lines.entries(kept[1].opId).count == 1
    }
    let before = try await stage.world.conversation(said.conversation)
    try check(before.count("On its way") == 0, "it was sent without a network")
    try await ana.client.network(isUp: true)
    for one in kept { try await ana.isGone(one) }
    let after = try await stage.world.conversation(said.conversation)
    try check(after.count("On its way") == 1, "the server has \(after.lines)")
    try check(after.notes == ["Look at the list"], "the server has the notes \(after.notes)")
    try check(after.owner == ana.login.agent, "the server names \(after.owner ?? "nobody")")
    try await until("told that all are gone") {
        Set(ana.gone.filter { $0.how == .acknowledged }.map(\.number))
            .isSuperset(of: kept.map(\.number))
    }
    let order = try await stage.world.revisions(of: [kept[0].opId, kept[2].opId], by: "ana")
    try check(order[0] < order[1], "the claim was decided before the reply: \(order)")
    try await customer.gets("On its way")
}

/// Ana acted without a network; Ben was first.
struct Overtaken {
    let ana: Phone
    let ben: World.Login
    let customer: Customer
    let conversation: String
    let lines: Told<TimelineList>
    let reply: Kept, note: Kept, claim: Kept
    let bens: SeenLine

    init(_ stage: Stage, _ text: String) async throws {
        customer = stage.customer()
        let said = try await customer.writes("Can I have it in blue?")
        conversation = said.conversation
        ana = try await stage.phone("ana")
        ben = try await stage.world.login("ben")
        lines = try await ana.timeline(conversation)
        try await lines.shows(said.seen)
        let epoch = try await ana.epoch(conversation)
        try await ana.client.network(isUp: false)
        reply = try await ana.client.act(
            .reply(text: text, seen: said.seen, quoted: nil), in: conversation)
        note = try await ana.client.act(.note(text: "asked the shop", mentions: []), in: conversation)
        claim = try await ana.client.act(.claim(expectOwnerEpoch: epoch), in: conversation)
        let accepted = try await stage.colleague(
            "ben", conversation, "reply", ["text": "No, sorry"])["line"]
        guard let seq = accepted["seq"].int, let id = accepted["id"].string else {
            throw Failed("Ben's line is \(accepted.text)")
        }
        bens = SeenLine(seq: UInt64(seq), id: id)
        try await stage.colleague("ben", conversation, "claim")
        try await ana.client.network(isUp: true)
    }
}

func overtaken(_ stage: Stage) async throws {
    let it = try await Overtaken(stage, "Yes, in blue")
    let review = try await it.ana.review(it.reply)
    try check(review.code == .stale, "the reason is \(review.code)")
    try check(review.missed.map(\.line) == [it.bens], "missed: \(review.missed)")
    try check(review.missed.first?.text == "No, sorry", "missed: \(review.missed)")
    try check(review.choices.contains(.sendAnyway), "the choices are \(review.choices)")
    try await it.ana.isGone(it.note)
    let thread = try await stage.world.conversation(it.conversation)
    try check(thread.notes == ["asked the shop"], "the notes are \(thread.notes)")
    try check(thread.count("Yes, in blue") == 0, "it was sent")
    let claim = try await until("what became of the claim") {
        let item = try await it.ana.item(it.claim.number)
        return item?.stage == .needsReview || item?.stage == .behind ? item : nil
    }
    if claim.stage == .behind {
        try check(claim.behind == it.reply.number, "the claim is behind \(claim.behind ?? 0)")
        try await it.ana.client.choose(.discard, for: it.reply.number)
    }
    let lost = try await it.ana.review(it.claim)
    try check(lost.winner == it.ben.agent, "the claim names \(lost.winner ?? "nobody")")
    try check(thread.owner == it.ben.agent, "the owner is \(thread.owner ?? "nobody")")
    try check(try await it.customer.reached() == ["No, sorry"], "the customer got more")
}

func sendAnyway(_ stage: Stage) async throws {
    let it = try await Overtaken(stage, "Yes, in blue")
    let review = try await it.ana.review(it.reply)
    try check(review.mustShow == it.bens, "to be shown is \(String(describing: review.mustShow))")
    try await it.lines.shows(it.bens)
    try await it.ana.client.choose(.sendAnyway(seen: it.lines.latest?.seen), for: it.reply.number)
    try await it.customer.gets("Yes, in blue")
    try await it.ana.isGone(it.reply)
    let line = try await until("the line") {
        it.lines.latest?.entries.first { $0.text == "Yes, in blue" && !$0.isEcho }
    }
    try check(line.id != it.reply.opId, "it left under the old op id")
    let count = try await stage.world.conversation(it.conversation).count("Yes, in blue")
    try check(count == 1, "the server has it \(count) times")
    try await it.customer.gets("Yes, in blue")
}

func noteAndDiscard(_ stage: Stage) async throws {
    let noted = try await Overtaken(stage, "tell the team this")
    _ = try await noted.ana.review(noted.reply)
    try await noted.ana.client.choose(.turnIntoNote, for: noted.reply.number)
    try await until("the note on the server") {
        try await stage.world.conversation(noted.conversation).notes.contains("tell the team this")
    }
    try await noted.ana.isGone(noted.reply)
    try check(try await noted.customer.reached() == ["No, sorry"], "the customer got the note")

    let dropped = try await Overtaken(stage, "better not")
    _ = try await dropped.ana.review(dropped.reply)
    try await dropped.ana.client.choose(.discard, for: dropped.reply.number)
    try await dropped.ana.isGone(dropped.reply)
    try await until("told that it is discarded") {
        dropped.ana.gone.contains {
            $0.number == dropped.reply.number && $0.how == .discarded
        }
    }
    try await until("gone from the timeline") { !dropped.lines.texts().contains("better not") }
    let thread = try await stage.world.conversation(dropped.conversation)
    try check(thread.count("better not") == 0, "the server has it as a line")
    try check(!thread.notes.contains("better not"), "the server has it as a note")
    try check(try await dropped.customer.reached() == ["No, sorry"], "the customer got it")
}

func edit(_ stage: Stage) async throws {
    let it = try await Overtaken(stage, "Yes, in blue")
    _ = try await it.ana.review(it.reply)
    try await it.lines.shows(it.bens)
    let choice = Choice.edit(text: "We do have it in blue after all", seen: it.bens)
    try await it.ana.client.choose(choice, for: it.reply.number)
    try await it.customer.gets("We do have it in blue after all")
    try await it.ana.isGone(it.reply)
    let reached = try await it.customer.reached()
    let expected = ["No, sorry", "We do have it in blue after all"]
    try check(reached == expected, "the customer got \(reached)")
    let thread = try await stage.world.conversation(it.conversation)
    try check(thread.count("Yes, in blue") == 0, "the old text is on the server")
}

func doubleTap(_ stage: Stage) async throws {
    let customer = stage.customer()
    let said = try await customer.writes("Hello?")
    let ana = try await stage.phone("ana")
    let lines = try await ana.timeline(said.conversation)
    try await lines.shows(said.seen)
    let opId = freshOpId()
    let once = Act.reply(text: "Once", seen: said.seen, quoted: nil)
    let first = try await ana.client.act(once, in: said.conversation, opId: opId)
    let second = try await ana.client.act(once, in: said.conversation, opId: opId)
    try check(first.isNew && !second.isNew, "the same op id twice is new twice")
    try check(first.number == second.number, "the same op id twice is two acts")
    let both = Act.reply(text: "Both thumbs", seen: said.seen, quoted: nil)
    async let left = ana.client.act(both, in: said.conversation)
    async let right = ana.client.act(both, in: said.conversation)
    let (one, other) = try await (left, right)
    try check(one.number == other.number, "the same text twice at once is two acts")
    try check(one.isNew != other.isNew, "both of them are new")
    try await ana.isGone(first)
    try await ana.isGone(one)
    for text in ["Once", "Both thumbs"] {
        try await customer.gets(text)
        let count = try await stage.world.conversation(said.conversation).count(text)
        try check(count == 1, "the server has '\(text)' \(count) times")
        try await until("'\(text)' once in the timeline") {
            lines.texts().filter { $0 == text }.count == 1
        }
    }
}

func claimRace(_ stage: Stage) async throws {
    let said = try await stage.customer().writes("Who takes me?")
    let (ana, ben) = (try await stage.phone("ana"), try await stage.phone("ben"))
    let epoch = try await ana.epoch(said.conversation)
    let bens = try await ben.epoch(said.conversation)
    try check(epoch == bens, "the phones show other epochs")
    let claim = Act.claim(expectOwnerEpoch: epoch)
    async let hers = ana.client.act(claim, in: said.conversation)
    async let his = ben.client.act(claim, in: said.conversation)
    let tries = [(ana, ben, try await hers), (ben, ana, try await his)]
    let owner = try await until("an owner") {
        let thread = try await stage.world.conversation(said.conversation)
        return thread.ownerKind == "agent" ? thread.owner : nil
    }
    for (one, other, kept) in tries {
        if one.login.agent == owner {
            try await one.isGone(kept)
        } else {
            let review = try await one.review(kept)
            try check(review.winner == owner, "it names \(review.winner ?? "nobody")")
            try check(other.login.agent == owner, "somebody else owns it")
        }
    }
}
