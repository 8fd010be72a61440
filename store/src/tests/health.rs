//! When Meta is asked how numbers stand.

use baton_domain::group::Key;
use baton_protocol::{ChannelId, Timestamp};

use super::seed::{CHANNEL, WORKSPACE, seed};
use super::world::parsed;
use crate::database::testing::databases;
use crate::work::health::{ask_of_app, claim_due};

fn at(s: i64) -> Timestamp {
    Timestamp::from_ms(1_700_000_000_000 + s * 1_000)
}

#[tokio::test]
async fn what_meta_tells_of_a_new_number_is_asked_at_once_also_while_it_is_noted() {
    for database in databases().await {
        seed(&database).await;
        let store = &database.store;
        let of: Key<ChannelId> = (parsed(WORKSPACE), parsed(CHANNEL));
        for _ in 0..50 {
            database.tamper("DELETE FROM channel_health").await;
            let (noted, told) = tokio::join!(
                claim_due(store, at(0), at(60), at(180)),
                ask_of_app(store, "app", at(0)),
            );
            told.unwrap();
            let mut asked = noted.unwrap();
            asked.extend(claim_due(store, at(1), at(61), at(181)).await.unwrap());
            assert!(asked.contains(&of), "it waits for its first look");
        }
        database.close().await;
    }
}
