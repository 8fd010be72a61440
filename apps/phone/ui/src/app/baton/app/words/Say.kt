// How the app speaks: a language, its plurals, its dates and durations.

package app.baton.app.words

import java.time.DayOfWeek
import java.time.Instant
import java.time.LocalDate
import java.time.LocalTime
import java.time.YearMonth
import java.time.ZoneId
import java.time.format.DateTimeFormatter
import java.time.format.DecimalStyle
import java.time.format.FormatStyle
import java.time.format.TextStyle
import java.util.Locale

/** The languages of the app, with the name that each has for itself. */
enum class Language(val tag: String, val ownName: String) {
    ENGLISH("en", "English"),
    SPANISH("es", "Español"),
    PORTUGUESE("pt", "Português"),
    ARABIC("ar", "العربية"),
    ;

    val isRightToLeft: Boolean get() = this == ARABIC

    companion object {
        /** The language of a system's locale; English where the app has none of it. */
        fun of(locale: Locale): Language = entries.find { it.tag == locale.language } ?: ENGLISH
    }
}

private const val MINUTE = 60_000L
private const val HOUR = 60 * MINUTE
private const val DAY = 24 * HOUR

/** The words of one language, in a time zone. */
class Words(val language: Language, private val zone: ZoneId) {
    private val locale = Locale.forLanguageTag(
        if (language.isRightToLeft) "${language.tag}-u-nu-latn" else language.tag,
    )
    private val texts = textsOf(language)
    private val clock = format(DateTimeFormatter.ofPattern("HH:mm", locale))
    private val day = format(DateTimeFormatter.ofPattern("EEE d MMM", locale))
    private val monthAndYear = format(DateTimeFormatter.ofPattern("LLLL yyyy", locale))
    private val date = format(DateTimeFormatter.ofLocalizedDate(FormatStyle.MEDIUM))

    private fun format(of: DateTimeFormatter) =
        of.withLocale(locale).withDecimalStyle(DecimalStyle.STANDARD)

    /** A sentence with what stands in its places. */
    operator fun invoke(word: Word, vararg places: Any): String = fill(word, form(word, null), places)

    /** A sentence that counts; the number stands in its first place. */
    fun count(word: Word, count: Int, vararg more: Any): String =
        fill(word, form(word, count), arrayOf(count, *more))

    private fun form(word: Word, count: Int?): String {
        val forms = texts[word.ordinal].split('|')
        return if (count == null || forms.size == 1) forms[0] else forms[language.form(count)]
    }

    private fun fill(word: Word, text: String, places: Array<out Any>): String {
        if (places.isEmpty()) return text
        var filled = text
        places.forEachIndexed { at, place -> filled = filled.replace("{$at}", isolated(place, if (word in reasons) REASON_MAX else PLACE_MAX)) }
        return filled
    }

    /**
     * What somebody is called may run the other way than the sentence around it, may turn what stands
     * behind it, and may be longer than any sentence.
     */
    private fun isolated(place: Any, max: Int): String {
        val cut = place.toString().filterNot { it in TURNS }.shortened(max)
        val said = if (isClosed(cut)) cut else cut.filterNot { it == OPENS || it == CLOSES }
        return if (language.isRightToLeft || said.any(::runsLeft)) "$OPENS$said$CLOSES" else said
    }

    /** The time of a line. */
    fun time(ms: Long): String = Instant.ofEpochMilli(ms).atZone(zone).format(clock)

    /** When something was: a time today, yesterday, a day of this week, a date. */
    fun moment(ms: Long, now: Long): String {
        val on = dateOf(ms)
        val today = dateOf(now)
        return when {
            on == today -> time(ms)
            on == today.minusDays(1) -> this(Word.Yesterday)
            on.isAfter(today.minusDays(7)) && on.isBefore(today) -> on.format(day)
            else -> on.format(date)
        }
    }

    /** What stands above the lines of a day. */
    fun dayOf(ms: Long, now: Long): String {
        val on = dateOf(ms)
        val today = dateOf(now)
        return when (on) {
            today -> this(Word.Today)
            today.minusDays(1) -> this(Word.Yesterday)
            else -> on.format(if (on.year == today.year) day else date)
        }
    }

