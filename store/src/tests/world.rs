//! A workspace whose log is written as the committer writes it: facts folded by the domain,
//! numbered, listed in the feed, contents beside.

use std::collections::BTreeMap;

use baton_domain::context::LineFacts;
use baton_domain::fact::apply::{apply, begin};
use baton_domain::fact::log::{Logged, Route};
use baton_domain::fact::scope::Scope;
use baton_domain::group::state::Extras;
use baton_protocol::event::EventContent;
use baton_protocol::{
    Actor, AgentId, Author, ChannelId, ContactId, Content, Conversation, ConversationId,
    ConversationKind, Event, Fact, LineKind, LineRef, MessageId, MessageStatus, NoteId, OpId,
    Owner, OwnerCause, Status, TeamId, Timestamp, Turn, WorkspaceId,
};
use uuid::Uuid;

use super::seed::{CHANNEL, WORKSPACE, script, seed};
use crate::Store;
use crate::database::testing::TestDatabase;
use crate::group::{Writes, write};
use crate::proof::digest::{content_body, content_digest};
use crate::tables::{ContentRow, ConversationRow, FeedRow, HeadRow, LogRow, MessageRow, NoteRow};

pub(crate) fn parsed<T: std::str::FromStr<Err: std::fmt::Debug>>(text: &str) -> T {
    text.parse().unwrap()
}

/// A small random number, from a seed: the same everywhere.
pub(crate) struct Dice(pub(crate) u64);

impl Dice {
    pub(crate) fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963);
        (self.0 >> 33) % sides
    }

    pub(crate) fn pick<T: Copy>(&mut self, from: &[T]) -> T {
        let place = self.roll(from.len() as u64);
        from[usize::try_from(place).unwrap()]
    }
}

pub(crate) struct World {
    pub(crate) store: Store,
    pub(crate) workspace: WorkspaceId,
    pub(crate) conversations: BTreeMap<ConversationId, Conversation>,
    pub(crate) log: Vec<Logged>,
    pub(crate) reads: BTreeMap<(AgentId, ConversationId), u64>,
    ids: u128,
}

const NAMES: [&str; 5] = ["Lucía", "José 100%", "Zoë", "Ανδρέας", "Ben_Ali"];

impl World {
    pub(crate) async fn new(database: &TestDatabase) -> Self {
        seed(database).await;
        script(&database.store, "DELETE FROM conversation").await.unwrap();
        Self {
            store: database.store.clone(),
            workspace: parsed(WORKSPACE),
            conversations: BTreeMap::new(),
            log: Vec::new(),
            reads: BTreeMap::new(),
            ids: 0x7000_8000_0000_0000_0000_0000,
        }
    }

    pub(crate) fn position(&self) -> u64 {
        self.log.len() as u64
    }

    pub(crate) fn fresh(&mut self) -> Uuid {
        self.ids += 1;
        Uuid::from_u128(self.ids)
    }

    fn now(&self) -> Timestamp {
        Timestamp::from_ms(1_000_000 + self.log.len() as i64 * 10)
    }

    /// A new conversation of a new contact, in the queue of `team`.
    pub(crate) async fn opens(&mut self, team: TeamId) -> ConversationId {
        let contact = ContactId(self.fresh());
        let id = ConversationId(self.fresh());
        let n = self.conversations.len();
        let name = NAMES[n % NAMES.len()];
        let row = format!(
            "INSERT INTO contact (workspace, id, name, phone, search_name)
             VALUES ('{{w}}', '{contact}', '{name}', '3460000{n:04}', '{}')",
            crate::fold(name)
        );
        script(&self.store, &row).await.unwrap();
        let fact = Fact::ConversationOpened {
            channel_id: parsed::<ChannelId>(CHANNEL),
            contact_id: contact,
            team_id: team,
            kind: ConversationKind::Contact,
        };
        self.append(id, Actor::Customer, fact, None).await;
        let opened = Fact::EpisodeOpened { episode: 1, from_seq: Some(1) };
        self.append(id, Actor::Customer, opened, None).await;
        id
    }

