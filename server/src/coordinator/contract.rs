//! What every coordinator has to do, written against the trait alone.

#![expect(clippy::wildcard_enum_match_arm, reason = "a test fails on all that it does not name")]

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use baton_domain::fact::log::Batch;
use baton_domain::hand::reach::Sockets;
use baton_protocol::frame::{ComposeAction, LeaseHolder, LeaseState, PresenceState};
use baton_protocol::{AgentId, ConversationId, DeviceId, Epoch, WorkspaceId};
use futures_util::future::BoxFuture;
use uuid::Uuid;

use super::{
    BusMessage, Connection, Coordinator, Ephemeral, LEASE_TTL, LeaseAnswer, PRESENCE_GRACE,
    PRESENCE_SETTLES, PRESENCE_TTL, SUBSCRIBER_QUEUE, Subscription, Wish,
};

/// A coordinator under test, and a way to let time pass for it.
pub(crate) trait Stage: Send + Sync {
    /// The coordinator of the node where something is done.
    fn coordinator(&self) -> Arc<dyn Coordinator>;
    /// That of the node where somebody listens and asks; it may be the same one.
    fn other(&self) -> Arc<dyn Coordinator> {
        self.coordinator()
    }
    /// Waits until all that was published has arrived.
    fn settle(&self) -> BoxFuture<'_, ()> {
        Box::pin(std::future::ready(()))
    }
    /// Lets time pass and waits until what expired in it was announced.
    fn pass(&self, time: Duration) -> BoxFuture<'_, ()>;
}

/// The rules, handed to the macro that is named.
macro_rules! rules {
    ($then:ident, $stage:expr) => {
        $crate::coordinator::contract::$then!($stage;
            a_batch_reaches_every_subscriber_of_its_workspace_and_no_other,
            a_subscriber_that_does_not_read_is_told_that_it_missed_something,
            a_lease_is_held_by_one_device_and_announced_once,
            the_same_agent_on_another_device_is_another_holder,
            a_kept_lease_lives_on_with_its_token,
            whoever_asks_sees_that_a_lease_is_kept,
            a_lease_that_nobody_keeps_lapses_and_that_is_announced,
            a_take_over_is_immediate_and_the_token_grows,
            a_stop_by_somebody_else_changes_nothing,
            a_token_grows_after_the_lease_lapsed,
            keeping_a_lapsed_lease_acquires_it_unless_it_was_taken,
            an_agent_is_online_from_the_first_connection_until_after_the_last,
            a_reconnection_within_the_grace_is_not_announced,
            a_connection_that_nobody_confirms_lapses,
            who_has_a_socket_is_known_once_all_had_the_time_to_connect_again,
            who_looks_at_a_conversation_is_announced_and_ends_with_the_connection,
            a_draft_is_relayed,
            ended_sessions_are_announced,
        );
    };
}
pub(crate) use rules;

/// Makes one test of each rule.
macro_rules! all {
    ($stage:expr) => {
        $crate::coordinator::contract::rules!(all, $stage);
    };
    ($stage:expr; $($rule:ident),+ $(,)?) => {$(
        #[tokio::test]
        async fn $rule() {
            $crate::coordinator::contract::$rule(&$stage).await;
        }
    )+};
}
pub(crate) use all;

/// Tests one rule after the other, each on a stage that is made from the rule's name.
macro_rules! one_by_one {
    ($stage:expr) => {
        $crate::coordinator::contract::rules!(one_by_one, $stage)
    };
    ($stage:expr; $($rule:ident),+ $(,)?) => {$(
        $crate::coordinator::contract::$rule(&$stage(stringify!($rule)).await).await;
    )+};
}
pub(crate) use one_by_one;

const fn workspace(n: u128) -> WorkspaceId {
    WorkspaceId(Uuid::from_u128(n))
}

pub(crate) const HERE: WorkspaceId = workspace(1);
const TALK: ConversationId = ConversationId(Uuid::from_u128(7));
const ANA: AgentId = AgentId(Uuid::from_u128(11));
const LUIS: AgentId = AgentId(Uuid::from_u128(12));
const PHONE: DeviceId = DeviceId(Uuid::from_u128(21));
const TABLET: DeviceId = DeviceId(Uuid::from_u128(22));

