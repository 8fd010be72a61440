import Baton
import Foundation

/// Everything that a stream told so far.
final class Told<Element: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var elements: [Element] = []
    private var reading: Task<Void, Never>?

    init<S: AsyncSequence & Sendable>(_ stream: S) where S.Element == Element {
        reading = Task { [weak self] in
            do {
                for try await element in stream { self?.add(element) }
            } catch {}
        }
    }

    deinit { reading?.cancel() }

    /// What a listener of its own adds to.
    init() {}

    func add(_ element: Element) { lock.withLock { elements.append(element) } }
    var all: [Element] { lock.withLock { elements } }
    var latest: Element? { lock.withLock { elements.last } }
    func end() { reading?.cancel() }
}

/// Keeps every state, where the layer's own lists keep the newest only.
final class EveryState<State: Observed>: ListListener, @unchecked Sendable {
    private var state = State()
    private let told: Told<State>

    init(_ told: Told<State>) { self.told = told }

    func onBatch(batch: ListBatch) throws {
        try state.take(batch)
        told.add(state)
    }
}

extension Told where Element == TimelineList {
    func entries(_ opId: String) -> [TimelineEntry] {
        (latest?.entries ?? []).filter { $0.id == opId }
    }

    /// Waits until the newest line that is shown is this one.
    func shows(_ seen: SeenLine) async throws {
        try await until("line \(seen.seq) in the timeline") { self.latest?.seen == seen }
    }

    func lines() -> [Line] {
        (latest?.entries ?? []).compactMap { if case .line(let line) = $0 { line } else { nil } }
    }

    func texts() -> [String] { (latest?.entries ?? []).compactMap(\.text) }
}

extension TimelineEntry {
    var text: String? {
        switch self {
        case .line(let line): line.text
        case .note(let note): note.text
        case .moved: nil
        case .echo(let item): item.text
        }
    }

    var isEcho: Bool {
        if case .echo = self { true } else { false }
    }
}

/// A phone with a core, a directory, a key store and a way to the server of its own.
final class Phone: @unchecked Sendable {
    let world: World
    let login: World.Login
    let directory: String
    let keys: MemoryKeyStore
    let way: Int
    let url: String
    private(set) var client: CoreClient
    private(set) var events: Told<Event>

    init(_ world: World, _ who: String, in place: String) async throws {
        self.world = world
        login = try await world.login(who)
        let way = try await world.ask("/way")
        guard let number = way["way"].int, let url = way["url"].string else {
            throw Failed("no way to the server: \(way.text)")
        }
        (self.way, self.url) = (number, url)
        directory = place + "/\(who)-\(number)"
        try FileManager.default.createDirectory(
            atPath: directory, withIntermediateDirectories: true)
        keys = MemoryKeyStore()
        client = try CoreClient(Phone.config(url, directory), keys: keys)
        events = Told(client.events())
    }

    static func config(_ url: String, _ directory: String) -> CoreConfig {
        CoreConfig(server: url, directory: directory, deviceName: "Swift suite")
    }

    var config: CoreConfig { Phone.config(url, directory) }

    func signIn(_ password: String? = nil) async throws {
        let login = login
        // Many sign in here from one address: the server may ask for patience.
        try await until("\(login.name) signed in") {
            do {
                try await client.signIn(
                    workspace: login.workspace, email: login.email,
                    password: password ?? login.password)
                return true
            } catch BatonError.rateLimited {
                return false
            }
        }
    }

    /// Somebody looks, and there is a network.
    func comesUp() async throws {
        try await client.network(isUp: true)
        try await client.foreground()
        try await isLive()
    }

    func isLive() async throws {
        try await until("\(login.name) is live", within: 45) {
            try await client.standing() == .live
        }
    }

    /// Opens the core on the same directory once more.
    func restarts(with keys: (any KeyStore)? = nil, lockAfterS: UInt32? = nil) throws {
        client.shutdown()
        var config = config
        config.lockAfterS = lockAfterS
        client = try CoreClient(config, keys: keys ?? self.keys)
        events = Told(client.events())
    }

    func inbox(_ view: InboxView = .all) async throws -> Told<InboxList> {
        let told = Told<InboxList>()
        do {
            _ = try await client.core.watchInbox(view: view, listener: EveryState(told))
        } catch {
            throw BatonError(error)
        }
        return told
    }

    func timeline(_ conversation: String) async throws -> Told<TimelineList> {
        let (told, core) = (Told<TimelineList>(), client.core)
        _ = try await core.watchTimeline(conversation: conversation, listener: EveryState(told))
        return told
    }

    func header(_ conversation: String) async throws -> Told<HeaderOf> {
        let (told, core) = (Told<HeaderOf>(), client.core)
        _ = try await core.watchHeader(conversation: conversation, listener: EveryState(told))
        return told
    }

    func item(_ number: UInt64) async throws -> OutboxItem? {
        try await client.outbox().first { $0.number == number }
    }

    /// Waits until an act is not in the outbox any more.
    func isGone(_ kept: Kept) async throws {
        try await until("act \(kept.number) of \(login.name) gone", within: 60) {
            try await item(kept.number) == nil
        }
    }

    func review(_ kept: Kept) async throws -> Review {
        try await until("act \(kept.number) of \(login.name) in review") {
            guard let item = try await item(kept.number), item.stage == .needsReview else {
                return nil
            }
            return item.review
        }
    }

    /// Acts that the app heard of as gone, in order.
    var gone: [GoneItem] {
        events.all.flatMap { event -> [GoneItem] in
            guard case .outbox(_, let gone, _) = event else { return [] }
            return gone
        }
    }

    var epoch: (String) async throws -> UInt64 {
        { conversation in
            let header = try await self.header(conversation)
            return try await until("the header of \(conversation)") {
                header.latest?.header?.ownerEpoch
            }
        }
    }
}

/// Where a scenario plays: its customers and phones, which end with it.
final class Stage: @unchecked Sendable {
    let world: World
    let number: Int
    let place: String
    private(set) var phones: [Phone] = []

    init(_ world: World, _ number: Int) throws {
        (self.world, self.number) = (world, number)
        let name = "baton-suite-\(number)-\(UInt32.random(in: 0...UInt32.max))"
        place = URL(fileURLWithPath: NSTemporaryDirectory()).appendingPathComponent(name).path
        try FileManager.default.createDirectory(atPath: place, withIntermediateDirectories: true)
    }

    func customer() -> Customer {
        let digits = String(format: "%02d%07d", number, Int.random(in: 0..<10_000_000))
        return Customer(world: world, waId: "4915" + digits)
    }

    /// A phone that nobody signed in on.
    func freshPhone(_ who: String) async throws -> Phone {
        let phone = try await Phone(world, who, in: place)
        phones.append(phone)
        return phone
    }

    /// A phone that is signed in, and live.
    func phone(_ who: String) async throws -> Phone {
        let phone = try await freshPhone(who)
        try await phone.signIn()
        try await phone.comesUp()
        return phone
    }

    @discardableResult
    func colleague(
        _ who: String, _ conversation: String, _ type: String, _ more: [String: Any] = [:]
    ) async throws -> JSON {
        var body: [String: Any] = ["who": who, "conversation": conversation, "type": type]
        body.merge(more) { $1 }
        let result = try await world.ask("/colleague", body)
        try check(result["accepted"].isThere, "\(who) cannot \(type): \(result.text)")
        return result["accepted"]
    }

    func end() {
        for phone in phones { phone.client.shutdown() }
        phones = []
        try? FileManager.default.removeItem(atPath: place)
    }
}
