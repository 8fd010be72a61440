//! The calls for files: upload, look-up, download, deletion.

use axum::http::header::CONTENT_TYPE;
use serde_json::{Value, json};

use super::kinds;
use super::multipart::{self, Part};
use crate::state::config::Number;
use crate::state::media::NewFile;
use crate::state::shared::Shared;
use crate::whatsapp::calls::asked::{Asked, Reply};
use crate::whatsapp::error::GraphError;

/// `POST /{phone_number_id}/media`.
pub(crate) fn upload(shared: &Shared, asked: &Asked, number: &Number) -> Result<Value, GraphError> {
    let content_type = asked.headers.get(CONTENT_TYPE).and_then(|value| value.to_str().ok());
    let parts = content_type.and_then(|kind| multipart::parts(kind, &asked.body));
    let Some(parts) = parts else {
        return Err(GraphError::parameter("The body is not multipart/form-data."));
    };
    let field = |name: &str| parts.iter().find(|part| part.name == name);
    match field("messaging_product").and_then(Part::text) {
        Some("whatsapp") => {}
        Some(_) => return Err(GraphError::parameter("messaging_product must be 'whatsapp'.")),
        None => return Err(GraphError::parameter("messaging_product is required.")),
    }
    let Some(file) = field("file") else { return Err(GraphError::missing("file")) };
    let told = field("type").and_then(Part::text).or(file.content_type.as_deref());
    let Some(mime_type) = told else { return Err(GraphError::missing("type")) };
    let Some(size_max) = kinds::size_max(mime_type) else {
        let listed = kinds::listed();
        return Err(GraphError::parameter(format!(
            "Param file must be a file with one of the following types: {listed}. Received file \
             of type '{mime_type}'."
        )));
    };
    if file.bytes.is_empty() {
        return Err(GraphError::parameter("Param file must not be empty."));
    }
    if file.bytes.len() > size_max {
        let details = format!("The file is larger than {size_max} bytes.");
        return Err(GraphError::detailed(131_053, details));
    }
    let now_ms = shared.clock.now_ms();
    let new = NewFile {
        phone_number_id: &number.phone_number_id,
        is_upload: true,
        mime_type,
        filename: file.filename.clone(),
        bytes: file.bytes.into(),
    };
    let (id, _) = shared.world().media.keep(shared.seeds, new, now_ms);
    shared.changed();
    Ok(json!({"id": id}))
}

/// `GET /{media_id}`; none where the id is no file's.
pub(crate) fn look_up(shared: &Shared, asked: &Asked) -> Option<Result<Value, GraphError>> {
    let now_ms = shared.clock.now_ms();
    let mut world = shared.world();
    let id = &asked.object;
    let file = world.media.get(id, now_ms)?;
    let of_another = |wanted: &String| *wanted != file.phone_number_id;
    if asked.query.get("phone_number_id").is_some_and(of_another) {
        return Some(Err(GraphError::no_object("get", id)));
    }
    let mut found = json!({
        "messaging_product": "whatsapp",
        "mime_type": file.mime_type,
        "sha256": hex::encode(file.sha256),
        "file_size": file.bytes.len(),
        "id": id,
    });
    let path = world.media.url(shared.seeds, id, now_ms);
    crate::base::json::put(&mut found, "url", format!("{}{path}", shared.base_url));
    Some(Ok(found))
}

/// `DELETE /{media_id}`; none where the id is no file's.
pub(crate) fn delete(shared: &Shared, asked: &Asked) -> Option<Value> {
    let was_there = shared.world().media.delete(&asked.object);
    shared.changed();
    was_there.then(|| json!({"success": true}))
}

/// The download itself. A URL that is too old is not found.
pub(crate) fn download(shared: &Shared, asked: &Asked) -> Reply {
    let now_ms = shared.clock.now_ms();
    let world = shared.world();
    let hash = asked.query.get("hash").map_or("", String::as_str);
    match world.media.behind(hash, now_ms) {
        Some((id, file)) if asked.query.get("mid").is_some_and(|mid| mid == id) => {
            Reply::File { mime_type: file.mime_type.clone(), bytes: file.bytes.to_vec() }
        }
        _ => Reply::NotFound,
    }
}
