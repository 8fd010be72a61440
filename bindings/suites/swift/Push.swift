import Baton
import Foundation

// Scenarios 19 to 21: pushes.

/// A push as the platform hands it over.
struct Pushed {
    let id: String
    let message: PushMessage
}

extension Phone {
    var pushTarget: String { "token-of-\(login.name)-\(way)" }

    var wantedPushes: PushTarget {
        PushTarget(road: .fcmToken, target: pushTarget, appId: "org.example.baton", locale: "en")
    }

    func registersForPush() async throws {
        try await client.registerPush(wantedPushes)
        try await hasPushes()
    }

    /// Waits until the server has confirmed the wish for pushes.
    func hasPushes() async throws {
        try await until("pushes are on") { try await client.pushState() == .on }
    }

    /// Has the push service hand something to this phone, sealed to its key unless said.
    func isPushed(_ push: [String: Any], content: String = "e2e") async throws -> Pushed {
        guard let device = try await client.signedIn()?.device,
            let ring = keys.contents["baton.push"], ring.count >= 48
        else { throw Failed("the key store has no key for pushes") }
        // What the server and the device alone know; no query gives it away.
        let auth = ring.subdata(in: ring.startIndex + 32..<ring.startIndex + 48)
            .base64EncodedString().replacingOccurrences(of: "+", with: "-")
            .replacingOccurrences(of: "/", with: "_").replacingOccurrences(of: "=", with: "")
        let answer = try await world.ask(
            "/push",
            [
                "who": login.name, "device": device, "target": pushTarget, "auth": auth,
                "content": content, "push": push,
            ])
        guard let id = answer["id"].string else { throw Failed("no push: \(answer.text)") }
        let data = answer["data"].members.compactMapValues(\.string)
        return Pushed(id: id, message: .fcm(data: data))
    }

    /// What the server itself sent to this phone.
    func isSent(_ kind: String, about conversation: String) async throws -> Pushed {
        let answer = try await world.ask(
            "/pushed", ["target": pushTarget, "kind": kind, "conversation": conversation])
        guard let id = answer["id"].string else { throw Failed("no push: \(answer.text)") }
        let data = answer["data"].members.compactMapValues(\.string)
        return Pushed(id: id, message: .fcm(data: data))
    }

    /// Says what the core makes of a push, and that it does so in time.
    func hears(_ push: PushMessage, withinMs deadline: UInt32 = 8_000) async throws -> PushOutcome {
        let began = Date()
        let outcome = try await client.handlePush(push, deadlineMs: deadline)
        let took = Date().timeIntervalSince(began)
        try check(took < Double(deadline) / 1000 + 0.5, "a push took \(took) s")
        return outcome
    }
}

func pushWakes(_ stage: Stage) async throws {
    let customer = stage.customer()
    let said = try await customer.writes("Good night")
    let ana = try await stage.phone("ana")
    let lines = try await ana.timeline(said.conversation)
    try await lines.shows(said.seen)
    try await ana.registersForPush()
    try await stage.colleague("ana", said.conversation, "claim")
    try await ana.client.background()
    try check(try open(ana).isEmpty, "something is open in the background")
    let woken = try await customer.writes("Wake up")
    let push = try await ana.isSent("message", about: said.conversation)
    let first = try await ana.hears(push.message)
    guard case .show(let shown) = first.verdict else { throw Failed("it is \(first.verdict)") }
    try check(shown.body.hasSuffix("Wake up"), "it shows \(shown)")
    try check(shown.place.conversation == said.conversation, "it is at \(shown.place)")
    try check(shown.opens == said.conversation, "a tap opens \(shown.opens ?? "nothing")")
    let second = try await ana.hears(push.message)
    guard case .suppress = second.verdict else { throw Failed("again it is \(second.verdict)") }
    // Without a network: what shows is what the store has.
    try await stage.world.cut(ana.way, "refuse")
    try await ana.client.foreground()
    let kept = try await ana.timeline(said.conversation)
    try await kept.shows(woken.seen)
    try await ana.client.background()
    try await stage.world.cut(ana.way, "pass")
    let ben = try await stage.world.login("ben").agent
    try await stage.colleague("admin", said.conversation, "assign", ["agent_id": ben])
    let over = try await ana.isSent("retract", about: said.conversation)
    let third = try await ana.hears(over.message)
    guard case .withdraw(let place) = third.verdict else {
        throw Failed("once it is over it is \(third)")
    }
    try check(place == shown.place, "withdrawn is \(place)")
    try await until("nothing is open any more") { try open(ana).isEmpty }
}

