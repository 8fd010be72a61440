//! What the memory of a leader keeps of offers.

use baton_protocol::{Conversation, Trail};
use uuid::Uuid;

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

#[test]
fn an_offer_that_is_out_keeps_its_time_when_the_team_changes_it() {
    let id = |number| Uuid::from_u128(number);
    let (workspace, team) = (WorkspaceId(id(1)), TeamId(id(2)));
    let offer = OpenOffer {
        offer_id: OfferId(id(3)),
        agent_id: AgentId(id(4)),
        until: Timestamp::from_ms(0),
    };
    let (conversation, revision) = (ConversationId(id(5)), 1);
    let one = StandingOffer { workspace, team, conversation, offer, revision };
    let next = StandingOffer { conversation: ConversationId(id(6)), ..one };
    let of = |window_s| [((workspace, team), Routing { window_s, ..Routing::default() })].into();
    let mut memory = Memory::default();
    let at = |s| (Duration::from_secs(s), Timestamp::from_ms(i64::try_from(s * 1000).unwrap()));
    memory.keep(&[one], &of(60), at(1));
    memory.keep(&[one, next], &of(15), at(20));
    let windows = memory.seen.values().map(|seen| seen.window.as_secs()).collect::<Vec<_>>();
    assert_eq!(windows, [60, 15]);
    memory.keep(&[one], &BTreeMap::new(), at(21));
    assert_eq!(memory.seen[&one.key()].window, Duration::from_mins(1), "nobody is routed any more");
    // Another leader, who knows what the agent was told.
    let until = Timestamp::from_ms(80_000);
    let told = StandingOffer { offer: OpenOffer { until, ..offer }, ..one };
    let mut later = Memory::default();
    later.keep(&[told], &of(15), at(30));
    assert_eq!(later.seen[&one.key()].window, Duration::from_secs(50));
}

#[test]
fn looks_go_on_without_a_pause_only_while_a_long_queue_gets_shorter() {
    let queue = (WorkspaceId(Uuid::from_u128(1)), TeamId(Uuid::from_u128(2)));
    let waits = |from: u128, count: u128| -> Vec<InQueue> {
        let one = |number| InQueue {
            conversation: ConversationId(Uuid::from_u128(number)),
            revision: 1,
            since: Timestamp::from_ms(0),
            language: None,
            last: None,
            orphaned_at: None,
            is_for_people: false,
        };
        (from..from + count).map(one).collect()
    };
    let mut memory = Memory::default();
    let looks = [(1, 200, true), (201, 200, true), (201, 200, false), (301, 100, false)];
    for (from, count, goes_on) in looks {
        let found = waits(from, count);
        assert_eq!(memory.is_shorter(queue, &found), goes_on, "{count} from {from}");
    }
    assert!(memory.firsts.is_empty());
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

async fn note_over(bench: &Bench, memory: &mut Memory) -> Result<(), StoreError> {
    let mut tx = bench.database.store.read().await.unwrap();
    let noted = memory.note_over(&mut tx, (Duration::ZERO, bench.clock.now())).await;
    tx.rollback().await.unwrap();
    noted
}

#[tokio::test]
async fn the_end_of_an_offer_is_read_without_what_came_before_it() {
    for database in databases().await {
        let bench = bench(database, 1).await;
        bench.says("34600", "wamid.1", "Hola").await;
        missed(&bench).await;
        let second = missed(&bench).await;
        spoil(&bench, second.revision).await;
        let mut memory = Memory { over: vec![second], ..Memory::default() };
        note_over(&bench, &mut memory).await.unwrap();
        let asked: Vec<_> = memory.asked_in_vain(bench.workspace, second.conversation).collect();
        assert_eq!(asked, [(bench.agents[0], OfferEnd::Missed)]);
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
        let mut memory = Memory { over: vec![first, second], ..Memory::default() };
        for count in 1..=2 {
            note_over(&bench, &mut memory).await.unwrap_err();
            let asked = memory.asked_in_vain(bench.workspace, first.conversation);
            let unknown = (bench.agents[0], OfferEnd::Unknown);
            assert_eq!(asked.collect::<Vec<_>>(), vec![unknown; count]);
        }
        note_over(&bench, &mut memory).await.unwrap();
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
