import Baton
import Foundation

/// What app and notification extension have in common: where the core keeps its data, and with
/// what keys.
enum Device {
    /// The app group that both are members of, and the access group of their keys.
    static let group = "group.org.example.baton"

    /// What a core is opened with. The directory is in the group's container, so that the extension
    /// can leave there what it was pushed; no backup takes it along.
    static func config(server: String) throws -> CoreConfig {
        var place = try container().appendingPathComponent("baton", isDirectory: true)
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        var values = URLResourceValues()
        values.isExcludedFromBackup = true
        try place.setResourceValues(values)
        #if os(iOS)
        // Readable while the device is locked, once it was unlocked: pushes come then too.
        try FileManager.default.setAttributes(
            [.protectionKey: FileProtectionType.completeUntilFirstUserAuthentication],
            ofItemAtPath: place.path)
        #endif
        return CoreConfig(
            server: server, directory: place.path, deviceName: deviceName,
            userAgent: "baton-sample-ios/1")
    }

    static func keys() -> any KeyStore {
        #if canImport(Security)
        return KeychainKeyStore(accessGroup: group)
        #else
        return MemoryKeyStore()
        #endif
    }

    /// Where the server is, as the agent typed it at signing in.
    static var server: String? {
        get { UserDefaults(suiteName: group)?.string(forKey: "server") }
        set { UserDefaults(suiteName: group)?.set(newValue, forKey: "server") }
    }

    private static let deviceName = "iPhone"

    private static func container() throws -> URL {
        #if canImport(Darwin)
        let place = FileManager.default.containerURL(
            forSecurityApplicationGroupIdentifier: group)
        guard let place else { throw CocoaError(.fileNoSuchFile) }
        return place
        #else
        return URL(fileURLWithPath: NSTemporaryDirectory(), isDirectory: true)
        #endif
    }
}

extension PushMessage {
    /// A remote notification, as iOS hands it over.
    init(userInfo: [AnyHashable: Any]) {
        let json = try? JSONSerialization.data(withJSONObject: userInfo)
        self = .apns(userInfo: json.map { String(decoding: $0, as: UTF8.self) } ?? "{}")
    }
}
