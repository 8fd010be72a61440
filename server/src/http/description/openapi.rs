//! The description of REST, OpenAPI 3.1, from the table of routes and the types of the wire.

use std::collections::{BTreeMap, BTreeSet};

use baton_protocol::connection::ConnectionFault;
use baton_protocol::problem::Problem;
use baton_protocol::{Refusal, SettingKind};
use serde_json::{Map, Value, json};

use super::problems::{ALWAYS, PROBLEMS, SIGNED, WITH_BODY, row};
use super::refusals;
use super::schemas::{Schemas, rename};
use crate::http::route::{Of, Payload, named};
use crate::http::{Access, Route, routes};

const ABOUT: &str = "Conversations with one owner each, over REST; the socket is described by \
    `/api/v1/asyncapi.json`.\n\nBodies are JSON. Ids are UUIDs; whatever is none in an address is \
    `not_found`. Times are RFC 3339 in UTC. Unknown parameters and fields are refused; clients \
    ignore unknown fields in answers. Lists come in pages: send `next` back as `page`, with the \
    same filter. Errors are problems (RFC 9457) with a stable `code`; `x-problems` says what to do \
    about each, `x-refusals` the same for commands.";

/// The description. Parts that several routes have stand in it once.
pub(super) fn openapi() -> Value {
    let mut text = whole();
    let (mut answers, mut parameters) = (Repeated::default(), Repeated::default());
    let mut of_status: BTreeMap<String, Vec<Value>> = BTreeMap::new();
    for operation in operations(&mut text) {
        for (status, answer) in answers_of(operation) {
            answers.count(answer);
            of_status.entry(status.clone()).or_default().push(answer.clone());
        }
        parameters_of(operation).for_each(|parameter| parameters.count(parameter));
    }
    for (status, all) in of_status {
        if let Some(usual) = all.iter().max_by_key(|answer| answers.times(answer)) {
            answers.name(usual, status);
        }
    }
    for operation in operations(&mut text) {
        let id = shorten(operation);
        for (status, answer) in answers_of(operation) {
            let name = format!("{status}.{}", codes(answer).unwrap_or_else(|| id.clone()));
            answers.share("responses", name, answer);
        }
        for parameter in parameters_of(operation) {
            let name = parameter.get("name").and_then(Value::as_str).unwrap_or_default();
            parameters.share("parameters", format!("{name}.{id}"), parameter);
        }
    }
    if let Some(components) = text.get_mut("components").and_then(Value::as_object_mut) {
        components.insert("responses".to_owned(), Value::Object(answers.kept));
        components.insert("parameters".to_owned(), Value::Object(parameters.kept));
        if let Some(schemas) = components.get_mut("schemas").and_then(Value::as_object_mut) {
            share_around(schemas);
            FLATTENED.iter().for_each(|name| share_flattened(schemas, name));
            OF_EACH_COMMAND.iter().for_each(|(field, name)| share_field(schemas, field, name));
        }
    }
    text
}

/// Lets settings of all kinds have the fields around their bodies from one schema.
fn share_around(schemas: &mut Map<String, Value>) {
    const AROUND: &str = "SettingAround";
    let mut shared: Option<Value> = None;
    for schema in schemas.iter_mut().filter(|(name, _)| name.ends_with("Setting")).map(|of| of.1) {
        let mut around = schema.clone();
        let properties = around.get_mut("properties").and_then(Value::as_object_mut);
        let body = properties.and_then(|properties| properties.remove("body"));
        let required = around.get_mut("required").and_then(Value::as_array_mut);
        let (Some(body), Some(required)) = (body, required) else { continue };
        required.retain(|name| name != "body");
        if *shared.get_or_insert_with(|| around.clone()) == around {
            let own = json!({ "properties": { "body": body }, "required": ["body"] });
            let reference = json!({ "$ref": format!("#/components/schemas/{AROUND}") });
            *schema = json!({ "type": "object", "allOf": [reference, own] });
        }
    }
    schemas.extend(shared.map(|around| (AROUND.to_owned(), around)));
}

/// Types that others have as a part of their own fields.
const FLATTENED: [&str; 2] = ["Agent", "Figures"];

