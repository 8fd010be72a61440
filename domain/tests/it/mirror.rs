//! What a client holds: gaps, repeats, snapshots taken while the world goes on.

use baton_protocol::Event;

use crate::team::{ANA, Team, reply, written};

#[test]
fn every_event_reads_what_it_writes() {
    let mut team = Team::with_a_customer();
    team.passes(5);
    let seen = team.seen();
    written(team.does(ANA, reply(seen)));
    for logged in &team.log {
        let text = serde_json::to_string(&logged.event).unwrap();
        let read: Event = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{text}: {e}"));
        assert_eq!(read, logged.event, "{text}");
    }
}
