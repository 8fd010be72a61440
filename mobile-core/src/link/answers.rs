//! Answers to requests.

use baton_domain::see::mirror::{Holdings, List, Page, Want};
use baton_protocol::ConversationId;
use baton_protocol::conversation::Snapshot;
use baton_protocol::frame::ServerFrame;
use baton_protocol::page::{SnapshotAnswer, SyncAnswer};
use baton_protocol::setting::SettingsPage;

use super::effect::{LinkAction, Listing};
use super::fetches::Key;
use super::input::{Failure, Fetched, Meaning, Ticket};
use super::limits::{BEHIND_MAX, RETRY_AFTER_MAX};
use super::wire::is_in_order;
use super::{Link, Step};

impl Link {
    pub(super) fn answered<H: Holdings>(
        &mut self,
        ticket: Ticket,
        answer: Result<Fetched, Failure>,
        held: &mut H,
        step: &mut Step,
    ) -> Result<(), H::Error> {
        let Some((key, used)) = self.fetches.came(ticket) else { return Ok(()) };
        let answer = match answer {
            Ok(answer) => answer,
            Err(failure) => {
                if !self.is_told_by(key, &failure, held, step)? && !self.judge(&failure, used, step)
                {
                    self.again(key, failure.retry_after_ms(), step)?;
                }
                return Ok(());
            }
        };
        self.token_works();
        match (key, answer) {
            (Key::Page, Fetched::Page(page)) => self.page(page, held, step),
            (Key::Conversation(id), Fetched::Conversation(snapshot)) => {
                self.conversation(id, Some(*snapshot), held, step)
            }
            (Key::List(List::Agents), Fetched::Agents(all)) => {
                self.list(List::Agents, Listing::Agents(all), step)
            }
            (Key::List(List::Teams), Fetched::Teams(all)) => {
                self.list(List::Teams, Listing::Teams(all), step)
            }
            (Key::List(List::Channels), Fetched::Channels(all)) => {
                self.list(List::Channels, Listing::Channels(all), step)
            }
            (Key::List(List::Settings), Fetched::Settings(page)) => {
                self.settings(&page, held, step)
            }
            (Key::Sync, Fetched::Sync(sync)) => self.synced(&sync, held, step),
            (key, _) => self.again(key, 0, step),
        }
    }

    /// Whether the failure itself answers what was asked.
    fn is_told_by<H: Holdings>(
        &mut self,
        key: Key,
        failure: &Failure,
        held: &mut H,
        step: &mut Step,
    ) -> Result<bool, H::Error> {
        match (key, failure.meaning()) {
            (Key::Conversation(id), Meaning::NotFound) => {
                self.conversation(id, None, held, step)?;
                Ok(true)
            }
            (Key::Page, Meaning::Invalid) => {
                if !self.fetches.restart(step.now) {
                    self.again(Key::Page, 0, step)?;
                    self.fault(step);
                }
                Ok(true)
            }
            // A server of before there were settings: it may be another one later.
            (Key::List(List::Settings), Meaning::Incompatible | Meaning::NotFound) => {
                let hold = u64::try_from(RETRY_AFTER_MAX.as_millis()).unwrap_or(u64::MAX);
                self.again(key, hold, step)?;
                Ok(true)
            }
            _ => Ok(false),
        }
    }

    /// Later again.
    #[expect(clippy::unnecessary_wraps, reason = "the last step of those that may fail")]
    fn again<E>(&mut self, key: Key, hold_ms: u64, step: &mut Step) -> Result<(), E> {
        let random = self.next_random();
        self.fetches.fail(key, step.now, random, hold_ms);
        Ok(())
    }

