//! The speaker of a request or at a socket. `accounts` makes it where it proves a secret, and
//! nobody else does. Every request, frame and command asks it what they may.

use baton_domain::group::{Caller, Key};
use baton_domain::see::rights::{Act, NotYours, Rights, Voice, allow};
use baton_protocol::{AgentId, DeviceId, Role, Timestamp, WorkspaceId};
use sha2::{Digest as _, Sha256};

/// A person on a device, a process of that device, or a program with a key.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Speaker {
    /// The workspace.
    pub workspace: WorkspaceId,
    /// The agent.
    pub agent: AgentId,
    /// The device; of a program the id of its key.
    pub device: DeviceId,
    /// The agent's role.
    pub role: Role,
    /// The kind of speaker.
    pub voice: Voice,
    /// The mark of the secret that proved it.
    pub secret: SecretMark,
    /// The time at which it ends by itself, where it is set beforehand: a key's last day.
    pub until: Option<Timestamp>,
}

/// Tells secrets apart and is of no other use: neither the secret nor what is stored of it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct SecretMark([u8; 32]);

impl SecretMark {
    /// The mark of the secret of which this is stored.
    pub fn new(stored: &str) -> Self {
        Self(Sha256::digest(stored).into())
    }
}

/// Those who are counted together: all devices of an agent, and each key for itself. So a program
/// takes nothing from its agent.
pub type Party = (Key<AgentId>, Option<DeviceId>);

impl Speaker {
    /// Their rights.
    pub fn rights(&self) -> Rights {
        Rights { role: self.role, voice: self.voice }
    }

    /// Lets them do something.
    ///
    /// # Errors
    /// The reason for which they may not.
    pub fn allow(&self, act: Act) -> Result<(), NotYours> {
        allow(self.rights(), act)
    }

    /// The author of what they do.
    pub fn caller(&self) -> Caller {
        Caller { workspace: self.workspace, agent: self.agent, device: self.device }
    }

    /// The caller, where a person speaks. A program is nobody who could be there.
    pub fn person(&self) -> Option<Caller> {
        (!self.voice.is_program()).then(|| self.caller())
    }

    /// Those with whom they are counted.
    pub fn party(&self) -> Party {
        let program = self.voice.is_program().then_some(self.device);
        ((self.workspace, self.agent), program)
    }

    /// True once the time is over that was set beforehand.
    pub fn is_over(&self, now: Timestamp) -> bool {
        self.until.is_some_and(|until| now >= until)
    }
}
