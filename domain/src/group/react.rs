//! Rules and clocks of a group: clocks that are due ring before a member is decided, and rules
//! run after it, in the same commit.

use std::borrow::Cow;
use std::collections::BTreeSet;
use std::sync::Arc;

use baton_protocol::event::EventContent;
use baton_protocol::{
    Actor, ChannelId, Clock, Conversation, ConversationId, Event, Fact, MessageId, NoteId, Status,
    SurveyStep, Timestamp,
};
use uuid::{Builder, Uuid};

use super::state::{By, Key, State};
use super::work::{ClassifiedWork, Done, Work};
use crate::auto::bots;
use crate::auto::clocks::{self, Due, Ringing};
use crate::auto::rules::talk::Talk;
use crate::auto::rules::{
    Acting, Choice, KnownRule, Policies, RUNS_MAX, Stepped, Woken, carry_out, classified, due_at,
    is_idle, is_unheard, spent, turn_after,
};
use crate::auto::survey;
use crate::decide::{Draft, status};
use crate::fact::apply::apply;
use crate::fact::chance;
use crate::fact::inbound::{ElementBody, StatusUpdate};
use crate::fact::reminders;
use crate::fact::tag::Tag;

/// Clocks of one conversation that ring at once. More ring at the next look.
const RINGS_MAX: usize = 300;

/// An event that wakes rules, and the conversation right after it.
#[derive(Clone, Debug)]
pub struct Awake {
    of: Key<ConversationId>,
    event: Event,
    conversation: Conversation,
    /// Whether the customer had never written before it.
    is_first: bool,
    /// The cascade of the rule that set it off, if one did.
    cascade: Option<usize>,
}

impl Awake {
    fn woken(&self) -> Woken<'_> {
        let Self { conversation, event, is_first, .. } = self;
        Woken { conversation, event, is_first: *is_first }
    }
}

impl State {
    /// Notes an event that wakes rules.
    pub(super) fn wake(
        &mut self,
        of: Key<ConversationId>,
        event: &Event,
        (old, now): (Option<&Conversation>, &Conversation),
    ) {
        let Some(policies) = self.policies.get(&of.0) else { return };
        let is_first = is_unheard(old);
        let woken = Woken { conversation: now, event, is_first };
        let is_promised = policies.promises() && is_promised(&event.fact);
        let concerns = || {
            bots::step(now, policies, event).is_some()
                || survey::plan(now, policies, event).is_some()
                || is_first_answer(&event.fact)
        };
        if policies.is_woken(woken) || is_promised || concerns() {
            let (event, conversation, cascade) = (event.clone(), now.clone(), self.cascade);
            self.awake.push_back(Awake { of, event, conversation, is_first, cascade });
        }
    }

    /// A fresh id. The edge gave the seed.
    fn fresh(&mut self, now: Timestamp) -> Uuid {
        let mut bytes = [0; 10];
        let random = self.seed.iter_mut().flat_map(|lane| {
            *lane = (*lane).max(1);
            chance::next(lane).to_be_bytes()
        });
        bytes.iter_mut().zip(random).for_each(|(to, from)| *to = from);
        let ms = u64::try_from(now.ms()).unwrap_or_default();
        Builder::from_unix_timestamp_millis(ms, &bytes).into_uuid()
    }
}

/// Whether another promise may be due from here on.
fn is_promised(fact: &Fact) -> bool {
    matches!(fact, Fact::EpisodeOpened { .. } | Fact::OwnerChanged { .. } | Fact::Tagged { .. })
}

/// A conversation that a member touches, and the clocks of rules there that only their tests keep
/// from ringing.
pub(super) type Touched = (Key<ConversationId>, BTreeSet<(Clock, Timestamp)>);

