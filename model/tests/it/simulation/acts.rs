//! What customers, agents and their office do.

use std::time::Duration;

use baton_domain::fact::inbound::ElementBody;
use baton_domain::group::{LookWork, Work};
use baton_mobile::link::Input;
use baton_mobile::outbox::{ActStage, Choice, Offer, Tap};
use baton_model::server::WORKSPACE;
use baton_protocol::command::{
    Assign, Claim, MarkRead, NoteText, Nothing, OfMessage, Reply, Resend, Seeing, Snooze, Transfer,
    Unassign,
};
use baton_protocol::frame::ComposeAction;
use baton_protocol::{
    CommandBody, ConversationId, MessageId, MessageStatus, Owner, Status, Visibility,
};
use uuid::Uuid;

use super::phone::Death;
use super::world::{ANA, BEN, LEAD, ReplyTo, TEAMS, World, Wrote};

const CUSTOMERS: [&str; 4] = ["34600000001", "34600000002", "34600000003", "34600000004"];

impl World {
    /// A customer writes, or a webhook comes once more.
    pub(super) fn customer_writes(&mut self) {
        if self.dice.percent(15)
            && let Some(bodies) = self.dice.one_of(&self.posted).cloned()
        {
            let post = self.server.post(bodies);
            return self.queue.push_back((post, ReplyTo::Meta));
        }
        let count = if self.dice.percent(80) { 1 } else { 2 };
        let wa_id = CUSTOMERS[self.dice.below(CUSTOMERS.len())];
        let bodies: Vec<ElementBody> = (0..count)
            .map(|_| {
                let body = self.server.text_from(wa_id, "Hola");
                // At times somebody answers on the phone that shares the number.
                if self.dice.percent(4) {
                    ElementBody::Echo(body)
                } else {
                    ElementBody::Message(body)
                }
            })
            .collect();
        self.posted.push(bodies.clone());
        let post = self.server.post(bodies);
        self.queue.push_back((post, ReplyTo::Meta));
    }

    /// An agent looks, taps, decides of what needs them, or composes.
    pub(super) fn somebody_acts(&mut self) {
        let p = self.dice.below(self.phones.len());
        let held: Vec<ConversationId> = self.phones[p].disk.conversations.keys().copied().collect();
        let Some(of) = self.dice.one_of(&held).copied() else { return };
        if !self.phones[p].is_foreground {
            return;
        }
        if self.dice.percent(65) {
            self.phones[p].look(of);
        }
        match self.dice.weighted(&[60, 26, 4, 10, 12]) {
            0 => self.taps(p, of),
            1 => self.decides(p),
            2 => self.withdraws(p),
            4 => {
                let (seed, by) = (self.dice.next(), self.phones[p].agent);
                self.server.sets_at_random(seed, by);
                self.meets("a setting");
            }
            _ => {
                let (agent, device) = (self.phones[p].agent, self.phones[p].device);
                let action = match self.dice.below(4) {
                    0 => ComposeAction::TakeOver,
                    1 => ComposeAction::Stop,
                    _ => ComposeAction::Start,
                };
                self.server.compose(agent, device, of, action);
            }
        }
    }

    fn taps(&mut self, p: usize, of: ConversationId) {
        let body = self.body(p, of);
        let now = self.clock_of(p);
        let text = text(&body);
        let tap = Tap { op_id: None, conversation_id: of, body, follows: false };
        let taken = self.phones[p].outbox.enqueue(tap, now);
        if let (Ok(taken), Some(text)) = (taken, text) {
            let (number, life) = (taken.number, self.phones[p].life);
            let (is_kept, is_discarded) = (false, false);
            self.wrote.push(Wrote { phone: p, text, number, life, is_kept, is_discarded });
        }
        self.goes_on(p);
    }

