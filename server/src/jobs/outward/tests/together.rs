//! Webhooks that are slow, and many events at once.

use tokio::sync::Barrier;

use super::*;

/// A receiver that answers once so many requests wait for it, and what it took, in that order.
async fn company(size: usize) -> (String, Arc<Mutex<Vec<Value>>>) {
    let (barrier, took) = (Arc::new(Barrier::new(size)), Arc::new(Mutex::new(Vec::new())));
    let came = Arc::clone(&took);
    let take = move |text: String| {
        let (barrier, came) = (Arc::clone(&barrier), Arc::clone(&came));
        async move {
            came.lock().unwrap().push(serde_json::from_str(&text).unwrap());
            barrier.wait().await;
            StatusCode::NO_CONTENT
        }
    };
    let router = Router::new().route("/hook", post(take));
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router).await });
    (format!("http://{address}/hook"), took)
}

#[tokio::test]
async fn conversations_are_told_at_once_and_each_in_its_order() {
    // With fewer requests at once nobody is answered.
    let customers = 8;
    let (url, took) = company(customers).await;
    let change = |webhook: &mut Webhook| {
        (webhook.url, webhook.events) = (url.clone(), vec![WebhookKind::MessageReceived]);
    };
    for scene in scenes(change).await {
        for n in 0..customers * 3 {
            let from = format!("3460{}", n / 3);
            scene.bench.says(&from, &format!("wamid.{n}"), "hola").await;
        }
        scene.tells().await;
        let took = std::mem::take(&mut *took.lock().unwrap());
        let mut of = BTreeMap::<String, Vec<u64>>::new();
        for body in &took {
            let data = &body["data"];
            let conversation = data["conversation_id"].as_str().unwrap().to_owned();
            of.entry(conversation).or_default().push(data["position"].as_u64().unwrap());
        }
        assert_eq!((took.len(), of.len()), (customers * 3, customers));
        assert!(of.values().all(|positions| positions.is_sorted()), "{of:?}");
        assert_eq!(scene.state().await.deliveries, [], "each was taken");
        scene.bench.close().await;
    }
}

#[tokio::test]
async fn a_webhook_waits_for_no_other_one_however_many_never_answer() {
    // It answers when a hundred are there, which is never.
    let (never, asked) = company(100).await;
    for mut scene in scenes(|_| {}).await {
        let slow = Webhook {
            name: "Slow".to_owned(),
            url: never.clone(),
            events: vec![WebhookKind::MessageReceived],
            teams: Vec::new(),
            channels: Vec::new(),
            contents: false,
            numbers: false,
        };
        for n in 0..12 {
            scene.adds(Webhook { name: format!("Slow {n}"), ..slow.clone() }).await;
        }
        let url = scene.receiver.start().await;
        scene.adds(Webhook { name: "Quick".to_owned(), url, ..slow }).await;
        asked.lock().unwrap().clear();
        scene.bench.says("34600", "wamid.1", "hola").await;
        let running = tokio::spawn(scene.outwards.clone().run());
        let quick = async {
            while scene.receiver.came().iter().all(|came| !came.id.contains(&scene.id.to_string()))
            {
                tokio::task::yield_now().await;
            }
            while asked.lock().unwrap().len() < 12 {
                tokio::task::yield_now().await;
            }
        };
        // Far below the time after which the slow ones are given up.
        tokio::time::timeout(Duration::from_secs(10), quick).await.expect("all are asked at once");
        running.abort();
        scene.bench.close().await;
    }
}

#[tokio::test]
async fn a_webhook_that_is_set_back_meanwhile_begins_there() {
    let change = |webhook: &mut Webhook| webhook.events = vec![WebhookKind::MessageReceived];
    for scene in scenes(change).await {
        scene.bench.says("34600", "wamid.1", "one").await;
        scene.tells().await;
        let key = (scene.bench.workspace, scene.id);
        let store = &scene.outwards.store;
        let at = scene.state().await.position;
        webhook::resume(store, key, Some(1)).await.unwrap();
        let moved = webhook::moved(store, key, (at, at + 1), Some(START)).await.unwrap();
        assert!(!moved, "a look that began before knows nothing of it");
        assert_eq!(scene.state().await.position, 1);
        scene.bench.close().await;
    }
}