func pushGarbage(_ stage: Stage) async throws {
    let said = try await stage.customer().writes("Listen")
    let ana = try await stage.phone("ana")
    try await ana.registersForPush()
    try await ana.client.background()
    for content in ["full", "e2e"] {
        let push = try await ana.isPushed(
            [
                "kind": "message", "workspace": freshOpId(), "conversation": said.conversation,
                "title": "Somebody else", "body": "Foreign words",
            ], content: content)
        let outcome = try await ana.hears(push.message)
        try check(!"\(outcome)".contains("Foreign words"), "it shows what is foreign: \(outcome)")
        try check(!"\(outcome)".contains("Somebody else"), "it shows what is foreign: \(outcome)")
    }
    let garbage: [PushMessage] = [
        .fcm(data: [:]), .fcm(data: ["v": "1", "k": "message", "e": "!!!", "id": "no id"]),
        .fcm(data: ["v": "99", "words": String(repeating: "x", count: 3_000)]),
        .apns(userInfo: "no JSON"), .apns(userInfo: "{\"aps\": 7}"),
        .webPush(body: Data((0..<200).map { UInt8($0) })), .webPush(body: Data()),
    ]
    for push in garbage {
        let outcome = try await ana.hears(push, withinMs: 3_000)
        guard case .fallback(let shown) = outcome.verdict else {
            throw Failed("\(push) is \(outcome.verdict)")
        }
        try check(!shown.title.isEmpty && !shown.body.isEmpty, "the fallback says nothing")
    }
}

func pushExtension(_ stage: Stage) async throws {
    let customer = stage.customer()
    let said = try await customer.writes("Good night")
    let ana = try await stage.phone("ana")
    let lines = try await ana.timeline(said.conversation)
    try await lines.shows(said.seen)
    try await ana.registersForPush()
    try await ana.client.background()
    let woken = try await customer.writes("Is this the extension?")
    let push = try await ana.isPushed([
        "kind": "message", "conversation": said.conversation, "title": "A customer",
        "body": "Is this the extension?",
    ])
    let taken = takePush(config: ana.config, keys: ana.keys, push: push.message)
    let shown = taken.notification
    try check(shown.body == "Is this the extension?", "it shows \(shown)")
    try check(shown.push == push.id, "it shows the push \(shown.push ?? "none")")
    try check(taken.isKept, "the app will not find it")
    let receipt = taken.receipt
    try check(receipt?.url == ana.url + "/api/v1/push/receipts", "the receipt is \(receipt as Any)")
    let left = try drops(of: ana)
    try check(!left.isEmpty, "there is no drop for the app")
    try await ana.client.foreground()
    try await ana.isLive()
    try await lines.shows(woken.seen)
    try check(try drops(of: ana).allSatisfy { !left.contains($0) }, "the drop is still there")
    // The platform hands it to the app as well.
    let again = try await ana.hears(push.message)
    guard case .suppress = again.verdict else { throw Failed("in the app it is \(again.verdict)") }
    for event in ana.events.all {
        guard case .notifications(_, let update) = event else { continue }
        try check(!update.contains { $0.alerts }, "the app shows it once more")
    }
}

/// Files below the directory other than the store's.
func drops(of phone: Phone) throws -> Set<String> {
    let files = FileManager.default.enumerator(atPath: phone.directory)
    return Set((files?.compactMap { $0 as? String } ?? []).filter { $0.contains("/") })
}

func answeredFromNotification(_ stage: Stage) async throws {
    let customer = stage.customer()
    let said = try await customer.writes("Good morning")
    let ana = try await stage.phone("ana")
    let lines = try await ana.timeline(said.conversation)
    try await lines.shows(said.seen)
    try await ana.registersForPush()
    try await stage.colleague("ana", said.conversation, "claim")
    try await ana.client.background()
    let first = try await token(customer, ana, "Is one left?")
    for _ in 0..<2 {
        let outcome = try await answers(ana, first, "One is")
        try check(outcome == .sent, "the answer is \(outcome)")
    }
    try await customer.gets("One is")
    let second = try await token(customer, ana, "I take it")
    let ben = try await stage.world.login("ben").agent
    try await stage.colleague("admin", said.conversation, "assign", ["agent_id": ben])
    try await stage.colleague("ben", said.conversation, "reply", ["text": "It is yours"])
    let outcome = try await answers(ana, second, "I keep it for you")
    try check(outcome == .openApp, "the overtaken answer is \(outcome)")
    let held = try await ana.client.outbox().filter { $0.review != nil }.map(\.text)
    try check(held == ["I keep it for you"], "she has to look at \(held)")
    try await customer.gets("It is yours")
    try check(!(try await customer.reached()).contains("I keep it for you"), "it was sent")
}

