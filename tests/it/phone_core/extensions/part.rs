//! The two processes of a handset, played by the test binary. The app is told what to do, and the
//! extension takes pushes without it.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use baton_mobile::push::{Board, Input, Notification, Verdict};
use baton_mobile::runtime::{Event, KeyStore, take_push, wall_clock};
use baton_mobile::store::ValueName;
use baton_world::handset::{Handset, KeyFiles, core_directory};
use baton_world::itself::{is_ready, tells, told};
use baton_world::world::PATIENCE;

/// What the platform gives the app for a push.
const DEADLINE: Duration = Duration::from_secs(2);

/// Plays what it is told: `app` or `extension`, the server, and the handset's directory.
pub(super) async fn play(words: &str) {
    let words: Vec<_> = words.split(' ').collect();
    let [part, server, directory] = words.as_slice() else { panic!("{words:?}") };
    match *part {
        "app" => be_the_app(server, Path::new(directory)).await,
        _ => be_the_extension(server, Path::new(directory)).await,
    }
}

async fn be_the_extension(server: &str, directory: &Path) {
    let keys: Arc<dyn KeyStore> = Arc::new(KeyFiles::of(directory).expect("a key store"));
    let mut told = told();
    is_ready();
    while let Some(line) = told.recv().await {
        let Some(push) = line.strip_prefix("take ") else { return };
        let push: Input = serde_json::from_str(push).expect("a push");
        let at = core_directory(directory);
        let taken = take_push(server, &at, Arc::clone(&keys), &push, wall_clock());
        assert!(taken.is_kept, "the app will not find it");
        assert!(taken.receipt.is_some(), "the server will not hear of it");
        tells(&shown(&taken.notification));
    }
}

async fn be_the_app(server: &str, directory: &Path) {
    let phone = Handset::woken(server, directory).expect("the app");
    phone.core.network(true).await.expect("a network");
    let mut told = told();
    is_ready();
    while let Some(line) = told.recv().await {
        let (what, rest) = line.split_once(' ').unwrap_or((&line, ""));
        match what {
            "take" => {
                let push = serde_json::from_str(rest).expect("a push");
                let outcome = phone.core.handle_push(push, DEADLINE).await.expect("an outcome");
                tells_of_events(&phone);
                outcome.withdraw.iter().for_each(|tag| tells(&format!("withdrawn {tag}")));
                outcome.update.iter().for_each(|again| assert!(!again.alerts, "{again:?}"));
                match &outcome.verdict {
                    Verdict::Show(one) | Verdict::Update(one) => tells(&shown(one)),
                    Verdict::Suppress(reason) => tells(&format!("quiet {reason:?}")),
                    Verdict::Withdraw(_) | Verdict::Fallback(_) => panic!("{outcome:?}"),
                }
            }
            "front" => {
                phone.core.foreground().await.expect("the foreground");
                phone.live(PATIENCE).await.expect("live");
                tells_of_events(&phone);
                tells("front");
            }
            "back" => {
                phone.core.background(DEADLINE).await.expect("the background");
                tells_of_events(&phone);
                tells("back");
            }
            "board" => {
                let board = board(&phone).await;
                let seen = rest.split(' ').filter_map(|id| id.parse().ok());
                let unknown = seen.filter(|id| !board.has_seen_push(*id)).count();
                for tag in board.tags() {
                    let told = board.told(tag).iter().filter_map(|subject| subject.push);
                    let told: Vec<_> = told.map(|push| push.to_string()).collect();
                    tells(&format!("told {tag} {}", told.join(" ")));
                }
                tells(&format!("unknown {unknown}"));
            }
            _ => return,
        }
    }
}

fn shown(notification: &Notification) -> String {
    let push = notification.push.map(|push| push.to_string()).unwrap_or_default();
    format!("shown {} {push} {}", notification.tag, notification.alerts)
}

/// What changes on the screen besides: nothing of what customers wrote is over.
fn tells_of_events(phone: &Handset) {
    for event in phone.takes_heard() {
        if let Event::Notifications { withdraw, update } = event {
            withdraw.iter().for_each(|tag| tells(&format!("withdrawn {tag}")));
            update.iter().for_each(|again| assert!(!again.alerts, "{again:?}"));
        }
    }
}

/// What the app remembers of pushes, as it is stored.
async fn board(phone: &Handset) -> Board {
    let kept = phone.core.read(|read| read.kept(ValueName::Setting("push_board"))).await;
    let bytes = kept.expect("the store").unwrap_or_default();
    serde_json::from_slice(&bytes).unwrap_or_default()
}
