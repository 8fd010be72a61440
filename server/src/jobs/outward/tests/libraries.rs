//! The libraries of Standard Webhooks for Python and JavaScript, as others wrote them, take what is
//! sent and nothing else.

use std::ffi::OsString;
use std::io::Write as _;
use std::path::Path;
use std::process::{Command, Stdio};

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use serde_json::json;

use super::*;

/// The directory in which `scripts/standard-webhooks.sh` put the libraries.
const HOME: &str = "BATON_TEST_STANDARD_WEBHOOKS";

fn secret(key: &[u8]) -> String {
    format!("whsec_{}", STANDARD.encode(key))
}

/// A request, and a secret of its receiver's.
fn judged(came: &Came, key: &[u8]) -> Value {
    json!({
        "secret": secret(key),
        "headers": {
            "webhook-id": came.id,
            "webhook-timestamp": came.timestamp,
            "webhook-signature": came.signed,
        },
        "body": came.text,
    })
}

/// Requests that somebody changed on their way.
fn forged(came: &Came, key: &[u8]) -> Vec<Value> {
    let old = came.timestamp.parse::<i64>().unwrap() - 3_600;
    [
        Came { id: format!("{}0", came.id), ..came.clone() },
        Came { text: came.text.replacen('{', "{ ", 1), ..came.clone() },
        Came { timestamp: old.to_string(), ..came.clone() },
        Came { signed: came.signed.replace("v1,", "v2,"), ..came.clone() },
    ]
    .iter()
    .map(|forged| judged(forged, key))
    .chain([judged(came, b"the secret of somebody else")])
    .collect()
}

/// Asks a program which says with its exit code whether all is as it should be.
fn judge(program: &Path, args: &[OsString], asked: &Value) {
    let mut command = Command::new(program);
    let mut child = command.args(args).stdin(Stdio::piped()).spawn().unwrap();
    child.stdin.take().unwrap().write_all(asked.to_string().as_bytes()).unwrap();
    assert!(child.wait().unwrap().success(), "{}", program.display());
}

#[tokio::test]
async fn the_libraries_of_two_languages_take_what_is_signed_and_nothing_that_is_changed() {
    let Some(home) = std::env::var_os(HOME).map(std::path::PathBuf::from) else {
        eprintln!("SKIPPED the libraries of Standard Webhooks: {HOME} names none");
        return;
    };
    for mut scene in scenes(|webhook| webhook.contents = true).await {
        // They compare times with the clock of the machine.
        let passed = u64::try_from(Clock::system().now().since(START)).unwrap();
        scene.clock.advance_ms(passed);
        scene.bench.says("34600", "wamid.1", "Grüße, 你好 \u{1f44b}\n\"<&>\"").await;
        scene.tells().await;
        let mut came = scene.receiver.came();
        let single = came.len();
        scene.adds_secret(2).await;
        scene.bench.says("34600", "wamid.2", "again").await;
        scene.tells().await;
        came.extend(scene.receiver.came());
        assert!(0 < single && single < came.len(), "{came:?}");
        let mut good: Vec<Value> =
            came.iter().map(|came| judged(came, &scene.secrets[0])).collect();
        // While a secret is replaced, a receiver with either of them knows the sender.
        good.extend(came[single..].iter().map(|came| judged(came, &scene.secrets[1])));
        let bad: Vec<Value> =
            came.iter().flat_map(|came| forged(came, &scene.secrets[0])).collect();
        let asked = json!({"good": good, "bad": bad});
        let scripts = Path::new(env!("CARGO_MANIFEST_DIR")).join("../tests/libraries");
        let python = home.join("python/bin/python");
        judge(&python, &[scripts.join("webhooks.py").into()], &asked);
        let script = scripts.join("webhooks.mjs").into();
        judge(Path::new("node"), &[script, home.join("node/node_modules").into()], &asked);
        scene.bench.close().await;
    }
}
