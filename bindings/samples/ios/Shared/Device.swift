import Baton
import BatonApple
import Foundation

/// What app and notification extension have in common: where the core keeps its data, and with
/// what keys.
enum Device {
    /// The app group that both are members of, and the access group of their keys.
    static let group = "group.org.example.baton"
    /// In `BGTaskSchedulerPermittedIdentifiers` of the app.
    static let work = "org.example.baton.sync"

    static func config(server: String) throws -> CoreConfig {
        CoreConfig(
            server: server, directory: try BatonDirectory.inGroup(group).path,
            deviceName: "iPhone", userAgent: "baton-sample-ios/1")
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
}
