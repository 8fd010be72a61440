//! The language that a customer writes: heard in texts, or set by hand.

use baton_domain::fact::language::{Heard, heard};
use baton_domain::fact::outcome::Answer;
use baton_protocol::command::SetLanguage;
use baton_protocol::{CommandBody, Fact, Refusal, Spoken};

use crate::team::{ANA, CLEO, Team};

fn told(team: &Team, language: &'static str, is_sure: bool) -> Option<String> {
    let draft = heard(team.lucia(), Some(Heard { language, is_sure }))?;
    let Fact::LanguageChanged { language: Some(Spoken { language, by_hand }) } = draft.fact else {
        panic!("{draft:?}");
    };
    assert!(!by_hand);
    Some(language)
}

fn set(team: &mut Team, language: Option<&str>) -> Answer {
    let language = language.map(str::to_owned);
    team.does(ANA, CommandBody::SetLanguage(SetLanguage { language }))
}

#[test]
fn a_short_text_says_it_where_nothing_is_known_and_a_long_one_changes_it() {
    let mut team = Team::with_a_customer();
    assert_eq!(told(&team, "pt", false).as_deref(), Some("pt"));
    let known = |team: &mut Team, language: &str| {
        let spoken = Spoken { language: language.to_owned(), by_hand: false };
        team.conversations.get_mut(&crate::team::LUCIA).expect("one").thread.language =
            Some(spoken);
    };
    known(&mut team, "pt");
    assert_eq!(told(&team, "en", false), None, "ok, thanks");
    assert_eq!(told(&team, "pt", true), None);
    assert_eq!(told(&team, "en", true).as_deref(), Some("en"));
    assert_eq!(heard(team.lucia(), None), None);
}

#[test]
fn a_language_set_by_hand_stands_until_it_is_taken_back() {
    let mut team = Team::with_a_customer();
    assert!(matches!(set(&mut team, Some("pt-BR")), Answer::Accepted(_)));
    let spoken = Spoken { language: "pt-BR".to_owned(), by_hand: true };
    assert_eq!(team.lucia().thread.language, Some(spoken));
    assert_eq!(told(&team, "en", true), None);
    let before = team.log.len();
    set(&mut team, Some("pt-BR"));
    assert_eq!(team.log.len(), before, "it is so already");
    set(&mut team, None);
    assert_eq!(team.lucia().thread.language, None);
    assert_eq!(told(&team, "en", true).as_deref(), Some("en"));
}

#[test]
fn what_is_no_tag_of_a_language_is_refused_and_so_is_a_stranger() {
    let mut team = Team::with_a_customer();
    for odd in ["", "pt_BR", "a language of thirty-six characters!", "1"] {
        let answer = set(&mut team, Some(odd));
        let Answer::Refused(Refusal::Invalid { field, .. }) = answer else { panic!("{odd}") };
        assert_eq!(field, "language");
    }
    let language = Some("pt".to_owned());
    let by_cleo = team.does(CLEO, CommandBody::SetLanguage(SetLanguage { language }));
    assert_eq!(by_cleo, Answer::Refused(Refusal::NotInScope));
}
