//! Counters of a workspace at one position of its log, held against a count of what the log tells
//! up to there.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use anyhow::{Result, ensure};
use baton::store::{Store, read};
use baton_domain::fact::predicates::is_routable;
use baton_protocol::board::BoardFigures;
use baton_protocol::{AgentId, ChannelId, Conversation, Status, TeamId, Timestamp, WorkspaceId};

use super::recomputed::{BATCH, Recomputed};

/// A wait is late after this time, where nothing was promised.
const LATE_MS: i64 = 15 * 60_000;

/// Conversations of one team on one number, with one owner or with one who is asked.
type Share = (TeamId, ChannelId, Option<AgentId>, Option<AgentId>);

/// The counters at one position.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Counters {
    /// The position.
    pub position: u64,
    at: Timestamp,
    loads: BTreeMap<AgentId, usize>,
    /// Open ones of each team, of these in the queue, and unanswered ones.
    tallies: BTreeMap<TeamId, [i64; 3]>,
    /// The figures of the board.
    figures: BTreeMap<Share, BoardFigures>,
}

impl Counters {
    /// Reads them, in one snapshot of the database.
    pub async fn look(store: &Store, of: WorkspaceId, at: Timestamp) -> Result<Self> {
        let mut tx = store.read().await?;
        let position = read::log_head(&mut tx, of).await?.position;
        let agents = read::agents(&mut tx, of).await?;
        let load = |of: &baton_protocol::Agent| Ok((of.id, usize::try_from(of.load)?));
        let loads = agents.iter().map(load).collect::<Result<_>>()?;
        let sql = "SELECT team, open, queued, unanswered FROM tally WHERE workspace = $1";
        let rows = tx.rows_of::<(String, i64, i64, i64)>(sql, &[&of.to_string()]).await?;
        let mut tallies = BTreeMap::new();
        for (team, open, queued, unanswered) in rows {
            tallies.insert(team.parse()?, [open, queued, unanswered]);
        }
        let teams: BTreeSet<TeamId> = tallies.keys().copied().collect();
        let counted = read::counted(&mut tx, of, &teams, at).await?;
        tx.rollback().await?;
        let count = counted.len();
        let place =
            |of: &baton_domain::hand::board::Counted| (of.team, of.channel, of.owner, of.asked);
        let figures: BTreeMap<_, _> = counted.iter().map(|of| (place(of), of.figures)).collect();
        ensure!(figures.len() == count, "a place is counted twice at {position}");
        Ok(Self { position, at, loads, tallies, figures })
    }

    /// The same by a count.
    fn count(&self, told: &Recomputed) -> Self {
        let loads = self.loads.keys().map(|agent| (*agent, told.borne_by(*agent))).collect();
        let tallies = self.tallies.keys().map(|team| (*team, told.counts(*team))).collect();
        let mut figures: BTreeMap<Share, BoardFigures> = BTreeMap::new();
        for of in told.conversations.values() {
            if matches!(of.head.status, Status::Open | Status::Waiting) {
                let asked = of.thread.offer.map(|offer| offer.agent_id);
                let owner = of.head.owner.agent();
                let place = (of.head.team_id, of.head.channel_id, owner, asked);
                add(figures.entry(place).or_default(), of, self.at);
            }
        }
        Self { position: self.position, at: self.at, loads, tallies, figures }
    }
}

fn add(figures: &mut BoardFigures, of: &Conversation, now: Timestamp) {
    let is_open = of.head.status == Status::Open && of.thread.block.is_none();
    let since = of.thread.turn.filter(|_| is_open).map(|turn| turn.since);
    if let Some(since) = since {
        figures.waiting += 1;
        figures.oldest = Some(figures.oldest.map_or(since, |oldest| oldest.min(since)));
    }
    figures.in_line += u64::from(is_routable(of) && of.thread.offer.is_none());
    figures.offered += u64::from(of.thread.offer.is_some());
    figures.owned += u64::from(of.head.owner.agent().is_some());
    figures.orphans += u64::from(of.head.orphaned_at.is_some());
    let late_at = of.head.due_at.filter(|_| is_open);
    let late_at = late_at.or(since.map(|since| since.plus_ms(LATE_MS)));
    figures.late += u64::from(late_at.is_some_and(|at| at <= now));
}

/// The counters that say something else than a count at their position, in words.
pub async fn miscounts(store: &Store, of: WorkspaceId, all: &[Counters]) -> Result<Vec<String>> {
    let mut all: Vec<&Counters> = all.iter().collect();
    all.sort_by_key(|counters| counters.position);
    let mut left = all.into_iter().peekable();
    let (mut told, mut position, mut faults) = (Recomputed::default(), 0, Vec::new());
    let mut tx = store.read().await?;
    loop {
        let events = read::log_after(&mut tx, of, position, BATCH).await?;
        if events.is_empty() {
            break;
        }
        for logged in &events {
            told.hear(logged);
            position = logged.event.position;
            while let Some(counters) = left.next_if(|of| of.position == position) {
                compare(counters, &counters.count(&told), &mut faults);
            }
        }
    }
    tx.rollback().await?;
    ensure!(left.peek().is_none(), "counters of a position that the log does not have");
    Ok(faults)
}

fn compare(found: &Counters, count: &Counters, faults: &mut Vec<String>) {
    let mut differs = |what: &str, found: &dyn Debug, count: &dyn Debug, is_same: bool| {
        if !is_same {
            faults.push(format!("{what}: {found:?}, by a count {count:?}"));
        }
    };
    let of = |what: &str| format!("{what} at {}", found.position);
    differs(&of("loads"), &found.loads, &count.loads, found.loads == count.loads);
    let is_same = found.tallies == count.tallies;
    differs(&of("tallies"), &found.tallies, &count.tallies, is_same);
    let is_same = found.figures == count.figures;
    differs(&of("the board"), &found.figures, &count.figures, is_same);
}
