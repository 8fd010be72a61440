//! Requests for data that the mirror lacks: a few at a time, each until it is answered or no longer
//! needed.

use std::collections::BTreeSet;
use std::time::Duration;

use baton_domain::see::mirror::List;
use baton_protocol::{ConversationId, Cursor};

use super::backoff::{spread, window};
use super::effect::{LinkAction, Query, TimeoutReason};
use super::input::Ticket;
use super::limits::{
    FETCH_MAX, FETCHES_AT_ONCE, KICK_EVERY, PAGE_RESTARTS_MAX, PAGE_ROWS, PAGE_ROWS_LEAST,
    PAGES_MAX, RETRY_AFTER_MAX,
};
use crate::few::Few;

/// What is asked for; the first come first.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Key {
    Sync,
    Page,
    List(List),
    Conversation(ConversationId),
}

/// Which of them may be asked.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Leave {
    /// None.
    Nothing,
    /// What a push wakes for: what was missed, and what is behind then.
    Wake,
    /// Everything.
    All,
}

#[derive(Clone, Copy, Debug)]
struct Job {
    /// When to ask.
    at: Duration,
    /// The server said not before.
    hold: Duration,
    /// When it was last asked.
    asked: Option<Duration>,
    failures: u32,
    /// Answers that were not enough.
    behind: u32,
    under_way: Option<UnderWay>,
}

#[derive(Clone, Copy, Debug)]
struct UnderWay {
    ticket: Ticket,
    until: Duration,
    /// The token that it was asked with.
    used: u32,
}

impl Job {
    fn due(at: Duration) -> Self {
        Self { at, hold: at, asked: None, failures: 0, behind: 0, under_way: None }
    }
}

/// The requests under way and those to come.
#[derive(Clone, Debug)]
pub(super) struct Fetches {
    jobs: Few<Key, Job>,
    last_ticket: u64,
    /// The next page; the first when `None`.
    page: Option<String>,
    pages: u32,
    restarts: u32,
    rows: u32,
}

/// What requests are made with now.
#[derive(Clone, Copy, Debug)]
pub(super) struct Start {
    pub(super) now: Duration,
    pub(super) leave: Leave,
    pub(super) cursor: Option<Cursor>,
    pub(super) settings_above: u64,
    /// The number of the access token.
    pub(super) used: u32,
}

impl Fetches {
    /// None. Tickets go on from the last one given.
    pub(super) fn after(last_ticket: u64) -> Self {
        let (jobs, rows) = (Few::new(), PAGE_ROWS);
        Self { jobs, last_ticket, page: None, pages: 0, restarts: 0, rows }
    }

    pub(super) fn last_ticket(&self) -> u64 {
        self.last_ticket
    }

    /// Asks for what is lacking, and gives up what is not.
    pub(super) fn align(
        &mut self,
        lacking: &BTreeSet<Key>,
        now: Duration,
        out: &mut Vec<LinkAction>,
    ) {
        self.jobs.retain(|key, job| {
            let is_lacking = *key == Key::Sync || lacking.contains(key);
            if !is_lacking {
                abandon(job, out);
            }
            is_lacking
        });
        for key in lacking {
            if !self.jobs.contains_key(key) {
                if *key == Key::Page {
                    (self.page, self.pages) = (None, 0);
                }
                self.jobs.insert(*key, Job::due(now));
            }
        }
    }

    /// Asks anew, whatever was asked before.
    pub(super) fn ask(&mut self, key: Key, at: Duration, out: &mut Vec<LinkAction>) {
        if let Some(mut job) = self.jobs.insert(key, Job::due(at)) {
            abandon(&mut job, out);
        }
        if key == Key::Page {
            (self.page, self.pages) = (None, 0);
        }
    }

    /// Sends what is due.
    pub(super) fn start(&mut self, with: Start, out: &mut Vec<LinkAction>) {
        let Start { now, leave, cursor, settings_above, used } = with;
        let mut free = self.free();
        let ahead = self.ahead();
        for (key, job) in &mut self.jobs {
            let waits = job.under_way.is_some() || job.at > now;
            if free == 0 || waits || !is_allowed(*key, leave, ahead) {
                continue;
            }
            let query = match (key, cursor) {
                (Key::Sync, None) => continue,
                (Key::Sync, Some(cursor)) => Query::Sync(cursor),
                (Key::Page, _) => Query::Snapshot { page: self.page.clone(), limit: self.rows },
                (Key::List(List::Agents), _) => Query::Agents,
                (Key::List(List::Teams), _) => Query::Teams,
                (Key::List(List::Channels), _) => Query::Channels,
                (Key::List(List::Settings), _) => Query::Settings { above: settings_above },
                (Key::Conversation(id), _) => Query::Conversation(*id),
            };
            self.last_ticket += 1;
            let ticket = Ticket(self.last_ticket);
            job.under_way = Some(UnderWay { ticket, until: now + FETCH_MAX, used });
            job.asked = Some(now);
            out.push(LinkAction::Fetch(ticket, query));
            free -= 1;
        }
    }

    /// What this ticket asked for and with which token, if it is still awaited.
    pub(super) fn came(&mut self, ticket: Ticket) -> Option<(Key, u32)> {
        let is_it = |job: &Job| job.under_way.is_some_and(|awaited| awaited.ticket == ticket);
        let (key, job) = (&mut self.jobs).into_iter().find(|(_, job)| is_it(job))?;
        let UnderWay { used, .. } = job.under_way.take()?;
        Some((*key, used))
    }

