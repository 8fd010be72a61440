//! Homes as addresses name them, and what is declared of kinds.

use super::*;

#[test]
fn a_home_is_read_from_its_address() {
    let id = uuid::Uuid::from_u128(7);
    let team = format!("team:{id}");
    for text in ["workspace", &team] {
        assert_eq!(text.parse::<Home>().map(|home| home.to_string()), Ok(text.to_owned()));
    }
    for odd in ["", "team", "team:", "team:x", "workspace:", "unknown", &format!("moon:{id}")] {
        assert!(odd.parse::<Home>().is_err(), "{odd}");
    }
}

#[test]
fn a_home_of_the_future_is_read_and_is_none_of_ours() {
    let home: Home = serde_json::from_str(r#"{"kind":"planet","id":4}"#).expect("a home");
    assert_eq!((home, home.kind()), (Home::Unknown, None));
}

#[test]
fn every_kind_is_declared_whole() {
    let mut paths = std::collections::BTreeSet::new();
    for kind in SettingKind::ALL {
        let spec = kind.spec();
        assert_eq!(SettingKind::from_name(kind.name()), Some(kind));
        assert!(paths.insert(spec.path), "{} is there twice", spec.path);
        assert!(!spec.about.trim().is_empty() && !spec.homes.is_empty());
        assert_eq!(spec.is_singleton, spec.most == 1, "{}", kind.name());
    }
}
