//! `baton admin`: the arguments for setting up workspaces, numbers and people.

use baton_domain::names::{email, slug};
use baton_protocol::{MembershipKind, ReplyPolicy, Role, Visibility};
use clap::{Args, Subcommand};

use super::SecretFile;

/// `baton admin`.
#[derive(Clone, Debug, Subcommand)]
pub enum OperatorCommand {
    /// What is set up.
    #[command(flatten)]
    Settings(AdminCommand),
    /// What webhooks brought and nobody could be found for
    #[command(subcommand)]
    Quarantine(QuarantineCommand),
}

/// `baton admin`, as far as it sets something up.
#[derive(Clone, Debug, Subcommand)]
pub enum AdminCommand {
    /// Workspaces (tenants)
    #[command(subcommand)]
    Workspace(WorkspaceCommand),
    /// Apps at Meta, with the secrets that sign their webhooks
    #[command(subcommand)]
    MetaApp(MetaAppCommand),
    /// WhatsApp numbers
    #[command(subcommand)]
    Channel(ChannelCommand),
    /// People
    #[command(subcommand)]
    Agent(AgentCommand),
    /// Teams and their queues
    #[command(subcommand)]
    Team(TeamCommand),
}

/// Which workspace.
#[derive(Clone, Debug, Args)]
pub struct WorkspaceRef {
    /// The workspace, by its slug
    #[arg(long, value_name = "SLUG", value_parser = slug)]
    pub workspace: String,
}

/// `baton admin workspace`.
#[derive(Clone, Debug, Subcommand)]
pub enum WorkspaceCommand {
    /// Make a workspace with one team and its first admin
    Add(WorkspaceAdd),
    /// List the workspaces
    List,
}

/// `baton admin workspace add`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:
  baton admin workspace add --slug acme --name 'Acme' --admin-email ana@acme.example")]
pub struct WorkspaceAdd {
    /// What people type to sign in: lower-case letters, digits and hyphens
    #[arg(long, value_parser = slug)]
    pub slug: String,
    /// Its name for people
    #[arg(long)]
    pub name: String,
    /// The first team
    #[arg(long, default_value = "Team")]
    pub team: String,
    /// The first admin
    #[arg(long, value_name = "EMAIL", value_parser = email)]
    pub admin_email: String,
    /// File with the admin's password, - for standard input [default: made up, printed once]
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<SecretFile>,
}

/// `baton admin meta-app`.
#[derive(Clone, Debug, Subcommand)]
pub enum MetaAppCommand {
    /// Add an app, or another secret of an app that is there
    Add(MetaAppAdd),
    /// Let the admins of a workspace connect numbers of an app
    ///
    /// A number added with `baton admin channel add` grants its app by itself.
    Grant(MetaAppRight),
    /// Let them connect no more; the numbers that are connected stay
    Revoke(MetaAppRight),
    /// List the apps with the address of their webhook and the workspaces they are granted to
    List,
}

/// `baton admin meta-app grant` and `revoke`.
#[derive(Clone, Debug, Args)]
pub struct MetaAppRight {
    /// The app's id at Meta
    #[arg(long)]
    pub id: String,
    /// Which workspace
    #[command(flatten)]
    pub workspace: WorkspaceRef,
}

/// `baton admin meta-app add`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:
  baton admin meta-app add --id 1234567890 --app-secret-file secret.txt \\
      --verify-token-file token.txt")]
pub struct MetaAppAdd {
    /// The app's id at Meta; part of the webhook's address
    #[arg(long)]
    pub id: String,
    /// File with the app secret, - for standard input
    #[arg(long, value_name = "FILE")]
    pub app_secret_file: SecretFile,
    /// Only this secret is good from now on: forget the others, one of which leaked perhaps
    ///
    /// Without it the two secrets before stay good, for webhooks that Meta signs with them.
    #[arg(long)]
    pub only: bool,
    /// File with the token that Meta repeats when it verifies the webhook [default: made up]
    #[arg(long, value_name = "FILE")]
    pub verify_token_file: Option<SecretFile>,
}

/// `baton admin channel`.
#[derive(Clone, Debug, Subcommand)]
pub enum ChannelCommand {
    /// Add a WhatsApp number to a workspace
    Add(ChannelAdd),
    /// List a workspace's numbers
    List(WorkspaceRef),
    /// Replace a number's access token; what waits for it leaves at once
    SetToken(SetToken),
}

/// `baton admin channel set-token`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:
  baton admin channel set-token --workspace acme --phone-number-id 106540352242922 \\
      --access-token-file token.txt")]
pub struct SetToken {
    /// Which workspace
    #[command(flatten)]
    pub workspace: WorkspaceRef,
    /// Meta's id of the number
    #[arg(long, value_name = "ID")]
    pub phone_number_id: String,
    /// File with the access token for sending, - for standard input
    #[arg(long, value_name = "FILE")]
    pub access_token_file: SecretFile,
}

