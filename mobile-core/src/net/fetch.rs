//! What the link asks for.

use serde::de::DeserializeOwned;

use super::Server;
use super::json::escaped;
use crate::link::limits::{ANSWER_BYTES_MAX, FETCH_MAX};
use crate::link::{Answer, Failure, Query};

impl Server {
    /// Asks what the link wants to know. Goes on for [`FETCH_MAX`] at most; to abandon it, drop
    /// the future.
    ///
    /// # Errors
    /// As the link has to hear it.
    pub async fn fetch(&self, query: &Query, access_token: &str) -> Result<Answer, Failure> {
        let path = path(query);
        match query {
            Query::Snapshot { .. } => self.look_up(&path, access_token).await.map(Answer::Page),
            Query::Conversation(_) => {
                let snapshot = self.look_up(&path, access_token).await?;
                Ok(Answer::Conversation(Box::new(snapshot)))
            }
            Query::Agents => self.look_up(&path, access_token).await.map(Answer::Agents),
            Query::Teams => self.look_up(&path, access_token).await.map(Answer::Teams),
            Query::Channels => self.look_up(&path, access_token).await.map(Answer::Channels),
            Query::Sync(_) => self.look_up(&path, access_token).await.map(Answer::Sync),
        }
    }

    async fn look_up<T: DeserializeOwned>(&self, path: &str, token: &str) -> Result<T, Failure> {
        self.get(path, token, (FETCH_MAX, ANSWER_BYTES_MAX)).await
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
        Query::Sync(cursor) => format!("/api/v1/sync?after={}", escaped(&cursor.to_string())),
    }
}
