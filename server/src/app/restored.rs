//! What a start does after a restore. It goes on with a whole one alone. People decide about
//! messages that were on their way.

use anyhow::Context;
use baton_domain::group::{MessageAt, OfferEndWork};
use baton_domain::hand::look::StandingOffer;
use baton_protocol::OfferEnd;
use futures_util::future::join_all;

use crate::engine::{Engine, Unavailable};
use crate::store::{Store, read, restore};

/// Decided together: a group commits once, and a long list fills no queue.
const TOGETHER: usize = 100;

/// Refuses a database that a backup was put back into and that has no new epoch.
pub(super) async fn refuse_half_done(store: &Store) -> anyhow::Result<()> {
    let mut tx = store.read().await?;
    let is_broken_off = restore::is_broken_off(&mut tx).await?;
    tx.rollback().await?;
    anyhow::ensure!(
        !is_broken_off,
        "a restore of this database was broken off: give `baton restore --from FILE` again, or \
         `baton restore` to go on with what is there"
    );
    Ok(())
}

/// Finishes what a restore began. Nobody knows whether what was on its way has left in the life
/// that was lost, so people decide. Offers of that life end: phones may have shown other ones
/// since.
pub(super) async fn review(store: &Store, engine: &Engine) -> anyhow::Result<()> {
    let mut tx = store.read().await?;
    let (doubtful, offers) = match restore::is_unreviewed(&mut tx).await? {
        true => (read::on_their_way(&mut tx).await?, read::standing_offers(&mut tx).await?),
        false => return Ok(tx.rollback().await?),
    };
    tx.rollback().await?;
    let decide = |at: &MessageAt| engine.restored(*at);
    decided(&doubtful, decide).await.context("messages that were on their way")?;
    let end = |of: &StandingOffer| {
        let StandingOffer { workspace, conversation, offer, .. } = *of;
        let (offer_id, end) = (offer.offer_id, OfferEnd::Withdrawn);
        engine.end_offer(OfferEndWork { workspace, conversation, offer_id, end })
    };
    decided(&offers, end).await.context("offers of the life that was lost")?;
    let mut tx = store.begin().await?;
    restore::reviewed(&mut tx).await?;
    Ok(tx.commit().await?)
}

