//! Many pushes, and one access token.

use baton_domain::announce::Kind;
use baton_protocol::{AgentId, ConversationId, Cursor, Epoch, PushId, WorkspaceId};
use baton_simulator::{Knobs, PushFault, Simulator, Span};
use futures_util::future::join_all;

use super::*;
use crate::config::{Config, Secret, Sources};
use crate::push::Target;

async fn simulator() -> Simulator {
    drop(rustls::crypto::ring::default_provider().install_default());
    let mut knobs = Knobs::permissive();
    // Long enough for all to wait.
    knobs.push.answers_after = Span::new(200, 200);
    knobs.push.enforces_rates = false;
    let config = baton_simulator::Config { knobs, ..baton_simulator::Config::default() };
    Simulator::start(config).await.unwrap()
}

fn lane(simulator: &Simulator, clock: &Clock) -> Fcm {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("account.json");
    std::fs::write(&file, serde_json::to_vec(&simulator.service_account()).unwrap()).unwrap();
    let mut config = Config::load(&Sources::default()).unwrap().config.push;
    config.fcm_url = simulator.base_url();
    let network = Network::read(&config).unwrap();
    Fcm::open(&config, &file, &network, clock.clone()).unwrap()
}

fn letter(clock: &Clock) -> Letter {
    let id = || clock.uuid_v7();
    Letter {
        to: Target {
            kind: PushTargetKind::Token,
            target: Secret::new("a-phone"),
            key: None,
            app_id: None,
            env: None,
        },
        id: PushId(id()),
        workspace: WorkspaceId(id()),
        agent: AgentId(id()),
        conversation: ConversationId(id()),
        kind: Kind::Assigned,
        cursor: Cursor { epoch: Epoch(id()), position: 1 },
        expires_at: clock.now().plus_ms(60_000),
        offer: None,
        badge: None,
        is_quiet: false,
        words: None,
    }
}

fn asked(simulator: &Simulator) -> usize {
    simulator.push_calls().iter().filter(|call| call.lane == "oauth").count()
}

#[tokio::test]
async fn a_hundred_pushes_at_once_ask_for_one_access_token_also_when_there_is_none() {
    let (simulator, clock) = (simulator().await, Clock::system());
    let lane = lane(&simulator, &clock);
    let letters: Vec<_> = (0..100).map(|_| letter(&clock)).collect();
    simulator.push_fails("oauth", [PushFault::Internal]);
    let refused = join_all(letters.iter().map(|letter| lane.send(letter))).await;
    for verdict in refused {
        let Verdict::Again { why, is_outage, .. } = verdict else { panic!("{verdict:?}") };
        assert_eq!((why, is_outage), ("token", true));
    }
    assert_eq!(asked(&simulator), 1);
    let sent = join_all(letters.iter().map(|letter| lane.send(letter))).await;
    assert!(sent.iter().all(|verdict| *verdict == Verdict::Accepted), "{sent:?}");
    assert_eq!(asked(&simulator), 2);
    // All of them were sent with a token that is not taken any more.
    simulator.push_fails("a-phone", vec![PushFault::Unauthorized; 100]);
    let again = join_all(letters.iter().map(|letter| lane.send(letter))).await;
    assert!(again.iter().all(|verdict| *verdict == Verdict::Accepted), "{again:?}");
    assert_eq!(asked(&simulator), 3);
    simulator.stop().await;
}