fn connection(id: u128, agent: AgentId) -> Connection {
    Connection { id: Uuid::from_u128(id), workspace: HERE, agent, device: PHONE }
}

fn batch(workspace: WorkspaceId, after: u64) -> Arc<Batch> {
    let epoch = Epoch(Uuid::from_u128(3));
    Arc::new(Batch { workspace, epoch, after, entries: Vec::new(), heads: Default::default() })
}

async fn compose(
    stage: &dyn Stage,
    agent: AgentId,
    device: DeviceId,
    action: ComposeAction,
) -> LeaseAnswer {
    let wish = Wish { workspace: HERE, conversation: TALK, agent, device, action };
    stage.coordinator().compose(wish).await.unwrap()
}

#[track_caller]
fn granted(answer: LeaseAnswer) -> LeaseHolder {
    match answer {
        LeaseAnswer::Granted(holder) => holder,
        other => panic!("expected a grant, got {other:?}"),
    }
}

async fn holder(stage: &dyn Stage) -> Option<LeaseHolder> {
    stage.other().lease_of(HERE, TALK).await.unwrap().map(|lease| lease.holder)
}

async fn heard(subscription: &mut Subscription) -> Ephemeral {
    match next(subscription).await {
        BusMessage::Ephemeral(ephemeral) => ephemeral,
        other => panic!("expected something ephemeral, got {other:?}"),
    }
}

async fn next(subscription: &mut Subscription) -> BusMessage {
    tokio::time::timeout(Duration::from_secs(5), subscription.next())
        .await
        .expect("nothing was announced")
        .expect("the bus has gone")
}

/// Nothing was announced: a marker published now is the very next message.
async fn silence(stage: &dyn Stage, subscription: &mut Subscription) {
    stage.coordinator().publish(batch(HERE, 4711)).await.unwrap();
    match next(subscription).await {
        BusMessage::Batch(marker) if marker.after == 4711 => {}
        other => panic!("expected silence, got {other:?}"),
    }
}

fn presence(agent_id: AgentId, online: bool) -> Ephemeral {
    Ephemeral::Presence(PresenceState { agent_id, online })
}

fn lease(holder: Option<LeaseHolder>) -> Ephemeral {
    Ephemeral::Lease(LeaseState { conversation_id: TALK, holder })
}

/// One of everything that may be kept.
pub(crate) async fn fill(stage: &dyn Stage) {
    compose(stage, ANA, PHONE, ComposeAction::Start).await;
    let coordinator = stage.coordinator();
    coordinator.connected(vec![connection(1, ANA), connection(2, LUIS)]).await.unwrap();
    coordinator.view(connection(1, ANA), Some(TALK)).await.unwrap();
    drop(stage.other().subscribe(HERE).await.unwrap());
}

pub(crate) async fn a_batch_reaches_every_subscriber_of_its_workspace_and_no_other(
    stage: &dyn Stage,
) {
    let coordinator = stage.coordinator();
    let mut first = stage.other().subscribe(HERE).await.unwrap();
    let mut second = stage.other().subscribe(HERE).await.unwrap();
    let mut elsewhere = stage.other().subscribe(workspace(2)).await.unwrap();
    coordinator.publish(batch(HERE, 5)).await.unwrap();
    coordinator.publish(batch(workspace(2), 9)).await.unwrap();
    for (subscription, after) in [(&mut first, 5), (&mut second, 5), (&mut elsewhere, 9)] {
        match next(subscription).await {
            BusMessage::Batch(batch) => assert_eq!(batch.after, after),
            other => panic!("expected a batch, got {other:?}"),
        }
    }
}

pub(crate) async fn a_subscriber_that_does_not_read_is_told_that_it_missed_something(
    stage: &dyn Stage,
) {
    let coordinator = stage.coordinator();
    let mut slow = stage.other().subscribe(HERE).await.unwrap();
    for after in 0..=SUBSCRIBER_QUEUE as u64 {
        coordinator.publish(batch(HERE, after)).await.unwrap();
    }
    stage.settle().await;
    assert!(matches!(next(&mut slow).await, BusMessage::Lagged));
    // What follows comes in order, and ends with the latest.
    let mut last = 0;
    for _ in 0..SUBSCRIBER_QUEUE {
        match next(&mut slow).await {
            BusMessage::Batch(batch) => last = batch.after,
            other => panic!("expected a batch, got {other:?}"),
        }
    }
    assert_eq!(last, SUBSCRIBER_QUEUE as u64);
}

