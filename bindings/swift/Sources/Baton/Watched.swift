import Foundation

/// A list or value that is told as it changes: iterate it, once. What comes out is whole each
/// time. Who is slow misses what was in between, never the newest.
///
/// The subscription ends with the iteration (by `break`, by cancelling its task), with `end()`,
/// with `shutdown`, or when nobody holds this object or iterates it any more.
///
///     let inbox = try await client.inbox(.mine)
///     for await list in inbox { show(list.rows) }
public final class Watched<State: Observed>: AsyncSequence, Sendable {
    public typealias Element = State
    public typealias Failure = Never

    private let states: AsyncStream<State>
    private let subscription: Subscription
    private let failure: Problem

    init(states: AsyncStream<State>, subscription: Subscription, problem: Problem) {
        (self.states, self.subscription, failure) = (states, subscription, problem)
    }

    /// Why it ended by itself, if that was a failure.
    public var problem: BatonError? { failure.error }

    /// Shows a page more of a list, or of older lines.
    public func more() async throws(BatonError) {
        try await subscription.ask { try await $0.more(subscription: $1) }
    }

    /// Shows a page of newer lines, where the window had slid away from the end.
    public func newer() async throws(BatonError) {
        try await subscription.ask { try await $0.newer(subscription: $1) }
    }

    /// Shows the newest page.
    public func newest() async throws(BatonError) {
        try await subscription.ask { try await $0.newest(subscription: $1) }
    }

    /// Tells no more; an iteration ends.
    public func end() { subscription.end() }

    public func makeAsyncIterator() -> Iterator {
        Iterator(states: states.makeAsyncIterator(), whileLives: Guard(subscription))
    }

    /// See `Watched`.
    public struct Iterator: AsyncIteratorProtocol {
        private var states: AsyncStream<State>.Iterator
        private let whileLives: Guard

        fileprivate init(states: AsyncStream<State>.Iterator, whileLives: Guard) {
            (self.states, self.whileLives) = (states, whileLives)
        }

        public mutating func next() async -> State? { await states.next() }
    }

    fileprivate final class Guard: Sendable {
        private let subscription: Subscription
        init(_ subscription: Subscription) { self.subscription = subscription }
        deinit { subscription.end() }
    }
}

/// A subscription that has begun, and ends once.
final class Subscription: @unchecked Sendable {
    private let lock = NSLock()
    private var core: (any BatonCoreProtocol)?
    private let name: UInt64
    private let ended: @Sendable () -> Void

    init(core: any BatonCoreProtocol, name: UInt64, ended: @escaping @Sendable () -> Void) {
        (self.core, self.name, self.ended) = (core, name, ended)
    }

    deinit { end() }

    func ask(
        _ call: @escaping @Sendable (any BatonCoreProtocol, UInt64) async throws -> Void
    ) async throws(BatonError) {
        guard let core = lock.withLock({ core }) else { return }
        let name = name
        try await asked { try await call(core, name) }
    }

    func end() {
        let core = lock.withLock {
            defer { self.core = nil }
            return self.core
        }
        guard let core else { return }
        ended()
        let name = name
        // Where the core is closed already, nothing is told any more either.
        Task.detached { _ = try? await core.unwatch(subscription: name) }
    }
}

/// Keeps what it is told whole, and hands it on. Called from one thread of the core, which it
/// never holds up.
final class Watcher<State: Observed>: ListListener, @unchecked Sendable {
    private var state = State()
    private let states: AsyncStream<State>.Continuation
    private let problem: Problem

    init(_ states: AsyncStream<State>.Continuation, _ problem: Problem) {
        (self.states, self.problem) = (states, problem)
    }

    func onBatch(batch: ListBatch) throws {
        do {
            try state.take(batch)
        } catch {
            problem.error = .mistake(detail: "a step does not fit its list")
            states.finish()
            throw error
        }
        states.yield(state)
    }
}

/// Why a subscription failed.
final class Problem: @unchecked Sendable {
    private let lock = NSLock()
    private var held: BatonError?

    var error: BatonError? {
        get { lock.withLock { held } }
        set { lock.withLock { held = newValue } }
    }
}
