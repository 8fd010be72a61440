// What fills a canned reply: the core, and what the app knows of customer, agent and hour.

package app.baton.app.model

import app.baton.app.words.Language
import app.baton.app.words.Word
import app.baton.app.words.Words
import app.baton.core.Attribute
import app.baton.core.AttributeType
import app.baton.core.CannedReply
import app.baton.core.ContactField
import app.baton.core.FieldValue
import app.baton.core.FilledText
import app.baton.core.SettingHome
import app.baton.core.blanksIn
import app.baton.core.cannedValues
import app.baton.core.fillCanned

/** The core's rules for blanks, which tests without a core have their own of. */
interface Filling {
    fun fill(text: String, values: Map<String, String>, names: Map<String, String>): FilledText

    /** The names of the blanks that are left: nothing is sent while there is one. */
    fun blanks(text: String): List<String>

    /** The values of a card, but for yes and no. */
    fun values(fields: List<ContactField>, attributes: List<Attribute>): Map<String, String>
}

object CoreFilling : Filling {
    override fun fill(text: String, values: Map<String, String>, names: Map<String, String>) =
        fillCanned(text, values, names)

    override fun blanks(text: String) = blanksIn(text)

    override fun values(fields: List<ContactField>, attributes: List<Attribute>) =
        cannedValues(fields, attributes)
}

private const val SIGNS = "\u27e6\u27e7"
private val oneBlank = Regex("\u27e6[^$SIGNS\n]*\u27e7|[$SIGNS]")

/** Most texts have no blank, and need nobody who looks for one. */
fun Filling.left(text: String): List<String> =
    if (text.any { it in SIGNS }) blanks(text) else emptyList()

/** The text with these words in its first blank. */
fun filledIn(text: String, words: String): String =
    oneBlank.find(text)?.let { text.replaceRange(it.range, words) } ?: text

/** Where the blanks of a text stand, with their signs. */
fun blanksAt(text: String): List<IntRange> = oneBlank.findAll(text).map { it.range }.toList()

/** A text as it is read: few letters of a phone have the signs of a blank. */
fun readable(text: String): String = text.replace(SIGNS[0], '[').replace(SIGNS[1], ']')

/** A reply that fits, and what it will say here. */
data class Offered(val reply: CannedReply, val says: String)

private const val FIND_MAX = 40

/** What is being typed after a slash at the end of a text; null where nothing is. */
fun slashIn(text: String): String? =
    Regex("(?:^|\\s)/([^\\s/][^\\n/]{0,$FIND_MAX})?$").find(text)?.groupValues?.get(1)

/** The text with a reply in place of what was typed after the slash. */
fun withReply(text: String, reply: String): String {
    val find = slashIn(text) ?: return if (text.isBlank()) reply else text.trimEnd() + "\n" + reply
    return text.dropLast(find.length + 1) + reply
}

/** Whether it may be used by this agent, in this team and number, as a note or not. */
fun CannedReply.isFor(me: String, home: Home?, isNote: Boolean): Boolean {
    val isHere = when (val of = this.home) {
        SettingHome.Workspace -> true
        is SettingHome.Agent -> of.id == me
        is SettingHome.Team -> home == null || of.id == home.team
        is SettingHome.Channel -> home == null || of.id == home.channel
        SettingHome.Unknown -> false
    }
    return isHere && (notes || !isNote)
}

/** Its text in the customer's language, where it has one; else as it was written first. */
fun CannedReply.inLanguage(language: String?): Pair<String, String?> {
    val spoken = language?.take(2)
    val found = languages.find { spoken != null && it.language.take(2) == spoken }
    return found?.let { it.text to it.language } ?: (text to null)
}

/** What is known when a reply is filled, and what its blanks are called. */
class Known(val values: Map<String, String>, val names: Map<String, String>)

private fun first(name: String) = name.trim().split(Regex("\\s+")).first()

@Suppress("LongParameterList")
fun knownOf(
    words: Words,
    spoken: Words,
    customer: String?,
    me: String?,
    number: String?,
    hour: Int,
    fields: Map<String, String>,
    attributes: List<Attribute>,
): Known {
    val greeting = when {
        hour < NOON -> Word.GreetMorning
        hour < EVENING -> Word.GreetAfternoon
        else -> Word.GreetEvening
    }
    // A number is no name: who has none is asked for.
    val name = customer?.takeUnless { it.startsWith("+") }
    val said = listOf(
        "customer.name" to name, "customer.first_name" to name?.let(::first),
        "agent.name" to me, "agent.first_name" to me?.let(::first),
        "number.name" to number, "time.greeting" to spoken(greeting),
    )
    val names = attributes.map { "customer.${it.key}" to it.name } + listOf(
        "customer.name" to words(Word.NameOfCustomer), "customer.first_name" to words(Word.NameOfCustomer),
        "agent.name" to words(Word.NameOfMe), "agent.first_name" to words(Word.NameOfMe),
        "number.name" to words(Word.NameOfNumber),
    )
    val known = said.mapNotNull { (of, value) -> value?.ifBlank { null }?.let { of to it } }
    return Known(fields + known, names.toMap())
}

private const val NOON = 12
private const val EVENING = 18

/** The values that are yes or no, in words. */
fun yesAndNo(fields: List<ContactField>, attributes: List<Attribute>, words: Words): Map<String, String> {
    val keys = attributes.filter { it.holds == AttributeType.YES_NO }.associate { it.id to it.key }
    return fields.mapNotNull { field ->
        val key = keys[field.attribute] ?: return@mapNotNull null
        val isYes = (field.value as? FieldValue.YesNo)?.isYes ?: return@mapNotNull null
        "customer.$key" to words(if (isYes) Word.Yes else Word.No)
    }.toMap()
}

/** The app's language that a reply is written in, where it has it. */
fun languageOf(tag: String?): Language? = tag?.take(2)?.let { spoken -> Language.entries.find { it.tag == spoken } }
