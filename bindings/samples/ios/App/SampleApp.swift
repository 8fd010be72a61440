#if canImport(SwiftUI) && os(iOS)
import Baton
import BatonApple
import SwiftUI
import UserNotifications

@main
struct SampleApp: App {
    @UIApplicationDelegateAdaptor(AppDelegate.self) private var delegate
    @State private var session: Session?
    @State private var showing = Showing.signIn

    var body: some Scene {
        WindowGroup {
            // Each with a stack of its own: of what was opened before nothing stays on the screen.
            Group {
                switch (session, showing) {
                case (let session?, .inbox): NavigationStack { InboxScreen(session: session) }
                case (.some, .locked): Text("Too long without the server: connect to it to go on.")
                case (nil, _), (_, .signIn): NavigationStack { SignInScreen(signIn: signIn) }
                }
            }
            .task {
                guard session == nil, let server = Device.server else { return }
                session = try? Session(server: server)
                session.map(begin)
            }
            .task(id: session.map(ObjectIdentifier.init)) {
                await session?.follows { showing = $0 }
            }
        }
    }

    /// From now on the library tells the core of the app's life.
    @MainActor
    private func begin(_ session: Session) {
        AppDelegate.session = session
        if let server = URL(string: session.server) {
            session.life.observe(server: server, work: Device.work)
        }
        Task {
            await session.life.appear()
            let wanted: UNAuthorizationOptions = [.alert, .sound, .badge]
            let center = UNUserNotificationCenter.current()
            if (try? await center.requestAuthorization(options: wanted)) == true {
                UIApplication.shared.registerForRemoteNotifications()
            } else {
                try? await session.client.pushOff(.permission)
            }
        }
    }

    /// A core talks to one server: where the address was corrected, the password goes to no other.
    @MainActor
    private func signIn(to server: String, as who: SignInScreen.Who) async throws {
        if session?.server != server {
            await session?.ends()
            session = nil
        }
        let opened = try session ?? Session(server: server)
        if session == nil { begin(opened) }
        session = opened
        await opened.life.appear()
        try await opened.client.signIn(
            workspace: who.workspace, email: who.email, password: who.password)
        Device.server = server
    }
}

/// What iOS tells an app only through a delegate: the token for pushes, and background work.
final class AppDelegate: NSObject, UIApplicationDelegate {
    @MainActor static var session: Session?
    private let notifications = NotificationDelegate(
        life: { AppDelegate.session?.life }, open: { _ in })

    func application(
        _ application: UIApplication,
        didFinishLaunchingWithOptions options: [UIApplication.LaunchOptionsKey: Any]? = nil
    ) -> Bool {
        NotificationCategories.register()
        UNUserNotificationCenter.current().delegate = notifications
        BackgroundWork.register(Device.work) { AppDelegate.session?.life }
        return true
    }

    func application(
        _ application: UIApplication, didRegisterForRemoteNotificationsWithDeviceToken token: Data
    ) {
        let text = token.map { String(format: "%02x", $0) }.joined()
        #if DEBUG
        let road = PushRoad.apnsSandbox
        #else
        let road = PushRoad.apns
        #endif
        let target = PushTarget(
            road: road, target: text, appId: Bundle.main.bundleIdentifier,
            locale: Locale.preferredLanguages.first)
        Task { try? await AppDelegate.session?.client.registerPush(target) }
    }
}

struct SignInScreen: View {
    struct Who { var workspace = "", email = "", password = "" }
    let signIn: (String, Who) async throws -> Void
    @State private var server = "https://"
    @State private var who = Who()
    @State private var problem: String?
    @State private var isBusy = false

    var body: some View {
        Form {
            TextField("Server", text: $server)
            TextField("Workspace", text: $who.workspace)
            TextField("E-mail", text: $who.email)
            SecureField("Password", text: $who.password)
            if let problem { Text(problem).foregroundColor(.red) }
            Button("Sign in") {
                isBusy = true
                Task {
                    defer { isBusy = false }
                    do { try await signIn(server, who) } catch {
                        problem = error.localizedDescription
                    }
                }
            }
            .disabled(isBusy)
        }
    }
}
#endif
