//! Settings are set: all changes of one work, or none of them.

mod routing;
mod secret;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::event::EventContent;
use baton_protocol::setting::{
    Attribute, Setting, SettingBody, SettingChange, SettingKind, SettingPut, SettingUse,
};
use baton_protocol::{
    Actor, AgentId, Epoch, Event, Fact, Home, SettingId, TeamId, Timestamp, WorkspaceId,
};
use serde_json::Value;
use uuid::Uuid;

pub use self::secret::{HeldSecret, KeptSecret, SECRETS_MAX, SecretWork};
use self::secret::{end_secrets, set_secret};
use super::state::State;
use crate::fact::log::Route;
use crate::see::attributes::{AttributeFacts, Attributes};
use crate::see::setting::{self, Around, Name, Target, Wrong};
use crate::see::tags::{TagFacts, Tags};

/// A setting's key.
pub type SettingKey = (WorkspaceId, SettingKind, SettingId);

/// Changes of settings: all of them, or none.
#[derive(Clone, Debug)]
pub struct SetWork {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// Who sets them; `None` for the operator of the installation.
    pub by: Option<AgentId>,
    /// The changes, each with a fresh id for its content.
    pub changes: Vec<(SettingChange, Uuid)>,
    /// In place of changes: what becomes of a secret of one setting.
    pub secret: Option<SecretWork>,
}

/// A setting as it stands.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct HeldSetting {
    /// Its version.
    pub version: u32,
    /// What it is for; where it ended, what it was for.
    pub home: Home,
    /// The id of its newest body.
    pub content: Uuid,
    /// The newest body, where it was read.
    pub body: Option<Value>,
    /// What is unique at its home.
    pub key: Option<String>,
    /// Its place among those of its kind.
    pub rank: u32,
    /// Where the log tells of the newest version.
    pub position: u64,
    /// When it was changed.
    pub changed_at: Timestamp,
    /// Who changed it.
    pub changed_by: Option<AgentId>,
    /// Since when it counts no more.
    pub ended_at: Option<Timestamp>,
}

impl HeldSetting {
    /// As those who read it see it.
    pub fn told(&self, kind: SettingKind, id: SettingId) -> Setting {
        let in_vain = self.body.as_ref().map(|body| setting::not_kept(kind, body));
        Setting {
            kind: kind.name().to_owned(),
            id,
            version: self.version,
            home: self.home,
            rank: self.rank,
            body: self.body.clone(),
            changed_at: Some(self.changed_at),
            changed_by: self.changed_by,
            ended: self.ended_at.is_some(),
            broken: Vec::new(),
            not_kept: in_vain.into_iter().flatten().map(str::to_owned).collect(),
        }
    }

    fn is_at(&self, home: Home) -> bool {
        self.ended_at.is_none() && self.home == home
    }
}

/// What a group knows of settings: those that its members name, and all at the homes they touch.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct HeldSettings {
    /// By their keys. Of neighbours the bodies are left out, but for those with the key of one that
    /// is set.
    pub rows: BTreeMap<SettingKey, HeldSetting>,
    /// Which settings name those that may end.
    pub uses: BTreeMap<(WorkspaceId, Target), Users>,
    /// Teams, agents and numbers that are there, of those that somebody names.
    pub there: BTreeSet<(WorkspaceId, Target)>,
    /// Bodies of outcomes that were replaced, as far as they were read, and since when.
    pub replaced: BTreeMap<SettingKey, Vec<(Timestamp, Value)>>,
    /// Those that changed.
    pub changed: BTreeSet<SettingKey>,
    /// New versions, and where the log tells of each.
    pub versions: Vec<(SettingKey, u32, u64)>,
    /// Members of teams that something is set of, by a kind of which they have a setting.
    pub of_members: BTreeSet<(WorkspaceId, SettingKind, TeamId, AgentId)>,
    /// Secrets of those that change, by their numbers.
    pub secrets: BTreeMap<(SettingKey, u32), HeldSecret>,
    /// Secrets that changed.
    pub secret_changes: BTreeSet<(SettingKey, u32)>,
}

