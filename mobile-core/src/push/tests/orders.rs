//! Pushes in any order, twice, late, of what is over, between syncs, socket and looks. They are
//! judged against the log itself, which says apart from all that what is still worth telling.

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::Owner;
use proptest::prelude::*;

use super::*;
use crate::push::decide::{decide_told, settle, settle_told};
use crate::push::{Action, Foreground, Notification, Subject, Suppression, Sweep, Tag, Verdict};
use crate::push::{decide, sweep};

const CONVERSATIONS: u8 = 3;

/// What happens to a conversation; its place in the list is its position.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
enum Fact {
    CustomerWrites,
    OfferedToMe,
    OfferWithdrawn,
    AssignedToMe,
    AnaTakes,
    MentionsMe,
    IRead,
    Resolved,
}

const FACTS: [Fact; 8] = [
    Fact::CustomerWrites,
    Fact::OfferedToMe,
    Fact::OfferWithdrawn,
    Fact::AssignedToMe,
    Fact::AnaTakes,
    Fact::MentionsMe,
    Fact::IRead,
    Fact::Resolved,
];

/// The log and the pushes that its server sends.
#[derive(Clone, Debug, Default)]
struct Server {
    log: Vec<(u8, Fact)>,
    pushes: Vec<Push>,
}

fn state_at(log: &[(u8, Fact)], upto: u64, number: u8) -> Held {
    let mut held = Held { last_seq: 0, unread: 0, is_unanswered: false, ..held(queue()) };
    for (index, (of, fact)) in log.iter().enumerate().take(usize::try_from(upto).unwrap()) {
        if *of != number {
            continue;
        }
        let position = u64::try_from(index).unwrap() + 1;
        held.revision += 1;
        match fact {
            Fact::CustomerWrites => {
                held.last_seq += 1;
                held.is_unanswered = true;
                held.is_resolved = false;
            }
            Fact::OfferedToMe => held.offer = Some(offer_id(position)),
            Fact::OfferWithdrawn => held.offer = None,
            Fact::AssignedToMe => (held.owner, held.offer) = (Owner::Agent(ME), None),
            Fact::AnaTakes => (held.owner, held.offer) = (Owner::Agent(ANA), None),
            Fact::MentionsMe => {}
            Fact::IRead => (held.read_seq, held.opened) = (held.last_seq, Some(cursor(position))),
            Fact::Resolved => {
                (held.owner, held.offer) = (queue(), None);
                (held.is_unanswered, held.is_resolved) = (false, true);
            }
        }
        held.unread = held.last_seq - held.read_seq;
    }
    held
}

impl Server {
    /// Facts that do not fit the state are left out, as the server's rules would.
    fn of(wishes: &[(u8, Fact)]) -> Self {
        let mut server = Self::default();
        for (number, fact) in wishes {
            let head = u64::try_from(server.log.len()).unwrap();
            let before = state_at(&server.log, head, *number);
            let is_queued = before.owner == queue();
            let fits = match fact {
                Fact::OfferedToMe => is_queued && before.offer.is_none() && !before.is_resolved,
                Fact::OfferWithdrawn => before.offer.is_some(),
                Fact::AssignedToMe => before.owner != Owner::Agent(ME),
                Fact::AnaTakes => before.owner != Owner::Agent(ANA),
                Fact::CustomerWrites | Fact::MentionsMe | Fact::IRead | Fact::Resolved => true,
            };
            if fits {
                server.log.push((*number, *fact));
                server.tell(*number, *fact, &before);
            }
        }
        server
    }

    fn tell(&mut self, number: u8, fact: Fact, before: &Held) {
        let position = u64::try_from(self.log.len()).unwrap();
        let kind = match fact {
            Fact::CustomerWrites if before.owner == Owner::Agent(ME) => Kind::Message,
            Fact::CustomerWrites if before.owner == queue() => Kind::Queue,
            Fact::CustomerWrites => return,
            Fact::OfferedToMe => Kind::Offer,
            Fact::AssignedToMe => Kind::Assigned,
            Fact::MentionsMe => Kind::Mention,
            Fact::OfferWithdrawn | Fact::AnaTakes | Fact::IRead | Fact::Resolved => Kind::Retract,
        };
        let is_offer = kind == Kind::Offer;
        let lives_ms = if is_offer { 45_000 } else { 3_600_000 };
        let push = Push {
            conversation: Some(conversation(number)),
            offer: is_offer.then(|| offer_id(position)),
            expires_at: NOW.plus_ms(lives_ms),
            ..push(kind, position)
        };
        let ends_offer = matches!(
            fact,
            Fact::OfferWithdrawn | Fact::AssignedToMe | Fact::AnaTakes | Fact::Resolved
        );
        if let Some(offer) = before.offer.filter(|_| ends_offer) {
            let kind = Kind::Retract;
            let id = push_id(1000 + position);
            self.pushes.push(Push { kind, id, offer: Some(offer), ..push.clone() });
        }
        if fact != Fact::OfferWithdrawn {
            self.pushes.push(push);
        }
    }

