//! An agent: signed in, with a phone, and what they do.

use std::time::Duration;

use anyhow::Result;
use baton::clock::Clock;
use baton::demo::PASSWORD;
use baton::demo::client::SignedIn;
use baton_protocol::command::{Claim, NoteText, Reply, Transfer};
use baton_protocol::conversation::{ConversationView, Snapshot};
use baton_protocol::outcome::Outcome;
use baton_protocol::{
    Accepted, AgentId, Command, CommandBody, CommandResult, ConversationId, Head, Line, LineRef,
    MessageStatus, OpId, Owner, Refusal, Refused,
};
use tokio::time::Instant;

use super::{PATIENCE, World, email, eventually};
use crate::phone::Phone;

/// An agent who is signed in.
#[derive(Debug)]
pub struct Agent {
    /// As colleagues see them.
    pub name: String,
    /// The agent.
    pub id: AgentId,
    /// Their session.
    pub signed: SignedIn,
    phone: Phone,
    clock: Clock,
}

impl Agent {
    pub(super) async fn arrives(world: &World, workspace: &str, name: &str) -> Result<Self> {
        let email = email(name, workspace);
        let signed = world.api().sign_in(workspace, &email, PASSWORD).await?;
        let phone = Phone::connected(&signed).await?;
        let (id, clock) = (signed.session.agent_id, world.clock.clone());
        Ok(Self { name: name.to_owned(), id, signed, phone, clock })
    }

    /// The same person on another device.
    pub async fn on_another_device(&self, world: &World) -> Self {
        let me: baton_protocol::account::Me = self.signed.get("/me").await.expect("me");
        Self::arrives(world, &me.workspace, &self.name).await.expect("signing in")
    }

    /// Their phone.
    pub fn phone(&self) -> &Phone {
        &self.phone
    }

    /// A fresh op id.
    pub fn op_id(&self) -> OpId {
        OpId(self.clock.uuid_v7())
    }

    /// A command, not yet given.
    pub fn command(&self, conversation_id: ConversationId, body: CommandBody) -> Command {
        Command { op_id: self.op_id(), conversation_id, after: None, retry_of: None, body }
    }

    /// Gives a command by REST.
    pub async fn gives(&self, command: Command) -> CommandResult {
        self.signed.command(command).await.expect("an answer")
    }

    /// Gives a new command by REST.
    pub async fn does(&self, conversation: ConversationId, body: CommandBody) -> CommandResult {
        self.gives(self.command(conversation, body)).await
    }

    /// Gives a new command by REST, and again while the server says that it cannot decide for now.
    async fn succeeds(&self, conversation: ConversationId, body: CommandBody) -> Accepted {
        let command = self.command(conversation, body);
        eventually("an answer", async || {
            let result = self.gives(command.clone()).await;
            let refused = if let Outcome::Refused(refused) = &result.outcome {
                matches!(refused.refusal, Refusal::Unavailable { .. })
            } else {
                false
            };
            (!refused).then(|| result.accepted())
        })
        .await
    }

    /// Answers, knowing everything there is.
    pub async fn replies(&self, conversation: ConversationId, text: &str) -> Accepted {
        let seen = self.last_line(conversation).await;
        self.succeeds(conversation, reply(text, seen)).await
    }

    /// Makes it theirs, whosever it is.
    pub async fn claims(&self, conversation: ConversationId) -> Accepted {
        let epoch = self.head(conversation).await.owner_epoch;
        self.succeeds(conversation, claim(epoch)).await
    }

    /// Closes the episode, knowing everything there is.
    pub async fn resolves(&self, conversation: ConversationId) -> Accepted {
        let seen = self.last_line(conversation).await;
        self.succeeds(conversation, CommandBody::Resolve(seen.into())).await
    }

    /// Tells the team something.
    pub async fn notes(&self, conversation: ConversationId, text: &str) -> Accepted {
        let note = CommandBody::Note(NoteText::from(text.to_owned()));
        self.succeeds(conversation, note).await
    }

    /// Tells the team something, and calls colleagues.
    pub async fn mentions(
        &self,
        conversation: ConversationId,
        text: &str,
        mentions: &[AgentId],
    ) -> Accepted {
        let note = NoteText { text: text.to_owned(), mentions: mentions.to_vec(), quoted: None };
        self.succeeds(conversation, CommandBody::Note(note)).await
    }

