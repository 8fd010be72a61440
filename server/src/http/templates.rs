//! `/channels/{channel}/templates`: everyone sees them, admins say whose they are.

use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use baton_domain::decide::is_filled_alike;
use baton_domain::group::SetWork;
use baton_protocol::limits::SETTING_CHANGES_MAX;
use baton_protocol::setting::{Home, SettingBody, SettingChange, SettingPut};
use baton_protocol::template::{
    Template, TemplateFallback, TemplateFallbackPut, TemplateList, TemplateName, TemplateSource,
    TemplateStatus, TemplateUsages,
};
use baton_protocol::{ChannelId, SettingId, SettingKind, WorkspaceId, setting};

use super::input::{Id, Json};
use super::{Access, ApiState, Fault, HandlerResult, Route, Shared};
use crate::accounts::Signed;
use crate::store::{read, template};

/// Digits of an id of Meta's.
const ACCOUNT_DIGITS_MAX: usize = 32;
/// What was sent within 30 days counts as in use.
const IN_USE_MS: i64 = 30 * 24 * 60 * 60 * 1000;
const USAGES_MAX: u64 = 500;

/// The routes of this file.
pub(super) fn routes() -> Vec<Route> {
    vec![
        Route::get(Access::Signed, "/api/v1/channels/{channel}/templates", list)
            .says("Templates of a number, as Meta last told them.")
            .answers::<TemplateList>(200)
            .codes(&["not_found"]),
        Route::get(Access::Admin, "/api/v1/channels/{channel}/templates/usage", usage)
            .says("How much each template of a number was sent in 30 days.")
            .answers::<TemplateUsages>(200)
            .codes(&["not_found"]),
        Route::put(Access::Admin, "/api/v1/channels/{channel}/templates/fallback", fallback)
            .says("Says what is offered in place of a template that Meta stops.")
            .takes::<TemplateFallbackPut>()
            .answers::<TemplateList>(200)
            .codes(&["not_found", "version_changed", "too_many"]),
        Route::put(Access::Admin, "/api/v1/channels/{channel}/templates", put)
            .says("Sets the account whose templates are read, and reads them.")
            .takes::<TemplateSource>()
            .answers::<TemplateList>(202)
            .codes(&["not_found", "version_changed"]),
    ]
}

/// `GET /channels/{channel}/templates`.
pub(super) async fn list(
    State(parts): State<Shared>,
    signed: Signed,
    Id(channel): Id<ChannelId>,
) -> HandlerResult<Out<TemplateList>> {
    known(&parts, signed.workspace, channel).await.map(Out)
}

/// `PUT /channels/{channel}/templates`: Meta is asked within a second.
pub(super) async fn put(
    State(parts): State<Shared>,
    signed: Signed,
    Id(channel): Id<ChannelId>,
    Json(source): Json<TemplateSource>,
) -> HandlerResult<(StatusCode, Out<TemplateList>)> {
    let account = source.account_id.trim();
    let is_id = (1..=ACCOUNT_DIGITS_MAX).contains(&account.len())
        && account.bytes().all(|digit| digit.is_ascii_digit());
    if !is_id {
        return Err(Fault::invalid("account_id: the digits of a WhatsApp Business Account's id"));
    }
    let before = known(&parts, signed.workspace, channel).await?;
    if before.account_id.is_some_and(|before| before != account) {
        end_fallbacks(&parts, &signed, channel).await?;
    }
    let of = (signed.workspace, channel);
    template::set_source(&parts.store, of, account, parts.clock.now()).await?;
    let known = known(&parts, signed.workspace, channel).await?;
    Ok((StatusCode::ACCEPTED, Out(known)))
}

/// Fallbacks of another account's templates mean nothing here.
async fn end_fallbacks(parts: &ApiState, signed: &Signed, channel: ChannelId) -> HandlerResult<()> {
    let mut tx = parts.store.read().await?;
    let held = template::fallbacks(&mut tx, (signed.workspace, channel)).await?;
    tx.rollback().await?;
    let end = |of: &read::Placed| (of.setting.id, Some(of.setting.version), None);
    let ends: Vec<_> = held.iter().map(end).collect();
    for ends in ends.chunks(SETTING_CHANGES_MAX) {
        set(parts, signed, ends).await?;
    }
    Ok(())
}

