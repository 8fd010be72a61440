//! A number is suspended in a busy hour: sends wait, people are told, and afterwards all goes on in
//! order. Nothing is lost, and nothing leaves late unasked.

use std::time::Duration;

use baton_protocol::connection::HealthState;
use baton_protocol::{Channel, Command, ConversationId, HeldReason, LineRef, MessageStatus};
use baton_simulator::{Knobs, NumberState};
use baton_world::world::{
    Agent, Answered, Contact, NUMBER, RunningClock, Setup, World, eventually, on_sqlite, reply,
};
use futures_util::future::join_all;

const AGENTS: usize = 50;
/// Customers who write again while their answer waits.
const OVERTAKEN: usize = 5;

/// An agent with a customer.
struct Pair<'w> {
    agent: std::sync::Arc<Agent>,
    customer: Contact<'w>,
    conversation: ConversationId,
}

impl<'w> Pair<'w> {
    async fn meets(world: &'w World, n: usize) -> Self {
        let name = format!("Agent{n}");
        world.newcomer(&name, world.cast.team, None).await;
        let agent = world.agent(&name).await;
        let customer = world.contact(&format!("Customer {n}"));
        customer.sends("Hola").await;
        let conversation = customer.conversation().await;
        Self { agent, customer, conversation }
    }

    /// Two answers at once, the second after the first.
    async fn answers(&self, round: &str) -> [LineRef; 2] {
        let seen = self.agent.last_line(self.conversation).await;
        let of = |k: u8| reply(&format!("{round} {k}"), seen);
        let first = self.agent.command(self.conversation, of(1));
        let after = Some(first.op_id);
        let second = Command { after, ..self.agent.command(self.conversation, of(2)) };
        let results = self.agent.signed.commands(&[first, second]).await.expect("answers");
        let lines: Vec<_> =
            results.into_iter().map(|one| one.accepted().line.expect("a line")).collect();
        lines.try_into().expect("two")
    }

    /// Waits until no attempt is under way. One that began before the customer's newest line may
    /// still leave.
    async fn rests(&self, line: LineRef) {
        eventually("no attempt is under way", async || {
            let lines = self.agent.lines(self.conversation).await;
            let found = lines.iter().find(|one| one.id == line.id);
            found.is_some_and(|one| one.status != Some(MessageStatus::Sending)).then_some(())
        })
        .await;
    }

    async fn is_held(&self, line: LineRef) -> Option<HeldReason> {
        self.agent.finds(self.conversation, line, MessageStatus::Held).await.held
    }
}

async fn stands(agent: &Agent, state: HealthState) {
    eventually(&format!("the number {state:?}"), async || {
        let all: Vec<Channel> = agent.signed.get("/channels").await.expect("channels");
        all.iter().any(|one| one.health.as_ref().is_some_and(|of| of.state == state)).then_some(())
    })
    .await;
}

fn is_suspended(world: &World, is_on: bool) {
    let state = world.simulator.number_state(NUMBER);
    let refuses_with = is_on.then_some(131_031);
    world.simulator.set_number_state(NUMBER, NumberState { refuses_with, ..state });
}

#[tokio::test(flavor = "multi_thread")]
async fn what_a_suspended_number_held_up_leaves_in_order_and_nothing_leaves_late() {
    let clock = RunningClock::begin(0);
    let setup = Setup { knobs: Knobs::permissive(), ..Setup::usual() }
        .with("BATON_SESSIONS__ACCESS_MINUTES", "600");
    let setup = Setup { clock: Some(clock.clock()), ..setup };
    on_sqlite(&setup, &async |world: &World| {
        let mut pairs = Vec::new();
        for n in 0..AGENTS {
            pairs.push(Pair::meets(world, n).await);
        }
        // Suspended: all answers are accepted, none leaves, and people are told.
        is_suspended(world, true);
        let lines = join_all(pairs.iter().map(|pair| pair.answers("one"))).await;
        stands(&pairs[0].agent, HealthState::Stopped).await;
        for (pair, [first, _]) in pairs.iter().zip(&lines).take(OVERTAKEN) {
            pair.customer.sends("No, wait").await;
            pair.rests(*first).await;
        }
        assert!(world.simulator.reached().is_empty());
        // Mended: what was not overtaken leaves, in order.
        is_suspended(world, false);
        let on_time = &pairs[OVERTAKEN..];
        eventually("what waited", async || {
            clock.passes(Duration::ZERO);
            let all = on_time.iter().map(|pair| pair.customer.received().len());
            (all.sum::<usize>() == 2 * on_time.len()).then_some(())
        })
        .await;
        for pair in on_time {
            assert_eq!(pair.customer.received(), ["one 1", "one 2"]);
        }
        stands(&pairs[0].agent, HealthState::Works).await;
        for (pair, [first, second]) in pairs.iter().zip(&lines).take(OVERTAKEN) {
            assert_eq!(pair.is_held(*first).await, Some(HeldReason::Overtaken));
            assert_eq!(pair.is_held(*second).await, Some(HeldReason::PredecessorHeld));
        }
        // Suspended for longer than ten minutes: nothing leaves by itself.
        is_suspended(world, true);
        let late = join_all(on_time.iter().map(|pair| pair.answers("two"))).await;
        clock.passes(Duration::from_secs(11 * 60));
        for (pair, [first, second]) in on_time.iter().zip(&late) {
            assert_eq!(pair.is_held(*first).await, Some(HeldReason::TooLate));
            let reason = pair.is_held(*second).await;
            assert!(matches!(reason, Some(HeldReason::TooLate | HeldReason::PredecessorHeld)));
        }
        is_suspended(world, false);
        clock.passes(Duration::from_secs(60));
        // A person sends one of them again: it leaves, and it alone.
        let pair = &on_time[0];
        let seen = pair.agent.last_line(pair.conversation).await;
        let again = reply("three", seen);
        pair.agent.does(pair.conversation, again).await.accepted();
        eventually("the new answer", async || {
            clock.passes(Duration::ZERO);
            (pair.customer.received() == ["one 1", "one 2", "three"]).then_some(())
        })
        .await;
        let (reached, held) = (world.simulator.reached().len(), 2 * late.len());
        let in_time = 2 * on_time.len();
        assert_eq!(reached, in_time + 1);
        let (lost, unasked) = (in_time.saturating_sub(reached - 1), reached - 1 - in_time);
        println!(
            "{in_time} answers left in order after a short suspension, {lost} lost; {held} were \
             too late after a long one: held, {unasked} left unasked, a person sent 1 again"
        );
        pair.agent.phone().converges().await;
    })
    .await;
}
