//! The conversation list against a plain filter over everything, and the pages of the snapshot.

use baton_domain::fact::scope::{Level, Scope};
use baton_domain::see::sight::Sight;
use baton_protocol::{AgentId, Conversation, ConversationId, Owner, Status, TeamId, Timestamp};

use super::seed::{ANA, BEN, CONTACT, OTHER_TEAM, TEAM, script};
use super::world::{Dice, World, parsed};
use crate::StoreError;
use crate::database::testing::databases;
use crate::read::{
    self, Asked, Filter, Listed, Order, OwnerFilter, StatusFilter, list, snapshot_page,
};

/// Forty conversations in all states, teams and hands.
async fn populate(world: &mut World) {
    let teams: [TeamId; 2] = [parsed(TEAM), parsed(OTHER_TEAM)];
    let agents: [AgentId; 2] = [parsed(ANA), parsed(BEN)];
    let mut dice = Dice(7);
    for _ in 0..40 {
        let id = world.opens(dice.pick(&teams)).await;
        for _ in 0..dice.roll(3) {
            world.says(id, "hello").await;
        }
        if dice.roll(3) == 0 {
            world.answers(id, dice.pick(&agents), "hi").await;
        }
        if dice.roll(2) == 0 {
            let team = dice.pick(&teams);
            world.goes_to(id, team, Owner::Agent(dice.pick(&agents))).await;
        }
        let until = Timestamp::from_ms(9_000_000);
        let to = [Status::Open, Status::Waiting, Status::Snoozed { until }, Status::Resolved];
        world.becomes(id, dice.pick(&to)).await;
        if dice.roll(2) == 0 {
            let last = world.conversations[&id].head.last_seq;
            world.reads(id, dice.pick(&agents), last).await;
        }
    }
}

fn filters() -> Vec<Filter> {
    let statuses = [
        None,
        Some(StatusFilter::Open),
        Some(StatusFilter::Resolved),
        Some(StatusFilter::Unfinished),
    ];
    let owners = [
        None,
        Some(OwnerFilter::Me),
        Some(OwnerFilter::Nobody),
        Some(OwnerFilter::Agent(parsed(BEN))),
    ];
    let mut all = Vec::new();
    for status in statuses {
        for owner in owners {
            for team in [None, Some(parsed(OTHER_TEAM))] {
                for order in [Order::Unanswered, Order::Activity] {
                    let filter = Filter { status, owner, team, order, ..Filter::default() };
                    all.push(Filter { unread: true, ..filter.clone() });
                    all.push(Filter { unanswered: true, ..filter.clone() });
                    let (from, until) =
                        (Timestamp::from_ms(1_000_500), Timestamp::from_ms(1_001_200));
                    all.push(Filter { from: Some(from), ..filter.clone() });
                    all.push(Filter { from: Some(from), until: Some(until), ..filter.clone() });
                    all.push(filter);
                }
            }
        }
    }
    let query = |text: &str| Filter { query: Some(text.to_owned()), ..Filter::default() };
    all.extend(["lucia", "LUCÍA", "0%", "n_a", "ανδρεας", "+34 60000001", "zz", "e"].map(query));
    all
}

/// What the list must hold, in order.
fn expected(world: &World, sight: &Sight, filter: &Filter) -> Vec<(ConversationId, Level)> {
    let mut found: Vec<(&Conversation, Level)> = world
        .conversations
        .values()
        .map(|of| (of, sight.level(Scope::of(&of.head))))
        .filter(|(of, level)| *level > Level::None && is_wanted(world, sight, filter, of, *level))
        .collect();
    found.sort_by_key(|(of, _)| {
        let (head, id) = (&of.head, of.head.id);
        let newest = (std::cmp::Reverse(head.activity_at), std::cmp::Reverse(id));
        match (filter.order, head.unanswered_since) {
            (Order::Unanswered, Some(since)) => (0, since.ms(), Some(id), None),
            _ => (1, 0, None, Some(newest)),
        }
    });
    found.into_iter().map(|(of, level)| (of.head.id, level)).collect()
}

fn is_wanted(
    world: &World,
    sight: &Sight,
    filter: &Filter,
    of: &Conversation,
    level: Level,
) -> bool {
    let me = sight.viewer.agent;
    let (head, thread) = (&of.head, &of.thread);
    let status = match filter.status {
        None => true,
        Some(StatusFilter::Open) => head.status == Status::Open,
        Some(StatusFilter::Resolved) => head.status == Status::Resolved,
        Some(StatusFilter::Unfinished) => matches!(head.status, Status::Open | Status::Waiting),
        Some(_) => unreachable!("not among the filters"),
    };
    let owner = match filter.owner {
        None => true,
        Some(OwnerFilter::Me) => head.owner == Owner::Agent(me),
        Some(OwnerFilter::Nobody) => head.owner.agent().is_none(),
        Some(OwnerFilter::Agent(agent)) => head.owner == Owner::Agent(agent),
    };
    let read = world.reads.get(&(me, head.id)).copied().unwrap_or(0);
    let n = world.conversations.keys().position(|id| *id == head.id).unwrap();
    let name = ["lucia", "jose 100%", "zoe", "ανδρεασ", "ben_ali"][n % 5];
    let query = filter.query.as_deref().is_none_or(|query| {
        let part = crate::fold(query);
        let digits: String = query.chars().filter(char::is_ascii_digit).collect();
        let is_number = query.starts_with('+');
        let number = format!("3460000{n:04}");
        level == Level::Full && (name.contains(&part) || is_number && number.contains(&digits))
    });
    status
        && owner
        && query
        && filter.team.is_none_or(|team| team == head.team_id)
        && (!filter.unread || thread.customer_seq > read)
        && (!filter.unanswered || head.unanswered_since.is_some())
        && filter.from.is_none_or(|from| head.activity_at >= from)
        && filter.until.is_none_or(|until| head.activity_at < until)
}