    /// It is answered.
    pub(super) fn done(&mut self, key: Key) {
        self.jobs.remove(&key);
    }

    /// A page came; says whether the snapshot goes on in a sane way.
    pub(super) fn turn(&mut self, next: Option<String>, now: Duration) -> bool {
        self.pages += 1;
        self.rows = (self.rows * 2).min(PAGE_ROWS);
        let Some(next) = next else {
            (self.restarts, self.pages) = (0, 0);
            self.jobs.remove(&Key::Page);
            return true;
        };
        let is_sane = self.pages < PAGES_MAX && self.page.as_ref() != Some(&next);
        self.page = Some(next);
        self.jobs.insert(Key::Page, Job::due(now));
        is_sane
    }

    /// The server does not know the page it gave: from the first one; says whether that makes
    /// sense again.
    pub(super) fn restart(&mut self, at: Duration) -> bool {
        self.restarts += 1;
        (self.page, self.pages) = (None, 0);
        self.jobs.insert(Key::Page, Job::due(at));
        self.restarts <= PAGE_RESTARTS_MAX
    }

    /// It could not be answered: later again.
    pub(super) fn fail(&mut self, key: Key, now: Duration, random: u64, hold_ms: u64) {
        if key == Key::Page {
            self.rows = (self.rows / 2).max(PAGE_ROWS_LEAST);
        }
        let Some(job) = self.jobs.get_mut(&key) else { return };
        job.under_way = None;
        job.hold = now + Duration::from_millis(hold_ms).min(RETRY_AFTER_MAX);
        job.at = job.hold.max(now + spread(window(job.failures), random));
        job.failures = job.failures.saturating_add(1);
    }

    /// The answer was not enough: later again; gives how often that was so.
    pub(super) fn fall_behind(&mut self, key: Key, now: Duration, random: u64) -> u32 {
        self.fail(key, now, random, 0);
        let Some(job) = self.jobs.get_mut(&key) else { return 0 };
        job.behind += 1;
        job.behind
    }

    /// What should have been answered by now.
    pub(super) fn overdue(&mut self, now: Duration, out: &mut Vec<LinkAction>) -> Vec<Key> {
        let mut overdue = Vec::new();
        for (key, job) in &mut self.jobs {
            if job.under_way.is_some_and(|awaited| awaited.until <= now) {
                abandon(job, out);
                overdue.push(*key);
            }
        }
        overdue
    }

    /// Gives up what is under way; it is asked again when that is possible.
    pub(super) fn abandon(&mut self, out: &mut Vec<LinkAction>) {
        if let Some(mut sync) = self.jobs.remove(&Key::Sync) {
            abandon(&mut sync, out);
        }
        for job in self.jobs.values_mut() {
            abandon(job, out);
        }
    }

    /// People wait: what failed is asked soon, unless the server asked to wait.
    pub(super) fn hurry(&mut self, now: Duration) {
        for job in self.jobs.values_mut() {
            let soon = job.asked.map_or(now, |asked| now.max(asked + KICK_EVERY));
            job.at = job.at.min(soon.max(job.hold));
        }
    }

    /// Whether a wake has something left to do.
    pub(super) fn has_work_for_a_wake(&self) -> bool {
        self.jobs.keys().any(|key| matches!(key, Key::Sync | Key::Conversation(_)))
    }

    /// When something is to be done.
    pub(super) fn next(&self, leave: Leave) -> Option<(Duration, TimeoutReason)> {
        let ahead = self.ahead();
        let has_room = self.free() > 0;
        let times = self.jobs.iter().filter_map(|(key, job)| match job.under_way {
            Some(awaited) => Some((awaited.until, TimeoutReason::FetchOverdue)),
            None if has_room && is_allowed(*key, leave, ahead) => {
                Some((job.at, TimeoutReason::Fetch))
            }
            None => None,
        });
        times.min()
    }

    fn ahead(&self) -> Ahead {
        let has = |key: Key| self.jobs.contains_key(&key);
        Ahead { is_syncing: has(Key::Sync), is_paging: has(Key::Page) }
    }

    fn free(&self) -> usize {
        let busy = self.jobs.values().filter(|job| job.under_way.is_some()).count();
        FETCHES_AT_ONCE.saturating_sub(busy)
    }
}

/// Requests that others wait for.
#[derive(Clone, Copy, Debug)]
struct Ahead {
    is_syncing: bool,
    is_paging: bool,
}

fn is_allowed(key: Key, leave: Leave, ahead: Ahead) -> bool {
    match (leave, key) {
        // They are many: the conversations come first.
        (Leave::All, Key::List(List::Settings)) => !ahead.is_paging,
        (Leave::Nothing, _) | (Leave::All, Key::Sync) | (Leave::Wake, Key::Page | Key::List(_)) => {
            false
        }
        (Leave::Wake, Key::Conversation(_)) => !ahead.is_syncing,
        (Leave::Wake, Key::Sync)
        | (Leave::All, Key::Page | Key::List(_) | Key::Conversation(_)) => true,
    }
}

fn abandon(job: &mut Job, out: &mut Vec<LinkAction>) {
    if let Some(UnderWay { ticket, .. }) = job.under_way.take() {
        out.push(LinkAction::Abandon(ticket));
    }
}
