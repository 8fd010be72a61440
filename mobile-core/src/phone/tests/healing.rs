//! Everything is well for as long as it takes, and then must be as it should.

use std::collections::BTreeSet;
use std::time::Duration;

use baton_domain::see::mirror::{Lists, Mirrored};
use baton_protocol::{Agent, Owner, Status};

use super::world::{DEVICES, Happening, World, ms};
use crate::link::{Input, State};
use crate::outbox::{ActStage, Choice, Echo, Offer};
use crate::push::payload::Kind;
use crate::store::ValueName;

/// Whether nothing is to be done but by authors. What was accepted leaves, unless an act that waits
/// for its author has to name it.
fn is_at_rest(echoes: &[Echo]) -> bool {
    let behind = echoes.iter().filter(|echo| matches!(echo.stage, ActStage::Behind { .. }));
    let waits: BTreeSet<_> = behind.map(|echo| echo.conversation_id).collect();
    echoes.iter().all(|echo| match echo.stage {
        ActStage::NeedsReview | ActStage::Behind { .. } => true,
        ActStage::Acknowledged => waits.contains(&echo.conversation_id),
        ActStage::Waiting | ActStage::Sending | ActStage::Contended | ActStage::Checking => false,
    })
}

impl World {
    /// Whether a phone is live, at the head, and nothing is lacking or on its way.
    fn is_whole(&self, d: usize) -> bool {
        let phone = &self.devices[d].phone;
        let mirror = phone.machines().link.mirror();
        phone.state() == State::Live
            && mirror.cursor == Some(self.server.cursor())
            && mirror.wanted().next().is_none()
            && mirror.lists() == Lists::default()
            && phone.machines().receipts.waiting() == 0
            && is_at_rest(&phone.outbox().echoes())
    }

    fn is_quiet(&self) -> bool {
        let pushes = |happening: &Happening| {
            matches!(happening, Happening::Pushed(..) | Happening::Posts(..) | Happening::Tells)
        };
        (0..DEVICES).all(|d| self.is_whole(d)) && !self.queue.values().any(pushes)
    }

    fn runs_until_quiet(&mut self, most: Duration) {
        let end = self.now + most;
        while !self.is_quiet() {
            if !self.steps(end) {
                let states = self.devices.iter().map(|device| {
                    let phone = &device.phone;
                    (
                        phone.state(),
                        phone.machines().link.mirror().progress(),
                        phone.outbox().echoes(),
                    )
                });
                let states: Vec<_> = states.collect();
                let cursor = self.server.cursor();
                panic!("never quiet at {cursor:?}: {states:#?}");
            }
        }
    }

    /// No fault from here on.
    fn is_well(&mut self) {
        (self.flaky, self.server.busy, self.are_pushes_late) = (0, 0, false);
        for d in 0..DEVICES {
            self.devices[d].dies_after = None;
            *self.devices[d].store.faults.lock().unwrap() = (0, 0);
            if !self.devices[d].is_up {
                self.network(d, true);
            }
            if self.devices[d].phone.state() == State::NeedsSignIn {
                self.signs_in(d);
            }
            if !self.devices[d].is_foreground {
                self.comes_forward(d);
            }
        }
    }

    pub(super) fn network(&mut self, d: usize, is_up: bool) {
        self.devices[d].is_up = is_up;
        if !is_up {
            let life = self.devices[d].life;
            let wires = self.sessions.keys().copied().filter(|wire| (wire.0, wire.1) == (d, life));
            for wire in wires.collect::<Vec<_>>() {
                self.soon(Happening::Hangs(wire));
            }
        }
        self.tell(d, if is_up { Input::NetworkUp } else { Input::NetworkDown });
    }

    /// Faults stop; then everything must come to rest and be right.
    pub(super) fn heals(&mut self) {
        for round in 0..5 {
            self.is_well();
            // An agent who has to sign in finds that out, at the latest by a silent socket.
            self.runs(Duration::from_secs(300));
            self.is_well();
            self.runs_until_quiet(Duration::from_secs(4_000));
            let is_last = round == 4;
            let chosen: usize = (0..DEVICES).map(|d| self.reviews(d, is_last)).sum();
            if chosen == 0 {
                break;
            }
        }
        self.runs_until_quiet(Duration::from_secs(4_000));
        for d in 0..DEVICES {
            // An agent who looks again sees nothing that is over.
            self.goes_back(d);
            self.comes_forward(d);
        }
        self.runs_until_quiet(Duration::from_secs(600));
        self.runs(ms(1_000));
        self.judges();
        // And it goes on being told.
        self.server.customer_writes(0);
        self.tells();
        self.runs_until_quiet(Duration::from_secs(600));
        self.is_as_fresh();
    }

