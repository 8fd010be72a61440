//! `/workspace/logo`: the picture that stands for a workspace; `/logos/{logo}` shows it.
//!
//! It is drawn before anybody signed in, so its address opens it without a session. The address is
//! random and told to people of the workspace alone: nobody finds out by it which workspaces exist.

use std::time::Duration;

use axum::Json as Out;
use axum::body::Body;
use axum::extract::State;
use axum::http::{HeaderValue, StatusCode, header};
use axum::response::Response;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD as BASE64, URL_SAFE_NO_PAD};
use baton_protocol::WorkspaceId;
use baton_protocol::account::Me;

use super::input::Id;
use super::uploads::Piece;
use super::{Access, Fault, HandlerResult, Route, Shared, me};
use crate::accounts::{Signed, Slots};
use crate::media::NoSmall;
use crate::store::logo::{end_logo, logo, set_logo};

/// The largest picture that a logo is made of, bytes.
const GIVEN_BYTES_MAX: usize = 2 * 1024 * 1024;
/// The largest logo that is kept, bytes.
const KEPT_BYTES_MAX: usize = 64 * 1024;
/// The time for which a picture waits for another one of its workspace.
const PATIENCE: Duration = Duration::from_secs(10);
/// After it, somebody who found no room asks again.
const RETRY: Duration = Duration::from_secs(2);
/// Random bytes of an address.
const ADDRESS_BYTES: usize = 18;

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::put(Access::Admin, "/api/v1/workspace/logo", set)
            .says("Sets the workspace's logo: a PNG, JPEG or WebP, which is made small.")
            .takes_bytes("image/*")
            .answers::<Me>(200)
            .codes(&["not_found", "picture_unfit", "pictures_off", "too_large"])
            .codes(&["request_timeout"]),
        Route::delete(Access::Admin, "/api/v1/workspace/logo", end)
            .says("Ends the workspace's logo.")
            .done(),
        Route::get(Access::Public, "/api/v1/logos/{logo}", picture)
            .says("A workspace's logo, by the address that its people were told.")
            .answers_bytes(200, "image/jpeg")
            .codes(&["not_found"]),
    ]
}

/// Each workspace has one logo made small at a time.
pub(super) fn slots() -> Slots<WorkspaceId> {
    Slots::new(1, PATIENCE)
}

/// The path at which the logo with this address is shown.
pub(super) fn path(address: &str) -> String {
    format!("/api/v1/logos/{address}")
}

/// `PUT /workspace/logo`.
pub(super) async fn set(
    State(parts): State<Shared>,
    signed: Signed,
    Piece(given): Piece,
) -> HandlerResult<Out<Me>> {
    if given.len() > GIVEN_BYTES_MAX {
        return Err(Fault::too_large(format!("a logo has at most {GIVEN_BYTES_MAX} bytes")));
    }
    // Pictures that customers sent are made small by as few workers.
    let busy = || Fault::busy("another logo is being made small; try again", RETRY);
    let _turn = parts.queues.pictures.take(signed.workspace).await.ok_or_else(busy)?;
    let jpeg = parts.pictures.small_of(given).await.map_err(|why| unmade(&why))?;
    if jpeg.len() > KEPT_BYTES_MAX {
        return Err(Fault::picture_unfit("made small it is still too large; choose a plainer one"));
    }
    let address = URL_SAFE_NO_PAD.encode(parts.clock.bytes::<ADDRESS_BYTES>());
    set_logo(&parts.store, signed.workspace, &address, &BASE64.encode(jpeg)).await?;
    me::read(State(parts), signed).await
}

/// `DELETE /workspace/logo`.
pub(super) async fn end(State(parts): State<Shared>, signed: Signed) -> HandlerResult<StatusCode> {
    end_logo(&parts.store, signed.workspace).await?;
    Ok(StatusCode::NO_CONTENT)
}

/// `GET /logos/{logo}`.
pub(super) async fn picture(
    State(parts): State<Shared>,
    Id(address): Id<String>,
) -> HandlerResult<Response> {
    // Another text is no address, and some are none that a database takes.
    let bytes = URL_SAFE_NO_PAD.decode(&address).map(|bytes| bytes.len());
    if bytes != Ok(ADDRESS_BYTES) {
        return Err(Fault::not_found());
    }
    let mut tx = parts.store.read().await?;
    let kept = logo(&mut tx, &address).await?;
    tx.rollback().await?;
    let jpeg = kept.and_then(|kept| BASE64.decode(kept).ok()).ok_or_else(Fault::not_found)?;
    let mut response = Response::new(Body::from(jpeg));
    let to = response.headers_mut();
    to.insert(header::CONTENT_TYPE, HeaderValue::from_static("image/jpeg"));
    to.insert(
        header::CONTENT_SECURITY_POLICY,
        HeaderValue::from_static("sandbox; default-src 'none'"),
    );
    // Another logo has another address.
    let forever = HeaderValue::from_static("public, max-age=31536000, immutable");
    to.insert(header::CACHE_CONTROL, forever);
    Ok(response)
}

fn unmade(why: &NoSmall) -> Fault {
    match why {
        NoSmall::Off | NoSmall::Unprotected => Fault::pictures_off(),
        NoSmall::TooLarge => Fault::too_large("the picture is too large"),
        NoSmall::Unfit => Fault::picture_unfit("it is no PNG, JPEG or WebP that can be drawn"),
        NoSmall::Missing | NoSmall::Failed(_) => Fault::internal(why),
    }
}
