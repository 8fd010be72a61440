//! JSON in which no object names a key twice. Of two values one reader takes the first and another
//! one the last: what decides something must not depend on that.

use std::collections::BTreeSet;
use std::fmt;

use serde::de::{DeserializeOwned, DeserializeSeed, Error, MapAccess, SeqAccess, Visitor};
use serde::{Deserialize, Deserializer};

/// Reads JSON.
///
/// # Errors
/// The bytes are not JSON, an object names a key twice, or the value is not a `T`.
pub fn read_once<T: DeserializeOwned>(json: &[u8]) -> Result<T, serde_json::Error> {
    check_once(json)?;
    serde_json::from_slice(json)
}

/// Checks that each object names each of its keys once.
///
/// # Errors
/// An object names a key twice, or the bytes are not JSON.
pub fn check_once(json: &[u8]) -> Result<(), serde_json::Error> {
    serde_json::from_slice::<Once>(json).map(|_once| ())
}

struct Once;

impl<'de> Deserialize<'de> for Once {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Visit)
    }
}

struct Visit;

impl<'de> DeserializeSeed<'de> for Visit {
    type Value = Once;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Once, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Visit {
    type Value = Once;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_unit<E>(self) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_str<E>(self, _: &str) -> Result<Once, E> {
        Ok(Once)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Once, A::Error> {
        while seq.next_element_seed(Visit)?.is_some() {}
        Ok(Once)
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Once, A::Error> {
        let mut keys = BTreeSet::new();
        while let Some(key) = map.next_key::<String>()? {
            map.next_value_seed(Visit)?;
            if keys.contains(&key) {
                return Err(A::Error::custom(format!("duplicate field `{key}`")));
            }
            keys.insert(key);
        }
        Ok(Once)
    }
}

#[cfg(test)]
mod tests {
    use super::{check_once, read_once};
    use crate::Command;
    use crate::problem::unreadable;

    #[track_caller]
    fn check(json: &str, told: Option<&str>) {
        let found = check_once(json.as_bytes()).err().map(|error| unreadable(&error));
        // Without the place.
        let found = found.as_deref().and_then(|text| text.split(" (").next());
        assert_eq!(found, told, "{json}");
    }

    #[test]
    fn a_key_that_is_there_twice_is_found_at_any_depth() {
        check(r#"{"a": 1, "b": [{"a": null}, {"a": -1.5, "": true}], "c": {"a": "a"}}"#, None);
        check("7", None);
        check(r#"{"a": 1, "a": 1}"#, Some("a: is there twice"));
        check(r#"[{"b": [{"a": 1, "\u0061": 2}]}]"#, Some("a: is there twice"));
        check(r#"{"a": 1,}"#, Some("this is not JSON"));
        check(r#"{} {}"#, Some("this is not JSON"));
    }

    #[test]
    fn a_command_means_one_thing() {
        let command = r#"{"op_id": "01890a5d-ac96-774b-bcce-b302099a8057",
            "conversation_id": "01890a5d-ac96-774b-bcce-b302099a8058",
            "type": "note", "text": "one""#;
        read_once::<Command>(format!("{command}}}").as_bytes()).expect("a note");
        let twice = format!(r#"{command}, "text": "another"}}"#);
        let error = read_once::<Command>(twice.as_bytes()).expect_err("two texts");
        assert!(unreadable(&error).starts_with("text: is there twice"), "{error}");
    }
}