    /// The customer writes; the turn stays open.
    pub(crate) async fn says(&mut self, id: ConversationId, text: &str) -> MessageId {
        let message = MessageId(self.fresh());
        let line = LineRef { seq: self.conversations[&id].head.last_seq + 1, id: message };
        let turn = self.conversations[&id].thread.turn;
        let fact = Fact::LineReceived {
            line,
            kind: LineKind::Text,
            at: self.now(),
            quoted: None,
            turn: turn.or(Some(Turn { from_seq: line.seq, since: self.now() })),
            window_until: Some(self.now().plus_ms(86_400_000)),
        };
        self.append(id, Actor::Customer, fact, Some(text_of(text))).await;
        message
    }

    /// An agent answers; the turn is closed.
    pub(crate) async fn answers(&mut self, id: ConversationId, agent: AgentId, text: &str) {
        let line =
            LineRef { seq: self.conversations[&id].head.last_seq + 1, id: MessageId(self.fresh()) };
        let fact = Fact::LineWritten {
            line,
            author: Author::Agent { id: agent },
            kind: LineKind::Text,
            at: self.now(),
            status: MessageStatus::Queued,
            seen: self.conversations[&id].thread.last_line,
            quoted: None,
            op_id: Some(OpId(self.fresh())),
            device_id: None,
            turn: None,
            lease_ignored_of: None,
            leaves_at: None,
            canned: None,
            bot: false,
        };
        self.append(id, Actor::Agent { id: agent }, fact, Some(text_of(text))).await;
    }

    pub(crate) async fn notes(&mut self, id: ConversationId, agent: AgentId, text: &str) {
        let fact = Fact::NoteAdded {
            note_id: NoteId(self.fresh()),
            author: agent,
            op_id: OpId(self.fresh()),
            mentions: Vec::new(),
        };
        let content = EventContent::Note { text: Some(text.to_owned()), quoted: None };
        self.append(id, Actor::Agent { id: agent }, fact, Some(content)).await;
    }

    pub(crate) async fn goes_to(&mut self, id: ConversationId, team: TeamId, owner: Owner) {
        let head = &self.conversations[&id].head;
        if head.owner == owner && head.team_id == team {
            return;
        }
        let fact = Fact::OwnerChanged {
            owner,
            owner_epoch: head.owner_epoch + 1,
            team_id: team,
            cause: OwnerCause::Transferred,
            exceeded_capacity: false,
            keeps_last: true,
        };
        self.append(id, Actor::System, fact, None).await;
    }

    pub(crate) async fn becomes(&mut self, id: ConversationId, status: Status) {
        let conversation = &self.conversations[&id];
        let turn = conversation.thread.turn.filter(|_| status != Status::Resolved);
        if status == Status::Resolved {
            let team = conversation.head.team_id;
            self.goes_to(id, team, Owner::Queue(team)).await;
        }
        self.append(id, Actor::System, Fact::StatusChanged { status, turn, outcome: None }, None)
            .await;
    }

    pub(crate) async fn reads(&mut self, id: ConversationId, agent: AgentId, seq: u64) {
        self.reads.insert((agent, id), seq);
        let row = format!(
            "INSERT INTO read_mark (workspace, agent, conversation, seq)
             VALUES ('{{w}}', '{agent}', '{id}', {seq})
             ON CONFLICT (workspace, agent, conversation) DO UPDATE SET seq = excluded.seq"
        );
        script(&self.store, &row).await.unwrap();
        let fact = Fact::ReadMarked { agent_id: agent, seq };
        self.append(id, Actor::Agent { id: agent }, fact, None).await;
    }

    /// What a newer version says of a conversation.
    pub(crate) async fn is_told(&mut self, id: ConversationId, fact: &str) {
        let fact = serde_json::from_str(fact).unwrap();
        self.append(id, Actor::System, fact, None).await;
    }

    /// A fact that concerns everyone.
    pub(crate) async fn settles(&mut self, fact: Fact) {
        let event = Event {
            position: self.position() + 1,
            conversation_id: None,
            revision: None,
            at: self.now(),
            actor: Actor::System,
            fact,
            content: None,
        };
        let route = Route::of(&event.fact, None, None);
        self.write(Logged::new(event, route), None).await;
    }

