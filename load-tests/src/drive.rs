//! Posts webhooks at a rate, or flat out, and notes how long each took to be acknowledged.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::Instant;

use crate::listen::Sent;
use crate::stats::{Times, micros};
use crate::webhook::{self, CustomerAt};
use crate::world::World;

/// A POST that may be repeated waits so long.
const AGAIN: Duration = Duration::from_millis(200);

/// A load.
#[derive(Clone, Debug)]
pub(crate) struct Load {
    /// Connections that post.
    pub(crate) posters: usize,
    /// POSTs a second; `None` for as many as are answered.
    pub(crate) rate: Option<u32>,
    /// The duration of the load.
    pub(crate) time: Duration,
    /// The first of the workspaces.
    pub(crate) first_workspace: usize,
    /// Over how many workspaces.
    pub(crate) workspaces: usize,
    /// Customers in each.
    pub(crate) contacts: usize,
    /// At most so many POSTs.
    pub(crate) count_max: usize,
    /// Messages in each POST.
    pub(crate) messages: usize,
    /// A POST that is answered 503 is sent again, as Meta does: for what is only written.
    pub(crate) is_patient: bool,
}

impl Load {
    /// One POST from each customer: they are known afterwards.
    pub(crate) fn introduction(workspaces: usize, contacts: usize) -> Self {
        Self {
            posters: 32,
            rate: None,
            time: Duration::from_secs(120),
            first_workspace: 0,
            workspaces,
            contacts,
            count_max: workspaces * contacts,
            messages: 1,
            is_patient: false,
        }
    }

    /// The number of POSTs: given, or made of rate and time.
    pub(crate) fn count(&self) -> usize {
        let at_rate = self.rate.map(|rate| u128::from(rate) * self.time.as_millis() / 1000);
        let at_rate = at_rate.and_then(|count| usize::try_from(count).ok());
        at_rate.unwrap_or(usize::MAX).min(self.count_max)
    }

    fn from(&self, n: usize) -> CustomerAt {
        // A prime step, so that neighbours in a group are not neighbours in an index.
        let contact = (n / self.workspaces).wrapping_mul(7919) % self.contacts;
        CustomerAt { channel: self.first_workspace + n % self.workspaces, contact }
    }
}

/// The result of a load.
#[derive(Clone, Debug)]
pub(crate) struct Driven {
    /// From sending a POST to its 200.
    pub(crate) acks: Times,
    /// From the first POST to the last 200.
    pub(crate) took: Duration,
}

impl Driven {
    /// POSTs acknowledged a second.
    pub(crate) fn per_second(&self) -> f64 {
        self.acks.count() as f64 / self.took.as_secs_f64()
    }
}

/// Drives a load; every POST has to be taken. `sent` is told when each message left.
pub(crate) async fn drive(
    world: &World,
    load: &Load,
    sent: Option<&Arc<Sent>>,
) -> anyhow::Result<Driven> {
    let run: Arc<str> = uuid::Uuid::now_v7().simple().to_string().into();
    let next = Arc::new(AtomicUsize::new(0));
    let began = Instant::now();
    let mut posters = JoinSet::new();
    for _ in 0..load.posters {
        let worker = Worker {
            poster: world.poster().await?,
            load: load.clone(),
            run: Arc::clone(&run),
            next: Arc::clone(&next),
            sent: sent.map(Arc::clone),
            began,
        };
        posters.spawn(worker.run());
    }
    let mut acks = Vec::new();
    while let Some(done) = posters.join_next().await {
        acks.extend(done??);
    }
    Ok(Driven { acks: Times::of(acks), took: began.elapsed() })
}

struct Worker {
    poster: crate::post::Poster,
    load: Load,
    run: Arc<str>,
    next: Arc<AtomicUsize>,
    sent: Option<Arc<Sent>>,
    began: Instant,
}

impl Worker {
    async fn run(mut self) -> anyhow::Result<Vec<u32>> {
        let (count, end) = (self.load.count(), self.began + self.load.time);
        let mut acks = Vec::new();
        loop {
            let n = self.next.fetch_add(1, Ordering::Relaxed);
            if n >= count || (self.load.rate.is_none() && Instant::now() >= end) {
                return Ok(acks);
            }
            let first = n * self.load.messages;
            let request = webhook::request(&self.run, self.load.from(n), first, self.load.messages);
            let left = self.wait_turn(n).await;
            if let Some(sent) = &self.sent {
                for number in first..first + self.load.messages {
                    sent.note(number, left);
                }
            }
            self.post(&request).await?;
            acks.push(micros(left.elapsed()));
        }
    }

    async fn post(&mut self, request: &[u8]) -> anyhow::Result<()> {
        while self.load.is_patient {
            match self.poster.send(request).await? {
                200 => return Ok(()),
                503 => tokio::time::sleep(AGAIN).await,
                status => anyhow::bail!("a webhook was answered {status}"),
            }
        }
        self.poster.post(request).await
    }

    /// The moment at which the POST counts as sent. Who comes too late for its turn was held up by
    /// the server: that time counts.
    async fn wait_turn(&self, n: usize) -> Instant {
        let Some(rate) = self.load.rate else { return Instant::now() };
        let due = self.began + Duration::from_secs_f64(n as f64 / f64::from(rate));
        if Instant::now() >= due {
            return due;
        }
        tokio::time::sleep_until(due).await;
        Instant::now()
    }
}
