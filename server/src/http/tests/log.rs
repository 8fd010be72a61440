//! What changed, and who did it, can be read from the log alone.

use baton_domain::see::settings::Settings;
use baton_protocol::{Actor, AgentId, AgentSet, Fact, MembershipKind};

use super::*;
use crate::store::settled;

impl Desk {
    /// The facts of `acme`'s log, each with its actor.
    pub(super) async fn facts(&self) -> Vec<(Actor, Fact)> {
        let of = self.admin.workspace_id.to_string();
        let sql = "SELECT actor, fact FROM log WHERE workspace = $1 ORDER BY position";
        let mut tx = self.parts.store.read().await.unwrap();
        let rows = tx.rows_of::<(Option<String>, String)>(sql, &[&of]).await.unwrap();
        tx.rollback().await.unwrap();
        let fact = |(actor, fact): (Option<String>, String)| {
            let id = actor.map(|id| id.parse().unwrap());
            let actor = id.map_or(Actor::System, |id| Actor::Agent { id });
            (actor, serde_json::from_str(&fact).unwrap())
        };
        rows.into_iter().map(fact).collect()
    }

    /// What the tables hold of it.
    async fn settings(&self) -> Settings {
        let mut tx = self.parts.store.read().await.unwrap();
        let held = settled::held(&mut tx, self.admin.workspace_id).await.unwrap();
        tx.rollback().await.unwrap();
        held
    }

    async fn sets(&self, method: &str, path: &str, body: Value) -> Value {
        let path = format!("/api/v1{path}");
        let reply = self.call(&self.admin, method.parse().unwrap(), &path, body).await;
        assert!(reply.status.is_success(), "{reply:?}");
        reply.body
    }
}

#[tokio::test]
async fn roles_capacities_policies_and_memberships_follow_from_the_log() {
    for desk in desks().await {
        let mut folded = Settings::default();
        let mut known = 0;
        let (ben, sue) = (desk.agent.agent_id, desk.supervisor.agent_id);
        let sales = &desk.team;
        let new = json!({"name": "Night", "reply_policy": "team", "visibility": "own",
            "claim_from_colleagues": true});
        let night = desk.sets("POST", "/teams", new).await["id"].as_str().unwrap().to_owned();
        let new = json!({"email": "eva@host", "name": "Eva", "role": "agent", "capacity": 7,
            "password": PASSWORD, "teams": [{"team_id": night, "kind": "member"}]});
        let eva = desk.sets("POST", "/agents", new).await["id"].as_str().unwrap().to_owned();
        for (method, path, body) in [
            ("PATCH", format!("/agents/{ben}"), json!({"name": "Ben", "capacity": 2})),
            ("PATCH", format!("/agents/{ben}"), json!({"capacity": null, "role": "supervisor"})),
            ("PATCH", format!("/agents/{sue}"), json!({"role": "admin", "availability": "busy"})),
            ("PATCH", format!("/teams/{sales}"), json!({"reply_policy": "scope"})),
            ("PATCH", format!("/teams/{sales}"), json!({"name": "Day", "visibility": "head"})),
            ("PATCH", format!("/teams/{night}"), json!({"claim_from_colleagues": false})),
            ("PUT", format!("/teams/{night}/members/{ben}"), json!({"kind": "member"})),
            ("PUT", format!("/teams/{night}/members/{ben}"), json!({"kind": "supervisor"})),
            ("DELETE", format!("/teams/{sales}/members/{ben}"), Value::Null),
            ("PATCH", format!("/agents/{eva}"), json!({"state": "leaving"})),
            ("PATCH", format!("/agents/{eva}"), json!({"state": "active", "capacity": 0})),
            (
                "PATCH",
                format!("/agents/{eva}"),
                json!({"state": "leaving", "availability": "busy"}),
            ),
        ] {
            desk.sets(method, &path, body).await;
            let facts = desk.facts().await;
            assert_eq!(facts.len().checked_sub(known).map(|n| n > 0), Some(true), "{path}");
            facts[known..].iter().for_each(|(_, fact)| folded.apply(fact));
            known = facts.len();
            assert_eq!(folded, desk.settings().await, "after {method} {path}");
        }
        let accounts = &desk.parts.accounts;
        let setter = Setter { workspace: desk.admin.workspace_id, by: None };
        let left = accounts.plan_left(setter, eva.parse().unwrap());
        accounts.settle(&desk.parts.engine, left).await.unwrap();
        desk.facts().await[known..].iter().for_each(|(_, fact)| folded.apply(fact));
        assert_eq!(folded, desk.settings().await);
        assert_eq!((folded.agents.len(), folded.teams.len(), folded.channels.len()), (4, 2, 1));
        desk.database.close().await;
    }
}

