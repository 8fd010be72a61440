// The suite of the Kotlin layer: plays the scenarios of SCENARIOS.md in the world at BATON_WORLD.
//
//   MainKt [NN …]                               all scenarios, or these
//   MainKt collide ROLE CONVERSATION TEXT       see Collide.kt

package app.baton.suite

import kotlin.system.exitProcess
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.runBlocking

/** Played by two languages: see Collide.kt. */
private const val COLLISION = 37

fun main(arguments: Array<String>) {
    val address = System.getenv("BATON_WORLD")
    if (address.isNullOrEmpty()) {
        System.err.println("BATON_WORLD is not set: run.sh starts a world")
        exitProcess(2)
    }
    val world = World(address)
    val isGood = runBlocking(Dispatchers.Default) {
        if (arguments.firstOrNull() == "collide") {
            collide(world, arguments.drop(1))
        } else {
            plays(world, arguments.map { it.toInt() })
        }
    }
    exitProcess(if (isGood) 0 else 1)
}

private suspend fun plays(world: World, wanted: List<Int>): Boolean {
    val each = signing + lists + acts + living + locking + pushes + logs + files + desk
    val all = each.sortedBy { it.number }
    val numbers = (1..all.size + 1) - COLLISION
    check(all.map { it.number } == numbers) { "a number is there twice, or missing" }
    val chosen = if (wanted.isEmpty()) all else all.filter { it.number in wanted }
    return chosen.map { it.played(world) }.all { it }
}
