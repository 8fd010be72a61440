//! The lease and the draft, in the words of who types.

use std::collections::BTreeMap;
use std::time::Duration;

use baton_protocol::frame::{ComposeAction, LeaseHolder, LeaseState, Timings};
use baton_protocol::{AgentId, ConversationId, DeviceId, Timestamp};
use proptest::prelude::*;
use uuid::Uuid;

use super::{Composer, ComposerAction, ComposerOwner, Hold, TimeoutReason, Typed};

const ANA: ComposerOwner =
    ComposerOwner { agent: AgentId(Uuid::from_u128(1)), device: DeviceId(Uuid::from_u128(0xD1)) };
const BEN: ComposerOwner =
    ComposerOwner { agent: AgentId(Uuid::from_u128(2)), device: DeviceId(Uuid::from_u128(0xD2)) };
const LUCIA: ConversationId = ConversationId(Uuid::from_u128(0xA1));
const MATEO: ConversationId = ConversationId(Uuid::from_u128(0xA2));
const TIMINGS: Timings = Timings {
    lease_ttl_ms: 12_000,
    lease_keep_ms: 4_000,
    idle_ms: 30_000,
    silent_ms: 75_000,
    being_answered_max_ms: 60_000,
};

/// A composer, and a server that gives the lease to the first that asks.
struct Desk {
    composer: Composer,
    now: Duration,
    token: u64,
    holders: BTreeMap<ConversationId, LeaseHolder>,
    said: Vec<(ConversationId, ComposeAction)>,
    shown: Vec<String>,
    kept: Vec<Option<String>>,
    lost: Vec<AgentId>,
    is_deaf: bool,
}

impl Desk {
    fn online() -> Self {
        let mut desk = Self::offline();
        desk.composer.connect(&TIMINGS, desk.now);
        desk
    }

    fn offline() -> Self {
        Self {
            composer: Composer::new(ANA, []),
            now: Duration::from_secs(100),
            token: 0,
            holders: BTreeMap::new(),
            said: Vec::new(),
            shown: Vec::new(),
            kept: Vec::new(),
            lost: Vec::new(),
            is_deaf: false,
        }
    }

    fn types(&mut self, of: ConversationId, text: &str) {
        self.composer.set_text(of, Typed::reply(text), self.now);
        self.works();
    }

    fn draft(&self, of: ConversationId) -> Option<&str> {
        self.composer.draft(of).map(|typed| typed.text.as_str())
    }

    fn types_a_note(&mut self, of: ConversationId, text: &str) {
        self.composer.set_text(of, Typed::note(text), self.now);
        self.works();
    }

    fn works(&mut self) {
        while let Some(effect) = self.composer.poll_effect() {
            match effect {
                ComposerAction::Compose { conversation_id, action } => {
                    self.said.push((conversation_id, action));
                    if !self.is_deaf {
                        self.serves(conversation_id, action);
                    }
                }
                ComposerAction::Show { text, .. } => self.shown.push(text),
                ComposerAction::Keep { text, .. } => self.kept.push(text.map(|typed| typed.text)),
                ComposerAction::Lost { by, .. } => self.lost.push(by.agent_id),
                ComposerAction::Changed(_) => {}
            }
        }
    }

    fn serves(&mut self, of: ConversationId, action: ComposeAction) {
        let held = self.holders.get(&of).copied();
        let is_mine = held.is_some_and(|held| held.agent_id == ANA.agent);
        match action {
            Stop if is_mine => drop(self.holders.remove(&of)),
            Stop => return,
            Start | Keep if held.is_some() => {}
            Start | Keep | TakeOver => {
                self.gives(of, Some(ANA));
                return;
            }
        }
        self.tells(of);
    }

    fn gives(&mut self, of: ConversationId, to: Option<ComposerOwner>) {
        self.token += 1;
        let since = Timestamp::from_ms(0);
        let holder = to.map(|author| LeaseHolder {
            agent_id: author.agent,
            device_id: author.device,
            token: self.token,
            since,
        });
        match holder {
            Some(holder) => drop(self.holders.insert(of, holder)),
            None => drop(self.holders.remove(&of)),
        }
        self.tells(of);
    }

    fn tells(&mut self, conversation_id: ConversationId) {
        let holder = self.holders.get(&conversation_id).copied();
        self.composer.handle_lease(&LeaseState { conversation_id, holder }, self.now);
        self.works();
    }

    fn passes(&mut self, ms: u64) {
        let until = self.now + Duration::from_millis(ms);
        for _ in 0..1_000 {
            let due = self.composer.poll_timeout(self.now).filter(|(at, _)| *at <= until);
            let Some((at, _)) = due else {
                self.now = until;
                return;
            };
            self.now = self.now.max(at);
            self.composer.handle_timeout(self.now);
            self.works();
        }
        panic!("it never waits: {:?}", self.composer.poll_timeout(self.now));
    }