impl HeldSettings {
    /// The tags of a workspace, as far as they were read.
    pub fn tags(&self, workspace: WorkspaceId) -> Tags {
        let of_tag = |((of, kind, id), held): (&SettingKey, &HeldSetting)| {
            let is_it = *of == workspace && *kind == SettingKind::Tag;
            let body = held.body.as_ref().filter(|_| is_it)?;
            let Ok(SettingBody::Tag(tag)) = SettingBody::read(*kind, body) else { return None };
            Some((*id, TagFacts { tag: *tag, ended_at: held.ended_at }))
        };
        Tags::new(self.rows.iter().filter_map(of_tag))
    }

    /// The attributes of a workspace, as far as they were read.
    pub fn attributes(&self, workspace: WorkspaceId) -> Attributes {
        let of_attribute = |(key, held): (&SettingKey, &HeldSetting)| {
            let (of, kind, id) = *key;
            let is_it = of == workspace && kind == SettingKind::Attribute;
            let attribute = attribute_in(held.body.as_ref().filter(|_| is_it)?)?;
            let before = self.replaced.get(key).into_iter().flatten();
            let before = before.filter_map(|(until, body)| Some((*until, attribute_in(body)?)));
            let before = before.collect();
            Some((id, AttributeFacts { attribute, ended_at: held.ended_at, before }))
        };
        Attributes::new(self.rows.iter().filter_map(of_attribute))
    }
}

fn attribute_in(body: &Value) -> Option<Attribute> {
    match SettingBody::read(SettingKind::Attribute, body) {
        Ok(SettingBody::Attribute(attribute)) => Some(*attribute),
        Ok(_) | Err(_) => None,
    }
}

/// Why a change is refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub enum SetProblem {
    /// Somebody changed it since.
    VersionChanged(Box<Setting>),
    /// Another one at this home has it.
    Taken(&'static str),
    /// Others name it.
    InUse(Vec<SettingUse>),
    /// Moves would go round from team to team: these, the first one also as the last.
    MovesInCircle(Vec<TeamId>),
    /// So many there may be at a home.
    TooMany(u32),
    /// A field is wrong.
    Invalid(Wrong),
    /// It is not the author's to set.
    Forbidden,
    /// It is not there, or not for the author to see.
    NotFound,
}

/// The first change that is refused.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct SetRefused {
    /// Its place, from 0.
    pub place: usize,
    /// Why it is.
    pub problem: SetProblem,
}

/// A body and the id of its content.
type NewContent = Option<(Value, Uuid)>;

/// What one change makes: the setting, and the fact with its content.
type Made = (HeldSetting, Fact, NewContent);

/// Who names something: the setting that names it, and the field.
pub type Users = BTreeSet<(SettingKind, SettingId, String)>;

/// Decides the changes, each on the settings that those before it left.
pub(super) fn set(
    state: &mut State,
    work: &SetWork,
    epoch: Epoch,
    now: Timestamp,
) -> Result<Vec<Setting>, SetRefused> {
    let before = state.settings.clone();
    let mut told = Vec::new();
    let mut facts: Vec<(SettingKey, Fact, NewContent)> = Vec::new();
    for (place, (change, content)) in work.changes.iter().enumerate() {
        let key = (work.workspace, change.kind, change.id);
        let is_twice = facts.iter().any(|(of, ..)| *of == key);
        let made = match is_twice {
            true => Err(invalid("id", "stands in the list twice")),
            false => Change { state, work, change, epoch }.made(*content, now),
        };
        match made {
            Ok(None) => {}
            Ok(Some((held, fact, content))) => {
                state.settings.note_replaced(key, now);
                if held.ended_at.is_some() {
                    end_secrets(state, key, now);
                }
                keep(state, key, held);
                facts.push((key, fact, content));
            }
            Err(problem) => {
                state.settings = before;
                return Err(SetRefused { place, problem });
            }
        }
        let held = state.settings.rows.get(&key);
        told.extend(held.map(|held| held.told(change.kind, change.id)));
    }
    if let Some(of) = &work.secret {
        let key = (work.workspace, of.kind, of.id);
        let made = set_secret(state, work, of, epoch, now);
        match made.map_err(|problem| SetRefused { place: 0, problem })? {
            None => {}
            Some((held, fact, content)) => {
                keep(state, key, held);
                facts.push((key, fact, content));
            }
        }
        let held = state.settings.rows.get(&key);
        told.extend(held.map(|held| held.told(of.kind, of.id)));
    }
    let actor = work.by.map_or(Actor::System, |id| Actor::Agent { id });
    for (key, fact, content) in facts {
        append(state, key, fact, content, (actor, now));
    }
    Ok(told)
}

