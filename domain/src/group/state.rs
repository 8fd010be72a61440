//! The state of a group in memory: what was read, as the members decided so far left it.
//! After the last decision it equals what would be read back.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::sync::Arc;

use baton_protocol::conversation::ContactCard;
use baton_protocol::event::EventContent;
use baton_protocol::template::Template;
use baton_protocol::{
    Actor, AgentId, AgentState, Author, Change, ChannelId, ContactId, Content, Conversation,
    ConversationId, Epoch, Event, Fact, FileState, LineKind, MessageError, MessageId,
    MessageStatus, NodeId, OpId, Owner, OwnerCause, SettingId, Status, TeamId, Timestamp,
    WorkspaceId,
};
use uuid::Uuid;

pub use super::aside::{Aside, NotUnderstood, Quarantined};
pub use super::files::{ForwardedFile, SentFile, WantedFile};
use super::react::Awake;
use super::senders::KnownSender;
use super::set::HeldSettings;
use super::work::FileWork;
use crate::auto::rules::Policies;
use crate::auto::rules::talk::Talk;
use crate::context::{Lines, Moment, People, Prior};
use crate::decide::Draft;
pub use crate::fact::Key;
use crate::fact::answers;
use crate::fact::apply::{apply, begin};
use crate::fact::draft::changed;
use crate::fact::inbound::ProviderStatus;
use crate::fact::log::{Batch, Logged, Route, apart};
use crate::fact::past::{Booked, Past};
use crate::fact::planted::as_written;
use crate::fact::predicates::provider_rank;
use crate::fact::scope::Scope;
use crate::fact::upload::Uploaded;
use crate::forward::Forwardable;
use crate::see::sight::Sight;

/// A channel that customers write to.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Channel {
    /// The workspace it belongs to.
    pub workspace: WorkspaceId,
    /// Its id.
    pub id: ChannelId,
    /// The Meta app whose webhooks speak for it.
    pub meta_app: String,
    /// The team whose queue new conversations enter.
    pub team: TeamId,
}

