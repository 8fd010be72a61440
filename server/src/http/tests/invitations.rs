//! People are invited by links, and join by them.

use baton_protocol::invitation::{InvitationAccept, InvitationMade};
use baton_protocol::{Actor, Fact, InvitationStep};

use super::*;
use crate::accounts::ADDRESS_TRIES_MAX;
use crate::clock::ManualClock;
use crate::store::logo::set_logo;
use crate::store::settled;
use crate::store::stamped::verify_rows;

const ALL: &str = "/api/v1/invitations";
const DAY_MS: u64 = 24 * 60 * 60_000;

impl Desk {
    fn eva(&self) -> Value {
        let place = json!({"team_id": self.team, "kind": "member"});
        json!({"email": "Eva@host", "name": "Eva", "role": "agent", "capacity": 7,
            "teams": [place]})
    }

    async fn invites(&self, people: Value) -> Reply {
        let body = json!({ "invitations": people });
        self.call(&self.admin, Method::POST, ALL, body).await
    }

    async fn invites_eva(&self) -> InvitationMade {
        let made = self.invites(json!([self.eva()])).await.is(201, "").body;
        serde_json::from_value(made[0].clone()).unwrap()
    }

    async fn renews(&self, made: &InvitationMade) -> InvitationMade {
        let path = format!("{ALL}/{}/renew", made.invitation.id);
        let made = self.call(&self.admin, Method::POST, &path, Value::Null).await;
        serde_json::from_value(made.is(200, "").body).unwrap()
    }

    async fn withdraws(&self, made: &InvitationMade) -> Reply {
        let path = format!("{ALL}/{}", made.invitation.id);
        self.call(&self.admin, Method::DELETE, &path, Value::Null).await
    }

    async fn joins(&self, secret: &str) -> Reply {
        let body = json!({"secret": secret, "password": PASSWORD});
        ask(&self.router, None, Method::POST, &format!("{ALL}/accept"), Some(body)).await
    }

    async fn reads(&self, secret: &str) -> Reply {
        let body = json!({ "secret": secret });
        ask(&self.router, None, Method::POST, &format!("{ALL}/read"), Some(body)).await
    }

    async fn waiting(&self) -> Value {
        self.get(&self.admin, ALL).await.is(200, "").body
    }
}

fn accepts(secret: &str) -> InvitationAccept {
    let (secret, password) = (secret.to_owned(), PASSWORD.to_owned());
    InvitationAccept { secret, password, name: None, device_id: None, device_name: None }
}

