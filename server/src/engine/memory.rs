//! The state of a group in memory: what was read, as the members decided so far left it.
//! After the last decision it equals what would be read back.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::apply::{apply, begin};
use baton_domain::context::{Lines, Moment, People, Prior};
use baton_domain::decide::Draft;
use baton_domain::log::Route;
use baton_domain::scope::Scope;
use baton_domain::sight::Sight;
use baton_protocol::conversation::ContactCard;
use baton_protocol::event::EventContent;
use baton_protocol::{
    Actor, AgentId, ChannelId, ContactId, Conversation, ConversationId, Event, Fact, MessageId,
    MessageStatus, OpId, TeamId, Timestamp, WorkspaceId,
};

use crate::store::node::NodeId;

/// A key that cannot reach into another workspace.
pub(super) type Key<T> = (WorkspaceId, T);

/// See the head of the file.
#[derive(Default)]
pub(super) struct Memory {
    pub(super) conversations: BTreeMap<Key<ConversationId>, Held>,
    pub(super) people: BTreeMap<WorkspaceId, People>,
    pub(super) sights: BTreeMap<Key<AgentId>, Sight>,
    pub(super) lines: Lines,
    pub(super) extras: BTreeMap<MessageId, Extras>,
    pub(super) wamids: BTreeMap<Key<(ChannelId, String)>, (ConversationId, MessageId)>,
    pub(super) places: BTreeMap<Key<MessageId>, (ConversationId, u64)>,
    pub(super) priors: BTreeMap<Key<AgentId>, BTreeMap<OpId, Prior>>,
    pub(super) fresh_priors: BTreeMap<(WorkspaceId, AgentId, OpId), Outcome>,
    pub(super) read_marks: BTreeMap<(WorkspaceId, AgentId, ConversationId), u64>,
    pub(super) marked: BTreeSet<(WorkspaceId, AgentId, ConversationId)>,
    pub(super) cards: BTreeMap<Key<ContactId>, ContactCard>,
    /// Cards to be written; whether the contact is new.
    pub(super) changed_cards: BTreeMap<Key<ContactId>, bool>,
    pub(super) quarantined: Vec<Quarantined>,
    pub(super) parked: BTreeMap<Key<(ChannelId, String)>, Vec<ParkedStatus>>,
    pub(super) unparked: BTreeSet<Key<(ChannelId, String)>>,
    pub(super) newly_parked: Vec<(Key<(ChannelId, String)>, ParkedStatus)>,
    pub(super) heads: BTreeMap<WorkspaceId, u64>,
    pub(super) loads_before: BTreeMap<Key<AgentId>, u32>,
    pub(super) entries: Vec<Entry>,
}

/// A conversation, as it was read and as it stands.
pub(super) struct Held {
    pub(super) before: Option<Conversation>,
    pub(super) now: Conversation,
    pub(super) episodes: Vec<(u32, Timestamp)>,
    pub(super) ended: Vec<(u32, Timestamp)>,
}

