//! What is on the screen, in the app and outside of it, and what the clock says of it.

use std::collections::BTreeSet;

use baton_domain::see::mirror::{Full, Mirrored};
use baton_domain::text::shown::title;
use baton_protocol::conversation::ConversationView;
use baton_protocol::{Author, ConversationId};

use super::undelivered::tags;
use super::{BOARD, Effect, Machines, Now, UNDELIVERED};
use crate::gathered::gathered;
use crate::push::answer::Unseen;
use crate::push::board::Board;
use crate::push::decide::{Sweep, sweep, told_again};
use crate::push::known::{Foreground, Held, PushContext, Quiet};
use crate::push::text::Words;
use crate::store::{Read, StoreError, ValueName, View};

impl Machines {
    /// The lines of what is opened are the last to go when room is short.
    pub(super) fn note_opened(&mut self, of: ConversationId, now: Now) {
        let at = self.server_time(now);
        let noted = self.store.write(&self.me, |write| write.opened(of, at));
        if let Err(error) = noted {
            self.report_store_error(error);
        }
    }

    /// A reply of which no byte was sent, and none may be any more, goes before its author.
    pub(super) fn park_if_closed(&mut self, of: ConversationId, now: Now) {
        if !self.outbox.conversations_with_unsent_answers().contains(&of) {
            return;
        }
        let held = self.store.read(&self.me, |read| read.conversation(of));
        let until = match held {
            Ok(Some(Mirrored::Full(full))) => full.view.conversation.thread.window_until,
            Ok(Some(Mirrored::Head(_)) | None) => None,
            Err(error) => return self.report_store_error(error),
        };
        if let Some(closed_at) = until.filter(|until| *until <= self.server_time(now)) {
            self.outbox.close_window(of, closed_at, now);
        }
    }

    /// Takes away what is shown outside of the app and is over.
    pub(super) fn sweep_notifications(&mut self, now: Now) {
        if self.board == Board::default() && self.is_board_kept {
            return;
        }
        let known = match self.known(None) {
            Ok(known) => known,
            Err(error) => return self.report_store_error(error),
        };
        self.changes_on_screen(sweep(&known, self.server_time(now)), now);
    }

    /// What is shown outside of the app is another: kept, then told.
    pub(super) fn changes_on_screen(&mut self, swept: Sweep, now: Now) {
        let Sweep { board, withdraw, update } = swept;
        let delivery = self.undelivered.begin(tags(&withdraw, &update));
        self.keep_board(board, now);
        if !withdraw.is_empty() || !update.is_empty() {
            self.effects.push_back(Effect::Notifications { withdraw, update, delivery });
        }
    }

    /// Delivers the state of notifications whose change the app may not know. Its process ended,
    /// its listener threw, or nobody took the answer to a push. It is told how it stands.
    pub(super) fn tell_again(&mut self, now: Now) {
        let tags = self.undelivered.waiting();
        if tags.is_empty() {
            return;
        }
        let known = match self.known(None) {
            Ok(known) => known,
            Err(error) => return self.report_store_error(error),
        };
        let (withdraw, update) = told_again(&tags, &known, self.server_time(now));
        let delivery = self.undelivered.begin(tags);
        self.effects.push_back(Effect::Notifications { withdraw, update, delivery });
    }

    pub(super) fn end_delivery(&mut self, delivery: u64, is_taken: bool, now: Now) {
        if self.undelivered.end(delivery, is_taken) {
            self.keep_board(self.board.clone(), now);
        }
    }

    /// Remembers what was shown, and what of it the app was not told. Where the store does not,
    /// this process does, and brings it to the store again.
    pub(super) fn keep_board(&mut self, board: Board, now: Now) {
        if board == self.board && self.is_board_kept && self.undelivered.is_kept() {
            return;
        }
        self.board = board;
        let board = serde_json::to_vec(&self.board).unwrap_or_default();
        let undelivered = serde_json::to_vec(&self.undelivered.tags()).unwrap_or_default();
        let kept = self.store.write(&self.me, |write| {
            write.keep(ValueName::Setting(BOARD), Some(&board))?;
            write.keep(ValueName::Setting(UNDELIVERED), Some(&undelivered))
        });
        self.is_board_kept = kept.is_ok();
        match kept {
            Ok(()) => self.undelivered.mark_kept(),
            Err(error) => self.not_kept(error, now),
        }
    }

    /// What this phone knows, of these conversation and of those that notifications are about.
    pub(super) fn known(&self, of: Option<ConversationId>) -> Result<PushContext, StoreError> {
        let ids: BTreeSet<_> = gathered(self.board.conversations().into_iter().chain(of));
        let is_locked = self.contact.is_locked();
        let mut known = PushContext {
            cursor: self.applied().filter(|_| !is_locked),
            is_synced: self.link.socket().is_some(),
            board: self.board.clone(),
            foreground: self
                .is_foreground
                .then_some(Foreground { conversation: self.on_screen.filter(|_| !is_locked) }),
            quiet: Quiet::default(),
            ..PushContext::without_store(self.me.workspace, self.me.agent)
        };
        if is_locked {
            return Ok(known);
        }
        self.store.read(&self.me, |read| {
            let total = read.total(View::Mine)?;
            known.unread = Some(u32::try_from(total.unread).unwrap_or(u32::MAX));
            for id in ids {
                if let Some(held) = self.held(read, id)? {
                    known.conversations.insert(id, held);
                }
            }
            Ok::<_, StoreError>(())
        })?;
        Ok(known)
    }

    fn held(&self, read: &Read<'_>, id: ConversationId) -> Result<Option<Held>, StoreError> {
        let Some(mirrored) = read.conversation(id)? else { return Ok(None) };
        let is_open = self.is_foreground && self.on_screen == Some(id);
        let opened = self.applied().filter(|_| is_open);
        let (preview, unseen) = match &mirrored {
            Mirrored::Full(full) => (preview(&full.view), self.unseen(full)),
            Mirrored::Head(_) => (None, None),
        };
        Ok(Some(Held { opened, preview, unseen, ..Held::of(&mirrored, self.me.agent) }))
    }

    fn unseen(&self, full: &Full) -> Option<Unseen> {
        let Full { view, lines, .. } = full;
        let unseen = Unseen::of(&title(&view.contact)?, lines, self.me.agent, view.read_seq);
        unseen.filter(|unseen| unseen.to.seq == view.conversation.head.last_seq)
    }
}

/// What a notification may say of the newest line.
fn preview(view: &ConversationView) -> Option<Words> {
    let line = view.preview.as_ref().filter(|line| line.author == Author::Customer)?;
    Words::of_lines(&title(&view.contact)?, &[(line.content.text.as_deref()?, line.at)])
}