    fn actions(&self) -> Vec<ComposeAction> {
        self.said.iter().map(|(_, action)| *action).collect()
    }

    fn hold(&self, of: ConversationId) -> Hold {
        self.composer.hold(of, self.now)
    }
}

use ComposeAction::{Keep, Start, Stop, TakeOver};

#[test]
fn the_first_key_asks_and_it_is_mine_once_the_server_says_so() {
    let mut desk = Desk::online();
    desk.is_deaf = true;
    desk.types(LUCIA, "H");
    assert_eq!(desk.hold(LUCIA), Hold::Nobody);
    desk.is_deaf = false;
    desk.serves(LUCIA, Start);
    assert_eq!(desk.hold(LUCIA), Hold::Mine);
    desk.types(LUCIA, "Ho");
    assert_eq!(desk.actions(), [Start]);
}

#[test]
fn it_is_kept_as_the_server_says_while_somebody_types() {
    let mut desk = Desk::online();
    for n in 0..20 {
        desk.types(LUCIA, &"x".repeat(n + 1));
        desk.passes(1_000);
    }
    assert_eq!(desk.actions(), [Start, Keep, Keep, Keep, Keep, Keep]);
    assert_eq!(desk.hold(LUCIA), Hold::Mine);
}

#[test]
fn a_pause_of_typing_gives_it_up_and_the_next_key_asks_again() {
    let mut desk = Desk::online();
    desk.types(LUCIA, "H");
    desk.passes(60_000);
    assert_eq!(desk.actions(), [Start, Keep, Keep, Stop]);
    assert_eq!(desk.hold(LUCIA), Hold::Nobody);
    desk.types(LUCIA, "Ho");
    assert_eq!(desk.said.last(), Some(&(LUCIA, Start)));
}

#[test]
fn the_tap_gives_it_up_and_takes_the_draft() {
    let mut desk = Desk::online();
    desk.types(LUCIA, "Hola");
    desk.composer.clear_sent(LUCIA, false, desk.now);
    desk.works();
    assert_eq!(desk.actions(), [Start, Stop]);
    assert_eq!((desk.draft(LUCIA), desk.kept.last()), (None, Some(&None)));
    desk.passes(60_000);
    assert_eq!(desk.actions(), [Start, Stop]);
}

#[test]
fn another_conversation_gives_up_the_first_and_its_draft_stays() {
    let mut desk = Desk::online();
    desk.types(LUCIA, "Hola");
    desk.types(MATEO, "Buenas");
    assert_eq!(desk.said, [(LUCIA, Start), (LUCIA, Stop), (MATEO, Start)]);
    assert_eq!(desk.draft(LUCIA), Some("Hola"));
}

#[test]
fn without_a_connection_nobody_knows_and_nothing_is_said_later() {
    let mut desk = Desk::online();
    desk.types(LUCIA, "Hola");
    desk.composer.disconnect(desk.now);
    assert_eq!(desk.hold(LUCIA), Hold::Unknown);
    desk.types(LUCIA, "Hola!");
    desk.composer.take_over(LUCIA, desk.now);
    desk.composer.clear_sent(LUCIA, false, desk.now);
    desk.passes(1_000);
    desk.composer.connect(&TIMINGS, desk.now);
    desk.works();
    assert_eq!(desk.actions(), [Start], "what was not said then is not said now");
}

#[test]
fn who_still_types_when_the_connection_is_back_has_it_asked_for() {
    let mut desk = Desk::online();
    desk.types(LUCIA, "Hola");
    desk.composer.disconnect(desk.now);
    desk.passes(3_000);
    desk.composer.connect(&TIMINGS, desk.now);
    assert_eq!(desk.hold(LUCIA), Hold::Nobody);
    desk.works();
    assert_eq!((desk.actions(), desk.hold(LUCIA)), (vec![Start, Start], Hold::Mine));
}

#[test]
fn the_background_gives_it_up_while_that_can_be_said() {
    let mut desk = Desk::online();
    desk.types(LUCIA, "Hola");
    desk.composer.enter_background(desk.now);
    desk.works();
    assert_eq!((desk.actions(), desk.hold(LUCIA)), (vec![Start, Stop], Hold::Unknown));
    assert_eq!(desk.kept, [Some("Hola".to_owned())]);
    assert_eq!(desk.composer.poll_timeout(desk.now), None);
}

