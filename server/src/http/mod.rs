//! REST: one file for each resource; errors become problems. A row says everything of a route, and
//! stands in the file of its resource: see [`Route`].
//!
//! **Invariant:** a route that is not in [`routes`] does not exist, and each names who may use it.
//! The table puts on the guard, not the handler.

mod agents;
mod audit;
mod auth;
mod begin;
mod board;
mod body;
mod canned;
mod channels;
mod commands;
mod console;
mod contacts;
mod context;
mod conversations;
mod cors;
mod customers;
mod description;
mod edge;
mod files;
mod heads;
mod health;
mod input;
pub(crate) mod intake;
mod invitations;
mod logo;
mod long;
mod me;
mod meta_apps;
mod next;
mod noticed;
mod notices;
mod outward;
mod packing;
mod passwords;
mod problem;
mod push;
pub(crate) mod quarantine;
mod reports;
mod review;
mod route;
mod rules;
mod search;
mod secrets;
mod sessions;
mod settings;
mod suggestion;
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
use axum::middleware::from_fn_with_state;
use baton_protocol::WorkspaceId;
use baton_protocol::push::PushLane;
use tokio::sync::Notify;

use crate::accounts::{Accounts, Quota, Slots};
use crate::clock::Clock;
use crate::config::{HttpConfig, SessionsConfig};
use crate::connection::Inspector;
use crate::coordinator::Coordinator;
use crate::engine::Engine;
use crate::mail::Mail;
use crate::media::{MediaStore, Pictures};
use crate::push::EndpointRules;
use crate::secrets::Keys;
use crate::speaker::Party;
use crate::store::Store;
use crate::telemetry::Metrics;

pub use auth::Access;
pub use board::Boards;
pub use body::Room;
pub use context::Sources;
pub use long::LongWork;
pub use next::Handed;
pub use notices::Notices;
pub use problem::{Fault, HandlerResult};
pub use reports::Reports;
pub use route::Route;

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
    /// Makes pictures small.
    pub pictures: Arc<Pictures>,
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
    /// The way to sources of context.
    pub sources: Sources,
    /// Time and ids.
    pub clock: Clock,
    /// The conversations that agents take just now.
    pub handed: Handed,
    /// The last counts for boards.
    pub boards: Boards,
    /// The way to a mail server.
    pub mail: Mail,
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
    slots: Slots<Party>,
    reports: Reports,
    long: LongWork,
    pictures: Slots<WorkspaceId>,
}

impl Default for Queues {
    fn default() -> Self {
        Self {
            slots: auth::slots(),
            reports: Reports::default(),
            long: LongWork::default(),
            pictures: logo::slots(),
        }
    }
}

/// Every route there is.
pub fn routes() -> Vec<Route> {
    let of_resources = [
        sessions::routes(),
        me::routes(),
        agents::routes(),
        teams::routes(),
        invitations::routes(),
        passwords::routes(),
        next::routes(),
        board::routes(),
        channels::routes(),
        meta_apps::routes(),
        workspace::routes(),
        logo::routes(),
        templates::routes(),
        conversations::routes(),
        customers::routes(),
        context::routes(),
        suggestion::routes(),
        noticed::routes(),
        begin::routes(),
        heads::routes(),
        views::routes(),
        settings::routes(),
        rules::routes(),
        secrets::routes(),
        outward::routes(),
        review::routes(),
        search::routes(),
        sync::routes(),
        files::routes(),
        uploads::routes(),
        canned::routes(),
        commands::routes(),
        contacts::routes(),
        push::routes(),
        reports::routes(),
        audit::routes(),
        quarantine::routes(),
        description::routes(),
        webhooks::routes(),
        health::routes(),
        console::routes(),
    ];
    of_resources.into_iter().flatten().collect()
}

/// The whole of REST. Routes merged into it later keep their own guards; [`edge`] is put around
/// those that are here.
pub fn router(parts: ApiState) -> Router {
    let parts = Shared::new(parts);
    let mut router = Router::new();
    for route in routes() {
        let guarding = (Arc::clone(&parts), route.access, route.may_have_query());
        let guard = from_fn_with_state(guarding, auth::guard);
        let handler = if route.is_packed { packing::pack(route.handler) } else { route.handler };
        router = router.route(&route.path, handler.route_layer(guard));
    }
    router
        .fallback(|| async { Fault::unknown_route() })
        .method_not_allowed_fallback(|| async { Fault::method() })
        .layer(from_fn_with_state(Arc::clone(&parts), edge::around))
        .with_state(parts)
}
// x
