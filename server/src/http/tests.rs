//! The router on a real database with a real committer.

mod audit;
mod board;
mod bodies;
mod console;
mod context;
mod door;
mod first_run;
mod heads;
mod intake;
mod invitations;
mod keys;
mod log;
mod matrix;
mod packing;
mod passwords;
mod problems;
mod push;
mod reports;
mod rules;
mod scope;
mod secrets;
mod settings;
mod suggestion;
mod views;
mod webhooks;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use axum::Router;
use axum::body::Body;
use axum::http::{Method, Request, StatusCode, header};
use baton_protocol::Timestamp;
use baton_protocol::account::Session;
use baton_protocol::push::PushLane;
use baton_protocol::settings::ChannelNew;
use serde_json::{Value, json};
use tower::ServiceExt as _;

use super::{ApiState, Notices, Room, router};
use crate::accounts::settings::workspace::WorkspaceNew;
use crate::accounts::{Accounts, Quota, Setter};
use crate::clock::Clock;
use crate::config::{Config, Secret, Sources, WhatsAppConfig};
use crate::connection::Inspector;
use crate::coordinator::{Coordinator, InProcess};
use crate::engine::{Engine, Limits};
use crate::media::{Folder, Pictures};
use crate::secrets::Keys;
use crate::store::testing::{TestDatabase, databases};
use crate::telemetry::Metrics;
use crate::whatsapp::client::{Client, Timeouts};

const PASSWORD: &str = "correct horse";
const APP_SECRET: &str = "app secret";

/// A server without a listener: two workspaces, `acme` and `other`, each with an admin
/// `admin@host`; `acme` has a channel, a supervisor and an agent.
struct Desk {
    database: TestDatabase,
    parts: ApiState,
    router: Router,
    admin: Session,
    supervisor: Session,
    agent: Session,
    stranger: Session,
    team: String,
    channel: String,
}

/// An answer, read whole.
#[derive(Debug)]
struct Reply {
    status: StatusCode,
    headers: axum::http::HeaderMap,
    body: Value,
    text: String,
}

impl Reply {
    fn code(&self) -> &str {
        self.body["code"].as_str().unwrap_or_default()
    }

    #[track_caller]
    fn is(self, status: u16, code: &str) -> Self {
        assert_eq!((self.status.as_u16(), self.code()), (status, code), "{self:?}");
        if !code.is_empty() {
            assert_eq!(self.headers[header::CONTENT_TYPE], "application/problem+json");
        }
        self
    }
}

async fn desks() -> Vec<Desk> {
    let mut desks = Vec::new();
    for database in databases().await {
        desks.push(Box::pin(desk(database, Clock::system())).await);
    }
    desks
}

async fn desk(database: TestDatabase, clock: Clock) -> Desk {
    let config = Config::load(&Sources::default()).unwrap().config;
    let store = database.store.clone();
    let keys = Keys::new([3; 32]);
    let folder = tempfile::tempdir().unwrap().path().join("media");
    let media = Arc::new(Folder::open(&folder).unwrap());
    let accounts = Accounts::new(store.clone(), keys.clone(), clock.clone(), config.sessions, 80);
    let coordinator: Arc<dyn Coordinator> = InProcess::start(crate::coordinator::Clock {
        monotonic: Arc::new(tokio::time::Instant::now),
        wall: Arc::new({
            let clock = clock.clone();
            move || clock.now()
        }),
    });
    let metrics = Metrics::new();
    let limits = Limits::default();
    let (engine, _task) = Engine::start(
        store.clone(),
        clock.clone(),
        Arc::clone(&coordinator),
        metrics.clone(),
        limits,
    );
    for slug in ["acme", "other"] {
        let new = WorkspaceNew {
            slug: slug.to_owned(),
            name: slug.to_owned(),
            team: "Sales".to_owned(),
            admin_email: "admin@host".to_owned(),
            password: Secret::new(PASSWORD),
        };
        accounts.add_workspace(&engine, &new).await.unwrap();
    }
    accounts
        .add_meta_app("123", &Secret::new(APP_SECRET), Some(&Secret::new("let in")))
        .await
        .unwrap();
    let inspector = offline((&engine, &accounts, &keys), config.whatsapp, &clock);
    let outward = crate::push::Outward::open(&config.push, clock.clone()).unwrap();
    let parts = ApiState {
        inspector,
        engine,
        store,
        accounts,
        media,
        pictures: Arc::new(Pictures::off()),
        files_bytes_max: 0,
        keys,
        uploaded: Arc::default(),
        room: Room::new(&config.http),
        notices: Notices::default(),
        queues: crate::http::Queues::default(),
        handed: crate::http::Handed::default(),
        boards: crate::http::Boards::default(),
        quota: Quota::new(&config.limits, clock.clone()),
        http: Arc::new(config.http),
        sessions: config.sessions,
        metrics,
        coordinator,
        clock,
        mail: crate::mail::Mail::none(),
        practice_page: None,
        push_lanes: [PushLane::Fcm, PushLane::Webpush].into(),
        push_endpoints: crate::push::EndpointRules::default(),
        sources: crate::http::Sources::new(outward),
        draining: Arc::new(AtomicBool::new(false)),
    };
    let router = router(parts.clone());
    populate(database, parts, router).await
}

