import Foundation

/// A key store that forgets everything with the process: for tests and previews. An app keeps its
/// keys in the Keychain; the sample for iOS has one that does.
///
/// A key store says that the device is locked by throwing `AppError.Locked`.
public final class MemoryKeyStore: KeyStore, @unchecked Sendable {
    private let lock = NSLock()
    private var values: [String: Data]
    private var locked = false

    /// A key store that holds this.
    public init(_ values: [String: Data] = [:]) {
        self.values = values
    }

    /// Behaves as before the first unlock.
    public var isLocked: Bool {
        get { lock.withLock { locked } }
        set { lock.withLock { locked = newValue } }
    }

    /// Everything in it.
    public var contents: [String: Data] { lock.withLock { values } }

    public func get(name: String) throws -> Data? {
        try lock.withLock {
            if locked { throw AppError.Locked }
            return values[name]
        }
    }

    public func put(name: String, value: Data) throws {
        try lock.withLock {
            if locked { throw AppError.Locked }
            values[name] = value
        }
    }

    public func delete(name: String) throws {
        try lock.withLock {
            if locked { throw AppError.Locked }
            values[name] = nil
        }
    }
}
