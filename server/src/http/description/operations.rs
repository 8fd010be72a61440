//! What each route of the API does, takes and answers. Who may use it stands in the table of
//! routes, and what the values look like in `protocol`.

use axum::http::Method;
use baton_protocol::account::{Channel, Colleague, Device, Login, Me, Refresh, Session, Team};
use baton_protocol::audit::LogPage;
use baton_protocol::connection::ChannelCheck;
use baton_protocol::conversation::{Begin, Begun, Snapshot};
use baton_protocol::heads::{PackedHeads, ViewCounts};
use baton_protocol::invitation::{
    Invitation, InvitationAccept, InvitationCard, InvitationMade, InvitationRead, InvitationsNew,
};
use baton_protocol::notice::{KeptDraft, NoticePage, NoticesLeft, NoticesRead};
use baton_protocol::outcome::{CommandResults, OutcomesQuery};
use baton_protocol::page::{
    ChangePage, ConversationPage, FileAddress, LineHistory, LinesPage, ReviewPage, SearchPage,
    SnapshotAnswer, SyncAnswer,
};
use baton_protocol::push::{
    PushDevice, PushKeys, PushPreference, PushPut, PushReceipt, PushRegistered, ReceiptsTaken,
};
use baton_protocol::report::{AnswersReport, MeasuredPage};
use baton_protocol::settings::{
    AgentChange, AgentNew, ChannelChange, ChannelNew, MeChange, MemberPut, MetaAppNew, MetaApps,
    PasswordChange, PasswordSet, Quarantined, SocketTicket, TeamChange, TeamNew, WorkspaceChange,
};
use baton_protocol::template::{TemplateFallbackPut, TemplateList, TemplateSource, TemplateUsages};
use baton_protocol::upload::{Upload, UploadNew};
use baton_protocol::view::{SavedView, ViewChange, ViewNew};
use baton_protocol::{Command, limits};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};

use crate::http::{
    audit, conversations, noticed, quarantine, reports, review, search, sessions, sync, uploads,
};

/// Makes a schema.
pub(super) type Of = fn(&mut SchemaGenerator) -> Schema;

/// What comes or goes.
#[derive(Clone, Copy, Debug)]
pub(super) enum Body {
    /// Nothing.
    None,
    /// JSON.
    Json(Of),
    /// Something else, by its media type.
    Bytes(&'static str),
}

/// A route as it is told.
#[derive(Debug)]
pub(super) struct Operation {
    pub(super) method: Method,
    pub(super) path: &'static str,
    pub(super) summary: &'static str,
    pub(super) query: Option<Of>,
    pub(super) takes: Body,
    pub(super) answers: Vec<(u16, Body)>,
    pub(super) codes: Vec<&'static str>,
    pub(super) tells_rates: bool,
}

fn op(method: Method, path: &'static str, summary: &'static str) -> Operation {
    Operation {
        method,
        path,
        summary,
        query: None,
        takes: Body::None,
        answers: Vec::new(),
        codes: Vec::new(),
        tells_rates: false,
    }
}

fn of<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    generator.subschema_for::<T>()
}

/// Written out where it stands: its fields become parameters.
fn whole<T: JsonSchema>(generator: &mut SchemaGenerator) -> Schema {
    T::json_schema(generator)
}

fn many<T: JsonSchema, const MAX: usize>(generator: &mut SchemaGenerator) -> Schema {
    let items = generator.subschema_for::<T>();
    json_schema!({ "type": "array", "items": items, "maxItems": MAX })
}

fn anything(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "type": "object" })
}

fn challenge(_: &mut SchemaGenerator) -> Schema {
    json_schema!({ "properties": {
        "hub.mode": { "type": "string", "const": "subscribe" },
        "hub.verify_token": { "type": "string" },
        "hub.challenge": { "type": "string" },
    } })
}

impl Operation {
    fn asks<T: JsonSchema>(mut self) -> Self {
        self.query = Some(whole::<T>);
        self
    }

    fn takes<T: JsonSchema>(self) -> Self {
        self.takes_of(of::<T>)
    }

