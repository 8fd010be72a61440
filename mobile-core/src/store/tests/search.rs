//! What is found of what is held.

use baton_domain::see::mirror::Mirrored;
use baton_protocol::conversation::ContactCard;
use baton_protocol::{Content, Details, Timestamp};

use super::super::{Found, Hit, Hits};
use super::{Store, conversation_id, dice, store};

/// Conversation `n` of a contact, with these lines and a note; the larger n, the newer.
fn put(store: &Store, n: u32, name: &str, lines: &[&str], note: Option<&str>) {
    let mut dice = dice(n.into());
    let mut full = dice.full(conversation_id(n.into()));
    let line = |(seq, text): (u64, &&str)| {
        let mut line = dice.line(seq);
        line.content = Content { text: Some((*text).to_owned()), ..Content::default() };
        (seq, line)
    };
    full.lines = (1..).zip(lines).map(line).collect();
    full.view.contact = ContactCard {
        name: Some(name.to_owned()),
        profile_name: Some(format!("Perfil{n}")),
        phone: Some(format!("346001234{n:02}")),
        ..ContactCard::default()
    };
    full.view.conversation.head.activity_at = Timestamp::from_ms(1_790_000_000_000 + i64::from(n));
    full.notes.values_mut().for_each(|note| note.text = None);
    if let (Some(text), Some(held)) = (note, full.notes.values_mut().next()) {
        held.text = Some(text.to_owned());
    }
    store.put(&Mirrored::Full(Box::new(full)));
}

/// Looks through so many conversations at a time, and takes so many turns at most.
fn searched(store: &Store, text: &str, limit: usize, (at_once, turns): (usize, u32)) -> Hits {
    let mut search = store.reads(|read| read.begin_search(text, limit));
    for _ in 0..turns {
        if store.reads(|read| read.search(&mut search, at_once)) {
            break;
        }
    }
    search.hits()
}

fn finds(store: &Store, text: &str) -> Vec<(u32, Found)> {
    let found = searched(store, text, 100, (3, 100));
    assert!(found.is_complete);
    let place = |hit: Hit| (u32::try_from(hit.conversation.0.as_u128()).expect("few"), hit.found);
    found.hits.into_iter().map(place).collect()
}

#[test]
fn names_numbers_lines_and_notes_are_found_the_newest_first() {
    let (_directory, store) = store();
    put(&store, 1, "Lucía Fernández", &["¿Dónde está mi PAQUETE?", "gracias"], None);
    put(&store, 2, "Jörg Groß", &["Paquete uno", "nada", "el paquete dos"], None);
    store.put(&Mirrored::Head(dice(9).head(conversation_id(3))));
    use Found::{Contact, Line};
    assert_eq!(finds(&store, "paquete"), [(2, Line(3)), (1, Line(1))]);
    assert_eq!(finds(&store, "  donde   ESTA"), [(1, Line(1))]);
    assert_eq!(finds(&store, "lucia fer"), [(1, Contact)]);
    assert_eq!(finds(&store, "perfil2"), [(2, Contact)], "the name that they chose");
    assert_eq!(finds(&store, "gross"), [(2, Contact)]);
    assert_eq!(finds(&store, "+34 600-1234 02"), [(2, Contact)]);
    assert_eq!(finds(&store, "0600 123402"), [(2, Contact)]);
    assert_eq!(finds(&store, "+34 (0)600/1234-02"), [(2, Contact)]);
    assert_eq!(finds(&store, "fer lucia"), [(1, Contact)]);
    assert_eq!(finds(&store, "dos paquete"), [(2, Line(3))]);
    assert_eq!(finds(&store, "34"), []);
    assert_eq!(finds(&store, "   "), []);
    assert_eq!(finds(&store, "sticker"), []);
}

