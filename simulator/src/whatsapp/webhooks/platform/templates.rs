//! The platform's events of templates.

use anyhow::Context as _;
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::super::events::{self, Event};
use crate::base::json::put;
use crate::state::config::Number;
use crate::state::shared::Shared;

/// Something about a template.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case", deny_unknown_fields)]
pub enum TemplateEvent {
    /// A template was approved, rejected, paused, disabled, …
    #[serde(rename = "template_status")]
    Status {
        /// Its name.
        name: String,
        /// Its language, for example `en_US`.
        language: String,
        /// `APPROVED`, `REJECTED`, `PAUSED`, `FLAGGED`, `DISABLED`, `REINSTATED`, …
        event: String,
        /// Why it was rejected, for example `INVALID_FORMAT`.
        #[serde(default)]
        reason: Option<String>,
    },
    /// A template's quality changed.
    #[serde(rename = "template_quality")]
    Quality {
        /// Its name.
        name: String,
        /// Its language.
        language: String,
        /// `GREEN`, `YELLOW`, `RED` or `UNKNOWN`.
        quality: String,
    },
    /// A template was put into another category.
    #[serde(rename = "template_category")]
    Category {
        /// Its name.
        name: String,
        /// Its language.
        language: String,
        /// `MARKETING`, `UTILITY` or `AUTHENTICATION`.
        category: String,
    },
}

/// Lets it happen; returns what is told of it.
pub(super) fn happen(
    shared: &Shared,
    number: &Number,
    event: TemplateEvent,
) -> anyhow::Result<Event> {
    let (field, name, language) = match &event {
        TemplateEvent::Status { name, language, .. } => {
            ("message_template_status_update", name, language)
        }
        TemplateEvent::Quality { name, language, .. } => {
            ("message_template_quality_update", name, language)
        }
        TemplateEvent::Category { name, language, .. } => {
            ("template_category_update", name, language)
        }
    };
    let at_ms = shared.clock.now_ms();
    let mut world = shared.world();
    let list = world.templates.of(&number.waba_id);
    let found = list.iter_mut().find(|one| one.name == *name && one.language == *language);
    let template = found.context("no such template")?;
    // Webhooks write the id as a number and the language with a hyphen.
    let mut value = json!({
        "message_template_id": template.id_number(),
        "message_template_name": name,
        "message_template_language": language.replace('_', "-"),
    });
    match event {
        TemplateEvent::Status { event, reason, .. } => {
            match event.as_str() {
                "REINSTATED" | "UNARCHIVED" => "APPROVED".clone_into(&mut template.status),
                "FLAGGED" => {}
                other => other.clone_into(&mut template.status),
            }
            put(&mut value, "event", event.as_str());
            put(&mut value, "message_template_category", template.category.as_str());
            let why = if event == "REJECTED" { "INVALID_FORMAT" } else { "NONE" };
            let reason = reason.unwrap_or_else(|| why.to_owned());
            template.rejected_reason.clone_from(&reason);
            put(&mut value, "reason", reason);
            if event == "PAUSED" {
                let info = json!({
                    "title": "FIRST_PAUSE",
                    "description": "Your WhatsApp message template has been paused for 3 hours.",
                });
                put(&mut value, "other_info", info);
            }
        }
        TemplateEvent::Quality { quality, .. } => {
            put(&mut value, "previous_quality_score", template.quality.as_str());
            put(&mut value, "new_quality_score", quality.as_str());
            template.quality = quality;
            template.quality_date = at_ms.div_euclid(1_000);
        }
        TemplateEvent::Category { category, .. } => {
            put(&mut value, "previous_category", template.category.as_str());
            put(&mut value, "new_category", category.as_str());
            template.category = category;
        }
    }
    drop(world);
    Ok(events::of_account(&number.waba_id, field, value, at_ms))
}
