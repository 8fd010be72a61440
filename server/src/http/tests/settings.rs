//! Settings: every kind at once, by its declaration and its example.

use baton_model::settings::{example, varied};
use baton_protocol::setting::{HomeKind, Readers, Setter, SettingSpec};
use baton_protocol::{SettingKind, limits};
use uuid::Uuid;

use super::*;
use crate::store::settled::set_fault;
use crate::store::sweep::sweep_own_settings;
use crate::store::verify::verify_log;

/// A setting to be set.
struct Subject {
    kind: SettingKind,
    spec: &'static SettingSpec,
    one: String,
    id: Uuid,
    put: Value,
}

impl Subject {
    /// The example of a kind at a home.
    fn at(desk: &Desk, kind: SettingKind, home: HomeKind) -> Self {
        let spec = kind.spec();
        let of = match home {
            HomeKind::Workspace => desk.agent.workspace_id.0,
            HomeKind::Team => desk.team.parse().unwrap(),
            HomeKind::Agent => desk.agent.agent_id.0,
            HomeKind::Channel => desk.channel.parse().unwrap(),
        };
        let id = if spec.is_singleton { of } else { desk.parts.clock.uuid_v7() };
        let home = match home {
            HomeKind::Workspace => json!({"kind": "workspace"}),
            HomeKind::Team | HomeKind::Channel | HomeKind::Agent => {
                json!({"kind": home.name(), "id": of})
            }
        };
        // People whom an example names are those of the desk.
        let mut body = example(kind).body;
        let people = [("agent", json!(desk.agent.agent_id)), ("back_to", json!(desk.team))];
        for (field, of) in people {
            if let Some(place) = body.get_mut(field) {
                *place = of;
            }
        }
        let put = json!({"home": home, "body": body});
        Self { kind, spec, one: spec.one.replace("{setting}", &id.to_string()), id, put }
    }

    /// The example of each kind at its first home.
    fn all(desk: &Desk) -> Vec<Self> {
        let first = |kind: SettingKind| Self::at(desk, kind, kind.spec().homes[0]);
        SettingKind::ALL.into_iter().map(first).collect()
    }

    fn with(&self, field: &str, to: Value) -> Value {
        let mut put = self.put.clone();
        put["body"][field] = to;
        put
    }

    fn varied(&self, n: usize) -> Value {
        let mut put = self.put.clone();
        put["body"] = varied(&put["body"], n);
        put["rank"] = json!(n);
        put
    }
}

/// What the author saw: nothing, a version, or not said.
#[derive(Clone, Copy, Debug)]
enum Seen<'a> {
    New,
    Tag(&'a str),
    Unsaid,
}

async fn asked(
    (desk, by): (&Desk, &Session),
    method: Method,
    path: &str,
    seen: Seen<'_>,
    body: &Value,
) -> Reply {
    let mut request = Request::builder().method(method).uri(path);
    let bearer = format!("Bearer {}", by.access_token);
    request = request.header(header::AUTHORIZATION, bearer);
    request = match seen {
        Seen::New => request.header(header::IF_NONE_MATCH, "*"),
        Seen::Tag(tag) => request.header(header::IF_MATCH, tag),
        Seen::Unsaid => request,
    };
    let body = if body.is_null() {
        Body::empty()
    } else {
        request = request.header(header::CONTENT_TYPE, "application/json");
        Body::from(body.to_string())
    };
    send(&desk.router, request.body(body).unwrap()).await
}

async fn put(desk: &Desk, by: &Session, of: &Subject, seen: Seen<'_>, put: &Value) -> Reply {
    asked((desk, by), Method::PUT, &of.one, seen, put).await
}

async fn position(desk: &Desk) -> u64 {
    let page = desk.get(&desk.admin, "/api/v1/settings?above=1000000").await.is(200, "");
    page.body["position"].as_u64().unwrap()
}

