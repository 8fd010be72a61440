#if canImport(UserNotifications) && os(iOS)
import Baton
import UserNotifications

/// Opens what is sealed in a push, in the process that the system starts for it. There is no store
/// and no network in `takePush`; it leaves for the app what came, and always has something to show.
final class NotificationService: UNNotificationServiceExtension {
    private var done: ((UNNotificationContent) -> Void)?
    private var best: UNNotificationContent?

    override func didReceive(
        _ request: UNNotificationRequest,
        withContentHandler done: @escaping (UNNotificationContent) -> Void
    ) {
        (self.done, best) = (done, request.content)
        guard let server = Device.server, let config = try? Device.config(server: server) else {
            return finish()
        }
        let push = PushMessage(userInfo: request.content.userInfo)
        let taken = takePush(config: config, keys: Device.keys(), push: push)
        best = content(taken.notification, of: request.content)
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

    override func serviceExtensionTimeWillExpire() { finish() }

    private func finish() {
        if let best { done?(best) }
        done = nil
    }

    private func content(
        _ notification: Baton.Notification, of request: UNNotificationContent
    ) -> UNNotificationContent {
        guard let content = request.mutableCopy() as? UNMutableNotificationContent else {
            return request
        }
        content.title = notification.title
        content.body = notification.body
        content.threadIdentifier = notification.place.tag
        if let badge = notification.badge { content.badge = NSNumber(value: badge) }
        if !notification.alerts { content.sound = nil }
        return content
    }
}
#endif
