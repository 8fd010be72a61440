//! Commands of a phone's agent: each is repeated under the same op id until its outcome is known.

use anyhow::{Result, bail};
use baton::demo::client::Socket;
use baton_domain::fact::predicates::is_retryable;
use baton_protocol::outcome::Outcome;
use baton_protocol::{Command, CommandBody, CommandResult, ConversationId, OpId, Refusal};
use tokio::time::{Instant, sleep, timeout};
use uuid::Uuid;

use super::light::{self, Light};
use super::link::{Link, is_final};
use super::{PATIENCE, PAUSE, Phone};
use crate::history::{Given, Try};

impl Phone {
    /// Commands of its agent, in order.
    pub fn given(&mut self) -> &[Given] {
        &self.link.get_mut().given
    }

    /// A command under a new op id, noted as given.
    pub fn wants(&mut self, conversation_id: ConversationId, body: CommandBody) -> OpId {
        self.wants_after(conversation_id, body, None)
    }

    /// The same, after another of this agent.
    pub fn wants_after(
        &mut self,
        conversation_id: ConversationId,
        body: CommandBody,
        after: Option<OpId>,
    ) -> OpId {
        let op_id = OpId(Uuid::now_v7());
        let command = Command { op_id, conversation_id, after, retry_of: None, body };
        let agent = self.signed.session.agent_id;
        let tries = Vec::new();
        let given = Given { agent, command, outcome: None, again: None, tries, is_parked: false };
        self.link.get_mut().given.push(given);
        op_id
    }

    /// Repeats what has no final outcome until everything has one.
    pub async fn settle(&mut self, by_socket: bool) -> Result<()> {
        self.link.get_mut().settle(by_socket).await
    }

    /// Gives every command once more, as it was.
    pub async fn repeat_everything(&mut self) -> Result<()> {
        let all = self.link.get_mut().given.iter_mut();
        let mut all: Vec<_> = all.filter(|given| !given.is_parked).collect();
        for given in all.chunks_mut(100) {
            let commands: Vec<_> = given.iter().map(|given| given.command.clone()).collect();
            let deadline = Instant::now() + PATIENCE;
            loop {
                let is_patient = Instant::now() < deadline;
                match self.signed.commands(&commands).await {
                    // A node that is slow answers later.
                    Ok(results) if is_patient && !results.iter().all(is_decided) => {}
                    Ok(results) => {
                        for (given, result) in given.iter_mut().zip(results) {
                            given.again = Some(result.outcome);
                        }
                        break;
                    }
                    // An agent may give so many in a second.
                    Err(error) if is_patient && !is_final(&error) => {}
                    Err(error) => return Err(error),
                }
                sleep(PAUSE).await;
            }
        }
        Ok(())
    }
}

impl Link {
    fn unsettled(&self) -> impl Iterator<Item = &Given> {
        self.given.iter().filter(|given| given.outcome.is_none() && !given.is_parked)
    }

    fn open(&self) -> Vec<Command> {
        self.unsettled().map(|given| given.command.clone()).collect()
    }

    async fn settle(&mut self, by_socket: bool) -> Result<()> {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let open = self.open();
            if open.is_empty() {
                return Ok(());
            }
            let said = async {
                match &self.socket {
                    Some(socket) if by_socket => over(socket, &open).await,
                    _ => self.signed.commands(&open).await,
                }
            };
            let patience = if self.light.is_some() { light::PATIENCE } else { PATIENCE };
            let said = timeout(patience, said).await.map_err(Into::into).flatten();
            self.tried(&open, said.as_ref().ok());
            match said {
                Ok(results) => self.hear(results),
                Err(error) if is_final(&error) => return Err(error),
                // A node that does not answer may be dead: the same command goes elsewhere.
                Err(_) if self.light.is_some() => {
                    self.socket = None;
                    self.tries_elsewhere().await;
                }
                Err(_) => {}
            }
            if Instant::now() > deadline {
                self.parks();
            }
            if Instant::now() > deadline && !self.open().is_empty() {
                let open: Vec<_> = self.unsettled().collect();
                bail!("no final outcome of {open:?}");
            }
            if !self.open().is_empty() {
                sleep(PAUSE).await;
                self.listen().await?;
            }
        }
    }

    /// Sets aside what colleagues who compose keep from being said, as phones do.
    fn parks(&mut self) {
        for given in self.given.iter_mut().filter(|given| given.outcome.is_none()) {
            let last = given.tries.last().and_then(|one| one.outcome.as_ref());
            let Some(Outcome::Refused(refused)) = last else { continue };
            given.is_parked = matches!(refused.refusal, Refusal::BeingAnswered { .. });
        }
    }

    /// Notes that these were given, and what was said.
    fn tried(&mut self, commands: &[Command], said: Option<&Vec<CommandResult>>) {
        let node = self.light.as_ref().map_or(0, Light::node);
        for command in commands {
            let of = |result: &&CommandResult| result.op_id == Some(command.op_id);
            let result = said.and_then(|results| results.iter().find(of));
            let outcome = result.map(|result| result.outcome.clone());
            let mine = |given: &&mut Given| given.command.op_id == command.op_id;
            if let Some(given) = self.given.iter_mut().rev().find(mine) {
                given.tries.push(Try { node, at: light::now(), outcome });
            }
        }
    }

    fn hear(&mut self, results: Vec<CommandResult>) {
        for result in results {
            let is_decided = is_decided(&result);
            let given = self.given.iter_mut().rev();
            let mut mine = given.filter(|given| Some(given.command.op_id) == result.op_id);
            if let Some(given) = mine.next().filter(|_| is_decided) {
                given.outcome = Some(result.outcome);
            }
        }
    }
}

/// Whether the same command is never answered otherwise.
fn is_decided(result: &CommandResult) -> bool {
    match &result.outcome {
        Outcome::Accepted(_) => true,
        Outcome::Refused(refused) => !is_retryable(&refused.refusal),
    }
}

async fn over(socket: &Socket, commands: &[Command]) -> Result<Vec<CommandResult>> {
    let mut results = Vec::new();
    for command in commands {
        results.push(socket.command(command.clone()).await?);
    }
    Ok(results)
}