#[tokio::test]
async fn every_kind_is_made_changed_read_and_ended() {
    for desk in desks().await {
        let admin = &desk.admin;
        for of in Subject::all(&desk) {
            let name = of.kind.name();
            let made = put(&desk, admin, &of, Seen::New, &of.put).await.is(200, "");
            assert_eq!((&made.body["version"], &made.body["body"]), (&json!(1), &of.put["body"]));
            let at = position(&desk).await;
            let again = put(&desk, admin, &of, Seen::New, &of.put).await.is(200, "");
            assert_eq!(again.body, made.body, "{name}: a lost answer");
            assert_eq!(position(&desk).await, at, "{name}: what holds already is no event");
            let tag = made.headers[header::ETAG].to_str().unwrap();
            let changed = put(&desk, admin, &of, Seen::Tag(tag), &of.varied(1)).await.is(200, "");
            assert_eq!(changed.body["version"], 2, "{name}");
            let late = put(&desk, admin, &of, Seen::Tag("1"), &of.varied(2)).await;
            let late = late.is(409, "version_changed");
            assert_eq!(late.body["setting"]["newest"], changed.body, "{name}");
            assert_eq!(desk.get(admin, &of.one).await.is(200, "").body, changed.body);
            let listed = desk.get(admin, of.spec.list).await.is(200, "").body;
            assert!(listed.as_array().unwrap().contains(&changed.body), "{name}");
            let then = desk.get(admin, &format!("{}?at={at}", of.one)).await.is(200, "").body;
            assert_eq!((&then["version"], &then["body"]), (&json!(1), &of.put["body"]), "{name}");
            let end = async |seen| {
                asked((&desk, admin), Method::DELETE, &of.one, seen, &Value::Null).await
            };
            end(Seen::Tag("1")).await.is(409, "version_changed");
            let ended = end(Seen::Tag("2")).await.is(200, "");
            assert_eq!((&ended.body["version"], &ended.body["ended"]), (&json!(3), &json!(true)));
            end(Seen::Tag("2")).await.is(200, "");
            let listed = desk.get(admin, of.spec.list).await.is(200, "").body;
            assert_eq!(listed, json!([]), "{name}");
            if of.spec.is_singleton {
                let unset = desk.get(admin, &of.one).await.is(200, "").body;
                assert_eq!(unset["version"], 0, "{name}: its default holds");
            }
            let back = put(&desk, admin, &of, Seen::Tag("3"), &of.put).await.is(200, "");
            assert_eq!((&back.body["version"], &back.body["ended"]), (&json!(4), &Value::Null));
            let past = desk.get(admin, &format!("{}/history", of.one)).await.is(200, "").body;
            let versions: Vec<u64> =
                past.as_array().unwrap().iter().filter_map(|one| one["version"].as_u64()).collect();
            assert_eq!(versions, [4, 3, 2, 1], "{name}");
            assert_eq!((&past[3]["body"], &past[1]["body"]), (&of.put["body"], &Value::Null));
        }
        let report = verify_log(&desk.parts.store, admin.workspace_id);
        assert_eq!(report.await.unwrap().fault, None);
        desk.database.close().await;
    }
}

#[tokio::test]
async fn an_edit_by_hand_of_any_table_of_settings_is_named() {
    for desk in desks().await {
        let (admin, workspace) = (&desk.admin, desk.admin.workspace_id);
        let tag = Subject::at(&desk, SettingKind::Tag, HomeKind::Workspace);
        put(&desk, admin, &tag, Seen::New, &tag.put).await.is(200, "");
        let reply = Subject::at(&desk, SettingKind::CannedReply, HomeKind::Workspace);
        let naming = reply.with("then", json!([{"do": "tag", "tag": tag.id}]));
        put(&desk, admin, &reply, Seen::New, &naming).await.is(200, "");
        for (sql, table) in [
            ("UPDATE setting SET rank = rank + 1 WHERE kind = 'tag'", "setting"),
            ("UPDATE setting SET ended_at = 1 WHERE kind = 'tag'", "setting"),
            ("UPDATE setting SET home_kind = 'team' WHERE kind = 'tag'", "setting"),
            ("DELETE FROM setting WHERE kind = 'tag'", "setting"),
            ("DELETE FROM setting_version WHERE kind = 'tag'", "setting_version"),
            ("UPDATE setting_version SET position = 1 WHERE kind = 'tag'", "setting_version"),
            ("DELETE FROM setting_name", "setting_name"),
            ("UPDATE setting_name SET field = 'x'", "setting_name"),
            ("UPDATE log_head SET settings_at = 1", "log_head"),
        ] {
            let mut tx = desk.database.tampering().await;
            assert_eq!(set_fault(&mut tx, workspace).await.unwrap(), None);
            let done = format!("{sql} RETURNING CAST(1 AS BIGINT)");
            tx.rows_of::<(i64,)>(&done, &[]).await.unwrap();
            let fault = set_fault(&mut tx, workspace).await.unwrap().unwrap_or_default();
            assert!(fault.starts_with(table), "{sql}: {fault}");
            tx.rollback().await.unwrap();
        }
        desk.database.close().await;
    }
}

