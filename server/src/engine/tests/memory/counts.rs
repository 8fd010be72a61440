//! The figures of the board, by the database and by hand.

use baton_domain::fact::predicates::is_routable;
use baton_domain::hand::board::Counted;
use baton_protocol::board::BoardFigures;
use baton_protocol::{ChannelId, Conversation, Status};

use super::*;

type Place = (TeamId, ChannelId, Option<AgentId>, Option<AgentId>);

impl Both {
    /// The database counts what one counts by hand in memory, at this moment.
    pub(super) async fn compare_board(&self) {
        let now = self.memory.now;
        let mut tx = self.database.store.read().await.unwrap();
        let found = read::counted(&mut tx, WORKSPACE, &TEAMS.into(), now).await.unwrap();
        tx.rollback().await.unwrap();
        let count = found.len();
        let place = |of: &Counted| (of.team, of.channel, of.owner, of.asked);
        let found: BTreeMap<Place, BoardFigures> =
            found.iter().map(|of| (place(of), of.figures)).collect();
        assert_eq!(found.len(), count, "no place is counted twice");
        let mut by_hand: BTreeMap<Place, BoardFigures> = BTreeMap::new();
        for of in self.memory.conversations() {
            if !matches!(of.head.status, Status::Open | Status::Waiting) {
                continue;
            }
            let (owner, asked) = (of.head.owner.agent(), of.thread.offer.map(|one| one.agent_id));
            let place = (of.head.team_id, of.head.channel_id, owner, asked);
            count_by_hand(by_hand.entry(place).or_default(), of, now);
        }
        let (seed, dialect) = (self.seed, self.database.store.dialect());
        assert_eq!(found, by_hand, "seed {seed}, {dialect:?}");
    }
}

fn count_by_hand(figures: &mut BoardFigures, of: &Conversation, now: Timestamp) {
    let is_open = of.head.status == Status::Open && of.thread.block.is_none();
    let turn = of.thread.turn.filter(|_| is_open);
    let waited_from = turn.map(|turn| turn.since);
    if let Some(since) = waited_from {
        figures.waiting += 1;
        figures.oldest = Some(figures.oldest.map_or(since, |oldest| oldest.min(since)));
    }
    figures.in_line += u64::from(is_routable(of) && of.thread.offer.is_none());
    figures.offered += u64::from(of.thread.offer.is_some());
    figures.owned += u64::from(of.head.owner.agent().is_some());
    figures.orphans += u64::from(of.head.orphaned_at.is_some());
    let usual = waited_from.map(|since| since.plus_ms(15 * 60_000));
    let late_at = of.head.due_at.filter(|_| is_open).or(usual);
    figures.late += u64::from(late_at.is_some_and(|at| at <= now));
}