/// Lets schemas that have all fields of another one name it.
fn share_flattened(schemas: &mut Map<String, Value>, name: &str) {
    let Some(part) = schemas.get(name).cloned() else { return };
    let fields = |of: &Value| of.get("properties").and_then(Value::as_object).cloned();
    let needed = |of: &Value| of.get("required").and_then(Value::as_array).cloned();
    let (Some(shared), Some(required)) = (fields(&part), needed(&part)) else { return };
    let reference = json!({ "$ref": format!("#/components/schemas/{name}") });
    for schema in schemas.iter_mut().filter(|(of, _)| *of != name).map(|of| of.1) {
        let (Some(mut own), Some(mut own_required)) = (fields(schema), needed(schema)) else {
            continue;
        };
        let has_all = shared.iter().all(|(field, of)| own.get(field) == Some(of))
            && required.iter().all(|field| own_required.contains(field));
        let Some(whole) = schema.as_object_mut().filter(|_| has_all) else { continue };
        own.retain(|field, _| !shared.contains_key(field));
        own_required.retain(|field| !required.contains(field));
        let own = json!({ "properties": own, "required": own_required });
        whole.remove("properties");
        whole.remove("required");
        whole.insert("allOf".to_owned(), json!([reference, own]));
    }
}

/// Fields that every command has, and the schemas that say what they are.
const OF_EACH_COMMAND: [(&str, &str); 2] = [("after", "CommandAfter"), ("retry_of", "RetryOf")];

/// Lets all commands have a field from one schema.
fn share_field(schemas: &mut Map<String, Value>, field: &str, name: &str) {
    let commands = schemas.get_mut("Command").and_then(|all| all.get_mut("oneOf"));
    let commands = commands.and_then(Value::as_array_mut).into_iter().flatten();
    let place = format!("/properties/{field}");
    let mut shared: Option<Value> = None;
    for of in commands.filter_map(|command| command.pointer_mut(&place)) {
        if shared.get_or_insert_with(|| of.clone()) == of {
            *of = json!({ "$ref": format!("#/components/schemas/{name}") });
        }
    }
    schemas.extend(shared.map(|of| (name.to_owned(), of)));
}

fn operations(text: &mut Value) -> impl Iterator<Item = &mut Map<String, Value>> {
    let paths = text.get_mut("paths").and_then(Value::as_object_mut);
    let methods = paths.into_iter().flat_map(Map::values_mut).filter_map(Value::as_object_mut);
    methods.flat_map(Map::values_mut).filter_map(Value::as_object_mut)
}

fn answers_of(operation: &mut Map<String, Value>) -> impl Iterator<Item = (&String, &mut Value)> {
    operation.get_mut("responses").and_then(Value::as_object_mut).into_iter().flatten()
}

fn parameters_of(operation: &mut Map<String, Value>) -> impl Iterator<Item = &mut Value> {
    operation.get_mut("parameters").and_then(Value::as_array_mut).into_iter().flatten()
}

/// Takes out of an operation what the whole says for all, and the summary out of its description.
/// Returns its id.
fn shorten(operation: &mut Map<String, Value>) -> String {
    if operation.get("security") == Some(&signed()) {
        operation.remove("security");
    }
    let text = |name: &str| operation.get(name).and_then(Value::as_str).unwrap_or_default();
    let (id, summary) = (text("operationId").to_owned(), text("summary"));
    let rest = text("description").strip_prefix(summary).map(|rest| rest.trim_start().to_owned());
    if let Some(rest) = rest {
        operation.insert("description".to_owned(), Value::String(rest));
    }
    id
}

/// Parts that are counted first, and then stand once. The usual answer of a status is named after
/// the status, other parts after the first place.
#[derive(Default)]
struct Repeated {
    counts: BTreeMap<String, usize>,
    names: BTreeMap<String, String>,
    kept: Map<String, Value>,
}

impl Repeated {
    fn count(&mut self, part: &Value) {
        if part.get("$ref").is_none() {
            *self.counts.entry(part.to_string()).or_default() += 1;
        }
    }

