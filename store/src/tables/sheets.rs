//! Tables of people, settings and secrets. Their stamps stand beside them (`proof/stamp.rs`), and
//! triggers note what a transaction changes: both are rendered from these declarations.
//!
//! The order of the columns is part of their stamps: a new one comes last, and may be NULL.

use baton_domain::group::set::{HeldSecret, KeptSecret, SettingKey};
use baton_protocol::Timestamp;

use crate::StoreError;
use crate::table::table;

table! {
    /// Facts about the installation: its epoch, when stamps began.
    installation: InstallationRow {
        key { name: String }
        fixed {}
        state { value: String }
    }
}

table! {
    /// An app of Meta's.
    meta_app: MetaAppRow {
        key { id: String }
        fixed {}
        state { secrets_sealed: String, verify_token_sealed: String, created_at: i64 }
    }
}

table! {
    /// A workspace.
    workspace: WorkspaceRow {
        key { id: String }
        fixed {}
        state { slug: String, name: String, created_at: i64 }
    }
}

table! {
    /// That a workspace may use an app of Meta's.
    meta_app_grant: MetaAppGrantRow {
        key { meta_app: String, workspace: String }
        fixed {}
        state {}
    }
}

table! {
    /// A team.
    team: TeamSheetRow {
        key { workspace: String, id: String }
        fixed {}
        state {
            name: String,
            reply_policy: String,
            visibility: String,
            claim_from_colleagues: i64,
        }
    }
}

table! {
    /// An agent.
    agent: AgentSheetRow {
        key { workspace: String, id: String }
        fixed {}
        state {
            email: String,
            name: String,
            role: String,
            state: String,
            active_id: Option<String>,
            availability: String,
            capacity: Option<i64>,
            password_hash: Option<String>,
            created_at: i64,
            load: i64,
        }
    }
}

table! {
    /// That an agent is in a team, and as what.
    team_member: TeamMemberRow {
        key { workspace: String, team: String, agent: String }
        fixed {}
        state { kind: String }
    }
}

table! {
    /// A device that somebody signed in on.
    device: DeviceRow {
        key { workspace: String, id: String }
        fixed {}
        state {
            agent: String,
            name: String,
            family: String,
            generation: i64,
            refresh_digest: String,
            previous_digest: Option<String>,
            access_digest: String,
            access_expires_at: i64,
            refresh_expires_at: i64,
            created_at: i64,
            last_seen_at: i64,
            revoked_at: Option<i64>,
            acked_at: Option<i64>,
            watched_at: Option<i64>,
            acted_at: Option<i64>,
        }
    }
}

table! {
    /// A number of WhatsApp's.
    channel: ChannelRow {
        key { workspace: String, id: String }
        fixed {}
        state {
            name: String,
            meta_app: String,
            phone_number_id: String,
            display_number: String,
            token_sealed: String,
            default_team: String,
            pace_per_s: i64,
            policy: Option<String>,
            removed_at: Option<i64>,
        }
    }
}

table! {
    /// The address of a device's pushes.
    push_device: PushDeviceRow {
        key { workspace: String, device: String }
        fixed {}
        state {
            lane: String,
            target_kind: String,
            target_sealed: String,
            target_digest: String,
            key_id: Option<String>,
            p256dh: Option<String>,
            auth_sealed: Option<String>,
            app_id: Option<String>,
            env: Option<String>,
            locale: Option<String>,
            caps: String,
            receipt_salt: String,
            registered_at: i64,
            confirmed_at: i64,
            last_receipt_at: Option<i64>,
        }
    }
}

table! {
    /// An invitation.
    invitation: InvitationRow {
        key { workspace: String, id: String }
        fixed {}
        state {
            email: String,
            name: String,
            role: String,
            capacity: Option<i64>,
            teams: String,
            digest: String,
            state: String,
            open_email: Option<String>,
            invited_by: Option<String>,
            created_at: i64,
            renewed_at: i64,
            expires_at: i64,
            ended_at: Option<i64>,
            agent: Option<String>,
        }
    }
}

table! {
    /// A secret of a setting.
    setting_secret: SecretRow {
        key { workspace: String, kind: String, id: String, n: String }
        fixed { sealed: Option<String>, digest: Option<String>, created_at: i64 }
        state { ended_at: Option<i64> }
    }
}

table! {
    /// The end of such a secret.
    setting_secret: SecretEnd {
        key { workspace: String, kind: String, id: String, n: String }
        fixed {}
        state { ended_at: Option<i64> }
    }
}

impl SecretRow {
    /// A secret that a group made; `None` for one that it found.
    pub fn new(((workspace, kind, id), n): (SettingKey, u32), held: &HeldSecret) -> Option<Self> {
        let (sealed, digest) = match held.new.clone()? {
            KeptSecret::Sealed(sealed) => (Some(sealed), None),
            KeptSecret::Digest(digest) => (None, Some(digest)),
        };
        Some(Self {
            workspace: workspace.to_string(),
            kind: kind.name().to_owned(),
            id: id.to_string(),
            n: n.to_string(),
            sealed,
            digest,
            created_at: held.created_at.ms(),
            ended_at: held.ended_at.map(Timestamp::ms),
        })
    }

    /// Its number and how it stands.
    pub fn held(&self) -> Result<(u32, HeldSecret), StoreError> {
        let held = HeldSecret {
            created_at: Timestamp::from_ms(self.created_at),
            ended_at: self.ended_at.map(Timestamp::from_ms),
            new: None,
        };
        Ok((self.n.parse().map_err(StoreError::corrupt)?, held))
    }
}

impl SecretEnd {
    /// That a secret ended.
    pub fn new(((workspace, kind, id), n): (SettingKey, u32), held: &HeldSecret) -> Self {
        Self {
            workspace: workspace.to_string(),
            kind: kind.name().to_owned(),
            id: id.to_string(),
            n: n.to_string(),
            ended_at: held.ended_at.map(Timestamp::ms),
        }
    }
}
