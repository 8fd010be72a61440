// What of the app outlives its process, as a text.

package app.baton.app.model

/**
 * [signIn]: server, workspace and e-mail as they were typed. [phone]: whom one was about to write to
 * first. [query]: what was looked for. [places]: the screens that lie above the list.
 */
data class Kept(val signIn: List<String>, val phone: String, val query: String, val places: List<Place>) {
    /** One line each; no field of the app takes several. */
    fun written(): String = (signIn + phone + query).joinToString("\n") { it.replace('\n', ' ').take(TYPED_MAX) } +
        places.takeLast(PLACES_MAX).joinToString("") { "\n" + nameOf(it) }

    companion object {
        private const val FIELDS = 5

        /** More than anybody types; a system refuses to keep much. */
        private const val TYPED_MAX = 1_000
        private const val PLACES_MAX = 20

        /** What is written there; null where another version wrote it, or nobody. */
        fun of(text: String): Kept? {
            val lines = text.split('\n')
            if (lines.size < FIELDS) return null
            return Kept(lines.take(3), lines[3], lines[4], lines.drop(FIELDS).take(PLACES_MAX).mapNotNull(::placeOf))
        }

        private val names = mapOf(
            "review" to Place.Review, "settings" to Place.Settings, "begin" to Place.Begin,
            "search" to Place.Search, "notices" to Place.Notices,
        )

        private fun nameOf(place: Place): String =
            if (place is Place.Talk) "talk ${place.id}" else names.entries.first { it.value == place }.key

        private fun placeOf(name: String): Place? =
            names[name] ?: name.removePrefix("talk ").takeIf { it != name && it.isNotBlank() }?.let { Place.Talk(it) }
    }
}
