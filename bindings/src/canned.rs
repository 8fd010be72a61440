//! Canned replies: what stands in double braces, and the blanks that are left.

#![expect(clippy::disallowed_types, reason = "the maps that cross the boundary are these")]

use std::collections::HashMap;

use baton_domain::see::canned::{self, Known};

use crate::records::{Attribute, ContactField, FieldValue};

/// A text as its author sees it. A blank is its name between `⟦` and `⟧`.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct FilledText {
    /// The text.
    pub text: String,
    /// The names of its blanks, in their order.
    pub blanks: Vec<String>,
}

/// Fills a canned reply with what is known, as the console does.
///
/// `values` are those of variables such as `customer.first_name`. `names` are what variables are
/// called where they become a blank.
#[uniffi::export(default(names = None))]
pub fn fill_canned(
    text: &str,
    values: HashMap<String, String>,
    names: Option<HashMap<String, String>>,
) -> FilledText {
    let values = values.into_iter().collect();
    let names = names.unwrap_or_default().into_iter().collect();
    let canned::Filled { text, blanks } = canned::fill(text, &Known { values, names });
    FilledText { text, blanks }
}

/// The values of a card for a canned reply, as `customer.plan`. Yes and no are left out: the app
/// puts its own words in.
#[expect(clippy::needless_pass_by_value, reason = "values alone cross the boundary")]
#[uniffi::export]
pub fn canned_values(
    fields: Vec<ContactField>,
    attributes: Vec<Attribute>,
) -> HashMap<String, String> {
    let key = |id: &str| attributes.iter().find(|one| one.id == id).map(|one| one.key.clone());
    let value = |field: ContactField| {
        let text = match field.value {
            FieldValue::Text { text } => text,
            FieldValue::Number { digits } => digits,
            FieldValue::YesNo { .. } | FieldValue::Unknown => return None,
        };
        Some((format!("customer.{}", key(&field.attribute)?), text))
    };
    fields.into_iter().filter_map(value).collect()
}

/// The names of the blanks that are left in a text: it is not sent while there is one.
#[uniffi::export]
pub fn blanks_in(text: &str) -> Vec<String> {
    canned::blanks(text).into_iter().map(|blank| blank.name.to_owned()).collect()
}
