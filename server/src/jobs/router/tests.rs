//! The ends of offers as the log tells them, and what a look holds of the database.

use baton_protocol::{Conversation, OfferEnd, Trail};

use super::*;
use crate::coordinator::testing::Liar;
use crate::engine::testing::{Bench, bench};
use crate::node::testing::alone;
use crate::store::testing::databases;

/// The choice of an agent, or the call of everybody, for the only conversation.
pub(super) fn choice(bench: &Bench, waits: &Conversation, offer: Option<OfferId>) -> RouteWork {
    RouteWork {
        workspace: bench.workspace,
        conversation: waits.head.id,
        revision: waits.head.revision,
        team: waits.head.team_id,
        agent: offer.map(|_| bench.agents[0]),
        offer: offer.map(|offer| (offer, bench.clock.now().plus_ms(60_000))),
        trail: Trail::default(),
    }
}

/// An offer that was made and not taken, as it stood.
async fn missed(bench: &Bench) -> StandingOffer {
    let waits = bench.only_conversation().await;
    let (workspace, conversation) = (bench.workspace, waits.head.id);
    let offer_id = OfferId(bench.clock.uuid_v4());
    bench.engine.route(choice(bench, &waits, Some(offer_id))).await.unwrap();
    let mut tx = bench.database.store.read().await.unwrap();
    let [stands] = standing_offers(&mut tx).await.unwrap()[..] else { panic!("one stands") };
    tx.rollback().await.unwrap();
    let over = OfferEndWork { workspace, conversation, offer_id, end: OfferEnd::Missed };
    bench.engine.end_offer(over).await.unwrap();
    stands
}

/// Makes the ends of offers unreadable in the log, up to a revision.
async fn spoil(bench: &Bench, upto: u64) {
    let sql = format!(
        "UPDATE log SET fact = '\"type\":\"offer_ended\"'
         WHERE fact LIKE '%\"type\":\"offer!_ended\"%' ESCAPE '!' AND revision <= {upto}"
    );
    bench.database.tamper(&sql).await;
}

/// The memory of a leader that saw these offers, and sees them no more.
fn saw(bench: &Bench, offers: &[StandingOffer]) -> Memory {
    let (mut memory, at) = (Memory::default(), time(bench));
    memory.look.keep(offers, &BTreeMap::new(), at);
    memory.look.keep(&[], &BTreeMap::new(), at);
    memory
}

fn time(bench: &Bench) -> LookTime {
    LookTime { wall: bench.clock.now(), steady: bench.clock.monotonic() }
}

async fn read_ends(bench: &Bench, memory: &mut Memory) -> Result<(), StoreError> {
    let mut tx = bench.database.store.read().await.unwrap();
    let noted = note_over(&mut tx, memory, time(bench)).await;
    tx.rollback().await.unwrap();
    noted
}

fn asked(memory: &Memory, of: &StandingOffer) -> Vec<(AgentId, OfferEnd)> {
    memory.look.asked_in_vain((of.workspace, of.conversation)).collect()
}

#[tokio::test]
async fn the_end_of_an_offer_is_read_without_what_came_before_it() {
    for database in databases().await {
        let bench = bench(database, 1).await;
        bench.says("34600", "wamid.1", "Hola").await;
        missed(&bench).await;
        let second = missed(&bench).await;
        spoil(&bench, second.revision).await;
        let mut memory = saw(&bench, &[second]);
        read_ends(&bench, &mut memory).await.unwrap();
        assert_eq!(asked(&memory, &second), [(bench.agents[0], OfferEnd::Missed)]);
        bench.database.close().await;
    }
}

#[tokio::test]
async fn an_offer_whose_end_cannot_be_read_counts_as_a_no_and_others_are_read_later() {
    for database in databases().await {
        let bench = bench(database, 1).await;
        bench.says("34600", "wamid.1", "Hola").await;
        let first = missed(&bench).await;
        let second = missed(&bench).await;
        spoil(&bench, u64::from(u32::MAX)).await;
        let mut memory = saw(&bench, &[first, second]);
        for count in 1..=2 {
            read_ends(&bench, &mut memory).await.unwrap_err();
            let unknown = (bench.agents[0], OfferEnd::Unknown);
            assert_eq!(asked(&memory, &first), vec![unknown; count]);
        }
        read_ends(&bench, &mut memory).await.unwrap();
        bench.database.close().await;
    }
}

/// Connections that read, in the databases of tests.
const READERS: usize = 3;
/// A connection that is not free by then is held.
const HELD: Duration = Duration::from_secs(5);

#[tokio::test]
async fn nothing_of_the_database_is_held_while_it_is_asked_who_has_a_socket() {
    for database in databases().await {
        let bench = bench(database, 1).await;
        bench.says("34600", "wamid.1", "Hola").await;
        let waits = bench.only_conversation().await;
        let offer = OfferId(bench.clock.uuid_v4());
        bench.engine.route(choice(&bench, &waits, Some(offer))).await.unwrap();
        let store = bench.database.store.clone();
        let (told, mut said) = tokio::sync::mpsc::unbounded_channel();
        let liar = Liar::on_sockets(move || {
            let (store, told) = (store.clone(), told.clone());
            Box::pin(async move {
                let mut all = Vec::new();
                for _ in 0..READERS {
                    all.push(tokio::time::timeout(HELD, store.read()).await);
                }
                told.send(all.iter().all(Result::is_ok)).unwrap();
            })
        });
        let router = Router {
            engine: bench.engine.clone(),
            membership: alone(&bench.database.store, &bench.clock).await,
            clock: bench.clock.clone(),
            lanes: Vec::new().into(),
            coordinator: Arc::new(liar),
            metrics: bench.metrics.clone(),
        };
        router.look(&mut Memory::default()).await.unwrap();
        assert_eq!(said.try_recv(), Ok(true), "every connection is free");
        bench.database.close().await;
    }
}
