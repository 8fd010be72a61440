//! `/invitations`: admins invite people; who has the secret of an invitation joins by it.
//!
//! Secrets come in bodies alone: addresses end in logs.

use axum::Json as Out;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use baton_protocol::InvitationId;
use baton_protocol::invitation::{
    Invitation, InvitationAccept, InvitationCard, InvitationMade, InvitationRead, InvitationsNew,
};

use super::input::{Id, Json, Peer, Query};
use super::sessions::{self, Carriage};
use super::{HandlerResult, Shared};
use crate::accounts::{AccountError, LinkFault, Setter, Signed};

/// `GET /invitations`.
pub(super) async fn list(
    State(parts): State<Shared>,
    signed: Signed,
) -> HandlerResult<Out<Vec<Invitation>>> {
    Ok(Out(parts.accounts.invitations(signed.workspace).await?))
}

/// `POST /invitations`.
pub(super) async fn invite(
    State(parts): State<Shared>,
    signed: Signed,
    Json(new): Json<InvitationsNew>,
) -> HandlerResult<(StatusCode, Out<Vec<InvitationMade>>)> {
    let setter = Setter { workspace: signed.workspace, by: Some(signed.agent) };
    let (made, work) = parts.accounts.plan_invitations(setter, &new).await?;
    parts.accounts.settle(&parts.engine, work).await?;
    Ok((StatusCode::CREATED, Out(made)))
}

/// `POST /invitations/{invitation}/renew`.
pub(super) async fn renew(
    State(parts): State<Shared>,
    signed: Signed,
    Id(invitation): Id<InvitationId>,
) -> HandlerResult<Out<InvitationMade>> {
    let setter = Setter { workspace: signed.workspace, by: Some(signed.agent) };
    let (made, work) = parts.accounts.plan_renewal(setter, invitation).await?;
    parts.accounts.settle(&parts.engine, work).await?;
    Ok(Out(made))
}

/// `DELETE /invitations/{invitation}`.
pub(super) async fn withdraw(
    State(parts): State<Shared>,
    signed: Signed,
    Id(invitation): Id<InvitationId>,
) -> HandlerResult<StatusCode> {
    let setter = Setter { workspace: signed.workspace, by: Some(signed.agent) };
    let work = parts.accounts.plan_withdrawal(setter, invitation).await?;
    parts.accounts.settle(&parts.engine, work).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `POST /invitations/read`.
pub(super) async fn read(
    State(parts): State<Shared>,
    Peer(from): Peer,
    Json(asked): Json<InvitationRead>,
) -> HandlerResult<Out<InvitationCard>> {
    Ok(Out(parts.accounts.read_invitation(&asked.secret, from).await?))
}

/// `POST /invitations/accept`.
pub(super) async fn accept(
    State(parts): State<Shared>,
    Peer(from): Peer,
    Query(carriage): Query<Carriage>,
    headers: HeaderMap,
    Json(accept): Json<InvitationAccept>,
) -> HandlerResult<Response> {
    let session = parts.accounts.accept_invitation(&parts.engine, &accept, from).await;
    let now = parts.clock.monotonic();
    parts.metrics.sign_ins.inc(match &session {
        Ok(_) => "accepted",
        Err(AccountError::Link(LinkFault::Unknown)) => {
            parts.notices.wrong_password(from, now);
            "wrong"
        }
        Err(AccountError::TooManyTries { .. }) => {
            parts.notices.throttled(from, now);
            "throttled"
        }
        Err(_) => "failed",
    });
    let session = session?;
    sessions::answer(&parts, StatusCode::CREATED, session, carriage, &headers)
}
