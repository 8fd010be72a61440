//! Priorities: who says so, why, for how long, and what it does to the queue.

use baton_domain::fact::outcome::Answer;
use baton_domain::hand::routing::queue_at;
use baton_protocol::command::SetPriority;
use baton_protocol::event::EventContent;
use baton_protocol::{CommandBody, Fact, Priority, Refusal, Timestamp};

use crate::team::{ANA, CLEO, LUCIA, Team, resolve};

fn sets(priority: Priority, reason: Option<&str>) -> CommandBody {
    CommandBody::SetPriority(SetPriority { priority, reason: reason.map(str::to_owned) })
}

fn invalid(answer: Answer) -> String {
    let Answer::Refused(Refusal::Invalid { field, .. }) = answer else { panic!("{answer:?}") };
    field
}

#[test]
fn urgency_is_set_with_a_reason() {
    let mut team = Team::with_a_customer();
    let long = "x".repeat(201);
    for reason in [None, Some(""), Some("  "), Some(long.as_str())] {
        assert_eq!(invalid(team.does(ANA, sets(Priority::Urgent, reason))), "reason");
    }
    let unknown = team.does(ANA, sets(Priority::Unknown, Some("No water")));
    assert_eq!(invalid(unknown), "priority");
    let strange = team.does(CLEO, sets(Priority::Urgent, Some("No water")));
    assert_eq!(strange, Answer::Refused(Refusal::NotInScope));
    assert_eq!(team.lucia().head.priority, Priority::Normal);
    let said = team.does(ANA, sets(Priority::Urgent, Some(" No water ")));
    assert!(matches!(said, Answer::Accepted(_)), "{said:?}");
    assert_eq!(team.lucia().head.priority, Priority::Urgent);
    let event = &team.log.last().expect("one").event;
    assert_eq!(event.fact, Fact::PriorityChanged { priority: Priority::Urgent });
    let text = Some("No water".to_owned());
    assert_eq!(event.content, Some(EventContent::Note { text, quoted: None }));
    let before = team.log.len();
    team.does(ANA, sets(Priority::Urgent, Some("Still none")));
    assert_eq!(team.log.len(), before, "it is so already");
    team.does(ANA, sets(Priority::Normal, None));
    assert_eq!(team.lucia().head.priority, Priority::Normal);
}

#[test]
fn a_priority_ends_with_its_episode() {
    let mut team = Team::with_a_customer();
    team.does(ANA, sets(Priority::High, Some("She called twice")));
    let seen = team.lucia().thread.last_line;
    team.does(ANA, resolve(seen));
    let late = team.does(ANA, sets(Priority::Urgent, Some("She called again")));
    assert_eq!(late, Answer::Refused(Refusal::NotAllowed), "nothing waits there");
    team.customer_writes(LUCIA);
    assert_eq!(team.lucia().head.priority, Priority::Normal);
}

#[test]
fn what_is_high_goes_half_an_hour_before_and_what_is_urgent_before_all() {
    let minutes = |n: i64| Timestamp::from_ms(1_800_000_000_000 + n * 60_000);
    let at = |n, priority| queue_at(minutes(n), priority);
    assert!(at(31, Priority::High) > at(0, Priority::Normal), "nobody waits for ever");
    assert!(at(29, Priority::High) < at(0, Priority::Normal));
    assert!(at(1_000_000, Priority::Urgent) < at(0, Priority::High));
    assert!(at(1, Priority::Urgent) > at(0, Priority::Urgent), "by their waits among themselves");
    assert_eq!(at(5, Priority::Unknown), at(5, Priority::Normal));
}
