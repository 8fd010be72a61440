//! Lists are in order, paged, and counted without counting.

use baton_domain::see::mirror::Mirrored;
use baton_protocol::page::ConversationRow;
use baton_protocol::{
    AgentId, ConversationId, Head, OfferId, OpenOffer, Status, TeamId, Timestamp,
};
use rusqlite::Connection;

use super::super::{StoreError, Total, View};
use super::{Store, account, account_of, conversation_id, dice, store, uuid};

/// The views of the sample's world.
pub(super) const VIEWS: [View; 8] = [
    View::Mine,
    View::Unassigned,
    View::Waiting,
    View::All,
    View::Offered,
    View::Team(TeamId(uuid::Uuid::from_u128(1))),
    View::Team(TeamId(uuid::Uuid::from_u128(2))),
    View::Team(TeamId(uuid::Uuid::from_u128(3))),
];

fn is_in(view: View, held: &Mirrored) -> bool {
    let head = held.head();
    let is_active = matches!(head.status, Status::Open | Status::Waiting);
    match view {
        View::Mine => is_active && head.owner.agent() == Some(account().agent),
        View::Team(team) => is_active && head.team_id == team,
        View::Unassigned => is_active && head.owner.agent().is_none(),
        View::Waiting => head.status == Status::Waiting,
        View::All => true,
        View::Offered => is_active && offered_to(held) == Some(account().agent),
    }
}

fn offered_to(held: &Mirrored) -> Option<AgentId> {
    let Mirrored::Full(full) = held else { return None };
    full.view.conversation.thread.offer.map(|offer| offer.agent_id)
}

/// A list as it should be, by the plainest means.
pub(super) fn expected(view: View, held: &[&Mirrored]) -> (Vec<ConversationId>, Total) {
    let mut found: Vec<_> = held.iter().filter(|held| is_in(view, held)).collect();
    found.sort_by_key(|held| {
        let Head { unanswered_since, activity_at, id, .. } = held.head();
        match unanswered_since {
            Some(since) => (0, since.ms(), *id),
            None => (1, -activity_at.ms(), *id),
        }
    });
    let unread = found.iter().map(|held| held.unread_lines()).sum();
    let total = Total { conversations: found.len() as u64, unread };
    (found.iter().map(|held| held.head().id).collect(), total)
}

/// A list as the store gives it, in pages of this size.
pub(super) fn listed(store: &Store, view: View, size: u32) -> (Vec<ConversationId>, Total) {
    let (mut ids, mut after) = (Vec::new(), None);
    store.reads(|read| {
        loop {
            let page = read.page(view, after, size)?;
            assert!(page.rows.len() <= size as usize);
            ids.extend(page.rows.iter().map(|row| match row {
                ConversationRow::Head { head } => head.id,
                ConversationRow::Full { view, .. } => view.conversation.head.id,
            }));
            after = page.next;
            if after.is_none() {
                return Ok((ids, read.total(view)?));
            }
        }
    })
}

#[test]
fn each_list_has_its_conversations_in_order_whatever_the_page() {
    let (_directory, store) = store();
    let mut dice = dice(11);
    let mut held: Vec<_> = (0..150).map(|n| dice.held(conversation_id(n))).collect();
    store.writes(|write| held.iter().try_for_each(|held| write.put(held.clone())));
    for round in 0..3 {
        for view in VIEWS {
            let expected = expected(view, &held.iter().collect::<Vec<_>>());
            for size in [1, 7, 50, 1_000] {
                assert_eq!(listed(&store, view, size), expected, "{view:?}, round {round}");
            }
        }
        held.iter_mut().for_each(|held| *held = dice.changed(held));
        let gone = held.split_off(held.len() - 30);
        store.writes(|write| {
            held.iter().try_for_each(|held| write.put(held.clone()))?;
            gone.iter().try_for_each(|held| write.remove(held.head().id))
        });
    }
}

#[test]
fn a_row_shows_what_may_be_seen() {
    let (_directory, store) = store();
    let mut dice = dice(12);
    let full = dice.full(conversation_id(1));
    let head = dice.head(conversation_id(2));
    store.put(&Mirrored::Full(Box::new(full.clone())));
    store.put(&Mirrored::Head(head.clone()));
    let page = store.reads(|read| read.page(View::All, None, 10));
    assert!(page.next.is_none());
    let mut seen = 0;
    for row in page.rows {
        match row {
            ConversationRow::Head { head: found } => assert_eq!(found, head),
            ConversationRow::Full { view, unread } => {
                assert_eq!(
                    (*view, unread),
                    (full.view.clone(), Mirrored::Full(Box::new(full.clone())).unread_lines())
                );
            }
        }
        seen += 1;
    }
    assert_eq!(seen, 2);
}

#[test]
fn each_account_has_its_own_lists() {
    let (_directory, store) = store();
    let mut dice = dice(13);
    let mut head = dice.head(conversation_id(1));
    (head.status, head.owner) = (Status::Open, baton_protocol::Owner::Agent(account_of(2).agent));
    for who in [account(), account_of(2)] {
        let put = store.write(&who, |write| write.put(Mirrored::Head(head.clone())));
        assert_eq!(put, Ok(()));
    }
    let mine = |who| {
        let total = store.read(&who, |read| read.total(View::Mine));
        total.map(|total: Total| total.conversations)
    };
    assert_eq!((mine(account()), mine(account_of(2))), (Ok(0), Ok::<_, StoreError>(1)));
    assert_eq!(mine(account_of(3)), Ok(0));
    assert_eq!(uuid(1), account().agent.0);
}

#[test]
fn a_view_that_an_older_version_did_not_fill_counts_nothing_twice() {
    let (directory, store) = store();
    let mut dice = dice(14);
    let mut full = dice.full(conversation_id(1));
    full.view.conversation.head.status = Status::Open;
    let (offer_id, until) = (OfferId(uuid(7)), Timestamp::from_ms(1));
    let offer = OpenOffer { offer_id, agent_id: account().agent, until };
    full.view.conversation.thread.offer = Some(offer);
    store.put(&Mirrored::Full(Box::new(full.clone())));
    assert_eq!(listed(&store, View::Offered, 5).1.conversations, 1);
    let database = Connection::open(directory.path().join("baton.db")).expect("opens");
    for table in ["listed", "total"] {
        let removes = format!("DELETE FROM {table} WHERE view = x'06'");
        assert_eq!(database.execute(&removes, []), Ok(1));
    }
    full.view.conversation.thread.offer = None;
    store.put(&Mirrored::Full(Box::new(full.clone())));
    full.view.conversation.thread.offer = Some(offer);
    store.put(&Mirrored::Full(Box::new(full)));
    assert_eq!(listed(&store, View::Offered, 5).1.conversations, 1);
}
