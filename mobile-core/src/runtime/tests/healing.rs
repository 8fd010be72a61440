//! A store that is found damaged, and the phone over it.

use super::*;

#[tokio::test]
async fn a_phone_whose_store_was_healed_while_it_was_opened_begins_anew() {
    let mut app = App::new().await;
    app.core.foreground().await.unwrap();
    app.signs_in(&session(ANA, "anas", 3_600_000)).await;
    app.core.background(SOON).await.unwrap();
    // Something was read before that made no sense: it is looked at when it is opened next.
    std::fs::write(app.directory.path().join("suspect"), "").unwrap();
    app.core.foreground().await.unwrap();
    let is_anew = |said: &[String]| {
        let begins = said.iter().filter(|one| one.starts_with("a phone begins agent="));
        begins.count() == 2
    };
    let said = app.said("that it begins anew", is_anew).await;
    let healed = said.iter().position(|one| one.starts_with("a damaged store was healed"));
    let anew = said.iter().rposition(|one| one.starts_with("a phone begins"));
    assert!(healed.is_some() && healed < anew, "{said:?}");
    assert_eq!(app.core.diagnostics().await.unwrap().panics, 0);
    app.core.shutdown();
}

/// Another process has the store of an app that nobody looks at.
async fn taken() -> (App, std::fs::File) {
    let mut app = App::new().await;
    app.core.foreground().await.unwrap();
    app.signs_in(&session(ANA, "anas", HOUR_MS)).await;
    app.core.act(note("Kept")).await.unwrap();
    app.core.background(SOON).await.unwrap();
    let lock = std::fs::File::open(app.directory.path().join("lock")).unwrap();
    lock.try_lock().unwrap();
    (app, lock)
}

/// A mistake of ours, that is caught.
async fn is_shaken(app: &App) {
    let shaken = app.core.call(|_, _| panic!("a mistake")).await;
    assert!(matches!(shaken, Err(CoreError::Closed)));
}

/// What waits to be tried again is.
async fn its_time_comes(app: &App) {
    let comes = |engine: &mut Engine, now: Now| {
        engine.begin_at = engine.begin_at.map(|_later| now.mono);
    };
    app.core.call(comes).await.unwrap();
}

#[tokio::test]
async fn a_phone_that_could_not_begin_begins_once_its_store_can_be_opened() {
    let in_use = |answer| matches!(answer, Err(CoreError::Storage(store::StoreError::InUse)));
    let (app, lock) = taken().await;
    is_shaken(&app).await;
    // Nobody has to sign in for that.
    assert!(app.core.signed_in().await.unwrap().is_some());
    assert!(in_use(app.core.outbox().await.map(drop)));
    assert!(in_use(app.core.act(note("Not kept")).await.map(drop)));
    app.core.foreground().await.unwrap();
    assert!(in_use(app.core.outbox().await.map(drop)));
    drop(lock);
    its_time_comes(&app).await;
    let is_anew = |said: &[String]| {
        said.iter().filter(|one| one.starts_with("a phone begins agent=")).count() == 2
    };
    app.said("that it begins", is_anew).await;
    assert_eq!(app.core.outbox().await.unwrap().len(), 1);
    app.core.shutdown();
}

#[tokio::test]
async fn a_phone_that_could_not_begin_begins_for_whoever_needs_it() {
    let (app, lock) = taken().await;
    is_shaken(&app).await;
    drop(lock);
    app.core.act(note("Kept as well")).await.unwrap();
    assert_eq!(app.core.outbox().await.unwrap().len(), 2);
    app.core.shutdown();
}

#[tokio::test]
async fn who_enter_foreground_in_vain_does_so_once_the_store_can_be_opened() {
    let (mut app, lock) = taken().await;
    app.core.network(true).await.unwrap();
    app.core.foreground().await.unwrap();
    assert_eq!(app.core.state().await.unwrap(), CoreState::Suspended);
    drop(lock);
    its_time_comes(&app).await;
    app.socket().await;
    app.core.shutdown();
}

#[tokio::test]
async fn who_waits_for_a_phone_that_is_over_is_told() {
    let (app, lock) = taken().await;
    drop(lock);
    let (answer, answered) = oneshot::channel();
    app.core.call(|engine, _| engine.pushes.insert(1, answer)).await.unwrap();
    is_shaken(&app).await;
    assert!(soon(answered).await.is_err());
    app.core.shutdown();
}

#[tokio::test]
async fn who_signs_out_without_a_phone_ends_the_session_all_the_same() {
    let (mut app, _lock) = taken().await;
    is_shaken(&app).await;
    app.core.sign_out().await.unwrap();
    let asked = app.asked("DELETE /api/v1/sessions/").await;
    assert!(asked.goes_with("anas"), "{}", asked.text);
    assert_eq!(app.core.signed_in().await.unwrap(), None);
    app.core.shutdown();
}

#[tokio::test]
async fn a_device_whose_rows_could_not_be_deleted_is_revoked_again_at_the_next_start() {
    let (app, lock) = taken().await;
    app.core.call(|engine, _| engine.wipe()).await.unwrap();
    assert_eq!(app.core.signed_in().await.unwrap(), None);
    // With this session the app asks at its next start, and learns again that it was revoked.
    assert!(app.keys.get("baton.session").unwrap().is_some());
    assert!(app.keys.get("baton.device").unwrap().is_none(), "who signs in is a new device");
    drop(lock);
    app.core.shutdown();
}
