//! What must hold of an outbox at every moment, whoever dies and whatever is lost: it notes what
//! the agent wanted, and looks at the phone, its store and the server.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::outcome::Answer;
use baton_protocol::{CommandBody, ConversationId, LineRef, OpId, Seen};

use super::phone::{Phone, text};
use super::server::whose;
use crate::outbox::{ActStage, Change, Echo, Ended, Item, Kind, State};

/// What became of a wish, as far as its author was told.
#[derive(Clone, PartialEq, Eq, Debug)]
enum Fate {
    /// The call has not returned.
    Tapped,
    /// It is the outbox's to look after.
    Kept,
    /// The phone died, or its store failed, before the call returned.
    NeverKept,
    /// Its author let go of it.
    Discarded,
    /// The server had it.
    Acknowledged,
}

/// Something that the agent wanted.
#[derive(Clone, Debug)]
struct Wish {
    of: ConversationId,
    /// What is to be sent: as tapped, then as its author chose.
    bodies: Vec<CommandBody>,
    /// Every op id that it went by.
    ops: BTreeSet<OpId>,
    last_op: OpId,
    fate: Fate,
}

impl Wish {
    fn body(&self) -> &CommandBody {
        self.bodies.last().expect("a body")
    }
}

/// See the head of the file.
#[derive(Default)]
pub(super) struct Judge {
    wishes: Vec<Wish>,
    /// Numbers in the outbox are given anew after a restart.
    of_number: BTreeMap<u64, usize>,
    heard: usize,
    logged: usize,
    /// What an app shows that was told of every change since it began.
    app: BTreeMap<u64, Echo>,
}

impl Judge {
    pub(super) fn tapped(&mut self, phone: &Phone, number: u64, is_new: bool) {
        if !is_new {
            return;
        }
        let echo = phone.echo(number);
        self.of_number.insert(number, self.wishes.len());
        self.wishes.push(Wish {
            of: echo.conversation_id,
            bodies: vec![echo.body],
            ops: BTreeSet::from([echo.op_id]),
            last_op: echo.op_id,
            fate: Fate::Tapped,
        });
    }

    /// Reads become one.
    pub(super) fn merged(&mut self, number: u64, body: &CommandBody) {
        let Some(wish) = self.of_number.get(&number).map(|index| &mut self.wishes[*index]) else {
            return;
        };
        if let (CommandBody::MarkRead(held), CommandBody::MarkRead(more)) = (wish.body(), body)
            && held.seq < more.seq
        {
            wish.bodies.push(body.clone());
        }
    }

    pub(super) fn discarded(&mut self, number: u64) {
        let index = self.of_number[&number];
        self.wishes[index].fate = Fate::Discarded;
    }

    /// The author chose: from here on this is what they want.
    pub(super) fn chose(&mut self, phone: &Phone, number: u64, missed: &[LineRef]) {
        let index = self.of_number[&number];
        let body = phone.echo(number).body;
        if let Some(seen) = seen(&body) {
            for line in missed {
                assert!(seen.is_some_and(|seen| seen.seq >= line.seq), "sent without a look");
            }
        }
        self.wishes[index].bodies.push(body);
    }

    /// The phone died: what was not in the store never was.
    pub(super) fn died(&mut self, phone: &Phone) {
        self.logs(phone);
        self.hears(phone);
        let rows = phone.store.values().map(|row| serde_json::from_slice::<Item>(row).unwrap());
        let rows: BTreeMap<_, _> = rows.map(|item| (item.number, item)).collect();
        for (number, index) in &self.of_number {
            let wish = &mut self.wishes[*index];
            let Some(item) = rows.get(number) else {
                let answer = phone.server.knows(wish.last_op);
                wish.fate = match wish.fate {
                    Fate::Tapped => Fate::NeverKept,
                    Fate::Kept if matches!(answer, Some(Answer::Accepted(_))) => Fate::Acknowledged,
                    Fate::Kept if matches!(wish.body(), CommandBody::MarkRead(_)) => {
                        Fate::Discarded
                    }
                    Fate::Kept | Fate::NeverKept | Fate::Discarded | Fate::Acknowledged => {
                        wish.fate.clone()
                    }
                };
                assert_ne!(wish.fate, Fate::Kept, "the store has lost {wish:?}");
                continue;
            };
            // What its author decided last may not have been stored.
            if wish.fate == Fate::Discarded {
                wish.fate = Fate::Kept;
            }
            wish.last_op = item.command.op_id;
            let known = wish.bodies.iter().rposition(|body| *body == item.command.body);
            wish.bodies.truncate(known.expect("nobody wanted what is stored") + 1);
        }
        self.of_number.retain(|number, _| rows.contains_key(number));
    }

    /// The phone began again: its app shows what the outbox says.
    pub(super) fn begins(&mut self, phone: &Phone) {
        self.heard = phone.told.len();
        self.app = phone.outbox.echoes().into_iter().map(|echo| (echo.number, echo)).collect();
    }

    /// By which op ids items were sent.
    fn logs(&mut self, phone: &Phone) {
        for (op_id, number) in &phone.log[self.logged..] {
            let wish = &mut self.wishes[self.of_number[number]];
            wish.ops.insert(*op_id);
            if wish.last_op != *op_id {
                assert_given_up(phone, wish.last_op);
                wish.last_op = *op_id;
            }
        }
        self.logged = phone.log.len();
    }

    /// Looks at everything.
    pub(super) fn looks(&mut self, phone: &Phone) {
        self.logs(phone);
        self.hears(phone);
        self.looks_at_items(phone);
        self.looks_at_server(phone);
    }

