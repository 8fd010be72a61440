//! The calls about the profile that customers see.

use serde_json::{Map, Value, json};

use crate::state::config::Number;
use crate::state::shared::Shared;
use crate::whatsapp::calls::asked::Asked;
use crate::whatsapp::calls::content::fields;
use crate::whatsapp::error::GraphError;

/// The fields of text and their longest lengths.
const TEXTS: [(&str, usize); 5] =
    [("about", 139), ("address", 256), ("description", 512), ("email", 128), ("vertical", 64)];

/// `GET /{phone_number_id}/whatsapp_business_profile`.
pub(crate) fn get(shared: &Shared, asked: &Asked, number: &Number) -> Value {
    let profile = shared.world().accounts.profiles.get(&number.phone_number_id).cloned();
    let mut profile = profile.unwrap_or_else(standard);
    if let Some(wanted) = asked.query.get("fields") {
        profile.retain(|key, _| wanted.split(',').any(|field| field.trim() == key));
    }
    profile.insert("messaging_product".to_owned(), "whatsapp".into());
    json!({"data": [profile]})
}

/// `POST /{phone_number_id}/whatsapp_business_profile`.
pub(crate) fn set(shared: &Shared, asked: &Asked, number: &Number) -> Result<Value, GraphError> {
    let body = asked.json()?;
    if body.get("messaging_product").and_then(Value::as_str) != Some("whatsapp") {
        return Err(GraphError::parameter("messaging_product must be 'whatsapp'."));
    }
    for (name, chars_max) in TEXTS {
        fields::optional_text(&body, name, chars_max)?;
    }
    if body.get("websites").is_some() {
        for website in fields::array(&body, "websites", 0..=2)? {
            if !website.as_str().is_some_and(fields::is_web_url) {
                return Err(GraphError::parameter("websites must be URLs."));
            }
        }
    }
    let mut world = shared.world();
    let profiles = &mut world.accounts.profiles;
    let profile = profiles.entry(number.phone_number_id.clone()).or_insert_with(standard);
    for (key, value) in body.as_object().into_iter().flatten() {
        match key.as_str() {
            "messaging_product" => {}
            "profile_picture_handle" => {
                let url = format!("{}/profile_picture.jpg", shared.base_url);
                profile.insert("profile_picture_url".to_owned(), url.into());
            }
            _ => {
                profile.insert(key.clone(), value.clone());
            }
        }
    }
    Ok(json!({"success": true}))
}

fn standard() -> Map<String, Value> {
    let all = [("about", json!("Bikes, repaired")), ("vertical", json!("RETAIL"))];
    all.into_iter().map(|(key, value)| (key.to_owned(), value)).collect()
}