/// What the members of a group look at, and what they changed so far.
///
/// The first fields are read before a group; they need to hold only what its members look at. The
/// fields from `entries` on begin empty and say what is to be written.
#[derive(Clone, Default, Debug)]
pub struct State {
    /// Whether a node lives that cannot count answers, and forgets what rules ran.
    pub has_older_nodes: bool,
    /// Channels, by Meta's id of their number.
    pub channels: BTreeMap<String, Channel>,
    /// The contact of each message that names somebody, by the message's fresh id.
    pub senders: BTreeMap<Key<MessageId>, KnownSender>,
    /// Of messages whose sender is named by a name of another contact as well: that contact.
    pub twins: BTreeMap<Key<MessageId>, ContactId>,
    /// Conversations.
    pub conversations: BTreeMap<Key<ConversationId>, Held>,
    /// Agents and teams.
    pub people: BTreeMap<WorkspaceId, People>,
    /// What the authors of commands may see.
    pub sights: BTreeMap<Key<AgentId>, Sight>,
    /// The facts of lines.
    pub lines: Lines,
    /// What the rows of lines have beyond their facts.
    pub extras: BTreeMap<MessageId, Extras>,
    /// Messages by Meta's id.
    pub wamids: BTreeMap<Key<(ChannelId, String)>, (ConversationId, MessageId)>,
    /// Where messages stand: conversation and seq.
    pub places: BTreeMap<Key<MessageId>, (ConversationId, u64)>,
    /// Templates that commands name, by number, name and language.
    pub templates: BTreeMap<Key<(ChannelId, String, String)>, Template>,
    /// Uploads that commands name, and that no command has sent.
    pub uploads: BTreeMap<Key<MessageId>, Uploaded>,
    /// Lines that commands send on.
    pub forwardables: BTreeMap<Key<MessageId>, Forwardable>,
    /// What became of earlier commands.
    pub priors: BTreeMap<Key<AgentId>, BTreeMap<OpId, Prior>>,
    /// How far agents have read.
    pub read_marks: BTreeMap<(WorkspaceId, AgentId, ConversationId), u64>,
    /// Names and numbers of contacts.
    pub cards: BTreeMap<Key<ContactId>, ContactCard>,
    /// Statuses that wait until the message of their id is known.
    pub parked: BTreeMap<Key<(ChannelId, String)>, Vec<ParkedStatus>>,
    /// Lines that edit or take back another one, by Meta's id of that one, whether it came or not.
    pub changes: BTreeMap<Key<(ChannelId, String)>, Vec<LineChange>>,
    /// Messages of the past, by Meta's id.
    pub past: BTreeMap<Key<(ChannelId, String)>, Past>,
    /// What became of their files, by the message.
    pub past_files: BTreeMap<Key<MessageId>, FileState>,
    /// What phone books say, by number.
    pub book: BTreeMap<Key<(ChannelId, String)>, Booked>,
    /// Settings, as far as members set or name them.
    pub settings: HeldSettings,
    /// Rules, promises and schedules of each workspace.
    pub policies: BTreeMap<WorkspaceId, Arc<Policies>>,
    /// The first in line of teams whose members take the next one, in its order.
    pub queues: BTreeMap<Key<TeamId>, Vec<ConversationId>>,
    /// The newest answers, where rules depend on them.
    pub talks: BTreeMap<Key<ConversationId>, Talk>,
    /// Random bits for ids of what rules make.
    pub seed: [u64; 2],
    /// Events that wake rules.
    pub awake: VecDeque<Awake>,
    /// The rules that each cascade of the member ran.
    pub cascades: Vec<BTreeSet<SettingId>>,
    /// The cascade of the rule that acts.
    pub cascade: Option<usize>,
    /// Events that rules made since the member was decided.
    pub made: Vec<Event>,
    /// The position of each log's last event.
    pub heads: BTreeMap<WorkspaceId, u64>,
    /// Workspaces in which a device is registered for pushes.
    pub reached: BTreeSet<WorkspaceId>,
    /// Agents whose loads were less than what they carried.
    pub miscounted: BTreeSet<Key<AgentId>>,
    /// Loads of agents, as they were read.
    pub loads_before: BTreeMap<Key<AgentId>, u32>,
    /// Events, in the order of their positions.
    pub entries: Vec<Entry>,
    /// New outcomes, each with the conversation of its command; the answers are in `priors`.
    pub fresh_priors: BTreeMap<(WorkspaceId, AgentId, OpId), Option<ConversationId>>,
    /// Read marks that grew.
    pub marked: BTreeSet<(WorkspaceId, AgentId, ConversationId)>,
    /// Numbers that tell the names of agents.
    pub signing: BTreeSet<Key<ChannelId>>,
    /// How many characters the names of authors have.
    pub name_chars: BTreeMap<Key<AgentId>, usize>,
    /// Cards that changed; whether the contact is new.
    pub changed_cards: BTreeMap<Key<ContactId>, bool>,
    /// Elements of webhooks that were set aside.
    pub quarantined: Vec<Quarantined>,
    /// Elements of webhooks that this version does not understand.
    pub not_understood: Vec<NotUnderstood>,
    /// Files of new lines, to be fetched.
    pub wanted_files: Vec<WantedFile>,
    /// Files of which something became.
    pub ended_files: Vec<FileWork>,
    /// Files of lines that the team sends: their uploads are no more.
    pub sent_files: Vec<SentFile>,
    /// Files of lines that the team sends on: to be copied and given to WhatsApp.
    pub forwarded_files: Vec<ForwardedFile>,
    /// Statuses that wait from now on, unless `unparked` has them.
    pub newly_parked: Vec<(Key<(ChannelId, String)>, ParkedStatus)>,
    /// Ids of Meta whose statuses wait no longer.
    pub unparked: BTreeSet<Key<(ChannelId, String)>>,
    /// Those of `changes` that are new.
    pub new_changes: Vec<(Key<(ChannelId, String)>, LineChange)>,
    /// Messages of the past of which something became known.
    pub changed_past: BTreeSet<Key<(ChannelId, String)>>,
    /// What they say, where that became known.
    pub past_contents: Vec<PastContent>,
    /// Entries of phone books that changed.
    pub changed_book: BTreeSet<Key<(ChannelId, String)>>,
}

/// A line that edits or takes back another one.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct LineChange {
    /// The conversation that it stands in.
    pub conversation: ConversationId,
    /// Whether it edits or takes back.
    pub kind: LineKind,
    /// Which side said it.
    pub author: Author,
    /// Its number and id, and when it was said.
    pub change: Change,
}

/// What a message of the past says.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct PastContent {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The message.
    pub id: MessageId,
    /// Its content.
    pub content: Content,
}

/// A conversation, as it was read and as it stands.
#[derive(Clone, Debug)]
pub struct Held {
    /// As it was read; `None` when it began in this group.
    pub before: Option<Conversation>,
    /// As it stands.
    pub now: Conversation,
    /// Episodes that began, each with its number.
    pub episodes: Vec<(u32, Timestamp)>,
    /// Episodes that ended, each with its number and its end; `None` where it goes on after all.
    pub ended: Vec<(u32, Option<Timestamp>)>,
}

