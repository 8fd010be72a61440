//! One seed makes one run, whatever the scheduling; and a run is quick.

use std::collections::BTreeMap;
use std::sync::Arc;

use baton_simulator::{Knobs, Loss, LostAnswers};
use serde_json::Value;

use crate::{Stage, text_to};

/// Forty sends to ten customers at once: which were answered, and what came of each.
async fn run(seed: u64) -> BTreeMap<String, (bool, Vec<String>)> {
    let knobs = Knobs {
        duplicate_probability: 0.3,
        lost_answers: Some(LostAnswers { probability: 0.4, how: Loss::Garbage }),
        ..Knobs::permissive()
    };
    let stage = Arc::new(Stage::seeded(seed, knobs).await);
    let mut customers = Vec::new();
    for nth in 0..10 {
        let stage = Arc::clone(&stage);
        customers.push(tokio::spawn(async move {
            for _ in 0..4 {
                drop(stage.post(&text_to(&format!("3460000000{nth}"), "Hola")).await);
            }
        }));
    }
    for customer in customers {
        customer.await.unwrap();
    }
    stage.quiet().await;
    let mut found = BTreeMap::new();
    for reached in stage.simulator.reached() {
        let mut told = stage.sink.statuses_of(&reached.wamid);
        told.sort();
        found.insert(reached.wamid, (reached.answered, told));
    }
    found
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_same_seed_makes_the_same_choices() {
    let first = run(7).await;
    assert_eq!(first.len(), 40);
    assert_eq!(first, run(7).await);
    assert_ne!(first, run(8).await);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn five_hundred_sends_a_second_are_sustained() {
    let stage = Arc::new(Stage::new(Knobs::permissive()).await);
    let started = tokio::time::Instant::now();
    let senders: Vec<_> = (0..10)
        .map(|nth| {
            let stage = Arc::clone(&stage);
            tokio::spawn(async move {
                for _ in 0..100 {
                    stage.sends(&format!("3460000000{nth}"), "Hola").await;
                }
            })
        })
        .collect();
    for sender in senders {
        sender.await.unwrap();
    }
    stage.quiet().await;
    let took = started.elapsed();
    println!("1000 sends and 2000 statuses in {took:?}");
    assert_eq!(
        stage.sink.bodies().iter().filter(|body| body["entry"] != Value::Null).count(),
        2_000
    );
    // Generous, since this machine may be busy and the build unoptimised.
    assert!(took.as_secs_f64() < 20.0, "{took:?}");
}
