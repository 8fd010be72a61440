#if canImport(Security)
import Baton
import Foundation
import Security

/// Keeps the core's keys in the Keychain: on this device alone, readable once it was unlocked, and
/// shared with the notification extension.
public final class KeychainKeyStore: KeyStore, Sendable {
    private let accessGroup: String

    /// App and extension share this access group.
    public init(accessGroup: String) { self.accessGroup = accessGroup }

    public func get(name: String) throws -> Data? {
        var query = item(name)
        query[kSecReturnData] = true
        query[kSecMatchLimit] = kSecMatchLimitOne
        var found: CFTypeRef?
        let status = SecItemCopyMatching(query as CFDictionary, &found)
        if status == errSecItemNotFound { return nil }
        try check(status)
        return found as? Data
    }

    public func put(name: String, value: Data) throws {
        let query = item(name)
        let attributes: [CFString: Any] = [
            kSecValueData: value,
            kSecAttrAccessible: kSecAttrAccessibleAfterFirstUnlockThisDeviceOnly,
        ]
        let status = SecItemUpdate(query as CFDictionary, attributes as CFDictionary)
        guard status == errSecItemNotFound else { return try check(status) }
        let all = query.merging(attributes) { $1 }
        try check(SecItemAdd(all as CFDictionary, nil))
    }

    public func delete(name: String) throws {
        let status = SecItemDelete(item(name) as CFDictionary)
        if status != errSecItemNotFound { try check(status) }
    }

    private func item(_ name: String) -> [CFString: Any] {
        [
            kSecClass: kSecClassGenericPassword, kSecAttrService: "baton",
            kSecAttrAccount: name, kSecAttrAccessGroup: accessGroup,
            kSecUseDataProtectionKeychain: true,
        ]
    }

    private func check(_ status: OSStatus) throws {
        switch status {
        case errSecSuccess: return
        // Before the first unlock the core waits: it must not take the key for lost.
        case errSecInteractionNotAllowed: throw AppError.Locked
        default: throw AppError.Failed(detail: "the Keychain answers \(status)")
        }
    }
}
#endif
