//! Settings of every kind: a row of routes for each that is declared, and what all of them share.

mod broken;

use axum::Json as Out;
use axum::extract::{FromRequestParts, State};
use axum::http::request::Parts as Head;
use axum::http::{HeaderMap, HeaderName, HeaderValue, header};
use axum::response::{IntoResponse, Response};
use baton_domain::group::{SetProblem, SetRefused, SetWork};
use baton_domain::see::setting::{self, Target, Wrong};
use baton_domain::see::sight::Sight;
use baton_protocol::limits::{SETTING_CHANGES_MAX, SETTINGS_PAGE};
use baton_protocol::setting::{
    Home, Readers, Setting, SettingChange, SettingKindInfo, SettingPut, SettingSpec, SettingUse,
    SettingVersion, SettingsPage,
};
use baton_protocol::{AgentId, Cursor, Epoch, Role, SettingId, SettingKind};
use schemars::JsonSchema;
use schemars::generate::SchemaSettings;
use serde::Deserialize;
use uuid::Uuid;

use super::input::{Id, Json, Query};
use super::{Access, ApiState, Fault, HandlerResult, Route, Shared};
use crate::accounts::Signed;
use crate::store::{Tx, read};

/// Rows that are looked at for a page.
const SCANNED: usize = 1_000;

/// What setting something may be refused for.
const SET: &[&str] = &[
    "not_found",
    "forbidden",
    "version_changed",
    "taken",
    "too_many",
    "in_use",
    "moves_in_circle",
];

/// The routes: those of all kinds together, and a row for each kind and verb.
pub(super) fn routes() -> Vec<Route> {
    let mut all = vec![
        Route::get(Access::Signed, "/api/v1/settings", page)
            .says("Settings of all kinds that changed above a position.")
            .query::<Above>()
            .answers::<SettingsPage>(200)
            .packed(),
        Route::post(Access::Person, "/api/v1/settings", publish)
            .says("Sets and ends settings: all of the list, or nothing.")
            .takes_list::<SettingChange, SETTING_CHANGES_MAX>()
            .answers::<Vec<Setting>>(200)
            .codes(SET),
        Route::get(Access::Signed, "/api/v1/settings/kinds", kinds)
            .says("The kinds of settings, with the schemas of their bodies.")
            .answers::<Vec<SettingKindInfo>>(200),
        Route::get(Access::Signed, "/api/v1/settings/used-by", used_by)
            .says("The settings that name something, and those that are for it.")
            .query::<UsedBy>()
            .answers::<Vec<SettingUse>>(200),
        Route::get(Access::Admin, "/api/v1/settings/broken", broken::list)
            .says("The settings that do less than they say.")
            .answers::<Vec<broken::BrokenSetting>>(200),
    ];
    all.extend(SettingKind::ALL.into_iter().flat_map(of_kind));
    all
}

fn of_kind(kind: SettingKind) -> [Route; 5] {
    let spec = kind.spec();
    let (who, sets) = match spec.reads {
        Readers::Everyone => (Access::Signed, Access::Person),
        Readers::Admins => (Access::Admin, Access::Admin),
    };
    [
        Route::get(who, spec.list, move |a, b, c| list(kind, a, b, c))
            .says(spec.about.trim_start())
            .query::<Listing>()
            .answers_of(200, spec.schemas.list)
            .packed(),
        Route::get(who, spec.one, move |a, b, c, d| one(kind, a, b, c, d))
            .says("One of them; `ETag` is what `If-Match` takes.")
            .query::<AtQuery>()
            .answers_of(200, spec.schemas.one)
            .codes(&["not_found"]),
        Route::put(sets, spec.one, move |a, b, c, d| put(kind, a, b, c, d))
            .says("Makes it with `If-None-Match: *`, or changes what `If-Match` names.")
            .takes_of(spec.schemas.put)
            .answers_of(200, spec.schemas.one)
            .codes(SET)
            .codes(&["precondition_required"]),
        Route::delete(sets, spec.one, move |a, b, c, d| end(kind, a, b, c, d))
            .says("Ends the version that `If-Match` names.")
            .query::<EndQuery>()
            .answers_of(200, spec.schemas.one)
            .codes(SET)
            .codes(&["precondition_required"]),
        Route::get(who, spec.history, move |a, b, c| history(kind, a, b, c))
            .says("Its versions, the newest first; 200 at most.")
            .answers::<Vec<SettingVersion>>(200)
            .codes(&["not_found"]),
    ]
}