pub(crate) async fn a_lease_is_held_by_one_device_and_announced_once(stage: &dyn Stage) {
    let mut bus = stage.other().subscribe(HERE).await.unwrap();
    let mine = granted(compose(stage, ANA, PHONE, ComposeAction::Start).await);
    assert_eq!((mine.agent_id, mine.device_id), (ANA, PHONE));
    let other = compose(stage, LUIS, TABLET, ComposeAction::Start).await;
    assert_eq!(other, LeaseAnswer::Held(mine));
    assert_eq!(compose(stage, LUIS, TABLET, ComposeAction::Keep).await, LeaseAnswer::Held(mine));
    assert_eq!(holder(stage).await, Some(mine));
    assert_eq!(heard(&mut bus).await, lease(Some(mine)));
    silence(stage, &mut bus).await;
}

pub(crate) async fn the_same_agent_on_another_device_is_another_holder(stage: &dyn Stage) {
    let mine = granted(compose(stage, ANA, PHONE, ComposeAction::Start).await);
    assert_eq!(compose(stage, ANA, TABLET, ComposeAction::Start).await, LeaseAnswer::Held(mine));
    let taken = granted(compose(stage, ANA, TABLET, ComposeAction::TakeOver).await);
    assert!(taken.token > mine.token);
    assert_eq!(compose(stage, ANA, PHONE, ComposeAction::Keep).await, LeaseAnswer::Held(taken));
}

pub(crate) async fn a_kept_lease_lives_on_with_its_token(stage: &dyn Stage) {
    let mine = granted(compose(stage, ANA, PHONE, ComposeAction::Start).await);
    for _ in 0..5 {
        stage.pass(LEASE_TTL / 3).await;
        assert_eq!(granted(compose(stage, ANA, PHONE, ComposeAction::Keep).await), mine);
    }
    assert_eq!(granted(compose(stage, ANA, PHONE, ComposeAction::Start).await), mine);
    assert_eq!(holder(stage).await, Some(mine));
}

pub(crate) async fn whoever_asks_sees_that_a_lease_is_kept(stage: &dyn Stage) {
    let renewal = async || {
        let lease = stage.other().lease_of(HERE, TALK).await.unwrap();
        lease.map(|lease| lease.renewal)
    };
    compose(stage, ANA, PHONE, ComposeAction::Start).await;
    let mut last = renewal().await;
    assert!(last.is_some());
    for _ in 0..3 {
        stage.pass(LEASE_TTL / 3).await;
        assert_eq!(renewal().await, last, "to ask is not to keep");
        // Nor is what somebody else wants.
        compose(stage, LUIS, TABLET, ComposeAction::Keep).await;
        assert_eq!(renewal().await, last);
        compose(stage, ANA, PHONE, ComposeAction::Keep).await;
        let kept = renewal().await;
        assert!(kept > last, "{kept:?} after {last:?}");
        last = kept;
    }
}

pub(crate) async fn a_lease_that_nobody_keeps_lapses_and_that_is_announced(stage: &dyn Stage) {
    let mut bus = stage.other().subscribe(HERE).await.unwrap();
    let mine = granted(compose(stage, ANA, PHONE, ComposeAction::Start).await);
    stage.pass(LEASE_TTL / 2).await;
    assert_eq!(holder(stage).await, Some(mine));
    stage.pass(LEASE_TTL / 2).await;
    assert_eq!(holder(stage).await, None);
    assert_eq!(heard(&mut bus).await, lease(Some(mine)));
    assert_eq!(heard(&mut bus).await, lease(None));
    silence(stage, &mut bus).await;
}

