// What is offered to the agent, wherever in the app they are.

package app.baton.app.model

import app.baton.core.Act
import app.baton.core.InboxRow
import app.baton.core.InboxView
import app.baton.core.watchInbox
import kotlinx.coroutines.CoroutineScope
import kotlinx.coroutines.delay
import kotlinx.coroutines.flow.MutableStateFlow
import kotlinx.coroutines.flow.StateFlow
import kotlinx.coroutines.launch

/** A conversation that waits for the agent to take it. */
data class OfferState(
    val offer: String,
    val conversation: String,
    val title: String?,
    /** Seconds that are left; null where the clock of this device says that none are. */
    val left: Int?,
)

private const val SECOND_MS = 1_000L

/** What is drawn of a row that is offered. The server ends an offer, not this device's clock. */
fun offerOf(row: InboxRow, now: Long): OfferState? = row.offer?.let { offer ->
    val left = (offer.untilMs - now + SECOND_MS - 1).floorDiv(SECOND_MS)
    OfferState(offer.offer, row.id, row.title, left.toInt().takeIf { it > 0 })
}

class OffersModel(private val desk: Desk, scope: CoroutineScope) {
    private val stateNow = MutableStateFlow<List<OfferState>>(emptyList())
    private val list = desk.baton.watchInbox(scope, InboxView.Offered)

    /** Those that were answered here, from the tap on. */
    private val answered = HashSet<String>()
    val state: StateFlow<List<OfferState>> = stateNow

    init {
        scope.launch { list.state.collect { draw() } }
        scope.launch {
            while (true) {
                delay(SECOND_MS)
                if (stateNow.value.isNotEmpty()) draw()
            }
        }
    }

    @Synchronized
    private fun draw() {
        val now = desk.now()
        val rows = list.value?.rows.orEmpty()
        answered.retainAll(rows.mapNotNull { it.offer?.offer }.toSet())
        stateNow.value = rows.mapNotNull { offerOf(it, now) }.filter { it.offer !in answered }
            .sortedBy { it.left ?: Int.MAX_VALUE }
    }

    fun accept(offer: OfferState) = answers(offer, Act.AcceptOffer(offer.offer))

    fun decline(offer: OfferState) = answers(offer, Act.DeclineOffer(offer.offer))

    private fun answers(offer: OfferState, act: Act) {
        marks(offer.offer, isAnswered = true)
        desk.does {
            val isTaken = desk.asks { desk.baton.act(offer.conversation, act, null) }
            if (!isTaken) marks(offer.offer, isAnswered = false)
        }
    }

    @Synchronized
    private fun marks(offer: String, isAnswered: Boolean) {
        if (isAnswered) answered += offer else answered -= offer
        draw()
    }
}
