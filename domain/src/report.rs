//! Reports: folds stretches of the log into how much came in, and how fast it was answered.
//!
//! A report is a function of the log. Reading a stretch twice gives the same figures, and each
//! figure names the conversations behind it. Times are measured by the wall clock, or in the hours
//! of a schedule alone.

mod class;
mod reopened;
mod spread;
mod step;
mod tally;

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::limits::{MEASURED_MAX, REPORT_DAYS_MAX, REPORT_EDGES_MAX};
use baton_protocol::report::{
    AgentFigures, AnswersReport, ChannelFigures, Figures, Measure, Measured, MeasuredPage,
    OutcomeFigures, StretchFigures, TagFigures, TeamFigures,
};
use baton_protocol::{AgentId, ChannelId, SettingId, TeamId, Timestamp};

use self::class::{Class, EpisodeAt};
pub use self::class::{Ending, Labels, TagChoice};
use self::spread::Spreads;
pub use self::tally::{Tally, is_told_whole};

/// The borders of the stretches that a report tells apart.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct Edges {
    all: Vec<Timestamp>,
    from: Timestamp,
    until: Timestamp,
}

impl Edges {
    /// Two or more instants, each later than the one before.
    ///
    /// # Errors
    ///
    /// What is wrong with them, for people.
    pub fn new(all: Vec<Timestamp>) -> Result<Self, String> {
        let (Some(from), Some(until)) = (all.first().copied(), all.last().copied()) else {
            return Err("name two or more instants".to_owned());
        };
        if !(2..=REPORT_EDGES_MAX).contains(&all.len()) {
            return Err(format!("name 2 to {REPORT_EDGES_MAX} instants"));
        }
        if !all.is_sorted_by(|earlier, later| earlier < later) {
            return Err("each instant must be later than the one before".to_owned());
        }
        if until.since(from) > REPORT_DAYS_MAX * 24 * 60 * 60 * 1000 {
            return Err(format!("at most {REPORT_DAYS_MAX} days can be looked at"));
        }
        Ok(Self { all, from, until })
    }

    /// The first of them.
    pub fn begin(&self) -> Timestamp {
        self.from
    }

    /// The last of them, which is outside.
    pub fn end(&self) -> Timestamp {
        self.until
    }

    /// The stretch that an instant lies in, if one does.
    fn stretch(&self, at: Timestamp) -> Option<usize> {
        let place = self.all.partition_point(|edge| *edge <= at);
        place.checked_sub(1).filter(|_| at < self.until)
    }

    fn stretches(&self) -> impl Iterator<Item = (Timestamp, Timestamp)> {
        self.all.iter().copied().zip(self.all.iter().copied().skip(1))
    }
}

/// The filter of a report. Everything that is said must hold.
#[derive(Clone, Default, PartialEq, Eq, Debug)]
pub struct Chosen {
    /// These teams alone; `None` is all.
    pub teams: Option<Vec<TeamId>>,
    /// This agent alone.
    pub agent: Option<AgentId>,
    /// This number alone.
    pub channel: Option<ChannelId>,
    /// Episodes with this tag alone, or without any.
    pub tag: Option<TagChoice>,
    /// Episodes that ended so alone.
    pub outcome: Option<Ending>,
}

impl Chosen {
    fn takes(&self, whose: &Whose) -> bool {
        self.teams.as_ref().is_none_or(|teams| teams.contains(&whose.team))
            && self.agent.is_none_or(|agent| whose.agent == Some(agent))
            && self.channel.is_none_or(|channel| whose.channel == channel)
    }

    /// True for a class whose episodes are chosen.
    fn takes_class(&self, class: &Class, labels: &Labels) -> bool {
        let tag = self.tag.map(|tag| match tag {
            TagChoice::Tag(id) => TagChoice::Tag(labels.tags.resolve(id)),
            TagChoice::Untagged => TagChoice::Untagged,
        });
        tag.is_none_or(|tag| class.choices().any(|of| of == tag))
            && self.outcome.is_none_or(|outcome| class.ending == outcome)
    }
}

/// Whom a figure is counted for.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Debug)]
struct Whose {
    stretch: usize,
    team: TeamId,
    channel: ChannelId,
    agent: Option<AgentId>,
}

/// Events that are only counted.
#[derive(Clone, Copy, Default, Debug)]
struct Counts {
    received: u64,
    sent: u64,
    turns: u64,
    opened: u64,
    asked: u64,
    rated: u64,
    /// Somebody may choose anew: then the difference is added.
    points: i64,
    settled: u64,
    settled_reopened: u64,
}

