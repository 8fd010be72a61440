import Baton
import Foundation

// Scenarios 22 to 30: what an app does wrong, what a device goes through.

struct Thrown: Error {}

final class ThrowingListener: Listener, ListListener, @unchecked Sendable {
    func onEvent(event: Event) throws { throw Thrown() }
    func onBatch(batch: ListBatch) throws { throw Thrown() }
}

/// A key store that throws while it is told to.
final class FailingKeys: KeyStore, @unchecked Sendable {
    private let keys: MemoryKeyStore
    private let lock = NSLock()
    private var failing = false
    var fails: Bool {
        get { lock.withLock { failing } }
        set { lock.withLock { failing = newValue } }
    }

    init(_ keys: MemoryKeyStore) { self.keys = keys }

    private func held() throws -> MemoryKeyStore {
        if fails { throw Thrown() }
        return keys
    }

    func get(name: String) throws -> Data? { try held().get(name: name) }
    func put(name: String, value: Data) throws { try held().put(name: name, value: value) }
    func delete(name: String) throws { try held().delete(name: name) }
}

func throwingListener(_ stage: Stage) async throws {
    let customer = stage.customer()
    let said = try await customer.writes("Does it throw?")
    let phone = try await stage.freshPhone("ana")
    phone.client.shutdown()
    let keys = FailingKeys(phone.keys)
    let throwing = ThrowingListener()
    let core = try BatonCore.open(config: phone.config, keys: keys, listener: throwing)
    defer { core.shutdown() }
    try await core.network(isUp: true)
    try await core.foreground()
    let login = phone.login
    let signIn = { @Sendable in
        try await core.signIn(
            workspace: login.workspace, email: login.email, password: login.password)
    }
    keys.fails = true
    do {
        _ = try await signIn()
        throw Failed("signed in although the key store keeps nothing")
    } catch CoreError.AppCallback {
    }
    keys.fails = false
    _ = try await signIn()
    try await until("live") { try await core.standing() == .live }
    _ = try await core.watchInbox(view: .all, listener: throwing)
    _ = try await core.watchTimeline(conversation: said.conversation, listener: throwing)
    let act = Act.reply(text: "It does", seen: said.seen, quoted: nil)
    let kept = try await core.act(conversation: said.conversation, act: act)
    try check(kept.isNew, "the act was not taken")
    try await customer.gets("It does")
    let first = try await until("thrown listeners are counted") {
        let thrown = try await core.diagnostics().thrown
        return thrown >= 3 ? thrown : nil
    }
    let later = try await customer.writes("Later ones work")
    let good = Recording()
    _ = try await core.watchTimeline(conversation: said.conversation, listener: good)
    do {
        try await until("a listener that does not throw is told") {
            good.timeline.seen == later.seen
        }
    } catch let failed as Failed {
        let found = try await core.diagnostics()
        throw Failed("\(failed.description); \(good.timeline.entries.map(\.id)), \(found)")
    }
    try await until("more is counted") { try await core.diagnostics().thrown > first }
    try check(try await core.standing() == .live, "it is not live any more")
}

/// A listener of an app's own that remembers, and may hold the core's thread up.
final class Recording: ListListener, @unchecked Sendable {
    private let lock = NSLock()
    private var list = TimelineList()
    private var blocking: TimeInterval = 0
    private var isBlocked = false

    init(blocksFor seconds: TimeInterval = 0) { blocking = seconds }

    var timeline: TimelineList { lock.withLock { list } }
    var blocks: Bool { lock.withLock { isBlocked } }

    func onBatch(batch: ListBatch) throws {
        try lock.withLock { try list.take(batch) }
        let seconds = lock.withLock {
            defer { blocking = 0 }
            isBlocked = blocking > 0
            return blocking
        }
        if seconds > 0 { Foundation.Thread.sleep(forTimeInterval: seconds) }
        lock.withLock { isBlocked = false }
    }
}

func blockingListener(_ stage: Stage) async throws {
    let customer = stage.customer()
    let said = try await customer.writes("Does it block?")
    let ana = try await stage.phone("ana")
    let slow = Recording(blocksFor: 2)
    _ = try await ana.client.core.watchTimeline(conversation: said.conversation, listener: slow)
    try await until("the listener blocks") { slow.blocks }
    for number in 0..<5 {
        let began = Date()
        try await ana.client.act(.note(text: "note \(number)", mentions: []), in: said.conversation)
        let took = Date().timeIntervalSince(began)
        try check(took < 1, "an act took \(took) s while a listener blocked")
    }
    try check(slow.blocks, "the listener did not block long enough to tell")
    let last = try await customer.writes("the newest")
    try await until("it is told the newest state") {
        let texts = slow.timeline.entries.compactMap(\.text)
        return slow.timeline.seen == last.seen
            && (0..<5).allSatisfy { texts.contains("note \($0)") }
    }
    let fresh = try await ana.timeline(said.conversation)
    try await until("as a fresh subscription is") {
        fresh.latest?.entries == slow.timeline.entries
    }
}

