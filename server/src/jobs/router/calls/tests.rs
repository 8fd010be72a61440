//! What the memory of a leader calls for.

use baton_domain::routing::rung::Calls;
use baton_protocol::{Trail, WorkspaceId};
use uuid::Uuid;

use super::*;

const HOUR_MS: i64 = 60 * 60 * 1000;

fn turn() -> TurnKey {
    let id = |number| Uuid::from_u128(number);
    (WorkspaceId(id(1)), TeamId(id(2)), ConversationId(id(3)), Timestamp::from_ms(0))
}

fn nobody() -> Planned {
    let (.., conversation, _) = turn();
    Planned { conversation, agent: None, is_early: false, trail: Trail::default() }
}

#[test]
fn a_turn_that_waits_for_days_is_called_for_twice_in_all() {
    let (mut memory, planned) = (Memory::default(), nobody());
    let (workspace, team, ..) = turn();
    let (mut log, mut calls) = (Calls::default(), Vec::new());
    for minute in 0..(60 * 72) {
        let now = Timestamp::from_ms(minute * HOUR_MS / 60);
        memory.forget_turns((workspace, team), &[turn()]);
        if let Some(call) = memory.call((&planned, turn()), now) {
            // It is looked up in the log, where the commit puts it then.
            memory.called.insert(turn(), log);
            if log.due(true, now) == Some(call) {
                log.note(call, now);
                calls.push((minute, call));
            }
        }
    }
    assert_eq!(calls, [(0, Call::First), (10, Call::Again)]);
    memory.forget_turns((workspace, team), &[]);
    assert!(memory.called.is_empty(), "it waits no more");
}