/// What a line's row has beyond its facts.
#[derive(Clone, Default, Debug)]
pub(super) struct Extras {
    pub(super) is_new: bool,
    pub(super) is_changed: bool,
    pub(super) conversation: Option<Key<ConversationId>>,
    pub(super) wamid: Option<String>,
    /// The attempt that brought the wamid, where it is known.
    pub(super) wamid_attempt: Option<u32>,
    pub(super) rank: u8,
    pub(super) error: Option<String>,
    pub(super) sending_at: Option<Timestamp>,
    pub(super) due_at: Option<Timestamp>,
    /// New lines of customers: under which name they wrote.
    pub(super) identity: Option<(&'static str, String)>,
    /// New lines: the fact that wrote them.
    pub(super) written: Option<Fact>,
    pub(super) attempts: Vec<Attempt>,
}

/// An attempt that began or ended in this group.
#[derive(Clone, Debug)]
pub(super) struct Attempt {
    pub(super) n: u32,
    pub(super) claim_epoch: u64,
    /// Who makes it; of an attempt that ends, not said again.
    pub(super) node: Option<NodeId>,
    pub(super) began: Option<Timestamp>,
    pub(super) ended: Option<(Timestamp, &'static str, Option<String>)>,
}

/// An outcome to be stored.
#[derive(Clone, Debug)]
pub(super) struct Outcome {
    pub(super) conversation: Option<ConversationId>,
    /// The last event it caused, by its place among the entries.
    pub(super) last_entry: Option<usize>,
}

/// What WhatsApp says of a message, which may have to wait until the message's id is known.
#[derive(Clone, Debug)]
pub(super) struct ParkedStatus {
    pub(super) status: baton_domain::inbound::ProviderStatus,
    pub(super) error: Option<baton_protocol::MessageError>,
    pub(super) at: Timestamp,
}

/// Why an element was set aside: the name that is counted, and the words for people.
#[derive(Clone, Debug)]
pub(super) struct Aside(pub(super) &'static str, pub(super) String);

/// An element that was set aside.
#[derive(Clone, Debug)]
pub(super) struct Quarantined {
    pub(super) id: uuid::Uuid,
    pub(super) meta_app: String,
    pub(super) workspace: Option<WorkspaceId>,
    pub(super) intake_digest: String,
    pub(super) why: Aside,
    pub(super) element: String,
}

/// An event to be numbered and written.
#[derive(Clone, Debug)]
pub(super) struct Entry {
    pub(super) workspace: WorkspaceId,
    pub(super) event: Event,
    pub(super) route: Route,
    pub(super) content_id: Option<String>,
}

impl Memory {
    /// A conversation of this workspace.
    pub(super) fn conversation(
        &self,
        workspace: WorkspaceId,
        id: ConversationId,
    ) -> Option<&Conversation> {
        self.conversations.get(&(workspace, id)).map(|held| &held.now)
    }

    /// Appends facts of a conversation: applies each, keeps loads and lines true.
    pub(super) fn append(&mut self, of: Key<ConversationId>, drafts: Vec<Draft>, by: By) {
        for draft in drafts {
            self.append_one(of, draft, by);
        }
    }

    fn append_one(&mut self, of: Key<ConversationId>, draft: Draft, by: By) {
        let (workspace, id) = of;
        let alone = matches!(draft.fact, Fact::ReadMarked { .. });
        let old = self.conversations.get(&of).map(|held| held.now.clone());
        let revision = old.as_ref().map_or(0, |old| old.head.revision) + 1;
        let event = Event {
            position: 0,
            conversation_id: Some(id),
            revision: (!alone).then_some(revision),
            at: by.at,
            actor: by.actor,
            fact: draft.fact,
            content: draft.content,
        };
        let Some(now) = self.fold(of, &event) else { return };
        let scopes = (old.as_ref().map(|old| Scope::of(&old.head)), Scope::of(&now.head));
        self.move_load(workspace, old.as_ref(), &now);
        let moment = Moment {
            conversation: id,
            turn_before: old.as_ref().and_then(|old| old.thread.turn),
            at: by.at,
            claim_epoch: by.claim.map(|(epoch, _)| epoch),
        };
        self.lines.absorb(&event.fact, moment);
        self.note_line(of, &event, by);
        let route = Route::of(&event.fact, scopes.0, Some(scopes.1));
        let content_id = content_id(&event, by.card);
        self.entries.push(Entry { workspace, event, route, content_id });
    }

    /// Folds the event into the conversation, which it may begin.
    fn fold(&mut self, of: Key<ConversationId>, event: &Event) -> Option<Conversation> {
        if let Some(begun) = begin(of.1, event) {
            let held = Held { before: None, now: begun, episodes: Vec::new(), ended: Vec::new() };
            self.conversations.insert(of, held);
        }
        let held = self.conversations.get_mut(&of)?;
        let was_open = held.now.head.status != baton_protocol::Status::Resolved;
        apply(&mut held.now, event);
        let is_open = held.now.head.status != baton_protocol::Status::Resolved;
        if let Fact::EpisodeOpened { episode } = event.fact {
            held.episodes.push((episode, event.at));
        } else if was_open && !is_open {
            held.ended.push((held.now.head.episode, event.at));
        }
        Some(held.now.clone())
    }

    /// What an agent owns that counts, kept true as owners and statuses change.
    fn move_load(
        &mut self,
        workspace: WorkspaceId,
        old: Option<&Conversation>,
        now: &Conversation,
    ) {
        let before = old.and_then(bearer);
        let after = bearer(now);
        if before == after {
            return;
        }
        let agents = self.people.entry(workspace).or_default();
        if let Some(facts) = before.and_then(|id| agents.agents.get_mut(&id)) {
            facts.load = facts.load.saturating_sub(1);
        }
        if let Some(facts) = after.and_then(|id| agents.agents.get_mut(&id)) {
            facts.load += 1;
        }
    }

    /// What the line's row has beyond its facts.
    fn note_line(&mut self, of: Key<ConversationId>, event: &Event, by: By) {
        match &event.fact {
            Fact::LineReceived { line, .. } | Fact::LineWritten { line, .. } => {
                let extras = self.extras.entry(line.id).or_default();
                extras.is_new = true;
                extras.conversation = Some(of);
                extras.written = Some(event.fact.clone());
                self.places.insert((of.0, line.id), (of.1, line.seq));
            }
            Fact::MessageChanged { line, status, error, attempt, .. } => {
                let extras = self.extras.entry(line.id).or_default();
                extras.is_changed = true;
                extras.conversation = Some(of);
                extras.rank = extras.rank.max(status.provider_rank());
                extras.error =
                    error.as_ref().map(|error| serde_json::to_string(error).unwrap_or_default());
                if *status == MessageStatus::Sending {
                    extras.sending_at = Some(by.at);
                    extras.attempts.push(Attempt {
                        n: *attempt,
                        claim_epoch: by.claim.map_or(0, |(epoch, _)| epoch),
                        node: by.claim.map(|(_, node)| node),
                        began: Some(by.at),
                        ended: None,
                    });
                }
            }
            Fact::ConversationOpened { .. }
            | Fact::ContactChanged { .. }
            | Fact::EpisodeOpened { .. }
            | Fact::NoteAdded { .. }
            | Fact::OwnerChanged { .. }
            | Fact::StatusChanged { .. }
            | Fact::ReadMarked { .. }
            | Fact::AgentChanged { .. }
            | Fact::TeamChanged { .. }
            | Fact::MembershipChanged { .. }
            | Fact::ChannelChanged { .. }
            | Fact::PasswordSet { .. }
            | Fact::DeviceRevoked { .. }
            | Fact::HeadChanged { .. } => {}
        }
    }

    /// Counts of a team, by how conversations were read and how they stand.
    pub(super) fn tallies(&self) -> BTreeMap<Key<TeamId>, [i64; 3]> {
        let mut all: BTreeMap<Key<TeamId>, [i64; 3]> = BTreeMap::new();
        for ((workspace, _), held) in &self.conversations {
            let sides = [(held.before.as_ref(), -1), (Some(&held.now), 1)];
            for (conversation, sign) in sides {
                let Some(conversation) = conversation else { continue };
                let counts = counts(conversation);
                let sum = all.entry((*workspace, conversation.head.team_id)).or_default();
                for (sum, count) in sum.iter_mut().zip(counts) {
                    *sum += sign * i64::from(count);
                }
            }
        }
        all.retain(|_, counts| counts.iter().any(|count| *count != 0));
        all
    }
}

/// Who makes something happen, and when.
#[derive(Clone, Copy, Debug)]
pub(super) struct By {
    pub(super) actor: Actor,
    pub(super) at: Timestamp,
    /// With the claim of a send: its epoch, and who makes it.
    pub(super) claim: Option<(u64, NodeId)>,
    /// With a change of a contact's card: the id of its content.
    pub(super) card: Option<uuid::Uuid>,
}

impl By {
    pub(super) fn new(actor: Actor, at: Timestamp) -> Self {
        Self { actor, at, claim: None, card: None }
    }
}

/// The agent whose load a conversation counts towards.
fn bearer(conversation: &Conversation) -> Option<AgentId> {
    conversation.head.owner.agent().filter(|_| conversation.head.status.is_load())
}

/// Whether it counts as open, as waiting in the queue, as unanswered.
fn counts(conversation: &Conversation) -> [bool; 3] {
    let head = &conversation.head;
    let open = head.status == baton_protocol::Status::Open;
    [open, open && head.owner.agent().is_none(), head.unanswered_since.is_some()]
}

fn content_id(event: &Event, card: Option<uuid::Uuid>) -> Option<String> {
    match (&event.fact, event.content.as_ref()?) {
        (
            Fact::LineReceived { line, .. } | Fact::LineWritten { line, .. },
            EventContent::Line(_),
        ) => Some(line.id.to_string()),
        (Fact::NoteAdded { note_id, .. }, EventContent::Note { .. }) => Some(note_id.to_string()),
        (_, EventContent::Contact(_)) => card.map(|card| card.to_string()),
        _ => None,
    }
}