#[tokio::test]
async fn settings_that_were_changed_behind_the_logs_back_are_found() {
    for desk in desks().await {
        let fault = || settled::fault(&desk.parts.store, desk.admin.workspace_id);
        assert_eq!(fault().await.unwrap(), None);
        for (tampering, back, named) in [
            (
                "UPDATE agent SET role = 'admin' WHERE email = 'ben@host'",
                "UPDATE agent SET role = 'agent' WHERE email = 'ben@host'",
                "role: Some(Admin)",
            ),
            (
                "UPDATE agent SET capacity = 9 WHERE email = 'ben@host'",
                "UPDATE agent SET capacity = NULL WHERE email = 'ben@host'",
                "capacity: Some(Some(9))",
            ),
            (
                "UPDATE team SET visibility = 'own'",
                "UPDATE team SET visibility = 'full'",
                "visibility: Some(Own)",
            ),
            (
                "UPDATE channel SET pace_per_s = 1",
                "UPDATE channel SET pace_per_s = 80",
                "pace_per_s: Some(1)",
            ),
            (
                "UPDATE channel SET removed_at = 7",
                "UPDATE channel SET removed_at = NULL",
                "is hidden, and only numbers for practice are",
            ),
            ("DELETE FROM team_member WHERE kind = 'member'", "", "is None in its table"),
        ] {
            desk.database.tamper(tampering).await;
            let found = fault().await.unwrap().unwrap();
            assert!(found.contains(named), "{tampering}: {found}");
            if !back.is_empty() {
                desk.database.tamper(back).await;
            }
        }
        desk.database.close().await;
    }
}

#[tokio::test]
async fn a_step_from_a_state_that_passed_meanwhile_is_refused_and_not_told() {
    for desk in desks().await {
        let accounts = &desk.parts.accounts;
        let setter = Setter { workspace: desk.admin.workspace_id, by: None };
        let ben = desk.agent.agent_id;
        let state = |state| baton_protocol::settings::AgentChange { state, ..Default::default() };
        let change = state(Some(baton_protocol::AgentState::Leaving));
        let late = accounts.plan_agent_change(setter, ben, &change).await.unwrap();
        let left = accounts.plan_left(setter, ben);
        let early = accounts.settle(&desk.parts.engine, left.clone()).await;
        assert!(early.is_err(), "nobody is gone before they leave: {early:?}");
        accounts.change_agent(&desk.parts.engine, setter, ben, &change).await.unwrap();
        accounts.settle(&desk.parts.engine, left).await.unwrap();
        let late = accounts.settle(&desk.parts.engine, late).await;
        assert!(late.is_err(), "who is gone does not leave: {late:?}");
        let mut folded = Settings::default();
        desk.facts().await.iter().for_each(|(_, fact)| folded.apply(fact));
        assert_eq!(folded, desk.settings().await);
        desk.database.close().await;
    }
}

