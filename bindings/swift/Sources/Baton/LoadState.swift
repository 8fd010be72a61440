/// What there is to show of a list or value.
public enum LoadState<State: Observed>: Sendable {
    /// Nothing was told so far.
    case loading
    /// The newest value.
    case loaded(State)
    /// The subscription failed and tells no more: show the error, and watch again.
    case failed(BatonError)

    /// The value, where there is one.
    public var value: State? {
        guard case .loaded(let state) = self else { return nil }
        return state
    }
}

/// A list or value as a view shows it: loading, loaded or failed, never an endless wait. Iterate
/// it, once. The subscription ends when nobody holds this object or iterates it any more.
///
///     for await state in client.watchInbox(.mine) { self.state = state }
public final class WatchedStates<State: Observed>: AsyncSequence, Sendable {
    public typealias Element = LoadState<State>
    public typealias Failure = Never

    private let states: AsyncStream<LoadState<State>>
    private let opening: Task<Watched<State>, any Error>
    private let reading: Task<Void, Never>

    init(_ open: @escaping @Sendable () async throws -> Watched<State>) {
        let (states, told) = AsyncStream.makeStream(
            of: LoadState<State>.self, bufferingPolicy: .bufferingNewest(1))
        told.yield(.loading)
        let opening = Task { try await open() }
        reading = Task {
            var isLoaded = false
            do {
                let watched = try await opening.value
                for await state in watched {
                    isLoaded = true
                    told.yield(.loaded(state))
                }
                if let problem = watched.problem ?? (isLoaded ? nil : .closed) {
                    told.yield(.failed(problem))
                }
            } catch {
                told.yield(.failed(BatonError(error)))
            }
            told.finish()
        }
        (self.states, self.opening) = (states, opening)
    }

    deinit {
        opening.cancel()
        reading.cancel()
    }

    /// Shows a page more of a list, or of older lines.
    public func more() async throws(BatonError) { try await opened().more() }

    /// Shows a page of newer lines, where the window had slid away from the end.
    public func newer() async throws(BatonError) { try await opened().newer() }

    /// Shows the newest page.
    public func newest() async throws(BatonError) { try await opened().newest() }

    public func makeAsyncIterator() -> Iterator {
        Iterator(states: states.makeAsyncIterator(), whole: self)
    }

    private func opened() async throws(BatonError) -> Watched<State> {
        do {
            return try await opening.value
        } catch {
            throw BatonError(error)
        }
    }

    /// See `WatchedStates`.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate var states: AsyncStream<LoadState<State>>.Iterator
        fileprivate let whole: WatchedStates

        public mutating func next() async -> LoadState<State>? { await states.next() }
    }
}
