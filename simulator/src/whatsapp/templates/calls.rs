//! The calls for templates: list, creation, change and deletion.

use serde_json::{Value, json};

use super::check;
use crate::base::json::put;
use crate::state::shared::Shared;
use crate::state::templates::Template;
use crate::whatsapp::accounts::only;
use crate::whatsapp::calls::asked::Asked;
use crate::whatsapp::calls::content::fields;
use crate::whatsapp::calls::paging;
use crate::whatsapp::error::GraphError;

const TEMPLATES_MAX: usize = 250;

/// `GET /{waba_id}/message_templates`.
pub(crate) fn list(shared: &Shared, asked: &Asked) -> Value {
    let all = shared.world().templates.of(&asked.object).clone();
    let known = all.len();
    let fits = |name: &str, value: &str| {
        asked.query.get(name).is_none_or(|wanted| wanted.eq_ignore_ascii_case(value))
    };
    let all: Vec<Value> = all
        .iter()
        .filter(|one| fits("name", &one.name) && fits("language", &one.language))
        .filter(|one| fits("status", &one.status) && fits("category", &one.category))
        .map(|one| only(one.shown(), asked.query.get("fields")))
        .collect();
    let mut page = paging::page(&all, asked, &shared.base_url);
    // Told only where it is asked for.
    if let Some(wanted) = asked.query.get("summary") {
        let counts = [
            ("total_count", json!(all.len())),
            ("message_template_count", json!(known)),
            ("message_template_limit", json!(TEMPLATES_MAX)),
            ("are_translations_complete", json!(true)),
        ];
        let wanted: Vec<&str> = wanted.split(',').map(str::trim).collect();
        let mut summary = json!({});
        for (name, count) in counts.into_iter().filter(|(name, _)| wanted.contains(name)) {
            put(&mut summary, name, count);
        }
        put(&mut page, "summary", summary);
    }
    page
}

/// `POST /{waba_id}/message_templates`: it is pending until a script approves it.
pub(crate) fn create(shared: &Shared, asked: &Asked) -> Result<Value, GraphError> {
    let body = asked.json()?;
    let name = fields::text(&body, "name", 1..=512)?;
    if !name.bytes().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || b == b'_') {
        let details = "name takes lower-case letters, digits and underscores only.";
        return Err(GraphError::parameter(details));
    }
    let language = fields::text(&body, "language", 2..=64)?;
    let category = fields::text(&body, "category", 1..=64)?.to_ascii_uppercase();
    if !matches!(category.as_str(), "MARKETING" | "UTILITY" | "AUTHENTICATION") {
        return Err(GraphError::parameter("category is not known."));
    }
    let components = fields::array(&body, "components", 1..=20)?.to_vec();
    let body_text = |one: &&Value| one.get("type").and_then(Value::as_str) == Some("BODY");
    let text = components.iter().find(body_text).and_then(|one| one.get("text")?.as_str());
    if text.is_some_and(|text| text.chars().count() > 1_024) {
        return Err(GraphError::parameter("The body has more than 1024 characters."));
    }
    let is_named = text
        .is_some_and(|text| check::variables(text).iter().any(|name| name.parse::<u32>().is_err()));
    let told = body.get("parameter_format").and_then(Value::as_str).map(str::to_ascii_uppercase);
    let template = Template {
        id: String::new(),
        name: name.to_owned(),
        language: language.to_owned(),
        category,
        status: "PENDING".to_owned(),
        parameter_format: told
            .unwrap_or_else(|| if is_named { "NAMED".to_owned() } else { "POSITIONAL".to_owned() }),
        components,
        rejected_reason: "NONE".to_owned(),
        quality: "UNKNOWN".to_owned(),
        quality_date: shared.clock.now_ms().div_euclid(1_000),
    };
    let mut world = shared.world();
    let known = world.templates.of(&asked.object);
    if known.iter().any(|one| one.name == name && one.language == language) {
        let details = "Content in this language already exists";
        return Err(GraphError::parameter(details).subcode(2_388_024));
    }
    if known.len() >= TEMPLATES_MAX {
        let details = "The account has as many templates as it may have";
        return Err(GraphError::parameter(details).subcode(2_388_019));
    }
    let made = world.templates.put(&asked.object, template);
    Ok(json!({"id": made.id, "status": made.status, "category": made.category}))
}

/// `DELETE /{waba_id}/message_templates?name=…`, all languages, or one by `hsm_id`.
pub(crate) fn delete(shared: &Shared, asked: &Asked) -> Result<Value, GraphError> {
    let Some(name) = asked.query.get("name") else { return Err(GraphError::missing("name")) };
    let id = asked.query.get("hsm_id");
    let mut world = shared.world();
    let list = world.templates.of(&asked.object);
    let before = list.len();
    list.retain(|one| one.name != *name || id.is_some_and(|id| one.id != *id));
    if list.len() == before {
        let details = "The template does not exist";
        return Err(GraphError::parameter(details).subcode(2_593_002));
    }
    Ok(json!({"success": true}))
}

/// `GET /{template_id}`; none where the id is no template's.
pub(crate) fn get(shared: &Shared, asked: &Asked) -> Option<Value> {
    let mut world = shared.world();
    let (_, template) = world.templates.by_id(&asked.object)?;
    Some(only(template.shown(), asked.query.get("fields")))
}

/// `POST /{template_id}`: other components or another category; it is pending again.
pub(crate) fn edit(shared: &Shared, asked: &Asked) -> Option<Result<Value, GraphError>> {
    let mut world = shared.world();
    let (_, template) = world.templates.by_id(&asked.object)?;
    Some(asked.json().map(|body| {
        if let Some(components) = body.get("components").and_then(Value::as_array) {
            template.components.clone_from(components);
            "PENDING".clone_into(&mut template.status);
        }
        if let Some(category) = body.get("category").and_then(Value::as_str) {
            template.category = category.to_ascii_uppercase();
        }
        json!({"success": true})
    }))
}
