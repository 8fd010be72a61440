//! What bodies of settings may say.

use baton_protocol::{AgentId, MembershipKind, Role, TeamId};
use serde_json::json;

use super::*;
use crate::fact::scope::Viewer;

const ID: SettingId = SettingId(Uuid::from_u128(7));

fn around(kind: SettingKind, body: &Value) -> Result<SettingBody, Wrong> {
    let around = Around { id: ID, before: None, body_of: &|_, _| None };
    checked(kind, body, &around)
}

#[track_caller]
fn wrong(kind: SettingKind, body: &Value) -> String {
    around(kind, body).expect_err("wrong").field
}

#[test]
fn what_is_wrong_is_named_by_its_field() {
    use SettingKind::{
        AgentSkills, Attribute, CannedReply, Outcomes, Routing, Schedule, TeamPolicy,
        WorkspacePolicy,
    };
    let reply = |shortcut: &str| json!({"shortcut": shortcut, "title": "T", "text": "x"});
    assert_eq!(wrong(CannedReply, &reply("Two words")), "shortcut");
    assert_eq!(wrong(CannedReply, &json!({"shortcut": "a", "title": "T", "text": " "})), "text");
    let with = |more: Value| {
        let mut body = json!({"shortcut": "a", "title": "T", "text": "x"});
        body.as_object_mut().expect("fields").extend(more.as_object().expect("fields").clone());
        around(CannedReply, &body).map(drop).map_err(|wrong| wrong.field)
    };
    let file = json!({"link": "https://shop.example/prices.pdf", "kind": "document"});
    assert_eq!(with(json!({"buttons": ["Yes", "No"]})), Ok(()));
    assert_eq!(with(json!({ "file": file })), Ok(()));
    for buttons in [json!(["Yes", "Yes "]), json!(["1", "2", "3", "4"]), json!(["x".repeat(21)])] {
        assert_eq!(with(json!({ "buttons": buttons })), Err("buttons".into()), "{buttons}");
    }
    assert_eq!(with(json!({"buttons": ["Yes"], "file": file})), Err("file".into()));
    let odd = json!({"file": {"link": "http://10.0.0.1/a.pdf", "kind": "document"}});
    assert_eq!(with(odd), Err("file".into()));
    let named = json!({"file": {"link": file["link"], "kind": "image", "name": "a.jpg"}});
    assert_eq!(with(named), Err("file".into()), "only documents have a name");
    assert_eq!(with(json!({"buttons": ["Yes"], "text": "x".repeat(1025)})), Err("text".into()));
    let week = |days: Value| json!({"name": "A", "zone": "UTC", "week": days});
    assert_eq!(wrong(Schedule, &week(json!([[], [], [], [], [], [], []]))), "week");
    assert_eq!(wrong(Schedule, &week(json!([[[9, 8]], [], [], [], [], [], []]))), "week");
    assert_eq!(wrong(Schedule, &week(json!([[[0, 1441]], [], [], [], [], [], []]))), "week");
    let overlap = json!([[[0, 60], [30, 90]], [], [], [], [], [], []]);
    assert_eq!(wrong(Schedule, &week(overlap)), "week");
    let days = json!([[[0, 1]], [], [], [], [], [], []]);
    assert_eq!(wrong(Schedule, &json!({"name": "A", "zone": "Moon", "week": days})), "zone");
    assert_eq!(wrong(TeamPolicy, &json!({"undo_s": 11})), "undo_s");
    assert_eq!(wrong(TeamPolicy, &json!({"absent_min": 121})), "absent_min");
    let skills = |skills: Value| json!({"skills": skills});
    let twice = json!([{"name": "Año"}, {"name": "ANO", "level": 2}]);
    assert_eq!(wrong(AgentSkills, &skills(twice.clone())), "skills");
    assert_eq!(wrong(AgentSkills, &skills(json!([{"name": "a", "level": 4}]))), "skills");
    assert_eq!(wrong(AgentSkills, &json!({"languages": ["español"]})), "languages");
    assert_eq!(wrong(Routing, &json!({"steps": [skills(twice)]})), "steps");
    assert_eq!(wrong(Routing, &json!({"steps": [{"after_s": 86_401}]})), "steps");
    assert_eq!(wrong(Routing, &json!({"steps": vec![json!({}); 9]})), "steps");
    for window_s in [0, 14, 301, 600] {
        assert_eq!(wrong(Routing, &json!({ "window_s": window_s })), "window_s");
    }
    assert_eq!(wrong(Routing, &json!({"at_once": 0})), "at_once");
    assert_eq!(wrong(Routing, &json!({"choose": "priority"})), "first", "nobody is named");
    let step = |step: Value| json!({"steps": [step]});
    assert_eq!(wrong(Routing, &step(json!({"who": "named"}))), "steps", "nobody is named");
    assert_eq!(wrong(Routing, &step(json!({"who": "on_call"}))), "steps");
    assert_eq!(wrong(Routing, &step(json!({"who": "move"}))), "steps", "to no team");
    assert_eq!(wrong(Routing, &step(json!({"who": "move", "to_team": ID}))), "steps", "its own");
    assert_eq!(wrong(WorkspacePolicy, &json!({"time_zone": "Moon"})), "time_zone");
    assert_eq!(wrong(WorkspacePolicy, &json!({"languages": ["español"]})), "languages");
    assert_eq!(wrong(Outcomes, &json!({"ask": "required", "list": []})), "list");
    let attribute =
        |options: Value| json!({"key": "k", "name": "K", "type": "one_of", "options": options});
    assert_eq!(wrong(Attribute, &attribute(json!([]))), "options");
    assert_eq!(wrong(Attribute, &attribute(json!(["Año", "AÑO"]))), "options");
}