impl Held {
    /// A conversation that was read.
    pub fn read(conversation: Conversation) -> Self {
        let before = Some(conversation.clone());
        Self { before, now: conversation, episodes: Vec::new(), ended: Vec::new() }
    }
}

/// What a line's row has beyond its facts.
#[derive(Clone, Default, Debug)]
pub struct Extras {
    /// Whether the line is new in this group.
    pub is_new: bool,
    /// Whether its row changes.
    pub is_changed: bool,
    /// Its conversation.
    pub conversation: Option<Key<ConversationId>>,
    /// Meta's id of the message.
    pub wamid: Option<String>,
    /// The attempt that brought the wamid, where it is known.
    pub wamid_attempt: Option<u32>,
    /// The highest status that was ever told.
    pub rank: u8,
    /// Why it failed, as JSON.
    pub error: Option<String>,
    /// The start of its last attempt.
    pub sending_at: Option<Timestamp>,
    /// The time of the next try.
    pub due_at: Option<Timestamp>,
    /// The id of what it says, if it was read anew.
    pub understood: Option<Uuid>,
    /// New lines of customers: kind and value of the name under which they wrote.
    pub identity: Option<(&'static str, String)>,
    /// New lines: the fact that wrote them.
    pub written: Option<Fact>,
    /// Attempts that began or ended in this group.
    pub attempts: Vec<Attempt>,
}

/// An attempt that began or ended in this group.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// Its number, from 1.
    pub n: u32,
    /// The epoch of its claim.
    pub claim_epoch: u64,
    /// The node that makes it; `None` for one that ends.
    pub node: Option<NodeId>,
    /// Its start, if it began in this group.
    pub began: Option<Timestamp>,
    /// Its end: time, outcome, and the id that Meta gave.
    pub ended: Option<(Timestamp, &'static str, Option<String>)>,
}

/// What WhatsApp says of a message, which may have to wait until the message's id is known.
#[derive(Clone, Debug)]
pub struct ParkedStatus {
    /// How far the message got.
    pub status: ProviderStatus,
    /// With `failed`: why.
    pub error: Option<MessageError>,
    /// The time of the status, by Meta's clock.
    pub at: Timestamp,
    /// In a group: the participant it is told of.
    pub participant: Option<String>,
}

/// An event to be written.
#[derive(Clone, Debug)]
pub struct Entry {
    /// The workspace whose log it goes into.
    pub workspace: WorkspaceId,
    /// The event, with its position.
    pub event: Event,
    /// Whom it concerns.
    pub route: Route,
    /// The id under which its erasable part is kept, if it has one.
    pub content_id: Option<String>,
}

impl State {
    /// A conversation of this workspace.
    pub fn conversation(
        &self,
        workspace: WorkspaceId,
        id: ConversationId,
    ) -> Option<&Conversation> {
        self.conversations.get(&(workspace, id)).map(|held| &held.now)
    }

    /// Appends facts of a conversation: applies each, keeps loads and lines true.
    pub(super) fn append(&mut self, of: Key<ConversationId>, drafts: Vec<Draft>, by: By) {
        for draft in drafts {
            self.give_back(of, &draft.fact, by);
            self.append_one(of, draft, by);
        }
    }

    /// An episode that goes on after it was resolved, because its answer was lost, is its owner's
    /// again. Where they are gone it is flagged.
    fn give_back(&mut self, of: Key<ConversationId>, fact: &Fact, by: By) {
        let Fact::StatusChanged { status, .. } = fact else { return };
        let Some(conversation) = self.conversation(of.0, of.1) else { return };
        let (head, thread) = (&conversation.head, &conversation.thread);
        if *status == Status::Resolved || head.status != Status::Resolved {
            return;
        }
        let counted = thread.clocks.answers.as_ref();
        let before = counted.map_or(thread.last_agent, |answers| answers.owner);
        let Some(agent) = before.filter(|_| head.owner.agent().is_none()) else { return };
        let people = self.people.get(&of.0).and_then(|people| people.agents.get(&agent));
        let there = people.filter(|facts| facts.state == AgentState::Active);
        let fact = match there {
            Some(facts) => {
                let (owner, cause) = (Owner::Agent(agent), OwnerCause::Reopened);
                changed(head, owner, head.team_id, cause, facts.is_full())
            }
            None => changed(head, head.owner, head.team_id, OwnerCause::Absent, false),
        };
        self.append_one(of, fact.into(), by);
    }