    fn page<H: Holdings>(
        &mut self,
        answer: SnapshotAnswer,
        held: &mut H,
        step: &mut Step,
    ) -> Result<(), H::Error> {
        let SnapshotAnswer { cursor, conversations, next } = answer;
        if self.mirror.epoch() != Some(cursor.epoch) {
            // Of another life: the socket will tell of it.
            return self.again(Key::Page, 0, step);
        }
        let (upto, is_last) = (cursor.position, next.is_none());
        let page = Page { upto, snapshots: conversations, is_last };
        let wants = self.apply(held, |mirror| mirror.try_page(page))?;
        if wants.iter().any(|want| matches!(want, Want::Snapshot { .. })) {
            // Of a server that is not there yet.
            return self.again(Key::Page, 0, step);
        }
        step.is_changed = true;
        if !self.fetches.turn(next, step.now) {
            self.mirror.begin_snapshot();
            self.fetches.ask(Key::Page, step.now, &mut step.effects);
            self.fault(step);
        }
        self.take_up(&wants, step);
        Ok(())
    }

    fn conversation<H: Holdings>(
        &mut self,
        id: ConversationId,
        snapshot: Option<Snapshot>,
        held: &mut H,
        step: &mut Step,
    ) -> Result<(), H::Error> {
        step.is_changed = true;
        let wants = self.apply(held, |mirror| mirror.try_conversation(id, snapshot))?;
        if wants.contains(&Want::Conversation(id)) {
            let random = self.next_random();
            let behind = self.fetches.fall_behind(Key::Conversation(id), step.now, random);
            if behind > BEHIND_MAX {
                self.begin_snapshot(step);
            }
        }
        self.take_up(&wants, step);
        Ok(())
    }

    #[expect(clippy::unnecessary_wraps, reason = "the last step of those that may fail")]
    fn list<E>(&mut self, list: List, listing: Listing, step: &mut Step) -> Result<(), E> {
        step.keep.push(LinkAction::Keep(listing));
        self.mirror.has_read(list);
        self.fetches.done(Key::List(list));
        Ok(())
    }

    /// A page of settings. What is not the last one is asked for at once, if it goes on at all.
    fn settings<H: Holdings>(
        &mut self,
        page: &SettingsPage,
        held: &mut H,
        step: &mut Step,
    ) -> Result<(), H::Error> {
        const KEY: Key = Key::List(List::Settings);
        let above = self.mirror.settings_above();
        if page.next.is_some_and(|next| next <= above) {
            return self.again(KEY, 0, step);
        }
        let is_last = self.apply(held, |mirror| mirror.try_settings(page))?;
        step.is_changed = true;
        match is_last {
            true => self.fetches.done(KEY),
            false => self.fetches.ask(KEY, step.now, &mut step.effects),
        }
        Ok(())
    }

    /// What was missed, without a socket. A snapshot that it asks for is left to when somebody
    /// looks.
    fn synced<H: Holdings>(
        &mut self,
        answer: &SyncAnswer,
        held: &mut H,
        step: &mut Step,
    ) -> Result<(), H::Error> {
        self.fetches.done(Key::Sync);
        let is_ours = self.mirror.epoch() == Some(answer.cursor.epoch);
        if !is_ours || !answer.frames.iter().all(is_of_a_sync) {
            return Ok(());
        }
        step.is_changed = true;
        self.mirror.listen_anew();
        for frame in &answer.frames {
            let wants = self.apply(held, |mirror| mirror.try_frame(frame))?;
            if wants.contains(&Want::Resume) {
                break;
            }
            self.take_up(&wants, step);
        }
        Ok(())
    }
}

fn is_of_a_sync(frame: &ServerFrame) -> bool {
    match frame {
        ServerFrame::Events { after, upto, events } => is_in_order(*after, *upto, events),
        ServerFrame::Entered { .. } | ServerFrame::Left { .. } | ServerFrame::Reset { .. } => true,
        // A courtesy that this version does not know, as on a socket.
        ServerFrame::Unknown => true,
        ServerFrame::Welcome { .. }
        | ServerFrame::CommandResult(_)
        | ServerFrame::Lease(_)
        | ServerFrame::Presence { .. }
        | ServerFrame::Viewing { .. }
        | ServerFrame::Draft { .. }
        | ServerFrame::Error { .. } => false,
    }
}
