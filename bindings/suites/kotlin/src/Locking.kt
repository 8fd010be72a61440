// A phone that did not hear its server for too long.

package app.baton.suite

import app.baton.core.Act
import app.baton.core.CoreException
import app.baton.core.Event
import app.baton.core.InboxView
import app.baton.core.LoadState
import app.baton.core.Standing
import app.baton.core.inbox
import app.baton.core.watchInbox
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.Dispatchers
import kotlinx.coroutines.cancel
import kotlinx.coroutines.flow.first

private const val A_SECOND = 1u

val locking = listOf(
    Scenario(34) {
        val ana = agent("ana")
        val number = freshNumber()
        val said = world.customer(number, "hello")
        ana.linesOf(said, 1)
        ana.baton.network(false)
        ana.replies(said, "what waits")
        ana.restart(A_SECOND).baton.foreground()
        ana.isLocked()
        ana.restart(A_SECOND).isLocked()
        ana.baton.foreground()
        ana.isLocked()
        ana.looks().live()
        ana.rowOf(said)
        until("the reply is sent") { world.reached(number) == listOf("what waits") }
        ensure("what waits" in ana.shown) { "told again is ${ana.shown}" }
        ana.settled()
        val device = ana.baton.signedIn()?.device ?: throw Failed("nobody is signed in")
        ana.baton.end()
        world.revoke(device)
        ana.restart(A_SECOND).baton.foreground()
        ana.isLocked()
        ana.restart(A_SECOND).baton.foreground()
        ana.isLocked()
        ana.baton.network(true)
        until("the app is told that it was wiped", BACK_MS) { Event.Wiped in ana.heard.events }
        ensure(ana.shown.isEmpty()) { "shown was ${ana.shown}" }
    },
)

/** Texts of acts that the app was told of. */
private val Phone.shown: List<String?>
    get() = heard.events.filterIsInstance<Event.Outbox>().flatMap { it.shown }.map { it.text }

/** Nothing of what the phone holds is to be had. */
private suspend fun Phone.isLocked() {
    until("it is locked") { baton.standing() is Standing.Locked }
    val scope = CoroutineScope(Dispatchers.Default)
    val inbox = baton.watchInbox(scope, InboxView.All)
    within("the inbox is told") { inbox.state.first { it is LoadState.Loaded } }
    val some = opId()
    val calls = listOf<suspend () -> Any?>(
        { baton.outbox() },
        { baton.unsent() },
        { baton.people() },
        { baton.draft(some) },
        { baton.act(some, Act.Note("a note"), null) },
        { baton.inbox(InboxView.Search("hello")).first() },
    )
    calls.forEach { thrown<CoreException.Locked>("what is held is to be had") { it() } }
    val rows = inbox.value?.rows
    scope.cancel()
    ensure(rows.orEmpty().isEmpty()) { "shown are $rows" }
}
