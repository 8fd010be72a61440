//! A device that was revoked keeps nothing of its account.

use super::*;
use crate::store::Account;

#[tokio::test]
async fn nothing_that_was_left_or_put_aside_outlives_a_revocation() {
    let mut app = App::new().await;
    app.core.network(true).await.unwrap();
    let anas = session(ANA, "anas", 0);
    app.signs_in(&anas).await;
    let me = Account { workspace: anas.workspace_id, agent: anas.agent_id, device: anas.device_id };
    let path = app.directory.path().to_owned();
    let key = app.keys.get("baton.store").unwrap().unwrap().try_into().unwrap();
    let drops = DropBox::open(&path, &key, [1; 32]).unwrap();
    app.core.background(SOON).await.unwrap();
    let bens = Account { agent: BEN, ..me };
    drops.leave(&me, "a-push", b"what a customer wrote").unwrap();
    drops.leave(&bens, "another", b"what another wrote").unwrap();
    for name in ["damaged.db", "damaged.db-wal"] {
        std::fs::write(path.join(name), b"rows").unwrap();
    }
    let keys = Arc::clone(&app.keys);
    let wipe = move |engine: &mut Engine, _: Now| {
        engine.wipe();
        // The process may end right after it.
        ["baton.session", "baton.device", "baton.push"].map(|name| keys.get(name).unwrap())
    };
    assert_eq!(app.core.call(wipe).await.unwrap(), [None, None, None]);
    assert_eq!(app.core.signed_in().await.unwrap(), None);
    let left = drops.waiting(10).unwrap().drops;
    assert_eq!(left.iter().map(|one| one.account).collect::<Vec<_>>(), [bens]);
    for name in ["damaged.db", "damaged.db-wal"] {
        assert!(!path.join(name).exists(), "{name}");
    }
    app.core.shutdown();
}