/// What the list of a kind may be asked.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Listing {
    /// Only those of this home: `workspace`, or `team:`, `channel:` or `agent:` and an id.
    home: Option<String>,
    /// As they stood at this position of the log.
    at: Option<u64>,
}

/// When a setting is read.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct AtQuery {
    /// As it stood at this position of the log.
    at: Option<u64>,
}

/// How a setting is ended.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct EndQuery {
    /// Although others name it.
    #[serde(default)]
    anyway: bool,
}

/// What a client holds.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct Above {
    /// Only of the kinds that phones keep.
    #[serde(default)]
    phones: bool,
    /// What changed above this position; 0 for all.
    #[serde(default)]
    above: u64,
}

/// What is asked for.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub(super) struct UsedBy {
    /// `team:`, `agent:`, `channel:` or a kind of setting with a colon, and an id.
    of: String,
}

/// `GET /<path>`.
async fn list(
    kind: SettingKind,
    State(parts): State<Shared>,
    signed: Signed,
    Query(asked): Query<Listing>,
) -> HandlerResult<Out<Vec<Setting>>> {
    let home = asked.home.map(|home| home.parse::<Home>()).transpose();
    let home = home.map_err(|problem| Fault::invalid(format!("home: {problem}")))?;
    let mut tx = parts.store.read().await?;
    let sight = sight(&mut tx, &signed).await?;
    let mut all = match asked.at {
        Some(at) => read::settings_at(&mut tx, signed.workspace, kind, None, at).await?,
        None => {
            let placed = read::settings(&mut tx, signed.workspace, kind).await?;
            placed.into_iter().map(|placed| placed.setting).collect()
        }
    };
    all.retain(|setting| {
        home.is_none_or(|home| setting.home == home) && reads(&sight, kind, setting.home)
    });
    if asked.at.is_none() {
        broken::mark(&mut tx, &signed, kind, &mut all).await?;
    }
    tx.rollback().await?;
    Ok(Out(all))
}

/// `GET /<path>/{setting}`: of a kind with one per home also what holds where nobody has set it.
async fn one(
    kind: SettingKind,
    State(parts): State<Shared>,
    signed: Signed,
    Id(of): Id<SettingId>,
    Query(asked): Query<AtQuery>,
) -> HandlerResult<Response> {
    let mut tx = parts.store.read().await?;
    let sight = sight(&mut tx, &signed).await?;
    let found = match asked.at {
        Some(at) => read::settings_at(&mut tx, signed.workspace, kind, Some(of), at).await?.pop(),
        None => read::setting(&mut tx, signed.workspace, kind, of).await?.map(|it| it.setting),
    };
    let is_set = |setting: &Setting| !(setting.ended && kind.spec().is_singleton);
    let found = match found.filter(is_set) {
        Some(found) => Some(found),
        None => {
            let agents = read::agents(&mut tx, signed.workspace).await?;
            let agents: Vec<AgentId> = agents.iter().map(|agent| agent.id).collect();
            default_of(kind, of, (&signed, &sight), &agents)
        }
    };
    let setting = found.filter(|setting| reads(&sight, kind, setting.home));
    let mut told = vec![setting.ok_or_else(Fault::not_found)?];
    if asked.at.is_none() {
        broken::mark(&mut tx, &signed, kind, &mut told).await?;
    }
    tx.rollback().await?;
    let setting = told.pop().ok_or_else(Fault::not_found)?;
    Ok(tagged(&parts, setting))
}

/// What holds at a home that is there and where nobody has set it.
fn default_of(
    kind: SettingKind,
    of: SettingId,
    (signed, sight): (&Signed, &Sight),
    agents: &[AgentId],
) -> Option<Setting> {
    let home =
        kind.spec().homes.iter().map(|home| Home::of(*home, of.0)).find(|home| match home {
            Home::Workspace => of.0 == signed.workspace.0,
            Home::Team { id } => sight.visibility.contains_key(id),
            Home::Agent { id } => agents.contains(id),
            Home::Channel { .. } | Home::Unknown => false,
        })?;
    let body = setting::default_for(kind, home)?.to_json();
    Some(Setting {
        kind: kind.name().to_owned(),
        id: of,
        version: 0,
        home,
        rank: 0,
        body: Some(body),
        changed_at: None,
        changed_by: None,
        ended: false,
        broken: Vec::new(),
        not_kept: Vec::new(),
    })
}