/// Decides all, many together. What there was no room for is decided by itself.
async fn decided<T, F>(all: &[T], decide: impl Fn(&T) -> F + Sync) -> Result<(), Unavailable>
where
    T: Sync,
    F: Future<Output = Result<(), Unavailable>> + Send,
{
    for part in all.chunks(TOGETHER) {
        let tried = join_all(part.iter().map(&decide)).await;
        for (one, _) in part.iter().zip(tried).filter(|(_, tried)| tried.is_err()) {
            decide(one).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use baton_domain::group::{RouteWork, SetWork};
    use baton_protocol::setting::{Home, SettingChange, SettingPut};
    use baton_protocol::{
        Epoch, Fact, MessageStatus, OfferId, RuleStep, SettingId, SettingKind, SkipReason,
        Timestamp, Trail,
    };
    use serde_json::{Value, json};

    use futures_util::future::try_join_all;

    use super::*;
    use crate::clock::ManualClock;
    use crate::engine::testing::{Bench, bench, bench_at, engine};
    use crate::store::look::due_looks;
    use crate::store::read::log_after;
    use crate::store::testing::{databases, open};

    /// What the rules of the restored life say, each by a message of its customer.
    fn automatic() -> [(u128, Value); 2] {
        let rule = |name: &str, more: Value| {
            let mut body = json!({"name": name, "enabled": true});
            body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
            body
        };
        let says = |text: &str| json!({"do": "reply", "text": text});
        let late = json!([{"do": "note", "text": "late"}, says("Still here")]);
        [
            (1, rule("Came", json!({"when": "message", "then": [says("It came")]}))),
            (2, rule("Late", json!({"when": "unanswered", "after_min": 30, "then": late}))),
        ]
    }

    async fn set(bench: &Bench, (n, body): (u128, Value)) {
        let id = SettingId(uuid::Uuid::from_u128(0x700 + n));
        let put = SettingPut { home: Home::Workspace, rank: None, body };
        let (kind, expect, epoch, anyway) = (SettingKind::Rule, None, None, false);
        let change = SettingChange { kind, id, expect, epoch, put: Some(put), anyway };
        let changes = vec![(change, bench.clock.uuid_v4())];
        let work = SetWork { workspace: bench.workspace, by: None, changes, secret: None };
        bench.engine.set(work).await.unwrap().unwrap();
    }

    fn ran(fact: &Fact) -> Option<(&str, Vec<RuleStep>, Vec<SkipReason>)> {
        let Fact::RuleRan { name, did, skipped, .. } = fact else { return None };
        Some((name, did.clone(), skipped.iter().map(|one| one.why).collect()))
    }

    fn rang(fact: &Fact) -> Option<Timestamp> {
        let Fact::ClockDue { due_at, .. } = fact else { return None };
        Some(*due_at)
    }

    #[tokio::test]
    async fn after_a_restore_rules_do_for_the_team_what_was_due_and_tell_the_customer_nothing() {
        for database in databases().await {
            let start = Timestamp::from_ms(1_790_000_000_000);
            let clock = ManualClock::new(start, 3);
            let bench = bench_at(database, 1, clock.clock()).await;
            for rule in automatic() {
                set(&bench, rule).await;
            }
            bench.says("34600", "wamid.1", "Hola").await;
            let workspace = bench.workspace;
            let of = bench.only_conversation().await.head.id;
            // The backup was made while the automatic message was on its way.
            let mut tx = bench.database.store.begin().await.unwrap();
            let epoch = Epoch(bench.clock.uuid_v4());
            restore::begin(&mut tx, epoch, &[], bench.clock.now()).await.unwrap();
            tx.commit().await.unwrap();
            let Bench { engine: lost, database, metrics, .. } = bench;
            drop(lost);
            database.store.close().await;

            // It is put back five hours later.
            clock.advance_ms(5 * 60 * 60 * 1_000);
            let store = open(&database.url).await;
            assert_eq!(store.epoch(), epoch);
            let engine = engine(&store, &clock.clock(), &metrics);
            review(&store, &engine).await.unwrap();
            for _ in 0..2 {
                let mut tx = store.read().await.unwrap();
                let due = due_looks(&mut tx, clock.clock().now(), 100).await.unwrap();
                tx.rollback().await.unwrap();
                for (workspace, of) in due {
                    engine.look(workspace, of).await.unwrap();
                }
            }
            let mut tx = store.read().await.unwrap();
            let log = log_after(&mut tx, workspace, 0, 1_000).await.unwrap();
            let lines = read::lines(&mut tx, workspace, of, None, 10).await.unwrap();
            let due = due_looks(&mut tx, clock.clock().now(), 100).await.unwrap();
            tx.rollback().await.unwrap();
            assert!(due.is_empty(), "{due:?}");
            assert_eq!(
                log.iter().filter_map(|logged| ran(&logged.event.fact)).collect::<Vec<_>>(),
                [
                    ("Came", vec![RuleStep::Reply], vec![]),
                    ("Late", vec![RuleStep::Note], vec![SkipReason::TooLate]),
                ]
            );
            let rang = log.iter().filter_map(|logged| rang(&logged.event.fact));
            let late = start.plus_ms(30 * 60 * 1_000);
            assert_eq!(rang.collect::<Vec<_>>(), [late], "at its time, once");
            let told: Vec<_> = lines.iter().filter_map(|line| line.status).collect();
            assert_eq!(told, [MessageStatus::Unconfirmed], "a person decides, and no other line");
            store.close().await;
            database.close().await;
        }
    }

    /// Customers whose conversations were offered in the life that was lost.
    const OFFERED: u128 = 120;

    #[tokio::test]
    async fn offers_of_the_life_that_was_lost_end_in_a_few_groups() {
        for database in databases().await {
            let bench = bench(database, 1).await;
            for n in 0..OFFERED {
                bench.says(&format!("34{n}"), &format!("wamid.{n}"), "Hola").await;
            }
            let mut tx = bench.database.store.read().await.unwrap();
            let team = read::teams(&mut tx, bench.workspace).await.unwrap().remove(0).id;
            let waits = read::waiting(&mut tx, bench.workspace, team, 1_000).await.unwrap();
            tx.rollback().await.unwrap();
            let routes = waits.into_iter().map(|waits| RouteWork {
                workspace: bench.workspace,
                conversation: waits.conversation,
                revision: waits.revision,
                team,
                agent: Some(bench.agents[0]),
                offer: Some((OfferId(bench.clock.uuid_v4()), bench.clock.now().plus_ms(60_000))),
                trail: Trail::default(),
            });
            try_join_all(routes.map(|route| bench.engine.route(route))).await.unwrap();
            let store = &bench.database.store;
            assert_eq!(standing(store).await, usize::try_from(OFFERED).unwrap());
            let mut tx = store.begin().await.unwrap();
            let (epoch, now) = (Epoch(bench.clock.uuid_v4()), bench.clock.now());
            restore::begin(&mut tx, epoch, &[], now).await.unwrap();
            tx.commit().await.unwrap();
            let before = groups(&bench);
            review(store, &bench.engine).await.unwrap();
            let groups = groups(&bench) - before;
            assert_eq!(standing(store).await, 0);
            assert!(groups < OFFERED / 4, "{groups} groups for {OFFERED} offers");
            bench.database.close().await;
        }
    }

    /// Groups that were committed so far.
    fn groups(bench: &Bench) -> u128 {
        let told = bench.metrics.render();
        let count = told.lines().find_map(|line| line.strip_prefix("baton_group_members_count "));
        count.unwrap().parse().unwrap()
    }

    async fn standing(store: &Store) -> usize {
        let mut tx = store.read().await.unwrap();
        let all = read::standing_offers(&mut tx).await.unwrap();
        tx.rollback().await.unwrap();
        all.len()
    }
}
