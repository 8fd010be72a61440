// The log: what it tells of a whole scenario, and what it never does.

package app.baton.suite

import app.baton.core.Act
import app.baton.core.KeyStore
import app.baton.core.LogLevel
import app.baton.core.LogRecord
import app.baton.core.PushVerdict
import app.baton.core.Standing
import java.util.Collections
import kotlin.time.Duration.Companion.seconds
import kotlinx.coroutines.flow.first

val logs = listOf(
    Scenario(31) {
        val taken = Collections.synchronizedList(mutableListOf<LogRecord>())
        val ana = phone("ana").open()
        ana.baton.logTo(LogLevel.DEBUG) { record ->
            taken += record
            throw IllegalStateException("this sink throws")
        }
        ana.looks().signIn()
        ana.live()
        val target = ana.registers()
        val tokens = secrets(ana.keys).toMutableList()
        val number = freshNumber()
        val said = world.customer(number, "a secret of the customer")
        ana.linesOf(said, 1)
        val reply = ana.replies(said, "an answer of Ana's")
        val note = ana.acts(said.conversation, Act.Note("a note of Ana's"))
        ana.settled()
        ana.baton.typing(said.conversation, "a draft of Ana's")
        world.cut(ana.way, "refuse")
        within("the cut is noticed") { ana.baton.current.first { it !is Standing.Live } }
        world.cut(ana.way, "pass")
        ana.baton.networkChanged()
        ana.live()
        ana.baton.background(5.seconds)
        // What was answered is told by no push.
        world.customer(number, "a body of a push")
        val push = pushed(ana, target, "message", said.conversation, "a body of a push")
        val outcome = ana.handles(push.message)
        ensure(outcome.verdict is PushVerdict.Show) { "the push gave ${outcome.verdict}" }
        tokens += secrets(ana.keys)
        val thrown = ana.baton.diagnostics().thrown
        ensure(thrown > 0uL) { "a sink that throws is not counted" }
        ana.baton.signOut()
        ana.baton.end()
        val happened = listOf(
            "life: the app is in the foreground", "life: there is a network",
            "life: the app is in the background",
            "session: a phone begins agent=", "session: the agent signed out",
            "link: the connection stands at=live", "link: a socket was closed",
            "link: the connection stands at=backoff",
            "sync: everything is taken anew reason=no_cursor", "sync: events came count=",
            "outbox: a command is sent op=${reply.opId} kind=reply",
            "outbox: a command is answered op=${reply.opId} outcome=accepted",
            "outbox: a command is sent op=${note.opId} kind=note",
            "push: a push is decided kind=message verdict=show", "store: the store is open found=",
            "life: the core is shut down",
        )
        val login = world.login("ana")
        val personal = listOf(
            "a secret of the customer", "an answer of Ana's", "a note of Ana's",
            "a draft of Ana's", "a body of a push", number, number.drop(2), "Customer",
            login.at("email"), login.at("password"), login.at("name"), target,
        ) + tokens
        val recent = ana.baton.recentLogs()
        for (records in listOf(taken.toList(), recent)) {
            val told = records.joinToString("\n") { "${it.target}: ${it.message}" }
            for (one in happened) ensure(one in told) { "'$one' is not in the log" }
            for (one in personal) {
                ensure(!told.contains(one, ignoreCase = true)) { "the log tells '$one'" }
            }
        }
        ensure(taken.map { it.message } == recent.map { it.message }) {
            "the sink was given ${taken.size} records of ${recent.size}, or in another order"
        }
        ensure(recent.all { it.atMs > 0 && it.dropped == 0uL }) { "something is missing" }
    },
)

/** Tokens and keys that the key store holds. */
private fun secrets(keys: KeyStore): List<String> {
    fun kept(name: String) = keys.get(name) ?: throw Failed("$name is not kept")
    val session: Fields = readJson(kept("baton.session").decodeToString()).at("session")
    val inHex = listOf("baton.store", "baton.push").map { name ->
        kept(name).joinToString("") { "%02x".format(it) }.take(32)
    }
    val receipts = kept("baton.receipts").decodeToString()
    return inHex + listOf(session.at("access_token"), session.at("refresh_token"), receipts)
}