func cancel(_ stage: Stage) async throws {
    let said = try await stage.customer().writes("Never mind")
    let ana = try await stage.phone("ana")
    let lines = try await ana.timeline(said.conversation)
    try await lines.shows(said.seen)
    try await ana.client.network(isUp: false)
    let ids = (0..<20).map { _ in freshOpId() }
    var answered: [String] = []
    var cancelled = 0
    for (at, opId) in ids.enumerated() {
        let client = ana.client
        let task = Task {
            try await client.act(.note(text: "cancelled \(at)", mentions: []), in: said.conversation, opId: opId)
        }
        for _ in 0..<at * 3 { await Task.yield() }
        task.cancel()
        do {
            answered.append(try await task.value.opId)
        } catch BatonError.cancelled {
            cancelled += 1
        }
    }
    // One that is answered after them: what they asked for is decided.
    let after = try await ana.client.act(.note(text: "afterwards", mentions: []), in: said.conversation)
    let outbox = try await until("acts are decided") {
        let outbox = try await ana.client.outbox()
        return outbox.contains { $0.number == after.number } ? outbox : nil
    }
    for opId in ids {
        let count = outbox.filter { $0.opId == opId }.count
        try check(count <= 1, "the outbox has an act \(count) times")
        let isOwed = answered.contains(opId) && count == 0
        try check(!isOwed, "an act that was answered is not in the outbox")
    }
    try check(cancelled > 0, "nothing was cancelled")
    // Who waits in the core is let go of at once, and not when it has an answer.
    let client = ana.client
    let waiting = Task { try await client.flush(deadlineMs: 20_000) }
    try await Task.sleep(nanoseconds: 50_000_000)
    let began = Date()
    waiting.cancel()
    do {
        let isSent = try await waiting.value
        throw Failed("a cancelled call answers: \(isSent)")
    } catch BatonError.cancelled {
        let took = Date().timeIntervalSince(began)
        try check(took < 5, "a cancelled call went on for \(took) s")
    }
    try await ana.client.network(isUp: true)
    try await until("all that was kept is sent") { try await ana.client.outbox().isEmpty }
    let notes = try await stage.world.conversation(said.conversation).notes
    for (at, opId) in ids.enumerated() {
        let count = notes.filter { $0 == "cancelled \(at)" }.count
        try check(count <= 1, "the server has an act \(count) times")
        let isOwed = outbox.contains { $0.opId == opId } && count == 0
        try check(!isOwed, "an act of the outbox is not on the server")
    }
}

