//! Settings: what their bodies may say, and who reads and sets them. A file for each kind has its
//! rules; the kind itself is declared in `protocol/src/setting.rs`.

mod access;
mod agent_skills;
mod api_key;
mod attribute;
mod bot;
mod canned_reply;
mod context_source;
mod outcomes;
mod routing;
mod rule;
mod saved_view;
mod schedule;
mod sla;
mod survey;
mod tag;
mod team_policy;
mod template_fallback;
mod text;
mod unsound;
mod webhook;
mod workspace_policy;

pub use rule::contradiction;
use std::collections::BTreeSet;

use baton_protocol::limits::{SETTING_BYTES_MAX, SETTING_DEPTH_MAX};
use baton_protocol::problem::unreadable;
use baton_protocol::setting::{SettingBody, SettingKind, SettingName};
use baton_protocol::{AgentId, ChannelId, Home, SettingId, TeamId, each_setting};
use serde_json::Value;
use uuid::Uuid;

pub use access::{may_set, readers, reads, setters};
pub use api_key::ends_at;
pub use template_fallback::template_key;
pub use text::is_language;
pub use unsound::{Bodies, Unsound, unsound};

/// What is wrong with a setting.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Wrong {
    /// The field.
    pub field: String,
    /// What it must be.
    pub problem: String,
}

impl Wrong {
    /// A field and what it must be.
    pub fn new(field: impl Into<String>, problem: impl Into<String>) -> Self {
        Self { field: field.into(), problem: problem.into() }
    }
}

/// Something that a setting can name.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Target {
    /// A team.
    Team(TeamId),
    /// An agent.
    Agent(AgentId),
    /// A number.
    Channel(ChannelId),
    /// Another setting.
    Setting(SettingKind, SettingId),
}

impl Target {
    /// The target of this kind and id, if there are such.
    pub fn of(kind: &str, id: Uuid) -> Option<Self> {
        Some(match kind {
            "team" => Self::Team(TeamId(id)),
            "agent" => Self::Agent(AgentId(id)),
            "channel" => Self::Channel(ChannelId(id)),
            kind => Self::Setting(SettingKind::from_name(kind)?, SettingId(id)),
        })
    }

    /// Its kind and its id.
    pub fn parts(self) -> (&'static str, Uuid) {
        match self {
            Self::Team(id) => ("team", id.0),
            Self::Agent(id) => ("agent", id.0),
            Self::Channel(id) => ("channel", id.0),
            Self::Setting(kind, id) => (kind.name(), id.0),
        }
    }

    /// The home of what is set up for it; of settings there is none.
    pub fn as_home(self) -> Home {
        match self {
            Self::Team(id) => Home::Team { id },
            Self::Agent(id) => Home::Agent { id },
            Self::Channel(id) => Home::Channel { id },
            Self::Setting(..) => Home::Unknown,
        }
    }

    /// What a home has to be there for; nothing for the workspace.
    pub fn home(home: Home) -> Option<Self> {
        match home {
            Home::Team { id } => Some(Self::Team(id)),
            Home::Agent { id } => Some(Self::Agent(id)),
            Home::Channel { id } => Some(Self::Channel(id)),
            Home::Workspace | Home::Unknown => None,
        }
    }
}

/// That a body names something.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Name {
    /// The field that does.
    pub field: &'static str,
    /// What it names.
    pub target: Target,
}

impl From<Name> for SettingName {
    fn from(name: Name) -> Self {
        let (of_kind, of_id) = name.target.parts();
        Self { field: name.field.to_owned(), of_kind: of_kind.to_owned(), of_id }
    }
}

/// What a body is checked beside.
pub struct Around<'a> {
    /// The setting.
    pub id: SettingId,
    /// The body so far.
    pub before: Option<&'a SettingBody>,
    /// The bodies of the settings that it names, and of those that these name.
    pub body_of: &'a dyn Fn(SettingKind, SettingId) -> Option<SettingBody>,
}