    /** When a snooze ends: the time, with its day unless that is today. */
    fun until(ms: Long, now: Long): String {
        val on = dateOf(ms)
        return if (on == dateOf(now)) time(ms) else "${on.format(day)} ${time(ms)}"
    }

    /** How long, in the two largest parts that matter. */
    fun lasts(ms: Long): String = when {
        ms < HOUR -> this(Word.Minutes, maxOf(ms / MINUTE, 0))
        ms < DAY && ms % HOUR < MINUTE -> this(Word.Hours, ms / HOUR)
        ms < DAY -> this(Word.HoursMinutes, ms / HOUR, ms % HOUR / MINUTE)
        else -> this(Word.Days, ms / DAY)
    }

    /** A day of a calendar, which shows its number alone. */
    fun day(on: LocalDate): String = on.format(day)

    /** What stands above the days of a month. */
    fun month(of: YearMonth): String = of.format(monthAndYear)

    /** What stands above a column of a calendar. */
    fun column(of: DayOfWeek): String = of.getDisplayName(TextStyle.NARROW_STANDALONE, locale)

    /** The first column of a calendar. */
    val weekBegins: DayOfWeek get() = if (language.isRightToLeft) DayOfWeek.SATURDAY else DayOfWeek.MONDAY

    fun dateOf(ms: Long): LocalDate = Instant.ofEpochMilli(ms).atZone(zone).toLocalDate()

    /** The next moment at this hour, this many days from today at least. */
    fun at(now: Long, hour: Int, on: (LocalDate) -> LocalDate): Long = at(on(dateOf(now)), LocalTime.of(hour, 0))

    /** This time of this day. */
    fun at(day: LocalDate, time: LocalTime): Long = day.atTime(time).atZone(zone).toInstant().toEpochMilli()
}

/** What stands in a sentence is no longer: who is called more is known by its beginning. */
private const val PLACE_MAX = 60

/** Sentences that say why, in the server's words. */
private val reasons = setOf(Word.RefusedOther, Word.WentWrong)
private const val REASON_MAX = 400

/** Characters that turn the way in which others run. */
private val TURNS = ('\u202a'..'\u202e') + '\u2066' + '\u2067'
private const val OPENS = '\u2068'
private const val CLOSES = '\u2069'

/** Whether what is set apart within a text ends within it, as in the app's own sentences. */
private fun isClosed(text: String): Boolean {
    var open = 0
    for (char in text) {
        if (char == OPENS) open += 1
        if (char == CLOSES) open -= 1
        if (open < 0) return false
    }
    return open == 0
}

private fun runsLeft(char: Char) = when (char.directionality) {
    CharDirectionality.RIGHT_TO_LEFT, CharDirectionality.RIGHT_TO_LEFT_ARABIC -> true
    else -> false
}

/** So many characters at most, with no half of a pair. */
fun String.upTo(max: Int): String {
    if (length <= max) return this
    return take(if (this[max - 1].isHighSurrogate()) max - 1 else max)
}

private fun String.shortened(max: Int) = if (length <= max) this else upTo(max - 1) + "…"

/** Those of other languages are not loaded. */
private fun textsOf(language: Language): Array<String> = when (language) {
    Language.ENGLISH -> english
    Language.SPANISH -> spanish
    Language.PORTUGUESE -> portuguese
    Language.ARABIC -> arabic
}

/** Which form counts this many, in the order of the language's forms. */
private fun Language.form(count: Int): Int = when (this) {
    Language.ENGLISH, Language.SPANISH -> if (count == 1) 0 else 1
    Language.PORTUGUESE -> if (count == 0 || count == 1) 0 else 1
    Language.ARABIC -> when {
        count <= 2 -> count
        count % 100 in 3..10 -> 3
        count % 100 in 11..99 -> 4
        else -> 5
    }
}

/** A file's size as people say it. */
fun sizeOf(bytes: Long): String = when {
    bytes < 1_000 -> "$bytes B"
    bytes < 1_000_000 -> "${bytes / 1_000} kB"
    else -> String.format(Locale.ROOT, "%.1f MB", bytes / 1_000_000.0)
}
