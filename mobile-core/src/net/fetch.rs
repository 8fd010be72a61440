//! Requests of the link.

use super::Server;
use super::json::{escaped, get};
use crate::link::limits::{ANSWER_BYTES_MAX, FETCH_MAX};
use crate::link::{Failure, Fetched, Query};

impl Server {
    /// Asks what the link wants to know. Goes on for [`FETCH_MAX`] at most; to abandon it, drop
    /// the future.
    ///
    /// # Errors
    /// As the link has to hear it.
    pub async fn fetch(&self, query: &Query, access_token: &str) -> Result<Fetched, Failure> {
        let request = get(&path(query), (FETCH_MAX, ANSWER_BYTES_MAX)).by(access_token);
        let reply = self.ask(request).await?;
        match query {
            Query::Snapshot { .. } => reply.read().map(Fetched::Page),
            Query::Conversation(_) => Ok(Fetched::Conversation(Box::new(reply.read()?))),
            Query::Agents => reply.read().map(Fetched::Agents),
            Query::Teams => reply.read().map(Fetched::Teams),
            Query::Channels => reply.read().map(Fetched::Channels),
            Query::Settings { .. } => Ok(Fetched::Settings(Box::new(reply.read()?))),
            Query::Sync(_) => reply.read().map(Fetched::Sync),
        }
    }
}

fn path(query: &Query) -> String {
    match query {
        Query::Snapshot { page: None, limit } => format!("/api/v1/snapshot?limit={limit}"),
        Query::Snapshot { page: Some(page), limit } => {
            format!("/api/v1/snapshot?limit={limit}&page={}", escaped(page))
        }
        Query::Conversation(id) => format!("/api/v1/conversations/{id}"),
        Query::Agents => "/api/v1/agents".to_owned(),
        Query::Teams => "/api/v1/teams".to_owned(),
        Query::Channels => "/api/v1/channels".to_owned(),
        Query::Settings { above } => format!("/api/v1/settings?phones=true&above={above}"),
        Query::Sync(cursor) => format!("/api/v1/sync?after={}", escaped(&cursor.to_string())),
    }
}
