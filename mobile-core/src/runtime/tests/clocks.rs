//! A device's clock that is wrong, and what the app is told of it.

use baton_protocol::Timestamp;
use futures_util::SinkExt as _;
use tokio_tungstenite::tungstenite::Message;

use super::*;

const DAY_MS: i64 = 24 * HOUR_MS;

/// The milliseconds by which the clock is behind, after the server welcomed us so many times.
async fn behind_after(app: &App, welcomes: usize) -> i64 {
    let is_welcome = |one: &&String| one.starts_with("the server welcomes us");
    app.said("a welcome", |said| said.iter().filter(is_welcome).count() == welcomes).await;
    app.core.diagnostics().await.unwrap().clock_behind_ms
}

/// A server welcomes us whose clock differs by so much from the device's.
async fn welcomed(app: &mut App, ahead_ms: i64) -> Other {
    let mut socket = app.socket().await;
    let mut frame = welcome(ANA);
    if let ServerFrame::Welcome { server_time, .. } = &mut frame {
        *server_time = Timestamp::from_ms(server_time.ms() + ahead_ms);
    }
    socket.send(Message::text(json(&frame))).await.unwrap();
    socket
}

/// The way of the frame took some time: by that much less the clock seems behind.
#[track_caller]
fn is_about(behind_ms: i64, ahead_ms: i64) {
    let way_ms = i64::try_from(SOON.as_millis()).unwrap();
    let fits = ahead_ms - way_ms..=ahead_ms;
    assert!(fits.contains(&behind_ms), "{behind_ms} ms behind, of {ahead_ms}");
}

async fn a_day_off(ahead_ms: i64) {
    let mut app = App::new().await;
    assert_eq!(app.core.diagnostics().await.unwrap().clock_behind_ms, 0, "nobody signed in");
    app.core.network(true).await.unwrap();
    app.core.foreground().await.unwrap();
    app.signs_in(&session(ANA, "anas", HOUR_MS)).await;
    assert_eq!(app.core.diagnostics().await.unwrap().clock_behind_ms, 0, "no server was heard");
    let socket = welcomed(&mut app, ahead_ms).await;
    is_about(behind_after(&app, 1).await, ahead_ms);

    // Without a socket it holds on, also where the app was left.
    app.core.network(false).await.unwrap();
    drop(socket);
    app.core.background(SOON).await.unwrap();
    is_about(app.core.diagnostics().await.unwrap().clock_behind_ms, ahead_ms);
    app.core.foreground().await.unwrap();
    is_about(app.core.diagnostics().await.unwrap().clock_behind_ms, ahead_ms);

    // Somebody set the clock: the next welcome counts.
    app.core.network(true).await.unwrap();
    let _socket = welcomed(&mut app, 0).await;
    is_about(behind_after(&app, 2).await, 0);
    app.core.shutdown();
}

#[tokio::test]
async fn a_clock_that_is_a_day_behind_is_told_from_the_first_welcome_on() {
    a_day_off(DAY_MS).await;
}

#[tokio::test]
async fn a_clock_that_is_a_day_ahead_is_told_from_the_first_welcome_on() {
    a_day_off(-DAY_MS).await;
}
