#if canImport(SwiftUI) && os(iOS)
import Baton
import SwiftUI

@main
struct SampleApp: App {
    @Environment(\.scenePhase) private var phase
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
                await session?.appears()
            }
            .task(id: session.map(ObjectIdentifier.init)) {
                await session?.follows { showing = $0 }
            }
        }
        .onChange(of: phase) { phase in
            guard let session else { return }
            switch phase {
            case .active: Task { await session.appears() }
            case .background: leave(session)
            default: break
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
        session = opened
        await opened.appears()
        try await opened.client.signIn(
            workspace: who.workspace, email: who.email, password: who.password)
        Device.server = server
    }

    /// Asks the system for the time that closing takes.
    @MainActor
    private func leave(_ session: Session) {
        let time = BackgroundTime()
        Task {
            await session.leaves()
            time.end()
        }
    }
}

/// Time that the system gives an app that is left, until it is not needed any more or over. An app
/// that does not end it by then is killed.
@MainActor
private final class BackgroundTime {
    private var name = UIBackgroundTaskIdentifier.invalid

    init() {
        name = UIApplication.shared.beginBackgroundTask { self.end() }
    }

    func end() {
        guard name != .invalid else { return }
        UIApplication.shared.endBackgroundTask(name)
        name = .invalid
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
