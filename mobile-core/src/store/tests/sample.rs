//! Conversations as they come, and as they should never come, by a seed.

use std::collections::BTreeMap;

use baton_domain::see::mirror::{Full, Mirrored};
use baton_protocol::conversation::{ContactCard, ConversationView};
use baton_protocol::{
    AgentId, Author, ChannelId, CoachNote, ContactId, Content, Conversation, ConversationId,
    ConversationKind, Details, FieldValue, FileState, Forwarded, Head, HeldReason, Line, LineAt,
    LineKind, LineRef, MessageError, MessageId, MessageStatus, Note, NoteId, OpId, OpenOffer,
    Owner, Priority, Product, Spoken, Status, TagOn, TeamId, Thread, Timestamp, Turn,
};
use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};
use uuid::Uuid;

/// Draws conversations.
pub(crate) struct Dice(StdRng);

const WORDS: [&str; 12] = [
    "hola",
    "factura",
    "¿cuándo",
    "llega?",
    "paquete",
    "Straße",
    "مرحبا",
    "日本",
    "👍",
    "zip\0zap",
    "O'Brien",
    "señor",
];

impl Dice {
    pub(crate) fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    pub(crate) fn below(&mut self, bound: u64) -> u64 {
        self.0.next_u64() % bound.max(1)
    }

    /// One of these.
    pub(crate) fn pick<T: Copy, const N: usize>(&mut self, from: [T; N]) -> T {
        let at = usize::try_from(self.0.next_u64() >> 40).expect("small");
        from[at % N]
    }

    pub(super) fn one_in(&mut self, bound: u64) -> bool {
        self.below(bound) == 0
    }

    pub(crate) fn maybe<T>(&mut self, make: impl FnOnce(&mut Self) -> T) -> Option<T> {
        if self.one_in(2) { Some(make(self)) } else { None }
    }

    pub(crate) fn id<T: From<Uuid>>(&mut self) -> T {
        Uuid::from_u64_pair(self.0.next_u64(), self.0.next_u64()).into()
    }

    /// One of a few, so that they repeat.
    pub(crate) fn few<T: From<Uuid>>(&mut self) -> T {
        Uuid::from_u128(u128::from(1 + self.below(3))).into()
    }

    pub(crate) fn text(&mut self) -> String {
        let count = self.below(8);
        let words: Vec<_> = (0..count).map(|_| self.pick(WORDS)).collect();
        words.join(" ")
    }

    pub(crate) fn time(&mut self) -> Timestamp {
        // Ties are wanted.
        Timestamp::from_ms(1_790_000_000_000 + (self.below(20) as i64 - 10) * 1_000)
    }

    fn line_ref(&mut self) -> LineRef {
        LineRef { seq: self.below(50), id: self.id() }
    }

    fn author(&mut self) -> Author {
        match self.below(4) {
            0 => Author::Customer,
            1 => Author::Agent { id: self.few::<AgentId>() },
            2 => Author::PhoneApp,
            _ => Author::Acknowledgement,
        }
    }

    pub(crate) fn line(&mut self, seq: u64) -> Line {
        let kinds = [LineKind::Text, LineKind::Image, LineKind::Unreadable];
        let held = [HeldReason::Overtaken, HeldReason::WindowClosed, HeldReason::Restored];
        let statuses = [MessageStatus::Queued, MessageStatus::Read, MessageStatus::Held];
        Line {
            seq,
            id: self.id::<MessageId>(),
            author: self.author(),
            kind: self.pick(kinds),
            at: self.time(),
            content: Content {
                by: None,
                text: self.maybe(Self::text),
                original_type: self.maybe(|_| "sticker".to_owned()),
                details: self.maybe(|dice| {
                    Box::new(Details::File {
                        media_type: dice.maybe(|_| "image/jpeg".to_owned()),
                        name: dice.maybe(Self::text),
                        sha256: None,
                        animated: dice.one_in(2),
                        upload: None,
                        link: None,
                        kind: None,
                    })
                }),
                forwarded: self.maybe(|dice| dice.pick([Forwarded::Once, Forwarded::Often])),
                forwarded_from: self.maybe(|dice| {
                    let conversation_id = dice.id::<ConversationId>();
                    Box::new(LineAt { conversation_id, message_id: dice.id::<MessageId>() })
                }),
                referral: None,
                product: self
                    .maybe(|dice| Box::new(Product { catalog_id: None, product_id: dice.text() })),
                erased: self.one_in(5),
            },
            file: self.maybe(|dice| {
                dice.pick([
                    FileState::Waiting,
                    FileState::Stored { bytes: 7, picture: None, sound: None },
                ])
            }),
            quoted: self.maybe(Self::id),
            status: self.maybe(|dice| dice.pick(statuses)),
            held: self.maybe(|dice| dice.pick(held)),
            error: self.maybe(|dice| MessageError {
                code: dice.below(200_000) as i64 - 5,
                reason: dice.text(),
                remedy: dice.text(),
            }),
            op_id: self.maybe(Self::id),
            device_id: self.maybe(Self::id),
            leaves_at: None,
            amended: None,
        }
    }