    /// The same pushes where the workspace lets out no more than wakes: they name nothing, and
    /// retracts name the push that they take back.
    fn nameless(&self) -> Self {
        let mut server = self.clone();
        for (index, push) in server.pushes.iter_mut().enumerate() {
            let (conversation, offer) = (push.conversation.take(), push.offer.take());
            if push.kind == Kind::Retract {
                let mut before = self.pushes[..index].iter().rev();
                let is_meant = |told: &&Push| match offer {
                    Some(_) => told.kind == Kind::Offer && told.offer == offer,
                    None => told.kind != Kind::Retract && told.conversation == conversation,
                };
                push.retracts = before.find(is_meant).map(|told| told.id);
            }
        }
        server
    }

    /// Whether nobody needs to be told of this any more, by the log up to where the phone holds it
    /// and the retracts it got. It is read off the facts, not off the phone's rules.
    fn is_over(&self, told: &Subject, upto: u64, retracted: &[Push]) -> bool {
        let number = (0..CONVERSATIONS).find(|n| Some(conversation(*n)) == told.conversation);
        let after = usize::try_from(told.cursor.position).unwrap();
        let upto = usize::try_from(upto).unwrap();
        let since: Vec<Fact> = self.log[after.min(upto)..upto]
            .iter()
            .filter(|(of, _)| Some(*of) == number)
            .map(|(_, fact)| *fact)
            .collect();
        let has = |facts: &[Fact]| since.iter().any(|fact| facts.contains(fact));
        let is_held = after <= upto;
        let by_log = is_held
            && match told.kind {
                Kind::Offer => {
                    has(&[Fact::OfferWithdrawn, Fact::AssignedToMe, Fact::AnaTakes, Fact::Resolved])
                }
                Kind::Assigned => since.last().is_some_and(|fact| {
                    matches!(fact, Fact::AnaTakes | Fact::IRead | Fact::Resolved)
                }),
                Kind::Mention => has(&[Fact::IRead]),
                Kind::Message | Kind::Queue => {
                    let last = |wanted: Fact| since.iter().rposition(|fact| *fact == wanted);
                    let is_answered = last(Fact::Resolved) > last(Fact::CustomerWrites);
                    let ended = since.last();
                    is_answered
                        || ended.is_some_and(|fact| matches!(fact, Fact::AnaTakes | Fact::IRead))
                }
                Kind::Reopened
                | Kind::Review
                | Kind::Number
                | Kind::Reminder
                | Kind::Sla
                | Kind::Digest
                | Kind::Retract => false,
            };
        let by_push = retracted.iter().any(|retract| match (retract.offer, retract.retracts) {
            (Some(offer), _) => told.offer == Some(offer),
            (None, Some(push)) => told.push == Some(push),
            (None, None) => {
                retract.conversation.is_some()
                    && told.kind != Kind::Offer
                    && retract.conversation == told.conversation
                    && retract.cursor.position >= told.cursor.position
            }
        });
        by_log || by_push
    }
}

/// A phone with a screen.
struct Phone<'a> {
    server: &'a Server,
    known: PushContext,
    position: u64,
    opened: BTreeMap<u8, u64>,
    now: Timestamp,
    screen: BTreeMap<Tag, Notification>,
    /// What made itself heard.
    heard: BTreeSet<(Kind, u64)>,
    retracted: Vec<Push>,
}

impl<'a> Phone<'a> {
    fn new(server: &'a Server) -> Self {
        let mut phone = Self {
            server,
            known: known(0),
            position: 0,
            opened: BTreeMap::new(),
            now: NOW,
            screen: BTreeMap::new(),
            heard: BTreeSet::new(),
            retracted: Vec::new(),
        };
        phone.load();
        phone
    }