#[tokio::test]
async fn who_sets_what_is_as_declared_for_each_home() {
    for desk in desks().await {
        for kind in SettingKind::ALL {
            for home in kind.spec().homes {
                for (who, session) in [
                    ("agent", &desk.agent),
                    ("supervisor", &desk.supervisor),
                    ("admin", &desk.admin),
                ] {
                    let of = Subject::at(&desk, kind, *home);
                    let reply = put(&desk, session, &of, Seen::New, &of.put).await;
                    let may = match (of.spec.set, *home) {
                        // The agent's own.
                        (Setter::Own, HomeKind::Agent) => who == "agent",
                        (Setter::Own | Setter::Supervisors, HomeKind::Team) => who != "agent",
                        (Setter::May(permission), _) => {
                            let role = baton_protocol::Role::from_name(who).unwrap();
                            baton_domain::see::rights::may(role, permission)
                        }
                        _ => who == "admin",
                    };
                    let is_own = of.spec.set == Setter::Own;
                    let sees = who == "agent" || (who == "admin" && !is_own);
                    let hidden = *home == HomeKind::Agent && !sees;
                    let expected = match (may, hidden) {
                        (true, _) => 200,
                        (false, true) => 404,
                        (false, false) => 403,
                    };
                    let got = reply.status.as_u16();
                    assert_eq!(got, expected, "{} of {home:?} by {who}: {reply:?}", kind.name());
                    // Room for the next one, who is not told apart by what is there.
                    if may {
                        let ended = asked(
                            (&desk, session),
                            Method::DELETE,
                            &of.one,
                            Seen::Tag(reply.headers[header::ETAG].to_str().unwrap()),
                            &Value::Null,
                        );
                        ended.await.is(200, "");
                    }
                }
            }
        }
        desk.database.close().await;
    }
}

#[tokio::test]
async fn another_workspace_sees_no_setting_of_any_kind() {
    for desk in desks().await {
        for of in Subject::all(&desk) {
            put(&desk, &desk.admin, &of, Seen::New, &of.put).await.is(200, "");
            let stranger = &desk.stranger;
            desk.get(stranger, &of.one).await.is(404, "not_found");
            desk.get(stranger, &format!("{}/history", of.one)).await.is(404, "not_found");
            assert_eq!(desk.get(stranger, of.spec.list).await.is(200, "").body, json!([]));
            let change = put(&desk, stranger, &of, Seen::Tag("1"), &of.varied(1)).await;
            assert!([400, 404].contains(&change.status.as_u16()), "{change:?}");
        }
        let page = desk.get(&desk.stranger, "/api/v1/settings").await.is(200, "").body;
        assert_eq!((&page["changed"], &page["ids"]), (&json!([]), &json!({})));
        desk.database.close().await;
    }
}

