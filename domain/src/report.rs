//! Reports: folds stretches of the log into how much came in, and how fast it was answered.
//!
//! A report is a function of the log. Reading a stretch twice gives the same figures, and each
//! figure names the conversations behind it. Only wall-clock time is measured.

mod spread;
mod tally;

use std::collections::BTreeMap;

use baton_protocol::limits::{MEASURED_MAX, REPORT_DAYS_MAX, REPORT_EDGES_MAX};
use baton_protocol::report::{
    AgentFigures, AnswersReport, ChannelFigures, Figures, Measure, Measured, MeasuredPage,
    StretchFigures, TeamFigures,
};
use baton_protocol::{AgentId, ChannelId, TeamId, Timestamp};

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
}

impl Chosen {
    fn takes(&self, whose: &Whose) -> bool {
        self.teams.as_ref().is_none_or(|teams| teams.contains(&whose.team))
            && self.agent.is_none_or(|agent| whose.agent == Some(agent))
            && self.channel.is_none_or(|channel| whose.channel == channel)
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
    points: u64,
}

/// A measured time, and what of.
#[derive(Clone, Copy, Debug)]
struct Sample {
    measure: Measure,
    stretch: usize,
    measured: Measured,
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
    pub fn report(&self, chosen: &Chosen, within_ms: u64, upto: u64) -> AnswersReport {
        let (counts, samples) = self.told();
        let mut whole = Group::default();
        let mut stretches: BTreeMap<usize, Group> = BTreeMap::new();
        let mut agents: BTreeMap<AgentId, Group> = BTreeMap::new();
        let mut teams: BTreeMap<TeamId, Group> = BTreeMap::new();
        let mut channels: BTreeMap<ChannelId, Group> = BTreeMap::new();
        let mut each = |whose: &Whose, add: &dyn Fn(&mut Group)| {
            if !chosen.takes(whose) {
                return;
            }
            add(&mut whole);
            add(stretches.entry(whose.stretch).or_default());
            whose.agent.into_iter().for_each(|agent| add(agents.entry(agent).or_default()));
            add(teams.entry(whose.team).or_default());
            add(channels.entry(whose.channel).or_default());
        };
        for (whose, counts) in counts {
            each(whose, &|group| group.count(*counts));
        }
        for sample in &samples {
            each(&sample.whose(), &|group| group.measure(sample));
        }
        let figures = |group: Group| group.figures(within_ms);
        let stretch = |(place, (from, until))| {
            let group = stretches.remove(&place).unwrap_or_default();
            StretchFigures { from, until, figures: figures(group) }
        };
        AnswersReport {
            upto,
            within_ms,
            stretches: self.edges().stretches().enumerate().map(stretch).collect(),
            whole: figures(whole),
            agents: each_of(agents, |agent_id, group| AgentFigures {
                agent_id,
                figures: figures(group),
            }),
            teams: each_of(teams, |team_id, group| TeamFigures {
                team_id,
                figures: figures(group),
            }),
            channels: each_of(channels, |channel_id, group| ChannelFigures {
                channel_id,
                figures: figures(group),
            }),
        }
    }

    /// Every time that was measured of what was chosen, in the order of the log, with its measure.
    pub fn measured(&self, chosen: &Chosen) -> Vec<(Measure, Measured)> {
        let (_, samples) = self.told();
        let chosen = samples.iter().filter(|sample| chosen.takes(&sample.whose()));
        chosen.map(|sample| (sample.measure, sample.measured)).collect()
    }

    /// The conversations behind a figure, the slowest first.
    pub fn behind(&self, chosen: &Chosen, measure: Measure) -> MeasuredPage {
        let all = self.measured(chosen).into_iter();
        let mut rows: Vec<_> =
            all.filter(|(of, _)| *of == measure).map(|(_, measured)| measured).collect();
        rows.sort_by_key(|row| (std::cmp::Reverse(row.ms), row.since, row.conversation_id));
        let more = rows.len() > MEASURED_MAX;
        rows.truncate(MEASURED_MAX);
        MeasuredPage { rows, more }
    }
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
    fn count(&mut self, counts: Counts) {
        self.counts.received += counts.received;
        self.counts.sent += counts.sent;
        self.counts.turns += counts.turns;
        self.counts.opened += counts.opened;
        self.counts.asked += counts.asked;
        self.counts.rated += counts.rated;
        self.counts.points += counts.points;
    }

    fn measure(&mut self, sample: &Sample) {
        self.spreads.add(sample.measure, sample.measured.ms);
    }

    fn figures(self, within_ms: u64) -> Figures {
        let Counts { received, sent, turns, opened, asked, rated, points } = self.counts;
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
            first_reply: spread(Measure::FirstReply),
            reply,
            pick_up: spread(Measure::PickUp),
            resolution,
        }
    }
}
