//! A token that the server does not take any more is renewed for the next caller.

use super::*;

const OLDER: &str = "GET /api/v1/conversations/";
const REFRESH: &str = "POST /api/v1/sessions/refresh";
const LINES: &str = r#"{"lines":[],"notes":[]}"#;

async fn signed_in(is_foreground: bool) -> App {
    let mut app = App::new().await;
    app.core.network(true).await.unwrap();
    if is_foreground {
        app.core.foreground().await.unwrap();
    }
    app.signs_in(&session(ANA, "old", HOUR_MS)).await;
    app
}

fn asks(app: &App) -> tokio::task::JoinHandle<Result<(), CoreError>> {
    let core = app.core.clone();
    let of = ConversationId(Uuid::from_u128(0x7));
    tokio::spawn(async move { core.older_lines(of, 9, 20).await.map(drop) })
}

async fn is_void(app: &mut App) {
    let asked = app.asked(OLDER).await;
    assert!(asked.goes_with("old"), "{}", asked.text);
    asked.gets("401 No", &problem(401, "unauthenticated")).await;
}

#[tokio::test]
async fn what_is_asked_with_a_void_token_is_asked_once_more_with_another() {
    for is_foreground in [true, false] {
        let mut app = signed_in(is_foreground).await;
        let asking = [asks(&app), asks(&app)];
        is_void(&mut app).await;
        is_void(&mut app).await;
        let refresh = app.asked(REFRESH).await;
        // What is given back twice looks stolen.
        app.core.state().await.unwrap();
        assert!(!app.waiting.iter().any(|asked| asked.text.starts_with(REFRESH)));
        refresh.gets("200 OK", &json(&session(ANA, "new", HOUR_MS))).await;
        for _ in 0..2 {
            let asked = app.asked(OLDER).await;
            assert!(asked.goes_with("new"), "{}", asked.text);
            asked.gets("200 OK", LINES).await;
        }
        for asking in asking {
            asking.await.unwrap().unwrap();
        }
        app.core.shutdown();
    }
}

#[tokio::test]
async fn where_there_is_no_other_token_somebody_has_to_sign_in() {
    let mut app = signed_in(false).await;
    let asking = asks(&app);
    is_void(&mut app).await;
    app.asked(REFRESH).await.gets("401 No", &problem(401, "unauthenticated")).await;
    assert!(matches!(asking.await.unwrap(), Err(CoreError::Unauthorized)));
    assert_eq!(app.core.state().await.unwrap(), CoreState::NeedsSignIn);
    // The one that is over is not asked for again.
    let asking = asks(&app);
    is_void(&mut app).await;
    assert!(matches!(asking.await.unwrap(), Err(CoreError::Unauthorized)));
    app.core.shutdown();
}

#[tokio::test]
async fn where_the_token_cannot_be_renewed_now_the_phone_is_offline() {
    let mut app = signed_in(false).await;
    let asking = asks(&app);
    is_void(&mut app).await;
    drop(app.asked(REFRESH).await);
    assert!(matches!(asking.await.unwrap(), Err(CoreError::Offline)));
    app.core.shutdown();
}
