//! Nodes for the tests of other modules.

use super::*;

/// A node that knows to be alone, and leads.
pub(crate) async fn alone(store: &Store, clock: &Clock) -> Membership {
    let begun = Node::begin(store.clone(), clock.clone(), Metrics::new(), true).await;
    begun.unwrap().1
}

/// One that sees what it is told to see, and how to tell it; it does not lead.
pub(crate) fn given(roster: Roster) -> (impl Fn(Roster), Membership) {
    let state = |roster| State { roster: Arc::new(roster), term: None, is_void: false, common: 0 };
    let (sender, receiver) = watch::channel(state(roster));
    (move |roster| drop(sender.send_replace(state(roster))), Membership(receiver))
}
