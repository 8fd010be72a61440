//! The policies of a workspace: its rules, promises and schedules, ready to be asked.

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::setting::{
    ContextSource, Rule, RuleAction, Sla, TeamPolicy, Test, Trigger, Webhook,
};
use baton_protocol::{
    AgentId, Calendar, Conversation, Pause, SettingBody, SettingId, TeamId, Timestamp, WorkspaceId,
};

use super::{Woken, due_at, follow_up, rang, triggers};
use crate::auto::known::{KnownBot, KnownSurvey};
use crate::fact::hours::{Hours, day_end};
use crate::see::automatic::is_marked;
use crate::see::quiet::Quiet;
use crate::see::tags::{TagFacts, Tags};
use crate::text::find::{Phrase, Phrases, Sought, Spoken};

/// A rule that counts.
#[derive(Clone, Debug)]
pub struct KnownRule {
    /// Its id.
    pub id: SettingId,
    /// Its version.
    pub version: u32,
    /// Since when it counts so: a clock that was due before does not ring.
    pub since: Timestamp,
    /// Its body.
    pub rule: Rule,
    /// The time from which it counts no more.
    pub until: Option<Timestamp>,
    /// The number of its first test, by which [`Policies::heard`] names tests.
    pub(super) first_test: usize,
}

impl KnownRule {
    /// True until its last day is over.
    pub fn counts_at(&self, at: Timestamp) -> bool {
        self.until.is_none_or(|until| at < until)
    }
}

/// A promise that counts.
#[derive(Clone, Debug)]
pub struct KnownSla {
    /// Its id.
    pub id: SettingId,
    /// Its version.
    pub version: u32,
    /// Its body.
    pub sla: Sla,
}

/// A setting as it is given to [`Policies::new`], in the order of rank and id.
#[derive(Clone, Debug)]
pub struct Given {
    /// Its id.
    pub id: SettingId,
    /// Its version.
    pub version: u32,
    /// The time at which that version was made.
    pub since: Timestamp,
    /// Since when it counts no more.
    pub ended_at: Option<Timestamp>,
    /// The body of that version.
    pub body: SettingBody,
}

/// The rules, promises, schedules and tags of a workspace.
#[derive(Clone, Debug, Default)]
pub struct Policies {
    rules: Vec<KnownRule>,
    by_trigger: BTreeMap<Trigger, Vec<usize>>,
    /// The words that rules look for.
    phrases: Phrases,
    slas: Vec<KnownSla>,
    bots: BTreeMap<AgentId, KnownBot>,
    surveys: BTreeMap<SettingId, KnownSurvey>,
    /// The id under which the workspace's own survey is set.
    shared: Option<SettingId>,
    hours: BTreeMap<SettingId, Hours>,
    /// Schedules in each version that is known, also those that ended.
    calendars: BTreeMap<(SettingId, u32), Hours>,
    webhooks: BTreeMap<SettingId, Webhook>,
    sources: BTreeMap<SettingId, ContextSource>,
    tags: Tags,
    /// The time zone of the workspace.
    zone: Option<String>,
    /// Its quiet hours.
    quiet: Option<Quiet>,
    /// Minutes after a person's answer in which a team's customers get no automatic message.
    quiet_min: BTreeMap<TeamId, u32>,
}

impl Policies {
    /// Those of a workspace.
    pub fn in_workspace(workspace: WorkspaceId, given: impl IntoIterator<Item = Given>) -> Self {
        Self { shared: Some(SettingId(workspace.0)), ..Self::new(given) }
    }

    /// Those of these settings, which come in their order.
    pub fn new(given: impl IntoIterator<Item = Given>) -> Self {
        let mut policies = Self::default();
        for given in given {
            policies.add(given);
        }
        policies.phrases = Phrases::new(policies.rules.iter().flat_map(sought));
        policies.end_days();
        policies
    }

    /// Last days end where the workspace is.
    fn end_days(&mut self) {
        let zone = self.zone.as_deref();
        for known in &mut self.rules {
            known.until = known.rule.until.as_deref().and_then(|day| day_end(day, zone));
        }
    }

    fn add(&mut self, Given { id, version, since, ended_at, body }: Given) {
        #[expect(clippy::wildcard_enum_match_arm, reason = "most kinds do nothing by themselves")]
        match body {
            SettingBody::Tag(tag) => self.tags.put(id, TagFacts { tag: *tag, ended_at }),
            SettingBody::Schedule(schedule) => {
                let Some(hours) = Hours::of(&schedule) else { return };
                if ended_at.is_none() {
                    self.hours.insert(id, hours.clone());
                }
                self.calendars.insert((id, version), hours);
            }
            _ if ended_at.is_some() => {}
            SettingBody::Rule(rule) if rule.enabled => self.put(id, (version, since), *rule),
            SettingBody::TeamPolicy(policy) => {
                self.quiet_min.insert(TeamId(id.0), policy.quiet_after_answer_min);
                let follow_up = policy.follow_up.into_iter();
                for (id, rule) in follow_up.flat_map(|of| follow_up::rules(TeamId(id.0), of)) {
                    self.put(id, (version, since), rule);
                }
            }
            SettingBody::WorkspacePolicy(policy) => {
                self.quiet = Quiet::of_workspace(&policy);
                self.zone = policy.time_zone;
            }
            SettingBody::Bot(bot) => {
                self.bots.insert(bot.agent, KnownBot::new(*bot, since));
            }
            SettingBody::Survey(survey) => drop(self.surveys.insert(id, (id, *survey))),
            SettingBody::Webhook(webhook) => drop(self.webhooks.insert(id, *webhook)),
            SettingBody::ContextSource(of) if of.enabled && of.suggests => {
                self.sources.insert(id, *of);
            }
            SettingBody::Sla(sla) => self.slas.push(KnownSla { id, version, sla: *sla }),
            _ => {}
        }
    }

