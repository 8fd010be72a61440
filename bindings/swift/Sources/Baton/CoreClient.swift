import Foundation

/// The client. Open it once per process, report the lifecycle (`foreground`) and the network
/// (`network`), and shut it down at the end.
///
/// **Cancelling a task gives up the answer, not the act**: the call throws `BatonError.cancelled`
/// at once, and the act runs to its end. The outbox and the lists show the result. Two calls with
/// the same `opId` are one act. To take an act back, call `withdraw`.
public final class BatonClient: Sendable {
    /// The generated object, for custom listeners.
    public let core: BatonCore
    private let hub: EventHub

    /// Opens the store. The network is not used before `foreground`.
    public init(_ config: CoreConfig, keys: any KeyStore) throws(BatonError) {
        let hub = EventHub()
        do {
            core = try BatonCore.open(config: config, keys: keys, listener: hub)
        } catch {
            throw BatonError(error)
        }
        self.hub = hub
    }

    /// Shuts the core down and waits, two seconds at most. Streams end. Calling it twice is harmless.
    public func shutdown() {
        core.shutdown()
        hub.end()
    }

    /// Returns the events from now on; any number of streams. A stream keeps `waiting` events and
    /// drops the oldest; `outbox()` and `standing()` return the current state.
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
    /// Signs in. Acts that the same agent left unsent on this device are sent.
    @discardableResult
    public func signIn(
        workspace: String, email: String, password: String
    ) async throws(BatonError) -> SignedIn {
        try await ask {
            try await $0.signIn(workspace: workspace, email: email, password: password)
        }
    }

    /// Signs out. The data stays sealed on the device until the same agent signs in again. Show
    /// `unsent` to the agent before.
    public func signOut() async throws(BatonError) { try await ask { try await $0.signOut() } }

    /// Returns the signed-in agent.
    public func signedIn() async throws(BatonError) -> SignedIn? {
        try await ask { try await $0.signedIn() }
    }
}

// MARK: - Life of the app

extension BatonClient {
    /// Returns the state of the core.
    public func standing() async throws(BatonError) -> Standing {
        try await ask { try await $0.standing() }
    }

    /// Call when the app comes to the foreground: connects.
    public func foreground() async throws(BatonError) {
        try await ask { try await $0.foreground() }
    }

    /// Call when the app goes to the background. Then no file and no socket is open.
    public func background(deadlineMs: UInt32 = 5_000) async throws(BatonError) {
        try await ask { try await $0.background(deadlineMs: deadlineMs) }
    }

    /// Call when the device gains or loses its network.
    public func network(isUp: Bool) async throws(BatonError) {
        try await ask { try await $0.network(isUp: isUp) }
    }

    /// Call when the device switches to another network.
    public func networkChanged() async throws(BatonError) {
        try await ask { try await $0.networkChanged() }
    }

    /// Call when the system warns of low memory: drops caches.
    public func lowMemory() async throws(BatonError) { try await ask { try await $0.lowMemory() } }

    /// Sets the log sink and replays buffered records to it; `nil` removes it. It is called on a
    /// thread of its own: if it throws or blocks, only its records wait. Records hold ids, counts
    /// and fixed words, never texts, names or numbers.
    public func log(
        _ level: LogLevel = .info, to sink: (@Sendable (LogRecord) throws -> Void)?
    ) throws(BatonError) {
        do {
            try core.logTo(sink: sink.map(Taking.init), level: level)
        } catch {
            throw BatonError(error)
        }
    }

    /// Returns the last 1,000 log records, oldest first; also after `shutdown`.
    public func recentLogs() -> [LogRecord] { core.recentLogs() }

    /// Returns the core's condition, for support.
    public func diagnostics() async throws(BatonError) -> Diagnostics {
        try await ask { try await $0.diagnostics() }
    }
}

// MARK: - What the agent does

extension BatonClient {
    /// Puts an act into the outbox. When this returns, the act is stored. Two calls with the same
    /// `opId` are one act.
    @discardableResult
    public func act(
        _ act: Act, in conversation: String, opId: String? = nil
    ) async throws(BatonError) -> Kept {
        try await ask { try await $0.act(conversation: conversation, act: act, opId: opId) }
    }

    /// Withdraws an act that has not been sent.
    public func withdraw(_ number: UInt64) async throws(BatonError) {
        try await ask { try await $0.withdraw(number: number) }
    }

    /// Applies the agent's choice to an act in review.
    public func choose(_ choice: Choice, for number: UInt64) async throws(BatonError) {
        try await ask { try await $0.choose(number: number, choice: choice) }
    }

    /// Sends what waits now, without waiting for the next retry.
    public func retry() async throws(BatonError) { try await ask { try await $0.retry() } }

    /// Returns the agent's acts that the server has not confirmed.
    public func outbox() async throws(BatonError) -> [OutboxItem] {
        try await ask { try await $0.outbox() }
    }

    /// Returns the acts that would stay unsent, to show before signing out.
    public func unsent() async throws(BatonError) -> [OutboxItem] {
        try await ask { try await $0.unsent() }
    }

