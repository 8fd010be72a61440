import Baton
import Foundation

/// Plays the scenarios of SCENARIOS.md against the world at BATON_WORLD; says of each how it went.
///
///     suite                              all of them, and the layer over its fake
///     suite 3 17                         these
///     suite layer                        the layer alone
///     suite collide WHO CONVERSATION TEXT  see collide.sh
@main
struct Suite {
    typealias Play = @Sendable (Stage) async throws -> Void

    static let scenarios: [(Int, Play)] = [
        (1, signInLiveInbox), (2, wrongPassword), (3, reply), (4, listDiffs), (5, restartResumes),
        (6, offlineQueue), (7, overtaken), (8, sendAnyway), (9, noteAndDiscard), (10, edit),
        (11, doubleTap), (12, claimRace), (13, lease), (14, leaseInBackground), (15, draftKept),
        (16, background), (17, connectionCut), (18, answerLost), (19, pushWakes),
        (20, pushGarbage), (21, pushExtension), (22, throwingListener), (23, blockingListener),
        (24, cancel), (25, closed), (26, secondCore), (27, keyLockedKeyLost),
        (28, deviceRevoked), (29, signOutAndIn), (30, listenersReleased), (31, logTells),
        (32, search), (33, saidBeforeItCame), (34, locked), (35, answeredFromNotification),
        (36, keptWishForPushes), (38, files), (39, pushesOfTheFixtures),
        (40, filesOfLines), (41, forwarded), (42, saidBeforeBaton), (43, followed),
        (44, settings), (45, whatConcernsMe), (46, draftOutlivesPhone),
        (47, everythingIsSearched), (48, keptViews), (49, takeNext), (50, devicesAndLevels),
        (51, desksTools), (52, takenBack), (53, shopKnows), (54, offered),
    ]
    /// None takes longer, whatever happens.
    static let deadline: Double = 150

    static func main() async {
        setvbuf(stdout, nil, _IOLBF, 0)
        guard let address = ProcessInfo.processInfo.environment["BATON_WORLD"] else {
            print("BATON_WORLD is not set: run it by run.sh")
            exit(2)
        }
        let world = World(address: address)
        let arguments = Array(CommandLine.arguments.dropFirst())
        if arguments.first == "collide", arguments.count == 4 {
            await collide(world, (arguments[1], arguments[2], arguments[3]))
            return
        }
        let chosen = Set(arguments.compactMap(Int.init))
        var failed = false
        let isLayerAlone = arguments == ["layer"]
        if arguments.isEmpty || isLayerAlone {
            do {
                try await playLayer()
            } catch {
                print("the layer FAILED: \(error)")
                failed = true
            }
        }
        let wanted = isLayerAlone ? [] : scenarios
        for (number, play) in wanted where chosen.isEmpty || chosen.contains(number) {
            let name = String(format: "%02d", number)
            if let why = await problem(world, number, play) {
                print("scenario \(name) FAILED: \(why)")
                failed = true
            } else {
                print("scenario \(name) ok")
            }
        }
        exit(failed ? 1 : 0)
    }

    /// Plays one and says what is wrong with it.
    static func problem(_ world: World, _ number: Int, _ play: @escaping Play) async -> String? {
        do {
            let stage = try Stage(world, number)
            defer { stage.end() }
            try await withThrowingTaskGroup(of: Void.self) { group in
                group.addTask { try await play(stage) }
                group.addTask {
                    try await Task.sleep(nanoseconds: UInt64(deadline * 1_000_000_000))
                    throw Failed("it did not end within \(Int(deadline)) s")
                }
                try await group.next()
                group.cancelAll()
            }
            return nil
        } catch {
            return "\(error)".split(separator: "\n").joined(separator: " ")
        }
    }
}
