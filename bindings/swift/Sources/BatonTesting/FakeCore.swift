import Baton
import Foundation

/// The core behind a fake client: what a test gave it, and who watches.
final class FakeCore: BatonCoreProtocol, @unchecked Sendable {
    /// All that the fake holds.
    struct Held {
        var listener: (any Listener)?
        var failure: CoreError?
        var failures: [String: CoreError] = [:]
        var people = People(agents: [], teams: [], channels: [])
        var choices: [(number: UInt64, choice: Choice)] = []
        var templatesOf: String?
        var acts: [TakenAct] = []
        var canned: [CannedMessage] = []
        var calls: [String] = []
        var items: [OutboxItem] = []
        var files: [TakenFile] = []
        var elsewhere: [InboxRow] = []
        var episodes: [Episode] = []
        var server = FakeServer()
        var templates: [Template] = []
        var loaded = Data()
        var inboxes: [InboxView?: [InboxRow]] = [:]
        var timelines: [String: [TimelineEntry]] = [:]
        var headers: [String: Header?] = [:]
        var badge = Badge(mine: 0, unread: 0, unassigned: 0, needsReview: 0)
        var drafts: [String: Draft] = [:]
        var state = Standing.live
        var who: SignedIn? = SignedIn(
            workspace: "demo", agent: Preview.me, device: Preview.me)
        var answered = AnswerOutcome.sent
        var pushes = PushState.off(reason: .notRegistered)
        var outcome = PushOutcome(
            verdict: .suppress(reason: .duplicate), withdraw: [], update: [], badge: nil,
            isBehind: false)
        var watching: [UInt64: (any ListListener, @Sendable (Held) -> ListBatch)] = [:]
        var last: UInt64 = 0
        var isOver = false
    }

    private let lock = NSRecursiveLock()
    private var held = Held()

    func read<T>(_ of: (Held) -> T) -> T { lock.withLock { of(held) } }

    func change(_ act: (inout Held) -> Void) { lock.withLock { act(&held) } }

    /// Changes something, and tells who watches. Lists are told whole: the steps mean the same.
    func changeLists(_ act: (inout Held) -> Void) {
        lock.withLock {
            act(&held)
            for (listener, batch) in held.watching.values {
                try? listener.onBatch(batch: batch(held))
            }
        }
    }

    private func asked<T>(_ name: String, _ answer: (inout Held) -> T) throws -> T {
        try lock.withLock {
            if held.isOver { throw CoreError.Closed }
            if let failure = held.failure { throw failure }
            if let failure = held.failures.removeValue(forKey: name) { throw failure }
            held.calls.append(name)
            return answer(&held)
        }
    }

    private func asked(_ name: String) throws { try asked(name) { _ in } }

    // MARK: - Lists

    private func watch(
        _ name: String, _ listener: any ListListener,
        _ batch: @escaping @Sendable (Held) -> ListBatch
    ) throws -> UInt64 {
        try lock.withLock {
            let number = try asked(name) { held in
                held.last += 1
                held.watching[held.last] = (listener, batch)
                return held.last
            }
            try? listener.onBatch(batch: batch(held))
            return number
        }
    }

    func watchInbox(view: InboxView, listener: ListListener) async throws -> UInt64 {
        try watch("watchInbox", listener) { held in
            let rows = held.inboxes[view] ?? held.inboxes[nil] ?? []
            return .inbox(
                revision: 0, steps: [.reset(items: rows)], total: UInt64(rows.count),
                unread: rows.reduce(0) { $0 + $1.unread }, hasMore: false)
        }
    }

    func watchTimeline(conversation: String, listener: ListListener) async throws -> UInt64 {
        try watch("watchTimeline", listener) { held in
            let entries = held.timelines[conversation] ?? []
            let lines = entries.compactMap { entry -> Line? in
                if case .line(let line) = entry { line } else { nil }
            }
            return .timeline(
                revision: 0, steps: [.reset(items: entries)], older: .nothing,
                firstSeq: lines.map(\.seq).min() ?? 0,
                seen: lines.max { $0.seq < $1.seq }?.seen, hasNewer: false, isFull: true)
        }
    }

    func watchHeader(conversation: String, listener: ListListener) async throws -> UInt64 {
        try watch("watchHeader", listener) { .header(header: $0.headers[conversation] ?? nil) }
    }

    func watchBadge(listener: ListListener) async throws -> UInt64 {
        try watch("watchBadge", listener) { .badge(badge: $0.badge) }
    }

    func unwatch(subscription: UInt64) async throws -> Bool {
        var isThere = false
        change { isThere = $0.watching.removeValue(forKey: subscription) != nil }
        return isThere
    }

    // MARK: - What has an answer of its own

