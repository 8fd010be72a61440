// What a scenario has at hand, and how it is played.

package app.baton.suite

import kotlinx.coroutines.TimeoutCancellationException
import kotlinx.coroutines.withTimeout

/** How long one scenario may take. */
private const val SCENARIO_MS = 240_000L

class Scenario(val number: Int, val play: suspend Stage.() -> Unit)

/** The phones of one scenario, which end with it. */
class Stage(val world: World) {
    private val phones = mutableListOf<Phone>()

    suspend fun phone(who: String, way: Way? = null): Phone =
        Phone(world, who, way ?: world.way()).also { phones += it }

    fun track(phone: Phone): Phone = phone.also { phones += it }

    /** Opened, signed in and live. */
    suspend fun agent(who: String): Phone {
        val phone = phone(who).open().looks()
        phone.signIn()
        return phone.live()
    }

    suspend fun end() = phones.forEach { it.gone() }
}

/** Plays one and says in a line how it went. */
suspend fun Scenario.played(world: World): Boolean {
    val name = "scenario %02d".format(number)
    val stage = Stage(world)
    val began = System.nanoTime()
    val why = try {
        withTimeout(SCENARIO_MS) { stage.play() }
        null
    } catch (error: TimeoutCancellationException) {
        "it took longer than $SCENARIO_MS ms: ${error.message}"
    } catch (error: Failed) {
        error.message
    } catch (error: Throwable) {
        val at = error.stackTrace.firstOrNull { it.className.startsWith("app.baton.") }
        if (at == null) "$error" else "$error at $at"
    } finally {
        stage.end()
    }
    val ms = (System.nanoTime() - began) / 1_000_000
    System.err.println("$name: $ms ms")
    println(if (why == null) "$name ok" else "$name FAILED: ${why.replace('\n', ' ')}")
    System.out.flush()
    return why == null
}
