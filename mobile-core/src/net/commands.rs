//! What the outbox asks for.

use std::time::Duration;

use baton_protocol::outcome::{CommandResults, OutcomesQuery};
use baton_protocol::{Command, CommandResult, OpId};
use hyper::Method;
use serde::Serialize;

use super::Server;
use super::ask::Request;
use super::json::request;
use crate::link::limits::ANSWER_BYTES_MAX;
use crate::outbox::Failure;

impl Server {
    /// Gives commands, at most [`COMMANDS_MAX`](baton_protocol::limits::COMMANDS_MAX).
    ///
    /// # Errors
    /// As the outbox has to hear it: [`Failure::NotSent`] only where that is certain.
    pub async fn commands(
        &self,
        commands: &[Command],
        access_token: &str,
        within: Duration,
    ) -> Result<Vec<CommandResult>, Failure> {
        self.post_commands("/api/v1/commands", commands, access_token, within).await
    }

    /// Asks what became of commands; what never arrived is cancelled by that.
    ///
    /// # Errors
    /// The same.
    pub async fn outcomes(
        &self,
        op_ids: &[OpId],
        access_token: &str,
        within: Duration,
    ) -> Result<Vec<CommandResult>, Failure> {
        let query = OutcomesQuery { op_ids: op_ids.to_vec() };
        self.post_commands("/api/v1/commands/outcomes", &query, access_token, within).await
    }

    async fn post_commands(
        &self,
        path: &str,
        body: &(impl Serialize + Sync + ?Sized),
        access_token: &str,
        within: Duration,
    ) -> Result<Vec<CommandResult>, Failure> {
        let body = serde_json::to_vec(body).map_err(|_odd| Failure::NotSent)?;
        let bounds = (within, ANSWER_BYTES_MAX);
        let request = request(Method::POST, path, Some(access_token), Some(body), bounds);
        // Op ids make a second arrival the same as the first.
        let reply = self.ask(Request { is_repeatable: true, ..request }).await?;
        let answer: CommandResults = reply.read_for_outbox()?;
        Ok(answer.results)
    }
}