/// What is wrong with a rule of these steps, beside a webhook that lists these events.
fn of_steps(then: &Value, events: &Value) -> Option<String> {
    let webhook = json!({"name": "W", "url": "https://hooks.example.org", "events": events});
    let body_of = |kind, _| SettingBody::read(kind, &webhook).ok();
    let around = Around { id: ID, before: None, body_of: &body_of };
    let body = json!({"name": "R", "when": "message", "then": then});
    checked(SettingKind::Rule, &body, &around).err().map(|wrong| {
        assert_eq!(wrong.field, "then");
        wrong.problem
    })
}

#[test]
fn what_no_rule_may_say_is_named_by_its_field() {
    let tag = Uuid::from_u128(3);
    let body = |more: Value| {
        let note = json!([{"do": "note", "text": "x"}]);
        let mut body = json!({"name": "R", "when": "message", "then": note});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let is_wrong = |more: Value, field: &str| {
        let told = wrong(SettingKind::Rule, &body(more.clone()));
        assert_eq!(told, field, "{more}");
    };
    let owner = |is: &str| json!({"test": "owner", "is": is});
    is_wrong(json!({"if": [owner("queue"), owner("person")]}), "if");
    let on = |not: bool| json!({"test": "tag", "any_of": [tag], "not": not});
    is_wrong(json!({"if": [on(false), on(true)]}), "if");
    let words = |all: Value| json!({"if": [{"test": "text", "any_of": all}]});
    is_wrong(words(json!([])), "if");
    is_wrong(words(json!([" "])), "if");
    is_wrong(words(json!(["x".repeat(201)])), "if");
    is_wrong(words(json!(vec!["x"; 101])), "if");
    is_wrong(json!({"if": vec![owner("queue"); 31]}), "if");
    is_wrong(json!({"when": "tagged", "if": [{"test": "text", "any_of": ["x"]}]}), "if");
    is_wrong(json!({"then": []}), "then");
    is_wrong(json!({"then": vec![json!({"do": "note", "text": "x"}); 11]}), "then");
    for text in ["".to_owned(), "x".repeat(4_097)] {
        is_wrong(json!({"then": [{"do": "reply", "text": text}]}), "then");
    }
    is_wrong(json!({"then": [{"do": "snooze", "minutes": 0}]}), "then");
    is_wrong(json!({"then": [{"do": "resolve"}]}), "then");
    is_wrong(json!({"when": "unanswered"}), "after_min");
    for after in [0, 525_601] {
        is_wrong(json!({"when": "idle", "after_min": after}), "after_min");
    }
    is_wrong(json!({"when": "window_left", "after_min": 1_440}), "after_min");
    is_wrong(json!({"after_min": 5}), "after_min");
    is_wrong(json!({"hours": tag}), "hours");
    is_wrong(json!({"until": "2027-02-30"}), "until");
    is_wrong(json!({"name": " "}), "name");
}

/// Whether a rule of these steps is taken, beside a source with these labels.
fn asks_source(when: &str, then: &Value, labels: &Value) -> bool {
    let source = json!({"name": "S", "url": "https://model.example.org", "suggests": true,
        "labels": labels});
    let body_of = |kind, _| SettingBody::read(kind, &source).ok();
    let around = Around { id: ID, before: None, body_of: &body_of };
    let body = json!({"name": "R", "when": when, "then": then});
    checked(SettingKind::Rule, &body, &around).is_ok()
}

#[test]
fn a_rule_asks_a_source_that_has_labels_and_only_when_something_was_said() {
    let labels = json!([{"label": "billing", "tag": Uuid::from_u128(3)}]);
    let asks = |of: u128| json!({"do": "classify", "source": Uuid::from_u128(of)});
    let (one, twice) = (json!([asks(1)]), json!([asks(1), asks(1)]));
    for when in ["message", "first_message", "episode_opened"] {
        assert!(asks_source(when, &one, &labels), "{when}");
    }
    for when in ["tagged", "resolved", "owner_changed", "status_changed", "limited"] {
        assert!(!asks_source(when, &one, &labels), "{when}: it might never end");
    }
    assert!(!asks_source("message", &one, &json!([])), "it has no labels");
    assert!(!asks_source("message", &twice, &labels));
    assert!(asks_source("message", &json!([asks(1), asks(2)]), &labels), "two sources");
}

#[test]
fn labels_of_a_source_are_named_once_and_only_where_it_is_told_what_was_said() {
    let tag = Uuid::from_u128(3);
    let body = |more: Value| {
        let mut body = json!({"name": "S", "url": "https://model.example.org"});
        body.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        body
    };
    let label = |name: &str| json!({"label": name, "tag": tag});
    let one = json!([label("billing")]);
    let is_fit = |more: Value| around(SettingKind::ContextSource, &body(more)).is_ok();
    assert!(is_fit(json!({"suggests": true, "labels": one, "otherwise": tag})));
    assert!(!is_fit(json!({"labels": one})), "nobody told it what was said");
    assert!(!is_fit(json!({"suggests": true, "otherwise": tag})), "it has no labels");
    let twice = json!([label("Facturación"), label("FACTURACIÓN")]);
    assert!(!is_fit(json!({"suggests": true, "labels": twice})));
    for odd in ["", " ", &"x".repeat(61)] {
        assert!(!is_fit(json!({"suggests": true, "labels": [label(odd)]})), "{odd:?}");
    }
    assert!(!is_fit(json!({"suggests": true, "labels": vec![label("a"); 21]})));
    assert!(is_fit(json!({"per_day": 1})) && is_fit(json!({"per_day": 1_000_000})));
    assert!(!is_fit(json!({"per_day": 0})) && !is_fit(json!({"per_day": 1_000_001})));
}

#[test]
fn steps_of_a_rule_that_never_go_together_are_refused() {
    let (team, agent, other) = (Uuid::from_u128(1), Uuid::from_u128(2), Uuid::from_u128(3));
    let remind = json!({"do": "remind", "minutes": 5});
    let follow_up = json!({"do": "remind", "minutes": 5, "follow_up": true});
    let assign = json!({"do": "assign", "by": "least_loaded"});
    let calls = json!({"do": "webhook", "webhook": agent});
    let (route, takes) = (
        json!({"do": "route", "team": team}),
        json!({"do": "route", "team": team, "even_if_owned": true}),
    );
    let on_call = |all: Value| json!({"do": "assign", "by": "on_call", "on_call": all});
    let (wait, aside) = (json!({"do": "mark_waiting"}), json!({"do": "resolve"}));
    let called = json!(["rule.called"]);
    let good = [
        json!([route, remind, assign, calls]),
        json!([remind, takes]),
        json!([on_call(
            json!([{"agent": agent, "hours": team}, {"agent": agent, "hours": other}])
        )]),
    ];
    for then in good {
        assert_eq!(of_steps(&then, &called), None, "{then}");
    }
    let bad = [
        json!([remind, follow_up]),
        json!([takes, remind]),
        json!([assign, assign]),
        json!([assign, route]),
        json!([assign, wait]),
        json!([wait, assign]),
        json!([calls, remind, calls]),
        json!([{"do": "remind", "minutes": 0}]),
        json!([{"do": "remind", "minutes": 5, "text": " "}]),
        json!([{"do": "remind", "minutes": 5, "text": "x".repeat(501)}]),
        json!([{"do": "remind", "minutes": 525_601}]),
        json!([on_call(json!([]))]),
        json!([{"do": "assign", "by": "round_robin", "on_call": [{"agent": agent}]}]),
        json!([on_call(json!([{"agent": agent}, {"agent": agent}]))]),
        json!([on_call(json!(vec![json!({"agent": agent}); 21]))]),
    ];
    for then in bad {
        assert!(of_steps(&then, &called).is_some(), "{then}");
    }
    let at_end = |then: Value| {
        let body = json!({"name": "R", "when": "resolved", "then": then});
        around(SettingKind::Rule, &body).is_err()
    };
    assert!(at_end(json!([follow_up, aside])) && at_end(json!([aside, remind])));
    assert!(!at_end(json!([remind, aside])), "a plain reminder outlives the end");
    assert!(of_steps(&json!([calls]), &json!(["note.added"])).is_some(), "it is told nothing");
}

#[test]
fn names_are_kept_trimmed_and_compared_folded() {
    let tag = around(SettingKind::Tag, &json!({"name": "  Niño "})).expect("a tag");
    assert_eq!(tag.to_json()["name"], "Niño");
    assert_eq!(key(&tag), Some(("name", "nino".to_owned())));
}

#[test]
fn two_accents_are_two_names_and_two_forms_are_one() {
    let tag = |name: &str| around(SettingKind::Tag, &json!({"name": name})).expect("a tag");
    for (one, other) in
        [("Mã", "Ma"), ("papá", "papa"), ("Año", "Ano"), ("かみ", "カミ"), ("は", "ば")]
    {
        assert!(!is_same_name(&tag(one), &tag(other)), "{one} {other}");
    }
    for (one, other) in
        [("Café", "Cafe\u{301}"), ("VIP", "vip"), ("VIP  A", "vip a"), ("ﬁn", "FIN")]
    {
        assert!(is_same_name(&tag(one), &tag(other)), "{one} {other}");
        assert_eq!(key(&tag(one)), key(&tag(other)), "it is found by its key");
    }
    // Lists within a body compare alike.
    let outcomes = |names: [&str; 2]| {
        let [one, other] = [1, 2].map(Uuid::from_u128);
        let list = json!([{"id": one, "name": names[0]}, {"id": other, "name": names[1]}]);
        around(SettingKind::Outcomes, &json!({"list": list})).is_ok()
    };
    assert!(outcomes(["papá", "papa"]) && !outcomes(["papá", "PAPA\u{301}"]));
}

#[test]
fn a_tag_never_becomes_itself_over_others() {
    let of = |into: u128| json!({"name": "A", "merged_into": Uuid::from_u128(into)});
    let chain = |_: SettingKind, id: SettingId| {
        let into = id.0.as_u128() + 1;
        let body = json!({"name": "B", "merged_into": Uuid::from_u128(into)});
        SettingBody::read(SettingKind::Tag, &body).ok()
    };
    let check = |id: u128, into: u128| {
        let around = Around { id: SettingId(Uuid::from_u128(id)), before: None, body_of: &chain };
        checked(SettingKind::Tag, &of(into), &around).map_err(|wrong| wrong.field)
    };
    assert_eq!(check(3, 3), Err("merged_into".to_owned()), "itself");
    assert_eq!(check(3, 1), Err("merged_into".to_owned()), "over two others");
    assert_eq!(check(90, 1), Err("merged_into".to_owned()), "over more than are followed");
}

#[test]
fn what_is_set_once_stays() {
    let of = |key: &str, holds: &str| json!({"key": key, "name": "K", "type": holds});
    let before = SettingBody::read(SettingKind::Attribute, &of("k", "text")).expect("one");
    let around = Around { id: ID, before: Some(&before), body_of: &|_, _| None };
    let check = |body: &Value| {
        checked(SettingKind::Attribute, body, &around).map(drop).map_err(|wrong| wrong.field)
    };
    assert_eq!(check(&of("k", "text")), Ok(()));
    assert_eq!(check(&of("l", "text")), Err("key".to_owned()));
    assert_eq!(check(&of("k", "date")), Err("type".to_owned()));
}

#[test]
fn singletons_have_a_default_and_others_have_none() {
    for kind in SettingKind::ALL {
        let spec = kind.spec();
        for home in baton_protocol::setting::HomeKind::ALL {
            let default = default_for(kind, Home::of(home, ID.0));
            let is_there = spec.is_singleton && spec.homes.contains(&home);
            assert_eq!(default.is_some(), is_there, "{} of {}", kind.name(), home.name());
            if let Some(default) = default {
                assert!(around(kind, &default.to_json()).is_ok(), "{}", kind.name());
            }
        }
    }
}

#[test]
fn clients_that_go_by_what_a_kind_says_offer_what_the_server_takes() {
    let (me, team) = (AgentId(Uuid::from_u128(1)), TeamId(Uuid::from_u128(2)));
    let places = [None, Some(MembershipKind::Member), Some(MembershipKind::Supervisor)];
    let own = Home::Agent { id: me };
    let others = Home::Agent { id: AgentId(Uuid::from_u128(3)) };
    for spec in SettingKind::ALL.map(SettingKind::spec) {
        let (told, readers) = (setters(spec), readers(spec));
        for (role, place) in Role::ALL.into_iter().flat_map(|role| places.map(|of| (role, of))) {
            let teams = place.map(|place| (team, place)).into_iter().collect();
            let viewer = Viewer { agent: me, role, teams };
            for home in [Home::Workspace, Home::Team { id: team }, own, others] {
                let is_agents = matches!(home, Home::Agent { .. });
                let is_offered = if told.own && is_agents {
                    home == own
                } else {
                    (told.supervisors && home == Home::Team { id: team } && viewer.supervises(team))
                        || told.roles.contains(&role)
                };
                let is_seen = reads(&viewer, spec, home);
                let said = (spec.kind, role, place, home);
                assert_eq!(may_set(&viewer, spec, home), is_offered && is_seen, "{said:?}");
                assert!(!is_seen || readers.contains(&role), "{said:?}");
            }
        }
    }
}

#[test]
fn what_nothing_keeps_is_refused_anew_and_may_stay_or_go() {
    let kind = SettingKind::TeamPolicy;
    let read = |body: Value| SettingBody::read(kind, &body).unwrap();
    let usual = read(json!({"undo_s": 3}));
    let guests = read(json!({"undo_s": 3, "guests": "anyone"}));
    assert_eq!(not_kept(kind, &usual.to_json()), Vec::<&str>::new());
    assert_eq!(not_kept(kind, &guests.to_json()), ["guests"]);
    let check = |body: &SettingBody, before: Option<&SettingBody>| {
        let before = before.map(SettingBody::to_json);
        check_kept(body, before.as_ref()).map_err(|wrong| wrong.field)
    };
    let refused = Err("guests".to_owned());
    assert_eq!(check(&guests, None), refused);
    assert_eq!(check(&guests, Some(&usual)), refused);
    assert_eq!(check(&guests, Some(&guests)), Ok(()), "an old console writes it back");
    assert_eq!(check(&usual, Some(&guests)), Ok(()), "it is taken away");
    assert_eq!(check(&read(json!({"guests": "nobody"})), Some(&guests)), refused);
}

#[test]
fn a_body_of_before_that_says_only_defaults_says_nothing_that_is_not_kept() {
    // Earlier versions wrote each of these into every body.
    let before = json!({"undo_s": 3, "guests": "owner_and_supervisors", "from_queue": "any",
        "handover_note": "optional"});
    assert_eq!(not_kept(SettingKind::TeamPolicy, &before), Vec::<&str>::new());
}

#[test]
fn no_default_says_what_nothing_keeps() {
    for kind in SettingKind::ALL {
        for home in kind.spec().homes {
            let usual = default_for(kind, Home::of(*home, Uuid::from_u128(1)));
            let said = usual.map_or_else(Vec::new, |body| said_in_vain(&body));
            assert_eq!(said, Vec::<&str>::new(), "{kind:?}");
        }
    }
}

#[test]
fn an_admin_is_told_what_would_be_refused_today() {
    let id = SettingId(Uuid::from_u128(2));
    let odd = (SettingKind::WorkspacePolicy, id);
    let settings = Bodies::from([
        ((SettingKind::Tag, id), json!({"name": "VIP"})),
        (odd, json!({"time_zone": "Moon", "languages": ["pt"]})),
    ]);
    let told = unsound(&settings);
    let [one] = &told[..] else { panic!("{told:?}") };
    assert_eq!(((one.kind, one.id), &one.not_kept[..]), (odd, &["languages"][..]));
    assert_eq!(one.refused.as_ref().map(|wrong| wrong.field.as_str()), Some("time_zone"));
}
