import Foundation

/// The client over a core: what an app opens. The rest of an app knows `BatonClient`.
public final class CoreClient: BatonClient {
    /// The generated object, for custom listeners.
    public let core: any BatonCoreProtocol
    private let hub: EventHub

    /// Opens the store. The network is not used before `foreground`.
    public convenience init(_ config: CoreConfig, keys: any KeyStore) throws(BatonError) {
        do {
            try self.init(over: { try BatonCore.open(config: config, keys: keys, listener: $0) })
        } catch {
            throw BatonError(error)
        }
    }

    /// The client over any core, for fakes. `open` gets the listener that the core calls.
    public init(over open: (any Listener) throws -> any BatonCoreProtocol) rethrows {
        let hub = EventHub()
        core = try open(hub)
        self.hub = hub
    }

    public func shutdown() {
        core.shutdown()
        hub.end()
    }

    public var current: Standing? { hub.current }

    public var needsReview: UInt32 { hub.needsReview }

    public var dropped: UInt64 { hub.dropped }

    public func events() -> Events { hub.stream() }

    private func ask<T: Sendable>(
        _ call: @escaping @Sendable (any BatonCoreProtocol) async throws -> T
    ) async throws(BatonError) -> T {
        let core = core
        return try await asked { try await call(core) }
    }
}

// MARK: - Who is signed in

extension CoreClient {
    @discardableResult
    public func signIn(
        workspace: String, email: String, password: String
    ) async throws(BatonError) -> SignedIn {
        try await ask {
            try await $0.signIn(workspace: workspace, email: email, password: password)
        }
    }

    public func signOut() async throws(BatonError) { try await ask { try await $0.signOut() } }

    public func signedIn() async throws(BatonError) -> SignedIn? {
        try await ask { try await $0.signedIn() }
    }
}

// MARK: - Life of the app

extension CoreClient {
    public func standing() async throws(BatonError) -> Standing {
        try await ask { try await $0.standing() }
    }

    public func foreground() async throws(BatonError) {
        try await ask { try await $0.foreground() }
    }

    public func background(deadlineMs: UInt32) async throws(BatonError) {
        try await ask { try await $0.background(deadlineMs: deadlineMs) }
    }

    public func network(isUp: Bool) async throws(BatonError) {
        try await ask { try await $0.network(isUp: isUp) }
    }

    public func networkChanged() async throws(BatonError) {
        try await ask { try await $0.networkChanged() }
    }

    public func trustPlatform(_ trust: PlatformTrust) { core.trustPlatform(trust: trust) }

    public func goThrough(proxy: String?) throws(BatonError) {
        do {
            try core.goThrough(proxy: proxy)
        } catch {
            throw BatonError(error)
        }
    }

    public func lowMemory() async throws(BatonError) { try await ask { try await $0.lowMemory() } }

    public func log(
        _ level: LogLevel, to sink: (@Sendable (LogRecord) throws -> Void)?
    ) throws(BatonError) {
        do {
            try core.logTo(sink: sink.map(Taking.init), level: level)
        } catch {
            throw BatonError(error)
        }
    }

    public func recentLogs() -> [LogRecord] { core.recentLogs() }

    public func diagnostics() async throws(BatonError) -> Diagnostics {
        try await ask { try await $0.diagnostics() }
    }
}

// MARK: - What the agent does

extension CoreClient {
    @discardableResult
    public func act(
        _ act: Act, in conversation: String, opId: String?
    ) async throws(BatonError) -> Kept {
        try await ask { try await $0.act(conversation: conversation, act: act, opId: opId) }
    }

    @discardableResult
    public func send(
        canned message: CannedMessage, in conversation: String, of team: String, then: [CannedThen]
    ) async throws(BatonError) -> [Kept] {
        try await ask {
            try await $0.sendCanned(
                conversation: conversation, team: team, message: message, then: then)
        }
    }

    @discardableResult
    public func send(
        _ file: OutgoingFile, in conversation: String, seen: SeenLine?, opId: String?
    ) async throws(BatonError) -> Kept {
        try await ask {
            try await $0.sendFile(
                conversation: conversation, file: file, seen: seen, opId: opId)
        }
    }

    public func withdraw(_ number: UInt64) async throws(BatonError) {
        try await ask { try await $0.withdraw(number: number) }
    }

    public func choose(_ choice: Choice, for number: UInt64) async throws(BatonError) {
        try await ask { try await $0.choose(number: number, choice: choice) }
    }

    public func retry() async throws(BatonError) { try await ask { try await $0.retry() } }

