// Customers as the team's own programs know them: their part of the card.

package app.baton.app.model

import app.baton.core.ContextRow
import app.baton.core.ContextSource
import app.baton.core.ContextState
import app.baton.core.CoreException

/** What the team's own programs say of a customer. */
sealed interface SourcesState {
    /** They are asked. */
    data object Asking : SourcesState

    /** They were asked; none where the workspace has none. */
    data class Asked(val all: List<ContextSource>) : SourcesState

    /** The server was not reached: nobody was asked. */
    data class Away(val why: Told) : SourcesState
}

/** Whether it did not answer now; its rows are of an earlier time then. */
val ContextSource.isAway: Boolean get() = state == ContextState.UNAVAILABLE

/** The page that a value leads to; null where it leads nowhere, or not by HTTPS. */
val ContextRow.page: String? get() = link?.takeIf { it.startsWith("https://") }

private const val NOT_FOUND = "not_found"

/** Opens the customer's card, and asks the team's own programs about them. */
fun TalkModel.card() {
    cover(Sheet.Contact)
    asksSources()
}

fun TalkModel.asksSources() {
    // What was told stays on the screen while they are asked again.
    change { if (it.sources is SourcesState.Asked) it else it.copy(sources = SourcesState.Asking) }
    desk.does {
        val told = try {
            SourcesState.Asked(desk.baton.context(id))
        } catch (closed: CoreException.Closed) {
            throw closed
        } catch (refused: CoreException) {
            // A server of before it knew sources has none.
            val isOld = refused is CoreException.Server && refused.code == NOT_FOUND
            if (isOld) SourcesState.Asked(emptyList()) else SourcesState.Away(Told.of(refused))
        }
        change { it.copy(sources = told) }
    }
}

fun TalkModel.browse(link: String) = desk.does { desk.platform.browse(link) }
