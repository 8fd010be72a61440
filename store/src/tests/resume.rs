//! Resumption: a client that was away ends in the state of one that looks now.

use std::collections::BTreeMap;

use baton_domain::fact::apply::{apply, begin};
use baton_domain::fact::scope::{Level, Scope};
use baton_domain::see::sight::{Sight, Tidings, VisibleEvent};
use baton_protocol::conversation::Snapshot;
use baton_protocol::frame::ResetReason;
use baton_protocol::{
    AgentId, Conversation, ConversationId, Cursor, Epoch, Fact, Head, MembershipKind, Owner,
    Status, TeamId, TeamSet, Visibility,
};

use super::seed::{ANA, BEN, OTHER_TEAM, TEAM, script};
use super::world::{Dice, World, parsed};
use crate::database::testing::databases;
use crate::read::{self, SyncGap, sync_gap};

/// What a client holds of a conversation.
#[derive(Clone, PartialEq, Debug)]
enum Known {
    Full(Box<Conversation>),
    Head(Head),
}

type Client = BTreeMap<ConversationId, Known>;

/// What a viewer may see right now.
fn view(world: &World, sight: &Sight) -> Client {
    let known = |of: &Conversation| match sight.level(Scope::of(&of.head)) {
        Level::Full => Some(Known::Full(Box::new(of.clone()))),
        Level::Head => Some(Known::Head(of.head.clone())),
        Level::None => None,
    };
    world.conversations.iter().filter_map(|(id, of)| Some((*id, known(of)?))).collect()
}

/// A client takes in what it missed.
fn catch_up(client: &mut Client, gap: &SyncGap) {
    let Tidings::Changes { left, entered, told } = &gap.tidings else { panic!("reset") };
    for id in left {
        client.remove(id);
    }
    for (id, _) in entered {
        let known = match &gap.entered[id] {
            Snapshot::Head { head } => Known::Head(head.clone()),
            Snapshot::Full { view, .. } => Known::Full(Box::new(view.conversation.clone())),
        };
        client.insert(*id, known);
    }
    for told in told {
        match told {
            VisibleEvent::Head(_, id) => {
                client.insert(*id, Known::Head(gap.heads[id].clone()));
            }
            VisibleEvent::Event(place) | VisibleEvent::Cut(place) | VisibleEvent::Gone(place) => {
                let event = &gap.stretch[*place].event;
                if let Some(id) = event.conversation_id
                    && let Some(begun) = begin(id, event)
                {
                    client.insert(id, Known::Full(Box::new(begun)));
                    continue;
                }
                let known = event.conversation_id.and_then(|id| client.get_mut(&id));
                if let (Some(Known::Full(of)), true) = (known, event.revision.is_some()) {
                    apply(of, event);
                }
            }
        }
    }
}

async fn something_happens(world: &mut World, dice: &mut Dice) {
    let teams: [TeamId; 2] = [parsed(TEAM), parsed(OTHER_TEAM)];
    let agents: [AgentId; 2] = [parsed(ANA), parsed(BEN)];
    let ids: Vec<_> = world.conversations.keys().copied().collect();
    let team = dice.pick(&teams);
    if ids.len() < 3 || dice.roll(12) == 0 {
        world.opens(team).await;
        return;
    }
    let id = dice.pick(&ids);
    match dice.roll(6) {
        0 => world.goes_to(id, team, Owner::Queue(team)).await,
        1 => world.goes_to(id, team, Owner::Agent(dice.pick(&agents))).await,
        2 => world.becomes(id, dice.pick(&[Status::Open, Status::Waiting])).await,
        3 => world.reads(id, dice.pick(&agents), world.conversations[&id].head.last_seq).await,
        4 => world.answers(id, dice.pick(&agents), "answer").await,
        _ => drop(world.says(id, "question").await),
    }
}

#[tokio::test]
async fn whoever_was_away_ends_where_everybody_is() {
    for database in databases().await {
        let mut world = World::new(&database).await;
        let mut dice = Dice(3);
        for setting in ["full", "head", "own"] {
            script(&world.store, &format!("UPDATE team SET visibility = '{setting}'"))
                .await
                .unwrap();
            for agent in [ANA, BEN] {
                let agent = parsed(agent);
                let sight = {
                    let mut tx = world.store.read().await.unwrap();
                    read::sight(&mut tx, world.workspace, agent).await.unwrap().unwrap()
                };
                for _ in 0..12 {
                    let mut client = view(&world, &sight);
                    let cursor = Cursor { epoch: world.store.epoch(), position: world.position() };
                    for _ in 0..dice.roll(9) {
                        something_happens(&mut world, &mut dice).await;
                    }
                    let gap = sync_gap(&world.store, world.workspace, agent, Some(cursor));
                    let gap = gap.await.unwrap().unwrap();
                    assert_eq!((gap.after, gap.upto), (cursor.position, world.position()));
                    catch_up(&mut client, &gap);
                    assert_eq!(client, view(&world, &sight));
                }
            }
        }
        database.close().await;
    }
}

