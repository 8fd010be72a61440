import Foundation

/// Events that wait for one reader at most; then the oldest is dropped and counted.
private let eventsWaiting = 1_024

/// The events from when it was made: iterate it, once. It ends with the client.
public struct Events: AsyncSequence, Sendable {
    public typealias Element = Event
    public typealias Failure = Never

    fileprivate let queue: EventQueue

    public func makeAsyncIterator() -> Iterator {
        Iterator(queue: queue, nudges: queue.nudges.makeAsyncIterator())
    }

    /// See `Events`.
    public struct Iterator: AsyncIteratorProtocol {
        fileprivate let queue: EventQueue
        fileprivate var nudges: AsyncStream<Void>.Iterator

        public mutating func next() async -> Event? {
            while true {
                if let event = queue.next() { return event }
                if await nudges.next() == nil { return Task.isCancelled ? nil : queue.next() }
            }
        }
    }
}

/// The events that wait for one reader.
private final class EventQueue: @unchecked Sendable {
    let nudges: AsyncStream<Void>
    private let nudge: AsyncStream<Void>.Continuation
    private let lock = NSLock()
    private var waiting: [Event] = []

    init() {
        (nudges, nudge) = AsyncStream.makeStream(bufferingPolicy: .bufferingNewest(1))
    }

    /// Returns how many events were dropped for this one. Never waits.
    func put(_ event: Event) -> UInt64 {
        let dropped: UInt64 = lock.withLock {
            waiting.removeAll { event.overtakes($0) }
            waiting.append(event)
            if waiting.count <= eventsWaiting { return 0 }
            waiting.removeFirst()
            return 1
        }
        nudge.yield()
        return dropped
    }

    func next() -> Event? { lock.withLock { waiting.isEmpty ? nil : waiting.removeFirst() } }

    func end() { nudge.finish() }
}

/// Passes events on to their streams. Called on one thread of the core, which it never blocks.
final class EventHub: Listener, @unchecked Sendable {
    private let lock = NSLock()
    private var readers: [Reader] = []
    private var endings: [UInt64: @Sendable () -> Void] = [:]
    private var last: UInt64 = 0
    private var isOver = false
    private var (told, review, lost): (Standing?, UInt32, UInt64) = (nil, 0, 0)

    var current: Standing? { lock.withLock { told } }
    var needsReview: UInt32 { lock.withLock { review } }
    var dropped: UInt64 { lock.withLock { lost } }

    func onEvent(event: Event) {
        let queues = lock.withLock {
            switch event {
            case .standing(let standing): told = standing
            case .outbox(_, _, let needsReview): review = needsReview
            default: break
            }
            return readers.compactMap(\.queue)
        }
        let dropped = queues.reduce(0) { $0 + $1.put(event) }
        if dropped > 0 { lock.withLock { lost += dropped } }
    }

    func stream() -> Events {
        let queue = EventQueue()
        let isOver = lock.withLock {
            readers.removeAll { $0.queue == nil }
            if !self.isOver { readers.append(Reader(queue: queue)) }
            return self.isOver
        }
        if isOver { queue.end() }
        return Events(queue: queue)
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
        lock.withLock { endings[name] = nil }
    }

    func end() {
        let (queues, ended) = lock.withLock {
            isOver = true
            defer { (readers, endings) = ([], [:]) }
            return (readers.compactMap(\.queue), endings)
        }
        for queue in queues { queue.end() }
        for ending in ended.values { ending() }
    }

    /// A reader that nobody holds any more is forgotten.
    private struct Reader {
        weak var queue: EventQueue?
    }
}

extension Event {
    /// Whether the older event says nothing that this one does not.
    fileprivate func overtakes(_ older: Event) -> Bool {
        switch (self, older) {
        case (.standing, .standing), (.people, .people), (.push, .push), (.settings, .settings):
            true
        default: false
        }
    }
}
