//! A workspace whose log is written as the committer writes it: facts folded by the domain,
//! numbered, listed in the feed, contents beside.

use std::collections::BTreeMap;

use baton_domain::apply::{apply, begin};
use baton_domain::log::{Logged, Route};
use baton_domain::scope::Scope;
use baton_protocol::event::EventContent;
use baton_protocol::{
    Actor, AgentId, Author, ChannelId, ContactId, Content, Conversation, ConversationId, Event,
    Fact, LineKind, LineRef, MessageId, MessageStatus, NoteId, OpId, Owner, OwnerCause, Status,
    TeamId, Timestamp, Turn, WorkspaceId,
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::seed::{CHANNEL, WORKSPACE, script, seed};
use crate::store::digest::{content_body, content_digest};
use crate::store::rows::{conversation_values, feed_values, log_values};
use crate::store::testing::TestDatabase;
use crate::store::{Sql, Store};

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
            "INSERT INTO contact VALUES ('{{w}}', '{contact}', '{name}', '3460000{n:04}', '{}')",
            crate::store::fold(name)
        );
        script(&self.store, &row).await.unwrap();
        let fact = Fact::ConversationOpened {
            channel_id: parsed::<ChannelId>(CHANNEL),
            contact_id: contact,
            team_id: team,
        };
        self.append(id, Actor::Customer, fact, None).await;
        self.append(id, Actor::Customer, Fact::EpisodeOpened { episode: 1 }, None).await;
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
        };
        self.append(id, Actor::Agent { id: agent }, fact, Some(text_of(text))).await;
    }

    pub(crate) async fn notes(&mut self, id: ConversationId, agent: AgentId, text: &str) {
        let fact = Fact::NoteAdded {
            note_id: NoteId(self.fresh()),
            author: agent,
            op_id: OpId(self.fresh()),
        };
        let content = EventContent::Note { text: Some(text.to_owned()) };
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
        self.append(id, Actor::System, Fact::StatusChanged { status, turn }, None).await;
    }

    pub(crate) async fn reads(&mut self, id: ConversationId, agent: AgentId, seq: u64) {
        self.reads.insert((agent, id), seq);
        let row = format!(
            "INSERT INTO read_mark VALUES ('{{w}}', '{agent}', '{id}', {seq})
             ON CONFLICT (workspace, agent, conversation) DO UPDATE SET seq = excluded.seq"
        );
        script(&self.store, &row).await.unwrap();
        let fact = Fact::ReadMarked { agent_id: agent, seq };
        self.append(id, Actor::Agent { id: agent }, fact, None).await;
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
        self.write(Logged { event, route: Route::Everyone }, None).await;
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
        self.write(Logged { event, route }, Some(&new)).await;
    }

    async fn write(&mut self, logged: Logged, conversation: Option<&Conversation>) {
        let event = &logged.event;
        let content = event.content.as_ref().map(|content| {
            let body = content_body(content);
            let salt = format!("{:032x}", event.position);
            let digest = content_digest(&salt, &body);
            (
                content_id(&event.fact),
                digest,
                json!([[WORKSPACE, content_id(&event.fact), salt, body]]),
            )
        });
        let by = content.as_ref().map(|(id, digest, _)| (id.as_str(), digest.as_str()));
        let log = json!([log_values(self.workspace, &logged, by)]).to_string();
        let feed = json!(feed_values(self.workspace, &logged)).to_string();
        let position = event.position.to_string();
        let mut tx = self.store.begin().await.unwrap();
        if let Some(conversation) = conversation {
            let row = json!([conversation_values(self.workspace, conversation)]).to_string();
            tx.run(&CONVERSATION, &[&row]).await.unwrap();
        }
        if let Some((_, _, row)) = &content {
            tx.run(&CONTENT, &[&row.to_string()]).await.unwrap();
        }
        if let Some(row) = message_values(self.workspace, event, conversation) {
            tx.run(&MESSAGE, &[&json!([row]).to_string()]).await.unwrap();
        }
        if let Some(row) = note_values(self.workspace, event, conversation) {
            tx.run(&NOTE, &[&json!([row]).to_string()]).await.unwrap();
        }
        tx.run_all(&[(&LOG, &[&log]), (&FEED, &[&feed]), (&HEAD, &[&position])]).await.unwrap();
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

fn message_values(
    workspace: WorkspaceId,
    event: &Event,
    conversation: Option<&Conversation>,
) -> Option<Value> {
    let channel = conversation?.head.channel_id;
    let id = event.conversation_id;
    if let Fact::LineReceived { line, at, .. } = &event.fact {
        let at = at.ms();
        return Some(json!([
            workspace, id, line.seq, line.id, channel, "customer", null, "text", at, at, line.id,
            null, null
        ]));
    }
    let Fact::LineWritten { line, author: Author::Agent { id: agent }, at, op_id, .. } =
        &event.fact
    else {
        return None;
    };
    let at = at.ms();
    Some(json!([
        workspace, id, line.seq, line.id, channel, "agent", agent, "text", at, at, null, op_id,
        "queued"
    ]))
}

fn note_values(
    workspace: WorkspaceId,
    event: &Event,
    conversation: Option<&Conversation>,
) -> Option<Value> {
    let Fact::NoteAdded { note_id, author, op_id } = &event.fact else { return None };
    let (id, after) = (event.conversation_id, conversation?.head.last_seq);
    Some(json!([workspace, id, note_id, author, op_id, event.at.ms(), event.revision, after]))
}

static CONVERSATION: Sql = Sql::new(
    "INSERT INTO conversation SELECT value->>0, value->>1, value->>2, value->>3, value->>4,
       value->>5, CAST(value->>6 AS BIGINT), value->>7, CAST(value->>8 AS BIGINT),
       CAST(value->>9 AS BIGINT), CAST(value->>10 AS BIGINT), CAST(value->>11 AS BIGINT),
       value->>12, CAST(value->>13 AS BIGINT), CAST(value->>14 AS BIGINT),
       CAST(value->>15 AS BIGINT), CAST(value->>16 AS BIGINT), value->>17,
       CAST(value->>18 AS BIGINT) FROM {rows $1} WHERE true
     ON CONFLICT (workspace, id) DO UPDATE SET team = excluded.team,
       owner_agent = excluded.owner_agent, owner_epoch = excluded.owner_epoch,
       status = excluded.status, snoozed_until = excluded.snoozed_until,
       episode = excluded.episode, revision = excluded.revision, last_seq = excluded.last_seq,
       last_line = excluded.last_line, customer_seq = excluded.customer_seq,
       turn_seq = excluded.turn_seq, unanswered_since = excluded.unanswered_since,
       window_until = excluded.window_until, last_agent = excluded.last_agent,
       activity_at = excluded.activity_at",
);
static CONTENT: Sql = Sql::new(
    "INSERT INTO content SELECT value->>0, value->>1, value->>2, value->>3 FROM {rows $1}",
);
static MESSAGE: Sql = Sql::new(
    "INSERT INTO message (workspace, conversation, seq, id, channel, author_kind, author, kind, at,
       accepted_at, wamid, op_id, status)
     SELECT value->>0, value->>1, CAST(value->>2 AS BIGINT), value->>3, value->>4, value->>5,
       value->>6, value->>7, CAST(value->>8 AS BIGINT), CAST(value->>9 AS BIGINT), value->>10,
       value->>11, value->>12 FROM {rows $1}",
);
static NOTE: Sql = Sql::new(
    "INSERT INTO note SELECT value->>0, value->>1, value->>2, value->>3, value->>4,
       CAST(value->>5 AS BIGINT), CAST(value->>6 AS BIGINT), CAST(value->>7 AS BIGINT)
     FROM {rows $1}",
);
static LOG: Sql = Sql::new(
    "INSERT INTO log SELECT value->>0, CAST(value->>1 AS BIGINT), CAST(value->>2 AS BIGINT),
       CAST(value->>3 AS BIGINT), value->>4, value->>5, value->>6, CAST(value->>7 AS BIGINT),
       value->>8, value->>9, value->>10, value->>11, value->>12, value->>13, value->>14
     FROM {rows $1}",
);
static FEED: Sql = Sql::new(
    "INSERT INTO feed SELECT value->>0, value->>1, CAST(value->>2 AS BIGINT), value->>3
     FROM {rows $1}",
);
static HEAD: Sql = Sql::new("UPDATE log_head SET position = CAST($1 AS BIGINT)");