/// `PUT /<path>/{setting}`, with `If-None-Match: *` for a new one and `If-Match` otherwise.
async fn put(
    kind: SettingKind,
    State(parts): State<Shared>,
    signed: Signed,
    SeenSetting { id, expect, epoch }: SeenSetting,
    Json(put): Json<SettingPut>,
) -> HandlerResult<Response> {
    let change = SettingChange { kind, id, expect, epoch, put: Some(put), anyway: false };
    let set = set(&parts, &signed, vec![change]).await?.pop();
    Ok(tagged(&parts, set.ok_or_else(Fault::not_found)?))
}

/// `DELETE /<path>/{setting}` with `If-Match`.
async fn end(
    kind: SettingKind,
    State(parts): State<Shared>,
    signed: Signed,
    SeenSetting { id, expect, epoch }: SeenSetting,
    Query(asked): Query<EndQuery>,
) -> HandlerResult<Response> {
    let change = SettingChange { kind, id, expect, epoch, put: None, anyway: asked.anyway };
    let set = set(&parts, &signed, vec![change]).await?.pop();
    Ok(tagged(&parts, set.ok_or_else(Fault::not_found)?))
}

/// `GET /<path>/{setting}/history`.
async fn history(
    kind: SettingKind,
    State(parts): State<Shared>,
    signed: Signed,
    Id(of): Id<SettingId>,
) -> HandlerResult<Out<Vec<SettingVersion>>> {
    let mut tx = parts.store.read().await?;
    let sight = sight(&mut tx, &signed).await?;
    let found = read::setting(&mut tx, signed.workspace, kind, of).await?;
    let found = found.filter(|found| reads(&sight, kind, found.setting.home));
    found.ok_or_else(Fault::not_found)?;
    let mut versions = read::setting_versions(&mut tx, signed.workspace, kind, of).await?;
    tx.rollback().await?;
    // What it said while it was for somebody else alone stays theirs.
    for version in &mut versions {
        version.body.take_if(|_| version.home.is_some_and(|home| !reads(&sight, kind, home)));
    }
    Ok(Out(versions))
}

/// `POST /settings`: all of the changes, or none.
async fn publish(
    State(parts): State<Shared>,
    signed: Signed,
    Json(changes): Json<Vec<SettingChange>>,
) -> HandlerResult<Out<Vec<Setting>>> {
    if !(1..=SETTING_CHANGES_MAX).contains(&changes.len()) {
        return Err(Fault::invalid(format!("must be 1 to {SETTING_CHANGES_MAX} changes")));
    }
    Ok(Out(set(&parts, &signed, changes).await?))
}

/// `GET /settings`.
async fn page(
    State(parts): State<Shared>,
    signed: Signed,
    Query(asked): Query<Above>,
) -> HandlerResult<Out<SettingsPage>> {
    let is_wanted = |kind: &SettingKind| {
        let spec = kind.spec();
        let may = spec.reads == Readers::Everyone || signed.role == Role::Admin;
        may && (spec.phones || !asked.phones)
    };
    let kinds: Vec<SettingKind> = SettingKind::ALL.into_iter().filter(is_wanted).collect();
    let mut tx = parts.store.read().await?;
    let sight = sight(&mut tx, &signed).await?;
    let position = read::log_head(&mut tx, signed.workspace).await?.position;
    let of = signed.workspace;
    let found = read::settings_above(&mut tx, of, &kinds, asked.above, SCANNED).await?;
    let is_cut = found.len() == SCANNED;
    let (mut changed, mut next) = (Vec::new(), None);
    for placed in found {
        if changed.len() == SETTINGS_PAGE {
            break;
        }
        next = Some(placed.position);
        let kind = SettingKind::from_name(&placed.setting.kind);
        if kind.is_some_and(|kind| reads(&sight, kind, placed.setting.home)) {
            changed.push(placed.setting);
        }
    }
    let next = next.filter(|_| is_cut || changed.len() == SETTINGS_PAGE);
    let mut page = SettingsPage { position, changed, next, ids: None };
    if next.is_none() {
        let mut ids = std::collections::BTreeMap::<String, Vec<SettingId>>::new();
        for (kind, id, home) in read::setting_ids(&mut tx, of, &kinds).await? {
            if reads(&sight, kind, home) {
                ids.entry(kind.name().to_owned()).or_default().push(id);
            }
        }
        page.ids = Some(ids);
    }
    tx.rollback().await?;
    Ok(Out(page))
}

