//! Which keys a group needs, told from its members alone or from what was read so far.

use std::collections::{BTreeMap, BTreeSet};

use baton_domain::fact::inbound::{ElementBody, ProviderStatus};
use baton_domain::fact::predicates::is_not_understood;
use baton_domain::fact::tag::Tag;
use baton_domain::group::{Channel, CommandWork, HandBackWork, Key, MessageAt, Work};
use baton_protocol::{AgentId, ChannelId, ConversationId, LineKind, MessageId, OpId, WorkspaceId};
use serde::Serialize;

/// An id of Meta where it is one: `[workspace, channel, wamid]`.
pub(super) type WamidKey = (String, String, String);

/// Which lines a decision about a message looks at.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub(super) enum Reach {
    /// Its own only: it climbs.
    Alone,
    /// Those around as well: they show what it answered and what it holds up.
    Around,
}

/// Ordered sets of keys: locks are taken in their order.
#[derive(Default, Debug)]
pub(super) struct Needs {
    pub(super) workspaces: BTreeSet<WorkspaceId>,
    pub(super) phone_number_ids: BTreeSet<String>,
    pub(super) conversations: BTreeSet<Key<ConversationId>>,
    /// Agents whose scope matters: authors of commands.
    pub(super) authors: BTreeSet<Key<AgentId>>,
    /// Agents whose load or state matters.
    pub(super) agents: BTreeSet<Key<AgentId>>,
    /// How far authors have read.
    pub(super) marks: BTreeSet<(WorkspaceId, AgentId, ConversationId)>,
    /// Messages of which only the id is known.
    pub(super) messages: BTreeMap<Key<MessageId>, Reach>,
    /// Ids of Meta that may be known.
    pub(super) wamids: BTreeSet<WamidKey>,
    /// Those of them whose messages change: their conversations are locked.
    pub(super) of_changes: BTreeMap<WamidKey, Reach>,
    /// Ids of Meta that sends brought back: statuses may wait for them.
    pub(super) brought_back: BTreeSet<WamidKey>,
    /// Those that webhooks tie to a message: statuses may wait for them unless they are known.
    pub(super) newly_named: BTreeSet<WamidKey>,
    /// Outcomes, each `[workspace, agent, op_id]`.
    pub(super) outcomes: BTreeSet<(String, String, String)>,
    /// Whose outcomes are asked for, and which.
    pub(super) asked: BTreeSet<(WorkspaceId, AgentId, OpId)>,
    /// Lines, each `[workspace, conversation, from, to]`.
    pub(super) stretches: BTreeSet<(String, String, u64, u64)>,
    /// Templates that commands name, each `[workspace, name, language]`.
    pub(super) templates: BTreeSet<(String, String, String)>,
    /// Uploads, each with its workspace.
    pub(super) uploads: BTreeSet<(String, String)>,
    /// Conversations whose customers' cards commands change.
    pub(super) named: BTreeSet<Key<ConversationId>>,
    /// Lines that commands send on.
    pub(super) forwarded: BTreeSet<Key<MessageId>>,
    /// Messages of the past.
    pub(super) past: BTreeSet<WamidKey>,
    /// Those of the past whose files ended.
    pub(super) past_files: BTreeSet<Key<MessageId>>,
    /// Whether somebody's choice of a team is to be tested: teams are read, also without authors.
    pub(super) names_a_team: bool,
    /// Entries of phone books, each `[workspace, channel, number]`.
    pub(super) book: BTreeSet<WamidKey>,
}

/// How many lines above `seen` are looked at; more than any chain exempts.
const ABOVE_SEEN: u64 = 250;
/// How far around a message that is on its way lines are looked at.
const AROUND: u64 = 100;

impl Needs {
    /// What the members say.
    pub(super) fn of(group: &[&Work]) -> Self {
        let mut needs = Self::default();
        for work in group {
            needs.add(work);
        }
        needs
    }