#[tokio::test]
async fn an_invited_person_joins_by_the_link_once_with_role_and_teams() {
    for desk in desks().await {
        let made = desk.invites_eva().await;
        assert!(made.secret.len() > 40 && made.secret.starts_with("bi_"));
        let waiting = desk.waiting().await;
        assert_eq!(
            (&waiting[0]["email"], &waiting[0]["state"]),
            (&"eva@host".into(), &"open".into())
        );
        assert!(!waiting.to_string().contains(&made.secret), "it is shown once");
        // Nobody is there yet to be assigned anything.
        let agents = desk.get(&desk.admin, "/api/v1/agents").await.body;
        assert!(!agents.to_string().contains("Eva"));
        let card = desk.reads(&made.secret).await.is(200, "").body;
        assert_eq!((&card["workspace"], &card["email"]), (&"acme".into(), &"eva@host".into()));
        let weak = json!({"secret": made.secret, "password": "eva@host"});
        let accept = format!("{ALL}/accept");
        let weak = ask(&desk.router, None, Method::POST, &accept, Some(weak)).await;
        weak.is(400, "invalid");
        let body = json!({"secret": made.secret, "password": PASSWORD, "name": "Eva María",
            "device_name": "Phone"});
        let session = ask(&desk.router, None, Method::POST, &accept, Some(body)).await;
        let session: Session = serde_json::from_value(session.is(201, "").body).unwrap();
        let me = desk.get(&session, "/api/v1/me").await.is(200, "").body;
        assert_eq!(
            (&me["agent"]["name"], &me["agent"]["role"], &me["agent"]["capacity"]),
            (&"Eva María".into(), &"agent".into(), &7.into())
        );
        assert_eq!(me["agent"]["teams"][0]["team_id"], json!(desk.team));
        let again = sign_in(&desk.router, "acme", "eva@host").await;
        assert_eq!(again.agent_id, session.agent_id);
        desk.joins(&made.secret).await.is(410, "invitation_used");
        desk.reads(&made.secret).await.is(410, "invitation_used");
        desk.withdraws(&made).await.is(409, "not_allowed");
        assert_eq!(desk.waiting().await, json!([]));
        desk.invites(json!([desk.eva()])).await.is(400, "invalid_rows");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn whoever_holds_a_good_link_is_told_the_logo_and_nobody_else_is() {
    for desk in desks().await {
        let made = desk.invites_eva().await;
        assert_eq!(desk.reads(&made.secret).await.is(200, "").body.get("workspace_logo"), None);
        let (store, workspace) = (&desk.parts.store, desk.admin.workspace_id);
        set_logo(store, workspace, &"A".repeat(24), "AAAA").await.unwrap();
        let card = desk.reads(&made.secret).await.is(200, "").body;
        let path = format!("/api/v1/logos/{}", "A".repeat(24));
        assert_eq!(card["workspace_logo"], json!(path));
        ask(&desk.router, None, Method::GET, &path, None).await.is(200, "");
        desk.withdraws(&made).await.is(204, "");
        let refused = desk.reads(&made.secret).await.is(410, "invitation_withdrawn").body;
        assert!(!refused.to_string().contains("logos"));
        desk.database.close().await;
    }
}

#[tokio::test]
async fn of_two_who_hold_the_same_link_one_joins() {
    for desk in desks().await {
        let made = desk.invites_eva().await;
        let tries = (0..4).map(|_| desk.joins(&made.secret));
        let replies = futures_util::future::join_all(tries).await;
        let mut told: Vec<_> = replies.iter().map(|r| (r.status.as_u16(), r.code())).collect();
        told.sort_unstable();
        let used = (410, "invitation_used");
        assert_eq!(told, [(201, ""), used, used, used]);
        // Both had read it before either was written.
        let made = {
            let other = json!({"email": "ian@host", "name": "Ian", "role": "agent"});
            let made = desk.invites(json!([other])).await.is(201, "").body;
            serde_json::from_value::<InvitationMade>(made[0].clone()).unwrap()
        };
        let (accounts, engine) = (&desk.parts.accounts, &desk.parts.engine);
        let accept = accepts(&made.secret);
        let from = |n| std::net::IpAddr::from([10, 0, 0, n]);
        let (one, two) = tokio::join!(
            accounts.accept_invitation(engine, &accept, from(1)),
            accounts.accept_invitation(engine, &accept, from(2)),
        );
        assert_eq!(usize::from(one.is_ok()) + usize::from(two.is_ok()), 1, "{one:?} {two:?}");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn a_link_that_is_over_lets_nobody_in_and_says_why() {
    for database in databases().await {
        let time = ManualClock::new(Timestamp::from_ms(1_790_000_000_000), 5);
        let desk = Box::pin(desk(database, time.clock())).await;
        let made = desk.invites_eva().await;
        time.advance_ms(7 * DAY_MS);
        let admin = sign_in(&desk.router, "acme", "admin@host").await;
        let desk = Desk { admin, ..desk };
        for reply in [desk.joins(&made.secret).await, desk.reads(&made.secret).await] {
            reply.is(410, "invitation_expired");
        }
        assert_eq!(desk.waiting().await[0]["state"], "expired");
        let renewed = desk.renews(&made).await;
        assert_ne!(renewed.secret, made.secret);
        assert_eq!(desk.waiting().await[0]["state"], "open");
        desk.joins(&made.secret).await.is(404, "invitation_unknown");
        desk.reads(&renewed.secret).await.is(200, "");
        desk.withdraws(&renewed).await.is(204, "");
        desk.withdraws(&renewed).await.is(204, "");
        for reply in [desk.joins(&renewed.secret).await, desk.reads(&renewed.secret).await] {
            reply.is(410, "invitation_withdrawn");
        }
        let path = format!("{ALL}/{}/renew", made.invitation.id);
        desk.call(&desk.admin, Method::POST, &path, Value::Null).await.is(409, "not_allowed");
        assert_eq!(desk.waiting().await, json!([]));
        // The address is free again, and what ended is forgotten after a month.
        let next = desk.invites_eva().await;
        desk.withdraws(&next).await.is(204, "");
        time.advance_ms(31 * DAY_MS);
        let admin = sign_in(&desk.router, "acme", "admin@host").await;
        let desk = Desk { admin, ..desk };
        desk.invites_eva().await;
        desk.reads(&renewed.secret).await.is(404, "invitation_unknown");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn an_invitation_that_somebody_edited_by_hand_is_found() {
    for desk in desks().await {
        let store = &desk.parts.store;
        store.stamp_with(desk.parts.keys.stamps(), Some("first")).await.unwrap();
        let faults = async || {
            let rows = verify_rows(store, 0).await.unwrap().expect("stamps");
            rows.faults.iter().map(ToString::to_string).collect::<Vec<_>>()
        };
        let made = desk.renews(&desk.invites_eva().await).await;
        assert_eq!(faults().await, Vec::<String>::new());
        desk.database.tamper("UPDATE invitation SET role = 'admin'").await;
        let found = faults().await;
        let (id, place) = (made.invitation.id.to_string(), "invitation ");
        assert!(found.iter().any(|one| one.starts_with(place) && one.contains(&id)), "{found:?}");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn a_list_is_taken_whole_or_not_at_all_and_every_wrong_row_is_named() {
    for desk in desks().await {
        let person = |email: &str| json!({"email": email, "name": "X", "role": "agent"});
        let nowhere = uuid::Uuid::from_u128(77).to_string();
        let place = |team: &str, kind| json!([{"team_id": team, "kind": kind}]);
        let unfit = place(&desk.team, "supervisor");
        let rows = json!([
            person("good@host"),
            person("no address"),
            {"email": "b@host", "name": " ", "role": "agent"},
            person("ben@host"),
            person("GOOD@host"),
            {"email": "c@host", "name": "C", "role": "agent", "teams": place(&nowhere, "member")},
            {"email": "d@host", "name": "D", "role": "agent", "teams": unfit},
            {"email": "e@host", "name": "E", "role": "agent", "capacity": 100_001},
        ]);
        let before = desk.waiting().await;
        let reply = desk.invites(rows).await.is(400, "invalid_rows");
        let told = reply.body["rows"].as_array().unwrap().iter();
        let told = told.map(|row| (row["row"].as_u64().unwrap(), row["field"].as_str().unwrap()));
        let wrong = [
            (2, "email"),
            (3, "name"),
            (4, "email"),
            (5, "email"),
            (6, "teams"),
            (7, "teams"),
            (8, "capacity"),
        ];
        assert_eq!(told.collect::<Vec<_>>(), wrong, "{reply:?}");
        assert_eq!(desk.waiting().await, before);
        let many = |n: u32| (0..n).map(|n| person(&format!("p{n}@host"))).collect::<Value>();
        desk.invites(many(0)).await.is(400, "invalid");
        desk.invites(many(201)).await.is(400, "invalid");
        let made = desk.invites(many(200)).await.is(201, "").body;
        let secrets: std::collections::BTreeSet<_> =
            made.as_array().unwrap().iter().map(|one| one["secret"].as_str()).collect();
        assert_eq!(secrets.len(), 200);
        let body = json!({"invitations": [desk.eva()], "valid_days": 31});
        desk.call(&desk.admin, Method::POST, ALL, body).await.is(400, "invalid");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn who_guesses_links_has_to_wait_and_a_colleagues_link_is_good_all_the_same() {
    for desk in desks().await {
        let made = desk.invites_eva().await;
        for n in 0..ADDRESS_TRIES_MAX {
            let reply = match n % 2 {
                0 => desk.joins(&format!("bi_{n}")).await,
                _ => desk.reads(&format!("{n}")).await,
            };
            reply.is(404, "invitation_unknown");
        }
        desk.joins("bi_more").await.is(429, "rate_limited");
        desk.reads("bi_more").await.is(429, "rate_limited");
        let accept = accepts(&made.secret);
        let elsewhere = std::net::IpAddr::from([10, 0, 0, 9]);
        let (accounts, engine) = (&desk.parts.accounts, &desk.parts.engine);
        accounts.accept_invitation(engine, &accept, elsewhere).await.unwrap();
        desk.database.close().await;
    }
}

#[tokio::test]
async fn another_workspaces_admin_sees_no_invitation_and_changes_none() {
    for desk in desks().await {
        let made = desk.invites_eva().await;
        let path = format!("{ALL}/{}", made.invitation.id);
        let stranger = &desk.stranger;
        assert_eq!(desk.get(stranger, ALL).await.is(200, "").body, json!([]));
        desk.call(stranger, Method::DELETE, &path, Value::Null).await.is(404, "not_found");
        let renew = format!("{path}/renew");
        desk.call(stranger, Method::POST, &renew, Value::Null).await.is(404, "not_found");
        // The team is not theirs either.
        let body = json!({ "invitations": [desk.eva()] });
        desk.call(stranger, Method::POST, ALL, body).await.is(400, "invalid_rows");
        desk.reads(&made.secret).await.is(200, "");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn each_step_stands_in_the_log_without_whom_it_names() {
    for desk in desks().await {
        let before = desk.facts().await.len();
        let made = desk.invites_eva().await;
        let renewed = desk.renews(&made).await;
        let other = desk.invites(json!([{"email": "ian@host", "name": "Ian", "role": "agent"}]));
        let other = other.await.is(201, "").body[0].clone();
        let other: InvitationMade = serde_json::from_value(other).unwrap();
        desk.withdraws(&other).await.is(204, "");
        let joined = desk.joins(&renewed.secret).await.is(201, "").body;
        let joined: Session = serde_json::from_value(joined).unwrap();
        let (admin, eva) = (desk.admin.agent_id, joined.agent_id);
        let facts = desk.facts().await.split_off(before);
        let steps = facts.iter().filter_map(|(actor, fact)| {
            let Fact::InvitationChanged { invitation_id, step } = fact else { return None };
            Some((*actor, *invitation_id, *step))
        });
        let by = |id| Actor::Agent { id };
        let (first, second) = (made.invitation.id, other.invitation.id);
        assert_eq!(
            steps.collect::<Vec<_>>(),
            [
                (by(admin), first, InvitationStep::Made),
                (by(admin), first, InvitationStep::Renewed),
                (by(admin), second, InvitationStep::Made),
                (by(admin), second, InvitationStep::Withdrawn),
                (by(eva), first, InvitationStep::Used),
            ]
        );
        let text = format!("{facts:?}");
        assert!(!text.contains("Eva") && !text.contains("@host"), "{text}");
        let fault = settled::fault(&desk.parts.store, desk.admin.workspace_id).await;
        assert_eq!(fault.unwrap(), None);
        desk.database.close().await;
    }
}

#[tokio::test]
async fn in_a_browser_the_tokens_of_who_joined_travel_in_cookies() {
    for desk in desks().await {
        let made = desk.invites_eva().await;
        let body = json!({"secret": made.secret, "password": PASSWORD});
        let path = format!("{ALL}/accept?cookie=true");
        let reply = ask(&desk.router, None, Method::POST, &path, Some(body)).await.is(201, "");
        assert_eq!(reply.body["access_token"], "");
        assert_eq!(reply.headers.get_all(header::SET_COOKIE).iter().count(), 2);
        desk.database.close().await;
    }
}
