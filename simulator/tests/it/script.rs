//! Customers who write by themselves.

use baton_simulator::{Knobs, Script};

use crate::{SOON, Stage};

#[tokio::test]
async fn scripted_customers_write_their_messages_and_answer_what_reaches_them() {
    let stage = Stage::new(Knobs::permissive()).await;
    let script = Script {
        customers: 20,
        messages_each: 2,
        per_second: 1_000.0,
        reply_probability: 1.0,
        replies_each_max: 1,
        reply_for_ms: 300,
        without_phone: 0.5,
        ..Script::default()
    };
    let playing = stage.simulator.play(script).unwrap();
    while stage.simulator.acknowledged().len() < 40 {
        tokio::task::yield_now().await;
    }
    let known: Vec<_> = stage.sink.messages();
    let with_phone = known.iter().find_map(|message| message["from"].as_str()).unwrap();
    stage.sends(with_phone, "Hello").await;
    stage.sends(with_phone, "Still there?").await;
    stage.sends("19999999999", "Not one of them").await;
    let played = tokio::time::timeout(SOON, playing.finished()).await.unwrap().unwrap();
    assert_eq!(played.wamids.len(), 40);
    assert_eq!(played.replies.len(), 1);
    stage.quiet().await;
    assert_eq!(stage.sink.messages().len(), 41);
    assert!(known.iter().any(|message| message.get("from").is_none()));
}

#[tokio::test]
async fn a_script_that_cannot_be_played_is_refused() {
    let stage = Stage::new(Knobs::default()).await;
    let script = Script { per_second: 0.0, ..Script::default() };
    assert!(stage.simulator.play(script).is_err());
    let script = Script { phone_number_id: Some("9".to_owned()), ..Script::default() };
    assert!(stage.simulator.play(script).is_err());
}
