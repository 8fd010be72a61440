import Foundation

/// The whole client. Open it once in a process, say when somebody looks (`foreground`) and when
/// there is a network (`network`), and shut it down at the end.
///
/// Every call waits for the core's answer. **Cancelling the task that waits gives up the answer,
/// not the act**: the call throws `BatonError.cancelled` at once, and what had begun is carried
/// out to its end. Whether it happened shows in the outbox and the lists; to ask once more with
/// the same `opId` is one act. To take an act back, call `withdraw`.
public final class BatonClient: Sendable {
    /// The generated object, for what has no other name here: listeners of one's own.
    public let core: BatonCore
    private let hub: EventHub

    /// Opens what is on this device; nothing is asked of the network before `foreground`.
    public init(_ config: CoreConfig, keys: any KeyStore) throws(BatonError) {
        let hub = EventHub()
        do {
            core = try BatonCore.open(config: config, keys: keys, listener: hub)
        } catch {
            throw BatonError(error)
        }
        self.hub = hub
    }

    /// Ends everything and waits for it, at most two seconds. Streams end. Twice is harmless.
    public func shutdown() {
        core.shutdown()
        hub.end()
    }

    /// What happens without having been asked for, from now on; any number of streams. Who reads
    /// none of `waiting` misses the oldest: `outbox()` and `standing()` say how it is.
    public func events(waiting: Int = 1024) -> AsyncStream<Event> { hub.stream(waiting) }

    private func ask<T: Sendable>(
        _ call: @escaping @Sendable (BatonCore) async throws -> T
    ) async throws(BatonError) -> T {
        let core = core
        return try await asked { try await call(core) }
    }
}

// MARK: - Who is signed in

extension BatonClient {
    /// Signs in. What the same agent left unsent on this device goes on.
    @discardableResult
    public func signIn(
        workspace: String, email: String, password: String
    ) async throws(BatonError) -> SignedIn {
        try await ask {
            try await $0.signIn(workspace: workspace, email: email, password: password)
        }
    }

    /// Signs out. What is here stays sealed, for when the same agent signs in again; `unsent`
    /// says before what that is.
    public func signOut() async throws(BatonError) { try await ask { try await $0.signOut() } }

    /// Who is signed in.
    public func signedIn() async throws(BatonError) -> SignedIn? {
        try await ask { try await $0.signedIn() }
    }
}

// MARK: - Life of the app

extension BatonClient {
    /// Where the connection stands.
    public func standing() async throws(BatonError) -> Standing {
        try await ask { try await $0.standing() }
    }

    /// Somebody looks: the connection is sought.
    public func foreground() async throws(BatonError) {
        try await ask { try await $0.foreground() }
    }

    /// Nobody looks any more. When this returns, no file and no socket is open.
    public func background(deadlineMs: UInt32 = 5_000) async throws(BatonError) {
        try await ask { try await $0.background(deadlineMs: deadlineMs) }
    }

    /// There is a network, or none.
    public func network(isUp: Bool) async throws(BatonError) {
        try await ask { try await $0.network(isUp: isUp) }
    }

    /// There is another network than before.
    public func networkChanged() async throws(BatonError) {
        try await ask { try await $0.networkChanged() }
    }

    /// The system is short of memory.
    public func lowMemory() async throws(BatonError) { try await ask { try await $0.lowMemory() } }

    /// Has `sink` called with each record of the log, first with those so far; `nil` ends it. It is
    /// called on a thread of the core that does nothing else: whether it throws or takes its time,
    /// nothing but its records waits. Records tell ids, counts and words of the core, never what
    /// somebody wrote.
    public func log(
        _ level: LogLevel = .info, to sink: (@Sendable (LogRecord) throws -> Void)?
    ) throws(BatonError) {
        do {
            try core.logTo(sink: sink.map(Taking.init), level: level)
        } catch {
            throw BatonError(error)
        }
    }

    /// What the core said last of itself, oldest first; also after `shutdown`.
    public func recentLogs() -> [LogRecord] { core.recentLogs() }