    /// Sends what waits, also in the background. Returns whether everything was sent.
    @discardableResult
    public func flush(deadlineMs: UInt32) async throws(BatonError) -> Bool {
        try await ask { try await $0.flush(deadlineMs: deadlineMs) }
    }

    /// Sets the agent's own availability at the server.
    public func setAvailability(_ availability: Availability) async throws(BatonError) {
        try await ask { try await $0.setAvailability(availability: availability) }
    }
}

// MARK: - Composing

extension BatonClient {
    /// Call on every change of the text field: keeps the draft and asks for the lease.
    public func typing(_ text: String, in conversation: String) async throws(BatonError) {
        try await ask { try await $0.typing(conversation: conversation, text: text) }
    }

    /// Takes the lease from the colleague who writes there.
    public func takeOver(_ conversation: String) async throws(BatonError) {
        try await ask { try await $0.takeOver(conversation: conversation) }
    }

    /// Returns the unsent draft of a conversation.
    public func draft(in conversation: String) async throws(BatonError) -> String? {
        try await ask { try await $0.draft(conversation: conversation) }
    }

    /// Returns who writes in a conversation.
    public func hold(in conversation: String) async throws(BatonError) -> Hold {
        try await ask { try await $0.hold(conversation: conversation) }
    }

    /// Call when the screen shows another conversation; `nil` when it shows none.
    public func viewing(_ conversation: String?) async throws(BatonError) {
        try await ask { try await $0.viewing(conversation: conversation) }
    }
}

// MARK: - Lists

extension BatonClient {
    /// Subscribes to an inbox. At most `waiting` unread states are kept.
    public func inbox(
        _ view: InboxView, waiting: Int = 1
    ) async throws(BatonError) -> Watched<InboxList> {
        try await watch(waiting) { try await $0.watchInbox(view: view, listener: $1) }
    }

    /// Subscribes to the timeline of a conversation.
    public func timeline(
        _ conversation: String, waiting: Int = 1
    ) async throws(BatonError) -> Watched<TimelineList> {
        try await watch(waiting) {
            try await $0.watchTimeline(conversation: conversation, listener: $1)
        }
    }

    /// Subscribes to the header of a conversation.
    public func header(
        _ conversation: String, waiting: Int = 1
    ) async throws(BatonError) -> Watched<HeaderOf> {
        try await watch(waiting) {
            try await $0.watchHeader(conversation: conversation, listener: $1)
        }
    }

    /// Subscribes to the badge.
    public func badge(waiting: Int = 1) async throws(BatonError) -> Watched<BadgeOf> {
        try await watch(waiting) { try await $0.watchBadge(listener: $1) }
    }

    /// Turns events about colleagues' presence on or off.
    public func watchPresence(_ watch: Bool) async throws(BatonError) {
        try await ask { try await $0.watchPresence(watch: watch) }
    }

    /// Returns colleagues, teams and channels from the store.
    public func people() async throws(BatonError) -> People {
        try await ask { try await $0.people() }
    }

    /// Loads lines before `before` from the server. They are not stored.
    public func olderLines(
        of conversation: String, before: UInt64, limit: UInt32
    ) async throws(BatonError) -> [Line] {
        try await ask {
            try await $0.olderLines(conversation: conversation, before: before, limit: limit)
        }
    }

    /// Loads the address of a line's file from the server, good for a few minutes.
    public func fileAddress(
        of message: String, in conversation: String
    ) async throws(BatonError) -> FileAddress {
        try await ask { try await $0.fileAddress(conversation: conversation, message: message) }
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
    /// Registers this device for pushes. Call at every start, and whenever the platform gives
    /// another target.
    public func registerPush(_ target: PushTarget) async throws(BatonError) {
        try await ask { try await $0.registerPush(target: target) }
    }

    /// Ends the registration for pushes.
    public func unregisterPush() async throws(BatonError) {
        try await ask { try await $0.unregisterPush() }
    }

    /// Decides what a push shows, by the deadline in any case.
    public func handlePush(
        _ push: PushMessage, deadlineMs: UInt32 = 20_000
    ) async throws(BatonError) -> PushOutcome {
        try await ask { try await $0.handlePush(push: push, deadlineMs: deadlineMs) }
    }

    /// Replies or resolves from a notification, also when the app was not running, and sends that
    /// by the deadline. `token` comes with the notification's action.
    public func answerNotification(
        token: String, answer: NotificationAnswer, deadlineMs: UInt32 = 20_000
    ) async throws(BatonError) -> AnswerOutcome {
        try await ask {
            try await $0.answerNotification(token: token, answer: answer, deadlineMs: deadlineMs)
        }
    }

    /// Call when a notification was opened or dismissed.
    public func notificationEnded(
        _ push: String, how: NotificationEnd
    ) async throws(BatonError) {
        try await ask { try await $0.notificationEnded(push: push, how: how) }
    }
}

/// Passes log records to the app's sink.
private final class Taking: LogSink {
    private let sink: @Sendable (LogRecord) throws -> Void

    init(_ sink: @escaping @Sendable (LogRecord) throws -> Void) { self.sink = sink }

    func onRecord(record: LogRecord) throws { try sink(record) }
}

/// Passes events on to their streams. Called on one thread of the core, which it never blocks.
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

    /// Runs this when the client is shut down; now if it already is.
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