/// Lets the clocks ring that are due on what a member touches, and returns what that is. So what
/// is decided does not depend on how late somebody looks.
pub(super) fn settle(state: &mut State, work: &Work, now: Timestamp) -> Vec<Touched> {
    // A survey is asked by whoever looks, never beside a line that somebody else brings.
    let asks = matches!(work, Work::Look(_));
    if let Work::Look(look) = work {
        find(state, (look.workspace, look.conversation), now);
    }
    let mut all = Vec::new();
    for key in touched(state, work) {
        let policies = state.policies.get(&key.0).cloned().unwrap_or_default();
        ring(state, key, &policies, (now, asks));
        let conversation = state.conversation(key.0, key.1);
        let held = conversation.map(|of| clocks::held_back(of, &policies, now));
        all.push((key, held.unwrap_or_default()));
    }
    all
}

/// Lets the clocks of rules ring whose time is over and that run, or whose tests hold, by what the
/// member changed. What only its tests kept back is due now.
pub(super) fn ring_changed(state: &mut State, touched: &[Touched], now: Timestamp) {
    for (key, held) in touched {
        let Some(policies) = state.policies.get(&key.0).cloned() else { continue };
        for _ in 0..RINGS_MAX {
            let Some(conversation) = state.conversation(key.0, key.1) else { break };
            let due = clocks::first_of_rules(conversation, &policies);
            let Some(due) = due.filter(|due| due.at <= now) else { break };
            let Due { clock, start, at, policy_id } = due;
            let due_at = if held.contains(&(clock, start)) { now } else { at };
            let rang = Fact::ClockDue { clock, start, due_at, policy_id };
            state.append(*key, vec![rang.into()], By::new(Actor::System, now));
            react(state, now);
        }
    }
}

/// Finds the answers of an episode that an earlier version opened, once no node would lose them.
fn find(state: &mut State, key: Key<ConversationId>, now: Timestamp) {
    if state.has_older_nodes {
        return;
    }
    let Some(policies) = state.policies.get(&key.0).cloned() else { return };
    let Some(conversation) = state.conversation(key.0, key.1) else { return };
    let found = clocks::found(conversation, &state.lines, &policies, now);
    let drafts = found.into_iter().map(Draft::from).collect();
    state.append(key, drafts, By::new(Actor::System, now));
}

/// The conversations of which a member may change what clocks depend on.
fn touched(state: &State, work: &Work) -> Vec<Key<ConversationId>> {
    match work {
        Work::Post(post) => {
            let known = post.elements.iter().filter_map(|(element, fresh)| {
                let channel = state.channels.get(element.phone_number_id.as_ref()?)?;
                let workspace = channel.workspace;
                if let ElementBody::Status(update) = &element.body {
                    return told_of(state, (workspace, channel.id), update);
                }
                let known = state.senders.get(&(workspace, fresh.message))?;
                Some((workspace, known.conversation))
            });
            known.collect()
        }
        Work::Command(work) => vec![(work.caller.workspace, work.command.conversation_id)],
        Work::Look(work) => vec![(work.workspace, work.conversation)],
        Work::Rehome(work) => vec![(work.workspace, work.conversation)],
        Work::Blocked(work) => vec![(work.workspace, work.conversation)],
        Work::HandBack(work) => vec![(work.deserted.workspace, work.deserted.conversation)],
        Work::Route(work) => vec![(work.workspace, work.conversation)],
        Work::OfferEnd(work) => vec![(work.workspace, work.conversation)],
        Work::Classified(work) => vec![(work.workspace, work.conversation)],
        Work::Claim(work) => vec![(work.at.workspace, work.at.conversation)],
        Work::Result(work) => vec![(work.at.workspace, work.at.conversation)],
        Work::Rescue(work) => vec![(work.at.workspace, work.at.conversation)],
        Work::Restored(at) => vec![(at.workspace, at.conversation)],
        Work::Unpark(work) => {
            let key = (work.workspace, (work.channel, work.wamid.clone()));
            let place = state.wamids.get(&key);
            place.map(|(conversation, _)| (work.workspace, *conversation)).into_iter().collect()
        }
        // Files and settings stop no clock that runs.
        Work::File(_) | Work::Outcomes(_) | Work::Begin(_) | Work::Setting(_) | Work::Set(_) => {
            Vec::new()
        }
    }
}

