#if canImport(SwiftUI) && os(iOS)
import Baton
import SwiftUI

struct InboxScreen: View {
    let session: Session
    @State private var state = LoadState<InboxList>.loading
    @State private var inbox: WatchedStates<InboxList>?

    var body: some View {
        List {
            switch state {
            case .loading: ProgressView()
            case .failed(let error): Text(error.localizedDescription)
            case .loaded: EmptyView()
            }
            ForEach(state.value?.rows ?? []) { row in
                NavigationLink(value: row.id) {
                    VStack(alignment: .leading) {
                        HStack {
                            Text(row.title ?? "…").bold()
                            Spacer()
                            if row.unread > 0 { Text("\(row.unread)") }
                        }
                        Text(row.preview ?? "").lineLimit(1)
                    }
                }
            }
            if state.value?.hasMore == true {
                Button("More") { Task { try? await inbox?.more() } }
            }
        }
        .navigationTitle("Inbox")
        .navigationDestination(for: String.self) {
            ConversationScreen(session: session, conversation: $0)
        }
        // The subscription ends with the view's task.
        .task {
            let inbox = session.client.watchInbox(.all)
            self.inbox = inbox
            for await state in inbox { self.state = state }
        }
    }
}

struct ConversationScreen: View {
    let session: Session
    let conversation: String
    @State private var list = TimelineList()
    @State private var header: Header?
    @State private var text = ""
    @State private var problem: String?

    var body: some View {
        VStack {
            if case .theirs = header?.hold { Text("A colleague is answering") }
            List(list.entries) { entry in
                VStack(alignment: .leading) {
                    Text(entry.words)
                    Text(entry.state).font(.caption)
                    if let held = entry.held { review(held) }
                }
            }
            if let problem { Text(problem).foregroundColor(.red) }
            HStack {
                TextField("Answer", text: $text)
                    .onChange(of: text) { session.types($0, in: conversation) }
                Button("Send", action: send).disabled(text.isEmpty)
            }
            .padding()
        }
        .navigationTitle(header?.title ?? "")
        .task {
            try? await session.client.viewing(conversation)
            text = (try? await session.client.draft(in: conversation))?.text ?? ""
            for await state in session.client.watchTimeline(conversation) {
                switch state {
                case .loading: break
                case .loaded(let list): self.list = list
                case .failed(let error): problem = error.localizedDescription
                }
            }
        }
        .task {
            guard let told = try? await session.client.header(conversation) else { return }
            for await value in told { header = value.header }
        }
        .onDisappear { Task { try? await session.client.viewing(nil) } }
    }

    /// What is on the screen at the tap is what the answer is held to.
    private func send() {
        let (said, screen) = (text, list)
        text = ""
        Task {
            do {
                try await session.reply(said, in: conversation, on: screen)
            } catch {
                (text, problem) = (said, error.localizedDescription)
            }
        }
    }

    @ViewBuilder
    private func review(_ item: OutboxItem) -> some View {
        ForEach(item.review?.missed ?? [], id: \.line.id) { Text("Missed: " + ($0.text ?? "…")) }
        HStack {
            Button("Send anyway") { Task { try? await session.sendAnyway(item, on: list) } }
            Button("Discard", role: .destructive) {
                Task { try? await session.client.choose(.discard, for: item.number) }
            }
        }
        .buttonStyle(.bordered)
    }
}
#endif