    fn times(&self, part: &Value) -> usize {
        self.counts.get(&part.to_string()).copied().unwrap_or_default()
    }

    fn name(&mut self, part: &Value, name: String) {
        self.names.insert(part.to_string(), name);
    }

    fn share(&mut self, section: &str, name: String, part: &mut Value) {
        if self.times(part) < 2 {
            return;
        }
        let name = self.names.entry(part.to_string()).or_insert(name).clone();
        if self.kept.get(&name).is_some_and(|kept| kept != part) {
            return;
        }
        let reference = json!({ "$ref": format!("#/components/{section}/{name}") });
        let whole = std::mem::replace(part, reference);
        self.kept.entry(name).or_insert(whole);
    }
}

/// The codes of an answer that is a problem and nothing else.
fn codes(answer: &Value) -> Option<String> {
    const CODES: &str = "/content/application~1problem+json/schema/allOf/1/properties/code/enum";
    let is_alone = answer.get("content").and_then(Value::as_object).is_some_and(|it| it.len() == 1);
    let codes = answer.pointer(CODES).and_then(Value::as_array).filter(|_| is_alone)?;
    let codes: Vec<&str> = codes.iter().filter_map(Value::as_str).collect();
    Some(codes.join("."))
}

/// The description, with each answer where it is given.
pub(super) fn whole() -> Value {
    let mut schemas = Schemas::new();
    let problem = schemas.told(named::<Problem>);
    // Results have its fields among their own.
    schemas.told(named::<Refusal>);
    let told: Vec<(Route, Value)> = api()
        .map(|route| {
            let text = one(&route, &problem, &mut schemas);
            (route, text)
        })
        .collect();
    let (components, twice) = schemas.collect();
    let mut paths = Map::new();
    for (route, mut text) in told {
        for part in ["requestBody", "parameters"] {
            if let Some(sent) = text.get_mut(part) {
                rename(sent, &twice);
            }
        }
        let path = paths.entry(route.path).or_insert_with(|| json!({}));
        if let Some(path) = path.as_object_mut() {
            path.insert(route.method.as_str().to_ascii_lowercase(), text);
        }
    }
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Baton",
            "version": env!("CARGO_PKG_VERSION"),
            "description": ABOUT,
            "license": { "name": "Apache-2.0", "identifier": "Apache-2.0" },
        },
        "servers": [{ "url": "/" }],
        "tags": tags(),
        "security": signed(),
        "paths": paths,
        "components": {
            "schemas": components,
            "headers": headers(),
            "securitySchemes": {
                "session": { "type": "http", "scheme": "bearer",
                    "description": "`access_token` of a session." },
                "cookie": { "type": "apiKey", "in": "cookie", "name": "baton_access",
                    "description": "For browsers. Changes need an allowed `Origin`." },
                "receipts": { "type": "http", "scheme": "bearer",
                    "description": "`receipt_key` of a registration for push." },
            },
        },
        "x-problems": problems(),
        "x-refusals": refusals::refusals(),
    })
}

/// Every route of the API.
pub(super) fn api() -> impl Iterator<Item = Route> {
    routes().into_iter().filter(Route::is_api)
}

/// The part of the API that an address belongs to.
pub(super) fn tag(path: &str) -> &str {
    let part = path.strip_prefix("/api/v1/").map(|rest| rest.split('/').next().unwrap_or(rest));
    match part {
        Some("socket-tickets") => "sessions",
        Some("uploads") => "files",
        Some("devices") => "push",
        Some(
            "heads" | "notices" | "review" | "saved-views" | "search" | "snapshot" | "sync"
            | "views",
        ) => "conversations",
        Some("openapi.json" | "asyncapi.json" | "docs") | None => "server",
        Some(part) if SettingKind::ALL.iter().any(|kind| kind.spec().path == part) => "settings",
        Some(part) => part,
    }
}

fn tags() -> Vec<Value> {
    let mut seen = BTreeSet::new();
    let tags = api().map(|route| tag(&route.path).to_owned());
    tags.filter(|tag| seen.insert(tag.clone())).map(|tag| json!({ "name": tag })).collect()
}

