// What the team calls a customer.

package app.baton.app.model

import app.baton.app.words.Word
import app.baton.core.Act

/** As long as a name may be. */
const val NAME_MAX = 100

fun TalkModel.naming() = cover(Sheet.Naming(state.value.title.orEmpty()))

/** Gives the customer a name of the team's own; without one, their own is shown. */
fun TalkModel.name(name: String?) {
    cover(null)
    acts(Act.NameContact(name?.trim()?.take(NAME_MAX)?.ifEmpty { null }), Told.of(Word.Renamed))
}
