//! REST: one file for each resource; errors become problems; everything is in one table of routes.
//!
//! **Invariant:** a route that is not in [`routes`] does not exist, and each names who may use it.
//! The table puts on the guard, not the handler.

mod agents;
mod audit;
mod auth;
mod begin;
mod body;
mod channels;
mod commands;
mod console;
mod conversations;
mod cors;
mod description;
mod edge;
mod files;
mod heads;
mod health;
mod input;
pub(crate) mod intake;
mod invitations;
mod me;
mod meta_apps;
mod noticed;
mod notices;
mod packing;
mod problem;
mod push;
pub(crate) mod quarantine;
mod reports;
mod review;
mod search;
mod sessions;
mod sync;
mod teams;
mod templates;
mod uploads;
mod views;
mod webhooks;
mod workspace;

#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::sync::atomic::AtomicBool;

use axum::Router;
use axum::http::Method;
use axum::middleware::from_fn_with_state;
use axum::routing::{MethodRouter, delete, get, patch, post, put};

use baton_domain::group::Key;
use baton_protocol::AgentId;
use baton_protocol::push::PushLane;
use tokio::sync::Notify;

use crate::accounts::{Accounts, Quota, Slots};
use crate::clock::Clock;
use crate::config::{HttpConfig, SessionsConfig};
use crate::connection::Inspector;
use crate::coordinator::Coordinator;
use crate::engine::Engine;
use crate::media::MediaStore;
use crate::push::EndpointRules;
use crate::secrets::Keys;
use crate::store::Store;
use crate::telemetry::Metrics;

pub use auth::Access;
pub use body::Room;
pub use notices::Notices;
pub use problem::{Fault, HandlerResult};
pub use reports::Reports;

/// What handlers work with: each request has it several times.
type Shared = Arc<ApiState>;

/// What handlers work with.
#[derive(Clone, Debug)]
pub struct ApiState {
    /// The committer.
    pub engine: Engine,
    /// For queries.
    pub store: Store,
    /// Who is who.
    pub accounts: Accounts,
    /// Where files are.
    pub media: Arc<dyn MediaStore>,
    /// The most bytes of files that a workspace keeps; 0 for no limit.
    pub files_bytes_max: u64,
    /// Rung when an upload is complete.
    pub uploaded: Arc<Notify>,
    /// Asks Meta about numbers.
    pub inspector: Inspector,
    /// What addresses of files are signed with.
    pub keys: Keys,
    /// How much each may do.
    pub quota: Quota,
    /// Listening and requests.
    pub http: Arc<HttpConfig>,
    /// Room for bodies.
    pub room: Room,
    /// How long cookies live.
    pub sessions: SessionsConfig,
    /// What is counted.
    pub metrics: Metrics,
    /// What nodes share.
    pub coordinator: Arc<dyn Coordinator>,
    /// Where one plays the customers of a practice number.
    pub practice_page: Option<String>,
    /// The push services that this server sends by.
    pub push_lanes: Arc<[PushLane]>,
    /// Which endpoints of devices it sends to.
    pub push_endpoints: EndpointRules,
    /// Time and ids.
    pub clock: Clock,
    /// What the log was told.
    pub notices: Notices,
    /// Where requests wait for their turn.
    pub queues: Queues,
    /// Set when the server is going down: it is no longer ready.
    pub draining: Arc<AtomicBool>,
}

/// Where requests wait for their turn. Cheap to clone.
#[derive(Clone, Debug)]
pub struct Queues {
    slots: Slots<Key<AgentId>>,
    reports: Reports,
    audits: Reports,
}

impl Default for Queues {
    fn default() -> Self {
        Self { slots: auth::slots(), reports: Reports::default(), audits: Reports::default() }
    }
}

/// An address, a method, who may, and what answers.
#[derive(Debug)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The address as a pattern.
    pub path: &'static str,
    /// Who may use it.
    pub access: Access,
    handler: MethodRouter<Shared>,
}

