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
