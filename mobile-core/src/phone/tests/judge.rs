//! The rules that hold for every act, whichever process dies and whatever is lost. The judge notes
//! what agents wanted. It looks at what they are told, what is sent, and what the server carried
//! out.

use std::collections::{BTreeMap, BTreeSet};

use baton_model::Server;
use baton_model::team::DESK;
use baton_protocol::{Command, CommandBody, ConversationId, OpId};

use super::device::Device;
use super::files::{contents, unnamed};
use crate::outbox::{ActStage, Change, Echo, Ended, Item, ReviewReason, State};

/// What became of an act, as far as its author was told.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fate {
    /// The call has not returned.
    Tapped,
    /// It is the phone's to look after.
    Kept,
    /// The phone died, or its store failed, before the call returned.
    NeverKept,
    /// Its author let go of it; of a read, nobody cared.
    Discarded,
    /// The server had it.
    Acknowledged,
}

/// Something that an agent wanted.
#[derive(Clone, Debug)]
struct Act {
    device: usize,
    of: ConversationId,
    /// What is to be sent: as tapped, then as its author chose.
    bodies: Vec<CommandBody>,
    /// Every op id that it went by.
    ops: BTreeSet<OpId>,
    fate: Fate,
}

impl Act {
    fn is_read(&self) -> bool {
        matches!(self.bodies[0], CommandBody::MarkRead(_))
    }
}

/// What agents wanted, and what became of it.
#[derive(Default)]
pub(super) struct Judge {
    acts: Vec<Act>,
    /// Numbers are given anew after a restart.
    numbers: BTreeMap<(usize, u64), usize>,
    /// What was carried out, in whichever life of the log.
    ever: BTreeSet<OpId>,
    /// How much of what is done was looked at.
    looked: usize,
    pub(super) met: BTreeMap<&'static str, usize>,
}

impl Judge {
    pub(super) fn meets(&mut self, what: &'static str) {
        *self.met.entry(what).or_default() += 1;
    }

    pub(super) fn tapped(&mut self, d: usize, echo: (u64, OpId), of: ConversationId, by: Tapped) {
        let (number, op_id) = echo;
        let Tapped { body, is_kept } = by;
        let fate = if is_kept { Fate::Kept } else { Fate::Tapped };
        self.numbers.insert((d, number), self.acts.len());
        let (bodies, ops) = (vec![body], BTreeSet::from([op_id]));
        self.acts.push(Act { device: d, of, bodies, ops, fate });
    }

    /// The call returned: it is kept, or its author was told that it is not.
    pub(super) fn returned(&self, d: usize, number: u64) {
        let fate = self.numbers.get(&(d, number)).map(|index| self.acts[*index].fate);
        assert_ne!(fate, Some(Fate::Tapped), "neither kept nor refused");
    }

    /// Reads become one.
    pub(super) fn merged(&mut self, d: usize, number: u64, body: &CommandBody) {
        let Some(index) = self.numbers.get(&(d, number)) else { return };
        let act = &mut self.acts[*index];
        if let (Some(CommandBody::MarkRead(held)), CommandBody::MarkRead(more)) =
            (act.bodies.last(), body)
            && held.seq < more.seq
        {
            act.bodies.push(body.clone());
        }
    }

    /// The author chose: another body, or none.
    pub(super) fn chose(&mut self, d: usize, number: u64, body: Option<CommandBody>) {
        let act = &mut self.acts[self.numbers[&(d, number)]];
        match body {
            Some(body) => act.bodies.push(unnamed(&body)),
            None => act.fate = Fate::Discarded,
        }
    }

    /// A command is handed to the network: the store has it as it is.
    pub(super) fn sent(&mut self, d: usize, command: &Command, item: Option<Item>) {
        let item = item.expect("sent, and not in the store");
        assert_eq!(&item.command, command, "sent, and the store has another one");
        assert!(item.may_be_sent(), "sent, and the store calls it {}", item.state.name());
        let index = self.numbers.get(&(d, item.number)).expect("sent, and nobody tapped it");
        let act = &mut self.acts[*index];
        assert_eq!(act.bodies.last(), Some(&unnamed(&command.body)), "nobody wanted that");
        assert_eq!(act.of, command.conversation_id);
        act.ops.insert(command.op_id);
    }