    fn hears(&mut self, phone: &Phone) {
        for change in &phone.told[self.heard..] {
            match change {
                Change::Shown(echo) => drop(self.app.insert(echo.number, (**echo).clone())),
                Change::NotStored { number, .. } => {
                    let wish = &mut self.wishes[self.of_number[number]];
                    assert_eq!(wish.fate, Fate::Tapped, "was kept, and is told not to be");
                    wish.fate = Fate::NeverKept;
                    self.of_number.remove(number);
                    self.app.remove(number);
                }
                Change::Gone { number, op_id, how, .. } => {
                    self.app.remove(number);
                    let wish = &mut self.wishes[self.of_number[number]];
                    match how {
                        Ended::Acknowledged => {
                            let answer = phone.server.knows(*op_id);
                            assert!(matches!(answer, Some(Answer::Accepted(_))), "{answer:?}");
                            wish.fate = Fate::Acknowledged;
                        }
                        Ended::Discarded => assert_eq!(wish.fate, Fate::Discarded),
                        Ended::ReadRefused { .. } => {
                            assert!(matches!(wish.body(), CommandBody::MarkRead(_)));
                            wish.fate = Fate::Discarded;
                        }
                    }
                }
            }
        }
        self.heard = phone.told.len();
    }

    fn looks_at_items(&mut self, phone: &Phone) {
        let echoes = phone.outbox.echoes();
        for echo in &echoes {
            let Some(index) = self.of_number.get(&echo.number) else { continue };
            let wish = &mut self.wishes[*index];
            if wish.fate == Fate::Tapped && phone.outbox.is_kept(echo.number) {
                wish.fate = Fate::Kept;
            }
            // Nothing is given up that may have arrived or may arrive yet.
            if echo.op_id != wish.last_op || echo.stage == ActStage::NeedsReview {
                assert_given_up(phone, wish.last_op);
            }
            wish.last_op = echo.op_id;
            wish.ops.insert(echo.op_id);
        }
        let held: BTreeSet<_> = echoes.iter().map(|echo| echo.number).collect();
        for (number, index) in &self.of_number {
            let wish = &self.wishes[*index];
            if wish.fate == Fate::Kept && !held.contains(number) {
                // It ended; the app is told once the store has it.
                let answer = phone.server.knows(wish.last_op);
                let is_read = matches!(wish.body(), CommandBody::MarkRead(_));
                let is_done = matches!(answer, Some(Answer::Accepted(_)));
                assert!(is_done || is_read, "left in silence: {wish:?} {answer:?}");
            }
            if wish.fate == Fate::Discarded {
                assert_given_up(phone, wish.last_op);
            }
        }
    }

    fn looks_at_server(&self, phone: &Phone) {
        let mut last: BTreeMap<ConversationId, usize> = BTreeMap::new();
        let mut done: BTreeSet<usize> = BTreeSet::new();
        for one in phone.server.done.iter().filter(|one| one.by == whose().agent) {
            let op_id = one.command.op_id;
            let of = |wish: &&Wish| wish.ops.contains(&op_id);
            let index = self.wishes.iter().position(|wish| of(&wish)).expect("a wish");
            let wish = &self.wishes[index];
            assert!(done.insert(index), "done twice: {wish:?}");
            assert_eq!(wish.of, one.command.conversation_id);
            assert!(!one.is_unknowing, "answered without knowing: {wish:?}");
            // `seen` is what its author had been shown, at the tap or when they chose.
            let is_note = matches!(one.command.body, CommandBody::Note(_));
            assert!(is_note || seen(&one.command.body) == seen(wish.body()), "{wish:?} {one:?}");
            assert_eq!(text(&one.command.body), text(wish.body()), "another text");
            if one.command.body.spec().lane == Kind::Visible {
                let before = last.insert(wish.of, index);
                assert!(before < Some(index), "overtaken: {before:?} by {index}");
            }
        }
    }

    /// After everything was given time: whatever is left is its author's to decide, or behind
    /// that.
    pub(super) fn closes(&mut self, phone: &Phone) {
        self.looks(phone);
        let shown: Vec<_> = self.app.values().cloned().collect();
        assert_eq!(shown, phone.outbox.echoes(), "the app shows something else");
        for echo in phone.outbox.echoes() {
            let is_left = matches!(echo.stage, ActStage::NeedsReview | ActStage::Behind { .. });
            assert!(is_left, "left undone: {echo:?}");
            assert_eq!(echo.offers.is_empty(), echo.stage != ActStage::NeedsReview);
        }
        let shown: BTreeSet<_> = phone.outbox.echoes().iter().map(|echo| echo.number).collect();
        for (number, index) in &self.of_number {
            let wish = &self.wishes[*index];
            let is_shown = shown.contains(number) && wish.fate == Fate::Kept;
            let has_ended = !matches!(wish.fate, Fate::Tapped | Fate::Kept);
            assert!(is_shown || has_ended, "neither shown nor ended: {wish:?}");
        }
        let rows = phone.store.values().map(|row| serde_json::from_slice::<Item>(row).unwrap());
        let rows: BTreeSet<_> = rows
            .filter(|item| !matches!(item.state, State::Accepted { .. }))
            .map(|item| item.number)
            .collect();
        assert_eq!(rows, shown, "the store has something else");
    }
}

/// Whether nothing can come of an op id any more: it was never sent, or the server has decided
/// that it is not carried out.
#[track_caller]
fn assert_given_up(phone: &Phone, op_id: OpId) {
    let answer = phone.server.knows(op_id);
    let is_refused = matches!(answer, Some(Answer::Refused(_)));
    let is_unsent = !phone.sent.contains_key(&op_id);
    let is_dead = phone.dead.contains(&op_id) && answer.is_none();
    assert!(
        is_unsent || is_refused || is_dead,
        "given up, and who knows what became of it: {answer:?}"
    );
}

fn seen(body: &CommandBody) -> Option<Seen> {
    body.seen()
}
