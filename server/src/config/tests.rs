//! What the configuration takes, refuses and shows.

use std::path::PathBuf;

use super::{Config, ConfigError, DEFAULTS, Database, LogFormat, SECTIONS, Sources};

fn variables(pairs: &[(&str, &str)]) -> Sources {
    let variables = pairs.iter().map(|(n, v)| ((*n).to_owned(), (*v).to_owned())).collect();
    Sources { variables, ..Sources::default() }
}

fn load(sources: &Sources) -> Config {
    Config::load(sources).expect("loads").config
}

#[track_caller]
fn refused(pairs: &[(&str, &str)], message: &str) {
    let error = Config::load(&variables(pairs)).expect_err("is refused");
    assert_eq!(error.to_string(), message);
}

/// A directory that goes with the test.
struct Directory(PathBuf);

impl Drop for Directory {
    fn drop(&mut self) {
        drop(std::fs::remove_dir_all(&self.0));
    }
}

fn with_file(text: &str) -> (Directory, Sources) {
    let name = format!("baton-config-{}", uuid::Uuid::new_v4());
    let directory = Directory(std::env::temp_dir().join(name));
    std::fs::create_dir(&directory.0).expect("a directory");
    let path = directory.0.join("baton.toml");
    std::fs::write(&path, text).expect("written");
    (directory, Sources { file: Some(path), ..Sources::default() })
}

#[test]
fn nothing_at_all_is_a_configuration() {
    let config = load(&Sources::default());
    assert_eq!(config.http.bind.to_string(), "127.0.0.1:8080");
    assert_eq!(config.limits.group_events_max, 256);
    assert_eq!(config.store.database(), Database::Sqlite(PathBuf::from("./baton-data/baton.db")));
    assert_eq!((config.sessions.access_ms(), config.log.format), (900_000, LogFormat::Text));
}

#[test]
fn a_file_beats_the_defaults_a_variable_the_file_and_a_flag_the_variable() {
    let text = "[http]\nbind = '127.0.0.1:1'\ndrain_ms = 1\nbody_bytes_max = 70000\n";
    let (_directory, mut sources) = with_file(text);
    sources.variables = variables(&[
        ("BATON_HTTP__BIND", "127.0.0.1:2"),
        ("BATON_HTTP__DRAIN_MS", "2"),
        ("BATON_HTTP__ALLOWED_ORIGINS", "[\"https://a.example\"]"),
    ])
    .variables;
    sources.flags = vec![("--bind", "http.bind", "[::1]:3".to_owned())];
    let http = load(&sources).http;
    assert_eq!((http.bind.to_string().as_str(), http.drain_ms), ("[::1]:3", 2));
    assert_eq!((http.body_bytes_max, http.allowed_origins.len()), (70_000, 1));
}

#[test]
fn an_unknown_key_is_named_with_its_origin() {
    let (_directory, sources) = with_file("[pace]\nnumber_per_sec = 3\n");
    let error = Config::load(&sources).expect_err("is refused");
    assert_eq!(error.key(), "pace.number_per_sec");
    let text = error.to_string();
    assert!(text.contains("baton.toml") && text.contains("number_per_s,"), "{text}");
    refused(
        &[("BATON_LOG__LEVLE", "info")],
        "unknown key log.levle (environment variable BATON_LOG__LEVLE); known here: format, level",
    );
    let error = Config::load(&variables(&[("BATON_WEB__PORT", "1")])).expect_err("is refused");
    assert_eq!(error.key(), "web");
}

#[test]
fn a_section_that_is_none_and_a_key_below_a_value_are_named() {
    let (_directory, sources) = with_file("[web]\nport = 1\n");
    let text = Config::load(&sources).expect_err("is refused").to_string();
    assert!(text.starts_with("unknown key web (file ") && text.contains("http, limits"), "{text}");
    let (_directory, sources) = with_file("http = 3\n");
    let text = Config::load(&sources).expect_err("is refused").to_string();
    assert!(text.starts_with("http = 3 (file "), "{text}");
    let (_directory, sources) = with_file("[log.level]\nall = 'info'\n");
    let text = Config::load(&sources).expect_err("is refused").to_string();
    assert!(text.starts_with("log.level = a section (file "), "{text}");
}

#[test]
fn a_list_in_a_variable_may_have_bare_texts() {
    for list in ["[a.example, b.example]", "[\"a.example\",'b.example']", "[a.example,b.example,]"]
    {
        let http = load(&variables(&[("BATON_HTTP__ALLOWED_HOSTS", list)])).http;
        assert!(
            http.allows_host(Some("a.example")) && http.allows_host(Some("b.example")),
            "{list}"
        );
        assert!(!http.allows_host(Some("c.example")), "{list}");
    }
}

