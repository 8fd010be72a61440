#if canImport(SwiftUI) && os(iOS)
import Baton
import SwiftUI

@main
struct SampleApp: App {
    @Environment(\.scenePhase) private var phase
    @State private var session: Session?
    @State private var isSignedIn = false

    var body: some Scene {
        WindowGroup {
            NavigationStack {
                if let session, isSignedIn {
                    InboxScreen(session: session)
                } else {
                    SignInScreen { server, who in
                        let opened = try session ?? Session(server: server)
                        session = opened
                        Device.server = server
                        try await opened.appears()
                        try await opened.client.signIn(
                            workspace: who.workspace, email: who.email, password: who.password)
                        isSignedIn = true
                    }
                }
            }
            .task {
                guard session == nil, let server = Device.server else { return }
                session = try? Session(server: server)
                isSignedIn = (try? await session?.client.signedIn()) != nil
                try? await session?.appears()
            }
        }
        .onChange(of: phase) { phase in
            guard let session else { return }
            switch phase {
            case .active: Task { try? await session.appears() }
            case .background: leave(session)
            default: break
            }
        }
    }

    /// Asks the system for the time that closing takes.
    private func leave(_ session: Session) {
        let app = UIApplication.shared
        let name = app.beginBackgroundTask()
        Task {
            try? await session.leaves()
            app.endBackgroundTask(name)
        }
    }
}

struct SignInScreen: View {
    struct Who { var workspace = "", email = "", password = "" }
    let signIn: (String, Who) async throws -> Void
    @State private var server = "https://"
    @State private var who = Who()
    @State private var problem: String?

    var body: some View {
        Form {
            TextField("Server", text: $server)
            TextField("Workspace", text: $who.workspace)
            TextField("E-mail", text: $who.email)
            SecureField("Password", text: $who.password)
            if let problem { Text(problem).foregroundColor(.red) }
            Button("Sign in") {
                Task {
                    do { try await signIn(server, who) } catch {
                        problem = error.localizedDescription
                    }
                }
            }
        }
    }
}
#endif