    public func outbox() async throws(BatonError) -> [OutboxItem] {
        try await ask { try await $0.outbox() }
    }

    public func unsent() async throws(BatonError) -> [OutboxItem] {
        try await ask { try await $0.unsent() }
    }

    @discardableResult
    public func flush(deadlineMs: UInt32) async throws(BatonError) -> Bool {
        try await ask { try await $0.flush(deadlineMs: deadlineMs) }
    }

    @discardableResult
    public func sync(deadlineMs: UInt32) async throws(BatonError) -> Bool {
        try await ask { try await $0.sync(deadlineMs: deadlineMs) }
    }

    public func elsewhere(_ conversation: String) async throws(BatonError) -> [InboxRow] {
        try await ask { try await $0.elsewhere(conversation: conversation) }
    }
    public func episodes(of conversation: String) async throws(BatonError) -> [Episode] {
        try await ask { try await $0.episodes(conversation: conversation) }
    }
    public func templates(of channel: String) async throws(BatonError) -> [Template] {
        try await ask { try await $0.templates(channel: channel) }
    }

    public func begin(
        with phone: String, from channel: String
    ) async throws(BatonError) -> String {
        try await ask { try await $0.begin(channel: channel, phone: phone) }
    }

    public func setAvailability(_ availability: Availability) async throws(BatonError) {
        try await ask { try await $0.setAvailability(availability: availability) }
    }
}

// MARK: - What the server alone knows

extension CoreClient {
    public func notices(before: UInt64?, limit: UInt32) async throws(BatonError) -> NoticesPage {
        try await ask { try await $0.notices(before: before, limit: limit) }
    }

    @discardableResult
    public func readNotices(
        upTo: UInt64, conversation: String?
    ) async throws(BatonError) -> UInt64 {
        try await ask { try await $0.readNotices(upTo: upTo, conversation: conversation) }
    }

    public func keptDrafts(in conversation: String) async throws(BatonError) -> [KeptDraft] {
        try await ask { try await $0.keptDrafts(conversation: conversation) }
    }

    public func context(of conversation: String) async throws(BatonError) -> [ContextSource] {
        try await ask { try await $0.context(conversation: conversation) }
    }

    public func customerFiles(
        of conversation: String, limit: UInt32, page: String?
    ) async throws(BatonError) -> CustomerFiles {
        try await ask {
            try await $0.customerFiles(conversation: conversation, limit: limit, page: page)
        }
    }

    public func serverList(
        _ filter: Filter, limit: UInt32, page: String?
    ) async throws(BatonError) -> ServerList {
        try await ask { try await $0.serverList(filter: filter, limit: limit, page: page) }
    }

    public func serverSearch(
        _ filter: Filter, limit: UInt32, page: String?
    ) async throws(BatonError) -> ServerFound {
        try await ask { try await $0.serverSearch(filter: filter, limit: limit, page: page) }
    }

    public func savedViews() async throws(BatonError) -> [SavedView] {
        try await ask { try await $0.savedViews() }
    }

    public func devices() async throws(BatonError) -> [SignedInDevice] {
        try await ask { try await $0.devices() }
    }

    public func endDevice(_ device: String) async throws(BatonError) {
        try await ask { try await $0.endDevice(device: device) }
    }

    public func pushLevels() async throws(BatonError) -> PushLevels {
        try await ask { try await $0.pushLevels() }
    }

    @discardableResult
    public func setPushLevels(_ levels: PushLevels) async throws(BatonError) -> PushLevels {
        try await ask { try await $0.setPushLevels(levels: levels) }
    }

    @discardableResult
    public func takeNext(of team: String?) async throws(BatonError) -> String? {
        try await ask { try await $0.takeNext(team: team) }
    }
}

// MARK: - Composing

extension CoreClient {
    public func typing(
        _ text: String, isNote: Bool, in conversation: String
    ) async throws(BatonError) {
        try await ask {
            try await $0.typing(conversation: conversation, text: text, isNote: isNote)
        }
    }

    public func takeOver(_ conversation: String) async throws(BatonError) {
        try await ask { try await $0.takeOver(conversation: conversation) }
    }

    public func draft(in conversation: String) async throws(BatonError) -> Draft? {
        try await ask { try await $0.draft(conversation: conversation) }
    }

    public func hold(in conversation: String) async throws(BatonError) -> Hold {
        try await ask { try await $0.hold(conversation: conversation) }
    }

    public func viewing(_ conversation: String?) async throws(BatonError) {
        try await ask { try await $0.viewing(conversation: conversation) }
    }
}

// MARK: - Lists