#[test]
fn a_variable_with_one_underscore_is_not_passed_over() {
    refused(
        &[("BATON_HTTP_BIND", "127.0.0.1:1")],
        "environment variable BATON_HTTP_BIND is not read; did you mean BATON_HTTP__BIND?",
    );
    load(&variables(&[("BATON_DEMO_ONCE", "1"), ("PATH", "/bin")]));
}

#[test]
fn a_value_that_is_not_allowed_is_named_with_its_key() {
    refused(
        &[("BATON_LIMITS__GROUP_EVENTS_MAX", "0")],
        "limits.group_events_max = 0 (environment variable BATON_LIMITS__GROUP_EVENTS_MAX): \
         must be between 1 and 256",
    );
    refused(
        &[("BATON_HTTP__DRAIN_MS", "12001")],
        "http.drain_ms = 12001 (environment variable BATON_HTTP__DRAIN_MS): \
         must be at most 12000: a stop ends within 20 s",
    );
    load(&variables(&[("BATON_HTTP__DRAIN_MS", "12000")]));
    for (name, value, key) in [
        ("BATON_HTTP__BIND", "somewhere", "http.bind"),
        ("BATON_HTTP__DRAIN_MS", "soon", "http.drain_ms"),
        ("BATON_HTTP__DRAIN_MS", "-1", "http.drain_ms"),
        ("BATON_HTTP__ALLOWED_ORIGINS", "[\"https://a.example/\"]", "http.allowed_origins"),
        ("BATON_WHATSAPP__GRAPH_URL", "http://graph.facebook.com", "whatsapp.graph_url"),
        ("BATON_WHATSAPP__GRAPH_URL", "http://127.0.0.1.evil.example", "whatsapp.graph_url"),
        ("BATON_WHATSAPP__GRAPH_VERSION", "26", "whatsapp.graph_version"),
        ("BATON_LOG__LEVEL", "inof", "log.level"),
        ("BATON_LOG__FORMAT", "xml", "log.format"),
        ("BATON_STORE__OUTCOME_DAYS", "7", "store.outcome_days"),
    ] {
        let error = Config::load(&variables(&[(name, value)])).expect_err(name);
        assert!(matches!(error, ConfigError::Value { .. }), "{error}");
        assert_eq!(error.key(), key, "{error}");
        let text = error.to_string();
        let told = value.trim_matches(|c| "[]\"".contains(c));
        assert!(text.contains(name) && text.contains(told) && !text.contains('\n'), "{text}");
    }
}

#[test]
fn a_simulator_on_this_machine_may_be_spoken_to_in_the_clear() {
    load(&variables(&[("BATON_WHATSAPP__GRAPH_URL", "http://127.0.0.1:4000")]));
}

#[test]
fn a_file_that_is_missing_or_no_toml_is_an_error_of_one_line() {
    let missing = Sources { file: Some("./no-such-file.toml".into()), ..Sources::default() };
    let error = Config::load(&missing).expect_err("is refused").to_string();
    assert!(error.starts_with("file ./no-such-file.toml: "), "{error}");
    let (_directory, sources) = with_file("[http\nbind = 1");
    let error = Config::load(&sources).expect_err("is refused").to_string();
    assert!(error.contains("baton.toml: ") && error.contains("line 1"), "{error}");
    assert!(!error.contains('\n'), "{error}");
}

#[test]
fn a_secret_shows_nowhere() {
    let sources = variables(&[("BATON_STORE__DATABASE", "postgres://u:hunter2@h/d?password=x")]);
    let loaded = Config::load(&sources).expect("loads");
    assert_eq!(loaded.config.store.database.expose(), "postgres://u:hunter2@h/d?password=x");
    let printed = loaded.print().expect("prints");
    assert!(printed.contains("database = \"***\"  # environment variable BATON_STORE__DATABASE"));
    let wrong = variables(&[("BATON_STORE__DATABASE", "mysql://u:hunter2@h/d")]);
    let error = Config::load(&wrong).expect_err("is refused");
    for text in [printed, format!("{:?}", loaded.config), format!("{error} {error:?}")] {
        assert!(!text.contains("hunter2"), "{text}");
    }
}

#[test]
fn what_is_printed_can_be_loaded_again() {
    let printed = Config::load(&Sources::default()).expect("loads").print().expect("prints");
    let (_directory, sources) = with_file(&printed);
    let again = load(&sources);
    assert_eq!(format!("{again:?}"), format!("{:?}", load(&Sources::default())));
}

#[test]
fn every_default_is_explained() {
    let mut before = "";
    let table: toml::Table = toml::from_str(DEFAULTS).expect("TOML");
    assert!(SECTIONS.iter().all(|section| table.contains_key(*section)));
    assert_eq!(table.len(), SECTIONS.len());
    for line in DEFAULTS.lines() {
        if line.contains(" = ") && !line.starts_with('#') {
            assert!(before.starts_with('#'), "no word about {line:?}");
        }
        before = line;
    }
}

