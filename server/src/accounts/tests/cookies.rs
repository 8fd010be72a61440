//! Sessions whose tokens are cookies, which a browser writes late.

use super::*;

#[tokio::test]
async fn a_browser_killed_before_it_wrote_its_cookies_goes_on_with_those_before() {
    for office in offices().await {
        let first = office.sign_in(BEN).await;
        let second = office.refresh(&first).await.unwrap();
        // Killed twice, and opened the next day.
        for _ in 0..2 {
            office.clock.advance_ms(90_000);
            office.accounts.authenticate_cookie(&second.access_token).await.unwrap();
            office.clock.advance_ms(16 * 60 * MINUTE_MS);
            let again = office.refresh(&first).await.unwrap();
            assert_eq!(again.refresh_token, second.refresh_token);
            assert_eq!(again.access_token, second.access_token);
        }
        office.accounts.authenticate_cookie(&second.access_token).await.unwrap();
        office.clock.advance_ms(2 * MINUTE_MS);
        // By now it has written them: whoever comes with the one before has a copy.
        office.accounts.authenticate_cookie(&second.access_token).await.unwrap();
        is_over(office.refresh(&first).await);
        is_over(office.accounts.authenticate_cookie(&second.access_token).await);
        office.database.close().await;
    }
}
