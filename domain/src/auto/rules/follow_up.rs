//! A team's own follow-ups, as rules that nobody wrote. An idle conversation is brought back to its
//! owner, and later to the team's supervisors.

use baton_protocol::setting::{FollowUp, Holds, Notified, Once, Rule, RuleAction, Test, Trigger};
use baton_protocol::{SettingId, TeamId};
use uuid::Uuid;

/// The two steps of a follow-up, by which their ids differ.
const OWNER: u128 = 1;
const LEAD: u128 = 2;

/// The rules of a team's follow-ups. They have no name: each program says it in its language.
pub(super) fn rules(team: TeamId, of: FollowUp) -> impl Iterator<Item = (SettingId, Rule)> {
    let rule = move |step: u128, hours: u32, whom| {
        let rule = Rule {
            name: String::new(),
            enabled: true,
            when: Trigger::Idle,
            after_min: Some(hours.saturating_mul(60)),
            hours: of.hours,
            holds: Holds::All,
            tests: vec![Test::Team { any_of: vec![team], not: false }],
            then: vec![RuleAction::Notify { whom }],
            // The clock rings once for each time at which it began.
            once: Once::Always,
            stop: false,
            until: None,
        };
        (id(team, step), rule)
    };
    let lead = of.then_lead_after_open_h.map(|more| of.after_open_h.saturating_add(more));
    let lead = lead.map(|hours| rule(LEAD, hours, Notified::Supervisors));
    std::iter::once(rule(OWNER, of.after_open_h, Notified::Owner)).chain(lead)
}

/// The id of such a rule. The log has it, so it stays the same.
fn id(team: TeamId, step: u128) -> SettingId {
    SettingId(Uuid::from_u128(team.0.as_u128() ^ step))
}