/// Where a key is read under another name: through a method of its section.
const READ_AS: [(&str, &str); 5] = [
    ("allowed_hosts", "allows_host"),
    ("access_minutes", "access_ms"),
    ("refresh_days", "refresh_ms"),
    ("allowed_origins", "allowed_origins"),
    ("trusted_proxies", "client"),
];

#[test]
fn every_key_is_read_by_somebody() {
    let mut code = String::new();
    let mut folders = vec![PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("src")];
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(&folder).expect("readable").map(|entry| entry.expect("is")) {
            let path = entry.path();
            if path.is_dir() && !path.ends_with("config") {
                folders.push(path);
            } else if path.extension().is_some_and(|kind| kind == "rs") {
                code.push_str(&std::fs::read_to_string(path).expect("text"));
            }
        }
    }
    let table: toml::Table = toml::from_str(DEFAULTS).expect("TOML");
    for (section, keys) in &table {
        for key in keys.as_table().expect("a section").keys() {
            let name =
                READ_AS.iter().find(|(of, _)| of == key).map_or(key.as_str(), |(_, as_)| as_);
            let is_read = code
                .split(&format!(".{name}"))
                .skip(1)
                .any(|after| !after.starts_with(|c: char| c.is_alphanumeric() || c == '_'));
            assert!(is_read, "nobody reads {section}.{key}");
        }
    }
}

#[test]
fn browsers_come_from_here_or_from_the_list() {
    let origins = ("BATON_HTTP__ALLOWED_ORIGINS", "[\"https://desk.example\"]");
    let http = load(&variables(&[origins])).http;
    assert!(http.allows_origin(None, Some("b.example"), false));
    assert!(http.allows_origin(Some("https://b.example"), Some("b.example"), false));
    assert!(http.allows_origin(Some("https://desk.example"), Some("b.example"), false));
    assert!(!http.allows_origin(Some("https://evil.example"), Some("b.example"), false));
    assert!(!http.allows_origin(Some("null"), Some("b.example"), false));
    let proxies = ("BATON_HTTP__TRUSTED_PROXIES", "[\"10.0.0.1\"]");
    let http = load(&variables(&[origins, proxies])).http;
    let (proxy, stranger) = ("10.0.0.1".parse().unwrap(), "10.0.0.2".parse().unwrap());
    let own = |is_https| http.allows_origin(Some("http://b.example"), Some("b.example"), is_https);
    for (peer, told, is_own) in [
        // Nobody says how it came: a proxy that is not named may stand before it.
        (stranger, &[][..], true),
        (stranger, &["https"][..], true),
        (proxy, &["http"][..], true),
        (proxy, &["https"][..], false),
        (proxy, &["http, HTTPS"][..], false),
    ] {
        let is_https = http.is_https(peer, told.iter().copied());
        assert_eq!(own(is_https), is_own, "{peer} {told:?}");
        assert!(http.allows_origin(Some("https://b.example"), Some("b.example"), is_https));
    }
}

#[test]
fn a_redis_that_cannot_be_meant_is_refused() {
    let url = "BATON_REDIS__URL";
    let secret = "redis.url = *** (environment variable BATON_REDIS__URL)";
    let form = format!("{secret}: must be redis://host:port or rediss://host:port");
    for wrong in ["redis://", "http://a", "a:6379", "redis://a,", "unix:///a"] {
        refused(&[(url, wrong)], &form);
    }
    let several = format!("{secret}: several addresses are for the modes cluster and sentinel");
    refused(&[(url, "redis://a,redis://b")], &several);
    let both = format!("{secret}: all addresses must be redis:// or all rediss://");
    refused(&[(url, "redis://a,rediss://b")], &both);
    let file = "redis.ca_file = ca.pem (environment variable BATON_REDIS__CA_FILE): \
         is of use with rediss:// only";
    refused(&[(url, "redis://a"), ("BATON_REDIS__CA_FILE", "ca.pem")], file);
    let prefix = "redis.prefix = {a} (environment variable BATON_REDIS__PREFIX): \
                  must be 1 to 32 lower-case letters, digits, - or _";
    refused(&[("BATON_REDIS__PREFIX", "{a}")], prefix);
    let sentinel = [(url, "redis://a:1,redis://b:2"), ("BATON_REDIS__MODE", "sentinel")];
    assert!(Config::load(&variables(&sentinel)).is_err(), "the master has no name");
    let named = [sentinel[0], sentinel[1], ("BATON_REDIS__SENTINEL_MASTER", "7")];
    assert_eq!(load(&variables(&named)).redis.sentinel_master, "7");
}

#[test]
fn where_redis_is_does_not_show() {
    let loaded = Config::load(&variables(&[("BATON_REDIS__URL", "redis://u:geheim@host")]));
    let loaded = loaded.expect("loads");
    let text = format!("{:?}{}", loaded.config, loaded.print().expect("prints"));
    assert!(!text.contains("geheim") && !text.contains("u:"), "{text}");
}