    /// Hands it over.
    pub async fn hands_over(&self, conversation: ConversationId, to: Owner) -> Accepted {
        let epoch = self.head(conversation).await.owner_epoch;
        let seen = self.last_line(conversation).await;
        self.succeeds(conversation, transfer(to, epoch, seen)).await
    }

    /// The agent's view of a conversation; `None` when they may not see it.
    pub async fn sees(&self, conversation: ConversationId) -> Option<Snapshot> {
        match self.signed.get(&format!("/conversations/{conversation}")).await {
            Ok(snapshot) => Some(snapshot),
            Err(error) => {
                let refused = error.downcast_ref::<baton::demo::client::Refused>();
                assert!(refused.is_some_and(|r| r.status == 404), "{error:#}");
                None
            }
        }
    }

    /// Its head.
    pub async fn head(&self, conversation: ConversationId) -> Head {
        self.sees(conversation).await.expect("in scope").head().clone()
    }

    /// Its row in the inbox.
    pub async fn view(&self, conversation: ConversationId) -> ConversationView {
        match self.sees(conversation).await.expect("in scope") {
            Snapshot::Full { view, .. } => *view,
            Snapshot::Head { .. } => panic!("{} sees the head only", self.name),
        }
    }

    /// Its newest lines.
    pub async fn lines(&self, conversation: ConversationId) -> Vec<Line> {
        match self.sees(conversation).await.expect("in scope") {
            Snapshot::Full { lines, .. } => lines,
            Snapshot::Head { .. } => panic!("{} sees the head only", self.name),
        }
    }

    /// The last thing said.
    pub async fn last_line(&self, conversation: ConversationId) -> Option<LineRef> {
        let lines = self.lines(conversation).await;
        lines.last().map(|line| LineRef { seq: line.seq, id: line.id })
    }

    /// Waits until a message stands there.
    pub async fn finds(
        &self,
        conversation: ConversationId,
        line: LineRef,
        status: MessageStatus,
    ) -> Line {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let lines = self.lines(conversation).await;
            let found = lines.into_iter().find(|one| one.id == line.id);
            let stands = found.as_ref().and_then(|one| one.status);
            if let Some(found) = found.filter(|_| stands == Some(status)) {
                return found;
            }
            let (seq, wanted) = (line.seq, status.name());
            assert!(Instant::now() < deadline, "line {seq} is {stands:?} and not {wanted}");
            tokio::time::sleep(Duration::from_millis(20)).await;
        }
    }
}

/// A reply's body.
pub fn reply(text: &str, seen: Option<LineRef>) -> CommandBody {
    CommandBody::Reply(Reply {
        text: text.to_owned(),
        seen,
        quoted: None,
        replaces: None,
        ignore_lease: false,
        canned: None,
    })
}

/// A claim's body.
pub fn claim(expect_owner_epoch: u64) -> CommandBody {
    CommandBody::Claim(Claim { expect_owner_epoch, exceed_capacity: false })
}

/// A transfer's body.
pub fn transfer(to: Owner, expect_owner_epoch: u64, seen: Option<LineRef>) -> CommandBody {
    let (note, exceed_capacity) = (None, false);
    CommandBody::Transfer(Transfer { to, expect_owner_epoch, seen, note, exceed_capacity })
}

/// Expectations of tests for an answer.
pub trait Answered {
    /// It was accepted.
    fn accepted(self) -> Accepted;
    /// It was refused, and why.
    fn refusal(self) -> Refusal;
    /// It was refused, with everything that was said.
    fn refused(self) -> Refused;
}

impl Answered for CommandResult {
    #[track_caller]
    fn accepted(self) -> Accepted {
        match self.outcome {
            Outcome::Accepted(accepted) => accepted,
            Outcome::Refused(refused) => panic!("refused: {refused:?}"),
        }
    }

    #[track_caller]
    fn refusal(self) -> Refusal {
        self.refused().refusal
    }

    #[track_caller]
    fn refused(self) -> Refused {
        match self.outcome {
            Outcome::Accepted(accepted) => panic!("accepted: {accepted:?}"),
            Outcome::Refused(refused) => refused,
        }
    }
}
