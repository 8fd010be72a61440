//! Tables that are divided by workspace, one of which lacks a part.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use baton_simulator::{Knobs, Simulator};
use baton_world::phone::Phone;
use baton_world::process::{BatonProcess, Installation};
use baton_world::stage;
use sqlx::{AssertSqlSafe, Connection as _, Executor as _, PgConnection};

use super::posts::Posts;
use super::{ONE, turn};

const DIVIDE: &str = include_str!("../../../deploy/partitioned.sql");
/// A start that is refused ends soon.
const REFUSED_WITHIN: Duration = Duration::from_secs(30);
/// Rows of what a webhook writes.
const WRITTEN: &str = "SELECT (SELECT COUNT(*) FROM intake), (SELECT COUNT(*) FROM message), \
                       (SELECT COUNT(*) FROM content), (SELECT COUNT(*) FROM feed)";

/// Somebody with SQL in hand.
struct Hand(PgConnection);

impl Hand {
    async fn runs(&mut self, sql: &str) -> Result<()> {
        self.0.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await.map(drop)?;
        Ok(())
    }

    async fn reads(&mut self, sql: &str) -> Result<String> {
        let row: (String,) =
            sqlx::query_as(AssertSqlSafe(sql.to_owned())).fetch_one(&mut self.0).await?;
        Ok(row.0)
    }

    async fn counts(&mut self) -> Result<(i64, i64, i64, i64)> {
        Ok(sqlx::query_as(AssertSqlSafe(WRITTEN)).fetch_one(&mut self.0).await?)
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_part_of_the_log_that_is_missing_is_named_and_nothing_is_half_written() -> Result<()> {
    let _turn = turn(ONE).await?;
    let Some(mut place) = Installation::postgres().await? else {
        println!("SKIPPED on PostgreSQL: BATON_TEST_POSTGRES is not set");
        return Ok(());
    };
    let config = baton_simulator::Config { knobs: Knobs::permissive(), ..Default::default() };
    let simulator = Simulator::start(config).await?;
    place.set("BATON_WHATSAPP__GRAPH_URL", &simulator.base_url());
    place.run(&["migrate"]).await?;
    let database = place.database()?.context("a database")?;
    let mut hand = Hand(PgConnection::connect(&database).await?);
    let divided = "SELECT (to_regclass('part_0.log') IS NOT NULL)::text";
    if hand.reads(divided).await? == "false" {
        hand.runs(&format!("BEGIN; {DIVIDE}; COMMIT")).await?;
    }
    let cast = place.seed(&stage::seeds(&simulator, 1)).await?;
    let process = BatonProcess::start(&place).await?;
    let (posts, from) = (Posts::to(&place, &simulator)?, "34600000001");
    ensure!(posts.says(from, "before").await?.status == 200);

    let part = hand.reads("SELECT tableoid::regclass::text FROM log LIMIT 1").await?;
    let bound = format!(
        "SELECT pg_get_expr(relpartbound, oid) FROM pg_class WHERE oid = '{part}'::regclass"
    );
    let bound = hand.reads(&bound).await?;
    // PostgreSQL keeps a part whose rows are referred to; a restore without it does not ask.
    hand.runs(
        "DO $$ DECLARE key name; BEGIN
           FOR key IN SELECT conname FROM pg_constraint
             WHERE conrelid = 'log'::regclass AND contype = 'f' AND conparentid = 0 LOOP
             EXECUTE format('ALTER TABLE log DROP CONSTRAINT %I', key);
           END LOOP;
         END $$",
    )
    .await?;
    hand.runs(&format!("ALTER TABLE log DETACH PARTITION {part}")).await?;
    let rows = hand.counts().await?;
    for n in 0..3 {
        let answered = posts.says(from, &format!("meanwhile {n}")).await?;
        ensure!((answered.status, &*answered.code) == (503, "unavailable"), "{answered:?}");
    }
    ensure!(hand.counts().await? == rows, "nothing is half written");
    let log = std::fs::read_to_string(place.log())?;
    ensure!(log.contains("no partition of relation"), "the cause is logged: {log}");
    process.kill().await?;

    let refused = BatonProcess::spawn(&place)?.ends(REFUSED_WITHIN).await;
    let log = std::fs::read_to_string(place.log())?;
    ensure!(!refused.context("a start without it")?.success(), "it is refused: {log}");
    ensure!(log.contains("the table log has 15 of its 16 parts"), "{log}");
    ensure!(hand.counts().await? == rows, "nor by a start");

    hand.runs(&format!("ALTER TABLE log ATTACH PARTITION {part} {bound}")).await?;
    let process = BatonProcess::start(&place).await?;
    for n in 0..3 {
        ensure!(posts.says(from, &format!("meanwhile {n}")).await?.status == 200);
    }
    let admin = Phone::sign_in(&place.url(), cast.logins.first().context("no admin")?).await?;
    let threads = stage::threads(&admin.signed).await?;
    let lines = threads.into_values().next().context("a conversation")?.lines;
    let texts: Vec<_> = lines.into_iter().filter_map(|line| line.content.text).collect();
    ensure!(texts == ["before", "meanwhile 0", "meanwhile 1", "meanwhile 2"], "{texts:?}");
    simulator.stop().await;
    process.kill().await?;
    drop(hand);
    place.remove().await
}