impl Counts {
    fn add(&mut self, more: Self) {
        self.received += more.received;
        self.sent += more.sent;
        self.turns += more.turns;
        self.opened += more.opened;
        self.asked += more.asked;
        self.rated += more.rated;
        self.points += more.points;
        self.settled += more.settled;
        self.settled_reopened += more.settled_reopened;
    }
}

/// A measured time, and what of.
#[derive(Clone, Copy, Debug)]
struct Sample {
    measure: Measure,
    stretch: usize,
    measured: Measured,
    episode: EpisodeAt,
    /// It goes on: what was asked for has not happened yet.
    goes_on: bool,
}

/// A measured time, and the episode that it is of.
#[derive(Clone, PartialEq, Eq, Debug)]
pub struct MeasuredEpisode {
    /// The time that was measured.
    pub measure: Measure,
    /// The measurement.
    pub measured: Measured,
    /// The tags of the episode, by what they became.
    pub tags: Vec<SettingId>,
    /// Its end.
    pub ending: Ending,
}

impl Sample {
    fn whose(&self) -> Whose {
        Whose {
            stretch: self.stretch,
            team: self.measured.team_id,
            channel: self.measured.channel_id,
            agent: self.measured.agent_id,
        }
    }
}

impl Tally {
    /// The figures of what was chosen, once the log is read to `upto`.
    pub fn report(
        &self,
        chosen: &Chosen,
        labels: &Labels,
        within_ms: u64,
        upto: u64,
    ) -> AnswersReport {
        let classes = self.classes(labels);
        let mut groups = Groups::default();
        for (whose, class, counts) in self.counted() {
            if let Some(class) = picked(chosen, labels, &classes, &whose, class) {
                groups.each(&whose, class, |group| group.counts.add(counts));
            }
        }
        for sample in self.samples() {
            let (whose, class) = (sample.whose(), self.episodes.class_at(sample.episode));
            if let Some(class) = picked(chosen, labels, &classes, &whose, class) {
                groups.each(&whose, class, |group| group.measure(&sample));
            }
        }
        let stretches = self.edges().stretches();
        groups.report(stretches, labels, within_ms, upto)
    }

    /// Every time that was measured of what was chosen, in the order of the log.
    pub fn measured(&self, chosen: &Chosen, labels: &Labels) -> Vec<MeasuredEpisode> {
        let classes = self.classes(labels);
        let of_sample = |sample: Sample| {
            let class = self.episodes.class_at(sample.episode);
            let class = picked(chosen, labels, &classes, &sample.whose(), class)?;
            let Sample { measure, measured, .. } = sample;
            let (tags, ending) = (class.tags.clone(), class.ending);
            Some(MeasuredEpisode { measure, measured, tags, ending })
        };
        self.samples().filter(|sample| !sample.goes_on).filter_map(of_sample).collect()
    }

    /// The conversations behind a figure, the slowest first.
    pub fn behind(&self, chosen: &Chosen, labels: &Labels, measure: Measure) -> MeasuredPage {
        let all = self.measured(chosen, labels).into_iter();
        let mut rows: Vec<_> =
            all.filter(|of| of.measure == measure).map(|of| of.measured).collect();
        rows.sort_by_key(|row| (std::cmp::Reverse(row.ms), row.since, row.conversation_id));
        let more = rows.len() > MEASURED_MAX;
        rows.truncate(MEASURED_MAX);
        MeasuredPage { rows, more }
    }

    /// The tags and outcomes that episodes have: their names are wanted.
    pub fn used(&self) -> (BTreeSet<SettingId>, BTreeSet<SettingId>) {
        let classes = self.episodes.classes();
        let tags = classes.iter().flat_map(|class| class.tags.iter().copied()).collect();
        let outcome = |class: &Class| match class.ending {
            Ending::Outcome(id) => Some(id),
            Ending::Plain | Ending::Unresolved => None,
        };
        (tags, classes.iter().filter_map(outcome).collect())
    }

    fn classes(&self, labels: &Labels) -> Vec<Class> {
        self.episodes.classes().iter().map(|class| class.labelled(labels)).collect()
    }
}

/// The class, if it was chosen, and so was that agent, team and number.
fn picked<'a>(
    chosen: &Chosen,
    labels: &Labels,
    classes: &'a [Class],
    whose: &Whose,
    class: u32,
) -> Option<&'a Class> {
    let class = classes.get(class as usize)?;
    (chosen.takes(whose) && chosen.takes_class(class, labels)).then_some(class)
}