#[tokio::test]
async fn what_is_wrong_is_a_problem_that_names_its_field_and_changes_nothing() {
    for desk in desks().await {
        let admin = &desk.admin;
        for of in Subject::all(&desk) {
            let at = position(&desk).await;
            let check =
                async |seen: Seen<'_>, body: Value, status: u16, code: &str, field: &str| {
                    let reply = put(&desk, admin, &of, seen, &body).await;
                    let found =
                        reply.body["setting"]["field"].as_str().unwrap_or_default().to_owned();
                    let what = format!("{} {body}", of.kind.name());
                    let got = (reply.status.as_u16(), reply.code().to_owned(), found);
                    assert_eq!(got, (status, code.to_owned(), field.to_owned()), "{what:.300}");
                };
            let large = "x".repeat(limits::SETTING_BYTES_MAX + 1);
            check(Seen::New, of.with("x", json!(large)), 400, "invalid", "body").await;
            let mut deep = json!(1);
            for _ in 0..10 {
                deep = json!([deep]);
            }
            check(Seen::New, of.with("x", deep), 400, "invalid", "x").await;
            check(Seen::New, of.with("moon", json!(1)), 400, "invalid", "moon").await;
            check(Seen::New, of.with("x", json!("a\u{0}b")), 400, "invalid", "x").await;
            for name in ["name", "title"].iter().filter(|name| of.put["body"].get(name).is_some()) {
                for odd in ["", "  ", "a\u{202e}b", "a\u{200b}b"] {
                    check(Seen::New, of.with(name, json!(odd)), 400, "invalid", name).await;
                }
            }
            let mut away = of.put.clone();
            away["home"] = json!({"kind": "team", "id": Uuid::from_u128(77)});
            let takes_teams = of.spec.homes.contains(&HomeKind::Team);
            let (status, code) = if takes_teams { (404, "not_found") } else { (400, "invalid") };
            check(Seen::New, away, status, code, if takes_teams { "" } else { "home" }).await;
            let mut unknown = of.put.clone();
            unknown["home"] = json!({"kind": "planet"});
            check(Seen::New, unknown, 400, "invalid", "home").await;
            check(Seen::Unsaid, of.put.clone(), 428, "precondition_required", "").await;
            for tag in ["0", "", "x", "-1", "\"4294967296\"", "*"] {
                check(Seen::Tag(tag), of.put.clone(), 400, "invalid", "").await;
            }
            check(Seen::Tag("7"), of.put.clone(), 404, "not_found", "").await;
            desk.get(admin, &format!("{}?at=x", of.one)).await.is(400, "invalid");
            desk.get(admin, &format!("{}?home=x", of.spec.list)).await.is(400, "invalid");
            desk.get(admin, &of.spec.one.replace("{setting}", "none")).await.is(404, "not_found");
            assert_eq!(position(&desk).await, at, "{}", of.kind.name());
            // A version that was seen before a restore.
            put(&desk, admin, &of, Seen::New, &of.put).await.is(200, "");
            let before = format!("\"{}:1\"", Uuid::from_u128(5));
            let late = put(&desk, admin, &of, Seen::Tag(&before), &of.varied(2)).await;
            late.is(409, "version_changed");
        }
        desk.database.close().await;
    }
}

#[tokio::test]
async fn a_list_is_published_whole_or_not_at_all() {
    for desk in desks().await {
        let admin = &desk.admin;
        let publish = async |changes: Value| {
            desk.call(admin, Method::POST, "/api/v1/settings", changes).await
        };
        let subjects = Subject::all(&desk);
        let change = |of: &Subject| json!({"kind": of.kind, "id": of.id, "put": of.put});
        let all: Vec<Value> = subjects.iter().map(change).collect();
        let at = position(&desk).await;
        let mut spoilt = all.clone();
        spoilt.push(json!({"kind": subjects[0].kind, "id": Uuid::from_u128(9), "expect": 4}));
        let refused = publish(json!(spoilt)).await.is(404, "not_found");
        assert_eq!(refused.body["setting"]["change"], spoilt.len());
        let mut twice = all.clone();
        twice.push(all[0].clone());
        let refused = publish(json!(twice)).await.is(400, "invalid");
        assert_eq!(refused.body["setting"]["field"], "id");
        publish(json!([])).await.is(400, "invalid");
        publish(json!(vec![all[0].clone(); limits::SETTING_CHANGES_MAX + 1]))
            .await
            .is(400, "invalid");
        assert_eq!(position(&desk).await, at, "nothing of it is done");
        let done = publish(json!(all)).await.is(200, "").body;
        assert_eq!(done.as_array().unwrap().len(), subjects.len());
        assert_eq!(position(&desk).await, at + subjects.len() as u64);
        desk.database.close().await;
    }
}

#[tokio::test]
async fn a_home_has_room_for_so_many_and_each_key_once() {
    for desk in desks().await {
        let admin = &desk.admin;
        let (tag, clock) = (SettingKind::Tag.spec(), &desk.parts.clock);
        let change = |n: usize| {
            let put = json!({"home": {"kind": "workspace"}, "body": {"name": format!("T {n}")}});
            json!({"kind": "tag", "id": clock.uuid_v7(), "put": put})
        };
        let publish = async |from: usize, until: usize| {
            let changes: Vec<Value> = (from..until).map(change).collect();
            desk.call(admin, Method::POST, "/api/v1/settings", json!(changes)).await
        };
        for from in (0..500).step_by(100) {
            publish(from, from + 100).await.is(200, "");
        }
        let full = publish(500, 501).await.is(409, "too_many");
        assert_eq!(full.body["setting"]["most"], tag.most);
        let listed = desk.get(admin, tag.list).await.is(200, "").body;
        let one = tag.one.replace("{setting}", listed[3]["id"].as_str().unwrap());
        let put = json!({"home": {"kind": "workspace"}, "body": {"name": "t 7"}});
        let taken = asked((&desk, admin), Method::PUT, &one, Seen::Tag("1"), &put).await;
        assert_eq!(taken.is(409, "taken").body["setting"]["field"], "name");
        let page = desk.get(&desk.agent, "/api/v1/settings?phones=true").await.is(200, "").body;
        assert_eq!(page["changed"].as_array().unwrap().len(), limits::SETTINGS_PAGE);
        assert_eq!(page["ids"], Value::Null, "only the last page has them");
        let (mut above, mut found) = (0, 0);
        let last = loop {
            let path = format!("/api/v1/settings?phones=true&above={above}");
            let page = desk.get(&desk.agent, &path).await.is(200, "").body;
            found += page["changed"].as_array().unwrap().len();
            let Some(next) = page["next"].as_u64() else { break page };
            above = next;
        };
        assert_eq!((found, last["ids"]["tag"].as_array().unwrap().len()), (500, 500));
        desk.database.close().await;
    }
}