    /// How the core is; for support, without anything that somebody wrote.
    public func diagnostics() async throws(BatonError) -> Diagnostics {
        try await ask { try await $0.diagnostics() }
    }
}

// MARK: - What the agent does

extension BatonClient {
    /// The agent does something. When this returns it is kept, and will be looked after. The same
    /// `opId` twice is one act.
    @discardableResult
    public func act(
        _ act: Act, in conversation: String, opId: String? = nil
    ) async throws(BatonError) -> Kept {
        try await ask { try await $0.act(conversation: conversation, act: act, opId: opId) }
    }

    /// The agent wants an act back.
    public func withdraw(_ number: UInt64) async throws(BatonError) {
        try await ask { try await $0.withdraw(number: number) }
    }

    /// The agent decides of an act that needs review.
    public func choose(_ choice: Choice, for number: UInt64) async throws(BatonError) {
        try await ask { try await $0.choose(number: number, choice: choice) }
    }

    /// Tries at once what waits to be sent.
    public func retry() async throws(BatonError) { try await ask { try await $0.retry() } }

    /// What the agent did and the server does not know yet.
    public func outbox() async throws(BatonError) -> [OutboxItem] {
        try await ask { try await $0.outbox() }
    }

    /// What would stay unsent: to be shown before signing out.
    public func unsent() async throws(BatonError) -> [OutboxItem] {
        try await ask { try await $0.unsent() }
    }

    /// Sends what waits, also in the background. Says whether nothing is on its way any more.
    @discardableResult
    public func flush(deadlineMs: UInt32) async throws(BatonError) -> Bool {
        try await ask { try await $0.flush(deadlineMs: deadlineMs) }
    }

    /// What the agent says about themselves.
    public func setAvailability(_ availability: Availability) async throws(BatonError) {
        try await ask { try await $0.setAvailability(availability: availability) }
    }
}

// MARK: - Composing

extension BatonClient {
    /// A key was pressed: the text is this now.
    public func types(_ text: String, in conversation: String) async throws(BatonError) {
        try await ask { try await $0.types(conversation: conversation, text: text) }
    }

    /// The agent composes although somebody else does.
    public func takeOver(_ conversation: String) async throws(BatonError) {
        try await ask { try await $0.takeOver(conversation: conversation) }
    }

    /// What was typed there and not sent.
    public func draft(in conversation: String) async throws(BatonError) -> String? {
        try await ask { try await $0.draft(conversation: conversation) }
    }

    /// Who composes there.
    public func hold(in conversation: String) async throws(BatonError) -> Hold {
        try await ask { try await $0.hold(conversation: conversation) }
    }

    /// What is on the screen now; `nil` where it is no conversation.
    public func shows(_ conversation: String?) async throws(BatonError) {
        try await ask { try await $0.shows(conversation: conversation) }
    }
}

// MARK: - Lists

extension BatonClient {
    /// An inbox. Of states that nobody took so far, `waiting` are kept.
    public func inbox(
        _ view: InboxView, waiting: Int = 1
    ) async throws(BatonError) -> Watched<InboxList> {
        try await watch(waiting) { try await $0.watchInbox(view: view, listener: $1) }
    }

    /// The lines of a conversation.
    public func timeline(
        _ conversation: String, waiting: Int = 1
    ) async throws(BatonError) -> Watched<TimelineList> {
        try await watch(waiting) {
            try await $0.watchTimeline(conversation: conversation, listener: $1)
        }
    }

    /// What stands above a conversation.
    public func header(
        _ conversation: String, waiting: Int = 1
    ) async throws(BatonError) -> Watched<HeaderOf> {
        try await watch(waiting) {
            try await $0.watchHeader(conversation: conversation, listener: $1)
        }
    }

    /// The numbers on the icon.
    public func badge(waiting: Int = 1) async throws(BatonError) -> Watched<BadgeOf> {
        try await watch(waiting) { try await $0.watchBadge(listener: $1) }
    }

    /// Whether to be told who is there.
    public func watchPresence(_ watch: Bool) async throws(BatonError) {
        try await ask { try await $0.watchPresence(watch: watch) }
    }

