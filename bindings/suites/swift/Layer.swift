import Baton
import BatonApple
import BatonTesting
import Foundation

/// What the layer does by itself, over a fake core: no world is needed.
func playLayer() async throws {
    try await fakeTellsAndRecords()
    try await failedSubscriptionIsAState()
    try await fakeFailsOneCall()
    try await slowReaderGetsTheNewest()
    try await lifeIsToldInOrder()
    try await lifeSendsBeforeItCloses()
    print("the layer: 6 tests successful")
}

private func fakeTellsAndRecords() async throws {
    let fake = FakeBaton()
    let client = fake.client
    let inbox = Told(client.watchInbox(.all))
    let timeline = try await Told(client.timeline(Preview.conversation))
    fake.setInbox(Preview.rows)
    fake.setTimeline(Preview.conversation, Preview.timeline)
    try await until("the rows are told") { inbox.latest?.value?.rows == Preview.rows }
    try await until("the lines are told") { timeline.latest?.entries == Preview.timeline }
    try check(timeline.latest?.seen?.seq == 4, "the newest line is not what was seen")

    let reply = Act.reply(text: "Hello", seen: timeline.latest?.seen, quoted: nil)
    for _ in 0..<2 { try await client.act(reply, in: Preview.conversation, opId: "tap") }
    try check(fake.acts.map(\.opId) == ["tap"], "two taps are not one act: \(fake.acts)")
    fake.setStanding(.offline)
    try check(client.current == .offline, "the state is \(String(describing: client.current))")
}

private func failedSubscriptionIsAState() async throws {
    let fake = FakeBaton()
    fake.fail(.Locked)
    let failed = Told(fake.client.watchInbox(.all))
    try await until("it has failed") {
        if case .failed(.locked) = failed.latest { true } else { false }
    }
    fake.fail(nil)
    let again = Told(fake.client.watchInbox(.all))
    try await until("it is loaded") { again.latest?.value != nil }
    fake.client.shutdown()
    let late = Told(fake.client.watchInbox(.all))
    try await until("nothing loads for ever") {
        if case .failed(.closed) = late.latest { true } else { false }
    }
}

private func fakeFailsOneCall() async throws {
    let fake = FakeBaton()
    fake.failOnce("outbox", .Locked)
    let refused = try? await fake.client.outbox()
    try check(refused == nil, "a call that fails has an answer")
    let outbox = try await fake.client.outbox()
    try check(outbox.isEmpty, "the call after it fails as well")
    fake.setDraft(Preview.conversation, Draft(text: "Hello", isNote: true))
    let draft = try await fake.client.draft(in: Preview.conversation)
    try check(draft?.isNote == true, "the draft is \(String(describing: draft))")
    try await fake.client.choose(.discard, for: 7)
    try check(fake.choices.map(\.number) == [7], "the choices are \(fake.choices)")
}

private func slowReaderGetsTheNewest() async throws {
    let fake = FakeBaton()
    let (slow, other) = (fake.client.events(), fake.client.events())
    for number in 1...5_000 { fake.setStanding(.backoff(retryMs: UInt64(number))) }
    fake.tell(.people)
    fake.tell(.people)
    try check(fake.client.dropped == 0, "states do not replace each other")
    for number in 1...2_000 { fake.tell(.leaseLost(conversation: "\(number)", by: "colleague")) }
    let dropped = fake.client.dropped
    try check(dropped == 2 * (2_002 - 1_024), "\(dropped) were dropped")
    fake.client.shutdown()
    for stream in [slow, other] {
        var seen: [Event] = []
        for await event in stream { seen.append(event) }
        try check(seen.count == 1_024, "\(seen.count) waited")
        let last = Event.leaseLost(conversation: "2000", by: "colleague")
        try check(seen.last == last, "the newest is missing")
    }
}

@MainActor
private func lifeIsToldInOrder() async throws {
    let fake = FakeBaton()
    let life = AppLife(client: fake.client)
    await life.appear()
    // On the main actor, in the order in which they are begun: an `async let` would begin anywhere,
    // and now and then after the app appears.
    let leaving = Task { @MainActor in await life.leave() }
    await Task.yield()
    await life.appear()
    _ = await leaving.value
    try check(fake.calls.last == "foreground", "the core is closed: \(fake.calls)")
    await life.network(isUp: true, isOther: true)
    try check(fake.calls.last == "networkChanged", "the core heard \(fake.calls)")
}

@MainActor
private func lifeSendsBeforeItCloses() async throws {
    let fake = FakeBaton()
    let life = AppLife(client: fake.client)
    await life.appear()
    fake.setOutbox(Preview.outbox)
    let isSent = await life.leave()
    try check(!isSent, "what waits counts as sent")
    try check(fake.calls.suffix(2) == ["flush", "background"], "the core heard \(fake.calls)")
    fake.setOutbox([])
    let isDone = await life.sync(deadlineMs: 1_000)
    try check(isDone, "nothing waits, and it is not synced")
    let calls = ["network", "sync", "background"]
    try check(fake.calls.suffix(3) == calls[...], "the core heard \(fake.calls)")
}