func closed(_ stage: Stage) async throws {
    let ana = try await stage.phone("ana")
    let inbox = try await ana.client.inbox(.all)
    let events = ana.client.events()
    let c = ana.client
    c.shutdown()
    c.shutdown()
    let id = freshOpId()
    let target = PushTarget(road: .fcmToken, target: "token", appId: nil, locale: nil)
    let calls: [(String, () async throws -> Void)] = [
        ("signIn", { try await c.signIn(workspace: "a", email: "b", password: "c") }),
        ("signOut", { try await c.signOut() }), ("signedIn", { _ = try await c.signedIn() }),
        ("standing", { _ = try await c.standing() }), ("foreground", { try await c.foreground() }),
        ("background", { try await c.background() }),
        ("network", { try await c.network(isUp: true) }),
        ("networkChanged", { try await c.networkChanged() }),
        ("log", { try c.log(to: nil) }), ("goThrough", { try c.goThrough(proxy: nil) }),
        ("lowMemory", { try await c.lowMemory() }),
        ("act", { try await c.act(.reopen, in: id) }),
        ("withdraw", { try await c.withdraw(1) }),
        ("choose", { try await c.choose(.discard, for: 1) }), ("retry", { try await c.retry() }),
        ("outbox", { _ = try await c.outbox() }), ("unsent", { _ = try await c.unsent() }),
        ("flush", { try await c.flush(deadlineMs: 100) }),
        ("sync", { try await c.sync(deadlineMs: 100) }),
        ("typing", { try await c.typing("x", isNote: false, in: id) }), ("takeOver", { try await c.takeOver(id) }),
        ("draft", { _ = try await c.draft(in: id) }), ("hold", { _ = try await c.hold(in: id) }),
        ("viewing", { try await c.viewing(id) }),
        ("watchPresence", { try await c.watchPresence(true) }),
        ("people", { _ = try await c.people() }),
        (
            "sendFile",
            {
                let file = OutgoingFile(
                    source: .bytes(content: Data([1])), kind: .image, mediaType: "image/png")
                _ = try await c.send(file, in: id, seen: nil)
            }
        ),
        ("elsewhere", { _ = try await c.elsewhere(id) }),
        ("templates", { _ = try await c.templates(of: id) }),
        ("begin", { _ = try await c.begin(with: "+34600123456", from: id) }),
        ("fileAddress", { _ = try await c.fileAddress(of: id, in: id) }),
        ("loadFile", { _ = try await c.loadFile(.whole, of: id, in: id) }),
        ("readFile", { _ = try await c.readFile(.whole, of: id, in: id, from: 0) }),
        ("setFileBudget", { try await c.setFileBudget(1_000_000) }),
        ("olderLines", { _ = try await c.olderLines(of: id, before: 1, limit: 1) }),
        ("pastLines", { _ = try await c.pastLines(of: id, page: "00", limit: 1) }),
        ("setAvailability", { try await c.setAvailability(.busy) }),
        ("inbox", { _ = try await c.inbox(.all) }),
        ("timeline", { _ = try await c.timeline(id) }),
        ("header", { _ = try await c.header(id) }), ("badge", { _ = try await c.badge() }),
        ("unwatch", { _ = try await c.core.unwatch(subscription: 1) }),
        ("more", { try await c.core.more(subscription: 1) }),
        ("newer", { try await c.core.newer(subscription: 1) }),
        ("newest", { try await c.core.newest(subscription: 1) }),
        ("registerPush", { try await c.registerPush(target) }),
        ("unregisterPush", { try await c.unregisterPush() }),
        ("pushOff", { try await c.pushOff(.permission) }),
        ("pushState", { _ = try await c.pushState() }),
        ("handlePush", { _ = try await c.handlePush(.fcm(data: [:]), deadlineMs: 1000) }),
        (
            "answerNotification",
            {
                _ = try await c.answerNotification(
                    token: "\(id).1.\(id)", answer: .resolve, deadlineMs: 1000)
            }
        ),
        ("notificationEnded", { try await c.notificationEnded(id, how: .opened) }),
        ("diagnostics", { _ = try await c.diagnostics() }),
    ]
    for (name, call) in calls {
        do {
            try await call()
            throw Failed("\(name) works after shutdown")
        } catch BatonError.closed {
        } catch CoreError.Closed {
        } catch let error as BatonError {
            throw Failed("\(name) after shutdown is \(error)")
        }
    }
    // Streams end.
    for await _ in inbox {}
    for await _ in events {}
}

func secondCore(_ stage: Stage) async throws {
    let ana = try await stage.phone("ana")
    do {
        let second = try CoreClient(ana.config, keys: ana.keys)
        second.shutdown()
        throw Failed("a second core opens the same directory")
    } catch BatonError.storage(let problem) {
        try check(problem.isInUse, "it is \(problem)")
        try check(!problem.isKeyLost && !problem.isFull, "it is \(problem)")
    }
    try await ana.isLive()
    try ana.restarts()
}

func keyLockedKeyLost(_ stage: Stage) async throws {
    let said = try await stage.customer().writes("Keep this")
    let ana = try await stage.phone("ana")
    let lines = try await ana.timeline(said.conversation)
    try await lines.shows(said.seen)
    ana.client.shutdown()
    ana.keys.isLocked = true
    do {
        try ana.restarts()
        throw Failed("it opens with a locked key store")
    } catch BatonError.keyLocked {
    }
    ana.keys.isLocked = false
    var values = ana.keys.contents
    values["baton.store"] = Data((0..<32).map { _ in UInt8.random(in: 0...255) })
    do {
        try ana.restarts(with: MemoryKeyStore(values))
        throw Failed("it opens with another key")
    } catch BatonError.storage(let problem) {
        try check(problem.isKeyLost, "it is \(problem)")
    }
    try ana.restarts()
    try await ana.client.foreground()
    let again = try await ana.timeline(said.conversation)
    try await again.shows(said.seen)
}

/// Files of a directory that hold these bytes.
func holding(_ bytes: Data, in directory: String) throws -> [String] {
    let files = FileManager.default.enumerator(atPath: directory)?.compactMap { $0 as? String }
    return (files ?? []).filter { name in
        let held = FileManager.default.contents(atPath: directory + "/" + name)
        return held?.range(of: bytes) != nil
    }
}