    pub(super) fn append_one(&mut self, of: Key<ConversationId>, draft: Draft, by: By) {
        let (workspace, id) = of;
        let alone = apart(&draft.fact).is_some();
        let old = self.conversations.get(&of).map(|held| held.now.clone());
        let revision = old.as_ref().map_or(0, |old| old.head.revision) + 1;
        let event = Event {
            position: 0,
            conversation_id: Some(id),
            revision: (!alone).then_some(revision),
            at: by.at,
            actor: by.actor,
            fact: answers::with_answers(old.as_ref(), draft.fact, self.has_older_nodes),
            content: draft.content,
        };
        let Some(now) = self.fold(of, &event) else { return };
        let turn_before = old.as_ref().and_then(|old| old.thread.turn);
        self.talks.entry(of).or_default().tell(&event, turn_before);
        let scopes = (old.as_ref().map(|old| Scope::of(&old.head)), Scope::of(&now.head));
        self.move_load(workspace, old.as_ref(), &now);
        let moment = Moment {
            conversation: id,
            turn_before,
            at: by.at,
            claim_epoch: by.claim.map(|(epoch, _)| epoch),
        };
        self.lines.absorb(&event, moment);
        self.note_line(of, &event, by);
        let route = Route::of(&event.fact, scopes.0, Some(scopes.1));
        let content_id = content_id(&event, by.card);
        let event = Event { position: self.next_position(workspace), ..event };
        self.wake(of, &event, (old.as_ref(), &now));
        self.push(workspace, event, route, content_id);
        self.end_offer(of, old.as_ref(), &now, by);
    }

    fn next_position(&self, workspace: WorkspaceId) -> u64 {
        self.heads.get(&workspace).copied().unwrap_or_default() + 1
    }

    /// Gives the event the next position of its workspace's log.
    pub(super) fn push(
        &mut self,
        workspace: WorkspaceId,
        mut event: Event,
        route: Route,
        content_id: Option<String>,
    ) {
        let head = self.heads.entry(workspace).or_default();
        *head += 1;
        event.position = *head;
        self.entries.push(Entry { workspace, event, route, content_id });
    }

    /// What the group appended to each workspace's log.
    pub fn batches(&self, epoch: Epoch) -> Vec<Batch> {
        let mut batches: BTreeMap<WorkspaceId, Batch> = BTreeMap::new();
        for Entry { workspace, event, route, .. } in &self.entries {
            let batch = batches.entry(*workspace).or_insert_with(|| Batch {
                workspace: *workspace,
                epoch,
                after: event.position.saturating_sub(1),
                entries: Vec::new(),
                heads: BTreeMap::new(),
            });
            batch.entries.push(Logged::new(as_written(event), *route));
            if let Some(id) = event.conversation_id
                && let Some(conversation) = self.conversation(*workspace, id)
            {
                batch.heads.insert(id, conversation.head.clone());
            }
        }
        batches.into_values().collect()
    }

    /// Begins the next group on this state: what changed is taken as written. For those who keep
    /// a state in memory from group to group.
    pub fn settle(&mut self) {
        for held in self.conversations.values_mut() {
            *held = Held::read(held.now.clone());
        }
        for extras in self.extras.values_mut() {
            (extras.is_new, extras.is_changed) = (false, false);
            extras.attempts.clear();
        }
        let loads = self.people.iter().flat_map(|(workspace, people)| {
            people.agents.values().map(move |facts| ((*workspace, facts.id), facts.load))
        });
        self.loads_before = loads.collect();
        self.miscounted.clear();
        self.entries.clear();
        self.fresh_priors.clear();
        self.marked.clear();
        self.changed_cards.clear();
        self.quarantined.clear();
        self.not_understood.clear();
        self.wanted_files.clear();
        self.ended_files.clear();
        self.sent_files.clear();
        self.forwarded_files.clear();
        self.newly_parked.clear();
        self.unparked.clear();
        self.new_changes.clear();
        self.changed_past.clear();
        self.past_contents.clear();
        self.changed_book.clear();
        self.settings.changed.clear();
        self.settings.versions.clear();
        self.settings.secret_changes.clear();
        for secret in self.settings.secrets.values_mut() {
            secret.new = None;
        }
    }

