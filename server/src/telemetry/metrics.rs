//! Everything that is counted and measured, in one place; `/metrics` shows it as OpenMetrics.

use std::ops::Deref;
use std::sync::Arc;

use prometheus_client::encoding::text::{encode_eof, encode_registry};
use prometheus_client::metrics::counter::Counter;
use prometheus_client::metrics::family::Family;
use prometheus_client::metrics::gauge::Gauge;
use prometheus_client::metrics::histogram::Histogram;
use prometheus_client::registry::{Metric, Registry};

use super::{By, ByTwo, LevelBy, process};

/// The figures of a process. Cheap to clone, which every request does; clones count together. Each
/// process (and each test) has its own: nothing here is global.
#[derive(Clone, Debug)]
pub struct Metrics(Arc<Figures>);

impl Deref for Metrics {
    type Target = Figures;

    fn deref(&self) -> &Figures {
        &self.0
    }
}

/// What [`Metrics`] counts.
#[derive(Debug)]
pub struct Figures {
    /// Connections refused because their address has too many.
    pub connections_refused: Counter,
    /// Connections cut because their client did not read what it was sent.
    pub slow_readers_cut: Counter,
    /// Sign-ins by what became of them.
    pub sign_ins: By,
    /// Refreshes of sessions by what became of them.
    pub refreshes: By,
    /// 1 while the disk of the data directory is full, or cannot be written.
    pub disk_full: Gauge,
    /// Bytes that are free on it.
    pub disk_free_bytes: Gauge,
    /// Webhook POSTs by the answer they got.
    pub webhooks: By,
    /// From a webhook's arrival to its answer.
    pub webhook_ack_s: Histogram,
    /// Commands by outcome: `accepted` or the refusal's code.
    pub commands: By,
    /// Members of a committed group.
    pub group_members: Histogram,
    /// From the first lock of a group to the end of its commit.
    pub commit_s: Histogram,
    /// The commit of a group alone: mostly the flush to the disk.
    pub flush_s: Histogram,
    /// Groups begun again, by reason.
    pub group_retries: By,
    /// Members waiting for the committer.
    pub committer_queue: Gauge,
    /// Workspaces whose rows somebody has locked.
    pub workspaces_stuck: Gauge,
    /// Events appended to logs.
    pub events_appended: Counter,
    /// Sockets open.
    pub sockets_open: Gauge,
    /// Frames written to sockets by type.
    pub frames_out: By,
    /// Connections that were told to come back later.
    pub connects_sent_away: Counter,
    /// Clients cut because they were slow.
    pub slow_clients_cut: Counter,
    /// What was missed, by where it was read: the ring, the database, or a reset.
    pub resumes: By,
    /// Events made into text.
    pub serialisations: Counter,
    /// Events handed to sockets; serialised once, delivered many times.
    pub deliveries: Counter,
    /// Attempts to send by outcome.
    pub sends: By,
    /// Read receipts and typing indicators, by kind and outcome.
    pub courtesies: ByTwo,
    /// Work outside that follows a commit, by kind and outcome.
    pub errands: ByTwo,
    /// Tries to fetch customers' files, by outcome.
    pub files: By,
    /// Files that wait to be fetched, of all nodes.
    pub files_waiting: Gauge,
    /// Workspaces that keep more files than they may.
    pub workspaces_full: Gauge,
    /// Numbers that send nothing, of all workspaces.
    pub numbers_stopped: Gauge,
    /// Numbers that send, and need somebody to act.
    pub numbers_attention: Gauge,
    /// Messages held by reason.
    pub held: By,
    /// Elements of webhooks set aside, by reason.
    pub quarantined: By,
    /// Elements of webhooks that this version does not understand, by kind.
    pub not_understood: By,
    /// Tries to send a push, by service and outcome.
    pub pushes: ByTwo,
    /// Pushes that are due, or on their way.
    pub pushes_waiting: Gauge,
    /// Workspaces whose routing is braked: many of their people were lost at once.
    pub routing_brakes: Gauge,
    /// Counts of what is open, for boards of supervisors.
    pub board_counts: Counter,
    /// Seconds since the cause of the oldest of them.
    pub pushes_oldest_s: Gauge,
    /// From the fact to the moment at which a service took its push.
    pub push_s: Histogram,
    /// Rests of push services that failed, or did not take the credentials.
    pub push_outages: By,
    /// Push services that rested and took nothing since.
    pub push_services_out: LevelBy,
    /// Pushes dropped because their agent saw what they tell.
    pub pushes_suppressed: Counter,
    /// From a service taking a push to the device having it, as the device tells.
    pub push_receipt_s: Histogram,
    /// Receipts of pushes: the stage of those that are new, or why they change nothing.
    pub push_receipts: By,
    /// Events appended but not yet under the chain.
    pub seal_lag: Gauge,
    /// Messages whose time to be sent has come and that have not left.
    pub jobs_due: Gauge,
    /// Seconds that the message waits which is due for longest.
    pub sends_oldest_s: Gauge,
    /// Seconds that this node's clock is ahead of the database's.
    pub clock_off_s: Gauge,
    /// 1 while the database does not answer.
    pub database_away: Gauge,
    /// 1 once the database said that it is damaged.
    pub database_damaged: Gauge,
    /// Statements that were run on the database.
    pub database_statements: Counter,
    /// 1 while what nodes share cannot be asked.
    pub coordinator_away: Gauge,
    /// Connections to Redis that were made again.
    pub coordinator_reconnects: Counter,
    /// Replies that waited in vain to be told who composes.
    pub coordinator_silences: Counter,
    /// Messages to other nodes that were not published, by reason.
    pub bus_dropped: By,
    /// Messages on the bus that were not believed, by reason.
    pub bus_rejected: By,
    /// Batches of the log by how they came. They follow the last one, or come too early, or twice.
    /// Or they are read from the log, or told without what should have come before.
    pub bus_batches: By,
    /// Nodes that live, as this one sees it.
    pub nodes: Gauge,
    /// 1 while this node does what only one does.
    pub leads: Gauge,
    registry: Registry,
}