    fn note(&mut self, conversation_id: ConversationId, revision: u64) -> Note {
        Note {
            id: self.id::<NoteId>(),
            conversation_id,
            author: self.few(),
            at: self.time(),
            revision,
            text: self.maybe(Self::text),
            quoted: self.maybe(Self::id),
            op_id: self.id::<OpId>(),
        }
    }

    pub(crate) fn head(&mut self, id: ConversationId) -> Head {
        Head {
            id,
            channel_id: self.few::<ChannelId>(),
            team_id: self.few::<TeamId>(),
            owner: match self.one_in(2) {
                true => Owner::Queue(self.few()),
                false => Owner::Agent(self.few()),
            },
            owner_epoch: self.below(1 << 40),
            status: match self.below(4) {
                0 => Status::Open,
                1 => Status::Waiting,
                2 => Status::Snoozed { until: self.time() },
                _ => Status::Resolved,
            },
            episode: u32::try_from(self.below(1 << 32)).expect("in range"),
            revision: self.below(1 << 40),
            last_seq: self.below(60),
            unanswered_since: self.maybe(Self::time),
            activity_at: self.time(),
            due_at: None,
            orphaned_at: self.maybe(Self::time),
            priority: match self.below(3) {
                0 => Priority::Normal,
                1 => Priority::High,
                _ => Priority::Urgent,
            },
        }
    }

    fn coach_note(&mut self, position: u64) -> CoachNote {
        CoachNote {
            id: self.id::<NoteId>(),
            author: self.few(),
            agent_id: self.few(),
            at: self.time(),
            position,
            text: self.maybe(Self::text),
            op_id: self.id::<OpId>(),
        }
    }

    pub(crate) fn full(&mut self, id: ConversationId) -> Full {
        let thread = Thread {
            contact_id: self.id::<ContactId>(),
            last_line: self.maybe(Self::line_ref),
            customer_seq: self.below(60),
            turn: self.maybe(|dice| Turn { from_seq: dice.below(50), since: dice.time() }),
            window_until: self.maybe(Self::time),
            last_agent: self.maybe(Self::few),
            followers: self.maybe(Self::few).into_iter().collect(),
            block: None,
            marketing: None,
            tags: self
                .maybe(|dice| TagOn { tag: dice.id(), lasting: dice.below(2) == 0 })
                .into_iter()
                .collect(),
            offer: self.maybe(|dice| OpenOffer {
                offer_id: dice.id(),
                agent_id: dice.few(),
                until: dice.time(),
            }),
            lapsed: Vec::new(),
            reminders: Vec::new(),
            clocks: baton_protocol::Clocks::default(),
            language: self
                .maybe(|dice| Spoken { language: "pt".to_owned(), by_hand: dice.below(2) == 0 }),
            person: None,
            kind: ConversationKind::Group,
        };
        let view = ConversationView {
            conversation: Conversation { head: self.head(id), thread },
            contact: ContactCard {
                name: self.maybe(Self::text),
                phone: self.maybe(|dice| format!("34600{}", dice.below(1_000_000))),
                username: self.maybe(Self::text),
                fields: self
                    .maybe(|dice| (dice.id(), FieldValue::Text(dice.text())))
                    .into_iter()
                    .collect(),
                ..ContactCard::default()
            },
            preview: self.maybe(|dice| dice.line(3)),
            read_seq: self.below(60),
        };
        let (from_seq, count) = (self.below(30), self.below(12));
        let lines: BTreeMap<_, _> =
            (from_seq..from_seq + count).map(|seq| (seq, self.line(seq))).collect();
        let notes = (0..self.below(4)).map(|n| (n * 7, self.note(id, n * 7))).collect();
        let coaching = (0..self.below(3)).map(|n| (n * 5, self.coach_note(n * 5))).collect();
        Full { view, lines, notes, coaching, from_seq }
    }

    pub(crate) fn held(&mut self, id: ConversationId) -> Mirrored {
        match self.one_in(4) {
            true => Mirrored::Head(self.head(id)),
            false => Mirrored::Full(Box::new(self.full(id))),
        }
    }

    /// Much the same, as after an event.
    pub(crate) fn changed(&mut self, held: &Mirrored) -> Mirrored {
        let id = held.head().id;
        match (held, self.below(6)) {
            (Mirrored::Full(full), 1..) => {
                let mut full = full.clone();
                let next = full.lines.keys().last().map_or(full.from_seq, |seq| seq + 1);
                match self.below(6) {
                    0 => drop(full.lines.insert(next, self.line(next))),
                    1 => drop(full.lines.pop_first()),
                    2 => drop(full.notes.insert(99, self.note(id, 99))),
                    3 => full.notes.clear(),
                    4 => full.view.read_seq += 1,
                    _ => {
                        if let Some(line) = full.lines.values_mut().next_back() {
                            line.status = Some(MessageStatus::Delivered);
                        }
                    }
                }
                full.view.conversation.head.revision += 1;
                Mirrored::Full(full)
            }
            (Mirrored::Full(_) | Mirrored::Head(_), _) => self.held(id),
        }
    }
}
