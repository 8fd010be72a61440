//! Reads the log for a report, a page at a time, so that commands and lists never wait for it.

use std::collections::{BTreeMap, BTreeSet};
use std::ops::Range;

use baton_domain::fact::log::Logged;
use baton_domain::report::{Tally, is_told_whole};
use baton_protocol::limits::REPORT_EVENTS_MAX;
use baton_protocol::{ConversationId, Timestamp, WorkspaceId};
use tokio::task::JoinSet;

use crate::http::long::TimeBudget;
use crate::http::{Fault, HandlerResult};
use crate::store::{Store, StoreError, read};

/// Events read in one transaction.
const PAGE: u64 = 1_000;
/// Clocks of nodes differ by less, ms: so far before the first edge the log is read as well.
const MARGIN_MS: i64 = 120_000;
/// Conversations of which the next episode is looked up in one transaction.
const AT_A_TIME: usize = 500;

/// The way in which reports read the log.
#[derive(Clone, Copy, Debug)]
pub struct Reports {
    page: u64,
}

impl Default for Reports {
    fn default() -> Self {
        Self { page: PAGE }
    }
}

impl Reports {
    /// Reads so many events in one transaction.
    #[cfg(test)]
    pub(in crate::http) fn by_pages_of(page: u64) -> Self {
        Self { page }
    }

    /// Folds the workspace's log into `tally`, and says up to which position it was read.
    pub(super) async fn fold(
        self,
        store: &Store,
        workspace: WorkspaceId,
        mut tally: Tally,
        budget: &TimeBudget,
    ) -> HandlerResult<(Tally, u64)> {
        let Bounds { after, upto, head } = bounds(store, workspace, &tally).await?;
        if upto.saturating_sub(after) > REPORT_EVENTS_MAX {
            let detail = format!("more than {REPORT_EVENTS_MAX} events; ask for a shorter time");
            return Err(Fault::invalid(detail));
        }
        let mut pages = Pages::new(store.clone(), workspace, self.page, after..upto);
        while let Some(events) = pages.next().await? {
            meet(store, workspace, &mut tally, &events).await?;
            // One connection at a time: lists and commands have the others.
            pages.begin();
            for logged in &events {
                budget.check()?;
                tally.take(logged);
            }
        }
        if upto < head {
            follow(store, workspace, &mut tally).await?;
        }
        Ok((tally, upto))
    }
}

/// A stretch of the log, page by page. One page can be read while the one before it is folded.
struct Pages {
    store: Store,
    workspace: WorkspaceId,
    page: u64,
    /// The rest, which was not begun yet.
    left: Range<u64>,
    /// The task that reads the next page. Dropping this ends it.
    coming: JoinSet<Result<Vec<Logged>, StoreError>>,
}

impl Pages {
    fn new(store: Store, workspace: WorkspaceId, page: u64, left: Range<u64>) -> Self {
        let mut pages = Self { store, workspace, page, left, coming: JoinSet::new() };
        pages.begin();
        pages
    }

    /// Begins to read the next page, if there is one.
    fn begin(&mut self) {
        let (after, workspace, store) = (self.left.start, self.workspace, self.store.clone());
        if self.left.is_empty() {
            return;
        }
        let upto = after.saturating_add(self.page).min(self.left.end);
        self.left.start = upto;
        self.coming.spawn(async move {
            let mut tx = store.read().await?;
            let events = read::happened(&mut tx, workspace, after, upto).await?;
            tx.rollback().await?;
            Ok(events)
        });
    }

    /// The page that was begun.
    async fn next(&mut self) -> HandlerResult<Option<Vec<Logged>>> {
        let Some(page) = self.coming.join_next().await else { return Ok(None) };
        Ok(Some(page.map_err(|error| Fault::internal(&error))??))
    }
}

/// Positions of a log: those that the edges lie between, and its end.
struct Bounds {
    after: u64,
    upto: u64,
    head: u64,
}

async fn bounds(store: &Store, workspace: WorkspaceId, tally: &Tally) -> HandlerResult<Bounds> {
    let (begin, end) = (tally.edges().begin(), tally.edges().end());
    let mut tx = store.read().await?;
    let head = read::log_head(&mut tx, workspace).await?.position;
    let begin = begin.plus_ms(-MARGIN_MS);
    let after = read::position_before(&mut tx, workspace, head, begin).await?;
    let end = end.plus_ms(MARGIN_MS);
    let upto = read::position_before(&mut tx, workspace, head, end).await?;
    tx.rollback().await?;
    Ok(Bounds { after, upto: upto.max(after), head })
}

/// Tells the tally of the conversations that come up.
async fn meet(
    store: &Store,
    workspace: WorkspaceId,
    tally: &mut Tally,
    events: &[Logged],
) -> HandlerResult<()> {
    let mut firsts: Vec<(ConversationId, &Logged)> = Vec::new();
    let mut new = BTreeSet::new();
    for logged in events {
        let id = logged.event.conversation_id;
        if let Some(id) = id.filter(|id| !tally.knows(*id) && new.insert(*id)) {
            firsts.push((id, logged));
        }
    }
    if new.is_empty() {
        return Ok(());
    }
    let mut tx = store.read().await?;
    let channels = read::channels_of(&mut tx, workspace, &new).await?;
    for (id, logged) in firsts {
        let Some((channel, is_tagged)) = channels.get(&id) else { continue };
        let revision = logged.event.revision;
        let mut earlier = match revision.filter(|_| !is_told_whole(&logged.event)) {
            Some(revision) => read::happened_before(&mut tx, workspace, id, revision).await?,
            None => Vec::new(),
        };
        // A lasting tag may be older than all that is looked back at.
        let first = earlier.first().unwrap_or(logged).event.revision;
        if let Some(first) = first.filter(|first| *is_tagged && *first > 1) {
            let tagged = read::tagged_before(&mut tx, workspace, id, first).await?;
            earlier.splice(0..0, tagged);
        }
        tally.meet(logged, *channel, &earlier);
    }
    tx.rollback().await?;
    Ok(())
}

/// Tells the tally of episodes that began after the log that was read.
async fn follow(store: &Store, workspace: WorkspaceId, tally: &mut Tally) -> HandlerResult<()> {
    let last: Vec<(ConversationId, Timestamp)> = tally.ended().collect();
    for ended in last.chunks(AT_A_TIME) {
        let ends: BTreeMap<ConversationId, Timestamp> = ended.iter().copied().collect();
        let Some(first) = ends.values().min() else { continue };
        let ids = ends.keys().copied().collect();
        let mut tx = store.read().await?;
        let mut begun = read::episodes_after(&mut tx, workspace, &ids, *first).await?;
        tx.rollback().await?;
        begun.sort_by_key(|(_, at)| std::cmp::Reverse(*at));
        // The earliest comes last, and stays.
        for (id, at) in
            begun.into_iter().filter(|(id, at)| ends.get(id).is_some_and(|end| at > end))
        {
            tally.follow(id, at);
        }
    }
    Ok(())
}