    func act(conversation: String, act: Act, opId: String?) async throws -> Kept {
        try asked("act") { held in
            let number = held.acts.count + 1
            let name = opId ?? Preview.id(number)
            let isNew = !held.acts.contains { $0.opId == name }
            if isNew {
                held.acts.append(TakenAct(conversation: conversation, act: act, opId: name))
            }
            return Kept(number: UInt64(number), opId: name, isNew: isNew)
        }
    }

    func sendCanned(
        conversation: String, team: String, message: CannedMessage, then: [CannedThen]
    ) async throws -> [Kept] {
        _ = try asked("sendCanned") { $0.canned.append(message) }
        let reply = Act.reply(text: message.text, seen: message.seen, quoted: nil)
        return [try await act(conversation: conversation, act: reply, opId: nil)]
    }

    func sendFile(
        conversation: String, file: OutgoingFile, seen: SeenLine?, opId: String?
    ) async throws -> Kept {
        try asked("sendFile") { held in
            let number = 1_000 + held.files.count
            let name = opId ?? Preview.id(number)
            let isNew = !held.files.contains { $0.opId == name }
            if isNew {
                held.files.append(TakenFile(conversation: conversation, file: file, opId: name))
            }
            return Kept(number: UInt64(number), opId: name, isNew: isNew)
        }
    }

    func elsewhere(conversation: String) async throws -> [InboxRow] {
        try asked("elsewhere") { $0.elsewhere }
    }
    func episodes(conversation: String) async throws -> [Episode] {
        try asked("episodes") { $0.episodes }
    }
    func templates(channel: String) async throws -> [Template] {
        try asked("templates") { held in
            held.templatesOf = channel
            return held.templates
        }
    }

    func begin(channel: String, phone: String) async throws -> String {
        try asked("begin") { _ in Preview.conversation }
    }

    func notices(before: UInt64?, limit: UInt32) async throws -> NoticesPage {
        try asked("notices") { $0.server.notices }
    }

    func readNotices(upTo: UInt64, conversation: String?) async throws -> UInt64 {
        try asked("readNotices") { _ in 0 }
    }

    func keptDrafts(conversation: String) async throws -> [KeptDraft] {
        try asked("keptDrafts") { $0.server.drafts }
    }

    func context(conversation: String) async throws -> [ContextSource] {
        try asked("context") { $0.server.context }
    }

    func customerFiles(
        conversation: String, limit: UInt32, page: String?
    ) async throws -> CustomerFiles {
        try asked("customerFiles") { $0.server.files }
    }

    func serverList(filter: Filter, limit: UInt32, page: String?) async throws -> ServerList {
        try asked("serverList") { $0.server.list }
    }

    func serverSearch(filter: Filter, limit: UInt32, page: String?) async throws -> ServerFound {
        try asked("serverSearch") { $0.server.found }
    }

    func savedViews() async throws -> [SavedView] {
        try asked("savedViews") { $0.server.views }
    }

    func devices() async throws -> [SignedInDevice] {
        try asked("devices") { $0.server.devices }
    }

    func endDevice(device: String) async throws {
        try asked("endDevice") { $0.server.devices.removeAll { $0.id == device } }
    }

    func pushLevels() async throws -> PushLevels {
        try asked("pushLevels") { $0.server.levels }
    }

    func setPushLevels(levels: PushLevels) async throws -> PushLevels {
        try asked("setPushLevels") { held in
            held.server.levels = levels
            return levels
        }
    }

    func takeNext(team: String?) async throws -> String? {
        try asked("takeNext") { $0.server.next }
    }

    func signIn(workspace: String, email: String, password: String) async throws -> SignedIn {
        try asked("signIn") { held in
            let who = held.who
                ?? SignedIn(workspace: workspace, agent: Preview.me, device: Preview.me)
            held.who = who
            return who
        }
    }

    func signOut() async throws {
        let listener = try asked("signOut") { held in
            (held.who, held.state) = (nil, .signedOut)
            return held.listener
        }
        try listener?.onEvent(event: .standing(standing: .signedOut))
    }

    func signedIn() async throws -> SignedIn? { try asked("signedIn") { $0.who } }

    func standing() async throws -> Standing { try asked("standing") { $0.state } }

    func outbox() async throws -> [OutboxItem] { try asked("outbox") { $0.items } }

    func unsent() async throws -> [OutboxItem] { try asked("unsent") { $0.items } }

    func flush(deadlineMs: UInt32) async throws -> Bool { try asked("flush") { $0.items.isEmpty } }

    func sync(deadlineMs: UInt32) async throws -> Bool { try asked("sync") { $0.items.isEmpty } }

    func typing(conversation: String, text: String, isNote: Bool) async throws {
        try asked("typing") { $0.drafts[conversation] = Draft(text: text, isNote: isNote) }
    }

    func draft(conversation: String) async throws -> Draft? {
        try asked("draft") { $0.drafts[conversation] }
    }

