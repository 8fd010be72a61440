//! Settings: the newest version counts, in whatever order versions, ends and pages come.

use std::collections::BTreeMap;

use baton_domain::see::mirror::ToldSettings;
use baton_protocol::setting::{Setting, SettingsPage};
use baton_protocol::{Home, SettingId, SettingKind};
use serde_json::json;

use super::{Store, account_of, bytes_of, holds, open, store, uuid};

const KIND: SettingKind = SettingKind::CannedReply;

fn reply(number: u128, version: u32) -> Setting {
    Setting {
        kind: KIND.name().to_owned(),
        id: SettingId(uuid(number)),
        version,
        home: Home::Workspace,
        rank: u32::try_from(100 - number).expect("few"),
        body: Some(json!({ "shortcut": "hi", "title": "Hi", "text": format!("text {version}") })),
        changed_at: None,
        changed_by: None,
        ended: false,
        broken: Vec::new(),
        not_kept: Vec::new(),
    }
}

fn page(position: u64, changed: Vec<Setting>, ids: Option<&[u128]>) -> SettingsPage {
    let ids = ids.map(|ids| {
        let ids = ids.iter().map(|id| SettingId(uuid(*id))).collect();
        BTreeMap::from([(KIND.name().to_owned(), ids)])
    });
    SettingsPage { position, changed, next: None, ids }
}

fn ended(number: u128, version: u32, position: u64, is_due: bool) -> ToldSettings<'static> {
    ToldSettings::Ended { kind: KIND, id: SettingId(uuid(number)), version, position, is_due }
}

impl Store {
    fn is_told(&self, told: ToldSettings<'_>) -> (bool, bool) {
        self.writes(|write| {
            let has_all = write.take_settings(told)?;
            Ok((has_all, write.changes()?.has_settings))
        })
    }

    fn versions(&self) -> Vec<(u128, u32)> {
        let held = self.reads(|read| read.settings_of(KIND));
        held.iter().map(|of| (of.id.0.as_u128(), of.version)).collect()
    }
}

#[test]
fn settings_are_read_by_rank_as_they_were_told_after_the_store_was_opened_again() {
    let (directory, store) = store();
    for told in [reply(1, 1), reply(2, 4)] {
        assert_eq!(store.is_told(ToldSettings::Set(told, 10)), (true, true));
    }
    drop(store);
    let (store, _) = open(directory.path());
    let held = store.reads(|read| read.settings_of(KIND));
    assert_eq!(held, [reply(2, 4), reply(1, 1)]);
    let of_another = store.read(&account_of(2), |read| read.settings_of(KIND)).expect("is read");
    assert_eq!(of_another, []);
    assert!(!holds(&bytes_of(directory.path()), "text 4"), "what a setting says is not sealed");
}

#[test]
fn an_older_version_changes_nothing_and_nobody_is_told_of_it() {
    let (_directory, store) = store();
    store.is_told(ToldSettings::Set(reply(1, 3), 30));
    let told = page(20, vec![reply(1, 2)], Some(&[1]));
    assert_eq!(store.is_told(ToldSettings::Page(&told)), (true, false));
    assert_eq!(store.versions(), [(1, 3)]);
}

#[test]
fn what_ended_does_not_come_back_with_a_page_that_was_read_before() {
    let (_directory, store) = store();
    store.is_told(ToldSettings::Set(reply(1, 1), 10));
    assert_eq!(store.is_told(ended(1, 2, 25, true)), (true, true));
    let told = page(20, vec![reply(1, 1)], Some(&[1]));
    assert_eq!(store.is_told(ToldSettings::Page(&told)), (true, false));
    assert_eq!(store.versions(), []);
    // The page after it knows, and nothing has to be remembered any more.
    let told = page(30, Vec::new(), Some(&[]));
    assert_eq!(store.is_told(ToldSettings::Page(&told)), (true, false));
    assert_eq!(store.is_told(ToldSettings::Set(reply(1, 1), 31)), (true, true));
}

#[test]
fn a_last_page_drops_what_it_does_not_name_but_not_what_was_told_after_it() {
    let (_directory, store) = store();
    for (number, position) in [(1, 10), (2, 10), (3, 25)] {
        store.is_told(ToldSettings::Set(reply(number, 1), position));
    }
    let told = page(20, Vec::new(), None);
    assert_eq!(store.is_told(ToldSettings::Page(&told)), (true, false), "it was not the last");
    let told = page(20, Vec::new(), Some(&[1]));
    assert_eq!(store.is_told(ToldSettings::Page(&told)), (true, true));
    assert_eq!(store.versions(), [(3, 1), (1, 1)]);
}

#[test]
fn a_page_that_names_what_is_not_here_says_so() {
    let (_directory, store) = store();
    let told = page(20, vec![reply(1, 1)], Some(&[1, 2]));
    assert_eq!(store.is_told(ToldSettings::Page(&told)), (false, true));
}

#[test]
fn kinds_that_are_not_known_and_those_that_no_phone_keeps_are_passed_over() {
    let (_directory, store) = store();
    let told = Setting { kind: "of_tomorrow".to_owned(), ..reply(1, 1) };
    let mut told = page(20, vec![told], Some(&[]));
    told.ids.as_mut().expect("ids").insert("of_tomorrow".to_owned(), vec![SettingId(uuid(1))]);
    assert_eq!(store.is_told(ToldSettings::Page(&told)), (true, false));
}

#[test]
fn another_life_of_the_log_leaves_no_setting() {
    let (_directory, store) = store();
    store.is_told(ToldSettings::Set(reply(1, 1), 10));
    store.writes(|write| write.clear());
    assert_eq!(store.versions(), []);
}
