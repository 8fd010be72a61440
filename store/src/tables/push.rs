//! Pushes to devices, as the committer writes them.

use baton_domain::announce::{Kind, Push, PushStage};
use baton_protocol::{Timestamp, WorkspaceId};
use sqlx_macros::FromRow;

use super::{column, id, named, number};
use crate::StoreError;
use crate::table::table;

table! {
    /// A push, and what a later fact changes of it. The sender's columns are its own.
    push: PushRow {
        /// The columns that a fact changes.
        change: PushChange {
            key { workspace: String, id: String }
            state {
                kind: String,
                position: i64,
                state: String,
                due_at: i64,
                expires_at: i64,
                ended_at: Option<i64>,
            }
        }
        fixed {
            agent: String,
            device: String,
            lane: String,
            conversation: String,
            created_at: i64,
        }
    }
}

/// A push that is not over, as it is read.
#[derive(FromRow, Clone, Debug)]
#[expect(missing_docs, reason = "fields are named as the columns are")]
pub struct LivePushRow {
    pub workspace: String,
    pub id: String,
    pub agent: String,
    pub device: String,
    pub lane: String,
    pub conversation: String,
    pub kind: String,
    pub position: i64,
    pub state: String,
    pub due_at: i64,
    pub expires_at: i64,
}

impl PushChange {
    /// A push that was there and is changed.
    pub fn new(workspace: WorkspaceId, push: &Push, now: Timestamp) -> Self {
        let state = match push.stage {
            PushStage::Queued => "queued",
            PushStage::UnderWay => "accepted",
            PushStage::Superseded => "superseded",
            PushStage::Retracted => "retracted",
        };
        let is_over = matches!(push.stage, PushStage::Superseded | PushStage::Retracted);
        Self {
            workspace: workspace.to_string(),
            id: push.id.to_string(),
            kind: push.kind.name().to_owned(),
            position: column(push.position),
            state: state.to_owned(),
            due_at: push.due_at.ms(),
            expires_at: push.expires_at.ms(),
            ended_at: is_over.then(|| now.ms()),
        }
    }
}

impl PushRow {
    /// A new push.
    pub fn new(workspace: WorkspaceId, push: &Push, now: Timestamp) -> Self {
        Self {
            change: PushChange::new(workspace, push, now),
            agent: push.agent.to_string(),
            device: push.device.to_string(),
            lane: push.lane.name().to_owned(),
            conversation: push.conversation.to_string(),
            created_at: now.ms(),
        }
    }
}

impl LivePushRow {
    /// The push that the row tells of.
    pub fn read(&self) -> Result<Push, StoreError> {
        let kind = Kind::from_name(&self.kind)
            .ok_or_else(|| StoreError::Corrupt(format!("kind of push {:?}", self.kind)))?;
        let stage = if self.state == "queued" { PushStage::Queued } else { PushStage::UnderWay };
        Ok(Push {
            id: id(&self.id)?,
            agent: id(&self.agent)?,
            device: id(&self.device)?,
            lane: named(&self.lane)?,
            conversation: id(&self.conversation)?,
            kind,
            position: number(self.position)?,
            stage,
            due_at: Timestamp::from_ms(self.due_at),
            expires_at: Timestamp::from_ms(self.expires_at),
            is_new: false,
            is_changed: false,
        })
    }
}
