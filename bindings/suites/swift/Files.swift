import Baton
import Foundation

// Scenario 38: files that agents send.

func files(_ stage: Stage) async throws {
    let customer = stage.customer()
    let said = try await customer.writes("hello")
    let ana = try await stage.phone("ana")
    let lines = try await ana.timeline(said.conversation)
    try await lines.shows(said.seen)
    do {
        try await ana.client.send(photo(6_000_000), in: said.conversation, seen: said.seen)
        throw Failed("6 MB are taken")
    } catch BatonError.refused(let detail) {
        try check(detail.contains("5242880"), "the limit is not named: \(detail)")
    }
    let picked = FileManager.default.temporaryDirectory
        .appendingPathComponent("picked-\(freshOpId()).pdf")
    try content(3_000_000).write(to: picked)
    try await stage.world.cut(ana.way, "slow")
    try await ana.client.send(photo(300_000), in: said.conversation, seen: said.seen)
    let file = OutgoingFile(
        source: .path(path: picked.path), kind: .document, mediaType: "application/pdf",
        name: "factura.pdf")
    let document = try await ana.client.send(file, in: said.conversation, seen: said.seen)
    try FileManager.default.removeItem(at: picked)
    let reply = Act.reply(text: "That is all", seen: said.seen, quoted: nil)
    let last = try await ana.client.act(reply, in: said.conversation)
    var sent: UInt64 = 0
    for _ in 0..<2 {
        sent = try await halfSent(ana, document.number, than: sent)
        try ana.restarts()
        try await ana.comesUp()
    }
    try await stage.world.cut(ana.way, "pass")
    try await ana.isGone(document)
    try await ana.isGone(last)
    try await until("all three reach the customer, in order and once") {
        let answer = try await stage.world.ask("/reached", ["wa_id": customer.waId])
        return answer["reached"].list.compactMap { $0["type"].string }
            == ["image", "document", "text"]
    }
    let answer = try await stage.world.ask("/files", ["wa_id": customer.waId])
    let got = answer["files"].list
    let kinds = got.compactMap { $0["kind"].string }
    let names = got.map { $0["caption"].string ?? $0["filename"].string }
    try check(kinds == ["image", "document"], "the customer has \(kinds)")
    try check(names == ["Here", "factura.pdf"], "they are called \(names)")
    try check(got.allSatisfy { $0["is_whole"].int == 1 }, "the customer has other bytes")
}

/// A white picture of 400 pixels each way, PNG.
private let picture =
    Data(
        base64Encoded:
            "iVBORw0KGgoAAAANSUhEUgAAAZAAAAGQAQAAAACoxAthAAAAVklEQVR42u3LMQ0AAAwDoPo33WrYu8BPehZFURRFURRFURRF"
            + "URRFURRFURRFURRFURRFURRFURRFURRFURRFURRFURRFURRFURRFURRFURRFURRF+V4GPNjWZIcwu64AAAAASUVORK5CYII="
    ) ?? Data()

// Scenario 40: files of lines.

