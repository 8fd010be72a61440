//! Every code of a problem: its status, and what a client does about it.

/// A code, its status, and what to do.
pub(super) type ProblemEntry = (&'static str, u16, &'static str);

/// Codes of requests, by status. Those of [`baton_protocol::connection::ConnectionFault`] are 409
/// as well.
pub(super) const PROBLEMS: &[ProblemEntry] = &[
    ("malformed", 400, "The body is not JSON. Mend the client."),
    ("invalid", 400, "A parameter or field is wrong; the detail names it. Mend it."),
    ("invalid_rows", 400, "Rows of the list are wrong; `rows` names each. Nothing was done."),
    ("files_full", 400, "The workspace keeps as many files as it may: tell its operator."),
    ("picture_unfit", 400, "It is no PNG, JPEG or WebP, or too rich to be small. Choose another."),
    ("unauthenticated", 401, "Refresh the session once, then sign in again."),
    ("device_revoked", 401, "Wipe everything the device stores, then sign in again."),
    ("bad_signature", 401, "Sign the exact bytes with the app's secret."),
    ("wrong_credentials", 403, "Ask the person for workspace, address and password again."),
    ("forbidden", 403, "The role does not allow it. Do not offer it."),
    ("origin_not_allowed", 403, "The operator adds the page's origin to http.allowed_origins."),
    ("not_found", 404, "It does not exist, or you have no access to it. Forget it."),
    ("invitation_unknown", 404, "The link is wrong, or there is a newer one. Ask for another."),
    ("unknown_route", 404, "There is no such route. Mend the client."),
    ("file_address_expired", 404, "Ask for another address of the file."),
    ("file_waiting", 404, "The event `file_changed` tells when the file is there."),
    (
        "file_expired",
        404,
        "The file is gone, by WhatsApp's time or the server's. Ask for it again.",
    ),
    ("file_refused", 404, "The file was too large or not what it said. Nothing brings it back."),
    ("file_missing", 404, "The server lost the file: tell its operator."),
    ("method_not_allowed", 405, "The address has no such method. Mend the client."),
    ("request_timeout", 408, "The body came too slowly or ended early. Send it again."),
    ("not_allowed", 409, "What is there now does not allow it; the detail says why."),
    ("pictures_off", 409, "The server makes no small pictures: tell its operator."),
    ("not_checked", 409, "Meta could not be asked. Try again later, or without `check`."),
    ("taken", 409, "The name or address is in use. Choose another one."),
    ("version_changed", 409, "Show both; send it again with the version of `setting.newest`."),
    ("in_use", 409, "Show `setting.used_by`; send it with `anyway` if it is to end all the same."),
    ("moves_in_circle", 409, "Show `setting.teams`: one of them must not move to the next."),
    ("too_many", 409, "End one first."),
    ("upload_from", 409, "Read the upload, and send it from `received` on."),
    ("invitation_expired", 410, "Ask the person who invited for another link."),
    ("invitation_withdrawn", 410, "Ask the person who invited."),
    ("invitation_used", 410, "Sign in with e-mail address and password."),
    ("too_large", 413, "Send less at once."),
    ("unsupported_media_type", 415, "Send `Content-Type: application/json`."),
    ("host_not_allowed", 421, "The operator adds the name to http.allowed_hosts."),
    ("precondition_required", 428, "Send `If-Match`, or `If-None-Match: *` for a new one."),
    ("rate_limited", 429, "Wait as long as `Retry-After` says, then send it again."),
    ("internal", 500, "Try again once. The server's log has the cause under the request id."),
    ("unavailable", 503, "Wait as long as `Retry-After` says, then send it again."),
];

/// What every route of the API may answer.
pub(super) const ALWAYS: &[&str] =
    &["invalid", "origin_not_allowed", "host_not_allowed", "internal", "unavailable"];
/// What routes for people who are signed in may answer.
pub(super) const SIGNED: &[&str] = &["unauthenticated", "device_revoked", "rate_limited"];
/// What routes with a body of JSON may answer.
pub(super) const WITH_BODY: &[&str] =
    &["malformed", "request_timeout", "too_large", "unsupported_media_type", "unavailable"];

/// The row of a code.
pub(super) fn row(code: &str) -> Option<ProblemEntry> {
    PROBLEMS.iter().find(|(name, ..)| *name == code).copied()
}
