//! Message templates: listed, sent with the right parameters, changed.

use baton_simulator::{Knobs, PlatformEvent, TemplateEvent};
use serde_json::{Value, json};

use crate::{Stage, message};

async fn permissive() -> Stage {
    Stage::new(Knobs::permissive()).await
}

fn texts(texts: &[&str]) -> Value {
    let parameters: Vec<Value> =
        texts.iter().map(|text| json!({"type": "text", "text": text})).collect();
    json!({"type": "body", "parameters": parameters})
}

fn template(name: &str, language: &str, components: &[Value]) -> Value {
    message(
        "template",
        json!({"name": name, "language": {"code": language}, "components": components}),
    )
}

#[tokio::test]
async fn the_list_comes_in_pages_and_ends_where_next_is_absent() {
    let stage = permissive().await;
    let (_, waba) = stage.ids();
    let mut names = Vec::new();
    let mut path = format!("{waba}/message_templates?fields=name,language&limit=2");
    for page in 0..10 {
        let found = stage.get(&path).await;
        for one in found["data"].as_array().unwrap() {
            assert_eq!(one.as_object().unwrap().len(), 3, "name, language and id: {one}");
            names.push(one["name"].as_str().unwrap().to_owned());
        }
        let Some(next) = found["paging"].get("next") else {
            assert_eq!(page, 2);
            break;
        };
        path = next.as_str().unwrap().split_once("/v26.0/").unwrap().1.to_owned();
    }
    let all = ["hello_world", "order_update", "order_update", "appointment", "autumn_sale"];
    assert_eq!(names, all);
    let one = stage.get(&format!("{waba}/message_templates?name=appointment")).await;
    assert_eq!(one["data"].as_array().unwrap().len(), 1);
    assert_eq!(one["data"][0]["parameter_format"], "NAMED");
}

#[tokio::test]
async fn a_template_is_sent_with_exactly_its_parameters() {
    let stage = permissive().await;
    let named = json!({"type": "body", "parameters": [
        {"type": "text", "parameter_name": "day", "text": "Monday"},
        {"type": "text", "parameter_name": "first_name", "text": "Lucía"},
    ]});
    let mut misnamed = named.clone();
    misnamed["parameters"][0]["parameter_name"] = json!("date");
    let picture = json!({"type": "header", "parameters": [
        {"type": "image", "image": {"link": "https://example.com/a.jpg"}},
    ]});
    let text_header = json!({"type": "header", "parameters": [{"type": "text", "text": "x"}]});
    let link = json!({"type": "button", "sub_type": "url", "index": "0",
        "parameters": [{"type": "text", "text": "bikes"}]});
    let cases = [
        (template("order_update", "es", &[texts(&["Lucía", "4711"])]), 200, 0),
        (template("hello_world", "en_US", &[]), 200, 0),
        (template("appointment", "en", &[named]), 200, 0),
        (template("autumn_sale", "en", &[picture.clone(), texts(&["20 %"]), link.clone()]), 200, 0),
        (template("order_update", "es", &[texts(&["Lucía"])]), 400, 132_000),
        (template("order_update", "es", &[]), 400, 132_000),
        (template("hello_world", "en_US", &[texts(&["x"])]), 400, 132_000),
        (template("order_update", "fr", &[texts(&["a", "b"])]), 404, 132_001),
        (template("order", "es", &[texts(&["a", "b"])]), 404, 132_001),
        (template("appointment", "en", &[misnamed]), 400, 100),
        (template("autumn_sale", "en", &[texts(&["x"]), link.clone()]), 400, 132_012),
        (template("autumn_sale", "en", &[text_header, texts(&["x"]), link]), 400, 132_012),
        (template("autumn_sale", "en", &[picture, texts(&["x"])]), 400, 131_008),
    ];
    for (body, status, code) in cases {
        let (got, answer) = stage.post(&body).await.unwrap();
        let told = answer["error"]["code"].as_u64().unwrap_or_default();
        assert_eq!((got, told), (status, code), "{body}: {answer}");
    }
    let answer = stage.post(&template("order_update", "es", &[texts(&["x"])])).await.unwrap().1;
    assert_eq!(
        answer["error"]["error_data"]["details"],
        "body: number of localizable_params (1) does not match the expected number of params (2)"
    );
    assert_eq!(stage.simulator.reached().len(), 4);
}

#[tokio::test]
async fn a_template_is_made_approved_paused_and_deleted() {
    let stage = permissive().await;
    let (_, waba) = stage.ids();
    let list = format!("{waba}/message_templates");
    let new = json!({
        "name": "delay", "language": "en_US", "category": "utility",
        "components": [{"type": "BODY", "text": "Sorry, {{1}}."}],
    });
    let (status, made) = stage.call("POST", &list, new.clone()).await;
    assert_eq!((status, &made["status"]), (200, &json!("PENDING")));
    assert_eq!(stage.call("POST", &list, new).await.0, 400, "it exists");
    let sent = template("delay", "en_US", &[texts(&["Lucía"])]);
    assert_eq!(stage.is_refused(&sent).await, (404, 132_001));
    let status = |event: &str| {
        PlatformEvent::Template(TemplateEvent::Status {
            name: "delay".to_owned(),
            language: "en_US".to_owned(),
            event: event.to_owned(),
            reason: None,
        })
    };
    stage.simulator.happens(status("APPROVED")).await.unwrap();
    assert_eq!(stage.post(&sent).await.unwrap().0, 200);
    stage.simulator.happens(status("PAUSED")).await.unwrap();
    assert_eq!(stage.is_refused(&sent).await, (400, 132_015));
    stage.simulator.happens(status("DISABLED")).await.unwrap();
    assert_eq!(stage.is_refused(&sent).await, (400, 132_016));
    stage.quiet().await;
    let told: Vec<Value> = stage.sink.changes("message_template_status_update");
    let events: Vec<_> = told.iter().map(|one| one["event"].as_str().unwrap()).collect();
    assert_eq!(events, ["APPROVED", "PAUSED", "DISABLED"]);
    assert_eq!(told[0]["message_template_language"], "en-US");
    let id: u64 = made["id"].as_str().unwrap().parse().unwrap();
    assert_eq!(told[0]["message_template_id"], id, "a number in webhooks");
    let path = format!("{list}?name=delay");
    assert_eq!(stage.call("DELETE", &path, Value::Null).await.0, 200);
    assert_eq!(stage.call("DELETE", &path, Value::Null).await.0, 400);
}

