//! The living nodes and their leader: rows that every node looks at every few seconds.
//!
//! Clocks of two nodes are never compared. A node counts its beat up. Another node that sees it
//! stand still for too long, by its own clock, removes the row.

use std::collections::BTreeMap;

use baton_domain::hand::board::BrakeOn;
use baton_domain::hand::routing::missed::Missed;
pub use baton_protocol::NodeId;
use baton_protocol::{AgentId, Epoch, Timestamp, WorkspaceId};
use sqlx_macros::FromRow;

use crate::database::inspect::known_schema;
use crate::database::migrate::read_epoch;
use crate::tables::{id, json, number};
use crate::{Sql, Store, StoreError, Tx};

/// A stretch in which one node leads. A later one has a greater number.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Term {
    /// The node that leads.
    pub node: NodeId,
    /// The how manieth it is.
    pub number: u64,
}

/// A life, as the database has it.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Life {
    /// The node.
    pub node: NodeId,
    /// The number of times that it was confirmed.
    pub beat: u64,
    /// The newest schema that its program knows. It is 0 of a program from before this was told.
    pub version: u64,
}

/// Everything a node has to know of the others.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Table {
    /// The living nodes, by id.
    pub lives: Vec<Life>,
    /// The last leader; `None` before the first.
    pub leader: Option<NodeId>,
    /// The number of that term.
    pub term: u64,
    /// The log's identity: another one than at the start means that a backup was put back.
    pub epoch: Epoch,
}

/// A life begins.
pub async fn begin(store: &Store, node: NodeId, now: Timestamp) -> Result<(), StoreError> {
    static INSERT: Sql = Sql::new(
        "INSERT INTO node (id, beat, started_at, version)
         VALUES ($1, 0, CAST($2 AS BIGINT), CAST($3 AS BIGINT))
         ON CONFLICT DO NOTHING",
    );
    let version = known_schema().to_string();
    store.run_alone(&INSERT, &[&node.to_string(), &now.ms().to_string(), &version]).await?;
    Ok(())
}

/// Reads the lives as they stand, and changes nothing.
pub async fn lives(tx: &mut Tx) -> Result<Vec<Life>, StoreError> {
    static LIVES: Sql = Sql::new("SELECT id, beat, version FROM node ORDER BY id");
    #[derive(FromRow)]
    struct LifeRow {
        id: String,
        beat: i64,
        version: i64,
    }
    let rows: Vec<LifeRow> = tx.rows(&LIVES, &[]).await?;
    let life = |row: &LifeRow| {
        let version = number(row.version)?;
        Ok(Life { node: id(&row.id)?, beat: number(row.beat)?, version })
    };
    rows.iter().map(life).collect()
}

/// Confirms a life, and tells how things stand. The table is without that node when it was
/// declared dead meanwhile.
pub async fn beat(store: &Store, node: NodeId) -> Result<Table, StoreError> {
    static BEAT: Sql = Sql::new("UPDATE node SET beat = beat + 1 WHERE id = $1");
    let mut tx = store.begin().await?;
    tx.run(&BEAT, &[&node.to_string()]).await?;
    let table = read(&mut tx).await?;
    tx.commit().await?;
    Ok(table)
}

async fn read(tx: &mut Tx) -> Result<Table, StoreError> {
    static LEADER: Sql = Sql::new("SELECT node, term FROM leader WHERE one = 1");
    let lives = lives(tx).await?;
    let (leader, term) = match tx.row::<(String, i64)>(&LEADER, &[]).await? {
        Some((node, term)) => (node.parse().ok(), number(term)?),
        None => return Err(StoreError::corrupt("no row of the leader")),
    };
    Ok(Table { lives, leader, term, epoch: read_epoch(tx).await? })
}

