//! The steps of a rule: what each does on a conversation, or why it is skipped.

use baton_protocol::conversation::ContactCard;
use baton_protocol::event::EventContent;
use baton_protocol::limits::{REMINDERS_MAX, TAGS_MAX, TEXT_CHARS_MAX};
use baton_protocol::setting::{Notified, RuleAction, WebhookKind};
use baton_protocol::{
    AgentId, Conversation, Event, Fact, Marketing, MessageId, NoteId, Owner, OwnerCause, RuleStep,
    SettingId, SkipReason, SkippedStep, Status, TagOn, Timestamp,
};

use super::talk::Talk;
use super::{KnownRule, Policies, turn_of};
use crate::decide::acknowledge::acknowledgement;
use crate::decide::marketing;
use crate::fact::apply::apply;
use crate::fact::draft::Draft;
use crate::fact::draft::changed;
use crate::fact::reminders;
use crate::outward::is_told;
use crate::see::automatic;

/// A person's answer is a short time ago for so long: nothing resolves meanwhile.
const FRESH_MS: i64 = 30 * 60 * 1000;
/// A message that comes within so long after the end may be resolved again.
const AGAIN_MS: i64 = 24 * 60 * 60 * 1000;
/// A message to a customer is late after this.
const LATE_MS: i64 = 15 * 60 * 1000;
const HOUR_MS: i64 = 60 * 60 * 1000;
/// Automatic messages within an hour and within a day.
const HOUR_MOST: usize = 3;
const DAY_MOST: usize = 10;

/// The result of a rule's steps.
#[derive(Debug, Default)]
pub struct Stepped {
    /// Those that were done.
    pub did: Vec<RuleStep>,
    /// Those that were not.
    pub skipped: Vec<SkippedStep>,
    /// Its note for the team.
    pub note: Option<String>,
    /// The facts of the steps that were done.
    pub drafts: Vec<Draft>,
}

/// The times at which a rule acts, and the id of the line that it may write.
#[derive(Clone, Copy, Debug)]
pub struct Acting<'a> {
    /// The time of the commit.
    pub now: Timestamp,
    /// The time at which it was due.
    pub due_at: Timestamp,
    /// A fresh id for a line.
    pub message: MessageId,
    /// A fresh id for the text of a reminder.
    pub note: NoteId,
    /// The customer's card, where it is known.
    pub card: Option<&'a ContactCard>,
    /// The newest answers.
    pub talk: &'a Talk,
    /// The event that woke the rule.
    pub woken_by: &'a Event,
}

/// Carries out a rule's steps, each on the conversation that those before it left.
pub fn carry_out(
    policies: &Policies,
    known: &KnownRule,
    conversation: &Conversation,
    acting: Acting<'_>,
) -> Stepped {
    let mut stepped = Stepped::default();
    let mut now = conversation.clone();
    for action in &known.rule.then {
        let step = step_of(action);
        // Two automatic messages of one rule would be two of one turn.
        if step == RuleStep::Reply && stepped.did.contains(&step) {
            stepped.skipped.push(SkippedStep { step, why: SkipReason::Already });
            continue;
        }
        let way = Way { policies, conversation: &now, acting };
        match way.done(action) {
            Ok(drafts) => {
                for draft in &drafts {
                    let event = event_of(known.id, &now, draft, acting.now);
                    apply(&mut now, &event);
                }
                if let RuleAction::Note { text } = action {
                    let before = stepped.note.take().map(|before| before + "\n");
                    stepped.note = Some(before.unwrap_or_default() + text);
                }
                stepped.did.push(step);
                stepped.drafts.extend(drafts);
            }
            Err(why) => stepped.skipped.push(SkippedStep { step, why }),
        }
    }
    stepped
}

pub(crate) fn event_of(rule: SettingId, now: &Conversation, draft: &Draft, at: Timestamp) -> Event {
    Event {
        position: 0,
        conversation_id: Some(now.head.id),
        revision: Some(now.head.revision + 1),
        at,
        actor: baton_protocol::Actor::Rule { id: rule },
        fact: draft.fact.clone(),
        content: None,
    }
}

