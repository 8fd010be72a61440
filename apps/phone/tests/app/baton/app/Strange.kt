// What nobody means to write and somebody does: names without end or without a letter, texts of
// nothing but pictures, one way of writing in the other.

package app.baton.app

import app.baton.app.model.Names
import app.baton.app.model.TalkState
import app.baton.core.LineAuthor
import app.baton.core.LineContent
import app.baton.core.Owner
import app.baton.core.People
import app.baton.core.TimelineEntry

object Strange {
    val LONG = List(84) { "Maria" }.joinToString(" ").take(500)
    const val UNBROKEN = "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft"
    const val ARABIC = "عمر الحداد"

    /** Turns what stands behind it, unless it is kept from that. */
    const val TURNS = "\u202eMarta\u2069 7"
    val EMOJI = List(1_024) { "🙂👍😂🙏" }.joinToString("")

    val people = People(
        agents = Sample.people.agents.map {
            when (it.id) {
                Sample.BEN -> it.copy(name = LONG)
                "karim" -> it.copy(name = " ")
                else -> it
            }
        },
        teams = Sample.people.teams, channels = Sample.people.channels,
    )
    private val names = Names(people, Sample.ME)

    val rows = listOf(
        Sample.row("long", LONG, LONG, Owner.Agent(Sample.BEN)),
        Sample.row("none", "", "No name at all"),
        Sample.row("blank", "   ", EMOJI.take(400), Owner.Agent("karim")),
        Sample.row("one", UNBROKEN, UNBROKEN),
        Sample.row("turns", TURNS, "\u202eturned"),
        Sample.row("mixed", "$ARABIC Marta 4471", "order 4471 رقم الطلب"),
        Sample.row("half", "M🙂", "🙂"),
    )
    val longNamed: TalkState = Sample.talk(header = Sample.header.copy(title = LONG, owner = Owner.Agent(Sample.BEN)))
        .copy(title = LONG, names = names)
    val nameless: TalkState = Sample.talk(header = Sample.header.copy(title = null, owner = Owner.Agent("karim")))
        .copy(title = null, names = names)
    val emoji: TalkState = Sample.talk(
        listOf(TimelineEntry.Line(Sample.said.copy(content = LineContent.Text(EMOJI), author = LineAuthor.Customer))),
    )
    val review = Sample.reviews(Sample.held).copy(titles = mapOf("marta" to LONG), names = names)
}