#[tokio::test]
async fn an_admin_resumes_from_the_log_itself() {
    for database in databases().await {
        let mut world = World::new(&database).await;
        script(&world.store, "UPDATE agent SET role = 'admin' WHERE id = '{ben}'").await.unwrap();
        script(&world.store, "UPDATE log_head SET feed_floor = 0").await.unwrap();
        let mut dice = Dice(5);
        let cursor = Cursor { epoch: world.store.epoch(), position: 0 };
        for _ in 0..40 {
            something_happens(&mut world, &mut dice).await;
        }
        let gap = sync_gap(&world.store, world.workspace, parsed(BEN), Some(cursor)).await;
        let gap = gap.unwrap().unwrap();
        assert_eq!(gap.stretch, world.log);
        let mut client = Client::new();
        catch_up(&mut client, &gap);
        assert_eq!(client, view(&world, &gap.sight));
        database.close().await;
    }
}

async fn reason(world: &World, cursor: Option<Cursor>) -> Option<ResetReason> {
    let gap = sync_gap(&world.store, world.workspace, parsed(ANA), cursor).await;
    match gap.unwrap().unwrap().tidings {
        Tidings::Reset(reason) => Some(reason),
        Tidings::Changes { .. } => None,
    }
}

#[tokio::test]
async fn what_cannot_be_told_bit_by_bit_is_a_reset() {
    for database in databases().await {
        let mut world = World::new(&database).await;
        let id = world.opens(parsed(TEAM)).await;
        world.says(id, "hello").await;
        let epoch = world.store.epoch();
        let at = |position| Some(Cursor { epoch, position });
        let here = world.position();
        assert_eq!(reason(&world, at(0)).await, None);
        assert_eq!(reason(&world, None).await, Some(ResetReason::NoCursor));
        assert_eq!(reason(&world, at(here + 1)).await, Some(ResetReason::AboveHead));
        let other = Cursor { epoch: Epoch(uuid::Uuid::from_u128(1)), position: here };
        assert_eq!(reason(&world, Some(other)).await, Some(ResetReason::OtherEpoch));
        let (team_id, other_team) = (parsed(TEAM), parsed(OTHER_TEAM));
        let joins = |agent| Fact::MembershipChanged {
            team_id: other_team,
            agent_id: parsed(agent),
            kind: Some(MembershipKind::Member),
        };
        world.settles(joins(BEN)).await;
        assert_eq!(reason(&world, at(here)).await, None, "a colleague's team is nothing to me");
        let set = TeamSet { visibility: Some(Visibility::Full), ..TeamSet::default() };
        world.settles(Fact::TeamChanged { team_id, renamed: false, set }).await;
        assert_eq!(reason(&world, at(here)).await, Some(ResetReason::ScopeChanged));
        let here = world.position();
        world.settles(joins(ANA)).await;
        assert_eq!(reason(&world, at(here)).await, Some(ResetReason::ScopeChanged));
        script(&world.store, "UPDATE log_head SET feed_floor = 3").await.unwrap();
        assert_eq!(reason(&world, at(2)).await, Some(ResetReason::TooOld));
        assert_eq!(reason(&world, at(world.position())).await, None);
        database.close().await;
    }
}

#[tokio::test]
async fn too_many_conversations_are_a_reset() {
    for database in databases().await {
        let mut world = World::new(&database).await;
        let id = world.opens(parsed(TEAM)).await;
        let here = world.position();
        // As if 500 more had been touched: the feed alone is counted before anything is read.
        let rows: Vec<String> =
            (0..500).map(|n| format!("('{{w}}', 't:{{team}}', {}, 'c{n}')", n + 1000)).collect();
        let insert = format!("INSERT INTO feed VALUES {}", rows.join(","));
        script(&world.store, &insert).await.unwrap();
        script(&world.store, "UPDATE log_head SET position = 2000").await.unwrap();
        let cursor = Cursor { epoch: world.store.epoch(), position: here };
        assert_eq!(reason(&world, Some(cursor)).await, None, "500 are told");
        let one_more = format!("INSERT INTO feed VALUES ('{{w}}', 't:{{team}}', 1600, '{id}')");
        script(&world.store, &one_more).await.unwrap();
        assert_eq!(reason(&world, Some(cursor)).await, Some(ResetReason::TooMuch));
        database.close().await;
    }
}
