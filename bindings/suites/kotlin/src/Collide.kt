// Two agents on phones of two languages in one conversation: this is one of them.
//
//   collide ROLE CONVERSATION TEXT
//
// ROLE is an agent's name ("ana", "ben"). It signs in, shows the conversation and prints `ready`.
// Then it does what it is told, a line at a time on its standard input, and prints one line for
// each:
//
//   type      types TEXT                        typed HOLD       mine, theirs, nobody, unknown
//   reply     replies TEXT to what it shows     kept
//   wait      until the reply went or is held   sent | held CODE MISSED…
//   anyway    sends the held reply anyway       chosen
//   lines     what it shows                     lines TEXT|TEXT|…
//   quit                                        bye
//
// What fails is printed as `failed WHY` and ends it with 1.

package app.baton.suite

import app.baton.core.Act
import app.baton.core.Choice
import app.baton.core.Hold
import app.baton.core.Stage as At
import app.baton.core.timeline
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.flow.first
import kotlinx.coroutines.withContext

suspend fun collide(world: World, arguments: List<String>): Boolean {
    val (who, conversation, text) = arguments
    val stage = Stage(world)
    return try {
        Collider(stage.agent(who), conversation, text).obeys()
        true
    } catch (error: Exception) {
        tell("failed ${error.message ?: error}")
        false
    } finally {
        stage.end()
    }
}

private fun tell(line: String) {
    println(line.replace('\n', ' '))
    System.out.flush()
}

private class Collider(
    private val phone: Phone,
    private val conversation: String,
    private val text: String,
) {
    private var reply: ULong? = null

    suspend fun obeys() {
        phone.baton.viewing(conversation)
        shown()
        tell("ready")
        while (true) {
            val told = withContext(Dispatchers.IO) { readlnOrNull() }?.trim() ?: return
            if (told.isNotEmpty()) tell(does(told))
            if (told == "quit") return
        }
    }

    private suspend fun does(told: String): String = when (told) {
        "type" -> types()
        "reply" -> replies()
        "wait" -> waits()
        "anyway" -> anyway()
        "lines" -> "lines " + shown().lines.joinToString("|") { it.text.orEmpty() }
        "quit" -> "bye"
        else -> throw Failed("there is no $told")
    }

    private suspend fun shown() =
        phone.timelineUntil(conversation, "the conversation is shown") { it.lines.isNotEmpty() }

    private suspend fun types(): String {
        phone.baton.typing(conversation, text)
        val hold = eventually("it is known who composes") {
            phone.baton.hold(conversation).takeIf { it == Hold.Mine || it is Hold.Theirs }
        }
        return "typed " + if (hold == Hold.Mine) "mine" else "theirs"
    }

    private suspend fun replies(): String {
        val seen = phone.baton.timeline(conversation).first().seen
        reply = phone.acts(conversation, Act.Reply(text, seen, null)).number
        return "kept"
    }

    private suspend fun waits(): String {
        val number = reply ?: throw Failed("nothing was replied")
        return eventually("the reply went or is held", 2 * BACK_MS) {
            val item = phone.baton.outbox().firstOrNull { it.number == number }
            val review = item?.review
            when {
                item == null -> "sent"
                item.stage == At.NEEDS_REVIEW && review != null ->
                    "held ${review.code.name.lowercase()} " + review.missed.joinToString("|") { it.text.orEmpty() }
                else -> null
            }
        }
    }

    private suspend fun anyway(): String {
        val number = reply ?: throw Failed("nothing was replied")
        phone.baton.choose(number, Choice.SendAnyway(shown().seen))
        return "chosen"
    }
}
