// What went wrong, in words for people.

package app.baton.core

/** In English, as the core says it; apps that translate decide by the type or the [key]. */
fun CoreException.forPeople(): String = when (this) {
    is CoreException.Offline -> "The server cannot be reached: check the network."
    is CoreException.Unauthorized -> "Sign in first."
    is CoreException.WrongCredentials -> "Workspace, e-mail or password are wrong."
    is CoreException.Refused -> sentence(detail)
    is CoreException.Server -> sentence(detail)
    is CoreException.Invalid -> sentence(detail)
    is CoreException.Storage -> sentence(detail)
    is CoreException.Locked -> "Too long without the server: connect to it first."
    is CoreException.KeyLocked -> "Unlock the device first."
    is CoreException.AppCallback -> sentence(detail)
    is CoreException.Incompatible -> "Update the app, or the server."
    is CoreException.RateLimited -> "Too often: try again in ${(retryMs + 999u) / 1000u} s."
    is CoreException.Closed -> "The app is closing."
    is CoreException.Internal -> "Something went wrong in the app: ${detail.trimEnd('.')}."
}

/** Stable, for programs and translations. */
val CoreException.key: String
    get() = when (this) {
        is CoreException.Offline -> "offline"
        is CoreException.Unauthorized -> "unauthorized"
        is CoreException.WrongCredentials -> "wrong_credentials"
        is CoreException.Refused -> "refused"
        is CoreException.Server -> code
        is CoreException.Invalid -> "invalid"
        is CoreException.Storage -> when {
            isFull -> "storage_full"
            isInUse -> "storage_in_use"
            isKeyLost -> "key_lost"
            else -> "storage"
        }
        is CoreException.Locked -> "locked"
        is CoreException.KeyLocked -> "key_locked"
        is CoreException.AppCallback -> "app_callback"
        is CoreException.Incompatible -> "incompatible"
        is CoreException.RateLimited -> "rate_limited"
        is CoreException.Closed -> "closed"
        is CoreException.Internal -> "internal"
    }

private fun sentence(detail: String): String =
    detail.replaceFirstChar { it.uppercase() }.trimEnd('.') + "."