/// What reads the query of its address; everywhere else there is none.
const WITH_QUERY: [(Method, &str); 21] = [
    (Method::POST, "/api/v1/sessions"),
    (Method::POST, "/api/v1/sessions/refresh"),
    (Method::POST, "/api/v1/invitations/accept"),
    (Method::GET, "/api/v1/conversations"),
    (Method::GET, "/api/v1/conversations/{conversation}/messages"),
    (Method::GET, CHANGES),
    (Method::GET, "/api/v1/notices"),
    (Method::GET, "/api/v1/snapshot"),
    (Method::GET, "/api/v1/sync"),
    (Method::GET, "/api/v1/review"),
    (Method::GET, "/api/v1/search"),
    (Method::GET, "/api/v1/quarantine"),
    (Method::GET, REPORT),
    (Method::GET, REPORTED),
    (Method::GET, REPORT_CSV),
    (Method::GET, "/api/v1/log"),
    (Method::GET, "/api/v1/log.csv"),
    (Method::GET, "/api/v1/log.jsonl"),
    (Method::PUT, UPLOAD),
    (Method::GET, "/webhooks/whatsapp/{meta_app}"),
    // The operator may have named anything to Meta.
    (Method::POST, "/webhooks/whatsapp/{meta_app}"),
];

impl Route {
    fn may_have_query(&self) -> bool {
        // Probes of load balancers add what they like to the others.
        let is_api = self.path.starts_with("/api/");
        !is_api
            || WITH_QUERY.iter().any(|(method, path)| self.method == *method && self.path == *path)
    }
}

const AGENT: &str = "/api/v1/agents/{agent}";
const AGENT_SESSIONS: &str = "/api/v1/agents/{agent}/sessions";
const AGENT_PASSWORD: &str = "/api/v1/agents/{agent}/password";
const INVITATION: &str = "/api/v1/invitations/{invitation}";
const RENEW: &str = "/api/v1/invitations/{invitation}/renew";
const MEMBER: &str = "/api/v1/teams/{team}/members/{agent}";
const LINES: &str = "/api/v1/conversations/{conversation}/messages";
const ELSEWHERE: &str = "/api/v1/conversations/{conversation}/elsewhere";
const CHANGES: &str = "/api/v1/conversations/{conversation}/changes";
const DRAFTS: &str = "/api/v1/conversations/{conversation}/drafts";
const HISTORY: &str = "/api/v1/conversations/{conversation}/messages/{message}/history";
const TEMPLATES: &str = "/api/v1/channels/{channel}/templates";
const TEMPLATES_FALLBACK: &str = "/api/v1/channels/{channel}/templates/fallback";
const TEMPLATES_USED: &str = "/api/v1/channels/{channel}/templates/usage";
const FILE: &str = "/api/v1/conversations/{conversation}/messages/{message}/file";
const UPLOADS: &str = "/api/v1/conversations/{conversation}/uploads";
const UPLOAD: &str = "/api/v1/uploads/{upload}";
const REPORT: &str = "/api/v1/reports/answers";
const REPORTED: &str = "/api/v1/reports/answers/conversations";
const REPORT_CSV: &str = "/api/v1/reports/answers.csv";
const VIEW: &str = "/api/v1/saved-views/{view}";
const PUSH: &str = "/api/v1/devices/{device}/push";
const HOOK: &str = "/webhooks/whatsapp/{meta_app}";

