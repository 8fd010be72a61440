//! A running simulator: starting it, setting it, and asking what happened.

mod platform;
mod pushes;

use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, ensure};
use serde_json::Value;
use tokio::net::TcpListener;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use tokio::time::Instant;

use crate::base::conn::{Cut, CuttableListener};
use crate::state::config::{Config, Number};
use crate::state::knobs::Knobs;
use crate::state::people::Person;
use crate::state::push::keys::Keys;
use crate::state::shared::{Content, Shared, Urls};
use crate::state::world::{Acknowledged, Marked, Reached, UpdateId};
use crate::whatsapp::calls;
use crate::whatsapp::customers::customer::Customer;
use crate::whatsapp::webhooks::{delivery, verification};
use crate::{control, push};

/// A running simulator. Dropping it stops it.
pub struct Simulator {
    shared: Arc<Shared>,
    tasks: Vec<JoinHandle<()>>,
}

impl Simulator {
    /// Starts listening and delivering.
    ///
    /// # Errors
    /// The address is taken, or the configuration names no number.
    pub async fn start(config: Config) -> anyhow::Result<Self> {
        ensure!(!config.numbers.is_empty(), "the simulator needs at least one number");
        let http = http_client()?;
        let listener = TcpListener::bind(config.bind)
            .await
            .with_context(|| format!("could not listen at {}", config.bind))?;
        let address = listener.local_addr()?;
        let (sender, inbox) = mpsc::unbounded_channel();
        let http2 = TcpListener::bind((address.ip(), 0)).await?;
        let push_base = format!("http://{}", http2.local_addr()?);
        let urls = Urls { base: format!("http://{address}"), push_base };
        let shared = Arc::new(Shared::new(config, urls, Keys::make()?, http, sender));
        let dispatcher = tokio::spawn(delivery::run(Arc::clone(&shared), inbox));
        let server = tokio::spawn(serve(Arc::clone(&shared), listener));
        let services = push::providers_router().with_state(Arc::clone(&shared));
        let services = tokio::spawn(push::serve_http2(Arc::clone(&shared), http2, services));
        Ok(Self { shared, tasks: vec![dispatcher, server, services] })
    }

    /// The base of its URLs, without a slash at the end.
    #[must_use]
    pub fn base_url(&self) -> String {
        self.shared.base_url.clone()
    }

    /// The address at which its customers are played: the page, and `/control` below it. It has
    /// the secret, if there is one, and no slash at the end.
    #[must_use]
    pub fn control_url(&self) -> String {
        let secret = self.shared.config.secret.iter();
        secret.fold(self.base_url(), |base, secret| format!("{base}/{secret}"))
    }

    /// The configuration it was started with.
    #[must_use]
    pub fn config(&self) -> &Config {
        &self.shared.config
    }

    /// The number that customers write to by default.
    #[must_use]
    pub fn number(&self) -> Number {
        self.shared.config.numbers.first().cloned().unwrap_or_default()
    }

    /// Says where webhooks go, from the next attempt on.
    pub fn set_webhook_url(&self, url: impl Into<String>) {
        self.shared.set_webhook_urls(vec![url.into()]);
    }

    /// Says that webhooks go to each of several servers in turn, as through a balancer; a retry
    /// goes to the next one.
    pub fn set_webhook_urls(&self, urls: Vec<String>) {
        self.shared.set_webhook_urls(urls);
    }

    /// The knobs as they are set.
    #[must_use]
    pub fn knobs(&self) -> Knobs {
        (*self.shared.knobs()).clone()
    }

    /// Sets the knobs; the rules of failure count from now.
    pub fn set_knobs(&self, knobs: Knobs) {
        self.shared.world().set_knobs(knobs);
        self.shared.changed();
    }

    /// Moves the simulator's time on, for the window, the rates and pushes.
    pub fn advance(&self, by: Duration) {
        self.shared.clock.advance(by);
        self.shared.changed();
    }

    /// The simulator's time in milliseconds since the epoch.
    #[must_use]
    pub fn now_ms(&self) -> i64 {
        self.shared.clock.now_ms()
    }

    /// A customer with a phone number.
    #[must_use]
    pub fn customer(&self, wa_id: &str, name: &str) -> Customer {
        self.person(Person {
            wa_id: Some(wa_id.to_owned()),
            name: name.to_owned(),
            ..Person::default()
        })
    }

    /// A customer who shows no phone number, only a user id such as `US.1349…`.
    #[must_use]
    pub fn customer_without_phone(&self, user_id: &str, name: &str) -> Customer {
        self.person(Person {
            user_id: Some(user_id.to_owned()),
            name: name.to_owned(),
            ..Person::default()
        })
    }

    /// A customer with any of phone number, user id and username.
    #[must_use]
    pub fn person(&self, person: Person) -> Customer {
        let key = self.shared.world().meet(person);
        let phone_number_id = self.number().phone_number_id;
        Customer { shared: Arc::clone(&self.shared), key, phone_number_id }
    }

    /// Sends any body as a signed webhook, alone in its POST. `name` identifies it among
    /// [`Simulator::acknowledged`].
    pub async fn webhook(&self, name: &str, body: Value) {
        let id = UpdateId { id: name.to_owned(), status: None };
        self.shared.enqueue(id, Content::Whole(body), name, Instant::now()).await;
    }

