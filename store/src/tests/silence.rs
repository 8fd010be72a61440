//! A database that is there and does not answer.

use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use baton_protocol::Epoch;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use uuid::Uuid;

use crate::database::testing::databases;
use crate::{Dialect, Options, Sql, Store, StoreError, Tx};

static ONE: Sql = Sql::new("SELECT CAST(1 AS BIGINT)");
static TOUCH: Sql = Sql::new("UPDATE installation SET value = value WHERE name = 'epoch'");

/// A way to the server at `to` that can be closed without anybody being told.
async fn way(to: String) -> (u16, watch::Sender<bool>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    let (open, is_open) = watch::channel(true);
    let to: Arc<str> = to.into();
    tokio::spawn(async move {
        while let Ok((mut near, _)) = listener.accept().await {
            let (to, mut is_open) = (Arc::clone(&to), is_open.clone());
            tokio::spawn(async move {
                let mut far = TcpStream::connect(&*to).await.unwrap();
                let closed = async { drop(is_open.wait_for(|open| !open).await) };
                tokio::select! {
                    _ = copy_bidirectional(&mut near, &mut far) => return,
                    () = closed => {}
                }
                // Both ends stay open.
                std::future::pending::<()>().await;
            });
        }
    });
    (port, open)
}

#[tokio::test]
async fn a_network_that_swallows_everything_is_waited_for_with_an_end_and_forgotten() {
    for database in databases().await {
        if database.store.dialect() == Dialect::Postgres {
            let (before, rest) = database.url.rsplit_once('@').unwrap();
            let (address, name) = rest.split_once('/').unwrap();
            let (port, open) = way(address.to_owned()).await;
            let mut options = Options::new(Epoch(Uuid::nil()));
            options.patience = Duration::from_millis(300);
            let url = format!("{before}@127.0.0.1:{port}/{name}");
            let store = Store::open(&url, &options).await.unwrap();
            let wait = Duration::from_millis(100);
            // More often than the committer has connections.
            for _ in 0..4 {
                let mut tx = begin(&store, wait).await;
                assert_eq!(tx.rows::<(i64,)>(&ONE, &[]).await.unwrap(), [(1,)]);
                open.send_replace(false);
                let error = tx.rows::<(i64,)>(&ONE, &[]).await.unwrap_err();
                assert!(matches!(error, StoreError::Unavailable { .. }), "{error}");
                drop(tx);
                open.send_replace(true);
            }
            drop(store);
        }
        database.close().await;
    }
}

/// The next connection that answers.
async fn begin(store: &Store, wait: Duration) -> Tx {
    loop {
        match store.begin_commit(wait).await {
            Ok(tx) => return tx,
            Err(error) => assert!(error.is_unavailable(), "{error}"),
        }
    }
}

/// Asks for something so many times and then goes away.
async fn given_up_after<T>(polls: usize, work: impl Future<Output = T>) -> Option<T> {
    let mut work = pin!(work);
    let mut left = polls;
    poll_fn(|context| {
        if left == 0 {
            return Poll::Ready(None);
        }
        left -= 1;
        work.as_mut().poll(context).map(Some)
    })
    .await
}

#[tokio::test]
async fn whoever_goes_away_while_a_transaction_begins_leaves_none_to_the_next() {
    for database in databases().await {
        if database.store.dialect() == Dialect::Postgres {
            let (before, rest) = database.url.rsplit_once('@').unwrap();
            let (address, name) = rest.split_once('/').unwrap();
            // What is answered on this way takes a turn of this thread: never the same poll.
            let (port, _open) = way(address.to_owned()).await;
            let mut options = Options::new(Epoch(Uuid::nil()));
            options.readers = 1;
            let url = format!("{before}@127.0.0.1:{port}/{name}");
            let store = Store::open(&url, &options).await.unwrap();
            for polls in 1..24 {
                drop(given_up_after(polls, store.begin()).await);
                // A question outside of all transactions, and a transaction after it.
                assert_eq!(store.rows_alone::<(i64,)>(&ONE, &[]).await.unwrap(), [(1,)]);
                store.read().await.unwrap().rollback().await.unwrap();
                drop(given_up_after(polls, store.read()).await);
                assert_eq!(store.rows_alone::<(i64,)>(&ONE, &[]).await.unwrap(), [(1,)]);
                let mut tx = store.begin().await.unwrap();
                assert_eq!(tx.run(&TOUCH, &[]).await.unwrap(), 1);
                tx.rollback().await.unwrap();
            }
            store.close().await;
        }
        database.close().await;
    }
}

#[tokio::test]
async fn a_begin_that_nobody_answers_and_nobody_waits_for_gives_up_its_connection() {
    const SOON: Duration = Duration::from_millis(50);
    for database in databases().await {
        if database.store.dialect() == Dialect::Postgres {
            let (before, rest) = database.url.rsplit_once('@').unwrap();
            let (address, name) = rest.split_once('/').unwrap();
            let (port, open) = way(address.to_owned()).await;
            let mut options = Options::new(Epoch(Uuid::nil()));
            options.readers = 1;
            options.wait = Duration::from_secs(20);
            let url = format!("{before}@127.0.0.1:{port}/{name}");
            let store = Store::open(&url, &options).await.unwrap();
            for polls in 1..8 {
                store.read().await.unwrap().rollback().await.unwrap();
                {
                    let mut asked = pin!(store.read());
                    if given_up_after(polls, asked.as_mut()).await.is_none() {
                        open.send_replace(false);
                        drop(tokio::time::timeout(SOON, asked).await);
                    }
                }
                open.send_replace(true);
                // It has the only place: the next one waits until that is free.
                store.read().await.unwrap().rollback().await.unwrap();
            }
            drop(store);
        }
        database.close().await;
    }
}

#[tokio::test]
async fn a_group_that_stands_still_gives_up_its_locks() {
    static LOCK: Sql = Sql::new("SELECT term FROM leader WHERE one = 1 {postgres FOR UPDATE}");
    const PATIENCE: Duration = Duration::from_secs(10);
    for database in databases().await {
        if database.store.dialect() == Dialect::Postgres {
            let options = Options::new(Epoch(Uuid::nil()));
            let other = Store::open(&database.url, &options).await.unwrap();
            let wait = Duration::from_millis(200);
            // Its node was stopped here.
            let mut stopped = database.store.begin_commit(wait).await.unwrap();
            stopped.rows::<(i64,)>(&LOCK, &[]).await.unwrap();
            let began = tokio::time::Instant::now();
            loop {
                let mut tx = other.begin_commit(wait).await.unwrap();
                match tx.rows::<(i64,)>(&LOCK, &[]).await {
                    Ok(_) => break,
                    Err(error) => assert!(matches!(error, StoreError::LockTimeout), "{error}"),
                }
                assert!(began.elapsed() < PATIENCE, "a stopped node keeps the others waiting");
            }
            let error = stopped.rows::<(i64,)>(&ONE, &[]).await.unwrap_err();
            assert!(error.is_unavailable(), "{error}");
        }
        database.close().await;
    }
}
