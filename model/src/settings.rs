//! Settings for tests: an example of each kind, and random changes of them.

use std::path::Path;

use baton_domain::group::set::SetWork;
use baton_domain::group::{State, Work};
use baton_domain::setting::Target;
use baton_protocol::setting::{SettingChange, SettingPut};
use baton_protocol::{AgentId, Home, SettingId, SettingKind};
use serde_json::Value;
use uuid::Uuid;

use crate::dice::Dice;
use crate::server::{Server, WORKSPACE};

/// Settings of a kind that are changed over and over.
const IDS: usize = 3;

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
        Some(Work::Set(SetWork { workspace: WORKSPACE, by: Some(by), changes }))
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

/// Says which teams, agents and numbers are there.
pub(crate) fn know(state: &mut State) {
    let people = state.people.get(&WORKSPACE).cloned().unwrap_or_default();
    let teams = people.teams.keys().map(|id| Target::Team(*id));
    let agents = people.agents.keys().map(|id| Target::Agent(*id));
    let channels = state.channels.values().map(|channel| Target::Channel(channel.id));
    let there = teams.chain(agents).chain(channels).map(|target| (WORKSPACE, target));
    state.settings.there = there.collect();
}
