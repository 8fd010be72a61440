//! What an app asks for while nobody looks.

use super::*;
use crate::compose::Typed;

/// Files of its store that this process has open.
fn open_files(app: &App) -> usize {
    let fds = std::fs::read_dir("/proc/self/fd").unwrap();
    let open = fds.filter_map(|fd| std::fs::read_link(fd.ok()?.path()).ok());
    open.filter(|path| path.starts_with(app.directory.path())).count()
}

async fn closes(app: &App) {
    soon(async {
        while open_files(app) > 0 {
            tokio::task::yield_now().await;
        }
    })
    .await;
}

async fn in_the_background() -> App {
    let mut app = App::new().await;
    app.core.foreground().await.unwrap();
    app.signs_in(&session(ANA, "anas", HOUR_MS)).await;
    assert!(open_files(&app) > 0);
    app.core.background(SOON).await.unwrap();
    assert_eq!(open_files(&app), 0);
    app
}

#[tokio::test]
async fn what_is_written_in_the_background_is_kept_and_every_file_is_closed_again() {
    let app = in_the_background().await;
    app.core.act(note("From the notification")).await.unwrap();
    closes(&app).await;
    app.core.act(note("And another")).await.unwrap();
    closes(&app).await;
    assert_eq!(app.core.outbox().await.unwrap().len(), 2);
    assert_eq!(app.core.diagnostics().await.unwrap().last_error, None);
    app.core.shutdown();
}

#[tokio::test]
async fn what_is_taken_back_or_drafted_in_the_background_is_so_for_the_next_process() {
    let app = in_the_background().await;
    let kept = app.core.act(note("No")).await.unwrap();
    closes(&app).await;
    app.core.withdraw(kept.number).await.unwrap();
    app.core.choose(kept.number, crate::outbox::Choice::Discard).await.unwrap();
    closes(&app).await;
    let of = ConversationId(Uuid::from_u128(0x7));
    app.core.typing(of, Typed::reply("Half a sen")).await.unwrap();
    closes(&app).await;
    let drafts = app.core.read(|read| read.drafts()).await.unwrap();
    assert_eq!(drafts.len(), 1);
    closes(&app).await;
    let rows = app.core.read(|read| read.outbox()).await.unwrap();
    assert!(rows.is_empty(), "{rows:?}");
    assert_eq!(app.core.people().await.unwrap(), People::default());
    closes(&app).await;
    app.core.shutdown();
}

#[tokio::test]
async fn the_background_ends_what_would_keep_files_open() {
    let mut app = App::new().await;
    app.core.network(true).await.unwrap();
    app.core.foreground().await.unwrap();
    app.signs_in(&session(ANA, "anas", HOUR_MS)).await;
    app.core.act(note("Not sent")).await.unwrap();
    let core = app.core.clone();
    let flushing = tokio::spawn(async move { core.flush(SOON * 10).await });
    let (answer, answered) = oneshot::channel();
    app.core.call(|engine, _| engine.pushes.insert(1, answer)).await.unwrap();
    let is_flushing = |engine: &mut Engine, _| !engine.flushes.is_empty();
    soon(async { while !app.core.call(is_flushing).await.unwrap() {} }).await;
    app.core.background(Duration::from_secs(1)).await.unwrap();
    assert_eq!(open_files(&app), 0);
    assert!(!flushing.await.unwrap().unwrap());
    assert!(answered.await.is_err());
    assert_eq!(app.core.outbox().await.unwrap().len(), 1);
    app.core.shutdown();
}