#[tokio::test]
async fn who_set_a_password_or_revoked_a_device_stands_in_the_log() {
    for desk in desks().await {
        let (admin, ben) = (desk.admin.agent_id, desk.agent.agent_id);
        let before = desk.facts().await.len();
        let set = json!({"next": "battery staple"});
        desk.sets("PUT", &format!("/agents/{ben}/password"), set).await;
        let login = json!({"workspace": "acme", "email": "ben@host", "password": "battery staple"});
        let as_ben = ask(&desk.router, None, Method::POST, "/api/v1/sessions", Some(login)).await;
        let as_ben: Session = serde_json::from_value(as_ben.is(201, "").body).unwrap();
        let own = json!({"current": "battery staple", "next": PASSWORD});
        desk.call(&as_ben, Method::PUT, "/api/v1/me/password", own).await.is(204, "");
        let login = json!({"workspace": "acme", "email": "ben@host", "password": PASSWORD});
        let lost = ask(&desk.router, None, Method::POST, "/api/v1/sessions", Some(login)).await;
        let lost: Session = serde_json::from_value(lost.is(201, "").body).unwrap();
        let (theirs, mine) = (desk.agent.device_id, lost.device_id);
        desk.sets("DELETE", &format!("/sessions/{theirs}"), Value::Null).await;
        desk.sets("DELETE", &format!("/sessions/{theirs}"), Value::Null).await;
        let path = format!("/api/v1/sessions/{mine}");
        desk.call(&as_ben, Method::DELETE, &path, Value::Null).await.is(204, "");
        // To sign out revokes nothing.
        let path = format!("/api/v1/sessions/{}", as_ben.device_id);
        desk.call(&as_ben, Method::DELETE, &path, Value::Null).await.is(204, "");
        let by = |id| Actor::Agent { id };
        let revoked = |device_id| Fact::DeviceRevoked { agent_id: ben, device_id };
        assert_eq!(
            desk.facts().await[before..],
            [
                (by(admin), Fact::PasswordSet { agent_id: ben }),
                (by(ben), Fact::PasswordSet { agent_id: ben }),
                (by(admin), revoked(theirs)),
                (by(ben), revoked(mine)),
            ]
        );
        desk.database.close().await;
    }
}

#[tokio::test]
async fn an_agent_hears_of_their_own_password_and_of_no_colleagues() {
    for desk in desks().await {
        let page = desk.get(&desk.supervisor, "/api/v1/snapshot").await.is(200, "").body;
        let sync = format!("/api/v1/sync?after={}", page["cursor"].as_str().unwrap());
        for of in [desk.agent.agent_id, desk.supervisor.agent_id] {
            let setter = Setter { workspace: desk.admin.workspace_id, by: None };
            let (accounts, next) = (&desk.parts.accounts, Secret::new("battery staple"));
            accounts.set_password(&desk.parts.engine, setter, of, &next).await.unwrap();
        }
        let login = json!({"workspace": "acme", "email": "sue@host", "password": "battery staple"});
        let sue = ask(&desk.router, None, Method::POST, "/api/v1/sessions", Some(login)).await;
        let sue: Session = serde_json::from_value(sue.is(201, "").body).unwrap();
        let missed = desk.get(&sue, &sync).await.is(200, "");
        let told = |of: AgentId| missed.text.contains(&of.to_string());
        assert!(missed.text.contains("password_set"), "{missed:?}");
        assert!(told(sue.agent_id) && !told(desk.agent.agent_id), "{missed:?}");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn the_log_tells_of_settings_without_naming_anybody() {
    for desk in desks().await {
        let ben = desk.agent.agent_id;
        desk.sets("PATCH", &format!("/agents/{ben}"), json!({"name": "Benedikt"})).await;
        let facts = desk.facts().await;
        let set = AgentSet::default();
        let renamed = Fact::AgentChanged { agent_id: ben, renamed: true, set };
        assert_eq!(facts.last().map(|(_, fact)| fact), Some(&renamed));
        let text = serde_json::to_string(&facts.iter().map(|(_, fact)| fact).collect::<Vec<_>>());
        let text = text.unwrap();
        for named in ["Benedikt", "@host", "Sales", "+1 555", "EAAG", "argon2", "pn1"] {
            assert!(!text.contains(named), "{named} in {text}");
        }
        let kind = Some(MembershipKind::Supervisor);
        let first = facts.first().map(|(actor, _)| *actor);
        assert_eq!(first, Some(Actor::System), "the operator made the workspace");
        let (team_id, agent_id) = (desk.team.parse().unwrap(), desk.admin.agent_id);
        let founding = Fact::MembershipChanged { team_id, agent_id, kind };
        assert!(facts.iter().any(|(_, fact)| *fact == founding));
        desk.database.close().await;
    }
}