pub(crate) async fn a_take_over_is_immediate_and_the_token_grows(stage: &dyn Stage) {
    let mut bus = stage.other().subscribe(HERE).await.unwrap();
    let mine = granted(compose(stage, ANA, PHONE, ComposeAction::Start).await);
    let taken = granted(compose(stage, LUIS, TABLET, ComposeAction::TakeOver).await);
    assert!(taken.token > mine.token);
    assert_eq!(holder(stage).await, Some(taken));
    assert_eq!(heard(&mut bus).await, lease(Some(mine)));
    assert_eq!(heard(&mut bus).await, lease(Some(taken)));
}

pub(crate) async fn a_stop_by_somebody_else_changes_nothing(stage: &dyn Stage) {
    let mut bus = stage.other().subscribe(HERE).await.unwrap();
    let mine = granted(compose(stage, ANA, PHONE, ComposeAction::Start).await);
    assert_eq!(compose(stage, LUIS, PHONE, ComposeAction::Stop).await, LeaseAnswer::Stopped);
    assert_eq!(compose(stage, ANA, TABLET, ComposeAction::Stop).await, LeaseAnswer::Stopped);
    assert_eq!(holder(stage).await, Some(mine));
    assert_eq!(compose(stage, ANA, PHONE, ComposeAction::Stop).await, LeaseAnswer::Stopped);
    assert_eq!(holder(stage).await, None);
    assert_eq!(heard(&mut bus).await, lease(Some(mine)));
    assert_eq!(heard(&mut bus).await, lease(None));
    silence(stage, &mut bus).await;
}

pub(crate) async fn a_token_grows_after_the_lease_lapsed(stage: &dyn Stage) {
    let first = granted(compose(stage, ANA, PHONE, ComposeAction::Start).await);
    stage.pass(LEASE_TTL).await;
    let second = granted(compose(stage, ANA, PHONE, ComposeAction::Start).await);
    assert!(second.token > first.token);
}

pub(crate) async fn keeping_a_lapsed_lease_acquires_it_unless_it_was_taken(stage: &dyn Stage) {
    let first = granted(compose(stage, ANA, PHONE, ComposeAction::Start).await);
    stage.pass(LEASE_TTL).await;
    let again = granted(compose(stage, ANA, PHONE, ComposeAction::Keep).await);
    assert!(again.token > first.token);
    stage.pass(LEASE_TTL).await;
    let other = granted(compose(stage, LUIS, PHONE, ComposeAction::Start).await);
    assert_eq!(compose(stage, ANA, PHONE, ComposeAction::Keep).await, LeaseAnswer::Held(other));
}

pub(crate) async fn an_agent_is_online_from_the_first_connection_until_after_the_last(
    stage: &dyn Stage,
) {
    let coordinator = stage.coordinator();
    let mut bus = stage.other().subscribe(HERE).await.unwrap();
    coordinator.connected(vec![connection(1, ANA)]).await.unwrap();
    coordinator.connected(vec![connection(2, ANA)]).await.unwrap();
    assert_eq!(stage.other().online(HERE).await.unwrap(), [ANA]);
    assert_eq!(stage.other().online(workspace(2)).await.unwrap(), []);
    assert_eq!(heard(&mut bus).await, presence(ANA, true));
    coordinator.disconnected(connection(1, ANA)).await.unwrap();
    stage.pass(PRESENCE_GRACE).await;
    silence(stage, &mut bus).await;
    coordinator.disconnected(connection(2, ANA)).await.unwrap();
    silence(stage, &mut bus).await;
    stage.pass(PRESENCE_GRACE).await;
    assert_eq!(heard(&mut bus).await, presence(ANA, false));
    assert_eq!(stage.other().online(HERE).await.unwrap(), []);
}

pub(crate) async fn a_reconnection_within_the_grace_is_not_announced(stage: &dyn Stage) {
    let coordinator = stage.coordinator();
    coordinator.connected(vec![connection(1, ANA)]).await.unwrap();
    stage.settle().await;
    let mut bus = stage.other().subscribe(HERE).await.unwrap();
    coordinator.disconnected(connection(1, ANA)).await.unwrap();
    stage.pass(PRESENCE_GRACE / 2).await;
    coordinator.connected(vec![connection(2, ANA)]).await.unwrap();
    stage.pass(PRESENCE_GRACE).await;
    silence(stage, &mut bus).await;
    assert_eq!(stage.other().online(HERE).await.unwrap(), [ANA]);
}