#[test]
fn a_lost_lease_says_to_whom_and_takes_nothing_away() {
    let mut desk = Desk::online();
    desk.types(LUCIA, "Hola");
    desk.gives(LUCIA, Some(BEN));
    assert_eq!(desk.lost, [BEN.agent]);
    assert!(matches!(desk.hold(LUCIA), Hold::Theirs(_)));
    desk.types(LUCIA, "Hola, Lucía");
    desk.passes(9_000);
    assert_eq!(desk.actions(), [Start], "nobody nags");
    assert_eq!(desk.draft(LUCIA), Some("Hola, Lucía"));
    // Ben is done, and Ana still types.
    desk.gives(LUCIA, None);
    assert_eq!((desk.actions(), desk.hold(LUCIA)), (vec![Start, Start], Hold::Mine));
}

#[test]
fn a_take_over_is_said_at_once() {
    let mut desk = Desk::online();
    desk.gives(LUCIA, Some(BEN));
    desk.types(LUCIA, "Hola");
    assert_eq!(desk.actions(), []);
    desk.composer.take_over(LUCIA, desk.now);
    desk.works();
    assert_eq!((desk.actions(), desk.hold(LUCIA)), (vec![TakeOver], Hold::Mine));
}

#[test]
fn the_same_agent_on_another_device_is_somebody_else() {
    let mut desk = Desk::online();
    desk.gives(LUCIA, Some(ComposerOwner { device: BEN.device, ..ANA }));
    assert!(matches!(desk.hold(LUCIA), Hold::Theirs(_)));
}

#[test]
fn a_screen_that_is_filled_or_emptied_is_no_key() {
    let mut desk = Desk::online();
    desk.types(LUCIA, "Hola");
    desk.composer.clear_sent(LUCIA, false, desk.now);
    desk.types(LUCIA, "");
    assert_eq!(desk.actions(), [Start, Stop]);
    desk.types(MATEO, "Buenas");
    desk.composer.leave(MATEO, desk.now);
    desk.types(MATEO, "Buenas");
    assert_eq!(desk.actions(), [Start, Stop, Start, Stop]);
    desk.types(MATEO, "");
    assert_eq!(desk.actions(), [Start, Stop, Start, Stop, Start]);
}

#[test]
fn a_silent_server_ends_what_was_mine() {
    let mut desk = Desk::online();
    desk.types(LUCIA, "Hola");
    desk.is_deaf = true;
    for n in 0..11 {
        desk.passes(1_000);
        desk.types(LUCIA, &"x".repeat(n));
        assert_eq!(desk.hold(LUCIA), Hold::Mine);
    }
    desk.passes(1_000);
    assert_eq!(desk.hold(LUCIA), Hold::Unknown);
}

#[test]
fn what_is_mine_ends_with_its_life_whether_or_not_anybody_wakes_up() {
    let mut desk = Desk::online();
    desk.types(LUCIA, "Hola");
    assert_eq!(desk.hold(LUCIA), Hold::Mine);
    assert_eq!(desk.composer.hold(LUCIA, desk.now + Duration::from_secs(12)), Hold::Unknown);
}

#[test]
fn an_old_word_of_a_lease_does_not_count() {
    let mut desk = Desk::online();
    desk.gives(LUCIA, Some(BEN));
    let old = desk.holders[&LUCIA];
    desk.types(LUCIA, "H");
    desk.composer.take_over(LUCIA, desk.now);
    desk.works();
    desk.composer.handle_lease(&LeaseState { conversation_id: LUCIA, holder: Some(old) }, desk.now);
    assert_eq!(desk.hold(LUCIA), Hold::Mine);
}

#[test]
fn drafts_are_kept_and_shown_a_second_of_keys_at_a_time() {
    let mut desk = Desk::online();
    for n in 1..=40 {
        desk.types(LUCIA, &"x".repeat(n));
        desk.passes(100);
    }
    desk.passes(2_000);
    assert!((4..=6).contains(&desk.shown.len()), "{:?}", desk.shown);
    assert!((3..=5).contains(&desk.kept.len()), "{:?}", desk.kept);
    let last = Some("x".repeat(40));
    assert_eq!((desk.shown.last(), desk.kept.last()), (last.as_ref(), Some(&last)));
}

#[test]
fn drafts_are_not_shown_where_somebody_else_composes() {
    let mut desk = Desk::online();
    desk.gives(LUCIA, Some(BEN));
    desk.types(LUCIA, "Hola");
    desk.passes(5_000);
    assert!(desk.shown.is_empty());
    assert_eq!(desk.kept, [Some("Hola".to_owned())]);
}

