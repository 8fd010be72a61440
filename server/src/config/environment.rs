//! The only place that reads the process's environment.

/// All variables of the process that are text; the others cannot be ours.
pub fn variables() -> Vec<(String, String)> {
    std::env::vars_os()
        .filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?)))
        .filter(|(name, _)| name.starts_with("BATON_"))
        .collect()
}

/// Whether `BATON_DEMO_ONCE` asks the demo to play its scene and end.
pub fn demo_once() -> bool {
    std::env::var_os("BATON_DEMO_ONCE").is_some_and(|value| is_yes(&value))
}

/// The program to start where a Redis of one's own is needed.
pub fn redis_server() -> std::ffi::OsString {
    std::env::var_os("BATON_TEST_REDIS_SERVER").unwrap_or_else(|| "redis-server".into())
}

/// The bug that a build with planted ones is asked for. Its name is none of a setting's, so that
/// no other build knows it.
pub fn planted_bug() -> Option<String> {
    std::env::var_os("PLANTED_BUG").and_then(|name| name.into_string().ok())
}

fn is_yes(value: &std::ffi::OsStr) -> bool {
    !value.is_empty() && value != "0"
}

#[cfg(test)]
mod tests {
    use super::is_yes;

    #[test]
    fn a_switch_is_off_when_empty_or_zero() {
        assert!(is_yes("1".as_ref()));
        assert!(!is_yes("0".as_ref()));
        assert!(!is_yes("".as_ref()));
    }
}