func filesOfLines(_ stage: Stage) async throws {
    let said = try await stage.customer().writes("hello")
    let (ana, ben) = (try await stage.phone("ana"), try await stage.phone("ben"))
    let of = said.conversation
    try await ana.timeline(of).shows(said.seen)
    let document = content(3_000_000)
    for (kind, type, bytes) in [
        (MediaKind.image, "image/png", picture), (.document, "application/pdf", document),
    ] {
        let file = OutgoingFile(source: .bytes(content: bytes), kind: kind, mediaType: type)
        try await ana.client.send(file, in: of, seen: said.seen)
    }
    var lines = try await ben.timeline(of)
    let photo = try await withFile(lines, .image).id
    let paper = try await withFile(lines, .document).id
    let newest = try await ben.client.customerFiles(of: of, limit: 1, page: nil)
    let older = try await ben.client.customerFiles(of: of, limit: 1, page: newest.next)
    let listed = (newest.files + older.files).map { [$0.conversation, $0.line.id] }
    try check(listed == [[of, paper], [of, photo]], "the customer's files are \(listed)")
    let small = try await file(ben, .small, photo, of)
    try check(small.starts(with: [0xff, 0xd8]), "the small picture is no JPEG")
    try check(try await file(ben, .whole, photo, of) == picture, "another picture")
    try await stage.world.cut(ben.way, "slow_down")
    let first = Task { [client = ben.client] in
        try await client.loadFile(.whole, of: paper, in: of)
    }
    try await halfLoaded(lines, paper)
    try ben.restarts()
    do {
        _ = try await first.value
        throw Failed("the load outlived its core")
    } catch BatonError.closed {}
    try await ben.comesUp()
    lines = try await ben.timeline(of)
    let second = Task { [client = ben.client] in
        try await client.loadFile(.whole, of: paper, in: of)
    }
    try await halfLoaded(lines, paper)
    try await stage.world.cut(ben.way, "pass")
    try check(try await second.value == 3_000_000, "not all of it is there")
    try await stage.world.cut(ben.way, "refuse")
    try await ben.client.network(isUp: false)
    try check(try await file(ben, .whole, paper, of) == document, "another document")
    try check(try await file(ben, .small, photo, of) == small, "another small picture")
    let paths = FileManager.default.enumerator(atPath: ben.directory)?.compactMap { $0 as? String }
    for path in paths ?? [] {
        let kept = FileManager.default.contents(atPath: "\(ben.directory)/\(path)") ?? Data()
        try check(kept.range(of: document.prefix(1_000)) == nil, "it is plain in \(path)")
    }
    try await stage.world.cut(ben.way, "pass")
    try await ben.comesUp()
    try await ben.client.setFileBudget(1_000_000)
    do {
        try await ben.client.loadFile(.whole, of: paper, in: of)
        throw Failed("it has no room")
    } catch BatonError.invalid {}
}

/// The line with a file of this kind, once the server has the file.
private func withFile(_ lines: Told<TimelineList>, _ kind: MediaKind) async throws -> Line {
    try await until("the line with a file") {
        lines.lines().first { line in
            guard case .stored = line.file, case .media(let its, _, _, _, _) = line.content else {
                return false
            }
            return its == kind
        }
    }
}

/// Waits until some of a file is on the phone, and not all.
private func halfLoaded(_ lines: Told<TimelineList>, _ message: String) async throws {
    let loading = try await until("some of the document is there") {
        lines.lines().first { $0.id == message }?.loading.flatMap { $0.got > 0 ? $0 : nil }
    }
    try check(loading.got < loading.bytes, "all of it is there already")
}

private func file(
    _ phone: Phone, _ size: FileSize, _ message: String, _ of: String
) async throws -> Data {
    let bytes = try await phone.client.loadFile(size, of: message, in: of)
    var read = Data()
    while read.count < bytes {
        let part = try await phone.client.readFile(
            size, of: message, in: of, from: UInt64(read.count))
        guard let part else { throw Failed("it is gone") }
        read += part
    }
    return read
}

private func content(_ size: Int) -> Data {
    Data((0..<size).map { UInt8(truncatingIfNeeded: $0 * 7 + $0 / 251) })
}

private func photo(_ size: Int) -> OutgoingFile {
    OutgoingFile(
        source: .bytes(content: content(size)), kind: .image, mediaType: "image/jpeg",
        caption: "Here")
}

/// Waits until the server has more of a file than that, and says how much.
private func halfSent(
    _ phone: Phone, _ number: UInt64, than: UInt64
) async throws -> UInt64 {
    let file = try await until("more of the document is sent") {
        try await phone.item(number)?.file.flatMap { $0.sent > than ? $0 : nil }
    }
    try check(file.sent < file.bytes, "all of it is sent already")
    return file.sent
}
