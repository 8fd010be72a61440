//! Customers who want no marketing.

use baton_domain::decide::delivery::SendResult;
use baton_domain::decide::marketing::told;
use baton_protocol::command::Send;
use baton_protocol::template::{Template, TemplateStatus};
use baton_protocol::{Actor, CommandBody, Details, Fact, Marketing, MessageError, Timestamp};

use crate::team::{ANA, LUCIA, Team, accepted, refused, written};

const AT: Timestamp = Timestamp::from_ms(1_700_000_000_000);

fn says(team: &mut Team, stopped: bool, since: Timestamp) {
    let draft = told(team.lucia(), Marketing { stopped, since });
    team.append(LUCIA, draft.into_iter().collect(), Actor::Customer, None);
}

fn wants_none(team: &Team) -> Option<bool> {
    team.lucia().thread.marketing.map(|told| told.stopped)
}

fn sends(team: &Team) -> CommandBody {
    let details = Details::Template {
        name: "sale".to_owned(),
        language: "en".to_owned(),
        header: Vec::new(),
        body: Vec::new(),
        buttons: Vec::new(),
    };
    CommandBody::Send(Send {
        text: None,
        details: Box::new(details),
        seen: team.seen(),
        quoted: None,
        replaces: None,
        ignore_lease: false,
        canned: None,
    })
}

fn of_category(category: &str) -> Template {
    Template {
        name: "sale".to_owned(),
        language: "en".to_owned(),
        status: TemplateStatus::Approved,
        category: category.to_owned(),
        header: None,
        body: "Everything is cheaper.".to_owned(),
        footer: None,
        buttons: Vec::new(),
        fallback: None,
    }
}

#[test]
fn a_template_of_marketing_is_refused_while_the_customer_wants_none() {
    let mut team = Team::with_a_customer();
    team.template = Some(of_category("marketing"));
    accepted(team.does(ANA, sends(&team)));
    says(&mut team, true, AT);
    refused(team.does(ANA, sends(&team)), "marketing_stopped");
    team.template = Some(of_category("utility"));
    accepted(team.does(ANA, sends(&team)));
    team.template = Some(of_category("MARKETING"));
    refused(team.does(ANA, sends(&team)), "marketing_stopped");
    says(&mut team, false, AT.plus_ms(1));
    accepted(team.does(ANA, sends(&team)));
}

#[test]
fn the_latest_wish_counts_in_any_order_of_arrival() {
    let wishes = [(2, true), (4, false), (6, true), (8, true), (8, false)];
    for first in 0..wishes.len() {
        for step in 1..wishes.len() {
            let mut team = Team::with_a_customer();
            for n in 0..wishes.len() {
                let (after, stops) = wishes[(first + n * step) % wishes.len()];
                says(&mut team, stops, AT.plus_ms(after));
            }
            assert_eq!(wants_none(&team), Some(true), "from {first} by {step}");
        }
    }
}

#[test]
fn a_wish_from_between_two_equal_ones_changes_nothing() {
    let mut team = Team::with_a_customer();
    says(&mut team, true, AT);
    says(&mut team, true, AT.plus_ms(9));
    says(&mut team, false, AT.plus_ms(5));
    assert_eq!(wants_none(&team), Some(true));
    let revision = team.lucia().head.revision;
    says(&mut team, true, AT.plus_ms(9));
    assert_eq!(team.lucia().head.revision, revision, "a repeated webhook is no news");
}

#[test]
fn whatsapps_refusal_for_that_reason_says_it_as_well() {
    for (code, expected) in [(131_050, Some(true)), (131_026, None)] {
        let mut team = Team::with_a_customer();
        team.template = Some(of_category("marketing"));
        let line = written(team.does(ANA, sends(&team)));
        team.claim(LUCIA, line.id);
        let error = MessageError { code, reason: String::new(), remedy: String::new() };
        team.ends(LUCIA, line.id, &SendResult::Refused(error));
        assert_eq!(wants_none(&team), expected, "{code}");
    }
}

#[test]
fn what_a_customer_wants_is_told_once() {
    let mut team = Team::with_a_customer();
    says(&mut team, true, AT);
    let facts = team.log.iter().filter(|logged| {
        matches!(logged.event.fact, Fact::MarketingChanged { marketing } if marketing.stopped)
    });
    assert_eq!(facts.count(), 1);
}
