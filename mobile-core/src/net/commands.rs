//! Requests of the outbox.

use std::time::Duration;

use baton_protocol::outcome::{CommandResults, OutcomesQuery};
use baton_protocol::{Command, CommandResult, OpId};
use hyper::Method;
use serde::Serialize;

use super::Server;
use super::ask::{NetError, Request};
use super::json::request;
use crate::link::limits::ANSWER_BYTES_MAX;
use crate::outbox::Failure;
use crate::phone::Unanswered;

impl Server {
    /// Sends commands, at most [`COMMANDS_MAX`](baton_protocol::limits::COMMANDS_MAX).
    ///
    /// # Errors
    /// [`Failure::NotSent`] only if certainly no byte was sent, else another failure.
    pub async fn commands(
        &self,
        commands: &[Command],
        access_token: &str,
        within: Duration,
    ) -> Result<Vec<CommandResult>, Failure> {
        let given = self.commands_with_reason(commands, access_token, within).await;
        given.map_err(|unanswered| unanswered.outbox)
    }

    /// Sends commands. A failure comes in the words of outbox and link.
    ///
    /// # Errors
    /// As [`Server::commands`], with the failure for the link.
    pub async fn commands_with_reason(
        &self,
        commands: &[Command],
        access_token: &str,
        within: Duration,
    ) -> Result<Vec<CommandResult>, Unanswered> {
        self.post_commands("/api/v1/commands", commands, access_token, within).await
    }

    /// Asks for the outcomes of commands. The server cancels those that never arrived.
    ///
    /// # Errors
    /// As [`Server::commands`].
    pub async fn outcomes(
        &self,
        op_ids: &[OpId],
        access_token: &str,
        within: Duration,
    ) -> Result<Vec<CommandResult>, Failure> {
        let asked = self.outcomes_with_reason(op_ids, access_token, within).await;
        asked.map_err(|unanswered| unanswered.outbox)
    }

    /// Asks for the outcomes of commands. A failure comes in the words of outbox and link.
    ///
    /// # Errors
    /// As [`Server::outcomes`], with the failure for the link.
    pub async fn outcomes_with_reason(
        &self,
        op_ids: &[OpId],
        access_token: &str,
        within: Duration,
    ) -> Result<Vec<CommandResult>, Unanswered> {
        let query = OutcomesQuery { op_ids: op_ids.to_vec() };
        self.post_commands("/api/v1/commands/outcomes", &query, access_token, within).await
    }

    async fn post_commands(
        &self,
        path: &str,
        body: &(impl Serialize + Sync + ?Sized),
        access_token: &str,
        within: Duration,
    ) -> Result<Vec<CommandResult>, Unanswered> {
        let body = serde_json::to_vec(body).map_err(|_odd| NetError::NotSent)?;
        let bounds = (within, ANSWER_BYTES_MAX);
        let request = request(Method::POST, path, Some(body), bounds).by(access_token);
        // Op ids make a second arrival the same as the first.
        let reply = self.ask(Request { is_repeatable: true, ..request }).await?;
        let answer: Result<CommandResults, _> = reply.read();
        let answer = answer.map_err(|link| Unanswered { outbox: reply.failed(), link })?;
        Ok(answer.results)
    }
}

impl From<NetError> for Unanswered {
    fn from(error: NetError) -> Self {
        Self { outbox: error.into(), link: error.into() }
    }
}
