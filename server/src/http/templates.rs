//! `/channels/{channel}/templates`: everyone sees them, admins say whose they are.

use axum::Json as Out;
use axum::extract::State;
use axum::http::StatusCode;
use baton_domain::decide::is_filled_alike;
use baton_protocol::template::{
    Template, TemplateFallback, TemplateFallbackPut, TemplateList, TemplateSource, TemplateStatus,
    TemplateUsages,
};
use baton_protocol::{ChannelId, ChannelSet, Fact, WorkspaceId};

use super::input::{Id, Json};
use super::{Access, ApiState, Fault, HandlerResult, Route, Shared};
use crate::accounts::{Setter, Signed};
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
            .codes(&["not_found"]),
        Route::put(Access::Admin, "/api/v1/channels/{channel}/templates", put)
            .says("Sets the account whose templates are read, and reads them.")
            .takes::<TemplateSource>()
            .answers::<TemplateList>(202)
            .codes(&["not_found"]),
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
    known(&parts, signed.workspace, channel).await?;
    let of = (signed.workspace, channel);
    template::set_source(&parts.store, of, account, parts.clock.now()).await?;
    let known = known(&parts, signed.workspace, channel).await?;
    Ok((StatusCode::ACCEPTED, Out(known)))
}

/// `PUT /channels/{channel}/templates/fallback`. Nothing else is sent by it: whoever sends the one
/// is offered the other.
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
    let at = (signed.workspace, channel);
    if of.fallback != fallback {
        let write = template::put_fallback(at, &of.name, &of.language, fallback.as_ref());
        let fact = Fact::ChannelChanged { channel_id: channel, set: ChannelSet::default() };
        let setter = Setter { workspace: signed.workspace, by: Some(signed.agent) };
        parts.accounts.settle(&parts.engine, setter.work(vec![write], vec![fact])).await?;
    }
    known(&parts, signed.workspace, channel).await.map(Out)
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