pub(crate) async fn a_connection_that_nobody_confirms_lapses(stage: &dyn Stage) {
    let coordinator = stage.coordinator();
    coordinator.connected(vec![connection(1, ANA), connection(2, LUIS)]).await.unwrap();
    stage.settle().await;
    let mut bus = stage.other().subscribe(HERE).await.unwrap();
    stage.pass(PRESENCE_TTL / 2).await;
    coordinator.connected(vec![connection(2, LUIS)]).await.unwrap();
    stage.pass(PRESENCE_TTL / 2).await;
    stage.pass(PRESENCE_GRACE).await;
    assert_eq!(heard(&mut bus).await, presence(ANA, false));
    assert_eq!(stage.other().online(HERE).await.unwrap(), [LUIS]);
}

pub(crate) async fn who_has_a_socket_is_known_once_all_had_the_time_to_connect_again(
    stage: &dyn Stage,
) {
    let of = |agents: &[AgentId]| Sockets::Of(agents.iter().copied().collect::<BTreeSet<_>>());
    let (coordinator, other) = (stage.coordinator(), stage.other());
    coordinator.connected(vec![connection(1, ANA)]).await.unwrap();
    assert_eq!(other.sockets(HERE).await, Sockets::Unknown);
    stage.pass(PRESENCE_SETTLES / 2).await;
    coordinator.connected(vec![connection(1, ANA)]).await.unwrap();
    assert_eq!(other.sockets(HERE).await, Sockets::Unknown);
    stage.pass(PRESENCE_SETTLES / 2).await;
    assert_eq!(other.sockets(HERE).await, of(&[ANA]));
    assert_eq!(other.sockets(workspace(2)).await, of(&[]));
    coordinator.disconnected(connection(1, ANA)).await.unwrap();
    stage.pass(PRESENCE_GRACE).await;
    assert_eq!(other.sockets(HERE).await, of(&[]));
}

pub(crate) async fn who_looks_at_a_conversation_is_announced_and_ends_with_the_connection(
    stage: &dyn Stage,
) {
    let coordinator = stage.coordinator();
    let viewing = |agents| Ephemeral::Viewing { conversation: TALK, agents };
    coordinator.connected(vec![connection(1, ANA), connection(2, LUIS)]).await.unwrap();
    stage.settle().await;
    let mut bus = stage.other().subscribe(HERE).await.unwrap();
    coordinator.view(connection(1, ANA), Some(TALK)).await.unwrap();
    assert_eq!(heard(&mut bus).await, viewing(vec![ANA]));
    coordinator.view(connection(2, LUIS), Some(TALK)).await.unwrap();
    assert_eq!(heard(&mut bus).await, viewing(vec![ANA, LUIS]));
    assert_eq!(stage.other().viewers(HERE, TALK).await.unwrap(), [ANA, LUIS]);
    coordinator.view(connection(1, ANA), None).await.unwrap();
    assert_eq!(heard(&mut bus).await, viewing(vec![LUIS]));
    coordinator.disconnected(connection(2, LUIS)).await.unwrap();
    assert_eq!(heard(&mut bus).await, viewing(vec![]));
}

pub(crate) async fn a_draft_is_relayed(stage: &dyn Stage) {
    let coordinator = stage.coordinator();
    let mut bus = stage.other().subscribe(HERE).await.unwrap();
    coordinator.draft(connection(1, ANA), TALK, "Hola".into()).await.unwrap();
    let draft = Ephemeral::Draft { conversation: TALK, agent: ANA, text: "Hola".into() };
    assert_eq!(heard(&mut bus).await, draft);
}

pub(crate) async fn ended_sessions_are_announced(stage: &dyn Stage) {
    let mut bus = stage.other().subscribe(HERE).await.unwrap();
    stage.coordinator().sessions_changed(HERE, ANA).await.unwrap();
    assert!(matches!(next(&mut bus).await, BusMessage::SessionsChanged(ANA)));
}
