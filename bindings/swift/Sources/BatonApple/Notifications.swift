#if canImport(UserNotifications) && os(iOS)
import Baton
import Foundation
import UserNotifications

private let replyAction = "baton.reply"
private let resolveAction = "baton.resolve"
private let acceptAction = "baton.accept"
private let declineAction = "baton.decline"

/// Words of notifications, in the app's language.
public struct NotificationWords: Sendable {
    public var reply = "Reply"
    public var resolve = "Resolve"
    public var accept = "Accept"
    public var decline = "Decline"
    public var notSent = "Not sent"
    public var waiting = "It is sent when there is a network."
    public var missed = "Something was missed: open to review."
    public var notKept = "It could not be kept: open to do it again."

    public init() {}
}

/// The categories of notifications: with Reply, with Reply and Resolve, with Accept and Decline.
public enum NotificationCategories {
    /// Call at every start. Categories of the app's own go in as well.
    public static func register(
        _ words: NotificationWords = NotificationWords(),
        with others: Set<UNNotificationCategory> = []
    ) {
        let reply = UNTextInputNotificationAction(
            identifier: replyAction, title: words.reply, options: [])
        let resolve = UNNotificationAction(
            identifier: resolveAction, title: words.resolve, options: [])
        let accept = UNNotificationAction(
            identifier: acceptAction, title: words.accept, options: [])
        let decline = UNNotificationAction(
            identifier: declineAction, title: words.decline, options: [])
        let ours = [[reply], [reply, resolve], [accept, decline]].map { actions in
            UNNotificationCategory(
                identifier: actions.map(\.identifier).joined(separator: "+"), actions: actions,
                intentIdentifiers: [], options: [.customDismissAction])
        }
        UNUserNotificationCenter.current().setNotificationCategories(others.union(ours))
    }
}

extension UNMutableNotificationContent {
    /// Says what the core decided, with the buttons that can be answered right there.
    public func show(_ notification: PushNotification) {
        title = notification.title
        body = notification.body
        threadIdentifier = notification.place.tag
        if let badge = notification.badge { self.badge = NSNumber(value: badge) }
        sound = notification.alerts ? sound ?? .default : nil
        var (actions, told): ([String], [String: String]) = ([], [:])
        for action in notification.actions {
            switch action {
            case .reply(_, let token?):
                actions.append(replyAction)
                told[replyAction] = token
            case .resolve(_, let token?):
                actions.append(resolveAction)
                told[resolveAction] = token
            case .accept(_, _, _, let token):
                actions.append(acceptAction)
                told[acceptAction] = token
            case .decline(_, _, _, let token):
                actions.append(declineAction)
                told[declineAction] = token
            case .reply, .resolve: break
            }
        }
        categoryIdentifier = actions.joined(separator: "+")
        told["conversation"] = notification.opens
        told["push"] = notification.push
        // What counts as seen goes with the notification, also past the end of the process.
        userInfo["baton.shown"] = told
    }
}

/// Handles pushes in the foreground, and what people do on notifications.
public final class NotificationDelegate: NSObject, UNUserNotificationCenterDelegate, Sendable {
    private let life: @MainActor @Sendable () async -> AppLife?
    private let words: NotificationWords
    private let open: @MainActor @Sendable (_ conversation: String) -> Void

    /// `open` shows a conversation on the screen.
    public init(
        words: NotificationWords = NotificationWords(),
        life: @escaping @MainActor @Sendable () async -> AppLife?,
        open: @escaping @MainActor @Sendable (_ conversation: String) -> Void
    ) {
        (self.words, self.life, self.open) = (words, life, open)
    }

    public func userNotificationCenter(
        _ center: UNUserNotificationCenter, willPresent notification: UNNotification
    ) async -> UNNotificationPresentationOptions {
        let push = PushMessage(userInfo: notification.request.content.userInfo)
        let outcome = try? await life()?.client.handlePush(push, deadlineMs: 5_000)
        guard let outcome else { return [.banner, .list, .sound, .badge] }
        await withdraw(outcome.withdraw, from: center)
        switch outcome.verdict {
        case .show(let shown), .fallback(let shown):
            return shown.alerts ? [.banner, .list, .sound, .badge] : [.list, .badge]
        case .update: return [.list, .badge]
        case .withdraw(let place):
            await withdraw([place], from: center)
            return []
        // The extension took this very push a moment ago, and only now it is to be shown.
        case .suppress(.duplicate): return [.banner, .list, .badge]
        case .suppress: return []
        }
    }

    public func userNotificationCenter(
        _ center: UNUserNotificationCenter, didReceive response: UNNotificationResponse
    ) async {
        let content = response.notification.request.content
        let told = content.userInfo["baton.shown"] as? [String: String] ?? [:]
        let action = response.actionIdentifier
        if action == UNNotificationDismissActionIdentifier {
            guard let push = told["push"] else { return }
            try? await life()?.client.notificationEnded(push, how: .dismissed)
            return
        }
        guard let token = told[action] else {
            if let push = told["push"] {
                try? await life()?.client.notificationEnded(push, how: .opened)
            }
            if let conversation = told["conversation"] { await open(conversation) }
            return
        }
        let text = (response as? UNTextInputNotificationResponse)?.userText
        let answer: NotificationAnswer
        switch action {
        case acceptAction: answer = .accept
        case declineAction: answer = .decline
        default: answer = text.map { NotificationAnswer.reply(text: $0) } ?? .resolve
        }
        await self.answer(token, answer, of: content, in: center)
    }

    /// Removes and replaces notifications also while the app runs: hand it the events.
    public func hear(_ event: Event) async {
        guard case .notifications(let places, let update) = event else { return }
        let center = UNUserNotificationCenter.current()
        await withdraw(places, from: center)
        for notification in update {
            let content = UNMutableNotificationContent()
            content.show(notification)
            await post(content, at: notification.place.tag, to: center)
        }
    }

    /// No answer vanishes unsent: what was not sent is said in its place.
    private func answer(
        _ token: String, _ answer: NotificationAnswer, of shown: UNNotificationContent,
        in center: UNUserNotificationCenter
    ) async {
        let client = await life()?.client
        try? await client?.network(isUp: true)
        let outcome = try? await client?.answerNotification(
            token: token, answer: answer, deadlineMs: 20_000)
        let problem: String
        switch outcome {
        case .sent: return
        case .waiting: problem = words.waiting
        case .openApp: problem = words.missed
        case nil: problem = words.notKept
        }
        let content = UNMutableNotificationContent()
        content.title = words.notSent
        content.body = problem
        content.threadIdentifier = shown.threadIdentifier
        content.userInfo = shown.userInfo
        await post(content, at: shown.threadIdentifier, to: center)
    }

    private func post(
        _ content: UNNotificationContent, at tag: String, to center: UNUserNotificationCenter
    ) async {
        let request = UNNotificationRequest(identifier: tag, content: content, trigger: nil)
        try? await center.add(request)
    }

    private func withdraw(_ places: [Place], from center: UNUserNotificationCenter) async {
        guard !places.isEmpty else { return }
        let tags = Set(places.map(\.tag))
        // A remote notification has Apple's identifier or the tag; its thread is the tag always.
        let shown = await center.deliveredNotifications().map(\.request)
        let gone = shown.filter {
            tags.contains($0.identifier) || tags.contains($0.content.threadIdentifier)
        }
        center.removeDeliveredNotifications(withIdentifiers: gone.map(\.identifier))
    }
}
#endif
