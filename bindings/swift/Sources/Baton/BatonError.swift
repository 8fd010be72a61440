import Foundation

/// Why a call was not carried out: a case for each thing that an app can do about it. The texts of
/// `localizedDescription` are for people; an app that speaks another language chooses by the case.
public enum BatonError: Error, Equatable, Sendable {
    /// The server cannot be reached.
    case offline
    /// Nobody is signed in here, or the session is over.
    case unauthorized
    /// Workspace, e-mail or password are wrong.
    case wrongCredentials
    /// The act cannot be taken in, or the choice not be made.
    case refused(detail: String)
    /// The server said no; `code` is stable.
    case server(code: String, detail: String)
    /// An argument makes no sense.
    case invalid(what: String, detail: String)
    /// The device could not keep it: nothing happened.
    case storage(StorageProblem)
    /// The server was not heard for too long: what is held is locked before it is.
    case locked
    /// The key store cannot be read before the device is unlocked.
    case keyLocked
    /// Something that the app gave to the core threw.
    case appCallback(detail: String)
    /// The app and the server, or the app and what it stored, do not understand each other.
    case incompatible
    /// Too often; try again after so many milliseconds.
    case rateLimited(retryMs: UInt64)
    /// The core was shut down.
    case closed
    /// The task that asked was cancelled. What it asked for may have been done, or be done later:
    /// what the core shows tells.
    case cancelled
    /// A mistake of the core.
    case mistake(detail: String)

    /// What is wrong with what the device keeps.
    public struct StorageProblem: Equatable, Sendable {
        /// For people.
        public let detail: String
        /// There is no room left.
        public let isFull: Bool
        /// Another process, or another core of this one, has it open.
        public let isInUse: Bool
        /// The key is not the one that it was sealed with.
        public let isKeyLost: Bool
    }

    /// What a call of `CoreClient.core` threw, as the layer says it.
    public init(_ error: any Error) {
        switch error {
        case let error as BatonError: self = error
        case let error as CoreError: self.init(error)
        case is CancellationError: self = .cancelled
        default: self = .mistake(detail: String(describing: error))
        }
    }

    init(_ error: CoreError) {
        switch error {
        case .Offline: self = .offline
        case .Unauthorized: self = .unauthorized
        case .WrongCredentials: self = .wrongCredentials
        case .Refused(let detail): self = .refused(detail: detail)
        case .Server(let code, let detail): self = .server(code: code, detail: detail)
        case .Invalid(let what, let detail): self = .invalid(what: what, detail: detail)
        case .Storage(let detail, let isFull, let isInUse, let isKeyLost):
            self = .storage(
                StorageProblem(
                    detail: detail, isFull: isFull, isInUse: isInUse, isKeyLost: isKeyLost))
        case .Locked: self = .locked
        case .KeyLocked: self = .keyLocked
        case .AppCallback(let detail): self = .appCallback(detail: detail)
        case .Incompatible: self = .incompatible
        case .RateLimited(let retryMs): self = .rateLimited(retryMs: retryMs)
        case .Closed: self = .closed
        case .Internal(let detail): self = .mistake(detail: detail)
        }
    }
}

extension BatonError: LocalizedError {
    /// What happened, for people.
    public var errorDescription: String? {
        switch self {
        case .offline: "The server cannot be reached."
        case .unauthorized: "Nobody is signed in on this device."
        case .wrongCredentials: "Workspace, e-mail or password are wrong."
        case .refused(let detail), .server(_, let detail), .invalid(_, let detail),
            .appCallback(let detail):
            detail
        case .storage(let problem): problem.detail
        case .locked: "The server was not heard for too long."
        case .keyLocked: "The device was not unlocked since it was switched on."
        case .incompatible: "The app and the server do not understand each other."
        case .rateLimited: "That was too often."
        case .closed: "The app is closing."
        case .cancelled: "It was cancelled; it may have happened all the same."
        case .mistake: "The app made a mistake."
        }
    }

    /// What to do about it, for people.
    public var recoverySuggestion: String? {
        switch self {
        case .offline: "Check the network."
        case .unauthorized: "Sign in."
        case .wrongCredentials: "Check what you typed."
        case .storage(let problem) where problem.isFull: "Make room on this device."
        case .locked: "Connect to it."
        case .keyLocked: "Unlock the device."
        case .incompatible: "Update the app, or the server."
        case .rateLimited(let retryMs): "Try again in \((retryMs + 999) / 1000) s."
        case .mistake(let detail): "Tell support: \(detail)"
        case .refused, .server, .invalid, .storage, .appCallback, .closed, .cancelled: nil
        }
    }
}

/// Waits for the answer of the core, or until the task that waits is cancelled.
///
/// Cancelling gives up the answer, not the act: what began goes on to its end inside the core.
func asked<T: Sendable>(
    _ call: @escaping @Sendable () async throws -> T
) async throws(BatonError) -> T {
    if Task.isCancelled { throw .cancelled }
    let answer = Answer<T>()
    do {
        return try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { waiting in
                guard answer.isAwaited(by: waiting) else { return }
                Task.detached {
                    do {
                        answer.comes(.success(try await call()))
                    } catch {
                        answer.comes(.failure(error))
                    }
                }
            }
        } onCancel: {
            answer.comes(.failure(BatonError.cancelled))
        }
    } catch {
        throw BatonError(error)
    }
}

/// The first answer wins; whoever comes later is not heard.
private final class Answer<T: Sendable>: @unchecked Sendable {
    private let lock = NSLock()
    private var waiting: CheckedContinuation<T, any Error>?
    private var came: Result<T, any Error>?

    /// Says whether there still is something to ask for.
    func isAwaited(by continuation: CheckedContinuation<T, any Error>) -> Bool {
        let early: Result<T, any Error>? = lock.withLock {
            if came == nil { waiting = continuation }
            return came
        }
        if let early { continuation.resume(with: early) }
        return early == nil
    }

    func comes(_ result: Result<T, any Error>) {
        let continuation: CheckedContinuation<T, any Error>? = lock.withLock {
            guard came == nil else { return nil }
            came = result
            defer { waiting = nil }
            return waiting
        }
        continuation?.resume(with: result)
    }
}
