//! The table of what somebody may do, by hand: each act, each voice, each role.

use baton_domain::see::rights::{Act, NotYours, Rights, Voice, allow};
use baton_protocol::Role;

/// Who may: agents, supervisors and admins, each as a person, a device that tells of pushes, a
/// program, and a program that only reads. `.` may not.
const TABLE: [(Act, [&str; 4]); 9] = [
    (Act::Read, ["asA", "...", "asA", "asA"]),
    (Act::Attend, ["asA", "...", "asA", "asA"]),
    (Act::Work, ["asA", "...", "asA", "..."]),
    (Act::Compose, ["asA", "...", "asA", "..."]),
    (Act::TellPushes, ["asA", "asA", "...", "..."]),
    (Act::OwnAccount, ["asA", "...", "...", "..."]),
    (Act::Oversee, [".sA", "...", ".sA", ".sA"]),
    (Act::ReadSetUp, ["..A", "...", "..A", "..A"]),
    (Act::SetUp, ["..A", "...", "...", "..."]),
];

#[test]
fn who_may_what_is_what_the_table_by_hand_says() {
    let roles = [(Role::Agent, 'a'), (Role::Supervisor, 's'), (Role::Admin, 'A')];
    for (act, expected) in TABLE {
        for (voice, expected) in Voice::ALL.into_iter().zip(expected) {
            let may = |role| allow(Rights { role, voice }, act).is_ok();
            let row: String = roles
                .map(|(role, letter)| if may(role) { letter } else { '.' })
                .into_iter()
                .collect();
            assert_eq!(row, expected, "{act:?} as {voice:?}");
        }
    }
    assert_eq!(TABLE.map(|(act, _)| act), Act::ALL, "each has its row");
}

#[test]
fn a_refusal_says_whose_it_is() {
    let of = |role, voice, act| allow(Rights { role, voice }, act).unwrap_err();
    for role in [Role::Agent, Role::Admin] {
        assert_eq!(of(role, Voice::Reader, Act::Work), NotYours::OnlyReads);
        assert_eq!(of(role, Voice::Reader, Act::Compose), NotYours::OnlyReads);
        assert_eq!(of(role, Voice::Reader, Act::SetUp), NotYours::SetsUp);
        assert_eq!(of(role, Voice::Program, Act::SetUp), NotYours::SetsUp);
        assert_eq!(of(role, Voice::Program, Act::OwnAccount), NotYours::OfPeople);
        assert_eq!(of(role, Voice::Program, Act::TellPushes), NotYours::OfPeople);
        assert_eq!(of(role, Voice::Device, Act::Read), NotYours::OnlyTells);
    }
    assert_eq!(of(Role::Agent, Voice::Person, Act::Oversee), NotYours::OfSupervisors);
    assert_eq!(of(Role::Supervisor, Voice::Program, Act::ReadSetUp), NotYours::OfAdmins);
    assert_eq!(NotYours::OnlyReads.detail(), "this key only reads");
}
