//! Settings for tests: an example of each kind, random changes of them, what a client is told and
//! what it keeps.

use std::collections::{BTreeMap, BTreeSet};
use std::path::Path;

use baton_domain::group::set::{HeldSetting, SetWork};
use baton_domain::group::{State, Work};
use baton_domain::see::mirror::ToldSettings;
use baton_domain::see::setting::{Target, reads};
use baton_protocol::setting::{Setting, SettingChange, SettingPut, SettingsPage};
use baton_protocol::{AgentId, Home, SettingId, SettingKind};
use serde_json::Value;
use uuid::Uuid;

use crate::dice::Dice;
use crate::server::{Server, WORKSPACE};

/// Settings of a kind that are changed over and over.
const IDS: usize = 3;
/// Settings of a page: few, so that a client has to ask again.
const PAGE: usize = 3;

/// The golden example of a kind.
///
/// # Panics
/// When there is none.
pub fn example(kind: SettingKind) -> SettingPut {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../protocol/fixtures");
    let path = folder.join(format!("setting.{}.json", kind.name()));
    let read = || serde_json::from_slice(&std::fs::read(&path).ok()?).ok();
    read().unwrap_or_else(|| panic!("{} is not the fixture of a kind of setting", path.display()))
}

/// The same body with another text, where it has one that is not looked at: its first name.
pub fn varied(body: &Value, n: usize) -> Value {
    let mut body = body.clone();
    for field in ["name", "title"] {
        if let Some(Value::String(name)) = body.get_mut(field) {
            *name = format!("Name {n}");
            return body;
        }
    }
    body
}

/// The id of the n-th setting of a kind at a home.
pub fn id_at(kind: SettingKind, home: Home, n: usize) -> SettingId {
    if kind.spec().is_singleton {
        return SettingId(home.id(WORKSPACE));
    }
    let first = Uuid::from_u128(0x0198_f2a0_0000_7000_8000_0000_0000_5000).as_u128();
    SettingId(Uuid::from_u128(first + n as u128))
}

impl Server {
    /// A random change of a random setting by somebody: made, changed, moved or ended, with a
    /// version that they may have guessed.
    pub fn sets_something(&mut self, dice: &mut Dice, by: AgentId) -> Option<Work> {
        let kind = *dice.one_of(&SettingKind::ALL)?;
        let home = *dice.one_of(&self.homes(kind))?;
        let id = id_at(kind, home, dice.below(IDS));
        let held = self.state.settings.rows.get(&(WORKSPACE, kind, id));
        let version = held.map(|held| held.version);
        let expect = if dice.percent(15) { Some(1) } else { version };
        let put = SettingPut {
            home,
            rank: dice.percent(30).then(|| u32::try_from(dice.below(5)).unwrap_or(0)),
            body: varied(&example(kind).body, dice.below(4)),
        };
        let put = dice.percent(80).then_some(put);
        let anyway = dice.percent(50);
        let change = SettingChange { kind, id, expect, epoch: None, put, anyway };
        let changes = vec![(change, self.fresh_id())];
        Some(Work::Set(SetWork { workspace: WORKSPACE, by: Some(by), changes, secret: None }))
    }

    /// Commits such a change, as a seed has it.
    pub fn sets_at_random(&mut self, seed: u64, by: AgentId) {
        let mut dice = Dice::new(seed);
        if let Some(work) = self.sets_something(&mut dice, by) {
            self.commit(&[work]);
        }
    }

    /// The settings that an agent's phone keeps, as they stand.
    pub fn settings_of(&self, agent: AgentId) -> Vec<Setting> {
        self.kept(agent).map(|(kind, id, held)| held.told(kind, id)).collect()
    }

    /// `GET /settings?phones=true&above=`.
    pub fn settings_page(&self, agent: AgentId, above: u64) -> SettingsPage {
        let mut changed: Vec<_> =
            self.kept(agent).filter(|(_, _, held)| held.position > above).collect();
        changed.sort_by_key(|(_, _, held)| held.position);
        let has_more = changed.len() > PAGE;
        changed.truncate(PAGE);
        let next = changed.last().map(|(_, _, held)| held.position).filter(|_| has_more);
        let mut ids = BTreeMap::<String, Vec<SettingId>>::new();
        for (kind, id, _) in self.kept(agent) {
            ids.entry(kind.name().to_owned()).or_default().push(id);
        }
        let changed = changed.into_iter().map(|(kind, id, held)| held.told(kind, id)).collect();
        let ids = next.is_none().then_some(ids);
        SettingsPage { position: self.head(), changed, next, ids }
    }