    async fn append(
        &mut self,
        id: ConversationId,
        actor: Actor,
        fact: Fact,
        content: Option<EventContent>,
    ) {
        let old = self.conversations.get(&id).cloned();
        let revision = old.as_ref().map_or(0, |old| old.head.revision) + 1;
        let is_alone = matches!(fact, Fact::ReadMarked { .. });
        let event = Event {
            position: self.position() + 1,
            conversation_id: Some(id),
            revision: (!is_alone).then_some(revision),
            at: self.now(),
            actor,
            fact,
            content,
        };
        let mut new = old.clone().or_else(|| begin(id, &event)).unwrap();
        apply(&mut new, &event);
        let scope = |of: &Conversation| Scope::of(&of.head);
        let route = Route::of(&event.fact, old.as_ref().map(scope), Some(scope(&new)));
        self.conversations.insert(id, new.clone());
        self.write(Logged::new(event, route), Some(&new)).await;
    }

    async fn write(&mut self, logged: Logged, conversation: Option<&Conversation>) {
        let event = &logged.event;
        let mut writes = Writes::default();
        let by = event.content.as_ref().map(|content| {
            let (id, body) = (content_id(&event.fact), content_body(content));
            let salt = format!("{:032x}", event.position);
            let digest = content_digest(&salt, &body);
            writes.contents.push(ContentRow::new(self.workspace, &id, salt, body));
            (id, digest)
        });
        let by = by.as_ref().map(|(id, digest)| (id.as_str(), digest.as_str()));
        writes.log.push(LogRow::new(self.workspace, &logged, by));
        writes.feed = FeedRow::all(self.workspace, &logged);
        writes.heads.push(HeadRow::new(self.workspace, event.position));
        if let Some(conversation) = conversation {
            let row = ConversationRow::new(self.workspace, conversation);
            if matches!(event.fact, Fact::ConversationOpened { .. }) {
                writes.conversations.push(row);
            } else {
                writes.conversation_changes.push(row);
            }
            writes.messages.extend(message_row(self.workspace, event, conversation));
            let after = conversation.head.last_seq;
            writes.notes.extend(NoteRow::new(self.workspace, event, after));
        }
        let mut tx = self.store.begin().await.unwrap();
        write(&mut tx, &writes).await.unwrap();
        tx.commit().await.unwrap();
        self.log.push(logged);
    }
}

fn text_of(text: &str) -> EventContent {
    EventContent::Line(Content { text: Some(text.to_owned()), ..Content::default() })
}

fn content_id(fact: &Fact) -> String {
    if let Fact::NoteAdded { note_id, .. } = fact {
        return note_id.to_string();
    }
    let (Fact::LineReceived { line, .. } | Fact::LineWritten { line, .. }) = fact else {
        unreachable!("a fact without content")
    };
    line.id.to_string()
}

fn message_row(
    workspace: WorkspaceId,
    event: &Event,
    conversation: &Conversation,
) -> Option<MessageRow> {
    let (Fact::LineReceived { line, kind, at, .. } | Fact::LineWritten { line, kind, at, .. }) =
        &event.fact
    else {
        return None;
    };
    let mut by = (Author::Customer, None, None, None);
    if let Fact::LineWritten { author, op_id, status, seen, .. } = &event.fact {
        by = (*author, *op_id, Some(*status), *seen);
    }
    let (author, op_id, status, seen) = by;
    let facts = LineFacts {
        line: *line,
        author,
        kind: *kind,
        device: None,
        op_id,
        accepted_at: *at,
        seen,
        status,
        status_at: *at,
        held: None,
        attempt: 0,
        claim_epoch: 0,
        file: None,
        closed_turn: None,
        in_doubt: false,
        leaves_at: None,
        amended: None,
    };
    let extras = Extras {
        wamid: status.is_none().then(|| line.id.to_string()),
        written: Some(event.fact.clone()),
        ..Extras::default()
    };
    MessageRow::new(
        (workspace, conversation.head.id),
        conversation.head.channel_id,
        &facts,
        &extras,
    )
}
