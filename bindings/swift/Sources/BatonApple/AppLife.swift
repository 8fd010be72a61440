import Baton
import Foundation

/// Tells the core of the app's life, in order: nothing closes the core after it was opened anew.
///
/// On iOS `observe` does it by itself. Elsewhere call `appear` and `leave`.
@MainActor
public final class AppLife {
    public let client: any BatonClient
    private var last: Task<Void, Never>?
    private var isVisible = false
    private var isUp = true

    public init(client: any BatonClient) { self.client = client }

    /// The app is looked at. A leaving that is under way is given up, or waited for.
    public func appear() async {
        isVisible = true
        let before = last
        before?.cancel()
        let (client, isUp) = (client, isUp)
        await inOrder(after: before) {
            try? await client.network(isUp: isUp)
            try? await client.foreground()
        }
    }

    /// The app is left: first what waits is sent, then everything is closed, so that the system
    /// finds no lock when it suspends the app. Returns whether everything was sent.
    @discardableResult
    public func leave() async -> Bool {
        isVisible = false
        let client = client
        let sent = Sent()
        await inOrder(after: last) {
            sent.isSo = (try? await client.flush(deadlineMs: 5_000)) ?? false
            if Task.isCancelled { return }
            // In a task of its own, which nobody cancels: closing that has begun goes on in the
            // core, and has to be over before the app appears.
            await Task { try? await client.background(deadlineMs: 5_000) }.value
        }
        return sent.isSo
    }

    /// Sends and fetches in time that the system gave, and closes everything again. Returns whether
    /// all was done.
    public func sync(deadlineMs: UInt32) async -> Bool {
        try? await client.network(isUp: true)
        let isDone = (try? await client.sync(deadlineMs: deadlineMs)) ?? false
        if !isVisible { try? await client.background(deadlineMs: 2_000) }
        return isDone
    }

    /// The device's network is there, is gone, or is another one.
    public func network(isUp: Bool, isOther: Bool = false) async {
        self.isUp = isUp
        if isUp && isOther {
            try? await client.networkChanged()
        } else {
            try? await client.network(isUp: isUp)
        }
    }

    private func inOrder(
        after before: Task<Void, Never>?, _ act: @escaping @Sendable () async -> Void
    ) async {
        let next = Task {
            await before?.value
            await act()
        }
        last = next
        await next.value
    }
}

/// What came of a leaving.
private final class Sent: @unchecked Sendable {
    private let lock = NSLock()
    private var value = false

    var isSo: Bool {
        get { lock.withLock { value } }
        set { lock.withLock { value = newValue } }
    }
}

#if canImport(UIKit) && canImport(Network) && os(iOS)
import Network
import UIKit

extension AppLife {
    /// Observes the app and the network from now on, and trusts whom the system trusts. `server` is
    /// where a proxy of the system leads to, if there is one. `work` is the identifier that
    /// `BackgroundWork.register` was called with: it is scheduled when the app is left with acts
    /// that are not sent. The observers live as long as the process.
    public func observe(server: URL, work: String? = nil) {
        client.trustPlatform(AppleTrust())
        observe(UIApplication.didBecomeActiveNotification) { await $0.appear() }
        observe(UIApplication.didReceiveMemoryWarningNotification) {
            try? await $0.client.lowMemory()
        }
        observe(UIApplication.didEnterBackgroundNotification) { life in
            let time = BackgroundTime()
            let isSent = await life.leave()
            if !isSent, let work { BackgroundWork.schedule(work) }
            time.end()
        }
        let monitor = NWPathMonitor()
        let (paths, told) = AsyncStream.makeStream(of: NWPath.self)
        monitor.pathUpdateHandler = { told.yield($0) }
        monitor.start(queue: .global(qos: .utility))
        Task {
            var before: NWPath?
            for await path in paths {
                let isUp = path.status == .satisfied
                let isOther = before.map { $0.status == .satisfied && $0 != path } ?? false
                // A proxy that the core cannot use is none.
                try? client.goThrough(proxy: proxy(to: server))
                await network(isUp: isUp, isOther: isOther)
                before = path
            }
            monitor.cancel()
        }
    }

    private func observe(
        _ name: NSNotification.Name, _ act: @escaping @MainActor (AppLife) async -> Void
    ) {
        NotificationCenter.default.addObserver(forName: name, object: nil, queue: .main) { _ in
            Task { @MainActor in await act(self) }
        }
    }
}

/// Time that the system gives an app that is left, until it is not needed any more or over. An app
/// that does not end it by then is killed.
@MainActor
private final class BackgroundTime {
    private var name = UIBackgroundTaskIdentifier.invalid

    init() {
        name = UIApplication.shared.beginBackgroundTask { self.end() }
    }

    func end() {
        guard name != .invalid else { return }
        UIApplication.shared.endBackgroundTask(name)
        name = .invalid
    }
}
#endif
