//! `/<path>/{setting}/secrets`: secrets of the kinds of settings that have any. A new one is told
//! once, in the answer that makes it; nothing else ever tells it.

use axum::Json as Out;
use axum::extract::State;
use axum::http::{HeaderName, HeaderValue, StatusCode, header};
use baton_domain::group::SetWork;
use baton_domain::group::set::{KeptSecret, SecretWork, SetProblem, SetRefused};
use baton_domain::see::setting;
use baton_protocol::setting::{Readers, SecretNew, Setting, SettingSecret};
use baton_protocol::{SettingId, SettingKind};

use super::input::{Id, Ids};
use super::settings::sight;
use super::{Access, ApiState, Fault, HandlerResult, Route, Shared};
use crate::accounts::{Signed, new_secret};
use crate::store::read;

/// Somebody else made one at the same time: it is sealed once more, for the next number.
const TRIES_MAX: usize = 3;

/// No cache keeps a secret.
type Untold = [(HeaderName, HeaderValue); 1];

/// The routes: three for each kind that has secrets.
pub(super) fn routes() -> Vec<Route> {
    SettingKind::ALL
        .into_iter()
        .filter(|kind| kind.spec().secret.is_some())
        .flat_map(of_kind)
        .collect()
}

fn of_kind(kind: SettingKind) -> [Route; 3] {
    let spec = kind.spec();
    let who = match spec.reads {
        Readers::Everyone => Access::Signed,
        Readers::Admins => Access::Admin,
    };
    [
        Route::get(who, spec.secrets, move |a, b, c| list(kind, a, b, c))
            .says("Its secrets, by number. Each is told when it is made, and not after.")
            .answers::<Vec<SettingSecret>>(200)
            .codes(&["not_found", "forbidden"]),
        Route::post(who, spec.secrets, move |a, b, c| make(kind, a, b, c))
            .says("Makes a secret and tells it this once; two count at once.")
            .answers::<SecretNew>(201)
            .codes(&["not_found", "forbidden", "too_many", "version_changed"]),
        Route::delete(who, spec.secret_one, move |a, b, c| end(kind, a, b, c))
            .says("Ends a secret.")
            .done()
            .codes(&["not_found", "forbidden"]),
    ]
}

/// `GET /<path>/{setting}/secrets`.
async fn list(
    kind: SettingKind,
    State(parts): State<Shared>,
    signed: Signed,
    Id(of): Id<SettingId>,
) -> HandlerResult<Out<Vec<SettingSecret>>> {
    Ok(Out(held(&parts, &signed, kind, of).await?))
}

/// `POST /<path>/{setting}/secrets`.
async fn make(
    kind: SettingKind,
    State(parts): State<Shared>,
    signed: Signed,
    Id(of): Id<SettingId>,
) -> HandlerResult<(StatusCode, Untold, Out<SecretNew>)> {
    let kept = kind.spec().secret.ok_or_else(Fault::not_found)?;
    let key = (signed.workspace, kind, of);
    let mut tries = 0;
    loop {
        tries += 1;
        let last = held(&parts, &signed, kind, of).await?.last().map_or(0, |secret| secret.n);
        let n = last.saturating_add(1);
        let (told, kept) = new_secret(&parts.keys, &parts.clock, key, n, kept);
        match set(&parts, &signed, (kind, of), (n, Some(kept))).await? {
            Ok(_) => {
                let secret = SecretNew { n, secret: told.expose().to_owned() };
                let untold = [(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))];
                return Ok((StatusCode::CREATED, untold, Out(secret)));
            }
            Err(SetRefused { problem: SetProblem::VersionChanged(_), .. }) if tries < TRIES_MAX => {
            }
            Err(refused) => return Err(Fault::setting(refused, false)),
        }
    }
}

/// `DELETE /<path>/{setting}/secrets/{secret}`.
async fn end(
    kind: SettingKind,
    State(parts): State<Shared>,
    signed: Signed,
    Ids(of, n): Ids<SettingId, u32>,
) -> HandlerResult<StatusCode> {
    let ended = set(&parts, &signed, (kind, of), (n, None)).await?;
    ended.map_err(|refused| Fault::setting(refused, false))?;
    Ok(StatusCode::NO_CONTENT)
}

/// The secrets of a setting that somebody may set.
async fn held(
    parts: &ApiState,
    signed: &Signed,
    kind: SettingKind,
    of: SettingId,
) -> HandlerResult<Vec<SettingSecret>> {
    let mut tx = parts.store.read().await?;
    let viewer = sight(&mut tx, signed).await?.viewer;
    let found = read::setting(&mut tx, signed.workspace, kind, of).await?;
    let found = found.filter(|of| setting::reads(&viewer, kind.spec(), of.setting.home));
    let home = found.ok_or_else(Fault::not_found)?.setting.home;
    if !setting::may_set(&viewer, kind.spec(), home) {
        return Err(Fault::forbidden("it is not yours to set"));
    }
    let secrets = read::setting_secrets(&mut tx, signed.workspace, kind, of).await?;
    tx.rollback().await?;
    Ok(secrets)
}

async fn set(
    parts: &ApiState,
    signed: &Signed,
    (kind, id): (SettingKind, SettingId),
    (n, new): (u32, Option<KeptSecret>),
) -> HandlerResult<Result<Vec<Setting>, SetRefused>> {
    let secret = Some(SecretWork { kind, id, n, new, content: parts.clock.uuid_v4() });
    let by = Some(signed.agent);
    let work = SetWork { workspace: signed.workspace, by, changes: Vec::new(), secret };
    Ok(parts.engine.set(work).await?)
}
