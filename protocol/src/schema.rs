//! JSON Schemas of what is written by hand here, for the description of the API that servers give.

use std::borrow::Cow;

use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::{Value, json};

use crate::setting::Span;
use crate::{Cursor, Degrees, LineKind, Timestamp};

macro_rules! inline {
    ($name:ident, $schema:tt) => {
        impl JsonSchema for $name {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($name).into()
            }

            fn json_schema(_: &mut SchemaGenerator) -> Schema {
                json_schema!($schema)
            }
        }
    };
}

inline!(Timestamp, { "type": "string", "format": "date-time" });
inline!(Degrees, { "type": "number", "minimum": -180, "maximum": 180 });
inline!(Cursor, {
    "type": "string",
    "pattern": "^[0-9a-fA-F-]{32,36}:[0-9]{1,20}$",
    "description": "How far a client has applied the log: epoch:position."
});

inline!(Span, {
    "type": "array",
    "items": { "type": "integer", "minimum": 0, "maximum": 1440 },
    "minItems": 2,
    "maxItems": 2,
    "description": "Two minutes of a day: `[540, 1080]` is from 9:00 until 18:00."
});

/// A hint for forms: the field is there where a clock wakes the rule. A schedule counts nothing of
/// WhatsApp's 24 hours.
pub(crate) fn by_clock(also_of_window: bool) -> Value {
    let mut when = vec!["unanswered", "unassigned", "idle"];
    when.extend(also_of_window.then_some("window_left"));
    json!({ "when": when })
}

/// A hint for forms: the field is there where the field `type` has this value.
pub(crate) fn when(value: &str) -> Value {
    json!({ "type": [value] })
}

impl JsonSchema for LineKind {
    fn schema_name() -> Cow<'static, str> {
        "LineKind".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        let names = Self::ALL.map(Self::name);
        json_schema!({
            "type": "string",
            "examples": names,
            "description": "The kind of a line. Read one that you do not know as `unsupported`."
        })
    }
}

/// `seen` is there in every command that has it, if only as null: left out, it would silently mean
/// that nothing was seen.
pub(crate) fn with_seen(schema: &mut Schema) {
    require(schema, "seen");
}

/// `name` has to be there, if only as null.
pub(crate) fn with_name(schema: &mut Schema) {
    require(schema, "name");
}

/// `language` has to be there, if only as null.
pub(crate) fn with_language(schema: &mut Schema) {
    require(schema, "language");
}

/// `at` and `seen` have to be there, if only as null.
pub(crate) fn with_reminder(schema: &mut Schema) {
    require(schema, "at");
    require(schema, "seen");
}

fn require(schema: &mut Schema, field: &str) {
    let required = schema.ensure_object().entry("required").or_insert_with(|| json!([]));
    if let Some(names) = required.as_array_mut() {
        names.push(field.into());
    }
}

/// Each kind of command has fields of its own beside those of all, and no others are taken. Written
/// out for each kind, as tools understand that best.
pub(crate) fn closed(schema: &mut Schema) {
    let common = schema.remove("properties");
    let needed = schema.remove("required");
    let kinds = schema.get_mut("oneOf").and_then(Value::as_array_mut);
    for kind in kinds.into_iter().flatten().filter_map(Value::as_object_mut) {
        let fields = kind.entry("properties").or_insert_with(|| json!({}));
        if let (Some(fields), Some(Value::Object(common))) = (fields.as_object_mut(), &common) {
            fields.extend(common.clone());
        }
        let names = kind.entry("required").or_insert_with(|| json!([]));
        if let (Some(names), Some(Value::Array(needed))) = (names.as_array_mut(), &needed) {
            names.extend(needed.iter().cloned());
        }
        kind.insert("additionalProperties".to_owned(), false.into());
    }
}

/// Describes a value as of exactly one kind: kinds that a version only reads are no part of it.
pub(crate) fn one_of(schema: &mut Schema) {
    if let Some(kinds) = schema.remove("anyOf") {
        schema.insert("oneOf".to_owned(), kinds);
    }
}
