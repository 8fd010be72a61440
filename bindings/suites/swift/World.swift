import Baton
import Foundation
#if canImport(FoundationNetworking)
import FoundationNetworking
#endif

/// Why a scenario did not hold.
struct Failed: Error, CustomStringConvertible {
    let description: String
    init(_ why: String) { description = why }
}

func check(_ holds: Bool, _ why: @autoclosure () -> String) throws {
    if !holds { throw Failed(why()) }
}

/// Looks until there is something to see.
@discardableResult
func until<T>(
    _ what: String, within seconds: Double = 20, _ look: () async throws -> T?
) async throws -> T {
    let deadline = Date().addingTimeInterval(seconds)
    while true {
        if let seen = try await look() { return seen }
        if Date() > deadline { throw Failed("within \(Int(seconds)) s not seen: \(what)") }
        try await Task.sleep(nanoseconds: 10_000_000)
    }
}

/// Looks until it is so.
func until(
    _ what: String, within seconds: Double = 20, holds look: () async throws -> Bool
) async throws {
    _ = try await until(what, within: seconds) { try await look() ? true : nil }
}

/// What the world answers.
struct JSON: @unchecked Sendable {
    let value: Any?
    subscript(key: String) -> JSON { JSON(value: (value as? [String: Any])?[key]) }
    var string: String? { value as? String }
    var int: Int? { (value as? NSNumber)?.intValue }
    var list: [JSON] { (value as? [Any] ?? []).map { JSON(value: $0) } }
    var members: [String: JSON] {
        (value as? [String: Any] ?? [:]).mapValues { JSON(value: $0) }
    }
    var isThere: Bool { value != nil && !(value is NSNull) }
    var text: String {
        guard let value, JSONSerialization.isValidJSONObject(value),
            let data = try? JSONSerialization.data(withJSONObject: value, options: [.sortedKeys])
        else { return String(describing: value) }
        return String(decoding: data, as: UTF8.self)
    }
}

/// See `world.py`.
struct World: Sendable {
    let address: String

    struct Login: Sendable {
        let name: String, agent: String, workspace: String, email: String, password: String
    }

    @discardableResult
    func ask(_ path: String, _ body: [String: Any] = [:]) async throws -> JSON {
        var request = URLRequest(url: URL(string: address + path)!)
        request.httpMethod = "POST"
        request.timeoutInterval = 40
        request.httpBody = try JSONSerialization.data(withJSONObject: body)
        let (data, status): (Data, Int) = try await withCheckedThrowingContinuation { waiting in
            URLSession.shared.dataTask(with: request) { data, response, error in
                if let data, let response = response as? HTTPURLResponse {
                    waiting.resume(returning: (data, response.statusCode))
                } else {
                    waiting.resume(throwing: error ?? Failed("no answer from the world"))
                }
            }.resume()
        }
        let answer = JSON(value: try JSONSerialization.jsonObject(with: data))
        try check(status == 200, "the world answers \(path) with \(answer.text)")
        return answer
    }

    func login(_ who: String) async throws -> Login {
        let facts = try await ask("/facts")
        let login = facts["logins"][who]
        guard let agent = login["agent_id"].string, let workspace = login["workspace"].string,
            let email = login["email"].string, let password = login["password"].string
        else { throw Failed("nobody is called \(who)") }
        return Login(
            name: who, agent: agent, workspace: workspace, email: email, password: password)
    }

    /// What the server has of a conversation.
    func conversation(_ id: String) async throws -> Thread {
        let answer = try await ask(
            "/rest", ["who": "admin", "method": "GET", "path": "/conversations/\(id)"])
        return Thread(answer: answer)
    }

    /// The revisions of the conversation at which the server had decided acts.
    func revisions(of opIds: [String], by who: String) async throws -> [Int] {
        let body: [String: Any] = [
            "who": who, "method": "POST", "path": "/commands/outcomes",
            "body": ["op_ids": opIds],
        ]
        let results = try await ask("/rest", body)["results"].list
        return try opIds.map { opId in
            let result = results.first { $0["op_id"].string == opId }
            guard let revision = result?["accepted"]["revision"].int else {
                throw Failed("act \(opId) became \(results.map(\.text))")
            }
            return revision
        }
    }

    struct Thread: Sendable {
        let answer: JSON
        var lines: [String] { answer["lines"].list.compactMap { $0["content"]["text"].string } }
        var notes: [String] { answer["notes"].list.compactMap { $0["text"].string } }
        var ownerKind: String? { answer["view"]["head"]["owner"]["kind"].string }
        var owner: String? { answer["view"]["head"]["owner"]["id"].string }

        func count(_ text: String) -> Int { lines.filter { $0 == text }.count }
    }

    func cut(_ way: Int, _ mode: String) async throws {
        try await ask("/cut", ["way": way, "mode": mode])
    }
}

/// A customer of one scenario.
struct Customer: Sendable {
    let world: World
    let waId: String

    /// What a message of a customer became.
    struct Said: Sendable {
        let conversation: String
        let seen: SeenLine
    }

    @discardableResult
    /// By the clock of WhatsApp some seconds ago.
    func writes(_ text: String, agoS: Int = 0) async throws -> Said {
        let body: [String: Any] = [
            "wa_id": waId, "name": "Customer \(waId.suffix(4))", "text": text, "ago_s": agoS,
        ]
        let line = try await world.ask("/customer", body)
        guard let conversation = line["conversation"].string, let seq = line["seq"].int,
            let id = line["id"].string
        else { throw Failed("the customer's line is \(line.text)") }
        return Said(conversation: conversation, seen: SeenLine(seq: UInt64(seq), id: id))
    }

    /// Texts that reached their phone.
    func reached() async throws -> [String] {
        let answer = try await world.ask("/reached", ["wa_id": waId])
        return answer["reached"].list.compactMap { $0["body"]["body"].string }
    }

    /// Waits until a text is there, and says that it is there once.
    func gets(_ text: String) async throws {
        try await until("'\(text)' on the customer's phone") {
            try await reached().contains(text)
        }
        let count = try await reached().filter { $0 == text }.count
        try check(count == 1, "'\(text)' reached the customer \(count) times")
    }
}

/// A fresh UUID of version 7.
func freshOpId() -> String {
    var number = UInt64(Date().timeIntervalSince1970 * 1000)
    var bytes = [UInt8](repeating: 0, count: 16)
    for at in stride(from: 5, through: 0, by: -1) {
        bytes[at] = UInt8(number & 255)
        number >>= 8
    }
    for at in 6..<16 { bytes[at] = UInt8.random(in: 0...255) }
    bytes[6] = 0x70 | bytes[6] & 0x0f
    bytes[8] = 0x80 | bytes[8] & 0x3f
    let id = bytes.withUnsafeBytes { UUID(uuid: $0.loadUnaligned(as: uuid_t.self)) }
    return id.uuidString.lowercased()
}