/// The conversation of a message whose status is told.
fn told_of(
    state: &State,
    (workspace, channel): Key<ChannelId>,
    update: &StatusUpdate,
) -> Option<Key<ConversationId>> {
    let tagged = update.tag.as_deref().and_then(Tag::parse);
    let by_tag = tagged.and_then(|tag| state.places.get(&(workspace, tag.message)));
    let by_wamid = || state.wamids.get(&(workspace, (channel, update.wamid.clone())));
    let conversation = by_tag.map(|(conversation, _)| *conversation);
    let conversation = conversation.or_else(|| Some(by_wamid()?.0));
    conversation.map(|conversation| (workspace, conversation))
}

/// Lets ring what is due on a conversation, in the order of the times at which it was due.
fn ring(
    state: &mut State,
    key: Key<ConversationId>,
    policies: &Policies,
    (now, asks): (Timestamp, bool),
) {
    // What rang last may have let the tests of a rule hold whose time was over before.
    let (mut reached, mut held) = (Timestamp::from_ms(i64::MIN), BTreeSet::new());
    for _ in 0..RINGS_MAX {
        let Some(conversation) = state.conversation(key.0, key.1) else { return };
        let Some((at, ringing)) = clocks::first_of(conversation, policies, asks) else { return };
        if at > now {
            return;
        }
        reached = reached.max(at);
        let over = clocks::held_back(conversation, policies, reached);
        let drafts = match ringing {
            Ringing::Snooze => status::wake(conversation, at, now),
            Ringing::Reminder(agent) => reminders::ring(conversation, agent, at),
            Ringing::Bot(step) => bots::drafts(conversation, policies, step, Some(at)),
            Ringing::Survey => {
                let message = MessageId(state.fresh(now));
                let Some(conversation) = state.conversation(key.0, key.1) else { return };
                let card = state.cards.get(&(key.0, conversation.thread.contact_id));
                survey::ask(conversation, policies, (message, card), now)
            }
            Ringing::Clock(Due { clock, start, at, policy_id }) => {
                let due_at = if held.contains(&(clock, start)) { reached } else { at };
                vec![Fact::ClockDue { clock, start, due_at, policy_id }.into()]
            }
        };
        held = over;
        state.append(key, drafts, By::new(Actor::System, now));
        react(state, now);
    }
}

/// Runs the rules that the events so far woke, and those that these wake.
pub(super) fn react(state: &mut State, now: Timestamp) {
    while let Some(awake) = state.awake.pop_front() {
        let Some(policies) = state.policies.get(&awake.of.0).cloned() else { continue };
        promise(state, &policies, &awake, now);
        bot(state, &policies, &awake, now);
        ask(state, &policies, &awake, now);
        one(state, &policies, &awake, now);
    }
    state.cascades.clear();
    state.made.clear();
}

/// Notes that a bot owns it, or takes it from the bot whose customer asks for a person.
fn bot(state: &mut State, policies: &Policies, awake: &Awake, now: Timestamp) {
    let Some(step) = bots::step(&awake.conversation, policies, &awake.event) else { return };
    let Some(conversation) = state.conversation(awake.of.0, awake.of.1) else { return };
    if conversation.head.owner != awake.conversation.head.owner {
        return;
    }
    let drafts = bots::drafts(conversation, policies, step, None);
    state.append(awake.of, drafts, By::new(Actor::System, now));
}

/// Whether a customer has just said how it was, for the first time.
fn is_first_answer(fact: &Fact) -> bool {
    matches!(fact, Fact::Surveyed { step: SurveyStep::Answered { again: false, .. }, .. })
}

