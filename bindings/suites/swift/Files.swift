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
