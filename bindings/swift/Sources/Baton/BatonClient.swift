import Foundation

/// The client, as an app uses it. `CoreClient` is the real one; tests use `BatonTesting`.
///
/// Open it once per process, report the lifecycle (`foreground`) and the network (`network`), and
/// shut it down at the end.
///
/// **Cancelling a task gives up the answer, not the act**: the call throws `BatonError.cancelled`
/// at once, and the act runs to its end. The outbox and the lists show the result. Two calls with
/// the same `opId` are one act. To take an act back, call `withdraw`.
public protocol BatonClient: AnyObject, Sendable {
    /// Shuts the core down and waits, two seconds at most. Streams end. Calling it twice is harmless.
    func shutdown()

    /// The newest state of the core that an event told; nil before the first.
    var current: Standing? { get }

    /// The newest number of acts that wait for the agent's decision.
    var needsReview: UInt32 { get }

    /// How many events slow readers missed. After one, read `outbox` and `standing` again.
    var dropped: UInt64 { get }

    /// Returns the events from now on; any number of streams. A slow reader delays nothing: 1,024
    /// events wait for it, then the oldest is dropped and counted in `dropped`. A `standing`,
    /// `push`, `people` or `settings` event replaces the one that waits.
    func events() -> Events

    // MARK: - Who is signed in

    /// Signs in. Acts that the same agent left unsent on this device are sent.
    @discardableResult
    func signIn(
        workspace: String, email: String, password: String
    ) async throws(BatonError) -> SignedIn

    /// Signs out. The data stays sealed on the device until the same agent signs in again. Show
    /// `unsent` to the agent before.
    func signOut() async throws(BatonError)

    /// Returns the signed-in agent.
    func signedIn() async throws(BatonError) -> SignedIn?

    // MARK: - Life of the app

    /// Returns the state of the core.
    func standing() async throws(BatonError) -> Standing

    /// Call when the app comes to the foreground: connects.
    func foreground() async throws(BatonError)

    /// Call when the app goes to the background. Then no file and no socket is open.
    func background(deadlineMs: UInt32) async throws(BatonError)

    /// Call when the device gains or loses its network.
    func network(isUp: Bool) async throws(BatonError)

    /// Call when the device switches to another network.
    func networkChanged() async throws(BatonError)

    /// Asks the platform whether to trust certificates that no known authority vouches for. Call
    /// it before `foreground`.
    func trustPlatform(_ trust: PlatformTrust)

    /// Connects through the proxy of this network from here on, `http://host:port`, or through
    /// none. Call it before `network` and `networkChanged`.
    func goThrough(proxy: String?) throws(BatonError)

    /// Call when the system warns of low memory: drops caches.
    func lowMemory() async throws(BatonError)

    /// Sets the log sink and replays buffered records to it; `nil` removes it. It is called on a
    /// thread of its own: if it throws or blocks, only its records wait. Records hold ids, counts
    /// and fixed words, never texts, names or numbers.
    func log(
        _ level: LogLevel, to sink: (@Sendable (LogRecord) throws -> Void)?
    ) throws(BatonError)

    /// Returns the last 1,000 log records, oldest first; also after `shutdown`.
    func recentLogs() -> [LogRecord]

    /// Returns the core's condition, for support.
    func diagnostics() async throws(BatonError) -> Diagnostics

    // MARK: - What the agent does

    /// Puts an act into the outbox. When this returns, the act is stored. Two calls with the same
    /// `opId` are one act.
    @discardableResult
    func act(
        _ act: Act, in conversation: String, opId: String?
    ) async throws(BatonError) -> Kept

    /// Puts a text that was made of a canned reply into the outbox, and behind it what is done then.
    @discardableResult
    func send(
        canned message: CannedMessage, in conversation: String, of team: String, then: [CannedThen]
    ) async throws(BatonError) -> [Kept]

    /// Copies a file and puts its act into the outbox. When this returns, both are stored, and the
    /// source may vanish. `OutboxItem.file` says how much of it the server has.
    @discardableResult
    func send(
        _ file: OutgoingFile, in conversation: String, seen: SeenLine?, opId: String?
    ) async throws(BatonError) -> Kept

    /// Withdraws an act that has not been sent.
    func withdraw(_ number: UInt64) async throws(BatonError)

    /// Applies the agent's choice to an act in review.
    func choose(_ choice: Choice, for number: UInt64) async throws(BatonError)

    /// Sends what waits now, without waiting for the next retry.
    func retry() async throws(BatonError)

    /// Returns the agent's acts that the server has not confirmed.
    func outbox() async throws(BatonError) -> [OutboxItem]

    /// Returns the acts that would stay unsent, to show before signing out.
    func unsent() async throws(BatonError) -> [OutboxItem]

    /// Sends what waits, also in the background. Returns whether everything was sent.
    @discardableResult
    func flush(deadlineMs: UInt32) async throws(BatonError) -> Bool