    func hold(conversation: String) async throws -> Hold {
        try asked("hold") { ($0.headers[conversation] ?? nil)?.hold ?? .unknown }
    }

    func people() async throws -> People {
        try asked("people") { $0.people }
    }

    func cannedReplies(query: String?) async throws -> [CannedReply] {
        try asked("cannedReplies") { _ in Preview.cannedReplies }
    }

    func tags() async throws -> [ConversationTag] {
        try asked("tags") { _ in Preview.tags }
    }

    func attributes() async throws -> [Attribute] {
        try asked("attributes") { _ in [] }
    }

    func outcomes(team: String) async throws -> Outcomes {
        try asked("outcomes") { _ in Outcomes(ask: .never, list: []) }
    }

    func teamPolicy(team: String) async throws -> TeamPolicy {
        try asked("teamPolicy") { _ in Preview.policy }
    }

    func olderLines(conversation: String, before: UInt64, limit: UInt32) async throws -> LinesPage {
        try asked("olderLines") { _ in LinesPage(lines: [], past: nil) }
    }

    func pastLines(conversation: String, page: String, limit: UInt32) async throws -> LinesPage {
        try asked("pastLines") { _ in LinesPage(lines: [], past: nil) }
    }

    func fileAddress(conversation: String, message: String) async throws -> FileAddress {
        try asked("fileAddress") { _ in
            FileAddress(
                url: "https://files.example/1", expiresAtMs: 0, mediaType: "image/jpeg",
                name: nil, bytes: 1)
        }
    }

    func loadFile(conversation: String, message: String, size: FileSize) async throws -> UInt64 {
        try asked("loadFile") { UInt64($0.loaded.count) }
    }

    func readFile(
        conversation: String, message: String, size: FileSize, from: UInt64
    ) async throws -> Data? {
        try asked("readFile") { Data($0.loaded.dropFirst(Int(from)).prefix(1 << 20)) }
    }

    func setFileBudget(bytes: UInt64) async throws { try asked("setFileBudget") { _ in } }

    func handlePush(push: PushMessage, deadlineMs: UInt32) async throws -> PushOutcome {
        try asked("handlePush") { $0.outcome }
    }

    func answerNotification(
        token: String, answer: NotificationAnswer, deadlineMs: UInt32
    ) async throws -> AnswerOutcome {
        try asked("answerNotification") { $0.answered }
    }

    func registerPush(target: PushTarget) async throws {
        try asked("registerPush")
        setPushState(.on)
    }

    func unregisterPush() async throws {
        try asked("unregisterPush")
        setPushState(.off(reason: .notRegistered))
    }

    func pushOff(reason: PushOffReason) async throws {
        try asked("pushOff")
        setPushState(.off(reason: reason))
    }

    func pushState() async throws -> PushState { try asked("pushState") { $0.pushes } }

    func setPushState(_ state: PushState) {
        change { $0.pushes = state }
        try? read { $0.listener }?.onEvent(event: .push(state: state))
    }

    func diagnostics() async throws -> Diagnostics {
        try asked("diagnostics") { held in
            Diagnostics(
                standing: held.state, position: nil, acts: UInt32(held.items.count),
                needsReview: 0, lastError: nil, damage: nil, thrown: 0, givenUp: 0, panics: 0,
                logsDropped: 0, waitsFor: nil, serverIsNewer: false)
        }
    }

    // MARK: - What is recorded

    func shutdown() { change { $0.isOver = true } }
    func logTo(sink: LogSink?, level: LogLevel) throws { try asked("logTo") }
    func recentLogs() -> [LogRecord] { [] }
    func trustPlatform(trust: PlatformTrust) {}
    func goThrough(proxy: String?) throws { try asked("goThrough") }
    func foreground() async throws { try asked("foreground") }
    func background(deadlineMs: UInt32) async throws { try asked("background") }
    func network(isUp: Bool) async throws { try asked("network") }
    func networkChanged() async throws { try asked("networkChanged") }
    func lowMemory() async throws { try asked("lowMemory") }
    func withdraw(number: UInt64) async throws { try asked("withdraw") }
    func choose(number: UInt64, choice: Choice) async throws {
        try asked("choose") { $0.choices.append((number, choice)) }
    }
    func retry() async throws { try asked("retry") }
    func takeOver(conversation: String) async throws { try asked("takeOver") }
    func viewing(conversation: String?) async throws { try asked("viewing") }
    func watchPresence(watch: Bool) async throws { try asked("watchPresence") }
    func setAvailability(availability: Availability) async throws { try asked("setAvailability") }
    func more(subscription: UInt64) async throws { try asked("more") }
    func newer(subscription: UInt64) async throws { try asked("newer") }
    func newest(subscription: UInt64) async throws { try asked("newest") }
    func notificationEnded(push: String, how: NotificationEnd) async throws {
        try asked("notificationEnded")
    }
}