/// The step that an action is told as.
pub(crate) fn step_of(action: &RuleAction) -> RuleStep {
    match action {
        RuleAction::Tag { tag } => RuleStep::Tag { tag: *tag },
        RuleAction::Untag { tag } => RuleStep::Untag { tag: *tag },
        RuleAction::Note { .. } => RuleStep::Note,
        RuleAction::Reply { .. } => RuleStep::Reply,
        RuleAction::Route { team, .. } => RuleStep::Route { team: *team },
        RuleAction::Notify { whom: Notified::Owner } => RuleStep::NotifyOwner,
        RuleAction::Notify { whom: Notified::Team } => RuleStep::NotifyTeam,
        RuleAction::Notify { whom: Notified::Supervisors } => RuleStep::NotifySupervisors,
        RuleAction::MarkWaiting {} => RuleStep::MarkWaiting,
        RuleAction::Snooze { .. } => RuleStep::Snooze,
        RuleAction::Resolve {} => RuleStep::Resolve,
        RuleAction::Priority { priority } => RuleStep::Priority { priority: *priority },
        RuleAction::StopMarketing {} => RuleStep::StopMarketing,
        RuleAction::Remind { .. } => RuleStep::Remind,
        RuleAction::Assign { .. } => RuleStep::Assign,
        RuleAction::Webhook { webhook } => RuleStep::Webhook { webhook: *webhook },
        RuleAction::Classify { source } => RuleStep::Classify { source: *source },
    }
}

/// A conversation on which a step is done.
struct Way<'a> {
    policies: &'a Policies,
    conversation: &'a Conversation,
    acting: Acting<'a>,
}

type Done = Result<Vec<Draft>, SkipReason>;