extension CoreClient {
    public func inbox(_ view: InboxView) async throws(BatonError) -> Watched<InboxList> {
        try await watch { try await $0.watchInbox(view: view, listener: $1) }
    }

    public func timeline(
        _ conversation: String
    ) async throws(BatonError) -> Watched<TimelineList> {
        try await watch {
            try await $0.watchTimeline(conversation: conversation, listener: $1)
        }
    }

    public func header(
        _ conversation: String
    ) async throws(BatonError) -> Watched<HeaderOf> {
        try await watch {
            try await $0.watchHeader(conversation: conversation, listener: $1)
        }
    }

    public func badge() async throws(BatonError) -> Watched<BadgeOf> {
        try await watch { try await $0.watchBadge(listener: $1) }
    }

    public func watchPresence(_ watch: Bool) async throws(BatonError) {
        try await ask { try await $0.watchPresence(watch: watch) }
    }

    public func people() async throws(BatonError) -> People {
        try await ask { try await $0.people() }
    }

    public func cannedReplies(_ query: String?) async throws(BatonError) -> [CannedReply] {
        try await ask { try await $0.cannedReplies(query: query) }
    }

    public func tags() async throws(BatonError) -> [ConversationTag] {
        try await ask { try await $0.tags() }
    }

    public func attributes() async throws(BatonError) -> [Attribute] {
        try await ask { try await $0.attributes() }
    }

    public func outcomes(of team: String) async throws(BatonError) -> Outcomes {
        try await ask { try await $0.outcomes(team: team) }
    }

    public func teamPolicy(of team: String) async throws(BatonError) -> TeamPolicy {
        try await ask { try await $0.teamPolicy(team: team) }
    }

    public func olderLines(
        of conversation: String, before: UInt64, limit: UInt32
    ) async throws(BatonError) -> LinesPage {
        try await ask {
            try await $0.olderLines(conversation: conversation, before: before, limit: limit)
        }
    }

    public func pastLines(
        of conversation: String, page: String, limit: UInt32
    ) async throws(BatonError) -> LinesPage {
        try await ask {
            try await $0.pastLines(conversation: conversation, page: page, limit: limit)
        }
    }

    public func fileAddress(
        of message: String, in conversation: String
    ) async throws(BatonError) -> FileAddress {
        try await ask { try await $0.fileAddress(conversation: conversation, message: message) }
    }

    @discardableResult
    public func loadFile(
        _ size: FileSize, of message: String, in conversation: String
    ) async throws(BatonError) -> UInt64 {
        try await ask {
            try await $0.loadFile(conversation: conversation, message: message, size: size)
        }
    }

    public func readFile(
        _ size: FileSize, of message: String, in conversation: String, from: UInt64
    ) async throws(BatonError) -> Data? {
        try await ask {
            try await $0.readFile(
                conversation: conversation, message: message, size: size, from: from)
        }
    }

    public func setFileBudget(_ bytes: UInt64) async throws(BatonError) {
        try await ask { try await $0.setFileBudget(bytes: bytes) }
    }

    private func watch<State: Observed>(
        _ begin: @escaping @Sendable (any BatonCoreProtocol, any ListListener) async throws -> UInt64
    ) async throws(BatonError) -> Watched<State> {
        let (states, told) = AsyncStream.makeStream(
            of: State.self, bufferingPolicy: .bufferingNewest(1))
        let problem = Problem()
        let (core, watcher) = (core, Watcher(told, problem))
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
        return Watched(states: states, subscription: subscription, problem: problem)
    }
}

// MARK: - Pushes

extension CoreClient {
    public func registerPush(_ target: PushTarget) async throws(BatonError) {
        try await ask { try await $0.registerPush(target: target) }
    }

    public func unregisterPush() async throws(BatonError) {
        try await ask { try await $0.unregisterPush() }
    }

    public func pushOff(_ reason: PushOffReason) async throws(BatonError) {
        try await ask { try await $0.pushOff(reason: reason) }
    }

    public func pushState() async throws(BatonError) -> PushState {
        try await ask { try await $0.pushState() }
    }

    public func handlePush(
        _ push: PushMessage, deadlineMs: UInt32
    ) async throws(BatonError) -> PushOutcome {
        try await ask { try await $0.handlePush(push: push, deadlineMs: deadlineMs) }
    }

    public func answerNotification(
        token: String, answer: NotificationAnswer, deadlineMs: UInt32
    ) async throws(BatonError) -> AnswerOutcome {
        try await ask {
            try await $0.answerNotification(token: token, answer: answer, deadlineMs: deadlineMs)
        }
    }

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