/// `GET /settings/kinds`.
async fn kinds(
    State(parts): State<Shared>,
    signed: Signed,
) -> HandlerResult<Out<Vec<SettingKindInfo>>> {
    let mut tx = parts.store.read().await?;
    let sight = sight(&mut tx, &signed).await?;
    let channels = read::channels(&mut tx, signed.workspace).await?;
    tx.rollback().await?;
    let channels = channels.iter().map(|channel| Home::Channel { id: channel.id });
    let teams = sight.visibility.keys().map(|id| Home::Team { id: *id });
    let own = [Home::Workspace, Home::Agent { id: sight.viewer.agent }];
    let homes: Vec<Home> = own.into_iter().chain(teams).chain(channels).collect();
    let told = SettingKind::ALL.into_iter().map(SettingKind::spec);
    let told = told.filter(|of| of.reads == Readers::Everyone || signed.role == Role::Admin);
    Ok(Out(told.map(|spec| kind_info(spec, &sight, &homes)).collect()))
}

/// Those of the homes at which somebody may set settings of a kind.
fn settable(spec: &SettingSpec, sight: &Sight, homes: &[Home]) -> Vec<Home> {
    let is_one = |home: &Home| home.kind().is_some_and(|kind| spec.homes.contains(&kind));
    let may = |home: &Home| setting::may_set(&sight.viewer, spec, *home);
    homes.iter().copied().filter(|home| is_one(home) && may(home)).collect()
}

fn kind_info(spec: &SettingSpec, sight: &Sight, homes: &[Home]) -> SettingKindInfo {
    let mut settings = SchemaSettings::draft2020_12().for_deserialize();
    (settings.inline_subschemas, settings.meta_schema) = (true, None);
    let schema = (spec.schemas.body)(&mut settings.into_generator()).to_value();
    SettingKindInfo {
        kind: spec.kind,
        about: spec.about.trim().to_owned(),
        path: spec.path.to_owned(),
        homes: spec.homes.to_vec(),
        most: spec.most,
        singleton: spec.is_singleton,
        phones: spec.phones,
        secret: spec.secret.is_some(),
        settable: settable(spec, sight, homes),
        setters: setting::setters(spec),
        readers: setting::readers(spec),
        schema,
    }
}

/// `GET /settings/used-by`.
async fn used_by(
    State(parts): State<Shared>,
    signed: Signed,
    Query(asked): Query<UsedBy>,
) -> HandlerResult<Out<Vec<SettingUse>>> {
    let odd = || Fault::invalid("of: must be a kind, a colon and an id");
    let (kind, id) = asked.of.split_once(':').ok_or_else(odd)?;
    let id: Uuid = id.parse().map_err(|_no_id| odd())?;
    let target = Target::of(kind, id).ok_or_else(odd)?;
    let mut tx = parts.store.read().await?;
    let sight = sight(&mut tx, &signed).await?;
    let mut told = Vec::new();
    for user in read::setting_uses(&mut tx, signed.workspace, target).await? {
        let Some(kind) = SettingKind::from_name(&user.kind) else { continue };
        let found = read::setting(&mut tx, signed.workspace, kind, user.id).await?;
        if found.is_some_and(|found| reads(&sight, kind, found.setting.home)) {
            told.push(user);
        }
    }
    let home = target.as_home();
    for (kind, id, _) in read::settings_of_home(&mut tx, signed.workspace, home, SCANNED).await? {
        if reads(&sight, kind, home) {
            told.push(SettingUse { kind: kind.name().to_owned(), id, field: "home".to_owned() });
        }
    }
    tx.rollback().await?;
    Ok(Out(told))
}