/// The rules of a kind.
pub trait SettingRules: Sized {
    /// Checks what the body says, and brings its texts into the form in which they are kept. That
    /// what it names is there is checked for all kinds alike.
    ///
    /// # Errors
    /// When a field is wrong.
    fn check(&mut self, around: &Around<'_>) -> Result<(), Wrong>;

    /// What it names.
    fn names(&self) -> Vec<Name> {
        Vec::new()
    }

    /// The field that is unique at a home, and its value as it is looked for: what is the same has
    /// the same one.
    fn key(&self) -> Option<(&'static str, String)> {
        None
    }

    /// The value of that field as it is compared. Of names, two accents are two names.
    fn exact_key(&self) -> Option<String> {
        self.key().map(|(_, key)| key)
    }

    /// What holds where nobody has set it, for kinds with one setting per home.
    fn default_for(_: Home) -> Option<Self> {
        None
    }
}

/// Reads a body and checks it.
///
/// # Errors
/// When a field is wrong.
pub fn checked(kind: SettingKind, body: &Value, around: &Around<'_>) -> Result<SettingBody, Wrong> {
    text::plain(body, SETTING_DEPTH_MAX)?;
    if body.to_string().len() > SETTING_BYTES_MAX {
        return Err(Wrong::new("body", format!("must have at most {SETTING_BYTES_MAX} bytes")));
    }
    let mut read = SettingBody::read(kind, body).map_err(|error| {
        let told = unreadable(&error);
        let (field, problem) = told.split_once(": ").unwrap_or(("body", &told));
        Wrong::new(field, problem)
    })?;
    each_setting!(&mut read, body => body.check(around))?;
    Ok(read)
}

/// The fields of a stored body that say something which nothing keeps.
pub fn not_kept(kind: SettingKind, body: &Value) -> Vec<&'static str> {
    if kind.spec().not_kept.is_empty() {
        return Vec::new();
    }
    // Earlier versions wrote defaults too. Written anew, such a field is there if it says more.
    SettingBody::read(kind, body).map_or_else(|_| Vec::new(), |body| said_in_vain(&body))
}

fn said_in_vain(body: &SettingBody) -> Vec<&'static str> {
    let json = body.to_json();
    let fields = body.kind().spec().not_kept.iter().copied();
    fields.filter(|field| json.get(field).is_some()).collect()
}

/// Refuses a new wish that nothing would keep. What stood there before may stay, or go.
///
/// # Errors
/// When a field says something new that nothing keeps.
pub fn check_kept(body: &SettingBody, before: Option<&Value>) -> Result<(), Wrong> {
    let json = body.to_json();
    let is_new = |field: &&str| before.and_then(|of| of.get(field)) != json.get(field);
    match said_in_vain(body).into_iter().find(is_new) {
        None => Ok(()),
        Some(field) => Err(Wrong::new(field, "is not kept by this version: leave it out")),
    }
}

/// What a body names, each once.
pub fn names(body: &SettingBody) -> BTreeSet<Name> {
    each_setting!(body, body => body.names()).into_iter().collect()
}

/// The field of a body that is unique at its home, and its value as it is looked for.
pub fn key(body: &SettingBody) -> Option<(&'static str, String)> {
    each_setting!(body, body => body.key())
}

/// Whether two bodies say the same in the field that is unique at their home.
pub fn is_same_name(one: &SettingBody, other: &SettingBody) -> bool {
    let exact = |body: &SettingBody| each_setting!(body, body => body.exact_key());
    exact(one) == exact(other)
}

/// What holds at a home where nobody has set it; `None` for kinds with any number of settings.
pub fn default_for(kind: SettingKind, home: Home) -> Option<SettingBody> {
    fn of<B: SettingRules + Into<SettingBody>>(home: Home) -> Option<SettingBody> {
        B::default_for(home).map(Into::into)
    }
    let spec = kind.spec();
    let is_home = home.kind().is_some_and(|kind| spec.homes.contains(&kind));
    if !is_home || !spec.is_singleton { None } else { baton_protocol::each_kind!(kind, of(home)) }
}

#[cfg(test)]
mod tests;
