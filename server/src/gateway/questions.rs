//! What a connection asks the store and the coordinator, and what its session learns of it.

use baton_protocol::frame::{LeaseState, ServerFrame, View};

use super::backend::{Gap, Speaker, Unavailable};
use super::frames::{Fault, Wanted};
use super::hub::Hub;
use super::session::{Input, SessionEffect};
use super::{Found, Gateway};
use crate::coordinator::{Away, Connection, Coordinator, LeaseAnswer, Wish};

/// Questions to the store: so many at once over all connections, and each for so long.
pub(super) async fn read(
    gateway: &Gateway,
    hub: &Hub,
    speaker: Speaker,
    effect: SessionEffect,
) -> Input {
    let backend = &gateway.backend;
    match effect {
        SessionEffect::ReadGap(ticket, missed) => {
            if let Some(recalled) = hub.recall(&missed) {
                gateway.metrics.resumes.inc("ring");
                return Input::Recalled(ticket, recalled);
            }
            let found = gateway.read_missed(hub, speaker, &missed).await;
            gateway.metrics.resumes.inc(match &found {
                Ok(Found::Recalled(_)) => "ring",
                Ok(Found::Gap(Gap::Changes { .. })) => "database",
                Ok(Found::Gap(Gap::Reset { .. })) => "reset",
                Err(Unavailable) => "unanswered",
            });
            match found {
                Ok(Found::Recalled(recalled)) => Input::Recalled(ticket, recalled),
                Ok(Found::Gap(gap)) => Input::Gap(ticket, Ok(gap)),
                Err(unavailable) => Input::Gap(ticket, Err(unavailable)),
            }
        }
        SessionEffect::FetchSnapshot(ticket, sight, conversation) => {
            let read = backend.snapshot(speaker, &sight, conversation);
            Input::Snapshot(ticket, gateway.read(read).await.map(|found| found.map(Box::new)))
        }
        SessionEffect::FetchSight(ticket) => {
            let read = backend.sight(speaker);
            Input::Sight(ticket, gateway.read(read).await.map(|found| found.map(Box::new)))
        }
        SessionEffect::LookUpScope(wanted) => {
            let scope = match wanted.conversation() {
                Some(conversation) => gateway.read(hub.scope(gateway, conversation)).await,
                None => Ok(None),
            };
            Input::Scoped(wanted, scope)
        }
        SessionEffect::Send { .. }
        | SessionEffect::Ping
        | SessionEffect::Authenticate(_)
        | SessionEffect::Join(_)
        | SessionEffect::Watch(_)
        | SessionEffect::Ack(_)
        | SessionEffect::Submit(_)
        | SessionEffect::Carry(..)
        | SessionEffect::Close { .. } => Input::Heard,
    }
}

/// Asks the coordinator, and says what to tell the client of it.
pub(super) async fn carry(
    coordinator: &dyn Coordinator,
    connection: Connection,
    wanted: Wanted,
) -> Vec<ServerFrame> {
    let of = wanted.name();
    ask_coordinator(coordinator, connection, wanted).await.unwrap_or_else(|Away| {
        let detail = "colleagues cannot be told right now";
        vec![Fault::new("unavailable", detail, Some(of)).0]
    })
}

async fn ask_coordinator(
    coordinator: &dyn Coordinator,
    connection: Connection,
    wanted: Wanted,
) -> Result<Vec<ServerFrame>, Away> {
    let Connection { workspace, agent, device, .. } = connection;
    match wanted {
        Wanted::Compose(compose) => {
            let (conversation_id, action) = (compose.conversation_id, compose.action);
            let wish = Wish { workspace, conversation: conversation_id, agent, device, action };
            let holder = match coordinator.compose(wish).await? {
                LeaseAnswer::Granted(holder) | LeaseAnswer::Held(holder) => Some(holder),
                // Who holds it then is announced, to those who may know.
                LeaseAnswer::Stopped => return Ok(Vec::new()),
            };
            Ok(vec![ServerFrame::Lease(LeaseState { conversation_id, holder })])
        }
        Wanted::View(View { conversation_id }) => {
            coordinator.view(connection, conversation_id).await?;
            let Some(conversation_id) = conversation_id else { return Ok(Vec::new()) };
            let lease = coordinator.lease_of(workspace, conversation_id).await?;
            let holder = lease.map(|lease| lease.holder);
            let agents = coordinator.viewers(workspace, conversation_id).await?;
            Ok(vec![
                ServerFrame::Lease(LeaseState { conversation_id, holder }),
                ServerFrame::Viewing { conversation_id, agents },
            ])
        }
        Wanted::Draft(draft) => {
            coordinator.draft(connection, draft.conversation_id, draft.text.into()).await?;
            Ok(Vec::new())
        }
    }
}
