//! Values from the team's own programs about a customer.

use baton_protocol::context;

/// The state of what is shown of a source.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum ContextState {
    /// It was asked just now.
    Fresh,
    /// It was asked a short time ago.
    Cached,
    /// It does not answer; its last answer is there.
    Unavailable,
}

impl From<context::ContextState> for ContextState {
    fn from(state: context::ContextState) -> Self {
        match state {
            context::ContextState::Fresh => Self::Fresh,
            context::ContextState::Cached => Self::Cached,
            context::ContextState::Unavailable => Self::Unavailable,
        }
    }
}

/// The reason for which a source is not available.
#[derive(Clone, Copy, PartialEq, Eq, Debug, uniffi::Enum)]
pub enum ContextWhy {
    /// Its answer takes longer than a second.
    Late,
    /// There is no connection to it, or it says that it has a fault.
    Down,
    /// Its answer is not one that is shown.
    Wrong,
    /// It does not answer the server, or the server may not ask it.
    Refused,
    /// It was asked as often as it may be asked on a day.
    Spent,
    /// One that this version does not know.
    Unknown,
}

impl From<context::ContextWhy> for ContextWhy {
    fn from(why: context::ContextWhy) -> Self {
        match why {
            context::ContextWhy::Late => Self::Late,
            context::ContextWhy::Down => Self::Down,
            context::ContextWhy::Wrong => Self::Wrong,
            context::ContextWhy::Refused => Self::Refused,
            context::ContextWhy::Spent => Self::Spent,
            context::ContextWhy::Unknown => Self::Unknown,
        }
    }
}

/// A fact about the customer. It is text, never markup.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct ContextRow {
    /// The words before the value.
    pub label: String,
    /// The value.
    pub value: String,
    /// The page where it is kept: https alone.
    pub link: Option<String>,
}

/// A program of the team's own, and what it says of a customer.
#[derive(Clone, PartialEq, Eq, Debug, uniffi::Record)]
pub struct ContextSource {
    /// The id of its setting.
    pub id: String,
    /// Its name.
    pub name: String,
    /// The state of what it says.
    pub state: ContextState,
    /// The reason for which it is not available.
    pub why: Option<ContextWhy>,
    /// Its heading.
    pub title: Option<String>,
    /// Its rows.
    pub rows: Vec<ContextRow>,
    /// The time of what it says; `None` where it never said anything of this customer.
    pub at_ms: Option<i64>,
}

impl From<context::ContextTold> for ContextSource {
    fn from(source: context::ContextTold) -> Self {
        // Agents ask for answers in the console alone.
        let context::ContextTold { source_id, name, suggests: _, state, why, title, rows, at } =
            source;
        let row = |context::ContextRow { label, value, link }| ContextRow { label, value, link };
        Self {
            id: source_id.to_string(),
            name,
            state: state.into(),
            why: why.map(ContextWhy::from),
            title,
            rows: rows.into_iter().map(row).collect(),
            at_ms: at.map(|at| at.ms()),
        }
    }
}