#[test]
fn what_people_type_is_found_whatever_the_script() {
    let (_directory, store) = store();
    let korean = "\u{1112}\u{1161}\u{11ab}\u{1100}\u{1173}\u{11af}";
    put(&store, 1, korean, &["ขอใบเสร็จรับเงิน", "قَالَ الأستاذ"], None);
    put(&store, 2, "ヤマダ", &["ｶｰﾄﾞ １２", "+49 (0)151 1234-5678", "👍"], None);
    use Found::{Contact, Line};
    assert_eq!(finds(&store, "한글"), [(1, Contact)]);
    assert_eq!(finds(&store, "ใบเสร็จ"), [(1, Line(1))]);
    assert_eq!(finds(&store, "الاستاذ قال"), [(1, Line(2))]);
    assert_eq!(finds(&store, "やまた\u{3099}"), [(2, Contact)]);
    assert_eq!(finds(&store, "カード 12"), [(2, Line(1))]);
    assert_eq!(finds(&store, "0151 12345678"), [(2, Line(2))]);
    assert_eq!(finds(&store, "👍"), [(2, Line(3))]);
}

#[test]
fn names_of_files_are_found() {
    let (_directory, store) = store();
    let mut full = dice(1).full(conversation_id(1));
    let mut line = dice(1).line(1);
    let file: Details =
        serde_json::from_str(r#"{"type": "file", "name": "Re\u0301sume\u0301.pdf"}"#).unwrap();
    line.content = Content { details: Some(Box::new(file)), ..Content::default() };
    full.lines = [(1, line)].into();
    store.put(&Mirrored::Full(Box::new(full)));
    assert_eq!(finds(&store, "résumé"), [(1, Found::Line(1))]);
}

#[test]
fn notes_are_found() {
    let (_directory, store) = store();
    // One of the samples that has a note.
    let with_note =
        (0..50).find(|n| !dice(u64::from(*n)).full(conversation_id(1)).notes.is_empty());
    put(&store, with_note.expect("one"), "x", &[], Some("Kunde ist verärgert"));
    let found = finds(&store, "VERARGERT");
    assert!(matches!(found.as_slice(), [(_, Found::Note(_))]), "{found:?}");
}

#[test]
fn a_search_ends_at_its_limit_and_goes_on_where_it_was() {
    let (_directory, store) = store();
    (0..20).for_each(|n| put(&store, n, "Ana", &["hola", "hola"], None));
    let search = |limit, turns| {
        let found = searched(&store, "hola", limit, turns);
        (found.hits.len(), found.is_complete)
    };
    assert_eq!(search(100, (1, 1_000)), (20, true));
    assert_eq!(search(100, (1_000, 1)), (20, true));
    assert_eq!(search(20, (7, 1_000)), (20, true));
    assert_eq!(search(19, (7, 1_000)), (19, false));
    assert_eq!(search(100, (5, 1)), (5, false));
    assert_eq!(search(100, (5, 0)), (0, false));
}

#[test]
fn what_goes_while_a_search_is_under_way_is_not_found() {
    let (_directory, store) = store();
    (0..4).for_each(|n| put(&store, n, "Ana", &["hola"], None));
    let mut search = store.reads(|read| read.begin_search("hola", 100));
    assert!(!store.reads(|read| read.search(&mut search, 1)));
    // Its place is taken by another.
    store.writes(|write| write.remove(conversation_id(0)));
    put(&store, 9, "Ben", &["hola"], None);
    assert!(store.reads(|read| read.search(&mut search, 100)));
    let found: Vec<_> = search.hits().hits.iter().map(|hit| hit.conversation).collect();
    assert_eq!(found, [3, 2, 1].map(conversation_id));
}

#[test]
fn who_shows_a_user_name_is_found_by_it() {
    let (_directory, store) = store();
    let mut full = dice(1).full(conversation_id(1));
    full.view.contact = ContactCard {
        name: Some("\u{3164}".to_owned()),
        username: Some("mila.k".to_owned()),
        ..ContactCard::default()
    };
    store.put(&Mirrored::Full(Box::new(full)));
    assert_eq!(finds(&store, "Mila.K"), [(1, Found::Contact)]);
    assert_eq!(finds(&store, "@mila"), [(1, Found::Contact)]);
}