#[tokio::test]
async fn what_is_named_is_there_and_is_not_ended_unasked() {
    for desk in desks().await {
        let admin = &desk.admin;
        let tag = Subject::at(&desk, SettingKind::Tag, HomeKind::Workspace);
        let reply = Subject::at(&desk, SettingKind::CannedReply, HomeKind::Workspace);
        let naming = reply.with("then", json!([{"do": "tag", "tag": tag.id}]));
        let early = put(&desk, admin, &reply, Seen::New, &naming).await.is(400, "invalid");
        assert_eq!(early.body["setting"]["field"], "then");
        put(&desk, admin, &tag, Seen::New, &tag.put).await.is(200, "");
        put(&desk, admin, &reply, Seen::New, &naming).await.is(200, "");
        let users = desk.get(admin, &format!("/api/v1/settings/used-by?of=tag:{}", tag.id)).await;
        let used = json!([{"kind": "canned_reply", "id": reply.id, "field": "then"}]);
        assert_eq!(users.is(200, "").body, used);
        let end = async |query: &str| {
            let path = format!("{}{query}", tag.one);
            asked((&desk, admin), Method::DELETE, &path, Seen::Tag("1"), &Value::Null).await
        };
        let refused = end("").await.is(409, "in_use");
        assert_eq!(refused.body["setting"]["used_by"], used);
        end("?anyway=true").await.is(200, "");
        let lost = json!([{"field": "then", "of_kind": "tag", "of_id": tag.id}]);
        assert_eq!(desk.get(admin, &reply.one).await.is(200, "").body["broken"], lost);
        let broken = desk.get(admin, "/api/v1/settings/broken").await.is(200, "").body;
        let told = json!([{"kind": "canned_reply", "id": reply.id, "broken": lost}]);
        assert_eq!(broken, told);
        // What was broken already may be edited, and is whole once it names it no more.
        let mut edited = naming.clone();
        edited["body"]["title"] = json!("Another");
        put(&desk, admin, &reply, Seen::Tag("1"), &edited).await.is(200, "");
        put(&desk, admin, &reply, Seen::Tag("2"), &reply.put).await.is(200, "");
        let broken = desk.get(admin, "/api/v1/settings/broken").await.is(200, "").body;
        assert_eq!(broken, json!([]));
        desk.database.close().await;
    }
}

#[tokio::test]
async fn nobody_keeps_what_is_not_theirs_any_more() {
    for desk in desks().await {
        let (agent, admin) = (&desk.agent, &desk.admin);
        let team = json!({"name": "Night"});
        let team = desk.call(admin, Method::POST, "/api/v1/teams", team).await.is(201, "").body;
        let of = Subject::at(&desk, SettingKind::CannedReply, HomeKind::Team);
        let cursor = desk.get(agent, "/api/v1/snapshot").await.is(200, "").body["cursor"].clone();
        put(&desk, admin, &of, Seen::New, &of.put).await.is(200, "");
        let told = async |cursor: &Value| {
            let path = format!("/api/v1/sync?after={}", cursor.as_str().unwrap());
            let sync = desk.get(agent, &path).await.is(200, "").body;
            let events = sync["frames"][0]["events"].as_array().unwrap().clone();
            (sync["cursor"].clone(), events)
        };
        let (cursor, events) = told(&cursor).await;
        assert_eq!(events[0]["content"]["setting"], of.put["body"], "{events:?}");
        let mut moved = of.put.clone();
        moved["home"] = json!({"kind": "team", "id": team["id"]});
        put(&desk, admin, &of, Seen::Tag("1"), &moved).await.is(200, "");
        let (cursor, events) = told(&cursor).await;
        let gone = (&events[0]["type"], &events[0]["content"], &events[0]["home"]);
        assert_eq!(gone, (&json!("setting_changed"), &Value::Null, &Value::Null), "{events:?}");
        desk.get(agent, &of.one).await.is(404, "not_found");
        desk.get(agent, &format!("{}/history", of.one)).await.is(404, "not_found");
        // And of what changes there from then on nobody tells them.
        put(&desk, admin, &of, Seen::Tag("2"), &{
            moved["rank"] = json!(7);
            moved
        })
        .await
        .is(200, "");
        assert_eq!(told(&cursor).await.1, Vec::<Value>::new());
        desk.database.close().await;
    }
}

