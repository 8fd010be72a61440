// As much JSON as the world speaks.

package app.baton.suite

/** Reads a value: maps, lists, texts, Long or Double, Boolean, null. */
fun readJson(text: String): Any? = JsonReader(text).whole()

/** Writes maps, lists, texts, numbers, Boolean, null. */
fun writeJson(value: Any?): String = when (value) {
    null, is Boolean, is Number -> value.toString()
    is Map<*, *> -> value.entries.joinToString(",", "{", "}") { (key, one) ->
        quoted(key.toString()) + ":" + writeJson(one)
    }
    is List<*> -> value.joinToString(",", "[", "]", transform = ::writeJson)
    else -> quoted(value.toString())
}

private fun quoted(text: String): String = buildString {
    append('"')
    for (char in text) when {
        char == '"' || char == '\\' -> append('\\').append(char)
        char < ' ' -> append("\\u%04x".format(char.code))
        else -> append(char)
    }
    append('"')
}

private class JsonReader(private val text: String) {
    private var at = 0

    fun whole(): Any? = value().also {
        blank()
        check(at == text.length) { "more after the value, at $at" }
    }

    private fun blank() {
        while (at < text.length && text[at].isWhitespace()) at++
    }

    private fun take(char: Char): Boolean {
        blank()
        val isThere = at < text.length && text[at] == char
        if (isThere) at++
        return isThere
    }

    private fun need(char: Char) = check(take(char)) { "no $char at $at of $text" }

    private fun value(): Any? = when {
        take('{') -> all('}') { string().also { need(':') } to value() }.toMap()
        take('[') -> all(']') { value() }
        at < text.length && text[at] == '"' -> string()
        else -> word()
    }

    private fun <T> all(end: Char, one: () -> T): List<T> {
        val found = mutableListOf<T>()
        if (take(end)) return found
        do found += one() while (take(','))
        need(end)
        return found
    }

    private fun string(): String = buildString {
        need('"')
        while (text[at] != '"') {
            val char = text[at++]
            if (char != '\\') append(char) else append(escaped(text[at++]))
        }
        at++
    }

    private fun escaped(char: Char): Char = when (char) {
        'n' -> '\n'
        't' -> '\t'
        'r' -> '\r'
        'b' -> '\b'
        'f' -> '\u000c'
        'u' -> text.substring(at, at + 4).toInt(16).toChar().also { at += 4 }
        else -> char
    }

    private fun word(): Any? {
        val from = at
        while (at < text.length && text[at] !in ",]} \n\t\r") at++
        return when (val word = text.substring(from, at)) {
            "null" -> null
            "true" -> true
            "false" -> false
            else -> word.toLongOrNull() ?: word.toDouble()
        }
    }
}
