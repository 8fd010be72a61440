//! `baton demo --cluster`: three nodes as processes of this program, on one PostgreSQL and a Redis
//! of their own. One node and Redis are killed in the middle.

use anyhow::{Context, ensure};
use baton_simulator::Simulator;

use super::{WORKSPACE, facts, people, simulated};
use crate::app::serve::Foundation;
use crate::cli::Demo;
use crate::clock::Clock;
use crate::config::{Config, Database, DatabaseUrl};
use crate::demo::cluster::{self, Machines};
use crate::demo::dead_phone;
use crate::demo::nodes::Nodes;
use crate::demo::redis::RedisServer;
use crate::demo::{Facts, Scene, play};
use crate::program::run::told_to_stop;

const NODES: usize = 3;

/// Plays both acts, stays up until it is told to stop unless once is enough, and ends everything
/// that it started.
pub(super) async fn run(
    demo: &Demo,
    config: &Config,
    say: &mut (dyn FnMut(&str) + Send),
) -> anyhow::Result<()> {
    let mut running = DemoCluster::start(config).await?;
    let played = running.show(demo, say).await;
    if played.is_ok() && !demo.once {
        told_to_stop().await?;
    }
    let ended = running.stop().await;
    played.and(ended)
}

struct DemoCluster {
    machines: Machines,
    facts: Facts,
    simulator: Simulator,
    clock: Clock,
}

impl DemoCluster {
    async fn start(config: &Config) -> anyhow::Result<Self> {
        let Database::Postgres(database) = config.store.database() else {
            anyhow::bail!(
                "several nodes need a PostgreSQL: --database postgres://…; `make demo-cluster` \
                 brings one"
            );
        };
        ensure!(!config.redis.is_shared(), "this demo kills its Redis, and brings one of its own");
        let clock = Clock::system();
        let simulator = Simulator::start(simulated(&clock)).await?;
        let redis = RedisServer::start().await?;
        let nodes = Nodes::plan(NODES)?;
        let mut config = config.clone();
        config.redis.url = DatabaseUrl::new(redis.url());
        config.store.data = nodes.data("seed");
        config.store.key_file = nodes.key_file();
        let foundation = Foundation::lay(&config, &clock).await?;
        let accounts = &foundation.accounts;
        let seeded = async {
            let cast = people(accounts, &foundation.engine, &simulator).await?;
            dead_phone(accounts, &clock, &cast.logins).await?;
            anyhow::Ok(cast)
        };
        let cast = seeded.await;
        foundation.store.close().await;
        let account = nodes.key_file().with_file_name("service-account.json");
        std::fs::write(&account, serde_json::to_vec(&simulator.service_account())?)?;
        let variables = [
            ("BATON_STORE__DATABASE", database.expose().to_owned()),
            ("BATON_STORE__KEY_FILE", nodes.key_file().display().to_string()),
            ("BATON_REDIS__URL", redis.url()),
            ("BATON_WHATSAPP__GRAPH_URL", simulator.base_url()),
            ("BATON_PUSH__FCM_URL", simulator.base_url()),
            ("BATON_PUSH__FCM_SERVICE_ACCOUNT_FILE", account.display().to_string()),
            ("BATON_LOG__LEVEL", "warn".to_owned()),
            ("BATON_HTTP__WORKSPACE", WORKSPACE.to_owned()),
        ];
        let variables = variables.map(|(name, value)| (name.to_owned(), value));
        let mut machines = Machines { nodes, redis };
        machines.nodes.start(variables.into()).await?;
        let urls = machines.nodes.urls();
        let app = &simulator.config().meta_app_id;
        let webhooks = urls.iter().map(|url| format!("{url}/webhooks/whatsapp/{app}"));
        simulator.set_webhook_urls(webhooks.collect());
        simulator.verify_webhook().await.context("verifying the webhook")?;
        let first = urls.first().context("no node")?;
        let facts = Facts { nodes: urls.clone(), ..facts(first, &simulator, cast?.logins) };
        Ok(Self { machines, facts, simulator, clock })
    }

    async fn show(
        &mut self,
        demo: &Demo,
        say: &mut (dyn FnMut(&str) + Send),
    ) -> anyhow::Result<()> {
        if demo.json {
            say(&format!("{}\n", serde_json::to_string(&self.facts)?));
            return if demo.once { self.play(&mut |_| {}).await } else { Ok(()) };
        }
        self.play(&mut |line| say(&format!("{line}\n"))).await?;
        if demo.once {
            say("\nEvery step happened.\n");
        } else {
            say(&format!("\n{}", self.facts.guide()));
        }
        Ok(())
    }

    async fn play(&mut self, tell: &mut (dyn FnMut(&str) + Send)) -> anyhow::Result<()> {
        let scene = Scene {
            server_urls: &self.facts.nodes,
            simulator: &self.simulator,
            logins: &self.facts.logins,
            clock: &self.clock,
        };
        play(scene, tell).await.context("the scene")?;
        tell("\nThen things die. Times of arrival are from WhatsApp's 200 to the last phone.");
        cluster::play(scene, &mut self.machines, tell).await.context("the second act")
    }

    /// Ends everything, in order.
    async fn stop(self) -> anyhow::Result<()> {
        self.simulator.stop().await;
        self.machines.nodes.stop().await
    }
}
