//! One input of the link: handled inside a transaction, committed, then told to the others.

use baton_domain::see::mirror::{InMemory, Progress};
use baton_protocol::ConversationId;
use baton_protocol::frame::{ClientFrame, PresenceWish, ServerFrame, View};

use super::contact::Proof;
use super::{Effect, Machines, Now};
use crate::link::{self, Input, Listing, State, Welcomed};
use crate::lists::Touched;
use crate::outbox::{Failure, RetryCause};
use crate::store::{Changes, StoreError, ValueName, Write};

impl Machines {
    /// Hands an input to the link and carries out what follows from it.
    pub(super) fn hear(&mut self, input: Input, now: Now) {
        let before = self.link.socket();
        self.update_lock(now);
        let proof = Proof::of(&input);
        let (effects, changes) = self.turn(input, now);
        if let Some(proof) = proof {
            self.contact.record_proof(proof, self.link.socket(), now);
        }
        self.keep_contact(now);
        for effect in effects {
            self.carry_out(effect, now);
        }
        if let Some(lost) = before.filter(|before| self.link.socket() != Some(*before)) {
            self.socket_is_gone(lost, now);
        }
        self.take_note(changes, now);
    }

    /// Handles an input and stores what it says: both, or neither.
    fn turn(&mut self, input: Input, now: Now) -> (Vec<link::LinkAction>, Changes) {
        let (mut input, mut effects, mut changes) = (Some(input), Vec::new(), Changes::default());
        let link = &mut self.link;
        let stored = self.store.write(&self.me, |write| {
            let Some(input) = input.take() else { return Ok(()) };
            let turn = link.handle(input, now.mono, write);
            effects = turn.effects;
            if let Some(error) = turn.error {
                return Err(error);
            }
            for effect in &effects {
                keep(effect, write)?;
            }
            changes = write.changes()?;
            Ok(())
        });
        let Err(error) = stored else { return (effects, changes) };
        if let Some(input) = input {
            // The store is closed. What is not about what is held goes on; the rest is not stored.
            effects = self.link.handle(input, now.mono, &mut InMemory::default()).effects;
        }
        let is_lost = effects.iter().any(is_of_a_commit);
        effects.retain(|effect| !is_of_a_commit(effect));
        if is_lost {
            effects.extend(self.link.handle_store_failure(now.mono));
        }
        if is_lost || error != StoreError::Closed {
            self.report_store_error(error);
        }
        (effects, Changes::default())
    }

    fn carry_out(&mut self, effect: link::LinkAction, now: Now) {
        use link::LinkAction as Of;
        let effect = match effect {
            Of::Commit(_) => return,
            Of::Keep(_) => Effect::People,
            Of::Welcomed(welcomed) => return self.welcome(&welcomed, now),
            Of::PassOn(frame) => return self.pass_on(*frame, now),
            Of::WakeDone => return self.handle_push_answer(now),
            Of::OpenSocket(socket) => Effect::OpenSocket(socket),
            Of::CloseSocket(socket, code) => Effect::CloseSocket(socket, code),
            Of::Ping(socket) => Effect::Ping(socket),
            Of::Send(socket, frame) => Effect::Send(socket, frame),
            Of::Fetch(ticket, query) => Effect::Fetch(ticket, query),
            Of::Abandon(ticket) => Effect::Abandon(ticket),
            Of::RefreshToken => Effect::RefreshToken,
            Of::Tell(state) => {
                self.outbox.set_network(state != State::Offline, now);
                Effect::State(state)
            }
            Of::Suspend { deadline } => Effect::Suspend { deadline },
            Of::EndSession => Effect::EndSession,
            Of::Wipe => Effect::Wipe,
        };
        self.effects.push_back(effect);
    }

    /// The server let us in: what waited for it goes on.
    fn welcome(&mut self, welcomed: &Welcomed, now: Now) {
        let Welcomed { epoch, timings, server_time, is_newer, .. } = welcomed;
        self.server_is_newer = *is_newer;
        self.offset_ms = server_time.since(now.wall);
        self.outbox.set_epoch(*epoch, now);
        self.outbox.set_timings(timings);
        self.outbox.set_server_time(*server_time, now);
        self.outbox.set_awake(true, now);
        self.outbox.kick(RetryCause::Connected, now);
        self.composer.connect(timings, now.mono);
        let touched = self.around.connect();
        self.touched.add(&touched);
        if self.wants_presence {
            self.send_frame(ClientFrame::Presence(PresenceWish { watch: true }));
        }
        if self.on_screen.is_some() {
            self.send_frame(ClientFrame::View(View { conversation_id: self.on_screen }));
        }
        self.post_receipts(now);
        // From here on it is known in which life the log is.
        self.sweep_notifications(now);
    }

    /// Sends a frame, now or never.
    pub(super) fn send_frame(&mut self, frame: ClientFrame) {
        if let Some(socket) = self.link.socket() {
            self.effects.push_back(Effect::Send(socket, frame));
        }
    }