    fn takes_of(mut self, schema: Of) -> Self {
        self.takes = Body::Json(schema);
        self
    }

    fn answers<T: JsonSchema>(self, status: u16) -> Self {
        self.with(status, Body::Json(of::<T>))
    }

    fn with(mut self, status: u16, body: Body) -> Self {
        self.answers.push((status, body));
        self
    }

    fn done(self) -> Self {
        self.with(204, Body::None)
    }

    fn codes(mut self, codes: &[&'static str]) -> Self {
        self.codes.extend(codes);
        self
    }

    fn rated(mut self) -> Self {
        self.tells_rates = true;
        self
    }
}

/// Every operation of the API, beside the pages of the console.
pub(super) fn operations() -> Vec<Operation> {
    let all = [
        sessions(),
        me(),
        people(),
        invitations(),
        numbers(),
        conversations(),
        notices(),
        files(),
        commands(),
    ];
    let rest = [push(), oversight(), server()];
    all.into_iter().chain(rest).flatten().collect()
}

fn sessions() -> Vec<Operation> {
    let (get, post) = (Method::GET, Method::POST);
    vec![
        op(post.clone(), "/api/v1/sessions", "Signs in.")
            .asks::<sessions::Carriage>()
            .takes::<Login>()
            .answers::<Session>(201)
            .codes(&["wrong_credentials", "rate_limited"]),
        op(post.clone(), "/api/v1/sessions/refresh", "Gives the next pair of tokens.")
            .asks::<sessions::Carriage>()
            .takes::<Refresh>()
            .answers::<Session>(200)
            .codes(&["unauthenticated", "device_revoked", "rate_limited"]),
        op(get, "/api/v1/sessions", "The devices on which you are signed in.")
            .answers::<Vec<Device>>(200),
        op(Method::DELETE, "/api/v1/sessions/{device}", "Signs out here, or revokes elsewhere.")
            .done()
            .codes(&["not_found"]),
        op(post, "/api/v1/socket-tickets", "A ticket for one `hello`, valid 30 seconds.")
            .answers::<SocketTicket>(201),
    ]
}

fn me() -> Vec<Operation> {
    let (get, put) = (Method::GET, Method::PUT);
    vec![
        op(get.clone(), "/api/v1/me", "Who you are.").answers::<Me>(200).codes(&["not_found"]),
        op(Method::PATCH, "/api/v1/me", "Changes your name or availability.")
            .takes::<MeChange>()
            .answers::<Me>(200)
            .codes(&["not_found", "not_allowed"]),
        op(put.clone(), "/api/v1/me/password", "Sets your password; your other sessions end.")
            .takes::<PasswordChange>()
            .done()
            .codes(&["wrong_credentials"]),
        op(get, "/api/v1/me/push", "How much you are told by push.").answers::<PushPreference>(200),
        op(put, "/api/v1/me/push", "Sets how much you are told by push.")
            .takes::<PushPreference>()
            .answers::<PushPreference>(200)
            .codes(&["not_found"]),
    ]
}

fn people() -> Vec<Operation> {
    const AGENT: &str = "/api/v1/agents/{agent}";
    const TEAM: &str = "/api/v1/teams/{team}";
    const MEMBER: &str = "/api/v1/teams/{team}/members/{agent}";
    let (get, post, patch, put) = (Method::GET, Method::POST, Method::PATCH, Method::PUT);
    let settled = &["not_found", "not_allowed", "taken"];
    vec![
        op(get.clone(), "/api/v1/agents", "All colleagues.").answers::<Vec<Colleague>>(200),
        op(post.clone(), "/api/v1/agents", "Adds a colleague.")
            .takes::<AgentNew>()
            .answers::<Colleague>(201)
            .codes(settled),
        op(get.clone(), AGENT, "A colleague.").answers::<Colleague>(200).codes(&["not_found"]),
        op(patch.clone(), AGENT, "Changes a colleague; what is absent stays.")
            .takes::<AgentChange>()
            .answers::<Colleague>(200)
            .codes(settled),
        op(get.clone(), "/api/v1/agents/{agent}/sessions", "The devices of a colleague.")
            .answers::<Vec<Device>>(200)
            .codes(&["not_found"]),
        op(put.clone(), "/api/v1/agents/{agent}/password", "Sets a password; all sessions end.")
            .takes::<PasswordSet>()
            .done()
            .codes(settled),
        op(get.clone(), "/api/v1/teams", "All teams.").answers::<Vec<Team>>(200),
        op(post, "/api/v1/teams", "Adds a team.")
            .takes::<TeamNew>()
            .answers::<Team>(201)
            .codes(settled),
        op(get, TEAM, "A team.").answers::<Team>(200).codes(&["not_found"]),
        op(patch, TEAM, "Changes a team; what is absent stays.")
            .takes::<TeamChange>()
            .answers::<Team>(200)
            .codes(settled),
        op(put, MEMBER, "Makes an agent a member or supervisor of a team.")
            .takes::<MemberPut>()
            .done()
            .codes(settled),
        op(Method::DELETE, MEMBER, "Takes an agent out of a team.").done().codes(settled),
    ]
}

fn invitations() -> Vec<Operation> {
    const ALL: &str = "/api/v1/invitations";
    let (get, post) = (Method::GET, Method::POST);
    let link = [
        "invitation_unknown",
        "invitation_expired",
        "invitation_withdrawn",
        "invitation_used",
        "rate_limited",
    ];
    let joined = [&link[..], &["taken", "not_allowed", "not_found"]].concat();
    vec![
        op(get, ALL, "Invitations that nobody used yet, the newest first.")
            .answers::<Vec<Invitation>>(200),
        op(post.clone(), ALL, "Invites people, all or none; their secrets are shown this once.")
            .takes::<InvitationsNew>()
            .answers::<Vec<InvitationMade>>(201)
            .codes(&["invalid_rows", "not_allowed", "taken"]),
        op(
            post.clone(),
            "/api/v1/invitations/{invitation}/renew",
            "A new secret; the old is void.",
        )
        .answers::<InvitationMade>(200)
        .codes(&["not_found", "not_allowed"]),
        op(Method::DELETE, "/api/v1/invitations/{invitation}", "Withdraws an invitation.")
            .done()
            .codes(&["not_found", "not_allowed"]),
        op(post.clone(), "/api/v1/invitations/read", "What an invitation says to the invited.")
            .takes::<InvitationRead>()
            .answers::<InvitationCard>(200)
            .codes(&link),
        op(post, "/api/v1/invitations/accept", "Joins by an invitation, and signs in.")
            .asks::<sessions::Carriage>()
            .takes::<InvitationAccept>()
            .answers::<Session>(201)
            .codes(&joined),
    ]
}

fn numbers() -> Vec<Operation> {
    const TEMPLATES: &str = "/api/v1/channels/{channel}/templates";
    const FALLBACK: &str = "/api/v1/channels/{channel}/templates/fallback";
    const USED: &str = "/api/v1/channels/{channel}/templates/usage";
    let (get, post) = (Method::GET, Method::POST);
    let mut codes = vec!["not_found", "not_allowed", "taken", "not_checked"];
    codes.extend(baton_protocol::connection::ConnectionFault::ALL.map(|fault| fault.name()));
    vec![
        op(get.clone(), "/api/v1/channels", "All numbers.").answers::<Vec<Channel>>(200),
        op(post.clone(), "/api/v1/channels", "Adds a number, after Meta was asked about it.")
            .takes::<ChannelNew>()
            .answers::<Channel>(201)
            .codes(&codes),
        op(Method::PATCH, "/api/v1/channels/{channel}", "Changes a number; what is absent stays.")
            .takes::<ChannelChange>()
            .answers::<Channel>(200)
            .codes(&["not_found", "not_allowed", "taken"]),
        op(Method::DELETE, "/api/v1/channels/{channel}", "Removes a number that is for practice.")
            .done()
            .codes(&["not_found", "not_allowed"]),
        op(get.clone(), "/api/v1/meta-apps", "Apps at Meta whose numbers you may connect.")
            .answers::<MetaApps>(200),
        op(post.clone(), "/api/v1/meta-apps", "Adds an app, or another secret of it.")
            .takes::<MetaAppNew>()
            .answers::<MetaApps>(201)
            .codes(&["not_allowed"]),
        op(Method::PATCH, "/api/v1/workspace", "Changes the workspace's name for people.")
            .takes::<WorkspaceChange>()
            .answers::<Me>(200)
            .codes(&["not_found"]),
        op(post, "/api/v1/channels/{channel}/check", "Asks Meta step by step how a number stands.")
            .answers::<ChannelCheck>(200)
            .codes(&["not_found"]),
        op(get, TEMPLATES, "Templates of a number, as Meta last told them.")
            .answers::<TemplateList>(200)
            .codes(&["not_found"]),
        op(Method::GET, USED, "How much each template of a number was sent in 30 days.")
            .answers::<TemplateUsages>(200)
            .codes(&["not_found"]),
        op(Method::PUT, FALLBACK, "Says what is offered in place of a template that Meta stops.")
            .takes::<TemplateFallbackPut>()
            .answers::<TemplateList>(200)
            .codes(&["not_found"]),
        op(Method::PUT, TEMPLATES, "Sets the account whose templates are read, and reads them.")
            .takes::<TemplateSource>()
            .answers::<TemplateList>(202)
            .codes(&["not_found"]),
    ]
}

fn notices() -> Vec<Operation> {
    vec![
        op(Method::GET, "/api/v1/notices", "What concerns you, the newest first.")
            .asks::<noticed::Listing>()
            .answers::<NoticePage>(200),
        op(Method::POST, "/api/v1/notices/read", "Says which of them you have read.")
            .takes::<NoticesRead>()
            .answers::<NoticesLeft>(200),
    ]
}

fn conversations() -> Vec<Operation> {
    const ONE: &str = "/api/v1/conversations/{conversation}";
    const VIEW: &str = "/api/v1/saved-views/{view}";
    const LINES: &str = "/api/v1/conversations/{conversation}/messages";
    const ELSEWHERE: &str = "/api/v1/conversations/{conversation}/elsewhere";
    const CHANGES: &str = "/api/v1/conversations/{conversation}/changes";
    const DRAFTS: &str = "/api/v1/conversations/{conversation}/drafts";
    const HISTORY: &str = "/api/v1/conversations/{conversation}/messages/{message}/history";
    let get = Method::GET;
    let of_one = &["not_found", "forbidden"];
    vec![
        op(get.clone(), "/api/v1/conversations", "The inbox, a page at a time.")
            .asks::<conversations::Listing>()
            .answers::<ConversationPage>(200),
        op(Method::POST, "/api/v1/conversations", "Finds or begins one with a number.")
            .takes::<Begin>()
            .answers::<Begun>(200)
            .codes(&["not_found", "forbidden", "not_allowed"])
            .rated(),
        op(get.clone(), ONE, "A conversation with its newest lines.")
            .answers::<Snapshot>(200)
            .codes(&["not_found"]),
        op(get.clone(), LINES, "Lines and notes, the newest page first.")
            .asks::<conversations::Before>()
            .answers::<LinesPage>(200)
            .codes(of_one),
        op(get.clone(), ELSEWHERE, "Where else the same person is answered, as far as in scope.")
            .answers::<ConversationPage>(200)
            .codes(of_one),
        op(get.clone(), CHANGES, "Who had it and where it stood, the newest first.")
            .asks::<conversations::Changes>()
            .answers::<ChangePage>(200)
            .codes(of_one),
        op(get.clone(), DRAFTS, "Texts that were typed there and not sent, the newest first.")
            .answers::<Vec<KeptDraft>>(200)
            .codes(of_one),
        op(get.clone(), HISTORY, "A line, erased once it was taken back. For its supervisors.")
            .answers::<LineHistory>(200)
            .codes(of_one),
        op(get.clone(), "/api/v1/views", "How many conversations each view of yours shows.")
            .answers::<ViewCounts>(200),
        op(get.clone(), "/api/v1/saved-views", "Filters that you and your teams keep by name.")
            .answers::<Vec<SavedView>>(200),
        op(Method::POST, "/api/v1/saved-views", "Keeps a filter by name.")
            .takes::<ViewNew>()
            .answers::<SavedView>(201)
            .codes(&["not_found", "forbidden", "not_allowed"]),
        op(Method::PATCH, VIEW, "Changes a filter that is kept; what is absent stays.")
            .takes::<ViewChange>()
            .answers::<SavedView>(200)
            .codes(of_one),
        op(Method::DELETE, VIEW, "Forgets a filter that is kept.")
            .with(204, Body::None)
            .codes(of_one),
        op(get.clone(), "/api/v1/heads", "What is in scope and not resolved, as columns.")
            .answers::<PackedHeads>(200)
            .with(304, Body::None),
        op(get.clone(), "/api/v1/review", "Messages that wait for a person, the oldest first.")
            .asks::<review::Listing>()
            .answers::<ReviewPage>(200),
        op(get.clone(), "/api/v1/search", "Messages and notes by their words, customers by name.")
            .asks::<search::Listing>()
            .answers::<SearchPage>(200),
        op(get.clone(), "/api/v1/snapshot", "All conversations in scope, a page at a time.")
            .asks::<sync::Page>()
            .answers::<SnapshotAnswer>(200),
        op(get, "/api/v1/sync", "What a socket would have told since a cursor.")
            .asks::<sync::After>()
            .answers::<SyncAnswer>(200),
    ]
}

fn files() -> Vec<Operation> {
    const FILE: &str = "/api/v1/conversations/{conversation}/messages/{message}/file";
    const UPLOADS: &str = "/api/v1/conversations/{conversation}/uploads";
    const UPLOAD: &str = "/api/v1/uploads/{upload}";
    let gone = &["file_waiting", "file_expired", "file_refused"];
    vec![
        op(Method::GET, FILE, "An address of the file of a line, good for five minutes.")
            .answers::<FileAddress>(200)
            .codes(&["not_found", "forbidden"])
            .codes(gone),
        op(Method::GET, "/api/v1/files/{token}", "The file; takes `Range` and `If-None-Match`.")
            .with(200, Body::Bytes("*/*"))
            .with(206, Body::Bytes("*/*"))
            .with(304, Body::None)
            .with(416, Body::None)
            .codes(&["not_found", "file_address_expired", "file_missing"])
            .codes(gone),
        op(Method::POST, UPLOADS, "Announces a file to send.")
            .takes::<UploadNew>()
            .answers::<Upload>(201)
            .codes(&["not_found", "forbidden", "files_full"]),
        op(Method::GET, UPLOAD, "How far an upload is.")
            .answers::<Upload>(200)
            .codes(&["not_found"]),
        Operation {
            takes: Body::Bytes("application/octet-stream"),
            ..op(Method::PUT, UPLOAD, "The bytes of an upload from a place on.")
                .asks::<uploads::PieceQuery>()
                .answers::<Upload>(200)
                .codes(&["not_found", "upload_from", "too_large", "request_timeout"])
        },
        op(Method::DELETE, UPLOAD, "Ends an upload that will not be sent.")
            .done()
            .codes(&["not_found"]),
        op(Method::GET, "/api/v1/uploads", "Your uploads that were not sent, the oldest first.")
            .answers::<Vec<Upload>>(200),
    ]
}

fn commands() -> Vec<Operation> {
    let summary = "Carries out up to 100 commands; each has an answer of its own.";
    let outcomes = "Stored answers; ids that are unknown are refused from then on.";
    vec![
        op(Method::POST, "/api/v1/commands", summary)
            .takes_of(many::<Command, { limits::COMMANDS_MAX }>)
            .answers::<CommandResults>(200)
            .rated(),
        op(Method::POST, "/api/v1/commands/outcomes", outcomes)
            .takes::<OutcomesQuery>()
            .answers::<CommandResults>(200)
            .rated(),
    ]
}

fn push() -> Vec<Operation> {
    const PUSH: &str = "/api/v1/devices/{device}/push";
    vec![
        op(Method::GET, "/api/v1/push/keys", "What an app needs before it registers.")
            .answers::<PushKeys>(200)
            .codes(&["not_found"]),
        op(Method::PUT, PUSH, "Registers this device for push.")
            .takes::<PushPut>()
            .answers::<PushRegistered>(200)
            .codes(&["not_found", "not_allowed"]),
        op(Method::GET, PUSH, "The registration of this device.")
            .answers::<PushDevice>(200)
            .codes(&["not_found"]),
        op(Method::DELETE, PUSH, "Ends the registration of this device.")
            .done()
            .codes(&["not_found"]),
        op(Method::POST, "/api/v1/push/receipts", "Tells what became of pushes.")
            .takes_of(many::<PushReceipt, { limits::RECEIPTS_MAX }>)
            .answers::<ReceiptsTaken>(200),
    ]
}

fn oversight() -> Vec<Operation> {
    let (get, post) = (Method::GET, Method::POST);
    let limits = &["forbidden"];
    vec![
        op(get.clone(), "/api/v1/reports/answers", "How much came in, and how fast the answers.")
            .asks::<reports::ByStretch>()
            .answers::<AnswersReport>(200)
            .codes(limits),
        op(get.clone(), "/api/v1/reports/answers/conversations", "What is behind a figure.")
            .asks::<reports::Behind>()
            .answers::<MeasuredPage>(200)
            .codes(limits),
        op(get.clone(), "/api/v1/reports/answers.csv", "Every time measured, for a spreadsheet.")
            .asks::<reports::AsCsv>()
            .with(200, Body::Bytes("text/csv"))
            .codes(limits),
        op(get.clone(), "/api/v1/log", "Who did what, when: the newest first, without words.")
            .asks::<audit::Listing>()
            .answers::<LogPage>(200),
        op(get.clone(), "/api/v1/log.csv", "The log for a spreadsheet, the oldest first.")
            .asks::<audit::Export>()
            .with(200, Body::Bytes("text/csv")),
        op(get.clone(), "/api/v1/log.jsonl", "The log, an event a line, the oldest first.")
            .asks::<audit::Export>()
            .with(200, Body::Bytes("application/x-ndjson")),
        op(post.clone(), "/api/v1/log/verify", "Reads the whole log: a line of JSON at a time.")
            .with(200, Body::Bytes("application/x-ndjson")),
        op(get, "/api/v1/quarantine", "Parts of webhooks that belong to no number.")
            .asks::<quarantine::Listing>()
            .answers::<Vec<Quarantined>>(200),
        op(post.clone(), "/api/v1/quarantine/{id}/replay", "Takes one in once more.")
            .done()
            .codes(&["not_found", "not_allowed", "malformed"]),
        op(post, "/api/v1/quarantine/{id}/dismiss", "Sets one aside for good.")
            .done()
            .codes(&["not_found"]),
    ]
}

fn server() -> Vec<Operation> {
    const HOOK: &str = "/webhooks/whatsapp/{meta_app}";
    let get = Method::GET;
    let text = Body::Bytes("text/plain");
    let json = Body::Json(anything);
    let verify = op(get.clone(), HOOK, "Meta asks whether this address is meant.")
        .with(200, text)
        .codes(&["not_found", "forbidden"]);
    vec![
        op(get.clone(), "/api/v1/openapi.json", "This description, OpenAPI 3.1.").with(200, json),
        op(get.clone(), "/api/v1/asyncapi.json", "The socket, AsyncAPI 3.0.").with(200, json),
        op(get.clone(), "/api/v1/docs", "Both, to be read.").with(200, Body::Bytes("text/html")),
        Operation { query: Some(challenge), ..verify },
        op(Method::POST, HOOK, "Webhooks of WhatsApp. 200 means that all of it is kept.")
            .takes_of(anything)
            .with(200, Body::None)
            .codes(&["bad_signature", "not_found", "rate_limited"]),
        op(get.clone(), "/healthz", "The process answers.").with(200, text),
        op(get.clone(), "/readyz", "Whether it can work, and what is away.")
            .with(200, json)
            .with(503, json),
        op(get, "/metrics", "Figures for Prometheus.")
            .with(200, Body::Bytes("application/openmetrics-text")),
    ]
}
