//! Which pages may use this server from a browser: one rule for requests and sockets.

/// Whether a page of `origin` may: one of this server's own names the host it was asked under, all
/// others must be listed. `null`, as sandboxed pages say, is nobody's. Where the request came by
/// HTTPS, a page without it is none of our own: anybody on the way may have written it.
pub fn allows_origin<'a>(
    listed: impl IntoIterator<Item = &'a String>,
    origin: &str,
    host: Option<&str>,
    is_https: bool,
) -> bool {
    let plain = origin.strip_prefix("http://").filter(|_| !is_https);
    let authority = origin.strip_prefix("https://").or(plain);
    let is_own = match (authority, host) {
        (Some(authority), Some(host)) => authority.eq_ignore_ascii_case(host),
        _ => false,
    };
    is_own || listed.into_iter().any(|one| one.eq_ignore_ascii_case(origin))
}