    /// Folds the event into the conversation, which it may begin.
    fn fold(&mut self, of: Key<ConversationId>, event: &Event) -> Option<Conversation> {
        if let Some(begun) = begin(of.1, event) {
            let held = Held { before: None, now: begun, episodes: Vec::new(), ended: Vec::new() };
            self.conversations.insert(of, held);
        }
        let held = self.conversations.get_mut(&of)?;
        let was_open = held.now.head.status != Status::Resolved;
        apply(&mut held.now, event);
        let is_open = held.now.head.status != Status::Resolved;
        if let Fact::EpisodeOpened { episode, .. } = event.fact {
            held.episodes.push((episode, event.at));
        } else if was_open != is_open && held.now.head.episode > 0 {
            let end = (!is_open).then_some(event.at);
            held.ended.push((held.now.head.episode, end));
        }
        Some(held.now.clone())
    }

    /// What the line's row has beyond its facts.
    #[expect(clippy::wildcard_enum_match_arm, reason = "most facts are of no line")]
    fn note_line(&mut self, of: Key<ConversationId>, event: &Event, by: By) {
        match &event.fact {
            Fact::LineReceived { line, .. } | Fact::LineWritten { line, .. } => {
                let extras = self.extras.entry(line.id).or_default();
                extras.is_new = true;
                extras.conversation = Some(of);
                extras.written = Some(event.fact.clone());
                self.places.insert((of.0, line.id), (of.1, line.seq));
            }
            Fact::LineAmended { line, .. } => {
                let extras = self.extras.entry(line.id).or_default();
                extras.is_changed = true;
                extras.conversation = Some(of);
            }
            Fact::MessageChanged { line, status, error, attempt, .. } => {
                let extras = self.extras.entry(line.id).or_default();
                extras.is_changed = true;
                extras.conversation = Some(of);
                extras.rank = extras.rank.max(provider_rank(*status));
                extras.error =
                    error.as_ref().map(|error| serde_json::to_string(error).unwrap_or_default());
                // A person has it sent at once.
                if *status == MessageStatus::Queued && by.actor != Actor::System {
                    extras.due_at = None;
                }
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
            Fact::FileChanged { line, .. } => {
                let extras = self.extras.entry(line.id).or_default();
                extras.is_changed = true;
                extras.conversation = Some(of);
            }
            Fact::LineUnderstood { line, .. } => {
                let extras = self.extras.entry(line.id).or_default();
                extras.is_changed = true;
                extras.conversation = Some(of);
                extras.understood = by.card;
            }
            _ => {}
        }
    }

    /// Counts of a team, by how conversations were read and how they stand.
    pub fn tallies(&self) -> BTreeMap<Key<TeamId>, [i64; 3]> {
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

/// The actor of something, and its time.
#[derive(Clone, Copy, Debug)]
pub(super) struct By {
    pub(super) actor: Actor,
    pub(super) at: Timestamp,
    /// With the claim of a send: its epoch, and who makes it.
    pub(super) claim: Option<(u64, NodeId)>,
    /// With a change of a contact's card, a reaction, or a line that is read anew: the id of its
    /// content.
    pub(super) card: Option<Uuid>,
}

impl By {
    pub(super) fn new(actor: Actor, at: Timestamp) -> Self {
        Self { actor, at, claim: None, card: None }
    }
}

/// Whether it counts as open, as waiting in the queue, as unanswered.
fn counts(conversation: &Conversation) -> [bool; 3] {
    let head = &conversation.head;
    let open = head.status == Status::Open;
    [open, open && head.owner.agent().is_none(), head.unanswered_since.is_some()]
}

fn content_id(event: &Event, card: Option<Uuid>) -> Option<String> {
    match (&event.fact, event.content.as_ref()?) {
        (
            Fact::LineReceived { line, .. } | Fact::LineWritten { line, .. },
            EventContent::Line(_),
        ) => Some(line.id.to_string()),
        (
            Fact::NoteAdded { note_id, .. } | Fact::Coached { note_id, .. },
            EventContent::Note { .. },
        ) => Some(note_id.to_string()),
        (Fact::ReminderSet { note_id: Some(note_id), .. }, EventContent::Note { .. }) => {
            Some(note_id.to_string())
        }
        (Fact::RuleRan { .. } | Fact::PriorityChanged { .. }, EventContent::Note { .. }) => {
            card.map(|card| card.to_string())
        }
        (Fact::LineUnderstood { .. }, EventContent::Line(_))
        | (
            _,
            EventContent::Contact(_) | EventContent::Reaction { .. } | EventContent::Outcome(_),
        ) => card.map(|card| card.to_string()),
        _ => None,
    }
}