const STATEMENTS: &str = "Statements run on the database";

impl Default for Metrics {
    fn default() -> Self {
        Self::new()
    }
}

impl Metrics {
    /// All at zero.
    pub fn new() -> Self {
        Self::counting(Counter::default())
    }

    /// All at zero but for the statements, which the store counts.
    #[expect(clippy::too_many_lines, reason = "one table, a line for each figure")]
    pub fn counting(statements: Counter) -> Self {
        let mut registry = Registry::with_prefix("baton");
        let r = &mut registry;
        let build: Family<[(&str, &str); 1], Gauge> = Family::default();
        build.get_or_create(&[("version", env!("CARGO_PKG_VERSION"))]).set(1);
        register(r, "build_info", "The program", build);
        let partial = Figures {
            connections_refused: one(r, "connections_refused", "Of addresses with too many"),
            slow_readers_cut: one(r, "slow_readers_cut", "Connections that did not read"),
            sign_ins: By::register(r, "sign_ins", "outcome", "Sign-ins by outcome"),
            refreshes: By::register(r, "refreshes", "outcome", "Refreshes by outcome"),
            disk_full: one(r, "disk_full", "1 while the data directory cannot be written"),
            disk_free_bytes: one(r, "disk_free_bytes", "Free for the data directory"),
            webhooks: By::register(r, "webhooks", "answer", "Webhook POSTs by answer"),
            webhook_ack_s: seconds(r, "webhook_ack_seconds", "From a webhook to its answer"),
            commands: By::register(r, "commands", "outcome", "Commands by outcome code"),
            group_members: sizes(r, "group_members", "Members of a committed group"),
            commit_s: seconds(r, "commit_seconds", "From a group's first lock to its commit"),
            flush_s: seconds(r, "flush_seconds", "The commit of a group alone"),
            group_retries: By::register(r, "group_retries", "reason", "Groups begun again"),
            committer_queue: one(r, "committer_queue", "Members waiting for the committer"),
            workspaces_stuck: one(r, "workspaces_stuck", "Workspaces whose rows are locked"),
            events_appended: one(r, "events_appended", "Events appended to logs"),
            sockets_open: one(r, "sockets_open", "Sockets open"),
            frames_out: By::register(r, "frames_out", "type", "Frames to sockets by type"),
            connects_sent_away: one(r, "connects_sent_away", "Connections told to come later"),
            slow_clients_cut: one(r, "slow_clients_cut", "Clients cut because they were slow"),
            resumes: By::register(r, "resumes", "from", "What was missed, by where it was read"),
            serialisations: one(r, "serialisations", "Events made into text"),
            deliveries: one(r, "deliveries", "Events handed to sockets"),
            sends: By::register(r, "sends", "outcome", "Attempts to send by outcome"),
            courtesies: ByTwo::register(
                r,
                "courtesies",
                ["kind", "outcome"],
                "Read receipts and typing indicators",
            ),
            errands: ByTwo::register(
                r,
                "errands",
                ["kind", "outcome"],
                "Work outside that follows a commit",
            ),
            files: By::register(r, "files", "outcome", "Tries to fetch files by outcome"),
            files_waiting: one(r, "files_waiting", "Files that wait to be fetched"),
            workspaces_full: one(r, "workspaces_full", "Workspaces that keep too many files"),
            numbers_stopped: one(r, "numbers_stopped", "Numbers that send nothing"),
            numbers_attention: one(r, "numbers_attention", "Numbers that need somebody to act"),
            held: By::register(r, "held", "reason", "Messages held for review by reason"),
            quarantined: By::register(r, "quarantined", "reason", "Elements set aside"),
            not_understood: By::register(r, "not_understood", "kind", "Elements kept for later"),
            pushes: ByTwo::register(r, "pushes", ["service", "outcome"], "Tries to send a push"),
            pushes_waiting: one(r, "pushes_waiting", "Pushes that are due, or on their way"),
            pushes_oldest_s: one(r, "pushes_oldest_seconds", "Age of the oldest of them"),
            push_s: seconds(r, "push_seconds", "From a fact to its push being taken"),
            push_outages: By::register(r, "push_outages", "service", "Rests of push services"),
            push_services_out: LevelBy::register(
                r,
                "push_services_out",
                "service",
                "Push services that rested and took nothing since",
            ),
            pushes_suppressed: one(r, "pushes_suppressed", "Pushes of what was seen"),
            push_receipt_s: seconds(r, "push_receipt_seconds", "From a push taken to it being had"),
            routing_brakes: one(r, "routing_brakes", "Workspaces that lost many people at once"),
            board_counts: one(r, "board_counts", "Counts of what is open, for boards"),
            push_receipts: By::register(r, "push_receipts", "outcome", "Receipts of pushes"),
            seal_lag: one(r, "seal_lag_events", "Events not yet under the chain"),
            jobs_due: one(r, "jobs_due", "Messages due to be sent"),
            sends_oldest_s: one(r, "sends_oldest_seconds", "Waited by the oldest due message"),
            clock_off_s: one(r, "clock_off_seconds", "Ahead of the database's clock"),
            database_away: one(r, "database_away", "1 while the database does not answer"),
            database_damaged: one(r, "database_damaged", "1 once the database said it is damaged"),
            database_statements: register(r, "database_statements", STATEMENTS, statements),
            coordinator_away: one(r, "coordinator_away", "1 while Redis cannot be asked"),
            coordinator_reconnects: one(r, "coordinator_reconnects", "Connections made again"),
            coordinator_silences: one(r, "coordinator_silences", "Replies that asked in vain"),
            bus_dropped: By::register(r, "bus_dropped", "reason", "Messages not published"),
            bus_rejected: By::register(r, "bus_rejected", "reason", "Messages not believed"),
            bus_batches: By::register(r, "bus_batches", "came", "Batches by how they came"),
            nodes: one(r, "nodes", "Nodes that live, as this one sees it"),
            leads: one(r, "leads", "1 while this node leads"),
            registry: Registry::default(),
        };
        Self(Arc::new(Figures { registry, ..partial }))
    }