/// Every route there is.
#[expect(clippy::too_many_lines, reason = "one table, a line for each route")]
pub fn routes() -> Vec<Route> {
    use Access::{Admin, Device, Public, Supervisor};
    let row = |method, access, path, handler| Route { method, path, access, handler };
    let (g, p, d, pt, pu) = (Method::GET, Method::POST, Method::DELETE, Method::PATCH, Method::PUT);
    // Not `Access::Signed` by name: the type of who is signed in has it.
    let any = Access::Signed;
    let pages = console::PAGES.map(|path| row(g.clone(), Public, path, get(console::page)));
    let mut routes = vec![
        row(p.clone(), Public, "/api/v1/sessions", post(sessions::sign_in)),
        row(p.clone(), Public, "/api/v1/sessions/refresh", post(sessions::refresh)),
        row(g.clone(), any, "/api/v1/sessions", get(sessions::devices)),
        row(d.clone(), any, "/api/v1/sessions/{device}", delete(sessions::end)),
        row(p.clone(), any, "/api/v1/socket-tickets", post(sessions::ticket)),
        row(g.clone(), any, "/api/v1/me", get(me::read)),
        row(pt.clone(), any, "/api/v1/me", patch(me::change)),
        row(pu.clone(), any, "/api/v1/me/password", put(me::password)),
        row(g.clone(), any, "/api/v1/me/push", get(push::preference)),
        row(pu.clone(), any, "/api/v1/me/push", put(push::prefer)),
        row(g.clone(), any, "/api/v1/push/keys", get(push::keys)),
        row(g.clone(), any, "/api/v1/agents", get(agents::list)),
        row(p.clone(), Admin, "/api/v1/agents", post(agents::add)),
        row(g.clone(), any, AGENT, get(agents::read)),
        row(pt.clone(), Admin, AGENT, patch(agents::change)),
        row(g.clone(), Admin, AGENT_SESSIONS, get(sessions::of_agent)),
        row(pu.clone(), Admin, AGENT_PASSWORD, put(agents::password)),
        row(g.clone(), Admin, "/api/v1/invitations", get(invitations::list)),
        row(p.clone(), Admin, "/api/v1/invitations", post(invitations::invite)),
        row(p.clone(), Admin, RENEW, post(invitations::renew)),
        row(d.clone(), Admin, INVITATION, delete(invitations::withdraw)),
        row(p.clone(), Public, "/api/v1/invitations/read", post(invitations::read)),
        row(p.clone(), Public, "/api/v1/invitations/accept", post(invitations::accept)),
        row(g.clone(), any, "/api/v1/teams", get(teams::list)),
        row(p.clone(), Admin, "/api/v1/teams", post(teams::add)),
        row(g.clone(), any, "/api/v1/teams/{team}", get(teams::read)),
        row(pt.clone(), Admin, "/api/v1/teams/{team}", patch(teams::change)),
        row(pu.clone(), Admin, MEMBER, put(teams::put_member)),
        row(d.clone(), Admin, MEMBER, delete(teams::drop_member)),
        row(g.clone(), any, "/api/v1/channels", get(channels::list)),
        row(p.clone(), Admin, "/api/v1/channels", post(channels::add)),
        row(pt.clone(), Admin, "/api/v1/channels/{channel}", patch(channels::change)),
        row(d.clone(), Admin, "/api/v1/channels/{channel}", delete(channels::remove)),
        row(p.clone(), Admin, "/api/v1/channels/{channel}/check", post(channels::check)),
        row(g.clone(), Admin, "/api/v1/meta-apps", get(meta_apps::list)),
        row(p.clone(), Admin, "/api/v1/meta-apps", post(meta_apps::add)),
        row(pt.clone(), Admin, "/api/v1/workspace", patch(workspace::change)),
        row(g.clone(), any, TEMPLATES, get(templates::list)),
        row(pu.clone(), Admin, TEMPLATES, put(templates::put)),
        row(pu.clone(), Admin, TEMPLATES_FALLBACK, put(templates::fallback)),
        row(g.clone(), Admin, TEMPLATES_USED, get(templates::usage)),
        row(g.clone(), any, "/api/v1/conversations", get(conversations::list)),
        row(p.clone(), any, "/api/v1/conversations", post(begin::begin)),
        row(g.clone(), any, "/api/v1/views", get(heads::counts)),
        row(g.clone(), any, "/api/v1/saved-views", get(views::list)),
        row(p.clone(), any, "/api/v1/saved-views", post(views::add)),
        row(pt, any, VIEW, patch(views::change)),
        row(d.clone(), any, VIEW, delete(views::end)),
        row(g.clone(), any, "/api/v1/heads", get(heads::packed)),
        row(g.clone(), any, "/api/v1/conversations/{conversation}", get(conversations::read)),
        row(g.clone(), any, LINES, get(conversations::lines)),
        row(g.clone(), any, ELSEWHERE, get(conversations::elsewhere)),
        row(g.clone(), any, CHANGES, get(conversations::changes)),
        row(g.clone(), any, DRAFTS, get(conversations::drafts)),
        row(g.clone(), any, "/api/v1/notices", get(noticed::list)),
        row(p.clone(), any, "/api/v1/notices/read", post(noticed::read)),
        row(g.clone(), any, FILE, get(files::address)),
        row(g.clone(), Public, "/api/v1/files/{token}", get(files::read)),
        row(p.clone(), any, UPLOADS, post(uploads::begin)),
        row(g.clone(), any, UPLOAD, get(uploads::read)),
        row(pu.clone(), any, UPLOAD, put(uploads::receive)),
        row(d.clone(), any, UPLOAD, delete(uploads::end)),
        row(g.clone(), any, "/api/v1/uploads", get(uploads::list)),
        row(g.clone(), any, HISTORY, get(conversations::history)),
        row(g.clone(), any, "/api/v1/review", get(review::list)),
        row(g.clone(), any, "/api/v1/search", get(search::find)),
        row(g.clone(), Supervisor, REPORT, get(reports::answers)),
        row(g.clone(), Supervisor, REPORTED, get(reports::behind)),
        row(g.clone(), Supervisor, REPORT_CSV, get(reports::csv)),
        row(g.clone(), Admin, "/api/v1/log", get(audit::list)),
        row(g.clone(), Admin, "/api/v1/log.csv", get(audit::csv)),
        row(g.clone(), Admin, "/api/v1/log.jsonl", get(audit::jsonl)),
        row(p.clone(), Admin, "/api/v1/log/verify", post(audit::verify)),
        row(g.clone(), any, "/api/v1/snapshot", get(sync::snapshot)),
        row(g.clone(), any, "/api/v1/sync", get(sync::sync)),
        row(p.clone(), any, "/api/v1/commands", post(commands::submit)),
        row(p.clone(), any, "/api/v1/commands/outcomes", post(commands::outcomes)),
        row(pu, any, PUSH, put(push::register)),
        row(g.clone(), any, PUSH, get(push::read)),
        row(d, any, PUSH, delete(push::end)),
        row(p.clone(), Device, "/api/v1/push/receipts", post(push::receipts)),
        row(g.clone(), Admin, "/api/v1/quarantine", get(quarantine::list)),
        row(p.clone(), Admin, "/api/v1/quarantine/{id}/replay", post(quarantine::replay)),
        row(p.clone(), Admin, "/api/v1/quarantine/{id}/dismiss", post(quarantine::dismiss)),
        row(g.clone(), Public, "/api/v1/openapi.json", get(description::openapi)),
        row(g.clone(), Public, "/api/v1/asyncapi.json", get(description::asyncapi)),
        row(g.clone(), Public, "/api/v1/docs", get(description::docs)),
        row(g.clone(), Public, HOOK, get(webhooks::verify)),
        row(p, Public, HOOK, post(webhooks::receive)),
        row(g.clone(), Public, "/healthz", get(health::alive)),
        row(g.clone(), Public, "/readyz", get(health::ready)),
        row(g.clone(), Public, "/metrics", get(health::metrics)),
        row(g.clone(), Public, "/assets/{file}", get(console::asset)),
    ];
    routes.extend(pages);
    routes.extend(console::LOOSE.map(|path| row(g.clone(), Public, path, get(console::loose))));
    routes
}

/// The whole of REST. Routes merged into it later keep their own guards; [`edge`] is put around
/// those that are here.
pub fn router(parts: ApiState) -> Router {
    let parts = Shared::new(parts);
    let mut router = Router::new();
    for route in routes() {
        let guarding = (Arc::clone(&parts), route.access, route.may_have_query());
        let guard = from_fn_with_state(guarding, auth::guard);
        let is_packed = packing::is_packed(&route);
        let handler = if is_packed { packing::pack(route.handler) } else { route.handler };
        router = router.route(route.path, handler.route_layer(guard));
    }
    router
        .fallback(|| async { Fault::unknown_route() })
        .method_not_allowed_fallback(|| async { Fault::method() })
        .layer(from_fn_with_state(Arc::clone(&parts), edge::around))
        .with_state(parts)
}
