// What the app has to say, before it is said in a language.

package app.baton.app.model

import app.baton.app.words.Word
import app.baton.app.words.Words
import app.baton.core.CoreException

sealed interface Told {
    fun say(words: Words): String

    /** A sentence that stands in the table, with what stands in its places. */
    data class Of(val word: Word, val places: List<Any> = emptyList()) : Told {
        override fun say(words: Words) =
            words(word, *places.map { if (it is Told) it.say(words) else it }.toTypedArray())
    }

    /** A moment in a sentence, said as the language says it. */
    data class Until(val word: Word, val ms: Long, val now: Long) : Told {
        override fun say(words: Words) = words(word, words.until(ms, now))
    }

    companion object {
        /** Refusals that have a sentence of their own, by their codes. */
        private val refusals = mapOf(
            "at_capacity" to Word.YouAreFull, "not_in_scope" to Word.RefusedScope,
            "not_allowed" to Word.RefusedAllowed, "forbidden" to Word.RefusedAllowed,
        )

        val SessionOver = Of(Word.SessionOver)
        val Revoked = Of(Word.WasRevoked)
        val SignedOut = Of(Word.SignOut)
        val StoreFull = Of(Word.StoreFull)
        val KeyLost = Of(Word.KeyLost)

        @Suppress("FunctionName")
        fun LeaseLost(by: String) = Of(Word.LeaseLost, listOf(by))

        @Suppress("FunctionName")
        fun WentWrong(detail: String) = Of(Word.WentWrong, listOf(detail))

        fun of(word: Word, vararg places: Any) = Of(word, places.toList())

        /** What a call of the core failed with. */
        fun of(error: CoreException): Told = when (error) {
            is CoreException.Offline -> Of(Word.ServerAway)
            is CoreException.Unauthorized -> SessionOver
            is CoreException.WrongCredentials -> Of(Word.SignInWrong)
            is CoreException.Refused -> of(Word.RefusedOther, error.detail)
            is CoreException.Server -> refusals[error.code]?.let { Of(it) } ?: of(Word.RefusedOther, error.detail)
            is CoreException.Invalid -> of(Word.RefusedOther, error.detail)
            is CoreException.Storage -> when {
                error.isFull -> StoreFull
                error.isInUse -> Of(Word.StoreInUse)
                error.isKeyLost -> KeyLost
                else -> WentWrong(error.detail)
            }
            is CoreException.Locked, is CoreException.KeyLocked -> Of(Word.Locked)
            is CoreException.Incompatible -> Of(Word.UpdateApp)
            is CoreException.RateLimited -> of(Word.TooOften, (error.retryMs + 999u) / 1_000u)
            is CoreException.AppCallback -> WentWrong(error.detail)
            is CoreException.Closed -> WentWrong("closed")
            is CoreException.Internal -> WentWrong(error.detail)
        }
    }
}
