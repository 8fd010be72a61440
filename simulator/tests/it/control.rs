//! The same hands over HTTP.

use baton_simulator::{Desk, Knobs, Written};
use serde_json::{Value, json};

use crate::Stage;

async fn ask(stage: &Stage, method: &str, path: &str, body: Option<Value>) -> (u16, Value) {
    let url = format!("{}/control{path}", stage.simulator.base_url());
    let mut request = stage.http.request(method.parse().unwrap(), url);
    if let Some(body) = body {
        request = request.json(&body);
    }
    let answer = request.send().await.unwrap();
    let status = answer.status().as_u16();
    let text = answer.text().await.unwrap();
    (status, serde_json::from_str(&text).unwrap_or(Value::String(text)))
}

#[tokio::test]
async fn another_process_can_let_customers_write_and_see_what_reached_them() {
    let stage = Stage::new(Knobs::default()).await;
    let from = json!({"wa_id": "34600000001", "name": "Lucía"});
    let (status, answer) =
        ask(&stage, "POST", "/messages", Some(json!({"from": from, "text": "Hola"}))).await;
    assert_eq!(status, 200);
    let wamid = stage.sends("34600000001", "Buenas").await;
    let (_, reached) = ask(&stage, "GET", "/reached", None).await;
    assert_eq!(reached[0]["type"], "text");
    assert_eq!(reached[0]["wamid"], wamid);
    assert_eq!(ask(&stage, "GET", "/reached?since=1", None).await.1, json!([]));
    assert_eq!(ask(&stage, "POST", "/reads", Some(json!({"wamid": wamid}))).await.0, 200);
    let quiesce = Some(json!({"timeout_ms": 10_000}));
    assert_eq!(ask(&stage, "POST", "/quiesce", quiesce).await.0, 200);
    assert_eq!(stage.sink.statuses_of(&wamid), ["sent", "delivered", "read"]);
    let (_, acknowledged) = ask(&stage, "GET", "/acknowledged", None).await;
    assert_eq!(acknowledged[0]["updates"], json!([{"id": answer["wamid"]}]));
    assert_eq!(ask(&stage, "POST", "/verify", None).await.0, 200);
}

#[tokio::test]
async fn a_page_plays_customers_and_is_told_what_they_wrote_and_where_the_team_works() {
    let stage = Stage::new(Knobs::default()).await;
    for (path, media_type) in
        [("/", "text/html"), ("/page.js", "text/javascript"), ("/page.css", "text/css")]
    {
        let url = format!("{}{path}", stage.simulator.base_url());
        let answer = stage.http.get(url).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        let header = |name| answer.headers()[name].to_str().unwrap().to_owned();
        assert!(header("content-type").starts_with(media_type), "{path}");
        assert!(header("content-security-policy").starts_with("default-src 'none'"), "{path}");
    }
    let login = ["demo", "ana@demo.test", "secret"].map(str::to_owned);
    let desk = Desk { name: "Ana".to_owned(), role: "agent".to_owned(), url: None, login };
    stage.simulator.set_desks(vec![desk]);
    assert_eq!(ask(&stage, "GET", "/desks", None).await.1[0]["name"], "Ana");

    let lucia = stage.simulator.customer("34600000001", "Lucía");
    let hola = lucia.sends("Hola").await;
    let heart = lucia.reacts(&hola, "❤").await;
    let (_, written) = ask(&stage, "GET", "/written", None).await;
    assert_eq!(written[0]["message"], json!({"type": "text", "text": {"body": "Hola"}}));
    assert_eq!(
        (&written[0]["wamid"], &written[0]["from"]["name"]),
        (&json!(hola), &json!("Lucía"))
    );
    let (_, later) = ask(&stage, "GET", "/written?since=1", None).await;
    assert_eq!(later.as_array().map(Vec::len), Some(1));
    assert_eq!((&later[0]["wamid"], &later[0]["order"]), (&json!(heart), &json!(1)));
    for n in 0..Written::MAX {
        lucia.sends(&format!("{n}")).await;
    }
    let kept = stage.simulator.written();
    assert_eq!((kept.len(), kept[0].order), (Written::MAX, 2), "the oldest are forgotten");
}

#[tokio::test]
async fn knobs_are_replaced_and_patched_and_unknown_ones_refused() {
    let stage = Stage::new(Knobs::default()).await;
    let fault = json!({"when": {"every": 3}, "fault": {"kind": "maintenance"}});
    let put = json!({"batch_size": 7, "faults": [fault]});
    assert_eq!(ask(&stage, "PUT", "/knobs", Some(put)).await.0, 200);
    assert_eq!(stage.simulator.knobs().batch_size, 7);
    let patch = json!({"auto_read": true, "status_delay": {"min_ms": 1, "max_ms": 2}});
    assert_eq!(ask(&stage, "PATCH", "/knobs", Some(patch)).await.0, 200);
    let knobs = stage.simulator.knobs();
    assert!(knobs.auto_read && knobs.batch_size == 7 && knobs.faults.len() == 1);
    let (status, _) = ask(&stage, "PATCH", "/knobs", Some(json!({"speed": 1}))).await;
    assert_eq!(status, 400);
    let (status, _) = ask(&stage, "PUT", "/knobs", Some(json!({"speed": 1}))).await;
    assert_eq!(status, 422);
    assert_eq!(stage.simulator.knobs(), knobs);
}

