//! Who reads settings, and who sets them.

use baton_protocol::setting::{Readers, Setter, SettingSetters, SettingSpec};
use baton_protocol::{Home, Role};

use crate::fact::scope::Viewer;
use crate::see::rights;

/// Whether somebody reads settings of a kind at a home. Admins read all but what is an agent's own.
pub fn reads(viewer: &Viewer, spec: &SettingSpec, home: Home) -> bool {
    let is_own = spec.set == Setter::Own && matches!(home, Home::Agent { .. });
    if viewer.role == Role::Admin && !is_own {
        return home != Home::Unknown;
    }
    let sees = match home {
        Home::Workspace | Home::Channel { .. } => true,
        Home::Team { id } => viewer.teams.contains_key(&id),
        Home::Agent { id } => id == viewer.agent,
        Home::Unknown => false,
    };
    sees && spec.reads == Readers::Everyone
}

/// The people who may set settings of a kind, as clients learn it: they offer what [`may_set`]
/// allows.
pub fn setters(spec: &SettingSpec) -> SettingSetters {
    let own = spec.set == Setter::Own;
    let supervisors = own || spec.set == Setter::Supervisors;
    let has_it = |role: &Role| match spec.set {
        Setter::May(permission) => rights::may(*role, permission),
        Setter::Own | Setter::Supervisors | Setter::Admins => *role == Role::Admin,
    };
    let roles = Role::ALL.into_iter().filter(has_it).collect();
    SettingSetters { own, supervisors, roles }
}

/// The roles that read settings of a kind where they see the home.
pub fn readers(spec: &SettingSpec) -> Vec<Role> {
    let reads = |role: &Role| spec.reads == Readers::Everyone || *role == Role::Admin;
    Role::ALL.into_iter().filter(reads).collect()
}

/// Whether somebody may set settings of a kind at a home. What one may set one reads.
pub fn may_set(viewer: &Viewer, spec: &SettingSpec, home: Home) -> bool {
    let is_admin = viewer.role == Role::Admin;
    let may = match (spec.set, home) {
        (_, Home::Unknown) => false,
        // What somebody keeps for themselves is theirs alone.
        (Setter::Own, Home::Agent { id }) => id == viewer.agent,
        (Setter::Own | Setter::Supervisors, Home::Team { id }) => viewer.supervises(id),
        (Setter::May(permission), _) => rights::may(viewer.role, permission),
        (Setter::Own | Setter::Supervisors | Setter::Admins, _) => is_admin,
    };
    may && reads(viewer, spec, home)
}