    fn put(&mut self, id: SettingId, (version, since): (u32, Timestamp), rule: Rule) {
        let first_test =
            self.rules.last().map_or(0, |last| last.first_test + last.rule.tests.len());
        self.by_trigger.entry(rule.when).or_default().push(self.rules.len());
        self.rules.push(KnownRule { id, version, since, rule, until: None, first_test });
    }

    /// Whether nothing happens by itself.
    pub fn is_empty(&self) -> bool {
        self.rules.is_empty()
            && self.slas.is_empty()
            && self.bots.is_empty()
            && self.surveys.is_empty()
    }

    /// Whether a text that Baton sends by itself says who the customer is.
    pub fn names_customers(&self) -> bool {
        let replies = self.rules.iter().flat_map(|known| &known.rule.then);
        let replies = replies.filter_map(|action| {
            if let RuleAction::Reply { text } = action { Some(text) } else { None }
        });
        let surveys = self.surveys.values().flat_map(|(_, survey)| [&survey.ask, &survey.thanks]);
        replies.chain(surveys.flatten()).any(|text| is_marked(text))
    }

    /// Whether something depends on who talked last.
    pub fn minds_talk(&self) -> bool {
        let minds = |action: &RuleAction| {
            matches!(action, RuleAction::Reply { .. } | RuleAction::Resolve { .. })
        };
        self.rules.iter().flat_map(|known| &known.rule.then).any(minds)
    }

    /// So long after a person's answer no automatic message goes to a customer of a team, ms.
    pub fn quiet_ms(&self, team: TeamId) -> i64 {
        let min = self.quiet_min.get(&team).copied().unwrap_or(TeamPolicy::QUIET_MIN);
        i64::from(min) * 60_000
    }

    /// The hours in which nothing but what rings is told by push.
    pub fn quiet_hours(&self) -> Option<Quiet> {
        self.quiet
    }

    /// Whether times are promised.
    pub fn promises(&self) -> bool {
        !self.slas.is_empty()
    }

    /// Whether clocks can ring.
    pub fn has_clocks(&self) -> bool {
        !self.slas.is_empty()
            || !self.bots.is_empty()
            || !self.surveys.is_empty()
            || self.timed().next().is_some()
    }

    /// The survey at the ends of a conversation's episodes: of its team, else of the workspace.
    pub fn survey_of(&self, conversation: &Conversation) -> Option<&KnownSurvey> {
        let own = self.surveys.get(&SettingId(conversation.head.team_id.0));
        let found = own.or_else(|| self.surveys.get(&self.shared?));
        found.filter(|(_, survey)| survey.ask.is_some())
    }

    /// The bot that an agent is, if it is one.
    pub fn bot(&self, agent: AgentId) -> Option<&KnownBot> {
        self.bots.get(&agent)
    }

    /// All rules, in their order.
    pub(crate) fn rules(&self) -> impl Iterator<Item = &KnownRule> {
        self.rules.iter()
    }

    /// The number of phrases that each rule looks for.
    pub fn phrases(&self) -> impl Iterator<Item = (SettingId, usize)> {
        self.rules.iter().map(|known| (known.id, phrases(&known.rule)))
    }

    /// The rules that a clock wakes.
    pub fn timed(&self) -> impl Iterator<Item = &KnownRule> {
        let timed = self.by_trigger.iter().filter(|(trigger, _)| trigger.is_clock());
        timed.flat_map(|(_, rules)| rules).filter_map(|place| self.rules.get(*place))
    }

    /// The rules that an event wakes, in their order.
    pub(super) fn woken(&self, woken: Woken<'_>) -> Vec<&KnownRule> {
        if let Some(id) = rang(woken.event) {
            return self.timed().filter(|known| known.id == id).collect();
        }
        let at = due_at(woken.event);
        let places = triggers(woken).into_iter();
        let places = places.filter_map(|trigger| self.by_trigger.get(&trigger)).flatten();
        let mut places: Vec<usize> = places.copied().collect();
        places.sort_unstable();
        let rules = places.into_iter().filter_map(|place| self.rules.get(place));
        rules.filter(|known| known.counts_at(at)).collect()
    }

