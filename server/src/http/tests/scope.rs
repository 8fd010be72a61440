//! What a person sees over REST is what their teams let them see, now.

use super::*;

#[tokio::test]
async fn an_agent_sees_the_conversations_of_their_teams_and_no_others() {
    for desk in desks().await {
        desk.customer_writes("wamid.1", "Hola").await;
        let agent = &desk.agent;
        let cursor = desk.get(agent, "/api/v1/snapshot").await.is(200, "").body;
        assert_eq!(cursor["conversations"].as_array().unwrap().len(), 1);
        let cursor = cursor["cursor"].as_str().unwrap().to_owned();
        desk.customer_writes("wamid.2", "¿Hay alguien?").await;
        let sync = |cursor: &str| format!("/api/v1/sync?after={cursor}");
        let missed = desk.get(agent, &sync(&cursor)).await.is(200, "").body;
        assert_eq!(missed["frames"][0]["type"], "events", "{missed}");
        assert!(missed.to_string().contains("¿Hay alguien?"));
        let list = desk.get(agent, "/api/v1/conversations?q=lucia").await.body;
        let id = list["conversations"][0]["view"]["head"]["id"].as_str().unwrap().to_owned();
        let path = format!("/api/v1/conversations/{id}");
        desk.get(agent, &path).await.is(200, "");
        let lines = desk.get(agent, &format!("{path}/messages?limit=1")).await.is(200, "").body;
        assert_eq!((&lines["lines"][0]["seq"], &lines["before"]), (&json!(2), &json!(2)));
        let older = format!("{path}/messages?before=2");
        assert_eq!(desk.get(agent, &older).await.body["lines"][0]["seq"], 1);
        let member = format!("/api/v1/teams/{}/members/{}", desk.team, agent.agent_id);
        ask(&desk.router, Some(&desk.admin), Method::DELETE, &member, None).await.is(204, "");
        for path in [path.clone(), format!("{path}/messages")] {
            desk.get(agent, &path).await.is(404, "not_found");
        }
        let list = desk.get(agent, "/api/v1/conversations").await.body;
        assert_eq!(list["conversations"], json!([]));
        let missed = desk.get(agent, &sync(&cursor)).await.is(200, "").body;
        assert_eq!(missed["frames"][0]["reason"], "scope_changed", "{missed}");
        desk.get(&desk.supervisor, &path).await.is(200, "");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn the_list_can_be_kept_to_one_number() {
    for desk in desks().await {
        operator_adds_number(&desk.parts, &desk.admin, &desk.team, "pn2").await;
        for (number, message) in [("pn1", "wamid.1"), ("pn2", "wamid.2")] {
            let body = webhooks::message(message, "Hola").replace("pn1", number);
            webhooks::post(&desk, &body, Some(&webhooks::sign(&body))).await.is(200, "");
        }
        let all = desk.get(&desk.agent, "/api/v1/conversations").await.is(200, "").body;
        let rows = all["conversations"].as_array().unwrap();
        assert_eq!(rows.len(), 2);
        for row in rows {
            let channel = row["view"]["head"]["channel_id"].as_str().unwrap();
            for path in ["/api/v1/conversations?q=lucia", "/api/v1/search?q=lucia"] {
                let path = format!("{path}&channel={channel}");
                let found = desk.get(&desk.agent, &path).await.is(200, "").body;
                assert_eq!(found["conversations"], json!([row]));
            }
            let path = format!("/api/v1/conversations?channel={channel}&ids={channel}");
            desk.get(&desk.agent, &path).await.is(400, "invalid");
        }
        desk.get(&desk.agent, "/api/v1/conversations?channel=pn1").await.is(400, "invalid");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn who_sees_the_head_alone_reads_no_line() {
    for desk in desks().await {
        desk.customer_writes("wamid.1", "Hola").await;
        let team = format!("/api/v1/teams/{}", desk.team);
        let change = json!({"visibility": "head"});
        let changed = desk.call(&desk.admin, Method::PATCH, &team, change).await.is(200, "");
        assert_eq!(changed.body["visibility"], "head");
        let list = desk.get(&desk.agent, "/api/v1/conversations").await.body;
        let row = &list["conversations"][0];
        assert_eq!(row["level"], "head", "{row}");
        assert!(!list.to_string().contains("Hola"));
        let path = format!("/api/v1/conversations/{}", row["head"]["id"].as_str().unwrap());
        let one = desk.get(&desk.agent, &path).await.is(200, "");
        assert!(!one.text.contains("Hola"));
        desk.get(&desk.agent, &format!("{path}/messages")).await.is(403, "forbidden");
        desk.get(&desk.supervisor, &format!("{path}/messages")).await.is(200, "");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn a_change_of_settings_is_an_event_and_a_wish_that_holds_is_none() {
    for desk in desks().await {
        let head = || async {
            let page = desk.get(&desk.admin, "/api/v1/snapshot").await.body;
            let cursor = page["cursor"].as_str().unwrap().to_owned();
            cursor.rsplit_once(':').unwrap().1.parse::<u64>().unwrap()
        };
        let before = head().await;
        let busy = json!({"availability": "busy", "name": "Ben"});
        for _ in 0..2 {
            let me = desk.call(&desk.agent, Method::PATCH, "/api/v1/me", busy.clone()).await;
            assert_eq!(me.is(200, "").body["agent"]["availability"], "busy");
            assert_eq!(head().await, before + 1);
        }
        let role = json!({"role": "admin"});
        desk.call(&desk.agent, Method::PATCH, "/api/v1/me", role).await.is(400, "invalid");
        let path = format!("/api/v1/agents/{}", desk.agent.agent_id);
        let change = json!({"capacity": 3});
        let agent = desk.call(&desk.admin, Method::PATCH, &path, change).await.is(200, "");
        assert_eq!(agent.body["capacity"], 3);
        let change = json!({"capacity": null, "state": "leaving"});
        let agent = desk.call(&desk.admin, Method::PATCH, &path, change).await.is(200, "");
        assert_eq!(
            (&agent.body["capacity"], &agent.body["state"]),
            (&Value::Null, &json!("leaving"))
        );
        desk.get(&desk.agent, "/api/v1/me").await.is(401, "device_revoked");
        let own = format!("/api/v1/agents/{}", desk.admin.agent_id);
        let last = desk.call(&desk.admin, Method::PATCH, &own, json!({"role": "agent"})).await;
        last.is(409, "not_allowed");
        desk.database.close().await;
    }
}

#[tokio::test]
async fn the_role_agent_supervises_no_team() {
    for desk in desks().await {
        let place =
            |agent: &Session| format!("/api/v1/teams/{}/members/{}", desk.team, agent.agent_id);
        let supervisor = json!({"kind": "supervisor"});
        let put = async |of: &Session, body: Value| {
            desk.call(&desk.admin, Method::PUT, &place(of), body).await
        };
        let refused = put(&desk.agent, supervisor.clone()).await.is(400, "invalid");
        assert!(refused.text.contains("the role agent supervises no team"), "{}", refused.text);
        let new = json!({"email": "eve@host", "name": "Eve", "role": "agent",
            "password": PASSWORD, "teams": [{"team_id": desk.team, "kind": "supervisor"}]});
        desk.call(&desk.admin, Method::POST, "/api/v1/agents", new).await.is(400, "invalid");
        // Who loses the role goes on as a member, and does not supervise by having it again.
        let path = format!("/api/v1/agents/{}", desk.supervisor.agent_id);
        for role in ["agent", "supervisor"] {
            let change = json!({"role": role});
            let agent = desk.call(&desk.admin, Method::PATCH, &path, change).await.is(200, "");
            assert_eq!(agent.body["teams"][0]["kind"], "member", "{}", agent.text);
        }
        put(&desk.supervisor, supervisor.clone()).await.is(204, "");
        let agent = desk.get(&desk.admin, &path).await.is(200, "");
        assert_eq!(agent.body["teams"][0]["kind"], "supervisor", "{}", agent.text);
        desk.database.close().await;
    }
}
