//! What a route is: one row says everything of it. The router, the guard, the description and the
//! pages all read the same row.
//!
//! A row stands beside its handler, in the `routes` of the file of its resource. Rows may be made
//! by iteration as well: address and summary may be owned, and a handler may be a closure.

use std::borrow::Cow;

use axum::handler::Handler;
use axum::http::Method;
use axum::routing::{self, MethodRouter};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use super::{Access, Shared};

/// Makes a schema.
pub(super) type Of = fn(&mut SchemaGenerator) -> Schema;

type Text = Cow<'static, str>;

/// A body that comes or goes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Payload {
    /// None.
    Nothing,
    /// JSON.
    Json(Of),
    /// Something else, by its media type.
    Bytes(&'static str),
}

/// An address, a method, who may use it, what it takes and answers, and what does it.
#[derive(Debug)]
pub struct Route {
    /// The method.
    pub method: Method,
    /// The address as a pattern.
    pub path: Cow<'static, str>,
    /// Who may use it.
    pub access: Access,
    /// What it does, in a sentence. Pages of the console say nothing: they are not part of the API.
    pub(super) summary: Text,
    /// Parameters behind the address. Without them a query is refused.
    pub(super) query: Option<Of>,
    /// The body of a request.
    pub(super) takes: Payload,
    /// Answers by status, problems left out.
    pub(super) answers: Vec<(u16, Payload)>,
    /// Codes of its problems, beside those of every route.
    pub(super) codes: Vec<&'static str>,
    /// Whether the answer tells what is left of the agent's quota.
    pub(super) tells_rates: bool,
    /// Whether large answers are packed.
    pub(super) is_packed: bool,
    pub(super) handler: MethodRouter<Shared>,
}

impl Route {
    fn new((method, handler): (Method, MethodRouter<Shared>), access: Access, path: Text) -> Self {
        Self {
            method,
            path,
            access,
            summary: Text::default(),
            query: None,
            takes: Payload::Nothing,
            answers: Vec::new(),
            codes: Vec::new(),
            tells_rates: false,
            is_packed: false,
            handler,
        }
    }

    /// A route that reads.
    pub(super) fn get<T: 'static>(
        access: Access,
        path: impl Into<Text>,
        handler: impl Handler<T, Shared>,
    ) -> Self {
        let does = (Method::GET, routing::get(handler));
        Self::new(does, access, path.into())
    }

    /// A route that adds or does something.
    pub(super) fn post<T: 'static>(
        access: Access,
        path: impl Into<Text>,
        handler: impl Handler<T, Shared>,
    ) -> Self {
        let does = (Method::POST, routing::post(handler));
        Self::new(does, access, path.into())
    }

    /// A route that replaces something.
    pub(super) fn put<T: 'static>(
        access: Access,
        path: impl Into<Text>,
        handler: impl Handler<T, Shared>,
    ) -> Self {
        let does = (Method::PUT, routing::put(handler));
        Self::new(does, access, path.into())
    }

    /// A route that changes the fields it names.
    pub(super) fn patch<T: 'static>(
        access: Access,
        path: impl Into<Text>,
        handler: impl Handler<T, Shared>,
    ) -> Self {
        let does = (Method::PATCH, routing::patch(handler));
        Self::new(does, access, path.into())
    }

    /// A route that ends or removes something.
    pub(super) fn delete<T: 'static>(
        access: Access,
        path: impl Into<Text>,
        handler: impl Handler<T, Shared>,
    ) -> Self {
        let does = (Method::DELETE, routing::delete(handler));
        Self::new(does, access, path.into())
    }

    /// A page or file of the console, for anybody.
    pub(super) fn page<T: 'static>(path: &'static str, handler: impl Handler<T, Shared>) -> Self {
        Self::get(Access::Public, path, handler)
    }

    /// What it does, in a sentence.
    pub(super) fn says(mut self, summary: impl Into<Text>) -> Self {
        self.summary = summary.into();
        self
    }

    /// Its query has the fields of this type.
    pub(super) fn query<T: JsonSchema>(self) -> Self {
        // Written out where it stands: its fields become parameters.
        self.query_of(T::json_schema)
    }

    pub(super) fn query_of(mut self, schema: Of) -> Self {
        self.query = Some(schema);
        self
    }

    /// Its body is JSON of this type.
    pub(super) fn takes<T: JsonSchema>(self) -> Self {
        self.takes_of(named::<T>)
    }

    /// Its body is a list of this type.
    pub(super) fn takes_list<T: JsonSchema, const MAX: usize>(self) -> Self {
        self.takes_of(many::<T, MAX>)
    }

    pub(super) fn takes_of(mut self, schema: Of) -> Self {
        self.takes = Payload::Json(schema);
        self
    }

    /// Its body is of this media type.
    pub(super) fn takes_bytes(mut self, kind: &'static str) -> Self {
        self.takes = Payload::Bytes(kind);
        self
    }

    /// It answers this status with JSON of this type.
    pub(super) fn answers<T: JsonSchema>(self, status: u16) -> Self {
        self.answers_of(status, named::<T>)
    }

    pub(super) fn answers_of(self, status: u16, schema: Of) -> Self {
        self.with(status, Payload::Json(schema))
    }

    /// It answers this status with a body of this media type.
    pub(super) fn answers_bytes(self, status: u16, kind: &'static str) -> Self {
        self.with(status, Payload::Bytes(kind))
    }

    /// It answers this status without a body.
    pub(super) fn answers_nothing(self, status: u16) -> Self {
        self.with(status, Payload::Nothing)
    }

    /// It answers 204.
    pub(super) fn done(self) -> Self {
        self.answers_nothing(204)
    }

    fn with(mut self, status: u16, payload: Payload) -> Self {
        self.answers.push((status, payload));
        self
    }

    /// Codes of its problems, beside those of every route.
    pub(super) fn codes(mut self, codes: &[&'static str]) -> Self {
        self.codes.extend(codes);
        self
    }

    /// Its answer tells what is left of the agent's quota.
    pub(super) fn rated(mut self) -> Self {
        self.tells_rates = true;
        self
    }

    /// Large answers are packed. They must hold no token and no key: see `packing`.
    pub(super) fn packed(mut self) -> Self {
        self.is_packed = true;
        self
    }

    /// Whether it is part of the API: the pages of the console are not.
    pub(super) fn is_api(&self) -> bool {
        !self.summary.is_empty()
    }

    /// Whether a query is read. Probes of load balancers add what they like to addresses outside
    /// the API, and the operator may have named anything to Meta.
    pub(super) fn may_have_query(&self) -> bool {
        self.query.is_some() || !self.path.starts_with("/api/")
    }
}

/// The schema of a type, by its name.
pub(super) fn named<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

fn many<T: JsonSchema, const MAX: usize>(generator: &mut SchemaGenerator) -> Schema {
    let items = generator.subschema_for::<T>();
    json_schema!({ "type": "array", "items": items, "maxItems": MAX })
}

/// An object of which the description says no more.
pub(super) fn anything(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "object" })
}