/// Plans a survey, or thanks for its answer.
fn ask(state: &mut State, policies: &Policies, awake: &Awake, now: Timestamp) {
    let by = By::new(Actor::System, now);
    if let Some(plan) = survey::plan(&awake.conversation, policies, &awake.event) {
        state.append(awake.of, vec![plan.into()], by);
    } else if is_first_answer(&awake.event.fact) {
        let message = MessageId(state.fresh(now));
        let Some(conversation) = state.conversation(awake.of.0, awake.of.1) else { return };
        let card = state.cards.get(&(awake.of.0, conversation.thread.contact_id));
        let thanks = survey::thank(conversation, policies, (message, card), now);
        state.append(awake.of, thanks.into_iter().collect(), by);
    }
}

fn one(state: &mut State, policies: &Arc<Policies>, awake: &Awake, now: Timestamp) {
    let cascade = awake.cascade.unwrap_or_else(|| {
        state.cascades.push(BTreeSet::new());
        state.cascades.len() - 1
    });
    let Some(current) = state.conversation(awake.of.0, awake.of.1) else { return };
    let turn = turn_after(&awake.conversation, current);
    let ran = state.cascades.get(cascade).cloned().unwrap_or_default();
    let choice = Choice::new(policies, awake.woken());
    let mut runs = Vec::new();
    state.cascade = Some(cascade);
    for known in choice.rules().into_iter().filter(|known| !ran.contains(&known.id)) {
        let Some(current) = state.conversation(awake.of.0, awake.of.1) else { break };
        let seen = seen(state, awake);
        let woken = Woken { conversation: &seen, ..awake.woken() };
        if !choice.runs(known, woken, (current, turn)) {
            continue;
        }
        if ran.len() + runs.len() >= RUNS_MAX {
            let stepped = Stepped::default();
            let fact = ran_fact(state, (known, turn), awake, (stepped, true));
            state.append(awake.of, vec![fact.into()], By::new(Actor::System, now));
            break;
        }
        runs.push(known.id);
        run(state, policies, (known, turn), awake, now);
        if known.rule.stop {
            break;
        }
    }
    state.cascade = None;
    if let Some(ran) = state.cascades.get_mut(cascade) {
        ran.extend(runs);
    }
}

/// The conversation that rules are tested on: as it stood right after the event. Where no rule made
/// the event, it has what rules did since. So rules of one message see what those before them
/// did, and nothing else that the commit brings.
fn seen<'a>(state: &State, awake: &'a Awake) -> Cow<'a, Conversation> {
    let mut seen = Cow::Borrowed(&awake.conversation);
    if awake.cascade.is_some() {
        return seen;
    }
    for event in state.made.iter().filter(|event| event.conversation_id == Some(awake.of.1)) {
        let revision = seen.head.revision;
        apply(seen.to_mut(), event);
        seen.to_mut().head.revision = revision;
    }
    seen
}

fn run(
    state: &mut State,
    policies: &Policies,
    (known, turn): (&KnownRule, u64),
    awake: &Awake,
    now: Timestamp,
) {
    let (message, content) = (MessageId(state.fresh(now)), state.fresh(now));
    let note = NoteId(state.fresh(now));
    let Some(conversation) = state.conversation(awake.of.0, awake.of.1) else { return };
    let card = state.cards.get(&(awake.of.0, conversation.thread.contact_id));
    let nothing = Talk::default();
    let talk = state.talks.get(&awake.of).unwrap_or(&nothing);
    let (due_at, woken_by) = (due_at(&awake.event), &awake.event);
    let acting = Acting { now, due_at, message, note, card, talk, woken_by };
    let mut stepped = carry_out(policies, known, conversation, acting);
    if is_idle(known, &stepped) {
        return;
    }
    let drafts = std::mem::take(&mut stepped.drafts);
    let note = stepped.note.take();
    let note = note.map(|text| EventContent::Note { text: Some(text), quoted: None });
    let fact = ran_fact(state, (known, turn), awake, (stepped, false));
    let actor = Actor::Rule { id: known.id };
    let by = By { card: Some(content), ..By::new(actor, now) };
    state.append(awake.of, vec![Draft { fact, content: note }], by);
    let from = state.entries.len();
    state.append(awake.of, drafts, By::new(actor, now));
    let made = state.entries.iter().skip(from);
    let made: Vec<Event> = made.map(|entry| entry.event.clone()).collect();
    state.made.extend(made.into_iter().filter(|event| event.actor == actor));
}