func offered(_ stage: Stage) async throws {
    let routed: [String: Any] = ["members": ["ana"], "routing": ["hand": "offer"]]
    guard let team = try await stage.world.ask("/team", routed)["team"].string else {
        throw Failed("there is no team")
    }
    let ana = try await stage.phone("ana")
    try await ana.registersForPush()
    try await ana.client.background()
    func owner(_ of: String) async throws -> JSON {
        let path = "/conversations/\(of)"
        let asked = ["who": "admin", "method": "GET", "path": path]
        return try await stage.world.ask("/rest", asked)["view"]["head"]["owner"]
    }
    let first = try await isOffered(stage, ana, team)
    for _ in 0..<2 {
        let outcome = try await taps(ana, first.accept, .accept)
        try check(outcome == .sent, "the yes is \(outcome)")
    }
    let taken = try await owner(first.conversation)
    let me = try await stage.world.login("ana").agent
    try check(taken["id"].string == me, "it is \(taken.text)'s")
    let second = try await isOffered(stage, ana, team)
    let refused = try await taps(ana, second.decline, .decline)
    try check(refused == .sent, "the no is \(refused)")
    let left = try await owner(second.conversation)
    try check(left["kind"].string == "queue", "\(left.text) owns it")
    // The server has it; it leaves the outbox once the log shows it.
    try await ana.client.foreground()
    try await until("nothing is left to do") { try await ana.client.outbox().isEmpty }
    let late = try await taps(ana, second.accept, .accept)
    try check(late == .openApp, "the late yes is \(late)")
    // While the phone is locked nobody answers with it; once it heard its server, she does.
    let third = try await isOffered(stage, ana, team)
    try ana.restarts(lockAfterS: 1)
    try await until("it is locked") { try await ana.client.standing() == .locked }
    let answers: [(String, NotificationAnswer)] = [
        (third.accept, .accept), (third.decline, .decline),
    ]
    for (token, answer) in answers {
        do {
            let done = try await ana.client.answerNotification(token: token, answer: answer)
            throw Failed("a locked phone answers: \(done)")
        } catch BatonError.locked {
            continue
        }
    }
    let waits = try await owner(third.conversation)
    try check(waits["kind"].string == "queue", "\(waits.text) owns it")
    try await ana.comesUp()
    let yes = try await ana.client.answerNotification(token: third.accept, answer: .accept)
    try check(yes == .sent, "the yes of the open phone is \(yes)")
}

/// What a customer wrote comes to the team, and a push offers it: the tokens of both buttons.
private func isOffered(
    _ stage: Stage, _ phone: Phone, _ team: String
) async throws -> (conversation: String, accept: String, decline: String) {
    let said = try await stage.customer().writes("Hello")
    let queue: [String: Any] = ["to": ["kind": "queue", "id": team]]
    try await stage.colleague("admin", said.conversation, "transfer", queue)
    let push = try await phone.isSent("offer", about: said.conversation)
    guard case .show(let shown) = try await phone.hears(push.message).verdict else {
        throw Failed("nothing is shown")
    }
    guard case .accept(_, _, let until, let accept) = shown.actions.first,
        case .decline(_, _, _, let decline) = shown.actions.last
    else { throw Failed("it has no buttons: \(shown)") }
    try check(shown.expiresAtMs == until, "it ends at \(shown.expiresAtMs ?? 0)")
    return (said.conversation, accept, decline)
}