    /// Everything that reached customers, in the order of acceptance.
    #[must_use]
    pub fn reached(&self) -> Vec<Reached> {
        self.reached_since(0)
    }

    /// Messages that reached customers, from place `order` on.
    #[must_use]
    pub fn reached_since(&self, order: usize) -> Vec<Reached> {
        self.shared.world().reached.get(order..).unwrap_or_default().to_vec()
    }

    /// Waits until a message that satisfies `accept` has reached any customer.
    ///
    /// # Errors
    /// None has reached them at the deadline.
    pub async fn wait_reached(
        &self,
        mut accept: impl FnMut(&Reached) -> bool + Send,
        deadline: Duration,
    ) -> anyhow::Result<Reached> {
        let mut seen = 0;
        let found = self.shared.wait(deadline, |world| {
            let fresh = world.reached.get(seen..).unwrap_or_default();
            seen = world.reached.len();
            fresh.iter().find(|one| accept(one)).cloned()
        });
        found.await.context("no such message reached a customer in time")
    }

    /// The calls that marked customers' messages read.
    #[must_use]
    pub fn marked(&self) -> Vec<Marked> {
        self.shared.world().marked.clone()
    }

    /// The webhooks that were answered with 200, in that order.
    #[must_use]
    pub fn acknowledged(&self) -> Vec<Acknowledged> {
        self.shared.world().acknowledged.clone()
    }

    /// Waits until this customer's message was acknowledged.
    ///
    /// # Errors
    /// It was not acknowledged at the deadline.
    pub async fn wait_acknowledged(&self, wamid: &str, deadline: Duration) -> anyhow::Result<()> {
        let id = UpdateId { id: wamid.to_owned(), status: None };
        let told =
            self.shared.wait(deadline, |world| world.acknowledged_ids.contains(&id).then_some(()));
        told.await.context("the message was not acknowledged in time")
    }

    /// Updates that wait for their 200.
    #[must_use]
    pub fn pending(&self) -> usize {
        *self.shared.pending.borrow()
    }

    /// Waits until every webhook, statuses to come included, was answered with 200.
    ///
    /// # Errors
    /// Some are left at the deadline, or were dropped after their last retry.
    pub async fn quiesce(&self, deadline: Duration) -> anyhow::Result<()> {
        control::quiesce(&self.shared, deadline).await
    }

    /// Asks the webhook for its challenge, as the platform does when a URL is set.
    ///
    /// # Errors
    /// No URL is set, or the answer is not 200 with the challenge as its whole body.
    pub async fn verify_webhook(&self) -> anyhow::Result<()> {
        verification::verify_webhook(&self.shared).await
    }

    /// Forgets everything that happened and goes back to the knobs it was started with.
    pub fn reset(&self) {
        self.shared.reset();
    }

    /// Stops and waits until nothing of it runs.
    pub async fn stop(mut self) {
        self.shared.stop.send_replace(true);
        for mut task in std::mem::take(&mut self.tasks) {
            if tokio::time::timeout(Duration::from_secs(2), &mut task).await.is_err() {
                task.abort();
            }
        }
    }
}

impl Drop for Simulator {
    fn drop(&mut self) {
        self.shared.stop.send_replace(true);
    }
}

async fn serve(shared: Arc<Shared>, listener: TcpListener) {
    let stopped = Arc::clone(&shared);
    let app = calls::router()
        .merge(control::router())
        .merge(push::router())
        .merge(push::providers_router())
        .with_state(Arc::clone(&shared));
    let app = control::guarded(&shared, app);
    let served =
        axum::serve(CuttableListener(listener), app.into_make_service_with_connect_info::<Cut>())
            .with_graceful_shutdown(async move { stopped.stopped().await });
    if let Err(error) = served.await {
        tracing::error!(%error, "the simulator stopped serving");
    }
}

fn http_client() -> anyhow::Result<reqwest::Client> {
    if rustls::crypto::ring::default_provider().install_default().is_err() {
        tracing::debug!("a crypto provider was installed before");
    }
    reqwest::Client::builder()
        .redirect(reqwest::redirect::Policy::none())
        .no_proxy()
        .connect_timeout(Duration::from_secs(5))
        .build()
        .context("could not build the webhooks' HTTP client")
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use tokio::runtime::Handle;
    use tokio::task::spawn_blocking;

    use super::*;

    const PATIENCE: Duration = Duration::from_secs(10);

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn updates_are_counted_while_one_waits_for_quiet_and_another_holds_the_world() {
        let simulator = Simulator::start(Config::default()).await.unwrap();
        let shared = Arc::clone(&simulator.shared);
        let (runtime, waits) = (Handle::current(), Arc::clone(&shared));
        let holding = spawn_blocking(move || {
            let world = shared.world();
            let quiet = runtime.spawn(async move { control::quiesce(&waits, PATIENCE).await });
            let (done, counted) = mpsc::channel();
            let counts = Arc::clone(&shared);
            std::thread::spawn(move || {
                for _ in 0..200_000 {
                    drop(counts.ticket());
                    std::thread::yield_now();
                }
                done.send(())
            });
            let counted = counted.recv_timeout(PATIENCE);
            drop(world);
            (counted, quiet)
        });
        let (counted, quiet) = holding.await.unwrap();
        assert!(counted.is_ok(), "nobody could count");
        quiet.await.unwrap().unwrap();
        simulator.stop().await;
    }
}