fn ran_fact(
    state: &State,
    (known, turn): (&KnownRule, u64),
    awake: &Awake,
    (stepped, cut): (Stepped, bool),
) -> Fact {
    let Stepped { did, skipped, .. } = stepped;
    Fact::RuleRan {
        rule_id: known.id,
        version: known.version,
        name: known.rule.name.clone(),
        once: spent(known, &did),
        turn,
        cause: awake.event.position,
        did,
        skipped,
        cut,
        keeps_runs: !state.has_older_nodes,
    }
}

/// Puts on the tags that the answer of a source stands for. They wake rules as all tags do.
pub(super) fn classify(state: &mut State, work: &ClassifiedWork, now: Timestamp) -> Done {
    let key = (work.workspace, work.conversation);
    let Some(policies) = state.policies.get(&key.0).cloned() else { return Done::Nothing };
    let Some(conversation) = state.conversation(key.0, key.1) else { return Done::Nothing };
    if classified::is_void(conversation, work.episode, work.seen) {
        return Done::Void;
    }
    let asked = (work.source, work.episode);
    let mut before = Vec::new();
    for tag in classified::tags(&policies, conversation, asked, &work.labels) {
        let Some(conversation) = state.conversation(key.0, key.1) else { break };
        let put = classified::put(&policies, conversation, tag, &before);
        let Some(fact) = put else { continue };
        state.append(key, vec![fact.into()], By::new(Actor::System, now));
        before.push(tag);
    }
    Done::Nothing
}

/// Promises times for an episode that has none, or whose team has others.
fn promise(state: &mut State, policies: &Policies, awake: &Awake, now: Timestamp) {
    let of = awake.of;
    let Some(conversation) = state.conversation(of.0, of.1) else { return };
    if conversation.head.status == Status::Resolved || conversation.head.episode == 0 {
        return;
    }
    let Some(known) = policies.sla_of(conversation) else { return };
    let standing = conversation.thread.clocks.sla.as_ref();
    if standing.is_some_and(|sla| sla.policy_id == known.id) {
        return;
    }
    // What opens the episode finds no clock that is past: whoever waits has waited for us.
    let comes_later = !matches!(awake.event.fact, Fact::EpisodeOpened { .. });
    let late = comes_later.then_some(now);
    let fact = clocks::promise(conversation, policies, known, late);
    state.append(of, vec![fact.into()], By::new(Actor::System, now));
}

/// Says until when customers were promised something, where a member changed it. `from` is the
/// place of the member's first event.
pub(super) fn due(state: &mut State, work: &Work, from: usize, now: Timestamp) {
    if state.policies.is_empty() {
        return;
    }
    let changed = state.entries.iter().skip(from).filter_map(|entry| {
        entry.event.conversation_id.map(|conversation| (entry.workspace, conversation))
    });
    let mut changed: BTreeSet<Key<ConversationId>> = changed.collect();
    // The policies may be others.
    if let Work::Look(work) = work {
        changed.insert((work.workspace, work.conversation));
    }
    for key in changed {
        let Some(policies) = state.policies.get(&key.0) else { continue };
        let Some(conversation) = state.conversation(key.0, key.1) else { continue };
        let due_at = clocks::due_at(conversation, policies);
        if conversation.head.due_at != due_at {
            let fact = Fact::DueChanged { due_at };
            state.append(key, vec![fact.into()], By::new(Actor::System, now));
        }
    }
}
