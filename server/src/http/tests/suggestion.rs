//! Suggestions: what a source is told of a conversation, what an agent is shown of its answer, and
//! that nothing happens by itself.

use axum::routing::post;
use baton_protocol::context::ContextWhy;
use baton_protocol::suggestion::{Suggestion, SuggestionAsk, SuggestionTask};
use tokio::net::TcpListener;

use super::context::{Example, Scene, scenes};
use super::*;

/// A program that answers with these bodies, by the path; and what it was told.
async fn program(said: &Value) -> (String, Arc<std::sync::Mutex<Vec<SuggestionAsk>>>) {
    let came = Arc::new(std::sync::Mutex::new(Vec::new()));
    let (kept, said) = (Arc::clone(&came), said.clone());
    let answer = move |how: axum::extract::Path<String>, text: String| {
        kept.lock().unwrap().push(serde_json::from_str(&text).expect("a question"));
        std::future::ready(said[&how.0].to_string())
    };
    let router = Router::new().route("/{how}", post(answer));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://{address}"), came)
}

impl Scene {
    /// A tag of the workspace.
    async fn has_tag(&self, name: &str) -> String {
        let id = self.desk.parts.clock.uuid_v7();
        let put = json!({"home": {"kind": "workspace"}, "body": {"name": name}});
        let all = json!([{"kind": "tag", "id": id, "put": put}]);
        let Desk { router, admin, .. } = &self.desk;
        ask(router, Some(admin), Method::POST, "/api/v1/settings", Some(all)).await.is(200, "");
        id.to_string()
    }

    async fn suggests(&self, source: &str) -> Suggestion {
        let path = self.path.replace("/context", "/suggestion");
        let wish = json!({"source_id": self.ids[source]});
        let Desk { router, agent, .. } = &self.desk;
        let reply = ask(router, Some(agent), Method::POST, &path, Some(wish)).await.is(200, "");
        serde_json::from_value(reply.body).unwrap()
    }
}

#[tokio::test]
async fn a_source_suggests_an_answer_and_tags_and_nothing_is_sent_or_put_on() {
    let answer = json!({"text": " It is on its way. ", "labels": ["Parcel", "unheard of"]});
    let (at, came) = program(&json!({"good": answer})).await;
    for mut scene in scenes(&[], &json!({})).await {
        let tag = scene.has_tag("Delivery").await;
        let more = json!({"suggests": true, "labels": [{"label": "parcel", "tag": tag}]});
        scene.adds("good", &format!("{at}/good"), &more).await;
        let before = scene.desk.get(&scene.desk.agent, "/api/v1/conversations").await.body;
        let told = scene.suggests("good").await;
        assert_eq!(told.text.as_deref(), Some("It is on its way."));
        assert_eq!(told.tags.iter().map(ToString::to_string).collect::<Vec<_>>(), [tag]);
        assert_eq!((told.seq, told.why), (1, None));
        let asked = came.lock().unwrap().pop().expect("it was asked");
        assert_eq!(asked.task, SuggestionTask::Suggest);
        assert_eq!(asked.labels, ["parcel"]);
        assert_eq!(asked.lines.iter().map(|line| &*line.text).collect::<Vec<_>>(), ["Hola"]);
        let after = scene.desk.get(&scene.desk.agent, "/api/v1/conversations").await.body;
        assert_eq!(after, before, "nothing happened");
        scene.desk.database.close().await;
    }
}

#[tokio::test]
async fn what_is_no_suggestion_is_told_by_its_reason() {
    let wrong = json!({
        "empty": {"text": "  "}, "long": {"text": "x".repeat(4_097)}, "odd": {"text": "a\u{7}"},
        "many": {"labels": vec!["a"; 21]}, "rubbish": 7, "another": {"rows": []},
        "large": {"text": "Yes", "more": "x".repeat(1_000_000)},
    });
    let (at, _) = program(&wrong).await;
    let sources: Vec<(&str, String)> =
        ["empty", "long", "odd", "many", "rubbish", "another", "large"]
            .map(|how| (how, format!("{at}/{how}")))
            .into();
    for mut scene in scenes(&sources, &json!({"suggests": true})).await {
        for (name, _) in &sources {
            assert_eq!(scene.suggests(name).await.why, Some(ContextWhy::Wrong), "{name}");
        }
        let nobody = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
        scene.adds("down", &format!("http://{nobody}/"), &json!({"suggests": true})).await;
        assert_eq!(scene.suggests("down").await.why, Some(ContextWhy::Down));
        scene.desk.database.close().await;
    }
}

#[tokio::test]
async fn a_source_suggests_as_often_as_it_may_be_asked_on_a_day() {
    let (at, came) = program(&json!({"good": {"text": "Yes"}})).await;
    for mut scene in scenes(&[], &json!({})).await {
        let more = json!({"suggests": true, "per_day": 1});
        scene.adds("good", &format!("{at}/good"), &more).await;
        scene.adds("other", &format!("{at}/good"), &more).await;
        scene.passes_to_midnight_but(10 * 60_000).await;
        assert_eq!(scene.suggests("good").await.text.as_deref(), Some("Yes"));
        let over = scene.suggests("good").await;
        assert_eq!((over.text, over.why), (None, Some(ContextWhy::Spent)));
        assert_eq!(scene.suggests("other").await.why, None, "each has a day of its own");
        assert_eq!(std::mem::take(&mut *came.lock().unwrap()).len(), 2);
        scene.passes_to_midnight_but(0).await;
        assert_eq!(scene.suggests("good").await.why, None, "another day");
        came.lock().unwrap().clear();
        scene.desk.database.close().await;
    }
}

#[tokio::test]
async fn only_who_sees_the_conversation_asks_and_only_a_source_that_suggests() {
    let (at, came) = program(&json!({"good": {"text": "Yes"}})).await;
    for mut scene in scenes(&[("good", format!("{at}/good"))], &json!({"suggests": true})).await {
        scene.adds("rows", &format!("{at}/good"), &json!({})).await;
        let path = scene.path.replace("/context", "/suggestion");
        let Desk { router, agent, stranger, .. } = &scene.desk;
        for (by, name) in [(stranger, "good"), (agent, "rows")] {
            let wish = Some(json!({"source_id": scene.ids[name]}));
            ask(router, Some(by), Method::POST, &path, wish).await.is(404, "not_found");
        }
        assert!(came.lock().unwrap().is_empty());
        scene.desk.database.close().await;
    }
}

#[tokio::test]
async fn the_example_suggests_by_words() {
    let folder = tempfile::tempdir().unwrap();
    let example = Example::start("assistant", folder.path()).await;
    let sources = [("assistant", example.address.clone())];
    for scene in scenes(&sources, &json!({"suggests": true})).await {
        std::fs::write(&example.secret, &scene.secrets["assistant"]).unwrap();
        scene.desk.customer_writes("wamid.2", "When are you open?").await;
        let told = scene.suggests("assistant").await;
        assert_eq!(told.why, None);
        assert!(told.text.expect("a text").contains("9"));
        scene.desk.database.close().await;
    }
}
