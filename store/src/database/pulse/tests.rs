//! Up and away, and what waits for a database that is neither.

use std::net::SocketAddr;

use proptest::prelude::*;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinSet;

use super::*;
use crate::Store;
use crate::database::testing::{databases, open};

#[test]
fn one_silence_is_chance_and_two_in_a_row_are_not() {
    let mut pulse = Pulse::default();
    assert_eq!([true, false, true, false].map(|answered| pulse.heard(answered)), [None; 4]);
    assert_eq!(pulse.next(), PERIOD_UNSURE);
    assert_eq!(pulse.heard(false), Some(true));
    assert_eq!(pulse.heard(false), None);
    assert_eq!(pulse.next(), PERIOD);
}

#[test]
fn one_answer_is_chance_and_two_in_a_row_are_not() {
    let mut pulse = Pulse { is_away: true, against: 0 };
    assert_eq!([true, false, true].map(|answered| pulse.heard(answered)), [None; 3]);
    assert_eq!(pulse.heard(true), Some(false));
}

proptest! {
    #[test]
    fn it_says_each_change_once_and_only_after_answers_in_a_row(
        answers in proptest::collection::vec(any::<bool>(), 0..200),
    ) {
        let (mut pulse, mut is_away) = (Pulse::default(), false);
        for (n, answered) in answers.iter().enumerate() {
            let Some(change) = pulse.heard(*answered) else { continue };
            prop_assert_ne!(change, is_away);
            prop_assert!(answers[..=n].iter().rev().take(2).all(|a| *a != change));
            is_away = change;
        }
        prop_assert_eq!(pulse.is_away, is_away);
    }
}

#[tokio::test]
async fn what_waits_for_the_database_is_told_at_once_that_it_went() {
    let gate = Gate::default();
    let hangs =
        gate.pass(Duration::from_secs(60), std::future::pending::<Result<(), StoreError>>());
    let goes = async {
        tokio::task::yield_now().await;
        gate.close("it is silent");
    };
    let (answer, ()) = tokio::join!(hangs, goes);
    assert!(answer.is_err_and(|error| error.is_known_away()));
    let asked =
        gate.pass(Duration::from_secs(60), async { panic!("nobody asks a database that is away") });
    let answer: Result<(), StoreError> = asked.await;
    assert!(answer.is_err_and(|error| error.is_unavailable()));
    gate.open();
    assert!(gate.pass(Duration::from_secs(60), async { Ok(()) }).await.is_ok());
}

#[tokio::test(start_paused = true)]
async fn connections_from_before_it_went_are_not_trusted() {
    let gate = Gate::default();
    assert!(gate.can_trust(Duration::from_secs(100)));
    gate.close("it is silent");
    gate.open();
    tokio::time::advance(Duration::from_secs(5)).await;
    assert!(gate.can_trust(Duration::from_secs(4)) && !gate.can_trust(Duration::from_secs(6)));
}

/// A wire to the database.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Wire {
    Whole,
    /// Open and new connections are cut off.
    Cut,
    /// Open and new connections stay without an answer, for ever.
    Silent,
}

struct Cable {
    address: SocketAddr,
    wire: watch::Sender<Wire>,
}

impl Cable {
    async fn to(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let wire = watch::Sender::new(Wire::Whole);
        let state = wire.clone();
        tokio::spawn(async move {
            let mut carried = JoinSet::new();
            loop {
                let (client, _) = listener.accept().await.unwrap();
                carried.spawn(carry(client, server, state.subscribe()));
            }
        });
        Self { address, wire }
    }
}

async fn carry(mut client: TcpStream, server: SocketAddr, mut wire: watch::Receiver<Wire>) {
    let Ok(mut server) = TcpStream::connect(server).await else { return };
    let state = *wire.borrow_and_update();
    let broken = match state {
        Wire::Whole => tokio::select! {
            _ = copy_bidirectional(&mut client, &mut server) => return,
            broken = wire.wait_for(|wire| *wire != Wire::Whole) => *broken.unwrap(),
        },
        Wire::Cut | Wire::Silent => state,
    };
    // A connection that went silent stays so: what it had is lost on the way.
    if broken == Wire::Silent {
        std::future::pending::<()>().await;
    }
}

async fn is(store: &Store, is_away: bool) {
    let mut away = store.watch_away();
    let changed = away.wait_for(|now| *now == is_away);
    timeout(Duration::from_secs(15), changed).await.expect("noticed in time").unwrap();
}

#[tokio::test]
async fn a_database_that_is_cut_off_or_silent_is_noticed_and_so_is_its_return() {
    for database in databases().await {
        let Some(address) = database.url.strip_prefix("postgres://") else {
            database.close().await;
            continue;
        };
        let (login, place) = address.split_once('@').unwrap();
        let (server, name) = place.split_once('/').unwrap();
        let cable = Cable::to(server.parse().unwrap()).await;
        let url = format!("postgres://{login}@{}/{name}", cable.address);
        let store = open(&url).await;
        let watched = store.clone();
        let watch = tokio::spawn(async move { watched.keep_watch().await });
        for broken in [Wire::Cut, Wire::Silent, Wire::Silent] {
            // All connections are in use once, so that none is fresh when the wire breaks.
            let used = [store.read(), store.read(), store.read()];
            let used = futures_util::future::try_join_all(used).await.unwrap();
            let begun = store.begin_commit(Duration::from_secs(1)).await.unwrap();
            drop(used);
            cable.wire.send_replace(broken);
            let began = Instant::now();
            let answers = [(); 8].map(|()| store.ping());
            for answer in futures_util::future::join_all(answers).await {
                assert!(answer.is_err_and(|error| error.is_unavailable()));
            }
            assert!(began.elapsed() < Duration::from_secs(8), "{:?}", began.elapsed());
            is(&store, true).await;
            assert!(begun.commit().await.is_err_and(|error| error.is_known_away()));
            let began = Instant::now();
            assert!(store.begin_commit(Duration::from_secs(1)).await.is_err());
            assert!(began.elapsed() < Duration::from_millis(100), "at once");
            cable.wire.send_replace(Wire::Whole);
            is(&store, false).await;
            // No connection of before is used, of which none would ever answer.
            let began = Instant::now();
            let before = store.statements().get();
            for _ in 0..6 {
                store.ping().await.unwrap();
                let tx = store.begin_commit(Duration::from_secs(1)).await.unwrap();
                tx.commit().await.unwrap();
            }
            assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
            assert_eq!(store.statements().get() - before, 6);
        }
        watch.abort();
        drop(store);
        database.close().await;
    }
}