    pub(super) fn hears(&mut self, d: usize, changes: &[Change]) {
        for change in changes {
            self.meets(name_of(change));
            match change {
                Change::Shown(echo) => {
                    let index = self.numbers.get(&(d, echo.number)).expect("shown, not tapped");
                    self.acts[*index].ops.insert(echo.op_id);
                }
                Change::NotStored { number, .. } => {
                    let index = self.numbers.remove(&(d, *number)).expect("tapped");
                    let act = &mut self.acts[index];
                    assert_eq!(act.fate, Fate::Tapped, "was kept, and is told not to be");
                    act.fate = Fate::NeverKept;
                }
                Change::Gone { number, op_id, how, .. } => {
                    let index = self.numbers.remove(&(d, *number)).expect("gone, not tapped");
                    let act = &mut self.acts[index];
                    act.fate = match how {
                        Ended::Acknowledged => {
                            assert!(self.ever.contains(op_id), "acknowledged, not done: {act:?}");
                            Fate::Acknowledged
                        }
                        Ended::Discarded => {
                            assert_eq!(act.fate, Fate::Discarded, "nobody let go of {act:?}");
                            Fate::Discarded
                        }
                        Ended::ReadRefused { .. } => {
                            assert!(act.is_read(), "left in silence: {act:?}");
                            Fate::Discarded
                        }
                    };
                }
            }
        }
    }

    /// The phone died: what was not in the store never was, and what was there is still.
    pub(super) fn died(&mut self, d: usize, items: &[Item]) {
        let rows: BTreeMap<_, _> = items.iter().map(|item| (item.number, item)).collect();
        let numbers: Vec<_> = self.numbers.iter().filter(|((of, _), _)| *of == d).collect();
        let numbers: Vec<_> = numbers.into_iter().map(|(key, index)| (key.1, *index)).collect();
        for (number, index) in numbers {
            let act = &mut self.acts[index];
            let Some(item) = rows.get(&number) else {
                let is_done = act.ops.iter().any(|op_id| self.ever.contains(op_id));
                act.fate = match act.fate {
                    Fate::Tapped => Fate::NeverKept,
                    Fate::Kept if is_done => Fate::Acknowledged,
                    Fate::Kept if act.is_read() => Fate::Discarded,
                    Fate::Kept => panic!("the store has lost {act:?}"),
                    Fate::NeverKept | Fate::Discarded | Fate::Acknowledged => act.fate,
                };
                self.numbers.remove(&(d, number));
                continue;
            };
            // Who decided last did not see it stored.
            act.fate = Fate::Kept;
            act.ops.insert(item.command.op_id);
            let known = act.bodies.iter().rposition(|body| *body == unnamed(&item.command.body));
            act.bodies.truncate(known.expect("nobody wanted what is stored") + 1);
        }
        for number in rows.keys() {
            assert!(self.numbers.contains_key(&(d, *number)), "stored, and nobody tapped it");
        }
    }

    /// Looks at what the server carried out since.
    pub(super) fn looks(&mut self, server: &Server) {
        let news = server.carried_out.get(self.looked..).unwrap_or_default();
        for done in news.iter().filter(|done| done.command.body.upload().is_some()) {
            let (body, device) = (&done.command.body, done.device);
            let caption = body.text().expect("a caption").text;
            let file = body.upload().and_then(|upload| server.file(upload));
            assert!(file == Some(&contents(caption)), "{caption} of {device:?} is another");
            *self.met.entry("a file sent").or_default() += 1;
        }
        self.ever.extend(news.iter().map(|done| done.command.op_id));
        self.looked = server.carried_out.len();
    }