    /// What the store says at the phone's position; what was opened here is read.
    fn load(&mut self) {
        self.known.cursor = Some(cursor(self.position));
        for number in 0..CONVERSATIONS {
            let mut held = state_at(&self.server.log, self.position, number);
            if let Some(opened) = self.opened.get(&number) {
                let read = state_at(&self.server.log, *opened, number).last_seq;
                held.read_seq = held.read_seq.max(read);
                held.unread = held.last_seq - held.read_seq;
                let position = held.opened.map_or(0, |cursor| cursor.position);
                held.opened = Some(cursor(position.max(*opened)));
            }
            self.known.conversations.insert(conversation(number), held);
        }
    }

    fn push(&mut self, push: &Push) {
        let verdict = decide(push, &self.known, self.now);
        let swept = settle(&Ok(push.clone()), &verdict, &self.known, self.now);
        if push.workspace != WORKSPACE {
            assert_eq!(verdict, Verdict::Suppress(Suppression::OtherWorkspace));
        } else if push.kind == Kind::Retract {
            self.retracted.push(push.clone());
        }
        if verdict.notification().is_some_and(|shown| shown.alerts) {
            assert!(self.heard.insert((push.kind, push.cursor.position)), "heard twice: {push:?}");
        }
        self.draw(verdict, swept);
        self.nothing_over_is_shown();
    }

    fn draw(&mut self, verdict: Verdict, swept: Sweep) {
        let conversations = self.known.conversations.clone();
        match verdict {
            Verdict::Show(shown) => {
                assert!(!self.screen.contains_key(&shown.tag), "two in one place");
                self.show(shown);
            }
            Verdict::Update(shown) => {
                assert!(self.screen.contains_key(&shown.tag), "nothing to replace");
                self.show(shown);
            }
            Verdict::Withdraw(tag) => {
                assert!(self.screen.remove(&tag).is_some(), "nothing to take away");
            }
            Verdict::Suppress(_) => {}
            Verdict::Fallback(shown) => panic!("{shown:?}"),
        }
        self.sweep(swept);
        assert_eq!(self.known.conversations, conversations, "a push counts as read");
    }

    fn show(&mut self, shown: Notification) {
        for action in &shown.actions {
            if let Action::Accept { until, .. } = action {
                assert!(self.now <= *until, "expired, and to be accepted");
            }
        }
        self.screen.insert(shown.tag, shown);
    }

    fn sweep(&mut self, swept: Sweep) {
        for tag in swept.withdraw {
            assert!(self.screen.remove(&tag).is_some(), "nothing to take away");
        }
        for shown in swept.update {
            assert!(!shown.alerts && self.screen.contains_key(&shown.tag));
            self.show(shown);
        }
        self.known.board = swept.board;
        let told: BTreeSet<Tag> = self.known.board.tags().collect();
        let drawn: BTreeSet<Tag> = self.screen.keys().copied().collect();
        assert_eq!(told, drawn, "remembered and drawn");
    }

    fn look(&mut self) {
        let swept = sweep(&self.known, self.now);
        self.sweep(swept);
        self.nothing_over_is_shown();
    }

    fn nothing_over_is_shown(&self) {
        for tag in self.screen.keys() {
            let shown = self.known.board.on_screen(*tag).unwrap();
            assert_eq!(self.screen[tag].push, shown.push);
            assert!(self.now <= shown.expires_at, "expired: {shown:?}");
            let is_over = self.server.is_over(shown, self.position, &self.retracted);
            assert!(!is_over, "over: {shown:?} at {}", self.position);
        }
    }

    fn step(&mut self, step: &Step) {
        let head = u64::try_from(self.server.log.len()).unwrap();
        match step {
            Step::Push(index) => {
                if !self.server.pushes.is_empty() {
                    let push = index.get(&self.server.pushes).clone();
                    self.push(&push);
                }
            }
            Step::Copy(index) => {
                if !self.server.pushes.is_empty() {
                    let push = index.get(&self.server.pushes);
                    let id = PushId(Uuid::from_u128(push.id.0.as_u128() + (1 << 32)));
                    self.push(&Push { id, ..push.clone() });
                }
            }
            Step::Foreign(index) => {
                if !self.server.pushes.is_empty() {
                    let workspace = WorkspaceId(Uuid::from_u128(0xA2));
                    let id = PushId(Uuid::from_u128(0xFF));
                    let push = index.get(&self.server.pushes);
                    self.push(&Push { workspace, id, ..push.clone() });
                }
            }
            Step::Sync(by) => {
                self.position = head.min(self.position + by);
                self.load();
                self.known.is_synced = true;
                self.look();
            }
            Step::Told => self.told(head),
            Step::Open(number) => {
                self.known.foreground = Some(Foreground { conversation: number.map(conversation) });
                if let Some(number) = number {
                    self.opened.insert(*number, self.position);
                }
                self.load();
                self.look();
            }
            Step::Leave => self.known.foreground = None,
            Step::Wait(ms) => {
                self.now = self.now.plus_ms(*ms);
                self.look();
            }
        }
    }

