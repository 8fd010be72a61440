//! The decision alone: no database, no network, no other thread.

use std::sync::Arc;
use std::time::Duration;

use anyhow::Context;
use baton_domain::auto::rules::{Given, Policies};
use baton_domain::fact::inbound::{Element, ElementBody, InboundMessage, Sender};
use baton_domain::group::{Book, Channel, FreshIds, Post, State, Work, decide, sightings};
use baton_protocol::{
    ChannelId, Content, ConversationId, Epoch, LineKind, MessageId, SettingBody, TeamId, Timestamp,
    WorkspaceId,
};
use tokio::time::Instant;
use uuid::Uuid;

use super::fifty::fifty;

const WORKSPACE: WorkspaceId = WorkspaceId(Uuid::from_u128(1));
/// The time of the first message.
const BEGAN: Timestamp = Timestamp::from_ms(1_800_000_000_000);
/// Customers, who write in turn.
const CONTACTS: u128 = 64;
/// Webhooks of one group.
const MEMBERS: u128 = 32;

/// A team in memory, whose rules are so many.
pub(super) struct Decider {
    state: State,
    book: Book,
    said: u128,
}

impl Decider {
    /// With no rules, or with the fifty of which so many wait for a clock.
    pub(super) fn new(clocks: Option<usize>) -> anyhow::Result<Self> {
        let mut state = State::default();
        let channel = Channel {
            workspace: WORKSPACE,
            id: ChannelId(Uuid::from_u128(2)),
            meta_app: "app".to_owned(),
            team: TeamId(Uuid::from_u128(3)),
        };
        state.channels.insert("number".to_owned(), channel);
        if let Some(clocks) = clocks {
            let rules: anyhow::Result<Vec<Given>> = fifty(clocks)
                .into_iter()
                .map(|(id, body)| {
                    let body = SettingBody::Rule(serde_json::from_value(body)?);
                    let since = Timestamp::from_ms(0);
                    Ok(Given { id, version: 1, since, ended_at: None, body })
                })
                .collect();
            let policies = Policies::in_workspace(WORKSPACE, rules?);
            state.policies.insert(WORKSPACE, Arc::new(policies));
        }
        let mut team = Self { state, book: Book::default(), said: 0 };
        // Everybody is known from here on, and what runs once for each has run.
        for _ in 0..CONTACTS / MEMBERS * 2 {
            team.group()?;
        }
        Ok(team)
    }

    /// Decides one group of webhooks. Returns the time that this took for each.
    pub(super) fn group(&mut self) -> anyhow::Result<Duration> {
        let works: Vec<Work> = (0..MEMBERS).map(|_| self.webhook()).collect();
        let works: Vec<&Work> = works.iter().collect();
        let channels = self.state.channels.clone();
        let all: Vec<_> = sightings(&works, &channels).collect();
        self.state.senders = self.book.meet_all(&all);
        let epoch = Epoch(Uuid::from_u128(5));
        let now = BEGAN.plus_ms(i64::try_from(self.said)?);
        let began = Instant::now();
        let done = decide(&mut self.state, &works, epoch, now);
        let took = began.elapsed();
        anyhow::ensure!(done.len() == works.len(), "a webhook was not answered");
        self.state.settle();
        self.book.settle();
        took.checked_div(u32::try_from(MEMBERS)?).context("no members")
    }

    fn webhook(&mut self) -> Work {
        self.said += 1;
        let (said, contact) = (self.said, self.said % CONTACTS);
        let text = "Good morning, where is my parcel? It should have come yesterday.";
        let message = InboundMessage {
            sender: Sender { wa_id: Some(format!("4915{contact:08}")), ..Sender::default() },
            wamid: format!("wamid.{said}"),
            at: BEGAN.plus_ms(i64::try_from(said).unwrap_or_default()),
            kind: LineKind::Text,
            content: Content { text: Some(text.to_owned()), ..Content::default() },
            participant: None,
            quoted_wamid: None,
            media: None,
            language: None,
        };
        let fresh = FreshIds {
            message: MessageId(Uuid::from_u128(said << 8)),
            conversation: ConversationId(Uuid::from_u128(said << 8 | 1)),
            contact: Uuid::from_u128(said << 8 | 2),
            card: Uuid::from_u128(said << 8 | 3),
        };
        let body = ElementBody::Message(message);
        let element =
            Element { phone_number_id: Some("number".to_owned()), raw: String::new(), body };
        Work::Post(Post {
            meta_app: "app".to_owned(),
            raw: String::new(),
            digest: String::new(),
            received_at: BEGAN,
            id: String::new(),
            again: false,
            is_piece: false,
            elements: vec![(element, fresh)],
        })
    }
}

#[cfg(test)]
mod tests {
    use baton_protocol::Fact;

    use super::{CONTACTS, Decider};

    #[test]
    fn each_customer_wakes_one_rule_once_and_no_other() {
        let mut team = Decider::new(Some(4)).unwrap();
        let ran = |team: &Decider| {
            let facts = team.state.conversations.values().map(|held| &held.now.thread.clocks.ran);
            facts.map(Vec::len).sum::<usize>()
        };
        assert_eq!(ran(&team), usize::try_from(CONTACTS).unwrap());
        team.group().unwrap();
        assert_eq!(ran(&team), usize::try_from(CONTACTS).unwrap());
        let is_run = |fact: &Fact| matches!(fact, Fact::RuleRan { .. });
        assert!(!team.state.entries.iter().any(|entry| is_run(&entry.event.fact)));
    }
}