/// `baton admin channel add`.
#[derive(Clone, Debug, Args)]
pub struct ChannelAdd {
    /// Which workspace
    #[command(flatten)]
    pub workspace: WorkspaceRef,
    /// Its name for people
    #[arg(long)]
    pub name: String,
    /// The app at Meta it belongs to
    #[arg(long, value_name = "ID")]
    pub meta_app: String,
    /// Meta's id of the number
    #[arg(long, value_name = "ID")]
    pub phone_number_id: String,
    /// The number as people write it
    #[arg(long, value_name = "NUMBER")]
    pub display_number: String,
    /// File with the access token for sending, - for standard input
    #[arg(long, value_name = "FILE")]
    pub access_token_file: SecretFile,
    /// The team whose queue new conversations go to [default: the workspace's only team]
    #[arg(long, value_name = "NAME")]
    pub team: Option<String>,
    /// Messages a second from this number [default: pace.number_per_s]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub pace_per_s: Option<u32>,
}

/// `baton admin agent`.
#[derive(Clone, Debug, Subcommand)]
pub enum AgentCommand {
    /// Add a person to a workspace
    Add(AgentAdd),
    /// List a workspace's people
    List(WorkspaceRef),
    /// List the devices on which a person is signed in
    Sessions(PersonRef),
    /// Set a password; ends the person's sessions
    SetPassword(SetPassword),
}

/// `baton admin agent sessions`.
#[derive(Clone, Debug, Args)]
pub struct PersonRef {
    /// Which workspace
    #[command(flatten)]
    pub workspace: WorkspaceRef,
    /// Whose
    #[arg(long, value_parser = email)]
    pub email: String,
}

/// `baton admin agent add`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:
  baton admin agent add --workspace acme --email ben@acme.example --name Ben \\
      --role supervisor --team Sales --team Support:supervisor")]
pub struct AgentAdd {
    /// Which workspace
    #[command(flatten)]
    pub workspace: WorkspaceRef,
    /// Signs in with it
    #[arg(long, value_parser = email)]
    pub email: String,
    /// As colleagues see them
    #[arg(long)]
    pub name: String,
    /// agent, supervisor or admin
    #[arg(long, default_value = "agent", value_parser = role)]
    pub role: Role,
    /// A team: NAME, or NAME:supervisor (not with the role agent); may be repeated
    #[arg(long = "team", value_name = "NAME", value_parser = membership)]
    pub teams: Vec<(String, MembershipKind)>,
    /// Conversations they may own at once [default: unlimited]
    #[arg(long, value_name = "N")]
    pub capacity: Option<u32>,
    /// File with the password, - for standard input [default: made up, printed once]
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<SecretFile>,
}

/// `baton admin agent set-password`.
#[derive(Clone, Debug, Args)]
pub struct SetPassword {
    /// Which workspace
    #[command(flatten)]
    pub workspace: WorkspaceRef,
    /// Whose
    #[arg(long, value_parser = email)]
    pub email: String,
    /// File with the password, - for standard input [default: made up, printed once]
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<SecretFile>,
}

/// `baton admin team`.
#[derive(Clone, Debug, Subcommand)]
pub enum TeamCommand {
    /// Add a team to a workspace
    Add(TeamAdd),
    /// List a workspace's teams
    List(WorkspaceRef),
}

/// `baton admin team add`.
#[derive(Clone, Debug, Args)]
pub struct TeamAdd {
    /// Which workspace
    #[command(flatten)]
    pub workspace: WorkspaceRef,
    /// Its name
    #[arg(long)]
    pub name: String,
    /// Who may reply to what an agent owns: owner, team or scope
    #[arg(long, default_value = "owner", value_parser = reply_policy)]
    pub reply_policy: ReplyPolicy,
    /// What members see of what others own: full, head or own
    #[arg(long, default_value = "full", value_parser = visibility)]
    pub visibility: Visibility,
    /// Let teammates claim from one another
    #[arg(long)]
    pub claim_from_colleagues: bool,
}

/// `baton admin quarantine`.
#[derive(Clone, Debug, Subcommand)]
pub enum QuarantineCommand {
    /// List the newest elements that were set aside
    List {
        /// How many
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: u32,
        /// Only those older than this one
        #[arg(long, value_name = "ID")]
        before: Option<uuid::Uuid>,
    },
    /// Show what one says, which may be a customer's words
    Show {
        /// Which
        id: uuid::Uuid,
    },
    /// Take one in as if it came again, after its number was connected
    Replay {
        /// Which
        id: uuid::Uuid,
    },
    /// Let one go: nobody waits for it any more
    Dismiss {
        /// Which
        id: uuid::Uuid,
    },
}

fn membership(text: &str) -> Result<(String, MembershipKind), String> {
    let (name, kind) = match text.rsplit_once(':') {
        Some((name, "supervisor")) => (name, MembershipKind::Supervisor),
        Some((name, "member")) => (name, MembershipKind::Member),
        Some((_, other)) => return Err(format!("{other:?} must be member or supervisor")),
        None => (text, MembershipKind::Member),
    };
    if name.is_empty() {
        return Err("must name a team".to_owned());
    }
    Ok((name.to_owned(), kind))
}

fn role(text: &str) -> Result<Role, String> {
    Role::from_name(text).ok_or_else(|| "must be agent, supervisor or admin".to_owned())
}

fn reply_policy(text: &str) -> Result<ReplyPolicy, String> {
    named(text).map_err(|()| "must be owner, team or scope".to_owned())
}

fn visibility(text: &str) -> Result<Visibility, String> {
    named(text).map_err(|()| "must be full, head or own".to_owned())
}

/// Reads a name as the wire writes it.
fn named<T: serde::de::DeserializeOwned>(text: &str) -> Result<T, ()> {
    serde_json::from_value(serde_json::Value::from(text)).map_err(|_unknown| ())
}
