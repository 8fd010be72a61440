//! The description of the socket, `AsyncAPI` 3.0, from the frames of `protocol`.

use baton_protocol::frame::{ClientFrame, SUBPROTOCOL, SUBPROTOCOL_PACKED, ServerFrame, close};
use baton_protocol::limits::{CLIENT_FRAME_BYTES_MAX, SERVER_FRAME_BYTES_MAX};
use serde_json::{Map, Value, json};

use super::refusals;
use super::schemas::{Schemas, rename};
use crate::http::route::named;

/// Close codes and what a client does.
pub(super) const CLOSES: &[(u16, &str)] = &[
    (close::DRAIN, "The server is going down: come back after `retry_after_ms` of the reason."),
    (close::UNSUPPORTED, "A binary frame: send text."),
    (close::TOO_BIG, "A frame was too large: mend the client."),
    (close::TOO_MANY_ERRORS, "Too many frames that could not be understood: mend the client."),
    (close::SIGN_IN_AGAIN, "Refresh the session or sign in again."),
    (close::DEVICE_REVOKED, "The device was revoked: wipe everything it stores."),
    (close::NO_HELLO, "No `hello` came in time: come back a little later."),
    (close::SLOW, "Resume from the cursor."),
    (close::TOO_MANY_SOCKETS, "Too many connections: wait for `retry_after_ms` of the reason."),
];

/// The description.
pub(super) fn asyncapi() -> Value {
    let mut schemas = Schemas::new();
    let mut client = schemas.sent(|generator| {
        named::<ClientFrame>(generator);
        generator
            .definitions()
            .get("ClientFrame")
            .cloned()
            .unwrap_or_default()
            .try_into()
            .unwrap_or_default()
    });
    let server = schemas.told(|generator| {
        named::<ServerFrame>(generator);
        generator
            .definitions()
            .get("ServerFrame")
            .cloned()
            .unwrap_or_default()
            .try_into()
            .unwrap_or_default()
    });
    let (components, twice) = schemas.collect();
    rename(&mut client, &twice);
    let (sent, told) = (messages(&client), messages(&server));
    let refs = |of: &Map<String, Value>, side: &str| -> Map<String, Value> {
        let to = |name: &String| {
            let place = format!("{side}_{name}");
            (place.clone(), json!({ "$ref": format!("#/components/messages/{place}") }))
        };
        of.keys().map(to).collect()
    };
    let (sent_refs, told_refs) = (refs(&sent, "client"), refs(&told, "server"));
    let in_channel = |of: &Map<String, Value>| -> Vec<Value> {
        let to = |name| json!({ "$ref": format!("#/channels/socket/messages/{name}") });
        of.keys().map(to).collect()
    };
    let mut all = Map::new();
    all.extend(sent.into_iter().map(|(name, of)| (format!("client_{name}"), of)));
    all.extend(told.into_iter().map(|(name, of)| (format!("server_{name}"), of)));
    let of_channel: Map<String, Value> =
        sent_refs.clone().into_iter().chain(told_refs.clone()).collect();
    let closes: Vec<Value> =
        CLOSES.iter().map(|(code, about)| json!({ "code": code, "what_to_do": about })).collect();
    json!({
        "asyncapi": "3.0.0",
        "info": {
            "title": "Baton",
            "version": env!("CARGO_PKG_VERSION"),
            "description": format!("The socket. Subprotocol `{SUBPROTOCOL}`, or before it \
                `{SUBPROTOCOL_PACKED}` for packed frames. One JSON object a frame: at most \
                {CLIENT_FRAME_BYTES_MAX} bytes from a client, {SERVER_FRAME_BYTES_MAX} to it. The \
                first frame is `hello`."),
            "license": { "name": "Apache-2.0" },
        },
        "defaultContentType": "application/json",
        "channels": { "socket": { "address": "/api/v1/socket", "messages": of_channel } },
        "operations": {
            "client": { "action": "receive", "channel": { "$ref": "#/channels/socket" },
                "summary": "What clients send.", "messages": in_channel(&sent_refs) },
            "server": { "action": "send", "channel": { "$ref": "#/channels/socket" },
                "summary": "What the server sends.", "messages": in_channel(&told_refs) },
        },
        "components": { "messages": all, "schemas": components },
        "x-close-codes": closes,
        "x-refusals": refusals::refusals(),
    })
}

/// Each kind of frame by its name.
fn messages(frame: &Value) -> Map<String, Value> {
    let kinds = frame.get("oneOf").and_then(Value::as_array).cloned().unwrap_or_default();
    let message = |kind: Value| {
        let name = kind.pointer("/properties/type/const")?.as_str()?.to_owned();
        let about = kind.get("description").cloned().unwrap_or_default();
        let message = json!({ "name": name, "summary": about, "payload": kind });
        Some((name, message))
    };
    kinds.into_iter().filter_map(message).collect()
}