#[tokio::test]
async fn an_account_holds_250_templates() {
    let stage = permissive().await;
    let (_, waba) = stage.ids();
    for nth in stage.simulator.templates(&waba).len()..250 {
        let mut template = stage.simulator.templates(&waba)[0].clone();
        template.id = String::new();
        template.name = format!("t{nth}");
        drop(stage.simulator.put_template(&waba, template));
    }
    let new = json!({
        "name": "more", "language": "en", "category": "UTILITY",
        "components": [{"type": "BODY", "text": "x"}],
    });
    let (_, answer) = stage.call("POST", &format!("{waba}/message_templates"), new).await;
    assert_eq!(answer["error"]["error_subcode"], 2_388_019);
}

#[tokio::test]
async fn a_customer_who_stopped_marketing_gets_none() {
    let stage = permissive().await;
    let lucia = stage.simulator.customer("34600000001", "Lucía");
    let stopped = |is_stopped| {
        PlatformEvent::Customer(baton_simulator::CustomerEvent::Preference {
            from: lucia.person(),
            is_stopped,
        })
    };
    stage.simulator.happens(stopped(true)).await.unwrap();
    let (_, waba) = stage.ids();
    let mut sale = stage.simulator.templates(&waba)[0].clone();
    "MARKETING".clone_into(&mut sale.category);
    stage.simulator.put_template(&waba, sale);
    let body = template("hello_world", "en_US", &[]);
    let wamid = stage.post(&body).await.unwrap().1["messages"][0]["id"].clone();
    stage.quiet().await;
    assert_eq!(stage.sink.statuses_of(wamid.as_str().unwrap()), ["failed"]);
    assert_eq!(stage.sink.statuses()[0]["errors"][0]["code"], 131_050);
    let told = &stage.sink.changes("user_preferences")[0]["user_preferences"][0];
    assert_eq!(told["value"], "stop");
    assert!(told["timestamp"].is_number());
    stage.simulator.happens(stopped(false)).await.unwrap();
    stage.post(&body).await.unwrap();
    assert_eq!(stage.simulator.reached().len(), 1);
}

#[tokio::test]
async fn a_templates_quality_is_told_with_its_date_and_the_list_with_counts() {
    let stage = permissive().await;
    let (_, waba) = stage.ids();
    let path = format!("{waba}/message_templates?name=hello_world");
    let score = async || stage.get(&path).await["data"][0]["quality_score"].clone();
    let before = score().await;
    assert_eq!(before["score"], "UNKNOWN");
    let (name, language) = ("hello_world".to_owned(), "en_US".to_owned());
    let event = TemplateEvent::Quality { name, language, quality: "GREEN".to_owned() };
    stage.simulator.happens(PlatformEvent::Template(event)).await.unwrap();
    let counted = stage.get(&format!("{path}&summary=total_count,message_template_limit")).await;
    let summary = json!({"total_count": 1, "message_template_limit": 250});
    assert_eq!(counted["summary"], summary);
    let after = score().await;
    assert_eq!(after["score"], "GREEN");
    assert!(after["date"].as_i64() > before["date"].as_i64(), "{before} {after}");
}

#[tokio::test]
async fn the_endpoint_for_marketing_takes_templates_for_marketing_alone() {
    let stage = permissive().await;
    let path = format!("{}/marketing_messages", stage.ids().0);
    let post = async |body: Value| stage.call("POST", &path, body).await;
    let picture = json!({"type": "header", "parameters": [
        {"type": "image", "image": {"link": "https://example.com/a.jpg"}},
    ]});
    let link = json!({"type": "button", "sub_type": "url", "index": "0",
        "parameters": [{"type": "text", "text": "bikes"}]});
    let mut sale = template("autumn_sale", "en", &[picture, texts(&["20 %"]), link]);
    sale["product_policy"] = json!("CLOUD_API_FALLBACK");
    sale["message_activity_sharing"] = json!(true);
    let (status, answer) = post(sale.clone()).await;
    assert_eq!(status, 200, "{answer}");
    stage.quiet().await;
    let wamid = answer["messages"][0]["id"].as_str().unwrap();
    assert_eq!(stage.sink.statuses_of(wamid), ["sent", "delivered"]);
    assert_eq!(stage.sink.statuses()[0]["pricing"]["category"], "marketing_lite");
    sale["product_policy"] = json!("LOOSE");
    let update = template("order_update", "es", &[texts(&["Lucía", "4711"])]);
    let cases = [
        (sale, 100),
        (update, 134_100),
        (message("text", json!({"body": "Hola"})), 100),
        (json!({"messaging_product": "whatsapp", "status": "read", "message_id": "w"}), 100),
    ];
    for (body, code) in cases {
        let (status, answer) = post(body).await;
        assert_eq!((status, &answer["error"]["code"]), (400, &json!(code)), "{answer}");
    }
    assert_eq!(stage.simulator.reached().len(), 1);
}