fn one(route: &Route, problem: &Value, schemas: &mut Schemas) -> Value {
    let (who, security) = access(route.access);
    let mut text = json!({
        "operationId": id(route),
        "tags": [tag(&route.path)],
        "summary": route.summary,
        "description": format!("{} {who}", route.summary),
        "x-access": format!("{:?}", route.access).to_ascii_lowercase(),
        "security": security,
        "parameters": parameters(route, schemas),
        "responses": responses(route, problem, schemas),
    });
    let body = match route.takes {
        Payload::Nothing => None,
        Payload::Json(of) => Some(json!({ "application/json": { "schema": schemas.sent(of) } })),
        Payload::Bytes(kind) => Some(json!({ kind: {} })),
    };
    if let (Some(content), Some(fields)) = (body, text.as_object_mut()) {
        let body = json!({ "required": true, "content": content });
        fields.insert("requestBody".to_owned(), body);
    }
    text
}

fn access(may: Access) -> (&'static str, Value) {
    let signed = signed();
    match may {
        Access::Public => ("Anybody may.", json!([])),
        Access::Signed => ("For agents, within their scope.", signed),
        Access::Person => ("For signed-in agents, without a program's key.", signed),
        Access::Device => {
            let of = json!([{ "session": [] }, { "cookie": [] }, { "receipts": [] }]);
            ("A device may, by its session or its receipt key.", of)
        }
        Access::Supervisor => ("Supervisors may, for their teams, and admins.", signed),
        Access::Admin => ("Admins may.", signed),
    }
}

/// The proof of a session.
fn signed() -> Value {
    json!([{ "session": [] }, { "cookie": [] }])
}

/// `get_agents_agent_sessions`: made of the address, so that it is stable.
fn id(route: &Route) -> String {
    let path = route.path.trim_start_matches("/api/v1");
    let words = path.split(|c: char| !c.is_ascii_alphanumeric()).filter(|word| !word.is_empty());
    let words: Vec<&str> = words.collect();
    format!("{}_{}", route.method.as_str().to_ascii_lowercase(), words.join("_"))
}

fn parameters(route: &Route, schemas: &mut Schemas) -> Vec<Value> {
    let names = route.path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
    let mut all: Vec<Value> = names
        .map(|name| {
            let schema = match name {
                "token" => json!({ "type": "string", "minLength": 1 }),
                "meta_app" => json!({ "type": "string", "minLength": 1, "maxLength": 64 }),
                _ => json!({ "type": "string", "format": "uuid" }),
            };
            json!({ "name": name, "in": "path", "required": true, "schema": schema })
        })
        .collect();
    if let Some(query) = route.query {
        all.extend(fields(query, schemas));
    }
    all
}

fn fields(query: Of, schemas: &mut Schemas) -> Vec<Value> {
    let whole = schemas.sent(query);
    let required = whole.get("required").and_then(Value::as_array).cloned().unwrap_or_default();
    let Some(fields) = whole.get("properties").and_then(Value::as_object) else {
        return Vec::new();
    };
    let field = |(name, schema): (&String, &Value)| {
        let mut schema = schema.clone();
        let description = schema.as_object_mut().and_then(|schema| schema.remove("description"));
        present(&mut schema);
        json!({
            "name": name,
            "in": "query",
            "required": required.iter().any(|one| one == name),
            "description": description.unwrap_or_default(),
            "schema": schema,
        })
    };
    fields.iter().map(field).collect()
}

/// A parameter is there or not: it is never null.
fn present(schema: &mut Value) {
    let Some(fields) = schema.as_object_mut() else { return };
    if let Some(Value::Array(kinds)) = fields.get_mut("type") {
        kinds.retain(|kind| kind != "null");
        if let [only] = kinds.as_slice() {
            let only = only.clone();
            fields.insert("type".to_owned(), only);
        }
    }
    if let Some(Value::Array(kinds)) = fields.get_mut("anyOf") {
        kinds.retain(|kind| kind.get("type").is_none_or(|kind| kind != "null"));
    }
}