    fn add(&mut self, work: &Work) {
        match work {
            Work::Post(post) => {
                for (element, _) in &post.elements {
                    self.phone_number_ids.extend(element.phone_number_id.clone());
                }
            }
            Work::Command(work) => self.add_command(work),
            Work::Outcomes(work) => {
                self.workspaces.insert(work.workspace);
                let asked = |op_id: &OpId| (work.workspace, work.agent, *op_id);
                self.asked.extend(work.op_ids.iter().map(asked));
                for op_id in &work.op_ids {
                    self.add_outcome(work.workspace, work.agent, *op_id);
                }
            }
            Work::Claim(claim) => self.add_message(claim.at),
            Work::Rescue(rescue) => self.add_message(rescue.at),
            Work::Restored(at) => self.add_message(*at),
            Work::Result(result) => {
                self.add_message(result.at);
                if let baton_domain::decide::delivery::SendResult::Accepted { wamid } =
                    &result.result
                {
                    let key = wamid_key(result.at.workspace, result.at.channel, wamid);
                    self.brought_back.insert(key.clone());
                    self.wamids.insert(key);
                }
            }
            Work::Unpark(unpark) => {
                let key = wamid_key(unpark.workspace, unpark.channel, &unpark.wamid);
                self.workspaces.insert(unpark.workspace);
                self.wamids.insert(key.clone());
                farther(&mut self.of_changes, key.clone(), Reach::Around);
                self.brought_back.insert(key);
            }
            Work::File(file) => {
                let of = (file.at.workspace, file.at.conversation);
                self.workspaces.insert(of.0);
                self.conversations.insert(of);
                if file.at.seq == 0 {
                    self.past_files.insert((of.0, file.at.message));
                } else {
                    self.add_lines(of, file.at.seq, Reach::Alone);
                }
            }
            Work::Look(look) => self.add_conversation(look.workspace, look.conversation),
            Work::Blocked(work) => self.add_conversation(work.workspace, work.conversation),
            Work::Classified(work) => self.add_conversation(work.workspace, work.conversation),
            Work::Rehome(rehome) => {
                self.add_author(rehome.workspace, Some(rehome.agent));
                self.add_conversation(rehome.workspace, rehome.conversation);
            }
            Work::HandBack(HandBackWork { deserted: of }) => {
                self.add_conversation(of.workspace, of.conversation);
                self.agents.insert((of.workspace, of.agent));
            }
            Work::Route(route) => {
                self.conversations.insert((route.workspace, route.conversation));
                self.add_author(route.workspace, route.agent);
                self.names_a_team |= route.trail.to_team.is_some();
            }
            Work::OfferEnd(end) => self.add_conversation(end.workspace, end.conversation),
            Work::Begin(begin) => {
                self.phone_number_ids.insert(begin.phone_number_id.clone());
                self.add_author(begin.caller.workspace, Some(begin.caller.agent));
            }
            Work::Set(set) => self.add_author(set.workspace, set.by),
            Work::Setting(setting) => self.add_author(setting.workspace, None),
        }
    }

    fn add_conversation(&mut self, workspace: WorkspaceId, conversation: ConversationId) {
        self.workspaces.insert(workspace);
        self.conversations.insert((workspace, conversation));
    }

    /// Somebody whose rights decide.
    fn add_author(&mut self, workspace: WorkspaceId, by: Option<AgentId>) {
        self.workspaces.insert(workspace);
        self.authors.extend(by.map(|by| (workspace, by)));
        self.agents.extend(by.map(|by| (workspace, by)));
    }

    /// Ids of Meta and tags in webhooks, once it is known whose numbers they came by. Each is
    /// looked up where it is one: all ids of a group in all channels would be many times as many.
    pub(super) fn add_wamids(&mut self, group: &[&Work], channels: &BTreeMap<String, Channel>) {
        let mut tags = Vec::new();
        let posts = group.iter().filter_map(|work| work.post());
        let elements =
            posts.flat_map(|post| post.elements.iter().map(|(element, _)| (post.again, element)));
        for (again, element) in elements {
            let channel = element.phone_number_id.as_ref().and_then(|number| channels.get(number));
            let Some(channel) = channel else { continue };
            let key = |wamid: &String| wamid_key(channel.workspace, channel.id, wamid);
            match &element.body {
                ElementBody::Message(message) | ElementBody::Echo(message) => {
                    self.wamids.insert(key(&message.wamid));
                    if again && !is_not_understood(message.kind) {
                        self.add_changed(Some(key(&message.wamid)));
                    }
                    self.wamids.extend(message.quoted_wamid.as_ref().map(key));
                    if matches!(message.kind, LineKind::Edit | LineKind::Revocation) {
                        self.add_changed(message.quoted_wamid.as_ref().map(key));
                    }
                    if matches!(element.body, ElementBody::Echo(_)) {
                        self.newly_named.insert(key(&message.wamid));
                    }
                }
                ElementBody::Status(status) => {
                    let reach = match status.status {
                        ProviderStatus::Failed => Reach::Around,
                        ProviderStatus::Sent
                        | ProviderStatus::Delivered
                        | ProviderStatus::Read
                        | ProviderStatus::Played => Reach::Alone,
                    };
                    self.wamids.insert(key(&status.wamid));
                    farther(&mut self.of_changes, key(&status.wamid), reach);
                    if let Some(tag) = status.tag.as_deref().and_then(Tag::parse) {
                        self.newly_named.insert(key(&status.wamid));
                        tags.push((key(&status.wamid), (channel.workspace, tag.message)));
                    }
                }
                ElementBody::Reaction(reaction) => self.add_changed(Some(key(&reaction.to_wamid))),
                ElementBody::Past(line) => {
                    self.wamids.insert(key(&line.wamid));
                    self.past.insert(key(&line.wamid));
                    let number = line.sender.as_ref().and_then(|sender| sender.wa_id.as_ref());
                    self.book.extend(number.map(key));
                }
                ElementBody::Booked(entry) => self.book.extend(entry.of.wa_id.as_ref().map(key)),
                ElementBody::Moved(_)
                | ElementBody::Group(_)
                | ElementBody::Preference(_)
                | ElementBody::Ignored { .. }
                | ElementBody::Unattributable { .. } => {}
            }
        }
        // Another status of the group may have told a failure of the same message.
        for (key, message) in tags {
            let reach = self.of_changes.get(&key).copied().unwrap_or(Reach::Around);
            farther(&mut self.messages, message, reach);
        }
    }

