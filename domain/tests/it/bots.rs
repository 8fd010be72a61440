//! Bots: what they say answers nobody, and each conversation finds its way to a person.

use baton_protocol::command::{Claim, CommandBody, Seeing};
use baton_protocol::setting::{Bot, Sla, SlaTarget};
use baton_protocol::{BotStep, Fact, Owner, OwnerCause, Timestamp};
use proptest::prelude::*;

use crate::automatic::{HOUR, MINUTE, SALES, Scene, given};
use crate::group::{AGENT, TEAM};
use crate::team::{reply, resolve};

const SECOND: i64 = 1_000;

fn bot() -> Bot {
    Bot {
        agent: AGENT,
        back_to: SALES,
        words: vec!["human".to_owned(), "una persona".to_owned()],
        turns_max: 3,
        silent_s: 60,
        minutes_max: 30,
    }
}

/// A customer wrote, and the bot took it.
fn taken() -> Scene {
    let mut scene = Scene::new(vec![given(1, bot())]);
    scene.says("hola");
    scene.does(CommandBody::Claim(Claim { expect_owner_epoch: 1, exceed_capacity: false }));
    assert_eq!(scene.conversation().head.owner, Owner::Agent(AGENT));
    scene
}

/// The steps of the bot, with the exact time where a clock ended it.
fn steps(scene: &Scene) -> Vec<(BotStep, Option<Timestamp>)> {
    let steps = scene.log.iter().filter_map(|event| {
        let Fact::BotChanged { step, due_at, .. } = event.fact else { return None };
        Some((step, due_at))
    });
    steps.collect()
}

#[test]
fn what_a_bot_says_leaves_the_customer_waiting_for_a_person() {
    let sla = Sla {
        name: "Standard".to_owned(),
        first: Some(SlaTarget { target_min: 30, warn_at: None, hours: None }),
        ..Sla::default()
    };
    let mut scene = Scene::new(vec![given(1, bot()), given(2, sla)]);
    scene.says("hola");
    let before = scene.conversation().thread.turn;
    scene.answers();
    let after = scene.conversation();
    assert_eq!((after.thread.turn, after.head.unanswered_since.is_some()), (before, true));
    assert_eq!(after.head.due_at, None, "a bot's time is not the team's");
    assert_eq!(steps(&scene), [(BotStep::Began, None)], "it took it by answering");
    scene.is_its_log();
}

#[test]
fn who_asks_for_a_person_gets_to_one_in_the_same_commit() {
    for words in ["I want a HUMAN, please", "quiero hablar con una persona"] {
        let mut scene = taken();
        scene.answers();
        scene.says(words);
        assert_eq!(scene.conversation().head.owner, Owner::Queue(SALES), "{words}");
        assert_eq!(scene.conversation().head.team_id, SALES);
        assert_eq!(steps(&scene), [(BotStep::Began, None), (BotStep::Asked, None)]);
        let is_handed =
            |fact: &Fact| matches!(fact, Fact::OwnerChanged { cause: OwnerCause::BotHanded, .. });
        assert!(scene.log.iter().any(|event| is_handed(&event.fact)));
        scene.is_its_log();
    }
    let mut scene = taken();
    scene.says("humanity");
    assert_eq!(scene.conversation().head.owner, Owner::Agent(AGENT), "words are whole ones");
}