fn responses(route: &Route, problem: &Value, schemas: &mut Schemas) -> Map<String, Value> {
    let mut all = Map::new();
    for (status, body) in &route.answers {
        let content = match body {
            Payload::Nothing => json!({}),
            Payload::Json(of) => json!({ "application/json": { "schema": schemas.told(*of) } }),
            Payload::Bytes(kind) => json!({ *kind: {} }),
        };
        let mut headers = json!({ "x-request-id": header("request_id") });
        if route.tells_rates {
            headers = json!({
                "x-request-id": header("request_id"),
                "ratelimit": header("ratelimit"),
                "ratelimit-policy": header("ratelimit_policy"),
            });
        }
        let text = if *status < 300 { "Done." } else { "See the status." };
        let mut answer = json!({ "description": text, "headers": headers });
        if let (Some(fields), false) = (answer.as_object_mut(), content == json!({})) {
            fields.insert("content".to_owned(), content);
        }
        all.insert(status.to_string(), answer);
    }
    for (status, codes) in by_status(route) {
        refuse(&mut all, status, &codes, problem);
    }
    all
}

/// Adds a problem to the answers.
fn refuse(all: &mut Map<String, Value>, status: u16, codes: &[&str], problem: &Value) {
    let schema = json!({
        "allOf": [problem, { "properties": { "code": { "enum": codes } } }],
    });
    let content = json!({ "schema": schema });
    if let Some(content_of) = all.get_mut(&status.to_string()).and_then(|it| it.get_mut("content"))
    {
        if let Some(kinds) = content_of.as_object_mut() {
            kinds.insert("application/problem+json".to_owned(), content);
        }
        return;
    }
    let listed: Vec<String> = codes.iter().map(|code| advice(code)).collect();
    let mut headers = json!({ "x-request-id": header("request_id") });
    if let (429 | 503, Some(fields)) = (status, headers.as_object_mut()) {
        fields.insert("retry-after".to_owned(), header("retry_after"));
    }
    let answer = json!({
        "description": listed.join("\n"),
        "headers": headers,
        "content": { "application/problem+json": content },
    });
    all.insert(status.to_string(), answer);
}

fn advice(code: &str) -> String {
    let about = row(code).map_or("See `x-problems`.", |(_, _, about)| about);
    format!("- `{code}`: {about}")
}

/// The codes of a route by status.
pub(super) fn by_status(route: &Route) -> BTreeMap<u16, Vec<&'static str>> {
    let mut codes: BTreeSet<&'static str> = route.codes.iter().copied().collect();
    codes.extend(ALWAYS);
    if route.access != Access::Public {
        codes.extend(SIGNED);
    }
    if matches!(route.access, Access::Admin | Access::Supervisor) {
        codes.insert("forbidden");
    }
    if !matches!(route.takes, Payload::Nothing) {
        codes.extend(WITH_BODY);
    }
    let mut all: BTreeMap<u16, Vec<&'static str>> = BTreeMap::new();
    for code in codes {
        let status = row(code).map_or(409, |(_, status, _)| status);
        all.entry(status).or_default().push(code);
    }
    all
}

fn header(name: &str) -> Value {
    json!({ "$ref": format!("#/components/headers/{name}") })
}

fn headers() -> Value {
    let of = |about: &str| json!({ "description": about, "schema": { "type": "string" } });
    json!({
        "request_id": of("The request in the server's log. A plain one that you send is kept."),
        "retry_after": of("Seconds to wait before the same request is sent again."),
        "ratelimit": of("What is left of it: `\"agent\";r=<commands>;t=<seconds to full>`."),
        "ratelimit_policy": of("Your quota: `\"agent\";q=<commands at once>;w=<seconds>`."),
    })
}

/// Every code, its status and what to do.
pub(super) fn problems() -> Vec<Value> {
    let all = PROBLEMS.iter().map(
        |(code, status, about)| json!({ "code": code, "status": status, "what_to_do": about }),
    );
    let meta = ConnectionFault::ALL.map(|fault| {
        let about = "A step of connecting the number is set wrong at Meta; the detail says how to \
            mend it.";
        json!({ "code": fault.name(), "status": 409, "what_to_do": about })
    });
    all.chain(meta).collect()
}