    /// After everything was given time: each act is acknowledged, discarded, or visible.
    pub(super) fn closes(&mut self, devices: &[Device], server: &Server) {
        self.looks(server);
        self.looks_at_order(server);
        let mut shown = BTreeMap::new();
        for (d, device) in devices.iter().enumerate() {
            for echo in device.phone.outbox().echoes() {
                assert!(is_visible(&echo), "left undone: {echo:?}");
                shown.insert((d, echo.number), echo);
            }
            device.keeps_its_files(device.directory.path());
            let rows = device.items().into_iter();
            let rows = rows.filter(|item| !matches!(item.state, State::Accepted { .. }));
            let rows: BTreeSet<_> = rows.map(|item| (d, item.number)).collect();
            let mine: BTreeSet<_> = shown.keys().copied().filter(|(of, _)| *of == d).collect();
            assert_eq!(rows, mine, "the store has something else");
        }
        let of_act: BTreeMap<_, _> = self.numbers.iter().map(|(key, at)| (*at, *key)).collect();
        for (index, act) in self.acts.iter().enumerate() {
            let done =
                server.carried_out.iter().filter(|done| act.ops.contains(&done.command.op_id));
            let done = done.count();
            assert!(done <= 1, "done twice: {act:?}");
            let is_ever = act.ops.iter().any(|op_id| self.ever.contains(op_id));
            match act.fate {
                Fate::Acknowledged => assert!(is_ever, "acknowledged, not done: {act:?}"),
                Fate::NeverKept => assert!(!is_ever, "never kept, and done: {act:?}"),
                Fate::Discarded if act.is_read() => {}
                Fate::Discarded => assert_eq!(done, 0, "let go of, and done: {act:?}"),
                Fate::Kept => {
                    let is_shown = of_act.get(&index).is_some_and(|key| shown.contains_key(key));
                    assert!(is_shown, "neither shown nor ended: {act:?}");
                    assert_eq!(done, 0, "done, and shown as not: {act:?}");
                }
                Fate::Tapped => panic!("never said whether it is kept: {act:?}"),
            }
        }
    }

    /// On each conversation, what customers or colleagues notice was carried out as tapped.
    fn looks_at_order(&self, server: &Server) {
        let of = |op_id: &OpId| self.acts.iter().position(|act| act.ops.contains(op_id));
        let mut last: BTreeMap<(usize, ConversationId), usize> = BTreeMap::new();
        for done in server.carried_out.iter().filter(|done| done.device != DESK) {
            let index = of(&done.command.op_id).expect("done, and nobody tapped it");
            let act = &self.acts[index];
            let is_alone =
                matches!(done.command.body, CommandBody::Note(_) | CommandBody::MarkRead(_));
            if !is_alone {
                let before = last.insert((act.device, act.of), index);
                assert!(before < Some(index), "overtaken: {before:?} by {act:?}");
            }
        }
    }

    pub(super) fn is_put_back(&mut self, server: &Server) {
        self.looked = server.carried_out.len();
    }
}

/// A tap, and whether it was kept when the call returned.
pub(super) struct Tapped {
    pub(super) body: CommandBody,
    pub(super) is_kept: bool,
}

fn is_visible(echo: &Echo) -> bool {
    match echo.stage {
        ActStage::NeedsReview => !echo.offers.is_empty(),
        ActStage::Behind { .. } => true,
        ActStage::Waiting
        | ActStage::Sending
        | ActStage::Contended
        | ActStage::Checking
        | ActStage::Acknowledged => false,
    }
}

/// What a change tells, in a word.
fn name_of(change: &Change) -> &'static str {
    match change {
        Change::Shown(echo) => match (&echo.reason, echo.stage) {
            (Some(ReviewReason::Refused { refused }), _) => refused.refusal.code(),
            (Some(ReviewReason::BeingAnswered { .. }), _) => "contended for too long",
            (Some(ReviewReason::TooOld), _) => "too old",
            (Some(ReviewReason::WindowClosed { .. }), _) => "window closed",
            (Some(ReviewReason::NotInScope), _) => "left the scope",
            (Some(ReviewReason::Rejected { .. }), _) => "rejected",
            (Some(ReviewReason::Restored), _) => "restored",
            (Some(ReviewReason::FileRefused { .. }), _) => "file refused",
            (Some(ReviewReason::FileLost), _) => "file lost",
            (Some(ReviewReason::Withdrawn), _) => "withdrawn",
            (None, ActStage::Checking) => "checking",
            (None, ActStage::Contended) => "contended",
            (None, ActStage::Behind { .. }) => "behind",
            (None, ActStage::Waiting | ActStage::Sending) => "on its way",
            (None, ActStage::Acknowledged | ActStage::NeedsReview) => "acknowledged",
        },
        Change::Gone { how: Ended::Acknowledged, .. } => "gone",
        Change::Gone { how: Ended::Discarded, .. } => "discarded",
        Change::Gone { how: Ended::ReadRefused { .. }, .. } => "read refused",
        Change::NotStored { .. } => "not stored",
    }
}
