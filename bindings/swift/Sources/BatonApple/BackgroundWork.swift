#if canImport(BackgroundTasks) && os(iOS)
import BackgroundTasks
import Baton
import Foundation

/// Work that iOS lets an app do later: sends what waits, and fetches what was missed. Name its
/// identifier in `BGTaskSchedulerPermittedIdentifiers` of `Info.plist`.
public enum BackgroundWork {
    /// Call before the app has finished launching. `life` gives the app's core, or nil where it
    /// cannot be opened.
    public static func register(
        _ identifier: String, life: @escaping @MainActor () async -> AppLife?
    ) {
        BGTaskScheduler.shared.register(forTaskWithIdentifier: identifier, using: nil) { task in
            let work = Task { @MainActor in
                let isDone = await life()?.sync(deadlineMs: 25_000) ?? false
                if !isDone { schedule(identifier) }
                task.setTaskCompleted(success: isDone)
            }
            // The core goes on to its end; the answer is given up.
            task.expirationHandler = { work.cancel() }
        }
    }

    /// Asks for time, once: a request with the same identifier replaces the one that waits.
    public static func schedule(_ identifier: String, after seconds: TimeInterval = 60) {
        let request = BGAppRefreshTaskRequest(identifier: identifier)
        request.earliestBeginDate = Date(timeIntervalSinceNow: seconds)
        // Refused where the person has switched background refresh off.
        try? BGTaskScheduler.shared.submit(request)
    }
}
#endif
