//! `baton serve --try`: a simulator in this process, and a number for practice that talks to it.

use std::time::Duration;

use anyhow::Context as _;
use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use baton_protocol::Timestamp;
use baton_simulator::{Knobs, Number, Simulator};

use crate::accounts::settings::practice::PracticePlace;
use crate::app::Server;
use crate::clock::Clock;
use crate::config::{Config, PRACTICE, Secret};
use crate::store::template;

/// How long the first customer's message may take.
const PATIENCE: Duration = Duration::from_secs(10);

/// A simulator that practice numbers talk to.
pub(super) struct Practice(Simulator);

impl Practice {
    /// Starts the simulator, and tells the configuration where it is.
    pub(super) async fn prepare(config: &mut Config, clock: &Clock) -> anyhow::Result<Self> {
        anyhow::ensure!(
            !config.redis.is_shared(),
            "--try is for one server alone: with redis.url there may be several"
        );
        anyhow::ensure!(
            config.http.certificate.is_empty(),
            "--try speaks plain HTTP with itself: leave http.certificate out"
        );
        let made_up = || URL_SAFE_NO_PAD.encode(clock.bytes::<24>());
        let simulator = Simulator::start(baton_simulator::Config {
            meta_app_id: PRACTICE.to_owned(),
            app_secret: made_up(),
            verify_token: made_up(),
            access_token: format!("{PRACTICE}-number"),
            numbers: vec![Number {
                phone_number_id: format!("{PRACTICE}-1"),
                display_phone_number: "15550783881".to_owned(),
                ..Number::default()
            }],
            // It forgets who wrote before when it ends: nobody is refused for that.
            knobs: Knobs::permissive(),
            // Whoever else uses this machine, and a page that a browser shows, plays nobody.
            secret: Some(made_up()),
            ..baton_simulator::Config::default()
        })
        .await
        .context("the simulator for --try")?;
        config.whatsapp.practice_url = Some(simulator.base_url());
        config.whatsapp.practice_page = Some(format!("{}/", simulator.control_url()));
        Ok(Self(simulator))
    }

    /// Connects the number to the workspace, where the first customer writes at once. Returns what
    /// to tell the operator.
    pub(super) async fn begin(&self, server: &Server) -> anyhow::Result<String> {
        let workspace = server.accounts.only_workspace().await?;
        let workspace = workspace.context("--try needs an installation with one workspace")?;
        let (platform, number) = (self.0.config(), self.0.number());
        let place = PracticePlace {
            app_secret: Secret::new(platform.app_secret.clone()),
            verify_token: Secret::new(platform.verify_token.clone()),
            phone_number_id: number.phone_number_id.clone(),
            display_number: format!("+{}", number.display_phone_number),
            access_token: platform.access_token.clone(),
        };
        let (channel, is_new) = server.accounts.practise(&server.engine, workspace, &place).await?;
        let (store, of) = (server.engine.store(), (workspace, channel));
        template::set_source(store, of, &number.waba_id, Timestamp::from_ms(0)).await?;
        self.0.set_webhook_url(format!("{}/webhooks/whatsapp/{PRACTICE}", server.url()));
        self.0.verify_webhook().await.context("verifying the practice number's webhook")?;
        if is_new {
            let first = self.0.customer("34600111222", "Lucía Ortega");
            let wamid = first.sends("Hello! Is the blue bicycle in your window for sale?").await;
            self.0.wait_acknowledged(&wamid, PATIENCE).await?;
        }
        Ok(format!("A number for practice is connected: you play its customers at {}", self.page()))
    }

    fn page(&self) -> String {
        format!("{}/", self.0.control_url())
    }

    /// Ends the simulator.
    pub(super) async fn stop(self) {
        self.0.stop().await;
    }
}

#[cfg(test)]
mod tests {
    use baton_protocol::command::Reply;
    use baton_protocol::page::{ConversationPage, ConversationRow};
    use baton_protocol::settings::{MetaAppNew, MetaApps};
    use baton_protocol::{Channel, Command, CommandBody, OpId};
    use serde_json::json;

    use super::*;
    use crate::config::Sources;
    use crate::demo::client::{Api, SignedIn};

