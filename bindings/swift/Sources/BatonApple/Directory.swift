import Baton
import Foundation

/// The core's directory, as Apple's platforms need it.
public enum BatonDirectory {
    /// Makes the directory in this app group's container, where the notification extension finds
    /// it. No backup takes it along, and it is readable while the device is locked, once the device
    /// was unlocked: pushes come then too.
    public static func inGroup(_ group: String) throws -> URL {
        try make(in: container(of: group))
    }

    /// Makes the directory below another one, with the same flags.
    public static func make(in parent: URL) throws -> URL {
        var place = parent.appendingPathComponent("baton", isDirectory: true)
        try FileManager.default.createDirectory(at: place, withIntermediateDirectories: true)
        var values = URLResourceValues()
        values.isExcludedFromBackup = true
        try place.setResourceValues(values)
        #if os(iOS)
        try FileManager.default.setAttributes(
            [.protectionKey: FileProtectionType.completeUntilFirstUserAuthentication],
            ofItemAtPath: place.path)
        #endif
        return place
    }

    private static func container(of group: String) throws -> URL {
        #if canImport(Darwin)
        let place = FileManager.default.containerURL(forSecurityApplicationGroupIdentifier: group)
        guard let place else { throw CocoaError(.fileNoSuchFile) }
        return place
        #else
        return URL(fileURLWithPath: NSTemporaryDirectory(), isDirectory: true)
        #endif
    }
}

extension PushMessage {
    /// A remote notification, as iOS hands it over.
    public init(userInfo: [AnyHashable: Any]) {
        let json = try? JSONSerialization.data(withJSONObject: userInfo)
        self = .apns(userInfo: json.map { String(decoding: $0, as: UTF8.self) } ?? "{}")
    }
}
