//! Fields of a customer's card: the values of the attributes that the team set up.

use baton_protocol::command::SetAttributes;
use baton_protocol::{SettingId, field};

use super::id_of;
use crate::CoreError;

/// A field of a customer's card.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct ContactField {
    /// The id of its attribute.
    pub attribute: String,
    /// Its value.
    pub value: FieldValue,
}

/// The value of an attribute.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum FieldValue {
    /// Yes or no.
    YesNo {
        /// True for yes.
        is_yes: bool,
    },
    /// A number.
    Number {
        /// Its digits, as `-12.5`.
        digits: String,
    },
    /// A text; also a day as `2026-03-12`, one of some choices, or an address of the web.
    Text {
        /// The text.
        text: String,
    },
    /// Something that this version does not know.
    Unknown,
}

impl From<(&SettingId, &field::FieldValue)> for ContactField {
    fn from((attribute, value): (&SettingId, &field::FieldValue)) -> Self {
        let value = match value {
            field::FieldValue::YesNo(is_yes) => FieldValue::YesNo { is_yes: *is_yes },
            field::FieldValue::Number(number) => FieldValue::Number { digits: number.to_string() },
            field::FieldValue::Text(text) => FieldValue::Text { text: text.clone() },
            field::FieldValue::Unknown(_) => FieldValue::Unknown,
        };
        Self { attribute: attribute.to_string(), value }
    }
}

impl FieldValue {
    fn checked(self) -> Result<field::FieldValue, CoreError> {
        let invalid =
            |detail: &str| CoreError::Invalid { what: "set".to_owned(), detail: detail.to_owned() };
        Ok(match self {
            Self::YesNo { is_yes } => field::FieldValue::YesNo(is_yes),
            Self::Number { digits } => {
                let number = digits.trim().parse();
                let number = number.map_err(|_odd| invalid("a number is written as -12.5"))?;
                field::FieldValue::Number(number)
            }
            Self::Text { text } => field::FieldValue::Text(text),
            Self::Unknown => return Err(invalid("a value that is unknown cannot be set")),
        })
    }
}

/// The command that changes fields.
pub(crate) fn set_attributes(
    set: Vec<ContactField>,
    clear: &[String],
) -> Result<SetAttributes, CoreError> {
    let one = |field: ContactField| Ok((id_of("set", &field.attribute)?, field.value.checked()?));
    Ok(SetAttributes {
        set: set.into_iter().map(one).collect::<Result<_, CoreError>>()?,
        clear: clear.iter().map(|id| id_of("clear", id)).collect::<Result<_, CoreError>>()?,
    })
}