    /// The socket brings the next event; in the background the app shows it by itself.
    fn told(&mut self, head: u64) {
        if self.position == head {
            return;
        }
        self.position += 1;
        self.load();
        let is_news =
            |push: &&Push| push.cursor.position == self.position && push.kind != Kind::Retract;
        let news = self.server.pushes.iter().find(is_news).map(Subject::of);
        let is_open = self.known.foreground.is_some();
        if let Some(subject) = news.filter(|_| !is_open) {
            let subject = Subject { push: None, ..subject };
            let verdict = decide_told(&subject, &self.known, self.now);
            let swept = settle_told(&subject, &verdict, &self.known, self.now);
            if verdict.notification().is_some() {
                assert!(self.heard.insert((subject.kind, self.position)), "push and socket");
            }
            self.draw(verdict, swept);
        }
        self.look();
    }
}

#[derive(Clone, Debug)]
enum Step {
    Push(prop::sample::Index),
    /// Sent again, under another id.
    Copy(prop::sample::Index),
    Foreign(prop::sample::Index),
    Sync(u64),
    Told,
    Open(Option<u8>),
    Leave,
    Wait(i64),
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        8 => any::<prop::sample::Index>().prop_map(Step::Push),
        1 => any::<prop::sample::Index>().prop_map(Step::Copy),
        1 => any::<prop::sample::Index>().prop_map(Step::Foreign),
        2 => (1..6_u64).prop_map(Step::Sync),
        2 => Just(Step::Told),
        1 => prop::option::of(0..CONVERSATIONS).prop_map(Step::Open),
        1 => Just(Step::Leave),
        1 => (0..30_000_i64).prop_map(Step::Wait),
    ]
}

fn wishes() -> impl Strategy<Value = Vec<(u8, Fact)>> {
    let fact = prop::sample::select(FACTS.to_vec());
    prop::collection::vec((0..CONVERSATIONS, fact), 1..24)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(1500))]

    #[test]
    fn one_notification_each_and_none_of_what_is_over(
        wishes in wishes(),
        steps in prop::collection::vec(step(), 1..60),
    ) {
        let server = Server::of(&wishes);
        let mut phone = Phone::new(&server);
        for step in &steps {
            phone.step(step);
        }
        phone.step(&Step::Leave);
        phone.step(&Step::Sync(100));
        // At the end every push comes, once more or at last; what is live is on the screen.
        for push in &server.pushes {
            phone.push(push);
        }
        for number in 0..CONVERSATIONS {
            let held = &phone.known.conversations[&conversation(number)];
            let Some(offer) = held.offer else { continue };
            let push = server.pushes.iter().find(|p| p.offer == Some(offer)).unwrap();
            let was_open = phone.opened.contains_key(&number);
            if phone.now <= push.expires_at && !was_open {
                let shown = &phone.screen[&Tag::Conversation(conversation(number))];
                let is_it = |action: &Action| {
                    matches!(action, Action::Accept { offer: shown, .. } if *shown == offer)
                };
                prop_assert!(shown.actions.iter().any(is_it), "a lost offer");
            }
        }
    }

    #[test]
    fn the_order_of_pushes_does_not_matter(
        wishes in wishes(),
        upto in 0..24_u64,
        later_ms in 0..60_000_i64,
        order in prop::collection::vec(any::<prop::sample::Index>(), 72),
        is_nameless in any::<bool>(),
    ) {
        let named = Server::of(&wishes);
        let server = if is_nameless { named.nameless() } else { named };
        let screen = |pushes: &[&Push]| {
            let mut phone = Phone::new(&server);
            phone.step(&Step::Sync(upto));
            phone.now = NOW.plus_ms(later_ms);
            for push in pushes {
                phone.push(push);
            }
            let drawn = phone.screen.into_iter().map(|(tag, shown)| (tag, shown.push));
            drawn.collect::<BTreeMap<_, _>>()
        };
        let in_order: Vec<&Push> = server.pushes.iter().collect();
        let mut shuffled = Vec::new();
        if !in_order.is_empty() {
            shuffled.extend(order.iter().map(|index| *index.get(&in_order)));
        }
        shuffled.extend(in_order.iter().rev());
        prop_assert_eq!(screen(&shuffled), screen(&in_order));
    }
}