#[test]
fn drafts_come_back_from_the_store() {
    let composer = Composer::new(ANA, [(LUCIA, Typed::note("Hola"))]);
    assert_eq!((composer.draft(LUCIA), composer.draft(MATEO)), (Some(&Typed::note("Hola")), None));
    assert_eq!(composer.poll_timeout(Duration::ZERO), None);
}

#[test]
fn the_text_of_a_note_takes_no_lease_and_is_shown_to_nobody() {
    let mut desk = Desk::online();
    desk.types_a_note(LUCIA, "She pays late");
    desk.passes(60_000);
    assert_eq!((desk.said.len(), desk.shown.len()), (0, 0));
    assert_eq!(desk.kept, [Some("She pays late".to_owned())]);
    assert_eq!(desk.hold(LUCIA), Hold::Nobody);
}

#[test]
fn a_reply_that_becomes_a_note_gives_the_lease_up() {
    let mut desk = Desk::online();
    desk.types(LUCIA, "She");
    desk.passes(2_000);
    desk.types_a_note(LUCIA, "She");
    desk.types_a_note(LUCIA, "She pays late");
    desk.passes(60_000);
    assert_eq!((desk.actions(), &desk.shown[..]), (vec![Start, Stop], &["She".to_owned()][..]));
    assert_eq!(desk.composer.draft(LUCIA), Some(&Typed::note("She pays late")));
    // And back again.
    desk.composer.set_text(LUCIA, Typed::reply("She pays late"), desk.now);
    desk.works();
    assert_eq!(desk.hold(LUCIA), Hold::Mine);
}

#[test]
fn a_reply_that_is_sent_leaves_the_note_that_is_being_typed() {
    let mut desk = Desk::online();
    desk.types_a_note(LUCIA, "She pays late");
    desk.composer.clear_sent(LUCIA, false, desk.now);
    assert_eq!(desk.draft(LUCIA), Some("She pays late"));
    desk.composer.clear_sent(LUCIA, true, desk.now);
    assert_eq!(desk.draft(LUCIA), None);
}

#[test]
fn offline_a_draft_is_kept_all_the_same() {
    let mut desk = Desk::offline();
    desk.types(LUCIA, "Hola");
    assert!(matches!(desk.composer.poll_timeout(desk.now), Some((_, TimeoutReason::Store))));
    desk.passes(2_000);
    assert_eq!(desk.kept, [Some("Hola".to_owned())]);
    assert!(desk.said.is_empty());
}

proptest! {
    #![proptest_config(ProptestConfig { failure_persistence: None, ..ProptestConfig::default() })]

    /// Holds whatever happens. A conversation is mine only if the server said so within a lease's
    /// life on this connection. Nothing is said off line, what is typed is kept, and it comes to
    /// rest.
    #[test]
    fn mine_is_what_the_server_says_and_every_key_is_kept(
        steps in proptest::collection::vec((0..9_u8, any::<bool>(), 0..15_000_u64), 1..60),
    ) {
        let mut desk = Desk::offline();
        let mut is_online = false;
        let mut typed: BTreeMap<ConversationId, String> = BTreeMap::new();
        for (n, (step, first, ms)) in steps.into_iter().enumerate() {
            let of = if first { LUCIA } else { MATEO };
            let said = desk.said.len();
            match step {
                0..=2 => {
                    let text = format!("text {n}");
                    desk.types(of, &text);
                    typed.insert(of, text);
                }
                3 => desk.passes(ms),
                4 => {
                    desk.composer.clear_sent(of, false, desk.now);
                    typed.remove(&of);
                }
                5 => {
                    is_online = !is_online;
                    // Either the app's lease is given back, or the server lets it lapse.
                    desk.holders.clear();
                    match is_online {
                        true => desk.composer.connect(&TIMINGS, desk.now),
                        false => desk.composer.disconnect(desk.now),
                    }
                }
                6 if is_online => desk.gives(of, Some(BEN)),
                7 if is_online => desk.gives(of, None),
                8 => desk.is_deaf = first,
                _ => desk.composer.take_over(of, desk.now),
            }
            desk.works();
            prop_assert!(is_online || desk.said.len() == said || step == 5);
            for of in [LUCIA, MATEO] {
                let holder = desk.holders.get(&of);
                let mine = holder.is_some_and(|holder| holder.agent_id == ANA.agent);
                match desk.hold(of) {
                    Hold::Mine => prop_assert!(is_online && (mine || desk.is_deaf)),
                    Hold::Theirs(_) | Hold::Nobody => prop_assert!(is_online),
                    Hold::Unknown => {}
                }
                prop_assert_eq!(desk.draft(of), typed.get(&of).map(String::as_str));
            }
        }
        desk.passes(60_000);
        prop_assert_eq!(desk.composer.poll_timeout(desk.now), None);
    }
}