fn append(
    state: &mut State,
    key: SettingKey,
    fact: Fact,
    content: NewContent,
    (actor, at): (Actor, Timestamp),
) {
    let route = Route::of(&fact, None, None);
    let (body, content) = content.unzip();
    let content_id = content.map(|id| id.to_string());
    let content = body.map(EventContent::Setting);
    let event =
        Event { position: 0, conversation_id: None, revision: None, at, actor, fact, content };
    state.push(key.0, event, route, content_id);
    let position = state.heads.get(&key.0).copied().unwrap_or_default();
    if let Some(held) = state.settings.rows.get_mut(&key) {
        held.position = position;
        state.settings.versions.push((key, held.version, position));
        state.settings.changed.insert(key);
    }
}

/// Puts a setting in its place, and what it names.
fn keep(state: &mut State, key: SettingKey, held: HeldSetting) {
    let (workspace, kind, id) = key;
    let settings = &mut state.settings;
    for users in settings.uses.values_mut() {
        users.retain(|(of, user, _)| (*of, *user) != (kind, id));
    }
    let body = held.body.as_ref().filter(|_| held.ended_at.is_none());
    let body = body.and_then(|body| SettingBody::read(kind, body).ok());
    for Name { field, target } in body.iter().flat_map(setting::names) {
        settings.uses.entry((workspace, target)).or_default().insert((kind, id, field.to_owned()));
    }
    settings.rows.insert(key, held);
}

fn invalid(field: &str, problem: &str) -> SetProblem {
    SetProblem::Invalid(Wrong::new(field, problem))
}

/// A change, and what it is decided on.
#[derive(Clone, Copy)]
struct Change<'a> {
    state: &'a State,
    work: &'a SetWork,
    change: &'a SettingChange,
    epoch: Epoch,
}