    /// All figures as OpenMetrics text.
    pub fn render(&self) -> String {
        let mut text = String::new();
        let written = encode_registry(&mut text, &self.registry)
            .and_then(|()| process::write(&mut text))
            .and_then(|()| encode_eof(&mut text));
        if let Err(error) = written {
            tracing::error!(%error, "metrics could not be rendered");
        }
        text
    }

    /// The content type of [`Self::render`].
    pub const CONTENT_TYPE: &'static str =
        "application/openmetrics-text; version=1.0.0; charset=utf-8";
}

fn one<M: Metric + Clone + Default>(registry: &mut Registry, name: &str, help: &str) -> M {
    register(registry, name, help, M::default())
}

fn seconds(registry: &mut Registry, name: &str, help: &str) -> Histogram {
    let bounds =
        [0.0005, 0.001, 0.002, 0.005, 0.01, 0.02, 0.05, 0.1, 0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0];
    register(registry, name, help, Histogram::new(bounds))
}

fn sizes(registry: &mut Registry, name: &str, help: &str) -> Histogram {
    let bounds = [1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0, 128.0, 256.0];
    register(registry, name, help, Histogram::new(bounds))
}

fn register<M: Metric + Clone>(registry: &mut Registry, name: &str, help: &str, metric: M) -> M {
    registry.register(name, help, metric.clone());
    metric
}

