//! Files that agents send: announced, received piece by piece, then named by a command.
//!
//! A piece that was cut off comes again from where the answer says. Only its author sees an upload,
//! and can end it.

use axum::Json as Out;
use axum::extract::{FromRequest, Request, State};
use axum::http::StatusCode;
use baton_domain::fact::upload::check;
use baton_domain::group::Key;
use baton_domain::text::shown::file_name;
use baton_protocol::upload::{Upload, UploadNew, UploadState};
use baton_protocol::{ConversationId, MessageId};
use schemars::JsonSchema;
use serde::Deserialize;

use super::body::Whose;
use super::conversations::in_full;
use super::input::{Id, Json, Query};
use super::{Access, ApiState, Fault, HandlerResult, Route, Shared};
use crate::accounts::Signed;
use crate::media::ObjectKey;
use crate::store::uploads::{
    BegunUpload, OwnUpload, UploadRoom, begin_upload, end_upload, forget_upload, is_nobodys,
    upload, upload_complete, upload_heard, upload_received, upload_spoilt, uploads_of,
};
use crate::store::usage::usage;

/// Uploads of an agent that are not sent; what is more ends, the oldest first.
const ROOM: UploadRoom = UploadRoom { count: 20, bytes: 256 << 20 };
/// A look at an upload keeps it; as often is that written.
const HEARD_APART_MS: i64 = 5 * 60_000;

/// What `PUT /uploads/{upload}` is asked.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct PieceQuery {
    /// The place of the first byte: `received` of the upload.
    from: u64,
}

/// A body of bytes, of somebody who is signed in.
#[derive(Debug)]
pub(super) struct Piece(pub(super) Vec<u8>);

impl FromRequest<Shared> for Piece {
    type Rejection = Fault;

    async fn from_request(request: Request, parts: &Shared) -> Result<Self, Fault> {
        parts.room.read(request, Whose::Signed).await.map(Self)
    }
}

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::post(Access::Signed, "/api/v1/conversations/{conversation}/uploads", begin)
            .says("Announces a file to send.")
            .takes::<UploadNew>()
            .answers::<Upload>(201)
            .codes(&["not_found", "forbidden", "files_full"]),
        Route::get(Access::Signed, "/api/v1/uploads/{upload}", read)
            .says("How far an upload is.")
            .answers::<Upload>(200)
            .codes(&["not_found"]),
        Route::put(Access::Signed, "/api/v1/uploads/{upload}", receive)
            .says("The bytes of an upload from a place on.")
            .query::<PieceQuery>()
            .answers::<Upload>(200)
            .codes(&["not_found", "upload_from", "too_large", "request_timeout"])
            .takes_bytes("application/octet-stream"),
        Route::delete(Access::Signed, "/api/v1/uploads/{upload}", end)
            .says("Ends an upload that will not be sent.")
            .done()
            .codes(&["not_found"]),
        Route::get(Access::Signed, "/api/v1/uploads", list)
            .says("Your uploads that were not sent, the oldest first.")
            .answers::<Vec<Upload>>(200),
    ]
}

/// `POST /conversations/{conversation}/uploads`.
pub(super) async fn begin(
    State(parts): State<Shared>,
    signed: Signed,
    Id(conversation): Id<ConversationId>,
    Json(new): Json<UploadNew>,
) -> HandlerResult<(StatusCode, Out<Upload>)> {
    let mut tx = parts.store.read().await?;
    in_full(&mut tx, &signed, conversation).await?;
    let mut new = check(new).map_err(|refusal| Fault::invalid(refusal.detail()))?;
    new.name = new.name.as_deref().and_then(file_name);
    let most = parts.files_bytes_max;
    let kept = if most > 0 { usage(&mut tx, signed.workspace).await?.bytes } else { 0 };
    tx.rollback().await?;
    if most > 0 && kept.saturating_add(new.bytes) > most {
        return Err(Fault::files_full(kept, most));
    }
    let id = MessageId(parts.clock.uuid_v4());
    let key = (signed.workspace, id);
    let beginning =
        BegunUpload { agent: signed.agent, conversation, new: &new, at: parts.clock.now() };
    let ended = begin_upload(&parts.store, key, beginning, ROOM).await?;
    for key in ended.ok_or_else(Fault::not_found)? {
        drop_bytes(&parts, key).await;
    }
    let UploadNew { kind, media_type, name, bytes, .. } = new;
    Ok((
        StatusCode::CREATED,
        Out(Upload {
            id,
            conversation_id: Some(conversation),
            kind,
            media_type,
            name,
            bytes,
            received: 0,
            state: UploadState::Receiving,
            trouble: None,
        }),
    ))
}

/// `GET /uploads`: one's own.
pub(super) async fn list(
    State(parts): State<Shared>,
    signed: Signed,
) -> HandlerResult<Out<Vec<Upload>>> {
    let mut tx = parts.store.read().await?;
    let uploads = uploads_of(&mut tx, (signed.workspace, signed.agent)).await?;
    tx.rollback().await?;
    Ok(Out(uploads))
}

