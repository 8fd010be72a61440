#if canImport(UserNotifications) && os(iOS)
import Baton
import Foundation
import UserNotifications

/// Opens what is sealed in a push, in the process that the system starts for it. There is no store
/// and no network in `takePush`. It leaves for the app what came, and always has something to show.
///
/// An extension's principal class inherits from this and says where the core is.
open class NotificationServiceBase: UNNotificationServiceExtension {
    private var done: ((UNNotificationContent) -> Void)?
    private var best: UNNotificationContent?

    /// The core's configuration; nil where nobody has signed in so far.
    open var config: CoreConfig? { nil }

    /// The keys that the extension shares with the app.
    open var keys: any KeyStore { MemoryKeyStore() }

    override open func didReceive(
        _ request: UNNotificationRequest,
        withContentHandler done: @escaping (UNNotificationContent) -> Void
    ) {
        (self.done, best) = (done, request.content)
        guard let config else { return finish() }
        let push = PushMessage(userInfo: request.content.userInfo)
        let taken = takePush(config: config, keys: keys, push: push)
        if let content = request.content.mutableCopy() as? UNMutableNotificationContent {
            content.show(taken.notification)
            best = content
        }
        guard let receipt = taken.receipt, let url = URL(string: receipt.url) else {
            return finish()
        }
        var post = URLRequest(url: url, timeoutInterval: 5)
        post.httpMethod = "POST"
        post.setValue("Bearer " + receipt.bearer, forHTTPHeaderField: "Authorization")
        post.setValue("application/json", forHTTPHeaderField: "Content-Type")
        post.httpBody = Data(receipt.body.utf8)
        // The app sends it too: whether it arrives does not matter.
        URLSession.shared.dataTask(with: post) { [weak self] _, _, _ in self?.finish() }.resume()
    }

    override open func serviceExtensionTimeWillExpire() { finish() }

    private func finish() {
        if let best { done?(best) }
        done = nil
    }
}
#endif
