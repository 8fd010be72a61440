//! Receivers that fail at random, or answer what nobody asked for.

use std::collections::BTreeSet;

use axum::extract::Path;
use axum::http::header;
use axum::response::{IntoResponse as _, Response};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::{Instant, MissedTickBehavior, interval};

use super::*;

/// Programs at one address: each answers what its path says.
#[derive(Clone, Default)]
struct Receivers {
    /// The ids of what was taken.
    taken: Arc<Mutex<BTreeSet<String>>>,
    asked: Arc<Mutex<u32>>,
}

impl Receivers {
    async fn start(&self) -> String {
        let this = self.clone();
        let answer = move |how: Path<String>, headers: HeaderMap| {
            std::future::ready(this.answer(&how.0, &headers))
        };
        let router = Router::new().route("/{how}", post(answer));
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move { axum::serve(listener, router).await });
        format!("http://{address}")
    }

    fn answer(&self, how: &str, headers: &HeaderMap) -> Response {
        let mut asked = self.asked.lock().unwrap();
        // Three of ten, in an order that looks like none.
        *asked = asked.wrapping_mul(1_103_515_245).wrapping_add(12_345);
        let fails = (*asked >> 16) % 10 < 3;
        match how {
            "flaky" if fails => StatusCode::SERVICE_UNAVAILABLE.into_response(),
            "elsewhere" => {
                (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "/rubbish")]).into_response()
            }
            how => {
                let id = headers["webhook-id"].to_str().unwrap().to_owned();
                self.taken.lock().unwrap().insert(id);
                let large = if how == "large" { 10_000_000 } else { 10 };
                "<".repeat(large).into_response()
            }
        }
    }

    fn taken(&self) -> usize {
        self.taken.lock().unwrap().len()
    }
}

#[tokio::test]
async fn a_receiver_that_fails_three_times_in_ten_gets_every_event_in_the_end() {
    let receivers = Receivers::default();
    let url = format!("{}/flaky", receivers.start().await);
    let change = |webhook: &mut Webhook| {
        (webhook.url, webhook.events) = (url.clone(), vec![WebhookKind::MessageReceived]);
    };
    for scene in scenes(change).await {
        receivers.taken.lock().unwrap().clear();
        for n in 0..60 {
            scene.bench.says("34600", &format!("wamid.{n}"), "hola").await;
            if n % 10 == 9 {
                scene.tells().await;
            }
        }
        assert!(receivers.taken() < 60, "it never failed: that proves nothing");
        for _ in 0..9 {
            scene.clock.advance_ms(10 * 60 * 60 * 1_000);
            scene.tells().await;
        }
        assert_eq!(receivers.taken(), 60);
        assert!(scene.state().await.paused_at.is_none());
        scene.bench.close().await;
    }
}

#[tokio::test]
async fn an_answer_of_rubbish_or_ten_megabytes_is_taken_and_a_redirect_is_not_followed() {
    for (how, taken) in [("rubbish", 1), ("large", 1), ("elsewhere", 0)] {
        let receivers = Receivers::default();
        let url = format!("{}/{how}", receivers.start().await);
        let change = |webhook: &mut Webhook| {
            (webhook.url, webhook.events) = (url.clone(), vec![WebhookKind::MessageReceived]);
        };
        for scene in scenes(change).await {
            receivers.taken.lock().unwrap().clear();
            scene.bench.says("34600", "wamid.1", "hola").await;
            scene.tells().await;
            assert_eq!(receivers.taken(), taken, "{how}");
            let state = scene.state().await;
            assert_eq!(state.deliveries.is_empty(), taken == 1, "{how}: {state:?}");
            scene.bench.close().await;
        }
    }
}

/// The answer of the slow receiver.
const TAKEN: &str = "HTTP/1.1 200 OK\r\ncontent-length: 4000\r\n\r\n";
/// The time that its answers may take. A byte of them comes each tenth of it.
const PATIENCE: Duration = Duration::from_secs(1);

/// Answers that come a byte at a time: from the beginning on, or after the head of the answer.
async fn slow(at_once: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(dribble(stream, at_once));
        }
    });
    format!("http://{address}/hook")
}

async fn dribble(mut stream: TcpStream, at_once: &str) {
    let mut asked = [0; 16_384];
    let rest = TAKEN.strip_prefix(at_once).unwrap().bytes().chain(std::iter::repeat(b' '));
    let mut tick = interval(PATIENCE / 10);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    if stream.read(&mut asked).await.is_err() || stream.write_all(at_once.as_bytes()).await.is_err()
    {
        return;
    }
    for byte in rest {
        tick.tick().await;
        if stream.write_all(&[byte]).await.is_err() {
            return;
        }
    }
}

#[tokio::test]
async fn an_answer_that_comes_a_byte_at_a_time_is_none_within_its_time_and_is_asked_for_again() {
    for at_once in ["", TAKEN] {
        let url = slow(at_once).await;
        let change = |webhook: &mut Webhook| {
            (webhook.url, webhook.events) = (url.clone(), vec![WebhookKind::MessageReceived]);
        };
        for mut scene in scenes(change).await {
            scene.outwards.outward = scene.outwards.outward.clone().with_patience(PATIENCE);
            scene.bench.says("34600", "wamid.1", "hola").await;
            let began = Instant::now();
            scene.tells().await;
            assert!(began.elapsed() < PATIENCE * 8, "{:?}", began.elapsed());
            let state = scene.state().await;
            let [kept] = &state.deliveries[..] else { panic!("{state:?}") };
            assert_eq!((kept.status, kept.tries), (None, 1), "{kept:?}");
            assert!(kept.due_at.is_some(), "it is tried again: {kept:?}");
            scene.bench.close().await;
        }
    }
}
