//! `/invitations`: admins invite people; who has the secret of an invitation joins by it.
//!
//! Secrets come in bodies alone: addresses end in logs.

use axum::Json as Out;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use baton_protocol::InvitationId;
use baton_protocol::account::Session;
use baton_protocol::invitation::{
    Invitation, InvitationAccept, InvitationCard, InvitationMade, InvitationRead, InvitationsNew,
    LetterLanguage,
};

use super::input::{Id, Json, Peer, Query};
use super::sessions::{self, Carriage};
use super::{Access, Fault, HandlerResult, Route, Shared, logo};
use crate::accounts::{AccountError, LinkFault, Setter, Signed};
use crate::config::Secret;
use crate::mail::{Letter, LetterKind};

/// What is wrong with a link.
const LINK_CODES: [&str; 5] = [
    "invitation_unknown",
    "invitation_expired",
    "invitation_withdrawn",
    "invitation_used",
    "rate_limited",
];

const DAY_MS: i64 = 24 * 60 * 60_000;

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(Access::Admin, "/api/v1/invitations", list)
            .says("Invitations that nobody used yet, the newest first.")
            .answers::<Vec<Invitation>>(200),
        Route::post(Access::Admin, "/api/v1/invitations", invite)
            .says("Invites people, all or none; their secrets are shown this once.")
            .takes::<InvitationsNew>()
            .answers::<Vec<InvitationMade>>(201)
            .codes(&["invalid_rows", "not_allowed", "taken"]),
        Route::post(Access::Admin, "/api/v1/invitations/{invitation}/renew", renew)
            .says("A new secret; the old is void.")
            .answers::<InvitationMade>(200)
            .codes(&["not_found", "not_allowed"]),
        Route::delete(Access::Admin, "/api/v1/invitations/{invitation}", withdraw)
            .says("Withdraws an invitation.")
            .done()
            .codes(&["not_found", "not_allowed"]),
        Route::post(Access::Public, "/api/v1/invitations/read", read)
            .says("An invitation, as the invited reads it.")
            .takes::<InvitationRead>()
            .answers::<InvitationCard>(200)
            .codes(&LINK_CODES),
        Route::post(Access::Public, "/api/v1/invitations/accept", accept)
            .says("Joins by an invitation, and signs in.")
            .query::<Carriage>()
            .takes::<InvitationAccept>()
            .answers::<Session>(201)
            .codes(&LINK_CODES)
            .codes(&["taken", "not_allowed", "not_found"]),
    ]
}

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
    if new.letter.is_some() && !parts.mail.is_set_up() {
        return Err(Fault::conflict("this server sends no letters: hand the links on"));
    }
    let setter = Setter { workspace: signed.workspace, by: Some(signed.agent) };
    let (mut made, work) = parts.accounts.plan_invitations(setter, &new).await?;
    parts.accounts.settle(&parts.engine, work).await?;
    if let Some(language) = new.letter {
        post(&parts, signed, &mut made, language).await?;
    }
    Ok((StatusCode::CREATED, Out(made)))
}

/// Sends each link to its person. The invitations are committed: a letter that fails undoes none.
async fn post(
    parts: &Shared,
    signed: Signed,
    made: &mut [InvitationMade],
    language: LetterLanguage,
) -> HandlerResult<()> {
    let workspace = parts.accounts.workspace_name(signed.workspace).await?;
    let letter = |one: &InvitationMade| Letter {
        to: one.invitation.email.clone(),
        language,
        workspace: workspace.clone(),
        secret: Secret::new(&*one.secret),
        kind: LetterKind::Invitation {
            days: one.invitation.expires_at.since(one.invitation.renewed_at) / DAY_MS,
        },
    };
    let sent = parts.mail.send_all(made.iter().map(letter).collect()).await;
    for (one, is_sent) in made.iter_mut().zip(sent) {
        one.is_sent = Some(is_sent);
    }
    Ok(())
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
    let found = parts.accounts.read_invitation(&asked.secret, from).await?;
    let workspace_logo = found.logo.as_deref().map(logo::path);
    Ok(Out(InvitationCard { workspace_logo, ..found.card }))
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