/// `GET /uploads/{upload}`.
pub(super) async fn read(
    State(parts): State<Shared>,
    signed: Signed,
    Id(id): Id<MessageId>,
) -> HandlerResult<Out<Upload>> {
    let found = own(&parts, &signed, id).await?;
    let key = (signed.workspace, id);
    upload_heard(&parts.store, key, parts.clock.now(), HEARD_APART_MS).await?;
    Ok(Out(found.upload))
}

/// `DELETE /uploads/{upload}`: it will not be sent.
pub(super) async fn end(
    State(parts): State<Shared>,
    signed: Signed,
    Id(id): Id<MessageId>,
) -> HandlerResult<StatusCode> {
    own(&parts, &signed, id).await?;
    let key = (signed.workspace, id);
    if !end_upload(&parts.store, key).await? {
        // A command sent it at this moment.
        return Err(Fault::not_found());
    }
    drop_bytes(&parts, key).await;
    Ok(StatusCode::NO_CONTENT)
}

/// Forgets an upload that ended. What stays in a time of trouble goes an hour later.
async fn drop_bytes(parts: &ApiState, key: Key<MessageId>) {
    if let Err(error) = parts.media.delete(place(key)).await {
        tracing::warn!(%error, upload_id = %key.1, "the bytes of an upload that ended stay");
    } else if let Err(error) = forget_upload(&parts.store, key).await {
        tracing::debug!(%error, upload_id = %key.1, "the row of an upload that ended stays");
    }
}

/// `PUT /uploads/{upload}?from=…`: the bytes from there on.
pub(super) async fn receive(
    State(parts): State<Shared>,
    signed: Signed,
    Id(id): Id<MessageId>,
    Query(PieceQuery { from }): Query<PieceQuery>,
    Piece(piece): Piece,
) -> HandlerResult<Out<Upload>> {
    let found = own(&parts, &signed, id).await?;
    let key = (signed.workspace, id);
    let Upload { bytes, received, state, .. } = found.upload;
    if state != UploadState::Receiving {
        // Its last piece came again.
        return Ok(Out(found.upload));
    }
    if from != received {
        return Err(Fault::upload_from(received));
    }
    if received == bytes {
        // A node ended before it let it go.
        complete(&parts, &found, key).await?;
        return Ok(Out(own(&parts, &signed, id).await?.upload));
    }
    let to = from.saturating_add(piece.len() as u64);
    if piece.is_empty() || to > bytes {
        let detail = format!("{} bytes come, {} are missing", piece.len(), bytes - received);
        return Err(Fault::invalid(detail));
    }
    let wrote = parts.media.append(place(key), from, piece).await.map_err(|error| disk(&error))?;
    if !wrote {
        upload_spoilt(&parts.store, key, from, "its bytes are gone: upload it anew").await?;
    } else if upload_received(&parts.store, key, from..to, parts.clock.now()).await? {
        if to == bytes {
            complete(&parts, &found, key).await?;
        }
    } else if is_nobodys(&parts.store, key).await? {
        // It ended while this piece came.
        parts.media.delete(place(key)).await.map_err(|error| disk(&error))?;
    }
    Ok(Out(own(&parts, &signed, id).await?.upload))
}

/// Checks what came, and lets it go to WhatsApp.
async fn complete(parts: &ApiState, found: &OwnUpload, key: Key<MessageId>) -> HandlerResult<()> {
    let kept = parts.media.complete(place(key)).await.map_err(|error| disk(&error))?;
    let right = |digest: &String| found.sha256.as_ref().is_none_or(|told| told == digest);
    match kept.filter(|(bytes, digest)| *bytes == found.upload.bytes && right(digest)) {
        Some((_, digest)) => {
            upload_complete(&parts.store, key, &digest, parts.clock.now()).await?;
            parts.uploaded.notify_one();
        }
        None => {
            let why = "what arrived is not what was announced: upload it anew";
            upload_spoilt(&parts.store, key, found.upload.bytes, why).await?;
            parts.media.delete(place(key)).await.map_err(|error| disk(&error))?;
        }
    }
    Ok(())
}

async fn own(parts: &ApiState, signed: &Signed, id: MessageId) -> HandlerResult<OwnUpload> {
    let mut tx = parts.store.read().await?;
    let found = upload(&mut tx, (signed.workspace, id)).await?;
    tx.rollback().await?;
    found.filter(|found| found.agent == signed.agent).ok_or_else(Fault::not_found)
}

/// A full disk heals: the piece is to come again.
fn disk(error: &std::io::Error) -> Fault {
    tracing::warn!(%error, "a piece of an upload could not be kept");
    Fault::unavailable(5_000)
}

fn place((workspace, message): Key<MessageId>) -> ObjectKey {
    ObjectKey { workspace, message }
}