#[cfg(test)]
mod tests {
    use super::Metrics;

    #[test]
    fn what_is_counted_is_shown() {
        let metrics = Metrics::new();
        metrics.commands.inc("stale");
        metrics.commands.add("accepted", 2);
        metrics.sockets_open.set(3);
        metrics.commit_s.observe(0.003);
        let clone = metrics.clone();
        clone.events_appended.inc_by(5);
        let text = metrics.render();
        for line in [
            "baton_commands_total{outcome=\"stale\"} 1",
            "baton_commands_total{outcome=\"accepted\"} 2",
            "baton_sockets_open 3",
            "baton_commit_seconds_bucket{le=\"0.005\"} 1",
            "baton_commit_seconds_bucket{le=\"0.002\"} 0",
            "baton_events_appended_total 5",
        ] {
            assert!(text.contains(line), "no {line:?} in:\n{text}");
        }
        let build = format!("baton_build_info{{version=\"{}\"}} 1", env!("CARGO_PKG_VERSION"));
        assert!(text.contains(&build), "{text}");
        assert!(text.ends_with("# EOF\n"));
        assert_eq!((metrics.commands.get("stale"), metrics.commands.get("never")), (1, 0));
    }

    /// Names of figures in a text, without what Prometheus adds to them.
    fn named(text: &str) -> std::collections::BTreeSet<String> {
        let words = text.split(|c: char| !(c.is_ascii_lowercase() || c == '_'));
        let figures = words.filter(|word| word.starts_with("baton_"));
        let bare = figures.map(|word| {
            let endings = ["_total", "_bucket", "_count", "_sum"];
            endings.iter().find_map(|end| word.strip_suffix(end)).unwrap_or(word).to_owned()
        });
        bare.collect()
    }

    #[test]
    fn the_guide_explains_every_figure_and_guide_and_alerts_know_no_other() {
        let guide = include_str!("../../../docs/operations.md");
        let alerts = include_str!("../../../docs/alerts.yml");
        // What is split by a label is shown once it was counted: the code has all of them.
        let code = include_str!("metrics.rs").split("#[cfg(test)]").next().unwrap();
        let code = code.split_whitespace().collect::<Vec<_>>().join(" ").replace("( r,", "(r,");
        let registered = code.split("(r, \"").skip(1).filter_map(|rest| rest.split('"').next());
        let shown: std::collections::BTreeSet<_> =
            registered.map(|name| format!("baton_{name}")).collect();
        assert!(named(&Metrics::new().render()).is_subset(&shown), "not all is found in the code");
        let table: String = guide.lines().filter(|line| line.starts_with("| `baton_")).collect();
        assert_eq!(named(&table), shown, "the guide's table of figures");
        for (what, text) in [("guide", guide), ("alerts", alerts)] {
            let unknown: Vec<_> = named(text).difference(&shown).cloned().collect();
            assert!(unknown.is_empty(), "the {what} names {unknown:?}");
        }
    }

    #[test]
    fn two_servers_in_one_process_do_not_count_together() {
        let (a, b) = (Metrics::new(), Metrics::new());
        a.deliveries.inc();
        assert_eq!(b.deliveries.get(), 0);
    }
}