    fn kept(&self, agent: AgentId) -> impl Iterator<Item = (SettingKind, SettingId, &HeldSetting)> {
        let viewer = self.sight(agent).map(|sight| &sight.viewer);
        let rows = self.state.settings.rows.iter();
        rows.filter(move |((_, kind, _), held)| {
            let spec = kind.spec();
            let is_read = viewer.is_some_and(|viewer| reads(viewer, spec, held.home));
            spec.phones && held.ended_at.is_none() && is_read
        })
        .map(|((_, kind, id), held)| (*kind, *id, held))
    }

    /// Homes of a kind that are there.
    fn homes(&self, kind: SettingKind) -> Vec<Home> {
        let there = self.state.settings.there.iter().filter_map(|(_, target)| match target {
            Target::Team(id) => Some(Home::Team { id: *id }),
            Target::Agent(id) => Some(Home::Agent { id: *id }),
            Target::Channel(id) => Some(Home::Channel { id: *id }),
            Target::Setting(..) => None,
        });
        let all = there.chain([Home::Workspace]);
        let is_one = |home: &Home| home.kind().is_some_and(|of| kind.spec().homes.contains(&of));
        all.filter(is_one).collect()
    }
}

/// The settings that a client in memory keeps, by the rules of a phone's store.
#[derive(Clone, PartialEq, Eq, Default, Debug)]
pub struct KeptSettings(BTreeMap<(SettingKind, SettingId), KeptSetting>);

/// A setting that is kept; without one it ended, and a late page may still bring it.
#[derive(Clone, PartialEq, Eq, Debug)]
struct KeptSetting {
    version: u32,
    position: u64,
    setting: Option<Setting>,
}

impl KeptSettings {
    /// All that is kept, in the order of kinds and ids.
    pub fn all(&self) -> Vec<Setting> {
        self.0.values().filter_map(|kept| kept.setting.clone()).collect()
    }

    /// Takes over what is told. Returns whether all that a last page names is held.
    pub fn take(&mut self, told: ToldSettings<'_>) -> bool {
        match told {
            ToldSettings::Set(setting, position) => self.put(setting, position),
            ToldSettings::Ended { kind, id, version, position, is_due } => {
                self.keep((kind, id), KeptSetting { version, position, setting: None });
                if !is_due {
                    self.forget_ended(position);
                }
            }
            ToldSettings::Page(page) => return self.take_page(page),
        }
        true
    }

    fn put(&mut self, setting: Setting, position: u64) {
        let Some(kind) = SettingKind::from_name(&setting.kind) else { return };
        let (key, version) = ((kind, setting.id), setting.version);
        let setting = Some(setting).filter(|setting| !setting.ended);
        self.keep(key, KeptSetting { version, position, setting });
    }

    fn keep(&mut self, key: (SettingKind, SettingId), kept: KeptSetting) {
        let is_newer = self.0.get(&key).is_none_or(|before| before.version < kept.version);
        if is_newer {
            self.0.insert(key, kept);
        }
    }

    fn forget_ended(&mut self, position: u64) {
        self.0.retain(|_, kept| kept.setting.is_some() || kept.position > position);
    }

    fn take_page(&mut self, page: &SettingsPage) -> bool {
        for setting in &page.changed {
            self.put(setting.clone(), page.position);
        }
        let Some(ids) = &page.ids else { return true };
        let named: BTreeSet<(SettingKind, SettingId)> = ids
            .iter()
            .filter_map(|(kind, ids)| Some((SettingKind::from_name(kind)?, ids)))
            .flat_map(|(kind, ids)| ids.iter().map(move |id| (kind, *id)))
            .collect();
        let has_all = named.iter().all(|key| self.0.contains_key(key));
        self.0.retain(|key, kept| {
            named.contains(key) || kept.position > page.position || kept.setting.is_none()
        });
        self.forget_ended(page.position);
        has_all
    }
}

/// Says which teams, agents and numbers are there.
pub(crate) fn know(state: &mut State) {
    let people = state.people.get(&WORKSPACE).cloned().unwrap_or_default();
    let teams = people.teams.keys().map(|id| Target::Team(*id));
    let agents = people.agents.keys().map(|id| Target::Agent(*id));
    let channels = state.channels.values().map(|channel| Target::Channel(channel.id));
    let there = teams.chain(agents).chain(channels).map(|target| (WORKSPACE, target));
    state.settings.there = there.collect();
}