/// `PUT /channels/{channel}/templates/fallback`. Nothing else is sent by it: whoever sends the one
/// is offered the other. It is a setting; this request is that of clients from before that.
pub(super) async fn fallback(
    State(parts): State<Shared>,
    signed: Signed,
    Id(channel): Id<ChannelId>,
    Json(wish): Json<TemplateFallbackPut>,
) -> HandlerResult<Out<TemplateList>> {
    let list = known(&parts, signed.workspace, channel).await?;
    let find = |name: &str, language: &str| {
        list.templates.iter().find(|one| one.name == name && one.language == language)
    };
    let Some(of) = find(&wish.name, &wish.language) else {
        return Err(Fault::invalid("name: this number has no template of this name and language"));
    };
    let fallback = wish.fallback.as_ref().map(|to| chosen(of, find(&to.name, &to.language)));
    let fallback = fallback.transpose()?;
    if of.fallback == fallback {
        return Ok(Out(list));
    }
    let template = TemplateName { name: wish.name, language: wish.language };
    let mut tx = parts.store.read().await?;
    let held = template::fallbacks(&mut tx, (signed.workspace, channel)).await?;
    tx.rollback().await?;
    let mut held = held.into_iter().map(|placed| placed.setting);
    let held = held.find(|held| {
        let body = held.body.as_ref().and_then(template::fallback_of);
        body.is_some_and(|body| body.template == template)
    });
    let (id, expect) = match held {
        Some(held) => (held.id, Some(held.version)),
        None => (SettingId(parts.clock.uuid_v7()), None),
    };
    let put = fallback.map(|TemplateFallback { name, language, category }| {
        let fallback = TemplateName { name, language };
        let body = setting::TemplateFallback { template, category, fallback };
        let body = SettingBody::from(body).to_json();
        SettingPut { home: Home::Channel { id: channel }, rank: None, body }
    });
    set(&parts, &signed, &[(id, expect, put)]).await?;
    known(&parts, signed.workspace, channel).await.map(Out)
}

/// Sets what stands in for templates, or ends it.
async fn set(
    parts: &ApiState,
    signed: &Signed,
    changes: &[(SettingId, Option<u32>, Option<SettingPut>)],
) -> HandlerResult<()> {
    let kind = SettingKind::TemplateFallback;
    let change = |(id, expect, put): &(SettingId, Option<u32>, Option<SettingPut>)| {
        let (id, expect, put) = (*id, *expect, put.clone());
        let change = SettingChange { kind, id, expect, epoch: None, put, anyway: true };
        (change, parts.clock.uuid_v4())
    };
    let changes = changes.iter().map(change).collect();
    let work =
        SetWork { workspace: signed.workspace, by: Some(signed.agent), changes, secret: None };
    let set = parts.engine.set(work).await?;
    set.map(drop).map_err(|refused| Fault::setting(refused, false))
}

fn chosen(of: &Template, to: Option<&Template>) -> HandlerResult<TemplateFallback> {
    let why_not = match to {
        None => "fallback: this number has no template of this name and language",
        Some(to) if (&to.name, &to.language) == (&of.name, &of.language) => {
            "fallback: a template does not stand in for itself"
        }
        Some(to) if to.status != TemplateStatus::Approved => {
            "fallback: Meta has not approved this template"
        }
        Some(to) if !is_filled_alike(of, to) => "fallback: this template has other variables",
        Some(to) => {
            let (name, language) = (to.name.clone(), to.language.clone());
            return Ok(TemplateFallback { name, language, category: of.category.clone() });
        }
    };
    Err(Fault::invalid(why_not))
}

/// `GET /channels/{channel}/templates/usage`: before Meta ends a template somebody wants to know
/// who sends it.
pub(super) async fn usage(
    State(parts): State<Shared>,
    signed: Signed,
    Id(channel): Id<ChannelId>,
) -> HandlerResult<Out<TemplateUsages>> {
    let since = parts.clock.now().plus_ms(-IN_USE_MS);
    let mut tx = parts.store.read().await?;
    let channels = read::channels(&mut tx, signed.workspace).await?;
    if !channels.iter().any(|one| one.id == channel) {
        return Err(Fault::not_found());
    }
    let of = (signed.workspace, channel);
    let templates = template::usage(&mut tx, of, since, USAGES_MAX).await?;
    tx.rollback().await?;
    Ok(Out(TemplateUsages { since, templates }))
}

async fn known(
    parts: &ApiState,
    workspace: WorkspaceId,
    channel: ChannelId,
) -> HandlerResult<TemplateList> {
    let mut tx = parts.store.read().await?;
    let channels = read::channels(&mut tx, workspace).await?;
    let known = template::known(&mut tx, workspace, channel).await?;
    tx.rollback().await?;
    if !channels.iter().any(|one| one.id == channel) {
        return Err(Fault::not_found());
    }
    Ok(TemplateList {
        templates: known.templates,
        account_id: known.account,
        synced_at: known.synced_at,
        trouble: known.trouble,
    })
}
