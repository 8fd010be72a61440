//! Transactions: batches, snapshots, locks, what a failure leaves behind.

use std::time::Duration;

use super::seed::{CONVERSATION, WORKSPACE, number, seed};
use crate::database::testing::databases;
use crate::{Dialect, Sql, StoreError};

static NAMES: Sql = Sql::new(
    "INSERT INTO installation (name, value)
     SELECT value->>0, value->>1 FROM {rows $1} WHERE true ON CONFLICT DO NOTHING",
);
static RENAME: Sql = Sql::new(
    "UPDATE installation SET value = r.value->>1
     FROM {rows $1} AS r WHERE name = r.value->>0",
);
static DROP_NAMES: Sql = Sql::new("DELETE FROM installation WHERE name {in $1}");
static COUNT: Sql =
    Sql::new("SELECT CAST(COUNT(*) AS BIGINT) FROM installation WHERE name <> 'epoch'");
static LOCK: Sql =
    Sql::new("SELECT id FROM conversation WHERE workspace = $1 AND id {in $2} ORDER BY id {lock}");

const WAIT: Duration = Duration::from_millis(100);

#[tokio::test]
async fn a_batch_runs_in_order_and_tells_what_each_write_changed() {
    for database in databases().await {
        let mut tx = database.store.begin_commit(WAIT).await.unwrap();
        let changed = tx
            .run_all(&[
                (
                    &NAMES,
                    &[r#"[["a","1"],["b","2"],["c",null]]"#.replace("null", "\"3\"").as_str()],
                ),
                (&RENAME, &[r#"[["a","10"],["x","0"]]"#]),
                (&DROP_NAMES, &[r#"["b","c"]"#]),
            ])
            .await
            .unwrap();
        assert_eq!(changed, [3, 1, 2]);
        tx.commit().await.unwrap();
        let mut tx = database.store.read().await.unwrap();
        assert_eq!(number(&mut tx, &COUNT).await, 1);
        drop(tx);
        database.close().await;
    }
}

#[tokio::test]
async fn a_dropped_transaction_leaves_nothing() {
    for database in databases().await {
        let mut tx = database.store.begin().await.unwrap();
        tx.run(&NAMES, &[r#"[["a","1"]]"#]).await.unwrap();
        drop(tx);
        let mut tx = database.store.begin().await.unwrap();
        assert_eq!(number(&mut tx, &COUNT).await, 0);
        tx.rollback().await.unwrap();
        database.close().await;
    }
}

#[tokio::test]
async fn a_transaction_of_which_a_statement_failed_cannot_be_committed() {
    static BAD: Sql = Sql::new("INSERT INTO installation (name, value) VALUES ($1, NULL)");
    for database in databases().await {
        let mut tx = database.store.begin().await.unwrap();
        tx.run(&NAMES, &[r#"[["a","1"]]"#]).await.unwrap();
        assert!(matches!(tx.run(&BAD, &["b"]).await, Err(StoreError::Conflict { .. })));
        assert!(tx.commit().await.is_err());
        let mut tx = database.store.begin().await.unwrap();
        assert_eq!(number(&mut tx, &COUNT).await, 0);
        tx.rollback().await.unwrap();
        database.close().await;
    }
}

#[tokio::test]
async fn a_read_sees_one_moment() {
    for database in databases().await {
        let mut read = database.store.read().await.unwrap();
        assert_eq!(number(&mut read, &COUNT).await, 0);
        let mut tx = database.store.begin().await.unwrap();
        tx.run(&NAMES, &[r#"[["a","1"]]"#]).await.unwrap();
        tx.commit().await.unwrap();
        assert_eq!(number(&mut read, &COUNT).await, 0);
        read.rollback().await.unwrap();
        let mut read = database.store.read().await.unwrap();
        assert_eq!(number(&mut read, &COUNT).await, 1);
        drop(read);
        database.close().await;
    }
}

#[tokio::test]
async fn a_read_cannot_write() {
    for database in databases().await {
        let mut read = database.store.read().await.unwrap();
        assert!(read.run(&NAMES, &[r#"[["a","1"]]"#]).await.is_err());
        drop(read);
        database.close().await;
    }
}

#[tokio::test]
async fn a_lock_is_waited_for_no_longer_than_told() {
    for database in databases().await {
        seed(&database).await;
        if database.store.dialect() == Dialect::Postgres {
            let ids = format!("[\"{CONVERSATION}\"]");
            let mut first = database.store.begin_commit(WAIT).await.unwrap();
            let locked: Vec<(String,)> = first.rows(&LOCK, &[WORKSPACE, &ids]).await.unwrap();
            assert_eq!(locked, [(CONVERSATION.to_owned(),)]);
            let mut second = database.store.begin_commit(WAIT).await.unwrap();
            let refused = second.rows::<(String,)>(&LOCK, &[WORKSPACE, &ids]).await;
            assert!(matches!(refused, Err(StoreError::LockTimeout)), "{refused:?}");
            drop((first, second));
        }
        database.close().await;
    }
}

#[tokio::test]
async fn a_transaction_that_the_database_ended_by_itself_does_not_stop_the_next_one() {
    for database in databases().await {
        for _ in 0..2 {
            let mut tx = database.store.begin_commit(WAIT).await.unwrap();
            // As SQLite does when the disk is full.
            tx.script("ROLLBACK").await.unwrap();
            let is_sqlite = tx.dialect() == Dialect::Sqlite;
            // PostgreSQL only warns.
            assert_eq!(tx.commit().await.is_err(), is_sqlite);
        }
        seed(&database).await;
        database.close().await;
    }
}

#[tokio::test]
async fn a_commit_into_a_file_that_was_removed_meanwhile_is_no_commit() {
    static PUT: Sql = Sql::new("INSERT INTO installation (name, value) VALUES ('x', 'y')");
    for database in databases().await {
        if let Some(file) = database.url.strip_prefix("sqlite://") {
            let mut tx = database.store.begin().await.unwrap();
            tx.run(&PUT, &[]).await.unwrap();
            std::fs::remove_file(file).unwrap();
            let refused = tx.commit().await;
            assert!(matches!(refused, Err(StoreError::Unavailable { .. })), "{refused:?}");
            assert!(database.store.begin().await.is_err(), "nobody goes on");
            assert!(!std::path::Path::new(file).exists(), "nothing was made in its place");
        }
        database.close().await;
    }
}
