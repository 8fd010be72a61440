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
