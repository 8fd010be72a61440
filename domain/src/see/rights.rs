//! The one table of what somebody may do, whether by a request or at a socket. Work on a
//! conversation is decided there, by `decide`: this table says who may ask for it at all.

use baton_protocol::Role;
use baton_protocol::setting::Permission;

/// The kind of a speaker, by what proved them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Voice {
    /// A person, by the session of a device.
    Person,
    /// A process of a person's device that has no session, by its receipt key.
    Device,
    /// A program, by a key that works as its agent.
    Program,
    /// A program, by a key that only reads.
    Reader,
}

impl Voice {
    /// All of them.
    pub const ALL: [Self; 4] = [Self::Person, Self::Device, Self::Program, Self::Reader];

    /// True for a program with a key.
    pub fn is_program(self) -> bool {
        matches!(self, Self::Program | Self::Reader)
    }
}

/// The rights of somebody who speaks.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub struct Rights {
    /// The role of the agent.
    pub role: Role,
    /// The kind of speaker.
    pub voice: Voice,
}

/// Something that one may do or not: a row of the table.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum Act {
    /// To read what the agent may read.
    Read,
    /// To say at a socket what is on the screen, how far one has come, and whom to be told of.
    Attend,
    /// To answer customers and to work on conversations.
    Work,
    /// To hold the lease of a conversation, and to share what one types.
    Compose,
    /// To tell what became of pushes.
    TellPushes,
    /// To look after one's own account, devices, filters and settings.
    OwnAccount,
    /// To look at the work of teams.
    Oversee,
    /// To read what admins read.
    ReadSetUp,
    /// To set something up.
    SetUp,
}

/// The reason for which something may not be done.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
pub enum NotYours {
    /// It is for people.
    OfPeople,
    /// A key sets nothing up.
    SetsUp,
    /// The key only reads.
    OnlyReads,
    /// A receipt key tells of pushes and does nothing else.
    OnlyTells,
    /// It is for supervisors.
    OfSupervisors,
    /// It is for admins.
    OfAdmins,
}

impl NotYours {
    /// A sentence for whoever asked.
    pub fn detail(self) -> &'static str {
        match self {
            Self::OfPeople => "this is for people: sign in without a key",
            Self::SetsUp => "a key sets nothing up: sign in as an admin",
            Self::OnlyReads => "this key only reads",
            Self::OnlyTells => "this key only tells of pushes",
            Self::OfSupervisors => "this is for supervisors",
            Self::OfAdmins => "this is for admins",
        }
    }
}

/// A row: the voices that may at all, and the least role.
struct Row {
    voices: &'static [Voice],
    least: Role,
}

impl Act {
    /// All of them.
    pub const ALL: [Self; 9] = [
        Self::Read,
        Self::Attend,
        Self::Work,
        Self::Compose,
        Self::TellPushes,
        Self::OwnAccount,
        Self::Oversee,
        Self::ReadSetUp,
        Self::SetUp,
    ];

    fn row(self) -> Row {
        use Voice::{Device, Person, Program, Reader};
        let (voices, least): (&[Voice], Role) = match self {
            Self::Read | Self::Attend => (&[Person, Program, Reader], Role::Agent),
            Self::Work | Self::Compose => (&[Person, Program], Role::Agent),
            Self::TellPushes => (&[Person, Device], Role::Agent),
            Self::OwnAccount => (&[Person], Role::Agent),
            Self::Oversee => (&[Person, Program, Reader], Role::Supervisor),
            Self::ReadSetUp => (&[Person, Program, Reader], Role::Admin),
            Self::SetUp => (&[Person], Role::Admin),
        };
        Row { voices, least }
    }
}

/// Lets somebody with these rights do something.
///
/// # Errors
/// The reason: first what is not their voice's to do, then what is not their role's.
pub fn allow(rights: Rights, act: Act) -> Result<(), NotYours> {
    let row = act.row();
    if !row.voices.contains(&rights.voice) {
        return Err(not_of_voice(rights.voice, act));
    }
    if rights.role >= row.least {
        return Ok(());
    }
    Err(if row.least == Role::Supervisor { NotYours::OfSupervisors } else { NotYours::OfAdmins })
}

fn not_of_voice(voice: Voice, act: Act) -> NotYours {
    match (act, voice) {
        (_, Voice::Device) => NotYours::OnlyTells,
        (Act::SetUp, _) => NotYours::SetsUp,
        (Act::Work | Act::Compose, Voice::Reader) => NotYours::OnlyReads,
        _ => NotYours::OfPeople,
    }
}

/// Whether a role has a permission to set something. Admins have all.
pub fn may(role: Role, permission: Permission) -> bool {
    let least = match permission {
        Permission::Tags => Role::Supervisor,
        Permission::People | Permission::Rules => Role::Admin,
    };
    role >= least
}
