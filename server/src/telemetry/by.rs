//! Counters and gauges split by one label.

use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::registry::Registry;

type Labels = [(&'static str, &'static str); 1];

/// A counter split by one label whose values stand in the code. They are `&'static str`, so that
/// nothing a customer or a client says can become a label.
#[derive(Clone, Debug)]
pub struct By {
    label: &'static str,
    family: Family<Labels, Counter>,
}

impl By {
    pub(super) fn register(
        registry: &mut Registry,
        name: &str,
        label: &'static str,
        help: &str,
    ) -> Self {
        let family = Family::default();
        registry.register(name, help, family.clone());
        Self { label, family }
    }

    /// One more of this kind.
    pub fn inc(&self, value: &'static str) {
        self.add(value, 1);
    }

    /// Adds this many to the count of one kind.
    pub fn add(&self, value: &'static str, count: u64) {
        self.family.get_or_create(&[(self.label, value)]).inc_by(count);
    }

    /// How many of this kind there were.
    pub fn get(&self, value: &'static str) -> u64 {
        self.family.get(&[(self.label, value)]).map_or(0, |counter| counter.get())
    }
}

/// A counter split by two labels, as [`By`] is by one.
#[derive(Clone, Debug)]
pub struct ByTwo {
    labels: [&'static str; 2],
    family: Family<[(&'static str, &'static str); 2], Counter>,
}

impl ByTwo {
    pub(super) fn register(
        registry: &mut Registry,
        name: &str,
        labels: [&'static str; 2],
        help: &str,
    ) -> Self {
        let family = Family::default();
        registry.register(name, help, family.clone());
        Self { labels, family }
    }

    /// One more of this kind.
    pub fn inc(&self, values: [&'static str; 2]) {
        let ([one, two], [first, second]) = (self.labels, values);
        self.family.get_or_create(&[(one, first), (two, second)]).inc();
    }
}

/// A gauge split by one label, as [`By`] is.
#[derive(Clone, Debug)]
pub struct LevelBy {
    label: &'static str,
    family: Family<Labels, Gauge>,
}

impl LevelBy {
    pub(super) fn register(
        registry: &mut Registry,
        name: &str,
        label: &'static str,
        help: &str,
    ) -> Self {
        let family = Family::default();
        registry.register(name, help, family.clone());
        Self { label, family }
    }

    /// It stands at this now.
    pub fn set(&self, value: &'static str, level: i64) {
        self.family.get_or_create(&[(self.label, value)]).set(level);
    }

    /// Where it stands; 0 before it was ever said.
    pub fn get(&self, value: &'static str) -> i64 {
        self.family.get(&[(self.label, value)]).map_or(0, |gauge| gauge.get())
    }
}
