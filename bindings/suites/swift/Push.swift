import Baton
import Foundation

// Scenarios 19 to 21: pushes.

func pushWakes(_ stage: Stage) async throws { throw Failed("not played so far") }
func pushGarbage(_ stage: Stage) async throws { throw Failed("not played so far") }
func pushExtension(_ stage: Stage) async throws { throw Failed("not played so far") }