#[tokio::test]
async fn each_kind_describes_its_form() {
    let desk = desks().await.remove(0);
    let all = desk.get(&desk.admin, "/api/v1/settings/kinds").await.is(200, "").body;
    assert_eq!(all.as_array().unwrap().len(), SettingKind::ALL.len());
    let kinds = desk.get(&desk.agent, "/api/v1/settings/kinds").await.is(200, "").body;
    let read = |kind: &SettingKind| kind.spec().reads == Readers::Everyone;
    let read = SettingKind::ALL.iter().filter(|kind| read(kind)).count();
    assert_eq!(kinds.as_array().unwrap().len(), read);
    for kind in all.as_array().unwrap() {
        let fields = kind["schema"]["properties"].as_object().unwrap();
        let example = example(SettingKind::from_name(kind["kind"].as_str().unwrap()).unwrap());
        for field in example.body.as_object().unwrap().keys() {
            assert!(fields.contains_key(field), "{} {field}", kind["kind"]);
        }
        assert!(!kind["schema"].to_string().contains("$ref"), "{}", kind["kind"]);
    }
    for kind in kinds.as_array().unwrap() {
        let own = json!({"kind": "agent", "id": desk.agent.agent_id});
        let may = kind["settable"].as_array().unwrap();
        assert!(may.iter().all(|home| *home == own), "an agent sets nothing of others: {kind}");
        assert_eq!(may.is_empty(), kind["setters"]["own"] == json!(false), "{kind}");
    }
    desk.database.close().await;
}

#[tokio::test]
async fn what_a_leaver_kept_for_themselves_is_erased_after_a_while_and_the_log_still_holds() {
    for desk in desks().await {
        let agent = &desk.agent;
        let own = Subject::at(&desk, SettingKind::CannedReply, HomeKind::Agent);
        let of_team = Subject::at(&desk, SettingKind::Schedule, HomeKind::Team);
        put(&desk, agent, &own, Seen::New, &own.put).await.is(200, "");
        put(&desk, agent, &own, Seen::Tag("1"), &own.varied(2)).await.is(200, "");
        put(&desk, &desk.admin, &of_team, Seen::New, &of_team.put).await.is(200, "");
        let before = desk.parts.clock.now();
        let ends = [(agent, &own.one, "2"), (&desk.admin, &of_team.one, "1")];
        for (by, one, version) in ends {
            let ended = asked((&desk, by), Method::DELETE, one, Seen::Tag(version), &Value::Null);
            ended.await.is(200, "");
        }
        let now = desk.parts.clock.now();
        let sweeps = async |before| sweep_own_settings(&desk.parts.store, before, 500).await;
        let later = now.plus_ms(1);
        assert_eq!(sweeps(later).await.unwrap(), 0, "its agent is still there");
        let of = agent.agent_id;
        desk.database
            .tamper(&format!(
                "UPDATE agent SET state = 'inactive', active_id = NULL WHERE id = '{of}'"
            ))
            .await;
        assert_eq!(sweeps(before).await.unwrap(), 0, "it is too early");
        assert_eq!(sweeps(later).await.unwrap(), 2, "both versions, and nothing else");
        let report = verify_log(&desk.parts.store, agent.workspace_id).await.unwrap();
        assert_eq!(report.fault, None);
        let past = desk.get(&desk.admin, &format!("{}/history", of_team.one)).await.is(200, "");
        assert_eq!(past.body[1]["body"], of_team.put["body"]);
        // What did not end is nobody's to erase.
        desk.database.tamper("DELETE FROM content").await;
        let report = verify_log(&desk.parts.store, agent.workspace_id).await.unwrap();
        assert!(report.fault.is_some());
        desk.database.close().await;
    }
}