    /// Colleagues, teams and numbers, as last heard.
    public func people() async throws(BatonError) -> People {
        try await ask { try await $0.people() }
    }

    /// Lines older than those that are held, from the server; not kept.
    public func olderLines(
        of conversation: String, before: UInt64, limit: UInt32
    ) async throws(BatonError) -> [Line] {
        try await ask {
            try await $0.olderLines(conversation: conversation, before: before, limit: limit)
        }
    }

    private func watch<State: Observed>(
        _ waiting: Int,
        _ begin: @escaping @Sendable (BatonCore, any ListListener) async throws -> UInt64
    ) async throws(BatonError) -> Watched<State> {
        let (states, told) = AsyncStream.makeStream(
            of: State.self, bufferingPolicy: .bufferingNewest(Swift.max(1, waiting)))
        let (core, watcher) = (core, Watcher(told))
        let subscription = try await asked {
            let name = try await begin(core, watcher)
            // Where nobody waits for it any more, it ends with the last reference to it.
            return Subscription(core: core, name: name) { told.finish() }
        }
        let closing = hub.atEnd { told.finish() }
        told.onTermination = { [weak hub, weak subscription] _ in
            hub?.forget(closing)
            subscription?.end()
        }
        return Watched(states: states, subscription: subscription)
    }
}

// MARK: - Pushes

extension BatonClient {
    /// Tells the server where pushes for this device go. To be called at every start and whenever
    /// the platform gives another target.
    public func registerPush(_ target: PushTarget) async throws(BatonError) {
        try await ask { try await $0.registerPush(target: target) }
    }

    /// No pushes any more.
    public func unregisterPush() async throws(BatonError) {
        try await ask { try await $0.unregisterPush() }
    }

    /// A push came. There is an answer by the deadline, whatever happens.
    public func handlePush(
        _ push: PushMessage, deadlineMs: UInt32 = 20_000
    ) async throws(BatonError) -> PushOutcome {
        try await ask { try await $0.handlePush(push: push, deadlineMs: deadlineMs) }
    }

    /// A notification was tapped, or swiped away.
    public func notificationEnded(
        _ push: String, how: NotificationEnd
    ) async throws(BatonError) {
        try await ask { try await $0.notificationEnded(push: push, how: how) }
    }
}

/// Takes what the core says of itself.
private final class Taking: LogSink {
    private let sink: @Sendable (LogRecord) throws -> Void

    init(_ sink: @escaping @Sendable (LogRecord) throws -> Void) { self.sink = sink }

    func onRecord(record: LogRecord) throws { try sink(record) }
}

/// Hands events on to whoever reads them. Called from one thread of the core, which it never
/// holds up.
private final class EventHub: Listener, @unchecked Sendable {
    private let lock = NSLock()
    private var readers: [UInt64: AsyncStream<Event>.Continuation] = [:]
    private var endings: [UInt64: @Sendable () -> Void] = [:]
    private var last: UInt64 = 0
    private var isOver = false

    func onEvent(event: Event) {
        for reader in lock.withLock({ Array(readers.values) }) { reader.yield(event) }
    }

    func stream(_ waiting: Int) -> AsyncStream<Event> {
        let (events, reader) = AsyncStream.makeStream(
            of: Event.self, bufferingPolicy: .bufferingNewest(max(1, waiting)))
        let name = atEnd { reader.finish() }
        lock.withLock { if !isOver { readers[name] = reader } }
        reader.onTermination = { [weak self] _ in self?.forget(name) }
        return events
    }

    /// Has this done when the client is shut down; at once where it is.
    func atEnd(_ ending: @escaping @Sendable () -> Void) -> UInt64 {
        let (name, isOver) = lock.withLock {
            last += 1
            if !self.isOver { endings[last] = ending }
            return (last, self.isOver)
        }
        if isOver { ending() }
        return name
    }

    func forget(_ name: UInt64) {
        lock.withLock { (readers[name], endings[name]) = (nil, nil) }
    }

    func end() {
        let ended = lock.withLock {
            isOver = true
            defer { (readers, endings) = ([:], [:]) }
            return endings
        }
        for ending in ended.values { ending() }
    }
}