impl Way<'_> {
    fn done(&self, action: &RuleAction) -> Done {
        match action {
            RuleAction::Tag { tag } => self.tag(*tag),
            RuleAction::Untag { tag } => self.untag(*tag),
            RuleAction::Note { .. } | RuleAction::Notify { .. } => Ok(Vec::new()),
            RuleAction::Reply { text } => self.reply(text),
            RuleAction::Route { team, even_if_owned } => {
                let head = &self.conversation.head;
                let queue = Owner::Queue(*team);
                if head.status == Status::Resolved {
                    return Err(SkipReason::Ended);
                }
                if head.owner == queue {
                    return Err(SkipReason::Already);
                }
                if head.owner.agent().is_some() && !even_if_owned {
                    return Err(SkipReason::OwnedByPerson);
                }
                Ok(vec![changed(head, queue, *team, OwnerCause::Transferred, false).into()])
            }
            RuleAction::MarkWaiting {} => self.status(Status::Waiting),
            RuleAction::Snooze { minutes } => {
                let until = self.acting.now.plus_ms(i64::from(*minutes) * 60_000);
                self.status(Status::Snoozed { until })
            }
            RuleAction::Resolve {} => self.resolve(),
            RuleAction::Priority { priority } => {
                let head = &self.conversation.head;
                if head.status == Status::Resolved {
                    return Err(SkipReason::Ended);
                }
                if head.priority == *priority {
                    return Err(SkipReason::Already);
                }
                Ok(vec![Fact::PriorityChanged { priority: *priority }.into()])
            }
            RuleAction::StopMarketing {} => {
                let marketing = Marketing { stopped: true, since: self.acting.due_at };
                let is_stopped = self.conversation.thread.marketing.is_some_and(|of| of.stopped);
                let told = marketing::told(self.conversation, marketing);
                let told = told.filter(|_| !is_stopped).ok_or(SkipReason::Already)?;
                Ok(vec![told])
            }
            RuleAction::Remind { minutes, hours, follow_up, text } => {
                self.remind((*minutes, *hours), *follow_up, text.as_deref())
            }
            RuleAction::Assign { .. } => self.assign(),
            RuleAction::Webhook { webhook } => self.call(*webhook),
            RuleAction::Classify { source } => self.classify(*source),
        }
    }

    /// Reminds the owner, counted from the time at which the rule was due.
    fn remind(
        &self,
        (minutes, hours): (u32, Option<SettingId>),
        follow_up: bool,
        text: Option<&str>,
    ) -> Done {
        let is_person = |agent: &AgentId| self.policies.bot(*agent).is_none();
        let owner = self.conversation.head.owner.agent().filter(is_person);
        let agent_id = owner.ok_or(SkipReason::NoOwner)?;
        if reminders::standing(self.conversation, agent_id).is_some() {
            return Err(SkipReason::Already);
        }
        if self.conversation.thread.reminders.len() >= REMINDERS_MAX {
            return Err(SkipReason::Limit);
        }
        let ms = i64::from(minutes) * 60_000;
        let at = self.policies.after(self.acting.due_at, ms, hours, &[]);
        let at = at.ok_or(SkipReason::Ended)?;
        let note_id = text.map(|_| self.acting.note);
        let fact = Fact::ReminderSet { agent_id, at, follow_up, note_id };
        let content = text
            .map(|text| EventContent::Note { text: Some(text.trim().to_owned()), quoted: None });
        Ok(vec![Draft { fact, content }])
    }

    /// Routing chooses, beside the other conversations that wait: nothing is decided here.
    fn assign(&self) -> Done {
        let Conversation { head, thread } = self.conversation;
        if head.status == Status::Resolved {
            return Err(SkipReason::Ended);
        }
        if head.owner.agent().is_some() {
            return Err(SkipReason::OwnedByPerson);
        }
        if thread.block.is_some() {
            return Err(SkipReason::Blocked);
        }
        Ok(Vec::new())
    }

    /// The webhook finds the step in the log, as it finds all that it is told.
    fn call(&self, webhook: SettingId) -> Done {
        let known = self.policies.webhook(webhook).ok_or(SkipReason::Ended)?;
        if !is_told(known, WebhookKind::RuleCalled, &self.conversation.head) {
            return Err(SkipReason::NotTold);
        }
        Ok(Vec::new())
    }

    /// The source is asked after the commit: nothing outside is waited for here.
    fn classify(&self, source: SettingId) -> Done {
        let Conversation { head, thread } = self.conversation;
        if head.status == Status::Resolved || self.policies.source(source).is_none() {
            return Err(SkipReason::Ended);
        }
        if thread.block.is_some() {
            return Err(SkipReason::Blocked);
        }
        Ok(Vec::new())
    }

    fn tag(&self, tag: SettingId) -> Done {
        put_on(self.policies, self.conversation, tag).map(|fact| vec![fact.into()])
    }

    fn untag(&self, tag: SettingId) -> Done {
        let tags = self.policies.tags();
        let on = self.conversation.thread.tags.iter().map(|on| on.tag);
        let removed: Vec<SettingId> = on.filter(|on| tags.is_same(*on, tag)).collect();
        if removed.is_empty() {
            return Err(SkipReason::Already);
        }
        Ok(vec![Fact::Tagged { added: Vec::new(), removed }.into()])
    }

    fn status(&self, status: Status) -> Done {
        let head = &self.conversation.head;
        if head.status == Status::Resolved {
            return Err(SkipReason::Ended);
        }
        let is_so = match (head.status, status) {
            (Status::Snoozed { .. }, Status::Snoozed { .. }) => true,
            (now, to) => now == to,
        };
        if is_so {
            return Err(SkipReason::Already);
        }
        Ok(vec![
            Fact::StatusChanged { status, turn: self.conversation.thread.turn, outcome: None }
                .into(),
        ])
    }

    fn resolve(&self) -> Done {
        let head = &self.conversation.head;
        if head.status == Status::Resolved {
            return Err(SkipReason::Already);
        }
        self.may_resolve()?;
        let resolved = Fact::StatusChanged { status: Status::Resolved, turn: None, outcome: None };
        let queue = Owner::Queue(head.team_id);
        let given = head
            .owner
            .agent()
            .map(|_| changed(head, queue, head.team_id, OwnerCause::Resolved, false).into());
        Ok(std::iter::once(resolved.into()).chain(given).collect())
    }

    /// Nobody is buried: no customer waits but by the message that woke the rule, and a person
    /// answered, longer ago than a talk pauses. What comes soon after the end, and is all that
    /// came, is resolved again.
    fn may_resolve(&self) -> Result<(), SkipReason> {
        let Acting { talk, woken_by, now, .. } = self.acting;
        let line =
            if let Fact::LineReceived { line, .. } = woken_by.fact { Some(line.seq) } else { None };
        let turn = self.conversation.thread.turn;
        if turn.is_some_and(|turn| Some(turn.from_seq) != line)
            || line.is_some_and(|seq| seq < self.conversation.thread.customer_seq)
        {
            return Err(SkipReason::Unanswered);
        }
        let answered_at = talk.answered_at(self.policies);
        let opens = talk.opened_at == Some(woken_by.at) && line.is_some();
        let is_again = talk.ended_at.is_some_and(|ended| woken_by.at.since(ended) <= AGAIN_MS);
        if opens && is_again && answered_at.is_none() {
            return Ok(());
        }
        let answered_at = answered_at.ok_or(SkipReason::NobodyAnswered)?;
        if now.since(answered_at) <= FRESH_MS {
            return Err(SkipReason::RunningTalk);
        }
        Ok(())
    }

    /// An acknowledgement: it answers nobody, and is dropped at the send when somebody has
    /// answered meanwhile.
    fn reply(&self, text: &str) -> Done {
        let thread = &self.conversation.thread;
        let Acting { now, due_at, message, card, .. } = self.acting;
        if !thread.kind.is_contact() {
            return Err(SkipReason::Group);
        }
        if thread.block.is_some() {
            return Err(SkipReason::Blocked);
        }
        // A bot says what there is to say.
        if thread.clocks.bot.is_some() {
            return Err(SkipReason::Already);
        }
        if thread.window_until.is_none_or(|until| until <= now) {
            return Err(SkipReason::WindowClosed);
        }
        if now.since(due_at) > LATE_MS {
            return Err(SkipReason::TooLate);
        }
        let talk = self.acting.talk;
        let quiet_ms = self.policies.quiet_ms(self.conversation.head.team_id);
        let answered_at = talk.answered_at(self.policies);
        if answered_at.is_some_and(|answered| now.since(answered) < quiet_ms) {
            return Err(SkipReason::RunningTalk);
        }
        let Some(turn) = thread.turn else { return Err(SkipReason::Already) };
        let replied = &thread.clocks.replied;
        if replied.iter().any(|replied| replied.turn == turn.from_seq) {
            return Err(SkipReason::Already);
        }
        let within = |ms| replied.iter().filter(|replied| now.since(replied.at) < ms).count();
        if within(HOUR_MS) >= HOUR_MOST || within(24 * HOUR_MS) >= DAY_MOST {
            return Err(SkipReason::Limit);
        }
        debug_assert_eq!(turn_of(self.conversation), turn.from_seq, "a turn is open");
        let text = automatic::filled(text, card, TEXT_CHARS_MAX).ok_or(SkipReason::Blank)?;
        Ok(vec![acknowledgement(self.conversation, message, &text, None, now)])
    }
}

/// Puts a tag on, in place of those of a group of which one holds.
pub(super) fn put_on(
    policies: &Policies,
    conversation: &Conversation,
    tag: SettingId,
) -> Result<Fact, SkipReason> {
    let tags = policies.tags();
    let tag = tags.resolve(tag);
    let Some(facts) = tags.get(tag).filter(|facts| facts.ended_at.is_none()) else {
        return Err(SkipReason::Ended);
    };
    let on = &conversation.thread.tags;
    if on.iter().any(|on| tags.is_same(on.tag, tag)) {
        return Err(SkipReason::Already);
    }
    let removed: Vec<SettingId> = tags.displaced(on, tag).collect();
    if on.len() - removed.len() >= TAGS_MAX {
        return Err(SkipReason::Limit);
    }
    let added = vec![TagOn { tag, lasting: facts.tag.lasting }];
    Ok(Fact::Tagged { added, removed })
}
