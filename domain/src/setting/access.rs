//! Who reads settings, and who sets them.

use baton_protocol::setting::{Readers, Setter, SettingSpec};
use baton_protocol::{Home, Role};

use crate::rights;
use crate::scope::Viewer;

/// Whether somebody reads settings of a kind at a home. Admins read all.
pub fn reads(viewer: &Viewer, spec: &SettingSpec, home: Home) -> bool {
    if viewer.role == Role::Admin {
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
