//! The people of a workspace: which place in a team a role allows, whether somebody may go, and who
//! may write first from a number.

use baton_protocol::{MembershipKind, Owner, Role, TeamId};

use crate::scope::{Level, Scope};
use crate::sight::Sight;

/// Whether somebody of this role may have this place in a team. The role agent supervises none: the
/// place would promise what is never granted.
pub fn can_be(role: Role, kind: MembershipKind) -> bool {
    match kind {
        MembershipKind::Supervisor => role >= Role::Supervisor,
        MembershipKind::Member => true,
    }
}

/// Whether a workspace would be without an active admin if this agent were none or left.
pub fn is_last_admin(role: Role, is_active: bool, other_admins: u64) -> bool {
    role == Role::Admin && is_active && other_admins == 0
}

/// Whether somebody may write first from a number whose new conversations come to this team: they
/// would see the conversation whole.
pub fn may_begin(sight: &Sight, default_team: TeamId) -> bool {
    let scope = Scope { team: default_team, owner: Owner::Queue(default_team) };
    sight.level(scope) == Level::Full
}