    /// Sends what waits and fetches what was missed, also in the background. Returns whether both
    /// are done.
    @discardableResult
    func sync(deadlineMs: UInt32) async throws(BatonError) -> Bool

    /// Loads where else the person of a conversation is answered, as far as the agent may see it.
    func elsewhere(_ conversation: String) async throws(BatonError) -> [InboxRow]
    /// Loads the last episodes of a conversation, the newest first.
    func episodes(of conversation: String) async throws(BatonError) -> [Episode]
    /// Loads the templates of a number from the server.
    func templates(of channel: String) async throws(BatonError) -> [Template]

    /// Opens the conversation with a number, or begins it. Returns its id.
    func begin(with phone: String, from channel: String) async throws(BatonError) -> String

    /// Sets the agent's own availability at the server.
    func setAvailability(_ availability: Availability) async throws(BatonError)

    // MARK: - What the server alone knows

    /// Loads what concerns the agent, the newest first; `before` is that of the page before.
    func notices(before: UInt64?, limit: UInt32) async throws(BatonError) -> NoticesPage

    /// Says that notices are read, all or those of a conversation. Returns how many are not.
    @discardableResult
    func readNotices(
        upTo: UInt64, conversation: String?
    ) async throws(BatonError) -> UInt64

    /// Loads the texts that agents typed there and did not send, whatever device they used.
    func keptDrafts(in conversation: String) async throws(BatonError) -> [KeptDraft]

    /// Asks the team's own programs about the customer; each says whether it answered.
    func context(of conversation: String) async throws(BatonError) -> [ContextSource]

    /// Loads the customer's files, the newest first, of all conversations with them.
    func customerFiles(
        of conversation: String, limit: UInt32, page: String?
    ) async throws(BatonError) -> CustomerFiles

    /// Loads the conversations that pass a filter: snoozed and resolved ones, too.
    func serverList(
        _ filter: Filter, limit: UInt32, page: String?
    ) async throws(BatonError) -> ServerList

    /// Searches at the server for the text of a filter, in everything that the agent may see.
    func serverSearch(
        _ filter: Filter, limit: UInt32, page: String?
    ) async throws(BatonError) -> ServerFound

    /// Loads the filters that the agent and their teams keep by name.
    func savedViews() async throws(BatonError) -> [SavedView]

    /// Loads the devices on which the agent is signed in.
    func devices() async throws(BatonError) -> [SignedInDevice]

    /// Signs another device of the agent out. For this one call `signOut`.
    func endDevice(_ device: String) async throws(BatonError)

    /// Loads how much the agent is told by push, on all their devices.
    func pushLevels() async throws(BatonError) -> PushLevels

    /// Sets how much the agent is told by push. Returns what holds.
    @discardableResult
    func setPushLevels(_ levels: PushLevels) async throws(BatonError) -> PushLevels

    /// Takes what is offered, else what waits longest. Returns its id, `nil` when nothing waits.
    @discardableResult
    func takeNext(of team: String?) async throws(BatonError) -> String?

    // MARK: - Composing

    /// Call on every change of the text field: keeps the draft. That of a reply asks for the lease,
    /// and colleagues see it. That of a note does neither.
    func typing(
        _ text: String, isNote: Bool, in conversation: String
    ) async throws(BatonError)

    /// Takes the lease from the colleague who writes there.
    func takeOver(_ conversation: String) async throws(BatonError)

    /// Returns the unsent draft of a conversation.
    func draft(in conversation: String) async throws(BatonError) -> Draft?

    /// Returns who writes in a conversation.
    func hold(in conversation: String) async throws(BatonError) -> Hold

    /// Call when the screen shows another conversation; `nil` when it shows none.
    func viewing(_ conversation: String?) async throws(BatonError)

    // MARK: - Lists

    /// Subscribes to an inbox. A slow reader gets the newest state.
    func inbox(_ view: InboxView) async throws(BatonError) -> Watched<InboxList>

    /// Subscribes to the timeline of a conversation.
    func timeline(_ conversation: String) async throws(BatonError) -> Watched<TimelineList>

    /// Subscribes to the header of a conversation.
    func header(_ conversation: String) async throws(BatonError) -> Watched<HeaderOf>

    /// Subscribes to the badge.
    func badge() async throws(BatonError) -> Watched<BadgeOf>

    /// Turns events about colleagues' presence on or off.
    func watchPresence(_ watch: Bool) async throws(BatonError)

    /// Returns colleagues, teams and channels from the store.
    func people() async throws(BatonError) -> People

    /// Returns the canned replies that the agent may insert; with a query those that fit.
    func cannedReplies(_ query: String?) async throws(BatonError) -> [CannedReply]

    /// Returns the tags, also those that became another one.
    func tags() async throws(BatonError) -> [ConversationTag]

    /// Returns the fields of customers' cards.
    func attributes() async throws(BatonError) -> [Attribute]

    /// Returns the outcomes of a team: its own, or those of the workspace.
    func outcomes(of team: String) async throws(BatonError) -> Outcomes