    /// What is not for the link.
    fn pass_on(&mut self, frame: ServerFrame, now: Now) {
        match frame {
            ServerFrame::CommandResult(result) => {
                self.outbox.handle_socket_results(vec![*result], now);
            }
            ServerFrame::Lease(ref state) => self.composer.handle_lease(state, now.mono),
            ServerFrame::Presence { .. } => {
                self.hear_around(&frame);
                self.effects.push_back(Effect::People);
            }
            ServerFrame::Viewing { .. } | ServerFrame::Draft { .. } => self.hear_around(&frame),
            // The others are the link's.
            ServerFrame::Welcome { .. }
            | ServerFrame::Events { .. }
            | ServerFrame::Entered { .. }
            | ServerFrame::Left { .. }
            | ServerFrame::Reset { .. }
            | ServerFrame::Error { .. }
            | ServerFrame::Unknown => {}
        }
    }

    fn hear_around(&mut self, frame: &ServerFrame) {
        let touched = self.around.handle_frame(frame);
        self.touched.add(&touched);
    }

    /// Without a socket nobody knows what becomes of what went over it, nor who composes.
    fn socket_is_gone(&mut self, lost: link::SocketId, now: Now) {
        let requests = self.over_socket.iter().filter(|(_, socket)| **socket == lost);
        let requests: Vec<_> = requests.map(|(request, _)| *request).collect();
        for request in requests {
            self.over_socket.remove(&request);
            self.outbox.handle_failure(request, Failure::Lost, now);
        }
        self.composer.disconnect(now.mono);
        let touched = self.around.disconnect();
        self.touched.add(&touched);
    }

    /// What is stored now, for those who follow it.
    fn take_note(&mut self, changes: Changes, now: Now) {
        if let Some(cursor) = self.applied() {
            self.outbox.set_applied(cursor, now);
        }
        let Changes { is_cleared, put, removed, has_settings } = changes;
        if has_settings {
            self.effects.push_back(Effect::Settings);
        }
        if !is_cleared && put.is_empty() && removed.is_empty() {
            return;
        }
        if is_cleared {
            self.touched.add(&Touched::everything());
        }
        for of in &removed {
            self.left.insert(*of);
            self.outbox.leave_scope(*of, now);
            self.composer.leave_scope(*of, now.mono);
        }
        for of in put.iter().filter(|of| self.left.remove(of)) {
            self.outbox.enter_scope(*of, now);
        }
        self.park_where_the_window_closed(&put, now);
        for of in put.into_iter().chain(removed) {
            self.touched.add(&Touched::conversation(of));
        }
        self.sweep_notifications(now);
    }

    /// Replies that nobody may send any more go before their author at once.
    fn park_where_the_window_closed(
        &mut self,
        put: &std::collections::BTreeSet<ConversationId>,
        now: Now,
    ) {
        let waiting = self.outbox.conversations_with_unsent_answers();
        for of in waiting.into_iter().filter(|of| put.contains(of)) {
            self.park_if_closed(of, now);
        }
    }
}

/// What of an effect belongs into the transaction.
fn keep(effect: &link::LinkAction, write: &mut Write<'_>) -> Result<(), StoreError> {
    match effect {
        link::LinkAction::Keep(listing) => keep_list(listing, write),
        link::LinkAction::Commit(progress) => keep_progress(progress, write),
        link::LinkAction::OpenSocket(_)
        | link::LinkAction::CloseSocket(..)
        | link::LinkAction::Ping(_)
        | link::LinkAction::Send(..)
        | link::LinkAction::Fetch(..)
        | link::LinkAction::Abandon(_)
        | link::LinkAction::RefreshToken
        | link::LinkAction::Welcomed(_)
        | link::LinkAction::PassOn(_)
        | link::LinkAction::Tell(_)
        | link::LinkAction::WakeDone
        | link::LinkAction::Suspend { .. }
        | link::LinkAction::EndSession
        | link::LinkAction::Wipe => Ok(()),
    }
}

fn keep_list(listing: &Listing, write: &mut Write<'_>) -> Result<(), StoreError> {
    let (what, bytes) = match listing {
        Listing::Agents(all) => (ValueName::Agents, serde_json::to_vec(all)),
        Listing::Teams(all) => (ValueName::Teams, serde_json::to_vec(all)),
        Listing::Channels(all) => (ValueName::Channels, serde_json::to_vec(all)),
    };
    let bytes = bytes.map_err(|_unserialisable| StoreError::Unfit("a list"))?;
    write.keep(what, Some(&bytes))
}

fn keep_progress(progress: &Progress, write: &mut Write<'_>) -> Result<(), StoreError> {
    let state = serde_json::to_vec(progress);
    let state = state.map_err(|_unserialisable| StoreError::Unfit("how far the log is"))?;
    write.set_progress(&crate::store::StoredProgress { cursor: progress.cursor, state })
}

fn is_of_a_commit(effect: &link::LinkAction) -> bool {
    matches!(effect, link::LinkAction::Commit(_) | link::LinkAction::Keep(_))
}