func keptWishForPushes(_ stage: Stage) async throws {
    let ana = try await stage.freshPhone("ana")
    let nothing = PushState.off(reason: .notRegistered)
    var state = try await ana.client.pushState()
    try check(state == nothing, "nobody asked for pushes, and they are \(state)")
    try await ana.client.registerPush(ana.wantedPushes)
    try ana.restarts()
    state = try await ana.client.pushState()
    try check(state == .waiting, "the wish is not kept: \(state)")
    try await ana.signIn()
    try await ana.comesUp()
    try await ana.hasPushes()
    try await until("the app is told") { ana.events.all.contains(.push(state: .on)) }
    let device = try await ana.client.signedIn()?.device ?? ""
    let ask = ["who": "ana", "method": "GET", "path": "/devices/\(device)/push"]
    let registered = try await stage.world.ask("/rest", ask)
    try check(registered["lane"].string == "fcm", "the server has \(registered.text)")
    try await ana.client.pushOff(.permission)
    state = try await ana.client.pushState()
    try check(state == .off(reason: .permission), "the app's reason is not told: \(state)")
    try await ana.client.registerPush(ana.wantedPushes)
    try await ana.hasPushes()
    try await ana.client.unregisterPush()
    state = try await ana.client.pushState()
    try check(state == nothing, "after the end they are \(state)")
    try await until("the server has none") {
        do {
            try await stage.world.ask("/rest", ask)
            return false
        } catch {
            return true
        }
    }
}

/// A customer writes and a push says so: the token of the notification's answer.
private func token(_ customer: Customer, _ phone: Phone, _ text: String) async throws -> String {
    let said = try await customer.writes(text)
    let push = try await phone.isSent("message", about: said.conversation)
    let notification: PushNotification
    switch try await phone.hears(push.message).verdict {
    case .show(let shown), .update(let shown): notification = shown
    case let other: throw Failed("the push gave \(other)")
    }
    for case .reply(_, let token?) in notification.actions { return token }
    throw Failed("nothing can be answered: \(notification)")
}

/// The system starts the app for what was tapped.
private func answers(
    _ phone: Phone, _ token: String, _ text: String
) async throws -> AnswerOutcome {
    try await taps(phone, token, .reply(text: text))
}

private func taps(
    _ phone: Phone, _ token: String, _ answer: NotificationAnswer
) async throws -> AnswerOutcome {
    try phone.restarts()
    try await phone.client.network(isUp: true)
    return try await phone.client.answerNotification(token: token, answer: answer)
}

func pushesOfTheFixtures(_ stage: Stage) async throws {
    let phone = try await stage.freshPhone("ana")
    var seen: Set<String> = []
    for lane in ["fcm", "apns", "webpush", "relay"] {
        let file = URL(fileURLWithPath: "protocol/fixtures/push.\(lane).json")
        let all = JSON(value: try JSONSerialization.jsonObject(with: try Data(contentsOf: file)))
        for one in all.list {
            let handed = one["handed"]
            let reads = one["reads"]
            let push = try message(handed)
            let shown = takePush(config: phone.config, keys: phone.keys, push: push).notification
            let words = shown.title + " " + shown.body
            try check(!words.contains("Lucía") && !words.contains("azul"), "it tells \(words)")
            let kind = reads["kind"].string ?? ""
            let isSealed = handed["road"].string == "web_push"
            let expected = isSealed ? "activity" : kind == "retract" ? "settled" : kind
            try check(shown.locKey == "push.\(expected)", "\(lane), \(kind): \(shown)")
            if !isSealed {
                try check(shown.push == reads["id"].string, "it is \(shown)")
                let place = shown.place.conversation
                try check(place == reads["conversation"].string, "it is shown at \(shown.place)")
            }
            seen.insert("\(lane) \(kind)")
        }
    }
    try check(seen.count > 20, "not all kinds on all roads: \(seen)")
}

/// What the platform hands over, as its part of an app gives it to the core.
func message(_ handed: JSON) throws -> PushMessage {
    let data = handed["data"]
    switch handed["road"].string {
    case "fcm": return .fcm(data: data.members.compactMapValues(\.string))
    case "apns": return .apns(userInfo: data.text)
    default:
        let text = (data.string ?? "").replacingOccurrences(of: "-", with: "+")
            .replacingOccurrences(of: "_", with: "/")
        let padded = text.padding(
            toLength: (text.count + 3) / 4 * 4, withPad: "=", startingAt: 0)
        guard let body = Data(base64Encoded: padded) else { throw Failed("no body: \(text)") }
        return .webPush(body: body)
    }
}
