"""What went wrong, in words for people."""

from baton_core import CoreError

_WORDS = {
    CoreError.Offline: "The server cannot be reached: check the network.",
    CoreError.Unauthorized: "Sign in first.",
    CoreError.WrongCredentials: "Workspace, e-mail or password are wrong.",
    CoreError.Locked: "Too long without the server: connect to it first.",
    CoreError.KeyLocked: "Unlock the device first.",
    CoreError.Incompatible: "Update the app, or the server.",
    CoreError.Closed: "The app is closing.",
}


def for_people(error: CoreError) -> str:
    """In English, as the core says it; apps that translate decide by the type."""
    if isinstance(error, CoreError.RateLimited):
        return f"Too often: try again in {-(-error.retry_ms // 1000)} s."
    if isinstance(error, CoreError.Internal):
        return f"Something went wrong in the app: {error.detail.rstrip('.')}."
    words = _WORDS.get(type(error))
    return words or f"{error.detail[:1].upper()}{error.detail[1:].rstrip('.')}."