/// The whole list, read in pages of seven.
async fn listed(world: &World, sight: &Sight, filter: &Filter) -> Vec<(ConversationId, Level)> {
    let mut all = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let mut tx = world.store.read().await.unwrap();
        let asked = Asked { page: token.as_deref(), limit: 7 };
        let page = list(&mut tx, world.workspace, sight, filter, asked).await.unwrap();
        assert!(page.rows.len() == 7 || page.next.is_none());
        all.extend(page.rows.iter().map(|row| match row {
            Listed::Full(view) => (view.conversation.head.id, Level::Full),
            Listed::Head(head) => (head.id, Level::Head),
        }));
        token = page.next;
        if token.is_none() {
            return all;
        }
    }
}

const ROLES: [(&str, &str); 5] = [
    (ANA, "SELECT 1"),
    (ANA, "UPDATE team SET visibility = 'head'"),
    (ANA, "UPDATE team SET visibility = 'own'"),
    (BEN, "UPDATE team SET visibility = 'own'"),
    (BEN, "UPDATE agent SET role = 'admin' WHERE id = '{ben}'"),
];

#[tokio::test]
async fn a_list_holds_what_the_filter_says_and_the_viewer_may_see() {
    for database in databases().await {
        let mut world = World::new(&database).await;
        populate(&mut world).await;
        for (agent, setting) in ROLES {
            script(&world.store, setting).await.unwrap();
            let mut tx = world.store.read().await.unwrap();
            let sight =
                read::sight(&mut tx, world.workspace, parsed(agent)).await.unwrap().unwrap();
            drop(tx);
            for filter in filters() {
                let wanted = expected(&world, &sight, &filter);
                assert_eq!(listed(&world, &sight, &filter).await, wanted, "{filter:?}");
            }
        }
        database.close().await;
    }
}

#[tokio::test]
async fn the_pages_of_a_snapshot_hold_everything_in_scope_once() {
    for database in databases().await {
        let mut world = World::new(&database).await;
        populate(&mut world).await;
        for (agent, setting) in ROLES {
            script(&world.store, setting).await.unwrap();
            let agent = parsed(agent);
            let mut tx = world.store.read().await.unwrap();
            let sight = read::sight(&mut tx, world.workspace, agent).await.unwrap().unwrap();
            drop(tx);
            let mut all = Vec::new();
            let mut token: Option<String> = None;
            loop {
                let page = snapshot_page(&world.store, world.workspace, agent, token.as_deref(), 6)
                    .await
                    .unwrap()
                    .unwrap();
                assert_eq!(page.upto, world.position());
                all.extend(page.conversations.iter().map(|of| of.head().id));
                token = page.next;
                if token.is_none() {
                    break;
                }
            }
            let mut wanted: Vec<_> = expected(&world, &sight, &Filter::default())
                .into_iter()
                .map(|(id, _)| id)
                .collect();
            wanted.sort_unstable();
            assert_eq!(all, wanted);
        }
        database.close().await;
    }
}

#[tokio::test]
async fn a_page_token_of_something_else_is_refused() {
    for database in databases().await {
        let world = World::new(&database).await;
        let sight = {
            let mut tx = world.store.read().await.unwrap();
            read::sight(&mut tx, world.workspace, parsed(ANA)).await.unwrap().unwrap()
        };
        for token in ["", "x", "61", "é", &hex::encode("a:1:' OR 1=1"), &hex::encode("a:x:y")] {
            let mut tx = world.store.read().await.unwrap();
            let asked = Asked { page: Some(token), limit: 7 };
            let refused = list(&mut tx, world.workspace, &sight, &Filter::default(), asked).await;
            assert!(matches!(refused, Err(StoreError::Invalid(_))), "{token:?}");
            drop(tx);
            let of = snapshot_page(&world.store, world.workspace, parsed(ANA), Some(token), 7);
            assert!(matches!(of.await, Err(StoreError::Invalid(_))), "{token:?}");
        }
        database.close().await;
    }
}

#[tokio::test]
async fn nobody_but_active_agents_of_the_workspace_have_a_sight() {
    for database in databases().await {
        let world = World::new(&database).await;
        let mut tx = world.store.read().await.unwrap();
        let gone = parsed(super::seed::GONE);
        assert_eq!(read::sight(&mut tx, world.workspace, gone).await.unwrap(), None);
        let elsewhere = parsed(CONTACT);
        assert_eq!(read::sight(&mut tx, elsewhere, parsed(ANA)).await.unwrap(), None);
        let (home, ana, ben) = (world.workspace, parsed(ANA), parsed(BEN));
        let asked = [(home, ana), (elsewhere, ben), (home, gone)];
        let together = read::sights(&mut tx, &asked).await.unwrap();
        let alone = read::sight(&mut tx, home, ana).await.unwrap().unwrap();
        assert_eq!(together, [(ana, alone)].into());
        let agents = read::agents(&mut tx, world.workspace).await.unwrap();
        assert_eq!(
            agents.iter().map(|a| a.name.as_str()).collect::<Vec<_>>(),
            ["Ana", "Ben", "Gone"]
        );
        assert_eq!(agents[0].teams[0].team_id, parsed(TEAM));
        assert_eq!(read::teams(&mut tx, world.workspace).await.unwrap().len(), 2);
        assert_eq!(read::channels(&mut tx, world.workspace).await.unwrap().len(), 1);
        drop(tx);
        database.close().await;
    }
}
