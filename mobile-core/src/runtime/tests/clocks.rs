//! A device whose clock is wrong.

use super::*;

const DAY_MS: i64 = 24 * HOUR_MS;

#[tokio::test]
async fn how_far_the_clock_is_off_is_known_from_the_welcome_on() {
    for off in [DAY_MS, -DAY_MS] {
        let mut app = App::new().await;
        app.core.network(true).await.unwrap();
        app.core.foreground().await.unwrap();
        app.signs_in(&session(ANA, "anas", HOUR_MS)).await;
        let mut socket = app.socket().await;
        assert_eq!(app.core.diagnostics().await.unwrap().clock_behind_ms, 0);
        let mut frame = welcome(ANA);
        let ServerFrame::Welcome { server_time, .. } = &mut frame else { unreachable!() };
        *server_time = server_time.plus_ms(off);
        socket.send(Message::text(json(&frame))).await.unwrap();
        app.said("the welcome", |said| said.iter().any(|one| one.contains("welcomes"))).await;
        let behind = app.core.diagnostics().await.unwrap().clock_behind_ms;
        assert!((behind - off).abs() < DAY_MS / 24, "{behind} is not {off}");
        app.core.shutdown();
    }
}
