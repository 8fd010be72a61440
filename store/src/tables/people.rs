//! Contacts and how they are known, what agents have read and carry, and what teams count.

use baton_domain::group::Key;
use baton_domain::group::senders::{Holder, NameKey};
use baton_domain::text::fold::fold;
use baton_protocol::conversation::ContactCard;
use baton_protocol::{AgentId, ContactId, ConversationId, TeamId, WorkspaceId};

use super::{column, from_json, json};
use crate::StoreError;
use crate::table::table;

table! {
    /// A contact's card.
    contact: ContactRow {
        key { workspace: String, id: String }
        fixed {}
        state {
            name: Option<String>,
            phone: Option<String>,
            search_name: Option<String>,
            /// Who is in the group, if it is one, as JSON.
            group_card: Option<String>,
            /// When they got other numbers, as JSON.
            moves: Option<String>,
            /// The user name that stands in place of a number.
            username: Option<String>,
            /// The name that they chose, while a name of the team's is shown.
            profile_name: Option<String>,
            /// The values of attributes, as JSON.
            fields: Option<String>,
        }
    }
}

table! {
    /// Whose a name is, and since when.
    identity: IdentityRow {
        key { workspace: String, channel: String, kind: String, value: String }
        fixed {}
        state { contact: String, conversation: String, since: i64 }
    }
}

impl IdentityRow {
    /// Whose a name is.
    pub fn new((workspace, channel, kind, value): &NameKey, holder: &Holder) -> Self {
        Self {
            workspace: workspace.to_string(),
            channel: channel.to_string(),
            kind: kind.name().to_owned(),
            value: value.clone(),
            contact: holder.known.contact.to_string(),
            conversation: holder.known.conversation.to_string(),
            since: holder.since.ms(),
        }
    }
}

table! {
    /// How far an agent has read a conversation.
    read_mark: ReadMarkRow {
        key { workspace: String, agent: String, conversation: String }
        fixed {}
        state { seq: i64 }
    }
}

table! {
    /// How many conversations an agent owns that count.
    agent: LoadRow {
        key { workspace: String, id: String }
        fixed {}
        state { load: i64 }
    }
}

table! {
    /// By how much the counts of a team change.
    tally: TallyRow {
        key { workspace: String, team: String }
        fixed {}
        state { open: i64, queued: i64, unanswered: i64 }
    }
}

impl ContactRow {
    /// A card, and the name by which it is searched.
    pub fn new((workspace, id): Key<ContactId>, card: &ContactCard) -> Self {
        Self {
            workspace: workspace.to_string(),
            id: id.to_string(),
            name: card.name.clone(),
            phone: card.phone.clone(),
            search_name: searched([&card.name, &card.profile_name], card.username.as_deref()),
            group_card: card.group.as_deref().map(json),
            moves: (!card.moves.is_empty()).then(|| json(&card.moves)),
            username: card.username.clone(),
            profile_name: card.profile_name.clone(),
            fields: (!card.fields.is_empty()).then(|| json(&card.fields)),
        }
    }

    /// What the row means.
    pub fn card(&self) -> Result<ContactCard, StoreError> {
        let group = self.group_card.as_deref().map(from_json).transpose()?;
        let moves = self.moves.as_deref().map(from_json).transpose()?.unwrap_or_default();
        Ok(ContactCard {
            name: self.name.clone(),
            profile_name: self.profile_name.clone(),
            phone: self.phone.clone(),
            username: self.username.clone(),
            group,
            moves,
            fields: self.fields.as_deref().map(from_json).transpose()?.unwrap_or_default(),
        })
    }

    /// The text that a search compares: the names, and the user name behind its sign.
    pub fn searched(&self) -> Option<String> {
        searched([&self.name, &self.profile_name], self.username.as_deref())
    }
}

fn searched(names: [&Option<String>; 2], username: Option<&str>) -> Option<String> {
    let names = names.into_iter().flatten().map(|name| fold(name));
    let username = username.map(|username| format!("@{}", fold(username)));
    let all: Vec<_> = names.chain(username).collect();
    (!all.is_empty()).then(|| all.join(" "))
}

impl ReadMarkRow {
    /// How far an agent has read.
    pub fn new(
        workspace: WorkspaceId,
        agent: AgentId,
        conversation: ConversationId,
        seq: u64,
    ) -> Self {
        Self {
            workspace: workspace.to_string(),
            agent: agent.to_string(),
            conversation: conversation.to_string(),
            seq: column(seq),
        }
    }
}

impl LoadRow {
    /// An agent's load.
    pub fn new((workspace, agent): Key<AgentId>, load: u32) -> Self {
        Self { workspace: workspace.to_string(), id: agent.to_string(), load: load.into() }
    }
}

impl TallyRow {
    /// Open, queued and unanswered conversations of a team that came or, below zero, went.
    pub fn new((workspace, team): Key<TeamId>, [open, queued, unanswered]: [i64; 3]) -> Self {
        let (workspace, team) = (workspace.to_string(), team.to_string());
        Self { workspace, team, open, queued, unanswered }
    }
}
