//! The board that supervisors are shown, and its cost.

use futures_util::future::join_all;

use super::*;
use crate::clock::ManualClock;

const BOARD: &str = "/api/v1/board";

async fn timed() -> Vec<(ManualClock, Desk)> {
    let mut all = Vec::new();
    for database in databases().await {
        let time = ManualClock::new(Timestamp::from_ms(1_790_000_000_000), 5);
        let desk = Box::pin(desk(database, time.clock())).await;
        all.push((time, desk));
    }
    all
}

#[tokio::test]
async fn fifty_boards_cost_one_count_a_second() {
    for (time, desk) in timed().await {
        desk.customer_writes("wamid.1", "Hola").await;
        let counts = || desk.parts.metrics.board_counts.get();
        let looks = (0..50).map(|_| desk.get(&desk.supervisor, BOARD));
        for reply in join_all(looks).await {
            assert_eq!(reply.is(200, "").body["teams"][&desk.team]["waiting"], 1);
        }
        assert_eq!(counts(), 1);
        desk.get(&desk.stranger, BOARD).await.is(200, "");
        assert_eq!(counts(), 2, "another workspace has its own");
        desk.customer_writes("wamid.2", "¿Hay alguien?").await;
        time.advance_ms(999);
        desk.get(&desk.admin, BOARD).await.is(200, "");
        assert_eq!(counts(), 2);
        time.advance_ms(1);
        join_all((0..50).map(|_| desk.get(&desk.admin, BOARD))).await;
        assert_eq!(counts(), 3);
        desk.database.close().await;
    }
}

#[tokio::test]
async fn supervisors_are_shown_their_teams_and_nothing_of_others() {
    for (time, desk) in timed().await {
        desk.customer_writes("wamid.1", "Hola").await;
        desk.get(&desk.agent, BOARD).await.is(403, "forbidden");
        let board = desk.get(&desk.supervisor, BOARD).await.is(200, "").body;
        let sales = &board["teams"][&desk.team];
        assert_eq!((&sales["in_line"], &sales["late"]), (&json!(1), &json!(0)));
        assert_eq!(sales["oldest"], board["at"]);
        assert_eq!(board["channels"][&desk.channel]["waiting"], json!(1));
        assert_eq!(board["alerts"], json!([]));
        let team = json!({"name": "Billing"});
        let team = desk.call(&desk.admin, Method::POST, "/api/v1/teams", team).await.is(201, "");
        let (place, path) = (json!({"kind": "member"}), |team: &str, agent| {
            format!("/api/v1/teams/{team}/members/{agent}")
        });
        let billing = team.body["id"].as_str().unwrap();
        let place_of_sue = path(billing, desk.supervisor.agent_id);
        desk.call(&desk.admin, Method::PUT, &place_of_sue, place).await.is(204, "");
        time.advance_ms(15 * 60_000);
        let sue = sign_in(&desk.router, "acme", "sue@host").await;
        let admin = sign_in(&desk.router, "acme", "admin@host").await;
        let board = desk.get(&sue, BOARD).await.is(200, "").body;
        assert_eq!(board["teams"].as_object().unwrap().len(), 1, "a member there is no supervisor");
        let late = json!({"kind": "late", "team_id": desk.team, "count": 1});
        assert_eq!(board["alerts"], json!([late]));
        let own = path(&desk.team, desk.supervisor.agent_id);
        ask(&desk.router, Some(&admin), Method::DELETE, &own, None).await.is(204, "");
        let board = desk.get(&sue, BOARD).await.body;
        for (list, empty) in [("teams", json!({})), ("channels", json!({})), ("agents", json!([]))]
        {
            assert_eq!(board[list], empty, "rights are those of now: {list}");
        }
        assert_eq!(board["alerts"], json!([]));
        let all = desk.get(&admin, BOARD).await.body;
        assert_eq!(all["teams"].as_object().unwrap().len(), 2);
        desk.database.close().await;
    }
}

#[tokio::test]
async fn an_agent_who_signed_out_everywhere_is_not_there() {
    for (time, desk) in timed().await {
        let verdict = async || {
            let board = desk.get(&desk.admin, BOARD).await.is(200, "").body;
            let agents = board["agents"].as_array().unwrap();
            let of = agents.iter().find(|of| of["agent_id"] == json!(desk.agent.agent_id));
            of.unwrap()["verdict"].clone()
        };
        assert_eq!(verdict().await, "connected", "nobody was seen to do anything");
        let out = format!("/api/v1/sessions/{}", desk.agent.device_id);
        desk.call(&desk.agent, Method::DELETE, &out, Value::Null).await.is(204, "");
        time.advance_ms(1_000);
        assert_eq!(verdict().await, "unreachable");
        desk.database.close().await;
    }
}