/// Who asks Meta where nobody listens.
fn offline(
    (engine, accounts, keys): (&Engine, &Accounts, &Keys),
    whatsapp: WhatsAppConfig,
    clock: &Clock,
) -> Inspector {
    drop(rustls::crypto::ring::default_provider().install_default());
    Inspector {
        engine: engine.clone(),
        accounts: accounts.clone(),
        keys: keys.clone(),
        client: Client::new(Timeouts::default()).unwrap(),
        whatsapp: WhatsAppConfig { graph_url: "http://127.0.0.1:9".to_owned(), ..whatsapp },
        clock: clock.clone(),
    }
}

async fn populate(database: TestDatabase, parts: ApiState, router: Router) -> Desk {
    let admin = sign_in(&router, "acme", "admin@host").await;
    let stranger = sign_in(&router, "other", "admin@host").await;
    let teams = ask(&router, Some(&admin), Method::GET, "/api/v1/teams", None).await;
    let team = teams.body[0]["id"].as_str().unwrap().to_owned();
    for (email, role, kind) in
        [("sue@host", "supervisor", "supervisor"), ("ben@host", "agent", "member")]
    {
        let new = json!({"email": email, "name": email, "role": role, "password": PASSWORD,
            "teams": [{"team_id": team, "kind": kind}]});
        ask(&router, Some(&admin), Method::POST, "/api/v1/agents", Some(new)).await.is(201, "");
    }
    operator_adds_number(&parts, &admin, &team, "pn1").await;
    let supervisor = sign_in(&router, "acme", "sue@host").await;
    let agent = sign_in(&router, "acme", "ben@host").await;
    let channels = ask(&router, Some(&admin), Method::GET, "/api/v1/channels", None).await;
    let channel = channels.body[0]["id"].as_str().unwrap().to_owned();
    Desk { database, parts, router, admin, supervisor, agent, stranger, team, channel }
}

/// The operator connects a number of the app 123 to this session's workspace.
async fn operator_adds_number(parts: &ApiState, of: &Session, team: &str, number_id: &str) {
    let new = ChannelNew {
        name: "Shop".to_owned(),
        meta_app: "123".to_owned(),
        phone_number_id: number_id.to_owned(),
        display_number: "+1 555".to_owned(),
        access_token: "EAAG".to_owned(),
        default_team: team.parse().unwrap(),
        pace_per_s: None,
        check: false,
    };
    let setter = Setter { workspace: of.workspace_id, by: None };
    let (_, work) = parts.accounts.plan_channel(setter, &new).await.unwrap();
    parts.accounts.settle(&parts.engine, work).await.unwrap();
}

async fn sign_in(router: &Router, workspace: &str, email: &str) -> Session {
    let login = json!({"workspace": workspace, "email": email, "password": PASSWORD});
    let reply = ask(router, None, Method::POST, "/api/v1/sessions", Some(login)).await;
    serde_json::from_value(reply.is(201, "").body).unwrap()
}

async fn ask(
    router: &Router,
    by: Option<&Session>,
    method: Method,
    path: &str,
    body: Option<Value>,
) -> Reply {
    let mut request = Request::builder().method(method).uri(path);
    if let Some(session) = by {
        let bearer = format!("Bearer {}", session.access_token);
        request = request.header(header::AUTHORIZATION, bearer);
    }
    let body = match body {
        Some(body) => {
            request = request.header(header::CONTENT_TYPE, "application/json");
            Body::from(body.to_string())
        }
        None => Body::empty(),
    };
    send(router, request.body(body).unwrap()).await
}

async fn send(router: &Router, request: Request<Body>) -> Reply {
    let response = router.clone().oneshot(request).await.unwrap();
    let (head, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX).await.unwrap();
    // A picture is none.
    let text = String::from_utf8_lossy(&bytes).into_owned();
    let body = serde_json::from_str(&text).unwrap_or(Value::Null);
    Reply { status: head.status, headers: head.headers, body, text }
}

impl Desk {
    async fn get(&self, by: &Session, path: &str) -> Reply {
        ask(&self.router, Some(by), Method::GET, path, None).await
    }

    async fn call(&self, by: &Session, method: Method, path: &str, body: Value) -> Reply {
        ask(&self.router, Some(by), method, path, Some(body)).await
    }

    /// A customer's text as a signed webhook.
    async fn customer_writes(&self, wamid: &str, text: &str) {
        let body = webhooks::message(wamid, text);
        webhooks::post(self, &body, Some(&webhooks::sign(&body))).await.is(200, "");
    }
}