    /// Each author decides of what needs them; gives how often.
    fn reviews(&mut self, d: usize, is_last: bool) -> usize {
        let echoes = self.devices[d].phone.outbox().echoes();
        let reviews = echoes.into_iter().filter(|echo| echo.stage == ActStage::NeedsReview);
        let numbers: Vec<_> = reviews.map(|echo| echo.number).collect();
        for number in &numbers {
            let offer = match self.dice(if is_last { 1 } else { 5 }) {
                0 => Offer::Discard,
                1 => Offer::TurnIntoNote,
                2 => Offer::Edit,
                _ => Offer::SendAnyway,
            };
            // Some are left as they are.
            if !is_last || self.dice(4) > 0 {
                self.chooses(d, *number, offer);
            }
        }
        numbers.len()
    }

    pub(super) fn chooses(&mut self, d: usize, number: u64, offer: Offer) {
        let now = self.clock();
        self.tapped += 1;
        let text = format!("edited {}", self.tapped);
        let Some(echo) = self.devices[d].echo(number) else { return };
        let seen = self.devices[d].seen(echo.conversation_id);
        let choice = match offer {
            Offer::SendAnyway => Choice::SendAnyway { seen },
            Offer::Edit => Choice::Edit { text, seen },
            Offer::TurnIntoNote => Choice::TurnIntoNote,
            Offer::Discard => Choice::Discard,
        };
        let is_discarded = choice == Choice::Discard;
        if self.devices[d].phone.choose(number, choice, now).is_ok() {
            self.judge.meets("chosen");
            let body = (!is_discarded).then(|| self.devices[d].echo(number)).flatten();
            self.judge.chose(d, number, body.map(|echo| echo.body));
        }
        self.pump(d);
    }

    fn judges(&mut self) {
        self.is_as_fresh();
        let mut judge = std::mem::take(&mut self.judge);
        judge.closes(&self.devices, &self.server);
        self.judge = judge;
        for d in 0..DEVICES {
            self.judges_board(d);
        }
    }

    /// Every store holds what a fresh phone would, and the lists show what there is.
    fn is_as_fresh(&mut self) {
        for device in &mut self.devices {
            let differs = self.server.difference(device.agent(), &device.held());
            assert!(differs.is_none(), "{:?}: {}", device.account, differs.unwrap());
            let fresh = self.server.settings_of(device.agent());
            assert_eq!(device.settings(), fresh, "{:?}: other settings", device.account);
            let kept =
                device.store.read(&device.account, |read| read.kept(ValueName::Agents)).unwrap();
            let kept: Vec<Agent> = serde_json::from_slice(&kept.unwrap()).unwrap();
            assert!(self.server.are_agents(&kept), "other agents: {kept:?}");
            let progress = device.store.read(&device.account, |read| read.progress()).unwrap();
            let progress = serde_json::from_slice(&progress.state).unwrap();
            assert_eq!(device.phone.machines().link.mirror().progress(), progress, "never stored");
            device.lists.are_fresh(&device.phone);
            assert_eq!(device.lists.poll_timeout(), None, "somebody is not told");
        }
    }

    /// Nothing is shown outside of the app that is over.
    fn judges_board(&self, d: usize) {
        let device = &self.devices[d];
        let phone = &device.phone;
        assert_eq!(device.kept_board(), phone.machines().board, "another board is kept");
        assert_eq!(device.drops_waiting(), 0, "drops are left");
        let held = device.held();
        for tag in phone.machines().board.tags() {
            for subject in phone.machines().board.told(tag) {
                let of = subject.conversation.unwrap();
                let mirrored = held.get(&of).expect("shown, and not in scope");
                let head = mirrored.head();
                let is_mine = head.owner == Owner::Agent(device.agent());
                let is_queued = matches!(head.owner, Owner::Queue(_));
                let is_resolved = head.status == Status::Resolved;
                let is_unread =
                    mirrored.unread_lines() > 0 || matches!(mirrored, Mirrored::Head(_));
                let is_on = match subject.kind {
                    Kind::Message => (is_mine || is_queued) && is_unread,
                    Kind::Queue => is_queued && !is_resolved && is_unread,
                    Kind::Assigned | Kind::Reopened => is_mine && !is_resolved,
                    Kind::Mention | Kind::Review | Kind::Reminder | Kind::Number => true,
                    Kind::Offer | Kind::Sla | Kind::Retract | Kind::Digest => false,
                };
                assert!(is_on, "it is over, and shown: {subject:?} of {head:?}");
                assert!(subject.expires_at >= self.server.now.plus_ms(-2_000), "expired");
            }
        }
        if device.is_screen_sure {
            let board: BTreeSet<_> = phone.machines().board.tags().collect();
            let screen: BTreeSet<_> = device.screen.keys().copied().collect();
            assert_eq!(screen, board, "the screen shows something else");
        }
    }
}