/// Commits changes, or says why none of them is made.
async fn set(
    parts: &ApiState,
    signed: &Signed,
    changes: Vec<SettingChange>,
) -> HandlerResult<Vec<Setting>> {
    let is_list = changes.len() > 1;
    check_addresses(parts, &changes).map_err(|refused| Fault::setting(refused, is_list))?;
    let changes = changes.into_iter().map(|change| (change, parts.clock.uuid_v4())).collect();
    let work =
        SetWork { workspace: signed.workspace, by: Some(signed.agent), changes, secret: None };
    let set = parts.engine.set(work).await?;
    set.map_err(|refused| Fault::setting(refused, is_list))
}

/// Refuses webhooks and sources at addresses that this server does not post to.
fn check_addresses(parts: &ApiState, changes: &[SettingChange]) -> Result<(), SetRefused> {
    for (place, change) in changes.iter().enumerate() {
        let body = change.put.as_ref().map(|put| &put.body);
        let is_posted_to = matches!(change.kind, SettingKind::Webhook | SettingKind::ContextSource);
        let url = body.filter(|_| is_posted_to);
        let url = url.and_then(|body| body.get("url")?.as_str());
        let problem = url.and_then(|url| parts.push_endpoints.outward_problem(url.trim()));
        if let Some(problem) = problem {
            let problem = SetProblem::Invalid(Wrong::new("url", problem));
            return Err(SetRefused { place, problem });
        }
    }
    Ok(())
}

fn reads(sight: &Sight, kind: SettingKind, home: Home) -> bool {
    setting::reads(&sight.viewer, kind.spec(), home)
}

/// The sight of somebody.
pub(super) async fn sight(tx: &mut Tx, signed: &Signed) -> HandlerResult<Sight> {
    let sight = read::sight(tx, signed.workspace, signed.agent).await?;
    sight.ok_or_else(Fault::unauthenticated)
}

/// A setting with the tag that `If-Match` takes: the log's epoch and the version.
fn tagged(parts: &ApiState, setting: Setting) -> Response {
    let tag = format!("\"{}:{}\"", parts.store.epoch(), setting.version);
    let mut response = Out(setting).into_response();
    if let Ok(tag) = HeaderValue::from_str(&tag) {
        response.headers_mut().insert(header::ETAG, tag);
    }
    response
}

/// The setting of an address, and what its author saw by the precondition: nothing, or a version,
/// perhaps of a log that is named.
struct SeenSetting {
    id: SettingId,
    expect: Option<u32>,
    epoch: Option<Epoch>,
}

impl FromRequestParts<Shared> for SeenSetting {
    type Rejection = Fault;

    async fn from_request_parts(head: &mut Head, parts: &Shared) -> Result<Self, Fault> {
        let Id(id) = Id::from_request_parts(head, parts).await?;
        let (expect, epoch) = precondition(&head.headers)?;
        Ok(Self { id, expect, epoch })
    }
}

fn precondition(headers: &HeaderMap) -> Result<(Option<u32>, Option<Epoch>), Fault> {
    let read = |name: HeaderName| headers.get(name).map(|of| of.to_str().unwrap_or("").trim());
    match (read(header::IF_NONE_MATCH), read(header::IF_MATCH)) {
        (Some("*"), None) => Ok((None, None)),
        (None, Some(seen)) => {
            let seen = seen_version(seen.trim_matches('"'));
            seen.ok_or_else(|| Fault::invalid("If-Match: must be a version, or the answer's ETag"))
        }
        (None, None) => Err(Fault::no_precondition()),
        _ => Err(Fault::invalid("If-None-Match: must be * for a new setting, or left out")),
    }
}

/// `version`, or `epoch:version`.
fn seen_version(seen: &str) -> Option<(Option<u32>, Option<Epoch>)> {
    let (version, epoch) = if seen.contains(':') {
        let cursor: Cursor = seen.parse().ok()?;
        (u32::try_from(cursor.position).ok()?, Some(cursor.epoch))
    } else {
        (seen.parse().ok()?, None)
    };
    (version > 0).then_some((Some(version), epoch))
}