    /// Returns the policy of a team, or the default where nobody has set it.
    func teamPolicy(of team: String) async throws(BatonError) -> TeamPolicy

    /// Loads lines before `before` from the server. They are not stored.
    func olderLines(
        of conversation: String, before: UInt64, limit: UInt32
    ) async throws(BatonError) -> LinesPage

    /// Loads what was said before the number came to Baton: `page` is `past` of the page before.
    /// They are not stored.
    func pastLines(
        of conversation: String, page: String, limit: UInt32
    ) async throws(BatonError) -> LinesPage

    /// Loads the address of a line's file from the server, good for a few minutes.
    func fileAddress(
        of message: String, in conversation: String
    ) async throws(BatonError) -> FileAddress

    /// Loads a file of a line to this device, sealed, and returns its size in bytes. `Line.loading`
    /// says how far it is; a later call continues what an earlier one began.
    @discardableResult
    func loadFile(
        _ size: FileSize, of message: String, in conversation: String
    ) async throws(BatonError) -> UInt64

    /// Reads a part of a file that was loaded, also offline: 1 MiB, less at its end. Returns nothing
    /// when this device does not hold it: load it again.
    func readFile(
        _ size: FileSize, of message: String, in conversation: String, from: UInt64
    ) async throws(BatonError) -> Data?

    /// Sets what the files of lines may take on this device, bytes. Call at every start.
    func setFileBudget(_ bytes: UInt64) async throws(BatonError)

    // MARK: - Pushes

    /// Asks for pushes at this target, also offline: the core tells the server by itself. Call at
    /// every start, and whenever the platform gives another target.
    func registerPush(_ target: PushTarget) async throws(BatonError)

    /// Ends the registration for pushes; the server is told when it can be reached.
    func unregisterPush() async throws(BatonError)

    /// Reports why no push can come, for `pushState`. `registerPush` takes it back.
    func pushOff(_ reason: PushOffReason) async throws(BatonError)

    /// Returns whether pushes reach this device.
    func pushState() async throws(BatonError) -> PushState

    /// Decides what a push shows, by the deadline in any case.
    func handlePush(
        _ push: PushMessage, deadlineMs: UInt32
    ) async throws(BatonError) -> PushOutcome

    /// Replies or resolves from a notification, also when the app was not running, and sends that
    /// by the deadline. `token` comes with the notification's action.
    func answerNotification(
        token: String, answer: NotificationAnswer, deadlineMs: UInt32
    ) async throws(BatonError) -> AnswerOutcome

    /// Call when a notification was opened or dismissed.
    func notificationEnded(
        _ push: String, how: NotificationEnd
    ) async throws(BatonError)
}

// MARK: - With the usual deadlines

extension BatonClient {
    /// Puts an act into the outbox, under an id of its own.
    @discardableResult
    public func act(_ act: Act, in conversation: String) async throws(BatonError) -> Kept {
        try await self.act(act, in: conversation, opId: nil)
    }

    /// Sends a file, under an id of its own.
    @discardableResult
    public func send(
        _ file: OutgoingFile, in conversation: String, seen: SeenLine?
    ) async throws(BatonError) -> Kept {
        try await send(file, in: conversation, seen: seen, opId: nil)
    }

    /// Call when the app goes to the background, with five seconds to end it.
    public func background() async throws(BatonError) {
        try await background(deadlineMs: 5_000)
    }

    /// Decides what a push shows, within 20 seconds in any case.
    public func handlePush(_ push: PushMessage) async throws(BatonError) -> PushOutcome {
        try await handlePush(push, deadlineMs: 20_000)
    }

    /// Replies or resolves from a notification, within 20 seconds.
    public func answerNotification(
        token: String, answer: NotificationAnswer
    ) async throws(BatonError) -> AnswerOutcome {
        try await answerNotification(token: token, answer: answer, deadlineMs: 20_000)
    }

    /// Sets the log sink for records from `info` on.
    public func log(
        to sink: (@Sendable (LogRecord) throws -> Void)?
    ) throws(BatonError) {
        try log(.info, to: sink)
    }
}

// MARK: - Lists as a view shows them

extension BatonClient {
    /// Subscribes to an inbox: loading, loaded or failed.
    public func watchInbox(_ view: InboxView) -> WatchedStates<InboxList> {
        WatchedStates { try await self.inbox(view) }
    }

    /// Subscribes to the timeline of a conversation: loading, loaded or failed.
    public func watchTimeline(_ conversation: String) -> WatchedStates<TimelineList> {
        WatchedStates { try await self.timeline(conversation) }
    }

    /// Subscribes to the header of a conversation: loading, loaded or failed.
    public func watchHeader(_ conversation: String) -> WatchedStates<HeaderOf> {
        WatchedStates { try await self.header(conversation) }
    }

    /// Subscribes to the badge: loading, loaded or failed.
    public func watchBadge() -> WatchedStates<BadgeOf> {
        WatchedStates { try await self.badge() }
    }
}