impl Change<'_> {
    /// What it makes; `None` where all of it holds already.
    fn made(self, content: Uuid, now: Timestamp) -> Result<Option<Made>, SetProblem> {
        let Self { work, change, .. } = self;
        let held = self.state.settings.rows.get(&(work.workspace, change.kind, change.id));
        if let Some(held) = held {
            self.check_author(held.home)?;
        }
        let Some(put) = &change.put else { return self.ended(held, now) };
        self.check_home(put, held.is_none())?;
        let body = self.body(put, held)?;
        let json = body.to_json();
        if let Some(held) = held
            && held.is_at(put.home)
            && held.body.as_ref() == Some(&json)
            && put.rank.is_none_or(|rank| rank == held.rank)
        {
            return Ok(None);
        }
        self.check_version(held)?;
        let key = self.check_neighbours(put, &body)?;
        self.check_names(&body, held)?;
        self.check_routing(&body, held)?;
        self.check_words(&body, held)?;
        let rank = put.rank.or(held.map(|held| held.rank)).unwrap_or_else(|| self.last_rank());
        let version = held.map_or(0, |held| held.version).saturating_add(1);
        let fact = Fact::SettingChanged {
            setting_id: change.id,
            kind: change.kind.name().to_owned(),
            version,
            home_before: held.filter(|held| held.ended_at.is_none()).map(|held| held.home),
            home: Some(put.home),
            rank,
            changed: changed(held, put.home, rank, &json),
            secret: None,
        };
        let held = HeldSetting {
            version,
            home: put.home,
            content,
            body: Some(json.clone()),
            key,
            rank,
            position: 0,
            changed_at: now,
            changed_by: work.by,
            ended_at: None,
        };
        Ok(Some((held, fact, Some((json, content)))))
    }

    fn ended(self, held: Option<&HeldSetting>, now: Timestamp) -> Result<Option<Made>, SetProblem> {
        let Self { work, change, .. } = self;
        let held = held.ok_or(SetProblem::NotFound)?;
        if held.ended_at.is_some() {
            return Ok(None);
        }
        self.check_version(Some(held))?;
        let target = Target::Setting(change.kind, change.id);
        let users = self.state.settings.uses.get(&(work.workspace, target));
        let users = users
            .into_iter()
            .flatten()
            .filter(|(kind, id, _)| (*kind, *id) != (change.kind, change.id));
        let users: Vec<SettingUse> =
            users.map(|(kind, id, field)| used(*kind, *id, field)).collect();
        if !users.is_empty() && !change.anyway {
            return Err(SetProblem::InUse(users));
        }
        let version = held.version.saturating_add(1);
        let fact = Fact::SettingChanged {
            setting_id: change.id,
            kind: change.kind.name().to_owned(),
            version,
            home_before: Some(held.home),
            home: None,
            rank: held.rank,
            changed: Vec::new(),
            secret: None,
        };
        let (changed_at, changed_by) = (now, work.by);
        let ended_at = Some(now);
        let held = HeldSetting { version, changed_at, changed_by, ended_at, ..held.clone() };
        Ok(Some((held, fact, None)))
    }

    /// Whether the author may set settings of this kind at a home.
    fn check_author(self, home: Home) -> Result<(), SetProblem> {
        let Some(by) = self.work.by else { return Ok(()) };
        let sight = self.state.sights.get(&(self.work.workspace, by));
        let viewer = &sight.ok_or(SetProblem::Forbidden)?.viewer;
        let spec = self.change.kind.spec();
        if !setting::reads(viewer, spec, home) {
            return Err(SetProblem::NotFound);
        }
        let may = setting::may_set(viewer, spec, home);
        if may { Ok(()) } else { Err(SetProblem::Forbidden) }
    }

    fn check_home(self, put: &SettingPut, is_new: bool) -> Result<(), SetProblem> {
        let Self { state, work, change, .. } = self;
        let spec = change.kind.spec();
        if !put.home.kind().is_some_and(|kind| spec.homes.contains(&kind)) {
            return Err(invalid("home", "must be one of the kind's homes"));
        }
        self.check_author(put.home)?;
        let target = Target::home(put.home);
        if target.is_some_and(|of| !state.settings.there.contains(&(work.workspace, of))) {
            return Err(SetProblem::NotFound);
        }
        match spec.is_singleton {
            true if change.id.0 != put.home.id(work.workspace) => {
                Err(invalid("id", "must be the id of the home"))
            }
            // Those who made it in another order would be told apart by nothing. The server itself
            // moves in what had an id before.
            false if is_new && work.by.is_some() && change.id.0.get_version_num() != 7 => {
                Err(invalid("id", "must be a UUIDv7 that is new"))
            }
            true | false => Ok(()),
        }
    }

    fn body(self, put: &SettingPut, held: Option<&HeldSetting>) -> Result<SettingBody, SetProblem> {
        let Self { state, work, change, .. } = self;
        let body_of = |kind, id| {
            let held = state.settings.rows.get(&(work.workspace, kind, id))?;
            SettingBody::read(kind, held.body.as_ref()?).ok()
        };
        let before = held.and_then(|_| body_of(change.kind, change.id));
        let around = Around { id: change.id, before: before.as_ref(), body_of: &body_of };
        let body = setting::checked(change.kind, &put.body, &around);
        let body = body.map_err(SetProblem::Invalid)?;
        let before = held.filter(|held| held.is_at(put.home)).and_then(|held| held.body.as_ref());
        setting::check_kept(&body, before).map_err(SetProblem::Invalid)?;
        Ok(body)
    }

    fn check_version(self, held: Option<&HeldSetting>) -> Result<(), SetProblem> {
        let Self { change, epoch, .. } = self;
        let Some(held) = held else {
            return if change.expect.is_none() { Ok(()) } else { Err(SetProblem::NotFound) };
        };
        // Whoever reads one that ended is told what holds without it, as of one that was never set.
        let is_unset = held.ended_at.is_some() && change.kind.spec().is_singleton;
        if is_unset && change.expect.is_none() && change.put.is_some() {
            return Ok(());
        }
        let is_here = change.epoch.is_none_or(|seen| seen == epoch);
        if change.expect == Some(held.version) && is_here {
            return Ok(());
        }
        Err(SetProblem::VersionChanged(Box::new(held.told(change.kind, change.id))))
    }

    /// Checks the number of settings at the home, and what is unique there; returns that.
    fn check_neighbours(
        self,
        put: &SettingPut,
        body: &SettingBody,
    ) -> Result<Option<String>, SetProblem> {
        let spec = self.change.kind.spec();
        let here = || self.others().filter(|held| held.is_at(put.home));
        if here().count() >= spec.most as usize {
            return Err(SetProblem::TooMany(spec.most));
        }
        let Some((field, key)) = setting::key(body) else { return Ok(None) };
        let is_same = |held: &&HeldSetting| {
            let other = held.body.as_ref();
            let other = other.and_then(|body| SettingBody::read(self.change.kind, body).ok());
            other.is_none_or(|other| setting::is_same_name(body, &other))
        };
        if here().filter(|held| held.key.as_ref() == Some(&key)).any(|held| is_same(&held)) {
            return Err(SetProblem::Taken(field));
        }
        Ok(Some(key))
    }

    /// What it names must be there; what it named before may be gone meanwhile.
    fn check_names(self, body: &SettingBody, held: Option<&HeldSetting>) -> Result<(), SetProblem> {
        let Self { state, work, change, .. } = self;
        let before = held.and_then(|held| held.body.as_ref());
        let before = before.and_then(|body| SettingBody::read(change.kind, body).ok());
        let named: BTreeSet<Name> = before.iter().flat_map(setting::names).collect();
        for name in setting::names(body).difference(&named) {
            let is_there = match name.target {
                Target::Setting(kind, id) => {
                    let of = state.settings.rows.get(&(work.workspace, kind, id));
                    of.is_some_and(|of| of.ended_at.is_none() && self.sees(kind, of.home))
                }
                target @ (Target::Team(_) | Target::Agent(_) | Target::Channel(_)) => {
                    state.settings.there.contains(&(work.workspace, target))
                }
            };
            if !is_there {
                return Err(invalid(name.field, "names something that is not there"));
            }
        }
        Ok(())
    }

    fn sees(self, kind: SettingKind, home: Home) -> bool {
        let Some(by) = self.work.by else { return true };
        let sight = self.state.sights.get(&(self.work.workspace, by));
        sight.is_some_and(|sight| setting::reads(&sight.viewer, kind.spec(), home))
    }

    /// The others of the kind.
    fn others(&self) -> impl Iterator<Item = &HeldSetting> {
        let (of, kind, id) = (self.work.workspace, self.change.kind, self.change.id);
        let all = (of, kind, SettingId(Uuid::nil()))..=(of, kind, SettingId(Uuid::max()));
        let rows = self.state.settings.rows.range(all);
        rows.filter(move |((_, _, other), _)| *other != id).map(|(_, held)| held)
    }

    fn last_rank(self) -> u32 {
        let home = self.change.put.as_ref().map(|put| put.home);
        let here = self.others().filter(|held| home.is_some_and(|home| held.is_at(home)));
        here.map(|held| held.rank).max().map_or(0, |last| last.saturating_add(1))
    }
}

fn used(kind: SettingKind, id: SettingId, field: &str) -> SettingUse {
    SettingUse { kind: kind.name().to_owned(), id, field: field.to_owned() }
}

/// The fields that a change changes; of a new one all that it has.
fn changed(held: Option<&HeldSetting>, home: Home, rank: u32, body: &Value) -> Vec<String> {
    let empty = serde_json::Map::new();
    let before = held.and_then(|held| held.body.as_ref()?.as_object()).unwrap_or(&empty);
    let now = body.as_object().unwrap_or(&empty);
    let mut fields: BTreeSet<&str> = BTreeSet::new();
    for name in before.keys().chain(now.keys()) {
        if before.get(name) != now.get(name) {
            fields.insert(name);
        }
    }
    if let Some(held) = held {
        fields.extend((held.home != home).then_some("home"));
        fields.extend((held.rank != rank).then_some("rank"));
    }
    fields.into_iter().map(str::to_owned).collect()
}