    /// The numbers of the tests that look for something that was said.
    pub(super) fn heard(&self, spoken: &Spoken) -> BTreeSet<usize> {
        self.phrases.found(spoken)
    }

    /// Whether an event wakes any rule.
    pub fn is_woken(&self, woken: Woken<'_>) -> bool {
        if self.rules.is_empty() {
            return false;
        }
        if let Some(id) = rang(woken.event) {
            return self.timed().any(|known| known.id == id);
        }
        triggers(woken).iter().any(|trigger| self.by_trigger.contains_key(trigger))
    }

    /// The promise for a conversation: the first one that fits.
    pub fn sla_of(&self, conversation: &Conversation) -> Option<&KnownSla> {
        let (team, tags) = (conversation.head.team_id, &conversation.thread.tags);
        let is_on = |tag: &SettingId| tags.iter().any(|on| self.tags.is_same(on.tag, *tag));
        self.slas.iter().find(|KnownSla { sla, .. }| {
            (sla.teams.is_empty() || sla.teams.contains(&team))
                && (sla.tags.is_empty() || sla.tags.iter().any(is_on))
        })
    }

    /// A schedule; `None` where it has ended.
    pub fn hours(&self, schedule: SettingId) -> Option<&Hours> {
        self.hours.get(&schedule)
    }

    /// A webhook; `None` where it has ended.
    pub(super) fn webhook(&self, id: SettingId) -> Option<&Webhook> {
        self.webhooks.get(&id)
    }

    /// A source that is told what was said; `None` where it has ended or is off.
    pub fn source(&self, id: SettingId) -> Option<&ContextSource> {
        self.sources.get(&id)
    }

    /// The tags.
    pub fn tags(&self) -> &Tags {
        &self.tags
    }

    /// The instant at which so many milliseconds have passed, of a schedule's open ones where one
    /// is named, and of none in the pauses. Without its schedule no clock runs.
    pub fn after(
        &self,
        start: Timestamp,
        ms: i64,
        hours: Option<SettingId>,
        pauses: &[Pause],
    ) -> Option<Timestamp> {
        let hours = match hours {
            Some(schedule) => Some(self.hours(schedule)?),
            None => None,
        };
        counted(start, ms, hours, pauses)
    }

    /// The same of a promise: by the schedule as it was when it was promised. One that is not known
    /// any more lets it count by the wall clock.
    pub(crate) fn promised_at(
        &self,
        start: Timestamp,
        ms: i64,
        (hours, pinned): (Option<SettingId>, &[Calendar]),
        pauses: &[Pause],
    ) -> Option<Timestamp> {
        let hours = hours.and_then(|schedule| self.pinned(schedule, pinned));
        counted(start, ms, hours, pauses)
    }

    fn pinned(&self, schedule: SettingId, pinned: &[Calendar]) -> Option<&Hours> {
        let pinned = pinned.iter().find(|of| of.id == schedule);
        let exact = pinned.and_then(|of| self.calendars.get(&(schedule, of.version)));
        let known = || self.calendars.range((schedule, 0)..=(schedule, u32::MAX)).next_back();
        exact.or_else(|| self.hours(schedule)).or_else(|| known().map(|(_, hours)| hours))
    }

    /// The version of a schedule that counts now.
    pub(crate) fn calendar(&self, id: SettingId) -> Option<Calendar> {
        self.hours(id)?;
        let known = self.calendars.range((id, 0)..=(id, u32::MAX)).next_back();
        known.map(|((id, version), _)| Calendar { id: *id, version: *version })
    }
}

/// The instant at which so many milliseconds have passed, of the open ones of `hours` where there
/// are some, and of none in the pauses.
fn counted(
    start: Timestamp,
    ms: i64,
    hours: Option<&Hours>,
    pauses: &[Pause],
) -> Option<Timestamp> {
    let (mut from, mut left) = (start, ms);
    for Pause { from: paused, until } in pauses {
        let Some(until) = until.filter(|until| *until > from) else { continue };
        let paused = (*paused).max(from);
        let ran = hours.map_or(paused.since(from), |hours| hours.open_ms(from, paused));
        if ran >= left {
            break;
        }
        (from, left) = (until, left - ran);
    }
    hours.map_or(Some(from.plus_ms(left)), |hours| hours.add_open(from, left))
}

/// The number of phrases that a rule looks for; none while it is off.
pub fn phrases(rule: &Rule) -> usize {
    let of = |test: &Test| if let Test::Text { any_of, .. } = test { any_of.len() } else { 0 };
    if rule.enabled { rule.tests.iter().map(of).sum() } else { 0 }
}

/// The words that a rule looks for.
fn sought(known: &KnownRule) -> impl Iterator<Item = Sought> {
    (known.first_test..).zip(&known.rule.tests).flat_map(|(test, of)| {
        let (any_of, exactly) = if let Test::Text { any_of, exactly, .. } = of {
            (any_of.as_slice(), *exactly)
        } else {
            (&[][..], false)
        };
        any_of.iter().map(move |text| Sought { phrase: Phrase::new(text), exactly, test })
    })
}