func deviceRevoked(_ stage: Stage) async throws {
    let said = try await stage.customer().writes("A secret")
    let ana = try await stage.phone("ana")
    let lines = try await ana.timeline(said.conversation)
    try await lines.shows(said.seen)
    try await ana.client.typing("a draft", isNote: false, in: said.conversation)
    guard let device = try await ana.client.signedIn()?.device else { throw Failed("no device") }
    guard let id = UUID(uuidString: said.conversation) else { throw Failed("no id") }
    let bytes = withUnsafeBytes(of: id.uuid) { Data($0) }
    try check(try !holding(bytes, in: ana.directory).isEmpty, "the store does not have it at all")
    try await stage.world.ask("/revoke", ["device": device])
    try await until("told that it is wiped") { ana.events.all.contains(.wiped) }
    try check(try await ana.client.signedIn() == nil, "somebody is signed in")
    try await until("the key store forgets") { ana.keys.contents["baton.session"] == nil }
    ana.client.shutdown()
    let left = try holding(bytes, in: ana.directory)
    try check(left.isEmpty, "the conversation's id is still in \(left)")
    try ana.restarts()
    try check(try await ana.client.signedIn() == nil, "somebody is signed in after a restart")
}

func signOutAndIn(_ stage: Stage) async throws {
    let customer = stage.customer()
    let said = try await customer.writes("Are you leaving?")
    let ana = try await stage.phone("ana")
    let lines = try await ana.timeline(said.conversation)
    try await lines.shows(said.seen)
    let device = try await ana.client.signedIn()?.device
    try await ana.client.network(isUp: false)
    let act = Act.reply(text: "Only for today", seen: said.seen, quoted: nil)
    let kept = try await ana.client.act(act, in: said.conversation)
    let unsent = try await ana.client.unsent()
    try check(unsent.map(\.number) == [kept.number], "unsent: \(unsent)")
    try await ana.client.signOut()
    try check(try await ana.client.signedIn() == nil, "somebody is signed in")
    let before = try await stage.world.conversation(said.conversation)
    try check(before.count("Only for today") == 0, "it was sent by nobody")
    try await ana.signIn()
    let again = try await ana.client.signedIn()?.device
    try check(again == device, "it is another device")
    try await ana.comesUp()
    try await customer.gets("Only for today")
    try await ana.isGone(kept)
    let after = try await stage.world.conversation(said.conversation)
    try check(after.count("Only for today") == 1, "the server has \(after.lines)")
}

final class Weak: @unchecked Sendable {
    private(set) weak var object: AnyObject?
    init(_ object: AnyObject) { self.object = object }
}

/// Memory of this process, in kB.
func residentKb() throws -> Int {
    let status = try kernelSays("/proc/self/status")
    let line = status.split(separator: "\n").first { $0.hasPrefix("VmRSS:") }
    guard let kb = line.flatMap({ Int($0.filter(\.isNumber)) }) else {
        throw Failed("the kernel does not say how much memory is used")
    }
    return kb
}

func listenersReleased(_ stage: Stage) async throws {
    let said = try await stage.customer().writes("Let go")
    let ana = try await stage.phone("ana")
    let core = ana.client.core
    var listeners: [Weak] = []
    func subscribeAndCancel(_ times: Int) async throws {
        for at in 0..<times {
            let listener = Recording()
            listeners.append(Weak(listener))
            let name = try await at % 2 == 0
                ? core.watchTimeline(conversation: said.conversation, listener: listener)
                : core.watchInbox(view: .all, listener: listener)
            try check(try await core.unwatch(subscription: name), "there was no subscription")
        }
    }
    try await subscribeAndCancel(1_000)
    try await until("all listeners are collected") { listeners.allSatisfy { $0.object == nil } }
    // By the layer: one ends by `break`, one by the end of its task, one is never iterated.
    var streams: [Weak] = []
    for at in 0..<300 {
        let watched = try await ana.client.timeline(said.conversation)
        streams.append(Weak(watched))
        switch at % 3 {
        case 0: for await _ in watched { break }
        case 1:
            let task = Task { for await _ in watched {} }
            task.cancel()
            await task.value
        default: watched.end()
        }
    }
    try await until("all streams are collected") { streams.allSatisfy { $0.object == nil } }
    let before = try residentKb()
    try await subscribeAndCancel(1_000)
    try await until("all listeners are collected") { listeners.allSatisfy { $0.object == nil } }
    let grown = try residentKb() - before
    try check(grown < 8_000, "memory grew by \(grown) kB with 1,000 subscriptions")
    // More than may be at once were begun: the layer ended its own.
    try await ana.isLive()
}