    /// A message that is changed where it stands.
    fn add_changed(&mut self, wamid: Option<WamidKey>) {
        let Some(wamid) = wamid else { return };
        self.wamids.insert(wamid.clone());
        farther(&mut self.of_changes, wamid, Reach::Alone);
    }

    fn add_message(&mut self, at: MessageAt) {
        self.workspaces.insert(at.workspace);
        self.conversations.insert((at.workspace, at.conversation));
        self.add_lines((at.workspace, at.conversation), at.seq, Reach::Around);
    }

    /// The line of a message, and those around it if they matter.
    pub(super) fn add_lines(
        &mut self,
        (workspace, of): Key<ConversationId>,
        seq: u64,
        reach: Reach,
    ) {
        let beyond = match reach {
            Reach::Alone => 0,
            Reach::Around => AROUND,
        };
        let (from, to) = (seq.saturating_sub(beyond), seq.saturating_add(beyond));
        self.stretches.insert((workspace.to_string(), of.to_string(), from, to));
    }

    fn add_command(&mut self, work: &CommandWork) {
        let caller = work.caller;
        let command = &work.command;
        self.workspaces.insert(caller.workspace);
        let here = caller.workspace;
        self.conversations.insert((here, command.conversation_id));
        self.authors.insert((here, caller.agent));
        self.agents.insert((here, caller.agent));
        self.marks.insert((here, caller.agent, command.conversation_id));
        self.add_outcome(caller.workspace, caller.agent, command.op_id);
        if let Some(after) = command.after {
            self.add_outcome(caller.workspace, caller.agent, after);
        }
        if let Some(seen) = command.body.seen() {
            self.add_above(work, seen);
        }
        for message in command.body.named_messages() {
            farther(&mut self.messages, (here, message), Reach::Around);
        }
        let named = command.body.template();
        self.templates.extend(
            named.map(|(name, language)| (here.to_string(), name.to_owned(), language.to_owned())),
        );
        let other = command.body.named_conversation();
        self.conversations.extend(other.map(|other| (here, other)));
        let upload = command.body.upload();
        self.uploads.extend(upload.map(|of| (here.to_string(), of.to_string())));
        if command.body.changes_card() {
            self.named.insert((here, command.conversation_id));
        }
        let forwarded = command.body.forwarded();
        self.forwarded.extend(forwarded.map(|of| (here, of.message_id)));
        self.agents.extend(command.body.named_agents().map(|agent| (here, agent)));
        // Whether they see what they are called to is told.
        self.authors.extend(command.body.mentions().iter().map(|agent| (here, *agent)));
    }

    /// Lines from what the author had seen on: that one and those above.
    fn add_above(&mut self, work: &CommandWork, seen: baton_protocol::Seen) {
        let from = seen.map_or(0, |seen| seen.seq);
        let (workspace, of) = (work.caller.workspace, work.command.conversation_id);
        let to = from.saturating_add(ABOVE_SEEN);
        self.stretches.insert((workspace.to_string(), of.to_string(), from, to));
    }

    fn add_outcome(&mut self, workspace: WorkspaceId, agent: AgentId, op: OpId) {
        self.outcomes.insert((workspace.to_string(), agent.to_string(), op.to_string()));
    }
}

/// Asks for a key, as far as whoever asks for most.
pub(super) fn farther<K: Ord>(keys: &mut BTreeMap<K, Reach>, key: K, reach: Reach) {
    let asked = keys.entry(key).or_insert(reach);
    *asked = reach.max(*asked);
}

fn wamid_key(workspace: WorkspaceId, channel: ChannelId, wamid: &str) -> WamidKey {
    (workspace.to_string(), channel.to_string(), wamid.to_owned())
}

/// Rows as JSON; they are made of strings and numbers, so this cannot fail.
pub(super) fn json<T: Serialize + ?Sized>(rows: &T) -> String {
    serde_json::to_string(rows).unwrap_or_else(|_| "[]".to_owned())
}