/// Removes lives whose beat still is what it was; those that go on are left.
pub async fn bury(store: &Store, dead: &[Life]) -> Result<u64, StoreError> {
    static DELETE: Sql = Sql::new("DELETE FROM node WHERE id = $1 AND beat = CAST($2 AS BIGINT)");
    let mut tx = store.begin().await?;
    let mut buried = 0;
    for life in dead {
        buried += tx.run(&DELETE, &[&life.node.to_string(), &life.beat.to_string()]).await?;
    }
    tx.commit().await?;
    Ok(buried)
}

/// A life ends by itself.
pub async fn end(store: &Store, node: NodeId) -> Result<(), StoreError> {
    static DELETE: Sql = Sql::new("DELETE FROM node WHERE id = $1");
    store.run_alone(&DELETE, &[&node.to_string()]).await?;
    Ok(())
}

/// Begins the term after `last`; `None` when another node was faster.
pub async fn lead(store: &Store, node: NodeId, last: u64) -> Result<Option<Term>, StoreError> {
    static UPDATE: Sql = Sql::new(
        "UPDATE leader SET node = $1, term = term + 1, brakes = NULL
         WHERE one = 1 AND term = CAST($2 AS BIGINT)",
    );
    let taken = store.run_alone(&UPDATE, &[&node.to_string(), &last.to_string()]).await? == 1;
    Ok(taken.then_some(Term { node, number: last + 1 }))
}

/// Tells everybody which workspaces are braked. A node that leads no more says nothing.
pub async fn tell_brakes(
    store: &Store,
    term: Term,
    brakes: &BTreeMap<WorkspaceId, BrakeOn>,
) -> Result<(), StoreError> {
    static UPDATE: Sql = Sql::new(
        "UPDATE leader SET brakes = NULLIF($3, '')
         WHERE one = 1 AND node = $1 AND term = CAST($2 AS BIGINT)",
    );
    let brakes = if brakes.is_empty() { String::new() } else { json(brakes) };
    let args = [term.node.to_string(), term.number.to_string(), brakes];
    store.run_alone(&UPDATE, &args.each_ref().map(String::as_str)).await?;
    Ok(())
}

/// Tells everybody what people missed, and keeps it for the next leader.
pub async fn tell_missed(
    store: &Store,
    term: Term,
    missed: &BTreeMap<WorkspaceId, BTreeMap<AgentId, Missed>>,
) -> Result<(), StoreError> {
    static UPDATE: Sql = Sql::new(
        "UPDATE leader SET missed = NULLIF($3, '')
         WHERE one = 1 AND node = $1 AND term = CAST($2 AS BIGINT)",
    );
    let missed = if missed.is_empty() { String::new() } else { json(missed) };
    let args = [term.node.to_string(), term.number.to_string(), missed];
    store.run_alone(&UPDATE, &args.each_ref().map(String::as_str)).await?;
    Ok(())
}