#[test]
fn a_bot_takes_nothing_back_that_its_customer_asked_a_person_for() {
    // One team, which the bot is in as well.
    let bot = || Bot { back_to: TEAM, ..bot() };
    let mut scene = Scene::new(vec![given(1, bot())]);
    scene.says("hola");
    scene.does(CommandBody::Claim(Claim { expect_owner_epoch: 1, exceed_capacity: false }));
    scene.says("human, please");
    assert_eq!(scene.conversation().head.owner, Owner::Queue(TEAM));
    let claim = |scene: &mut Scene| {
        let expect_owner_epoch = scene.conversation().head.owner_epoch;
        scene.does(CommandBody::Claim(Claim { expect_owner_epoch, exceed_capacity: false }))
    };
    claim(&mut scene);
    scene.says("human!");
    let last = scene.conversation().thread.last_line;
    scene.does(reply(last));
    assert_eq!(scene.conversation().head.owner, Owner::Queue(TEAM), "neither by an answer");
    assert_eq!(steps(&scene).len(), 2, "it began once");
    scene.is_its_log();
    // The next episode may begin with it.
    scene.sets(Vec::new());
    claim(&mut scene);
    let last = scene.conversation().thread.last_line;
    scene.does(resolve(last));
    scene.sets(vec![given(1, bot())]);
    scene.says("hola de nuevo");
    claim(&mut scene);
    assert_eq!(scene.conversation().head.owner, Owner::Agent(AGENT));
    scene.is_its_log();
}

#[test]
fn who_writes_again_and_again_gets_to_a_person() {
    let mut scene = taken();
    for n in 0..3 {
        assert_eq!(scene.conversation().head.owner, Owner::Agent(AGENT), "{n}");
        scene.answers();
        scene.says("no");
    }
    assert_eq!(scene.conversation().head.owner, Owner::Queue(SALES));
    assert_eq!(steps(&scene)[1], (BotStep::Turns, None));
    scene.is_its_log();
}

#[test]
fn a_silent_bot_loses_it_at_the_exact_time_however_late_somebody_looks() {
    let mut scene = taken();
    let due = scene.now.plus_ms(60 * SECOND);
    scene.passes(60 * SECOND - 1);
    scene.looks();
    assert_eq!(scene.conversation().head.owner, Owner::Agent(AGENT));
    scene.passes(5 * MINUTE);
    scene.looks();
    assert_eq!(scene.conversation().head.owner, Owner::Queue(SALES));
    assert_eq!(steps(&scene)[1], (BotStep::Silent, Some(due)));
    scene.is_its_log();
    // One that talks is not silent, and has an end all the same.
    let mut scene = taken();
    let began = scene.now;
    for _ in 0..29 {
        scene.answers();
        scene.passes(MINUTE);
        scene.looks();
    }
    assert_eq!(scene.conversation().head.owner, Owner::Agent(AGENT));
    scene.passes(HOUR);
    scene.says("hola?");
    assert_eq!(steps(&scene)[1], (BotStep::Time, Some(began.plus_ms(30 * MINUTE))));
    assert_eq!(scene.conversation().head.owner, Owner::Queue(SALES));
    scene.is_its_log();
}

#[test]
fn a_bot_that_is_set_up_no_more_keeps_nothing() {
    let mut scene = taken();
    scene.sets(Vec::new());
    scene.looks();
    let head = scene.conversation().head;
    assert_eq!(head.owner, Owner::Queue(head.team_id), "where it was");
    assert_eq!(steps(&scene)[1].0, BotStep::Gone);
    scene.is_its_log();
}

proptest! {
    #[test]
    fn no_conversation_stays_with_a_bot_that_died(
        acts in proptest::collection::vec((0..90_i64, 0..5_u8), 0..30),
    ) {
        let mut scene = taken();
        for (seconds, what) in acts {
            scene.passes(seconds * SECOND);
            let last = scene.conversation().thread.last_line;
            match what {
                0 => scene.says("y ahora"),
                1 => drop(scene.does(reply(last))),
                2 => scene.looks(),
                3 => drop(scene.does(CommandBody::MarkWaiting(Seeing { seen: last }))),
                _ => drop(scene.does(resolve(last))),
            }
        }
        // From here on it does nothing, and the customer writes once more.
        scene.says("hola?");
        scene.passes(61 * SECOND);
        scene.looks();
        let owner = scene.conversation().head.owner;
        prop_assert!(matches!(owner, Owner::Queue(_)), "it is with {:?}", owner);
        scene.is_its_log();
    }
}