    fn body(&mut self, p: usize, of: ConversationId) -> CommandBody {
        let seen = self.phones[p].seen(of);
        let expect_owner_epoch =
            self.phones[p].disk.conversations.get(&of).map_or(1, |held| held.head().owner_epoch);
        self.texts += 1;
        let text = format!("t{}.", self.texts);
        let (exceed_capacity, ignore_lease) = (self.dice.percent(5), self.dice.percent(10));
        match self.dice.weighted(&[58, 6, 6, 4, 2, 5, 5, 3, 2, 2, 3, 2, 3, 3]) {
            0 => {
                let kept = self.one_in(of, &[MessageStatus::Held, MessageStatus::Failed]);
                let replaces = kept.filter(|_| self.dice.percent(30));
                CommandBody::Reply(Reply {
                    text,
                    seen,
                    quoted: None,
                    replaces,
                    ignore_lease,
                    canned: None,
                })
            }
            1 => CommandBody::Note(NoteText::from(text)),
            2 => CommandBody::Claim(Claim { expect_owner_epoch, exceed_capacity }),
            3 => {
                let agent_id = [ANA, BEN, LEAD][self.dice.below(3)];
                CommandBody::Assign(Assign { agent_id, expect_owner_epoch, exceed_capacity })
            }
            4 => CommandBody::Unassign(Unassign { expect_owner_epoch }),
            5 => {
                let to = match self.dice.below(4) {
                    0 => Owner::Queue(TEAMS[0]),
                    1 => Owner::Queue(TEAMS[1]),
                    2 => Owner::Agent(ANA),
                    _ => Owner::Agent(BEN),
                };
                let note = None;
                CommandBody::Transfer(Transfer {
                    to,
                    expect_owner_epoch,
                    seen,
                    note,
                    exceed_capacity,
                })
            }
            6 => CommandBody::Resolve(seen.into()),
            7 => CommandBody::MarkWaiting(Seeing { seen }),
            8 => CommandBody::Snooze(Snooze { until: self.server.now.plus_ms(60_000), seen }),
            9 => CommandBody::Reopen(Nothing {}),
            10 => CommandBody::MarkRead(MarkRead { seq: seen.map_or(0, |seen| seen.seq) }),
            11 => {
                let message_id = self.some(of, &[MessageStatus::Unconfirmed]);
                CommandBody::MarkSent(OfMessage { message_id })
            }
            12 => {
                let kept = [MessageStatus::Queued, MessageStatus::Held, MessageStatus::Failed];
                CommandBody::Cancel(OfMessage { message_id: self.some(of, &kept) })
            }
            _ => {
                let message_id = self.some(of, &[MessageStatus::Unconfirmed]);
                CommandBody::Resend(Resend { message_id, seen, ignore_lease })
            }
        }
    }

    fn one_in(&mut self, of: ConversationId, statuses: &[MessageStatus]) -> Option<MessageId> {
        let all = statuses.iter().flat_map(|status| self.in_status(*status));
        let here: Vec<_> = all.filter(|at| at.conversation == of).map(|at| at.message).collect();
        self.dice.one_of(&here).copied()
    }

    fn some(&mut self, of: ConversationId, statuses: &[MessageStatus]) -> MessageId {
        self.one_in(of, statuses).unwrap_or(MessageId(Uuid::nil()))
    }

    /// An author decides of something that needs them, having looked.
    pub(super) fn decides(&mut self, p: usize) {
        let echoes = self.phones[p].outbox.echoes();
        let reviews: Vec<_> =
            echoes.into_iter().filter(|echo| echo.stage == ActStage::NeedsReview).collect();
        let Some(echo) = self.dice.one_of(&reviews).cloned() else { return };
        let of = echo.conversation_id;
        self.phones[p].look(of);
        let seen = self.phones[p].seen(of);
        let Some(offer) = self.dice.one_of(&echo.offers).copied() else { return };
        let choice = match offer {
            Offer::SendAnyway => Choice::SendAnyway { seen },
            Offer::Edit => {
                let text = format!("{}edited", text(&echo.body).unwrap_or_default());
                Choice::Edit { text, seen }
            }
            Offer::TurnIntoNote => Choice::TurnIntoNote,
            Offer::Discard => Choice::Discard,
        };
        let is_discarded = offer == Offer::Discard;
        let now = self.clock_of(p);
        let chosen = self.phones[p].outbox.choose(echo.number, choice, now);
        if chosen.is_ok() {
            self.meets("decided of a review");
            if is_discarded {
                self.discards(p, &echo.body);
            }
        }
        self.goes_on(p);
    }

    fn withdraws(&mut self, p: usize) {
        let echoes = self.phones[p].outbox.echoes();
        let Some(echo) = self.dice.one_of(&echoes).cloned() else { return };
        let now = self.clock_of(p);
        drop(self.phones[p].outbox.withdraw(echo.number, now));
        self.goes_on(p);
    }