/// Holds the term until the end of the transaction: no other can begin meanwhile.
pub(crate) async fn hold(tx: &mut Tx, term: Term) -> Result<(), StoreError> {
    static HOLD: Sql = Sql::new(
        "SELECT term FROM leader WHERE one = 1 AND node = $1 AND term = CAST($2 AS BIGINT)
         {postgres FOR SHARE}",
    );
    let args = [term.node.to_string(), term.number.to_string()];
    match tx.row::<(i64,)>(&HOLD, &[&args[0], &args[1]]).await? {
        Some(_) => Ok(()),
        None => Err(StoreError::Deposed),
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;
    use crate::database::testing::databases;

    fn node(n: u128) -> NodeId {
        NodeId(Uuid::from_u128(n))
    }

    fn knows() -> u64 {
        known_schema().try_into().unwrap()
    }

    async fn braked(store: &Store) -> Option<BrakeOn> {
        let mut tx = store.read().await.unwrap();
        let brake = crate::read::brake(&mut tx, WorkspaceId(Uuid::from_u128(7))).await.unwrap();
        tx.rollback().await.unwrap();
        brake
    }

    #[tokio::test]
    async fn a_life_is_counted_until_somebody_who_saw_it_stand_still_removes_it() {
        for database in databases().await {
            let store = &database.store;
            for n in [1, 2] {
                begin(store, node(n), Timestamp::from_ms(5)).await.unwrap();
            }
            let table = beat(store, node(1)).await.unwrap();
            let lives: Vec<_> = table.lives.iter().map(|life| (life.node, life.beat)).collect();
            assert_eq!(lives, [(node(1), 1), (node(2), 0)]);
            assert_eq!((table.leader, table.term, table.epoch), (None, 0, store.epoch()));
            let seen = table.lives;
            beat(store, node(2)).await.unwrap();
            assert_eq!(bury(store, &seen).await.unwrap(), 1, "the second one goes on");
            let table = beat(store, node(1)).await.unwrap();
            assert_eq!(
                table.lives,
                [Life { node: node(2), beat: 1, version: knows() }],
                "the dead stay dead"
            );
            end(store, node(2)).await.unwrap();
            assert!(beat(store, node(2)).await.unwrap().lives.is_empty());
            database.close().await;
        }
    }

    #[tokio::test]
    async fn a_node_tells_what_it_knows_and_one_of_before_tells_nothing() {
        static OF_BEFORE: Sql =
            Sql::new("INSERT INTO node (id, beat, started_at) VALUES ($1, 0, 5)");
        for database in databases().await {
            let store = &database.store;
            begin(store, node(2), Timestamp::from_ms(5)).await.unwrap();
            store.run_alone(&OF_BEFORE, &[&node(1).to_string()]).await.unwrap();
            let mut tx = store.read().await.unwrap();
            let told: Vec<_> =
                lives(&mut tx).await.unwrap().iter().map(|one| one.version).collect();
            tx.rollback().await.unwrap();
            assert_eq!(told, [0, knows()]);
            database.close().await;
        }
    }

    #[tokio::test]
    async fn of_two_who_would_lead_one_does_and_who_is_deposed_writes_nothing() {
        for database in databases().await {
            let store = &database.store;
            let (one, two) = tokio::join!(lead(store, node(1), 0), lead(store, node(2), 0));
            let terms: Vec<_> = [one.unwrap(), two.unwrap()].into_iter().flatten().collect();
            let [first] = terms[..] else { panic!("{terms:?}") };
            let led = store.under(first);
            led.begin().await.unwrap().commit().await.unwrap();
            let brake = BrakeOn { since: Timestamp::from_ms(5), fallen: 3, of: 9 };
            let brakes = BTreeMap::from([(WorkspaceId(Uuid::from_u128(7)), brake)]);
            tell_brakes(store, first, &brakes).await.unwrap();
            assert_eq!(braked(store).await, Some(brake));
            let second = lead(store, node(3), first.number).await.unwrap().expect("it is over");
            tell_brakes(store, first, &brakes).await.unwrap();
            assert_eq!(braked(store).await, None, "a new leader begins without");
            assert!(second.number > first.number);
            let refused = led.begin().await.map(drop).unwrap_err();
            assert!(matches!(refused, StoreError::Deposed), "{refused}");
            store.under(second).begin().await.unwrap().rollback().await.unwrap();
            database.close().await;
        }
    }

    #[tokio::test]
    async fn a_term_does_not_end_under_a_transaction_of_it() {
        for database in databases().await {
            let store = &database.store;
            let term = lead(store, node(1), 0).await.unwrap().unwrap();
            let tx = store.under(term).begin().await.unwrap();
            let next = tokio::spawn({
                let store = store.clone();
                async move { lead(&store, node(2), 1).await }
            });
            tokio::task::yield_now().await;
            assert!(!next.is_finished());
            tx.commit().await.unwrap();
            assert!(next.await.unwrap().unwrap().is_some());
            database.close().await;
        }
    }
}
