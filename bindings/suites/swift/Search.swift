import Baton
import Foundation

// Scenario 32: what this device holds is searched, without a network.

func search(_ stage: Stage) async throws {
    let ana = try await stage.phone("ana")
    let tag = UUID().uuidString
    let customer = stage.customer()
    let said = try await customer.writes("¿Dónde está mi PÁQUETE \(tag)?")
    let lines = try await ana.timeline(said.conversation)
    try await lines.shows(said.seen)
    let note = try await ana.client.act(.note(text: "perdido: \(tag)", mentions: []), in: said.conversation)
    try await ana.isGone(note)
    try await ana.client.network(isUp: false)

    func finds(_ text: String) async throws -> InboxList {
        let found = try await ana.inbox(.search(text: text))
        return try await until("told what is found of \(text)") { found.latest }
    }
    let found = try await ana.inbox(.search(text: "mi paquete \(tag)"))
    try await until("it is found") { found.latest?.rows.map(\.id) == [said.conversation] }
    let hit = found.latest?.rows.first?.hit
    try check(hit?.foundIn == .line(seq: 1), "found is \(String(describing: hit))")
    try check(hit?.text == "¿Dónde está mi PÁQUETE \(tag)?", "found is \(String(describing: hit))")
    let byNote = try await finds("PERDIDO: \(tag)").rows.first?.hit
    guard case .note = byNote?.foundIn else { throw Failed("found is \(String(describing: byNote))") }
    let byNumber = try await finds("+\(customer.waId)").rows.first?.hit
    try check(byNumber?.foundIn == .contact, "found is \(String(describing: byNumber))")
    try check(try await finds("nada \(tag)").rows.isEmpty, "something is found that is not there")
    try check(try await finds("  ").rows.isEmpty, "nothing is looked for, and something found")
    do {
        _ = try await finds(String(repeating: "x", count: 257))
        throw Failed("a text of 257 characters is looked for")
    } catch BatonError.invalid {}
    try await ana.client.network(isUp: true)
    try await customer.writes("¿y?")
    try await until("what was found stays current") { found.latest?.rows.first?.unread == 2 }
}