/// The figures of everybody.
#[derive(Default)]
struct Groups {
    whole: Group,
    stretches: BTreeMap<usize, Group>,
    agents: BTreeMap<AgentId, Group>,
    teams: BTreeMap<TeamId, Group>,
    channels: BTreeMap<ChannelId, Group>,
    tags: BTreeMap<TagChoice, Group>,
    outcomes: BTreeMap<Ending, Group>,
}

impl Groups {
    fn each(&mut self, whose: &Whose, class: &Class, add: impl Fn(&mut Group)) {
        add(&mut self.whole);
        add(self.stretches.entry(whose.stretch).or_default());
        whose.agent.into_iter().for_each(|agent| add(self.agents.entry(agent).or_default()));
        add(self.teams.entry(whose.team).or_default());
        add(self.channels.entry(whose.channel).or_default());
        class.choices().for_each(|tag| add(self.tags.entry(tag).or_default()));
        add(self.outcomes.entry(class.ending).or_default());
    }

    fn report(
        mut self,
        stretches: impl Iterator<Item = (Timestamp, Timestamp)>,
        labels: &Labels,
        within_ms: u64,
        upto: u64,
    ) -> AnswersReport {
        let figures = |group: Group| group.figures(within_ms);
        let stretch = |(place, (from, until))| {
            let group = self.stretches.remove(&place).unwrap_or_default();
            StretchFigures { from, until, figures: figures(group) }
        };
        AnswersReport {
            upto,
            within_ms,
            stretches: stretches.enumerate().map(stretch).collect(),
            whole: figures(self.whole),
            agents: each_of(self.agents, |agent_id, group| AgentFigures {
                agent_id,
                figures: figures(group),
            }),
            teams: each_of(self.teams, |team_id, group| TeamFigures {
                team_id,
                figures: figures(group),
            }),
            channels: each_of(self.channels, |channel_id, group| ChannelFigures {
                channel_id,
                figures: figures(group),
            }),
            tags: each_of(self.tags, |tag, group| tag_figures(tag, labels, figures(group))),
            outcomes: each_of(self.outcomes, |of, group| {
                outcome_figures(of, labels, figures(group))
            }),
        }
    }
}

fn tag_figures(tag: TagChoice, labels: &Labels, figures: Figures) -> TagFigures {
    let tag_id = match tag {
        TagChoice::Tag(id) => Some(id),
        TagChoice::Untagged => None,
    };
    let name = tag_id.and_then(|id| labels.tag(id)).map(str::to_owned);
    TagFigures { tag_id, name, figures }
}

fn outcome_figures(ending: Ending, labels: &Labels, figures: Figures) -> OutcomeFigures {
    let (outcome_id, unresolved) = match ending {
        Ending::Outcome(id) => (Some(id), false),
        Ending::Plain => (None, false),
        Ending::Unresolved => (None, true),
    };
    let name = outcome_id.and_then(|id| labels.outcome(id)).map(str::to_owned);
    OutcomeFigures { outcome_id, name, unresolved, figures }
}

fn each_of<K, T>(groups: BTreeMap<K, Group>, told: impl Fn(K, Group) -> T) -> Vec<T> {
    groups.into_iter().map(|(key, group)| told(key, group)).collect()
}

/// Figures that are reported together.
#[derive(Default)]
struct Group {
    counts: Counts,
    spreads: Spreads,
}

impl Group {
    fn measure(&mut self, sample: &Sample) {
        self.spreads.add(sample.measure, sample.measured.ms, sample.goes_on);
    }

    fn figures(self, within_ms: u64) -> Figures {
        let Counts { received, sent, turns, opened, asked, rated, points, .. } = self.counts;
        let points = u64::try_from(points).unwrap_or_default();
        let spread = |measure| self.spreads.of(measure, within_ms);
        let reply = spread(Measure::Reply);
        let resolution = spread(Measure::Resolution);
        Figures {
            received,
            sent,
            turns,
            answered: reply.count,
            unanswered: spread(Measure::Unanswered).count,
            open: spread(Measure::Open).count,
            opened,
            asked,
            rated,
            points,
            resolved: resolution.count,
            reopened: spread(Measure::Reopened).count,
            settled: self.counts.settled,
            settled_reopened: self.counts.settled_reopened,
            first_reply: spread(Measure::FirstReply),
            reply,
            pick_up: spread(Measure::PickUp),
            hold: spread(Measure::Hold),
            resolution,
        }
    }
}
