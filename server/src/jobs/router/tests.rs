//! What the memory of a leader keeps of offers.

use uuid::Uuid;

use super::*;

#[test]
fn an_offer_that_is_out_keeps_its_time_when_the_team_changes_it() {
    let id = |number| Uuid::from_u128(number);
    let (workspace, team) = (WorkspaceId(id(1)), TeamId(id(2)));
    let offer = OpenOffer {
        offer_id: OfferId(id(3)),
        agent_id: AgentId(id(4)),
        until: Timestamp::from_ms(0),
    };
    let one = StandingOffer { workspace, team, conversation: ConversationId(id(5)), offer };
    let next = StandingOffer { conversation: ConversationId(id(6)), ..one };
    let of = |window_s| [((workspace, team), Routing { window_s, ..Routing::default() })].into();
    let mut memory = Memory::default();
    memory.keep(&[one], &of(60), Duration::ZERO);
    memory.keep(&[one, next], &of(15), Duration::from_secs(20));
    let windows = memory.seen.values().map(|seen| seen.window.as_secs()).collect::<Vec<_>>();
    assert_eq!(windows, [60, 15]);
    memory.keep(&[one], &BTreeMap::new(), Duration::from_secs(21));
    assert_eq!(memory.seen[&one.key()].window, Duration::from_mins(1), "nobody is routed any more");
}