    fn discards(&mut self, p: usize, body: &CommandBody) {
        let Some(text) = text(body) else { return };
        let wrote = self.wrote.iter_mut();
        for wrote in wrote.filter(|wrote| wrote.phone == p && text.starts_with(&wrote.text)) {
            wrote.is_discarded = true;
        }
    }

    /// A phone dies, goes to the background or loses its network, or comes back.
    pub(super) fn phone_fails(&mut self) {
        let p = self.dice.below(self.phones.len());
        let now = self.clock_of(p);
        match self.dice.below(10) {
            8 => self.phones[p].is_store_slow ^= true,
            9 => self.phones[p].ahead_ms = [0, -3_600_000, 30 * 3_600_000][self.dice.below(3)],
            0 => {
                self.meets("a phone killed");
                self.phones[p].start(now);
            }
            1 => {
                self.meets("a phone killed at a commit");
                let death = [Death::BeforeCommit, Death::AfterCommit][self.dice.below(2)];
                self.phones[p].death = Some(death);
            }
            2 => {
                self.meets("a store failed");
                self.phones[p].disk.fails_after = u32::try_from(self.dice.below(6)).ok();
            }
            3 if !self.phones[p].is_foreground => {
                let deadline = now.mono + Duration::from_secs(8);
                self.phones[p].hear(Input::PushWoke { deadline }, now);
            }
            3..=5 => {
                let is_up = !self.phones[p].has_network;
                self.network_of(p, is_up);
            }
            _ => {
                let looks = !self.phones[p].is_foreground;
                self.looks(p, looks);
            }
        }
        self.collect(p);
    }

    pub(super) fn network_of(&mut self, p: usize, is_up: bool) {
        let now = self.clock_of(p);
        self.phones[p].has_network = is_up;
        let input = if is_up { Input::NetworkUp } else { Input::NetworkDown };
        self.phones[p].hear(input, now);
        self.collect(p);
    }

    pub(super) fn looks(&mut self, p: usize, looks: bool) {
        let now = self.clock_of(p);
        self.phones[p].is_foreground = looks;
        self.phones[p].outbox.set_awake(looks, now);
        let deadline = now.mono + Duration::from_secs(5);
        let input = if looks { Input::Foreground } else { Input::Background { deadline } };
        self.phones[p].hear(input, now);
        self.collect(p);
    }

    /// Settings change, a snooze ends, or the feed is cut.
    pub(super) fn office_changes(&mut self) {
        match self.dice.below(9) {
            8 => self.token_expires(),
            0 | 1 => {
                let agent = [ANA, BEN][self.dice.below(2)];
                let team = TEAMS[self.dice.below(2)];
                let joins = self.dice.percent(60);
                self.server.set_membership(agent, team, joins);
            }
            2 => {
                let team = TEAMS[self.dice.below(2)];
                let all = [Visibility::Full, Visibility::Head, Visibility::Own];
                let visibility = all[self.dice.below(3)];
                self.server.set_visibility(team, visibility);
            }
            3 => self.server.floor = self.server.head(),
            _ => self.wakes(),
        }
    }

    /// Phones have to fetch a new token. One that is not accepted when it is new means another
    /// thing.
    fn token_expires(&mut self) {
        let token_at = self.phones.iter().map(|phone| phone.token_at).max();
        let is_old = token_at.is_none_or(|at| at + Duration::from_secs(61) < self.now);
        if is_old && self.phones.iter().all(|phone| phone.token == self.token) {
            self.token += 1;
        }
    }

    fn wakes(&mut self) {
        let now = self.server.now;
        let due: Vec<_> = self
            .server
            .conversations()
            .filter_map(|conversation| {
                let Status::Snoozed { until } = conversation.head.status else { return None };
                (until <= now).then_some(conversation.head.id)
            })
            .collect();
        for conversation in due {
            let work = LookWork { workspace: WORKSPACE, conversation };
            self.queue.push_back((Work::Look(work), ReplyTo::Nobody));
        }
    }
}

/// What a command says.
#[expect(clippy::wildcard_enum_match_arm, reason = "the others say nothing")]
pub(super) fn text(body: &CommandBody) -> Option<String> {
    match body {
        CommandBody::Reply(reply) => Some(reply.text.clone()),
        CommandBody::Note(note) => Some(note.text.clone()),
        _ => None,
    }
}
