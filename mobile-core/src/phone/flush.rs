//! Actions of outbox and composer: written, then sent or published.

use baton_protocol::ConversationId;

use super::{Effect, Machines, Now, STORE_PAUSE};
use crate::compose;
use crate::lists::Touched;
use crate::outbox::{self, Write};
use crate::store::{self, Draft, OutboxRow, StoreError};

impl Machines {
    /// Carries out what outbox and composer want. Only [`Phone::step`](super::Phone) calls it.
    pub(super) fn flush(&mut self, now: Now) {
        loop {
            if let Some(effect) = self.outbox.poll_effect() {
                self.carry_out_of_outbox(effect, now);
            } else if let Some(effect) = self.composer.poll_effect() {
                self.carry_out_of_composer(effect, now);
            } else {
                break;
            }
        }
        if self.keep_at.is_some_and(|at| at <= now.mono) {
            self.keep_again(now);
        }
    }

    /// Brings to the store again the changes that it did not take: they lie in memory.
    fn keep_again(&mut self, now: Now) {
        self.keep_at = None;
        if !self.unkept.is_empty() {
            self.keep_drafts(now);
        }
        if !self.are_receipts_kept {
            self.keep_receipts(now);
        }
        self.keep_board(self.board.clone(), now);
    }

    /// Notes a failed write, so that it is tried again. A closed store is not reported: it opens
    /// when a person looks.
    pub(super) fn not_kept(&mut self, error: StoreError, now: Now) {
        self.keep_at = Some(now.mono + STORE_PAUSE);
        if error != StoreError::Closed {
            self.report_store_error(error);
        }
    }

    fn carry_out_of_outbox(&mut self, effect: outbox::OutboxAction, now: Now) {
        match effect {
            outbox::OutboxAction::Write { ticket, writes } => {
                let stored = self.store.write(&self.me, |write| put(&writes, write));
                match stored {
                    Ok(()) => self.outbox.confirm_write(ticket, now),
                    Err(error) => {
                        self.outbox.fail_write(ticket, now);
                        self.report_store_error(error);
                    }
                }
            }
            outbox::OutboxAction::Send { request, commands } => self.send(request, commands, now),
            outbox::OutboxAction::Ask { request, op_ids } => {
                self.effects.push_back(Effect::Outcomes { request, op_ids });
            }
            outbox::OutboxAction::Upload { request, step } => {
                self.effects.push_back(Effect::Upload { request, step });
            }
            outbox::OutboxAction::EndUpload(upload) => {
                self.effects.push_back(Effect::EndUpload(upload));
            }
            outbox::OutboxAction::DropFiles(files) => {
                for file in files {
                    // What stays goes when the phone begins next.
                    self.store.remove_file(&self.me, file).ok();
                }
            }
            outbox::OutboxAction::Tell(changes) => {
                self.echoes.apply(&changes);
                self.touched.add(&Touched::of_changes(&changes));
                self.effects.push_back(Effect::Outbox(changes));
            }
            // The link hears of the failed request itself.
            outbox::OutboxAction::SignIn => {}
        }
    }

    /// Over the socket where there is one and it is not too much for it: it is open already, and
    /// answers come one by one.
    fn send(&mut self, request: u64, commands: Vec<baton_protocol::Command>, now: Now) {
        self.over_socket.retain(|request, _| self.outbox.unanswered(*request) > 0);
        let unanswered = self.over_socket.keys().map(|request| self.outbox.unanswered(*request));
        let unanswered = unanswered.sum();
        let socket = self.link.socket();
        let socket = socket.filter(|_| self.pace.try_take(commands.len(), unanswered, now.mono));
        let Some(socket) = socket else {
            return self.effects.push_back(Effect::Commands { request, commands });
        };
        self.over_socket.insert(request, socket);
        for command in commands {
            let frame = baton_protocol::frame::ClientFrame::Command { command };
            self.effects.push_back(Effect::Send(socket, frame));
        }
    }

    fn carry_out_of_composer(&mut self, effect: compose::ComposerAction, now: Now) {
        if let Some(frame) = effect.frame() {
            return self.send_frame(frame);
        }
        match effect {
            compose::ComposerAction::Keep { conversation_id, text } => {
                self.unkept.insert(conversation_id, text);
                self.keep_drafts(now);
            }
            compose::ComposerAction::Changed(of) => {
                let hold = self.composer.hold(of, now.mono);
                let touched = self.around.set_hold(of, hold);
                self.touched.add(&touched);
            }
            compose::ComposerAction::Lost { conversation_id, by } => {
                let by = by.agent_id;
                self.effects.push_back(Effect::LeaseLost { conversation_id, by });
            }
            compose::ComposerAction::Compose { .. } | compose::ComposerAction::Show { .. } => {}
        }
    }

    fn keep_drafts(&mut self, now: Now) {
        let at = self.server_time(now);
        let unkept = &self.unkept;
        let kept = self.store.write(&self.me, |write| {
            for (of, text) in unkept {
                keep_draft(write, *of, at, text.clone())?;
            }
            Ok::<_, StoreError>(())
        });
        match kept {
            Ok(()) => {
                for of in std::mem::take(&mut self.unkept).into_keys() {
                    self.touched.add(&Touched::own(of));
                }
            }
            Err(error) => self.not_kept(error, now),
        }
    }
}

fn keep_draft(
    write: &mut store::Write<'_>,
    of: ConversationId,
    at: baton_protocol::Timestamp,
    typed: Option<compose::Typed>,
) -> Result<(), StoreError> {
    match typed {
        Some(compose::Typed { text, is_note }) => {
            write.set_draft(&Draft { conversation: of, at, text, is_note })
        }
        None => write.remove_draft(of).map(drop),
    }
}

/// Brings a batch of the outbox into the store.
fn put(writes: &[Write], write: &mut store::Write<'_>) -> Result<(), StoreError> {
    for change in writes {
        match change {
            Write::Put(row) => {
                let row = OutboxRow {
                    op_id: row.op_id,
                    conversation: Some(row.conversation_id),
                    place: row.number,
                    state: row.state.to_owned(),
                    created_at: row.created_at,
                    byte_sent: row.byte_sent,
                    payload: row.bytes.clone(),
                };
                if !write.put_outbox(&row)? {
                    write.replace_outbox(&row)?;
                }
            }
            Write::Remove(op_id) => {
                write.remove_outbox(*op_id)?;
            }
        }
    }
    Ok(())
}
