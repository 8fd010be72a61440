//! The rights beside the work on conversations: the one table of permissions.

use baton_protocol::Role;
use baton_protocol::setting::Permission;

/// Whether a role has a permission. Admins have all.
pub fn may(role: Role, permission: Permission) -> bool {
    let least = match permission {
        Permission::Tags => Role::Supervisor,
        Permission::People | Permission::Rules => Role::Admin,
    };
    role >= least
}
