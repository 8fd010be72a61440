//! Templates: when they are looked at, and what is kept of a look.

use baton_domain::group::Key;
use baton_protocol::template::{Template, TemplateStatus};
use baton_protocol::{ChannelId, Timestamp};

use super::seed::{CHANNEL, WORKSPACE, seed};
use super::world::parsed;
use crate::Store;
use crate::database::testing::databases;
use crate::work::template::{
    Due, KnownTemplates, claim_due, known, look_again, looked, set_source,
};

fn at(s: i64) -> Timestamp {
    Timestamp::from_ms(1_700_000_000_000 + s * 1_000)
}

fn of() -> Key<ChannelId> {
    (parsed(WORKSPACE), parsed(CHANNEL))
}

fn template(name: &str) -> Template {
    Template {
        name: name.to_owned(),
        language: "en".to_owned(),
        status: TemplateStatus::Approved,
        category: "utility".to_owned(),
        header: None,
        body: "Hello".to_owned(),
        footer: None,
        buttons: Vec::new(),
        fallback: None,
    }
}

async fn claims(store: &Store, now_s: i64) -> Vec<Due> {
    claim_due(store, at(now_s), at(now_s + 300)).await.unwrap()
}

async fn now_known(store: &Store) -> KnownTemplates {
    let (workspace, channel) = of();
    let mut tx = store.read().await.unwrap();
    let known = known(&mut tx, workspace, channel).await.unwrap();
    tx.rollback().await.unwrap();
    known
}

#[tokio::test]
async fn a_look_that_ends_nowhere_is_not_made_again_at_once() {
    for database in databases().await {
        seed(&database).await;
        let store = &database.store;
        set_source(store, of(), "123", at(0)).await.unwrap();
        let [due] = claims(store, 0).await.try_into().unwrap();
        assert_eq!((due.account.as_str(), due.channel), ("123", of().1));
        assert!(claims(store, 299).await.is_empty(), "its claim holds for five minutes");
        assert_eq!(claims(store, 300).await.len(), 1);
        database.close().await;
    }
}

#[tokio::test]
async fn a_list_takes_the_place_of_the_one_before_and_is_due_when_meta_tells_of_a_change() {
    for database in databases().await {
        seed(&database).await;
        let store = &database.store;
        set_source(store, of(), "123", at(0)).await.unwrap();
        let [due] = claims(store, 0).await.try_into().unwrap();
        let first = [template("hello"), template("bye")];
        looked(store, &due, Ok(&first), at(1), at(3_600)).await.unwrap();
        assert_eq!(now_known(store).await.templates, [template("bye"), template("hello")]);
        assert!(claims(store, 3_599).await.is_empty());

        // Meta tells of a change while it is asked: it is asked once more.
        let [due] = claims(store, 3_600).await.try_into().unwrap();
        look_again(store, "app", at(3_601)).await.unwrap();
        looked(store, &due, Ok(&[template("hello")]), at(3_602), at(7_200)).await.unwrap();
        assert_eq!(now_known(store).await.templates, [template("hello")]);
        let [due] = claims(store, 3_603).await.try_into().unwrap();
        looked(store, &due, Err("no token"), at(3_604), at(3_903)).await.unwrap();
        let known = now_known(store).await;
        assert_eq!(known.trouble.as_deref(), Some("no token"));
        assert_eq!(known.templates, [template("hello")], "what was told before stays");

        // Another account: nothing of the former one is left, nor comes back by a late answer.
        set_source(store, of(), "456", at(4_005)).await.unwrap();
        looked(store, &due, Ok(&first), at(3_606), at(9_999)).await.unwrap();
        let known = now_known(store).await;
        assert_eq!((known.account.as_deref(), known.templates.len()), (Some("456"), 0));
        database.close().await;
    }
}
