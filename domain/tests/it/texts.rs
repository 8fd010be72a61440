//! Numbers, names and names of files: what is read, what is refused, what is shown. The console has
//! its own copy of these rules and reads the same tables.

use baton_domain::text::number::{NumberFault, is_same, number, written_otherwise};
use baton_domain::text::shown::{file_name, one_line, shortened, shown, shows, title};
use baton_protocol::conversation::ContactCard;
use proptest::prelude::*;
use serde::de::DeserializeOwned;
use serde_json::Value;

fn table<T: DeserializeOwned>(text: &str) -> Vec<T> {
    serde_json::from_str(text).expect("a table")
}

fn word<'a>(row: &'a Value, name: &str) -> Option<&'a str> {
    row.get(name).and_then(Value::as_str)
}

#[test]
fn numbers_are_read_however_people_write_them_and_what_is_unclear_is_told() {
    for row in table::<Value>(include_str!("../../../protocol/fixtures/text.numbers.json")) {
        let typed = word(&row, "typed").expect("a text");
        let read = number(typed).map_err(NumberFault::name);
        let wanted = match (word(&row, "number"), word(&row, "fault")) {
            (Some(number), None) => Ok(number.to_owned()),
            (None, fault) => Err(fault.expect("a fault")),
            (Some(_), Some(_)) => panic!("{row}"),
        };
        assert_eq!(read, wanted, "{typed:?}");
    }
}

#[test]
fn digits_without_a_mark_of_the_code_are_a_number_only_where_they_can_be_one() {
    assert_eq!(number("34600123456").as_deref(), Ok("34600123456"));
    assert_eq!(number("393471234567").as_deref(), Ok("393471234567"));
    // A Spanish number without its code would be one of Malaysia with a zero, a British one too.
    for (typed, fault) in [
        ("600 123 456", NumberFault::Zero),
        ("4407700900123", NumberFault::Zero),
        ("07700 900123", NumberFault::Code),
        ("1234567", NumberFault::Length),
    ] {
        assert_eq!(number(typed), Err(fault), "{typed}");
    }
}

#[test]
fn every_fault_says_what_the_number_must_be() {
    let faults = [
        NumberFault::Empty,
        NumberFault::Letters,
        NumberFault::Code,
        NumberFault::Zero,
        NumberFault::Length,
    ];
    for fault in faults {
        assert!(fault.why().starts_with("must "), "{fault:?}");
    }
}

#[test]
fn a_number_is_one_with_another_only_where_they_are_the_same_subscribers() {
    for (one, other, same) in [
        // Brazil: mobiles had eight digits once, landlines have eight for good.
        ("551187654321", "5511987654321", true),
        ("551161234567", "5511961234567", true),
        ("551134567890", "5511934567890", false),
        ("551123456789", "5511923456789", false),
        ("551145678901", "5511945678901", false),
        ("555155556666", "5551955556666", false),
        ("551187654321", "5521987654321", false),
        ("55118765432", "551198765432", false),
        ("5511087654321", "551187654321", false),
        // Mexico: the same ten digits, with a 1 before mobiles until 2019.
        ("525512345678", "5215512345678", true),
        ("52551234567", "521551234567", false),
        ("521234567890", "52234567890", false),
        // Argentina: the 9 is for those who call a mobile from abroad.
        ("5491112345678", "541112345678", true),
        ("549111234567", "54111234567", false),
        ("5491112345678", "541187654321", false),
        // Nobody else writes a number in two ways.
        ("34600000010", "349600000010", false),
        ("5611987654321", "561187654321", false),
        ("491712345678", "4901712345678", false),
    ] {
        assert_eq!(is_same(one, other), same, "{one} and {other}");
        assert_eq!(is_same(other, one), same, "{other} and {one}");
        let others: Vec<_> = written_otherwise(one).collect();
        assert_eq!(others.contains(&other.to_owned()), same, "{one} elsewhere: {others:?}");
    }
}

#[test]
fn a_name_is_shown_only_where_it_shows_something() {
    for row in table::<Value>(include_str!("../../../protocol/fixtures/text.names.json")) {
        let name = word(&row, "name").expect("a name");
        let wanted = row["shows"].as_bool().expect("yes or no");
        assert_eq!(shows(name), wanted, "{name:?}");
        assert_eq!(shown(Some(name)).is_some(), wanted, "{name:?}");
    }
}

#[test]
fn in_the_place_of_a_name_stands_the_number_and_then_the_user_name() {
    let card = |name: &str, phone: Option<&str>, username: Option<&str>| ContactCard {
        name: Some(name.to_owned()),
        phone: phone.map(str::to_owned),
        username: username.map(str::to_owned),
        ..ContactCard::default()
    };
    let (number, username) = (Some("34600123456"), Some("mila.k"));
    for (card, shown) in [
        (card("Mila", number, username), Some("Mila")),
        (card("\u{3164}", number, username), Some("+34600123456")),
        (card("\u{200b} ", None, username), Some("@mila.k")),
        (card("", None, None), None),
        (ContactCard { phone: Some("1".to_owned()), ..ContactCard::default() }, Some("+1")),
    ] {
        assert_eq!(title(&card).as_deref(), shown, "{card:?}");
    }
}

#[test]
fn the_name_of_a_file_says_what_it_is() {
    for row in table::<Value>(include_str!("../../../protocol/fixtures/text.file_names.json")) {
        let given = word(&row, "given").expect("a name");
        assert_eq!(file_name(given).as_deref(), word(&row, "name"), "{given:?}");
    }
    let long = format!("{}.pdf", "x".repeat(300));
    assert_eq!(file_name(&long).map(|name| name.chars().count()), Some(240));
    assert!(file_name(&long).is_some_and(|name| name.ends_with("x.pdf")), "its ending stays");
    assert_eq!(shortened("abcdef", 3), "abc");
}

proptest! {
    #[test]
    fn a_cleaned_name_is_one_line_and_cleaning_it_again_changes_nothing(given in "\\PC{0,40}") {
        let line = one_line(&given);
        prop_assert_eq!(&one_line(&line), &line);
        if let Some(name) = file_name(&given) {
            prop_assert!(shows(&name) && !name.contains(['/', '\\']));
            prop_assert_eq!(file_name(&name), Some(name));
        }
    }

    #[test]
    fn a_number_that_was_read_is_read_again_as_itself(typed in "\\+?[0-9 ()\\-]{6,24}") {
        if let Ok(read) = number(&typed) {
            prop_assert_eq!(number(&format!("+{read}")), Ok(read));
        }
    }
}
