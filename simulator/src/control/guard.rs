//! The door of the page and of `/control`, where the simulator has a secret: its address begins
//! with it. A page of a stranger, whose name was made to point here, is turned away by the name.

use std::sync::Arc;

use axum::Router;
use axum::extract::Request;
use axum::http::{HeaderValue, StatusCode, Uri, header};
use axum::response::{IntoResponse as _, Response};
use tower::ServiceExt as _;

use crate::state::shared::Shared;

/// Puts the door before all routes; the interfaces that it stands in for stay open.
pub(crate) fn guarded(shared: &Shared, app: Router) -> Router {
    let Some(secret) = shared.config.secret.clone() else { return app };
    let door = Arc::new(Door { secret, base: shared.base_url.clone(), app });
    Router::new().fallback(move |request: Request| {
        let door = Arc::clone(&door);
        async move { door.open(request).await }
    })
}

struct Door {
    secret: String,
    base: String,
    app: Router,
}

impl Door {
    async fn open(&self, mut request: Request) -> Response {
        let Some(inner) = self.behind(request.uri().path()) else {
            if is_for_people(request.uri().path()) {
                return refused("open the address that was printed when this began");
            }
            return self.pass(request).await;
        };
        if !self.is_named(&request) {
            return refused("this is not the name of the simulator");
        }
        if inner.is_empty() {
            let to = HeaderValue::try_from(format!("/{}/", self.secret));
            let to = to.unwrap_or(HeaderValue::from_static("/"));
            return (StatusCode::PERMANENT_REDIRECT, [(header::LOCATION, to)]).into_response();
        }
        let query = request.uri().query().map(|query| format!("?{query}")).unwrap_or_default();
        let Ok(uri) = format!("{inner}{query}").parse::<Uri>() else {
            return StatusCode::BAD_REQUEST.into_response();
        };
        *request.uri_mut() = uri;
        let mut response = self.pass(request).await;
        // Links of the page lead elsewhere, and must not take the secret there.
        let none = HeaderValue::from_static("no-referrer");
        response.headers_mut().insert(header::REFERRER_POLICY, none);
        response
    }

    /// The rest of a path behind the secret.
    fn behind<'a>(&self, path: &'a str) -> Option<&'a str> {
        let behind = path.strip_prefix('/')?.strip_prefix(&*self.secret)?;
        (behind.is_empty() || behind.starts_with('/')).then_some(behind)
    }

    /// Whether it is asked under a name of this machine, and its port.
    fn is_named(&self, request: &Request) -> bool {
        let port = self.base.rsplit(':').next().unwrap_or_default();
        let host = request.headers().get(header::HOST).and_then(|host| host.to_str().ok());
        let own = ["127.0.0.1", "localhost", "[::1]"].map(|name| format!("{name}:{port}"));
        host.is_some_and(|host| own.iter().any(|own| own.eq_ignore_ascii_case(host)))
    }

    async fn pass(&self, request: Request) -> Response {
        self.app.clone().oneshot(request).await.into_response()
    }
}

/// Whether a path is the page's or of `/control`.
fn is_for_people(path: &str) -> bool {
    matches!(path, "/" | "/page.css" | "/page.js" | "/scenes.js")
        || path.strip_prefix("/control").is_some_and(|of| of.is_empty() || of.starts_with('/'))
}

fn refused(why: &'static str) -> Response {
    (StatusCode::FORBIDDEN, why).into_response()
}
