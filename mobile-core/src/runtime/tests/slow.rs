//! A listener that takes its time, and a server that ends its sockets.

use std::sync::mpsc::{Receiver, Sender, channel};

use super::*;
use crate::lists::{ListRequest, ListUpdate};

/// Waits at the first delivery until it may go on.
struct Slow(Mutex<Receiver<()>>);

impl Listener for Slow {
    fn hear(&self, _: Event) -> bool {
        let gate = self.0.lock().unwrap();
        // Open for good once nobody holds it any more.
        gate.recv().ok();
        true
    }
}

#[derive(Default)]
struct Letters(Mutex<Vec<ListUpdate>>);

impl ListListener for Letters {
    fn hear(&self, letter: ListUpdate) -> bool {
        self.0.lock().unwrap().push(letter);
        true
    }
}

/// A listener that is slow, and a letter that waits behind it.
async fn waiting() -> (App, Sender<()>, Arc<Letters>) {
    let (gate, at_gate) = channel();
    let mut app = App::heard_by(Arc::new(Slow(Mutex::new(at_gate)))).await;
    app.core.foreground().await.unwrap();
    app.signs_in(&session(ANA, "anas", HOUR_MS)).await;
    let letters = Arc::new(Letters::default());
    app.core
        .subscribe(ListRequest::Badge, Arc::clone(&letters) as Arc<dyn ListListener>)
        .await
        .unwrap();
    let is_telling = |engine: &mut Engine, _| engine.subscriptions.is_busy();
    soon(async { while !app.core.call(is_telling).await.unwrap() {} }).await;
    (app, gate, letters)
}

#[tokio::test]
async fn a_list_is_told_however_much_else_waits() {
    let (app, gate, letters) = waiting().await;
    let told = |engine: &mut Engine, _| {
        for _ in 0..2_000 {
            engine.tell(Event::People);
        }
    };
    app.core.call(told).await.unwrap();
    assert!(app.core.diagnostics().await.unwrap().listeners.dropped > 0);
    drop(gate);
    soon(async {
        while letters.0.lock().unwrap().is_empty() {
            tokio::task::yield_now().await;
        }
    })
    .await;
    assert_eq!(app.core.diagnostics().await.unwrap().panics, 0);
    app.core.shutdown();
}

#[tokio::test]
async fn a_core_is_shut_down_while_a_letter_waits() {
    let (app, gate, letters) = waiting().await;
    app.core.shutdown();
    assert!(letters.0.lock().unwrap().is_empty());
    drop(gate);
}

#[tokio::test]
async fn a_socket_that_the_server_ended_is_let_go_of() {
    let mut app = App::new().await;
    app.core.network(true).await.unwrap();
    app.core.foreground().await.unwrap();
    app.signs_in(&session(ANA, "anas", HOUR_MS)).await;
    for _ in 0..2 {
        drop(app.socket().await);
    }
    let socket = app.socket().await;
    assert_eq!(app.core.call(|engine, _| engine.sockets.len()).await.unwrap(), 1);
    drop(socket);
    app.core.shutdown();
}