    async fn trying(folder: &std::path::Path) -> (Server, Practice) {
        let mut config = Config::load(&Sources::default()).unwrap().config;
        config.http.bind.set_port(0);
        config.store.data = folder.to_owned();
        // Nobody listens there: whatever went to Meta would be seen to fail.
        config.whatsapp.graph_url = "http://127.0.0.1:9".to_owned();
        let practice = Practice::prepare(&mut config, &Clock::system()).await.unwrap();
        let server = Box::pin(Server::start(&config, Clock::system())).await.unwrap();
        (server, practice)
    }

    async fn numbers(of: &SignedIn) -> Vec<Channel> {
        of.get("/channels").await.unwrap()
    }

    #[tokio::test(flavor = "multi_thread", worker_threads = 2)]
    async fn whoever_tries_it_answers_a_customer_without_meta_and_removes_the_number_again() {
        let folder = tempfile::tempdir().unwrap();
        let (server, practice) = trying(folder.path()).await;
        let first = server.accounts.first_admin(&server.engine).await.unwrap().unwrap();
        let said = practice.begin(&server).await.unwrap();
        assert!(said.contains(&practice.page()), "{said}");
        let api = Api::new(&server.url()).unwrap();
        let password = first.password.expose();
        let admin = api.sign_in(&first.workspace, &first.email, password).await.unwrap();
        let [number] = &numbers(&admin).await[..] else { panic!("one number") };
        assert!(number.practice);
        let told: MetaApps = admin.get("/meta-apps").await.unwrap();
        assert_eq!(told.practice_page, Some(practice.page()));
        assert!(told.may_add && told.apps.is_empty());

        // The first customer waits; the answer reaches the simulator.
        let conversation_id = admin.conversations().await.unwrap()[0];
        let page: ConversationPage = admin.get("/conversations").await.unwrap();
        let ConversationRow::Full { view, .. } = &page.conversations[0] else { panic!("a view") };
        let reply = Reply {
            text: "It is, come in".to_owned(),
            seen: view.conversation.thread.last_line,
            quoted: None,
            replaces: None,
            ignore_lease: false,
            canned: None,
        };
        let command = Command {
            op_id: OpId(Clock::system().uuid_v7()),
            conversation_id,
            after: None,
            retry_of: None,
            body: CommandBody::Reply(reply),
        };
        admin.command(command).await.unwrap();
        let reached =
            practice.0.wait_reached(|sent| sent.text() == Some("It is, come in"), PATIENCE);
        reached.await.unwrap();

        // An app of one's own stands beside it.
        let app_secret = "of the shop".to_owned();
        let new = MetaAppNew { id: "1234567890".to_owned(), app_secret };
        let told: MetaApps = admin.post("/meta-apps", &new).await.unwrap();
        assert_eq!(told.apps[0].webhook, "/webhooks/whatsapp/1234567890");
        assert!(!told.apps[0].verify_token.is_empty());
        let odd = json!({"id": "practice-2", "app_secret": "a"});
        assert!(admin.post::<MetaApps>("/meta-apps", &odd).await.is_err());

        let path = format!("/channels/{}", number.id);
        let bearer = Some(admin.session.access_token.as_str());
        let removed = api.call::<()>(reqwest::Method::DELETE, &path, bearer, None::<&()>);
        removed.await.unwrap();
        assert!(numbers(&admin).await.is_empty());
        let page: ConversationPage = admin.get("/conversations?status=resolved").await.unwrap();
        assert_eq!(page.conversations.len(), 1, "what was said stays");
        Box::pin(server.stop()).await;
        practice.stop().await;

        // Whoever tries it again has it again.
        let (server, practice) = trying(folder.path()).await;
        assert!(server.accounts.first_admin(&server.engine).await.unwrap().is_none());
        practice.begin(&server).await.unwrap();
        let api = Api::new(&server.url()).unwrap();
        let admin = api.sign_in(&first.workspace, &first.email, password).await.unwrap();
        assert!(numbers(&admin).await[0].practice);
        Box::pin(server.stop()).await;
        practice.stop().await;
    }
}
