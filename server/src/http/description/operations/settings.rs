//! The operations of settings: of each kind from its declaration.

use axum::http::Method;
use baton_protocol::SettingKind;
use baton_protocol::limits::SETTING_CHANGES_MAX;
use baton_protocol::setting::{
    Setting, SettingChange, SettingKindInfo, SettingUse, SettingVersion, SettingsPage,
};

use super::{Body, Operation, many, op};
use crate::http::settings::{
    Above, AtQuery, BROKEN, BrokenSetting, EndQuery, KINDS, Listing, SETTINGS, USED_BY, UsedBy,
};

/// What setting something may be refused for.
const SET: &[&str] = &["not_found", "forbidden", "version_changed", "taken", "too_many", "in_use"];

/// The operations of all kinds together, and those of each.
pub(super) fn settings() -> Vec<Operation> {
    let (get, post) = (Method::GET, Method::POST);
    let mut all = vec![
        op(get.clone(), SETTINGS, "Settings of all kinds that changed above a position.")
            .asks::<Above>()
            .answers::<SettingsPage>(200),
        op(post, SETTINGS, "Sets and ends settings: all of the list, or nothing.")
            .takes_of(many::<SettingChange, SETTING_CHANGES_MAX>)
            .answers::<Vec<Setting>>(200)
            .codes(SET),
        op(get.clone(), KINDS, "The kinds of settings, with the schemas of their bodies.")
            .answers::<Vec<SettingKindInfo>>(200),
        op(get.clone(), USED_BY, "The settings that name something.")
            .asks::<UsedBy>()
            .answers::<Vec<SettingUse>>(200),
        op(get, BROKEN, "The settings that name what is no more.")
            .answers::<Vec<BrokenSetting>>(200),
    ];
    all.extend(SettingKind::ALL.into_iter().flat_map(of_kind));
    all
}

fn of_kind(kind: SettingKind) -> [Operation; 5] {
    let (spec, get) = (kind.spec(), Method::GET);
    let one = Body::Json(spec.schemas.one);
    let list = Body::Json(spec.schemas.list);
    [
        op(get.clone(), spec.list, spec.about.trim_start()).asks::<Listing>().with(200, list),
        op(get.clone(), spec.one, "One of them; `ETag` is what `If-Match` takes.")
            .asks::<AtQuery>()
            .with(200, one)
            .codes(&["not_found"]),
        op(
            Method::PUT,
            spec.one,
            "Makes it with `If-None-Match: *`, or changes what `If-Match` names.",
        )
        .takes_of(spec.schemas.put)
        .with(200, one)
        .codes(SET)
        .codes(&["precondition_required"]),
        op(Method::DELETE, spec.one, "Ends the version that `If-Match` names.")
            .asks::<EndQuery>()
            .with(200, one)
            .codes(SET)
            .codes(&["precondition_required"]),
        op(get, spec.history, "Its versions, the newest first; 200 at most.")
            .answers::<Vec<SettingVersion>>(200)
            .codes(&["not_found"]),
    ]
}