#[tokio::test]
async fn a_reset_forgets_what_happened_and_what_was_on_its_way() {
    let stage = Stage::new(Knobs::permissive()).await;
    let delay = json!({"webhook_delay": {"min_ms": 600_000, "max_ms": 600_000}});
    ask(&stage, "PATCH", "/knobs", Some(delay)).await;
    stage.simulator.customer("34600000001", "Lucía").sends("Hola").await;
    stage.sends("34600000001", "Buenas").await;
    assert_eq!(ask(&stage, "POST", "/reset", None).await.0, 200);
    stage.quiet().await;
    let (_, overview) = ask(&stage, "GET", "", None).await;
    assert_eq!(overview["reached"], 0);
    assert_eq!(overview["pending"], 0);
    assert_eq!(stage.simulator.knobs(), Knobs::permissive());
    assert_eq!(stage.sink.messages(), Vec::<Value>::new());
}

#[tokio::test]
async fn wrong_wishes_are_refused() {
    let stage = Stage::new(Knobs::default()).await;
    let wishes = [
        ("/messages", json!({"from": {"name": "nobody"}, "text": "x"})),
        ("/messages", json!({"from": {"wa_id": "1"}})),
        ("/messages", json!({"from": {"wa_id": "1"}, "message": {"text": {}}})),
        ("/messages", json!({"from": {"wa_id": "1"}, "text": "x", "phone_number_id": "9"})),
        ("/reads", json!({"wamid": "wamid.none"})),
        ("/script", json!({"customers": 0})),
    ];
    for (path, wish) in wishes {
        assert_eq!(ask(&stage, "POST", path, Some(wish.clone())).await.0, 400, "{wish}");
    }
}

/// A simulator that is played by a secret alone.
async fn locked() -> baton_simulator::Simulator {
    let secret = Some("s3cret-of-this-start".to_owned());
    let config = baton_simulator::Config { secret, ..baton_simulator::Config::default() };
    baton_simulator::Simulator::start(config).await.unwrap()
}

#[tokio::test]
async fn customers_are_played_at_the_address_with_the_secret_and_at_no_other() {
    let simulator = locked().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let (base, control) = (simulator.base_url(), simulator.control_url());
    assert_eq!(control, format!("{base}/s3cret-of-this-start"));
    for path in ["", "/", "/page.js", "/page.css", "/scenes.js", "/control", "/control/reached"] {
        let status = async |url: String| http.get(url).send().await.unwrap().status().as_u16();
        assert_eq!(status(format!("{control}{path}")).await, 200, "{path}");
        assert_eq!(status(format!("{base}{path}")).await, 403, "{path}");
        // Every other address belongs to the platform, which has refusals of its own.
        let wrong = status(format!("{base}/s3cret{path}")).await;
        assert!((400..500).contains(&wrong), "{path}: {wrong}");
    }
    // A form of any page could post this: it has no body.
    let reset = http.post(format!("{base}/control/reset")).send().await.unwrap();
    assert_eq!(reset.status(), 403);
    let reset = http.post(format!("{control}/control/reset")).send().await.unwrap();
    assert_eq!(reset.status(), 200);
    let said = json!({"from": {"wa_id": "34600000001"}, "text": "Hola"});
    for (at, status) in [(&base, 403), (&control, 200)] {
        let url = format!("{at}/control/messages");
        assert_eq!(http.post(url).json(&said).send().await.unwrap().status(), status);
    }
    let query = http.get(format!("{control}/control/reached?since=7")).send().await.unwrap();
    assert_eq!(query.json::<Value>().await.unwrap(), json!([]));
    simulator.stop().await;
}

#[tokio::test]
async fn a_page_whose_name_was_made_to_point_here_plays_nobody() {
    let simulator = locked().await;
    let http = reqwest::Client::builder().no_proxy().build().unwrap();
    let url = format!("{}/control", simulator.control_url());
    let port = simulator.base_url().rsplit(':').next().unwrap().to_owned();
    for (host, status) in [
        ("rebind.evil.example".to_owned(), 403),
        (format!("rebind.evil.example:{port}"), 403),
        ("127.0.0.1:1".to_owned(), 403),
        (format!("localhost:{port}"), 200),
        (format!("127.0.0.1:{port}"), 200),
    ] {
        let asked = http.get(&url).header("host", &host).send().await.unwrap();
        assert_eq!(asked.status(), status, "{host}");
    }
    simulator.stop().await;
}
