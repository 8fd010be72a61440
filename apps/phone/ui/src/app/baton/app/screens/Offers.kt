// The offers to the agent, above each screen.

package app.baton.app.screens

import androidx.compose.foundation.background
import androidx.compose.foundation.layout.Arrangement
import androidx.compose.foundation.layout.Column
import androidx.compose.foundation.layout.Row
import androidx.compose.foundation.layout.fillMaxWidth
import androidx.compose.foundation.layout.padding
import androidx.compose.runtime.Composable
import androidx.compose.ui.Alignment
import androidx.compose.ui.Modifier
import androidx.compose.ui.semantics.LiveRegionMode
import androidx.compose.ui.semantics.liveRegion
import androidx.compose.ui.semantics.semantics
import androidx.compose.ui.unit.dp
import app.baton.app.look.Act
import app.baton.app.look.Drawing
import app.baton.app.look.Drawn
import app.baton.app.look.Hairline
import app.baton.app.look.Look
import app.baton.app.look.Says
import app.baton.app.look.Weight
import app.baton.app.look.isLarge
import app.baton.app.model.OfferState
import app.baton.app.words.Word

/** What an offer asks for. */
class OfferActs(val accept: (OfferState) -> Unit = {}, val decline: (OfferState) -> Unit = {})

/** More at once would cover what one works at. */
private const val OFFERS = 2

@Composable
fun Offers(offers: List<OfferState>, acts: OfferActs) = Column {
    for (offer in offers.take(if (isLarge) 1 else OFFERS)) OfferBanner(offer, acts)
}

@Composable
private fun OfferBanner(offer: OfferState, acts: OfferActs) {
    val words = Look.words
    val colours = Look.colours
    val title = offer.title ?: words(Word.UnknownCustomer)
    Column(
        Modifier.fillMaxWidth().background(colours.soonSoft).padding(horizontal = 16.dp, vertical = 10.dp),
        Arrangement.spacedBy(8.dp),
    ) {
        Row(horizontalArrangement = Arrangement.spacedBy(10.dp), verticalAlignment = Alignment.CenterVertically) {
            Drawn(Drawing.Bolt, colour = colours.soonInk)
            // Heard once: the seconds beside it are not.
            val once = Modifier.weight(1f).semantics { liveRegion = LiveRegionMode.Assertive }
            Says(words(Word.OfferAsk, title), once, Look.type.strong, colours.soonInk)
            offer.left?.let { Says(words(Word.OfferLeft, it), style = Look.type.meta, colour = colours.soonInk, lines = 1) }
        }
        Row(horizontalArrangement = Arrangement.spacedBy(8.dp)) {
            Act(words(Word.Accept), modifier = Modifier.weight(1f)) { acts.accept(offer) }
            Act(words(Word.Decline), Weight.SECOND, Modifier.weight(1f)) { acts.decline(offer) }
        }
    }
    Hairline()
}
