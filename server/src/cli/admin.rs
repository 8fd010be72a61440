//! `baton admin`: the arguments for setting up workspaces, numbers and people.

use std::num::NonZeroU32;

use baton_domain::text::names::{email, slug};
use baton_protocol::{MembershipKind, ReplyPolicy, Role, Visibility};
use clap::{Args, Subcommand};

use super::SecretFile;

/// `baton admin`.
#[derive(Clone, Debug, Subcommand)]
pub enum OperatorCommand {
    /// Set something up.
    #[command(flatten)]
    Settings(AdminCommand),
    /// Parts of webhooks that belong to no channel
    #[command(subcommand)]
    Quarantine(QuarantineCommand),
    /// Files of customers and agents
    #[command(subcommand)]
    Media(MediaCommand),
    /// Parts of webhooks that no version understood yet
    #[command(subcommand)]
    Intake(IntakeCommand),
}

/// `baton admin media`.
#[derive(Clone, Copy, PartialEq, Eq, Debug, Subcommand)]
pub enum MediaCommand {
    /// Say how many files each workspace keeps, how large they are together, and what it may keep
    Usage,
}

/// `baton admin`: the commands that set something up.
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

/// The flag that names a workspace.
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
    /// Short name that people type to sign in: lower-case letters, digits and hyphens
    #[arg(long, value_parser = slug)]
    pub slug: String,
    /// Its name for people
    #[arg(long)]
    pub name: String,
    /// Name of the first team
    #[arg(long, default_value = "Team")]
    pub team: String,
    /// E-mail address of the first admin
    #[arg(long, value_name = "EMAIL", value_parser = email)]
    pub admin_email: String,
    /// File with the admin's password, - for standard input [default: generated and printed once]
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<SecretFile>,
}

/// `baton admin meta-app`.
#[derive(Clone, Debug, Subcommand)]
pub enum MetaAppCommand {
    /// Add an app, or a second secret to an existing app
    Add(MetaAppAdd),
    /// Let the admins of a workspace connect numbers of an app
    ///
    /// `baton admin channel add` grants the number's app too.
    Grant(MetaAppRight),
    /// Take that right away; connected numbers stay connected
    Revoke(MetaAppRight),
    /// List the apps with their webhook address and the workspaces they are granted to
    List,
}

/// `baton admin meta-app grant` and `revoke`.
#[derive(Clone, Debug, Args)]
pub struct MetaAppRight {
    /// The app's id at Meta
    #[arg(long)]
    pub id: String,
    /// The workspace
    #[command(flatten)]
    pub workspace: WorkspaceRef,
}

/// `baton admin meta-app add`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:
  baton admin meta-app add --id 1234567890 --app-secret-file secret.txt \\
      --verify-token-file token.txt")]
pub struct MetaAppAdd {
    /// The app's id at Meta; part of the webhook address
    #[arg(long)]
    pub id: String,
    /// File with the app secret, - for standard input
    #[arg(long, value_name = "FILE")]
    pub app_secret_file: SecretFile,
    /// Accept only this secret and forget the others, for example after a leak
    ///
    /// Without it the two previous secrets stay valid.
    #[arg(long)]
    pub only: bool,
    /// File with the token that Meta sends when it verifies the webhook [default: generated]
    #[arg(long, value_name = "FILE")]
    pub verify_token_file: Option<SecretFile>,
}

/// `baton admin channel`.
#[derive(Clone, Debug, Subcommand)]
pub enum ChannelCommand {
    /// Add a WhatsApp number to a workspace, once Meta says that it can send
    Add(ChannelAdd),
    /// Go through the steps of connecting a number: what is wrong, and what to do about it
    ///
    /// Exit code 1 while something is wrong.
    Connect(ChannelConnect),
    /// List a workspace's numbers
    List(WorkspaceRef),
    /// Replace a number's access token; waiting messages leave at once
    SetToken(SetToken),
    /// Show what customers of a number notice beside the messages, or change it
    Policy(ChannelPolicyArgs),
}

/// `baton admin channel policy`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:
  baton admin channel policy --workspace acme --phone-number-id 106540352242922 \\
      --agent-names on --read-receipts on")]
pub struct ChannelPolicyArgs {
    /// The workspace
    #[command(flatten)]
    pub workspace: WorkspaceRef,
    /// Meta's id of the number
    #[arg(long, value_name = "ID")]
    pub phone_number_id: String,
    /// The agent's name stands above what agents write
    #[arg(long, value_name = "on|off", value_parser = on_or_off)]
    pub agent_names: Option<bool>,
    /// Customers see that an agent has read their messages
    #[arg(long, value_name = "on|off", value_parser = on_or_off)]
    pub read_receipts: Option<bool>,
    /// Customers see that an agent is typing; this tells also that their messages were read
    #[arg(long, value_name = "on|off", value_parser = on_or_off)]
    pub typing: Option<bool>,
    /// WhatsApp shows what a link leads to
    #[arg(long, value_name = "on|off", value_parser = on_or_off)]
    pub link_previews: Option<bool>,
    /// A message leaves only when the one before it has arrived, for half a minute at most
    #[arg(long, value_name = "on|off", value_parser = on_or_off)]
    pub one_by_one: Option<bool>,
}

fn on_or_off(text: &str) -> Result<bool, String> {
    match text {
        "on" => Ok(true),
        "off" => Ok(false),
        _ => Err("must be on or off".to_owned()),
    }
}

/// `baton admin channel set-token`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:
  baton admin channel set-token --workspace acme --phone-number-id 106540352242922 \\
      --access-token-file token.txt")]
pub struct SetToken {
    /// The workspace
    #[command(flatten)]
    pub workspace: WorkspaceRef,
    /// Meta's id of the number
    #[arg(long, value_name = "ID")]
    pub phone_number_id: String,
    /// File with the access token for sending, - for standard input
    #[arg(long, value_name = "FILE")]
    pub access_token_file: SecretFile,
}

/// `baton admin channel connect`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:
  baton admin channel connect --workspace acme --phone-number-id 106540352242922 --wait 300")]
pub struct ChannelConnect {
    /// The workspace
    #[command(flatten)]
    pub workspace: WorkspaceRef,
    /// Meta's id of the number
    #[arg(long, value_name = "ID")]
    pub phone_number_id: String,
    /// How long to wait for a first message in and out, s
    #[arg(long, default_value_t = 0, value_name = "S")]
    #[arg(value_parser = clap::value_parser!(u16).range(0..=3600))]
    pub wait: u16,
}

/// `baton admin channel add`.
#[derive(Clone, Debug, Args)]
pub struct ChannelAdd {
    /// The workspace
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
    /// Add it without asking Meta, for example where Meta cannot be reached
    #[arg(long)]
    pub no_check: bool,
    /// Messages a second from this number [default: pace.number_per_s]
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u32).range(1..=1000))]
    pub pace_per_s: Option<u32>,
}

/// `baton admin agent`.
#[derive(Clone, Debug, Subcommand)]
pub enum AgentCommand {
    /// Add a person to a workspace
    Add(AgentAdd),
    /// Invite people by links, one or a table of many
    Invite(AgentInvite),
    /// List the invitations that nobody used yet
    Invitations(WorkspaceRef),
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
    /// The workspace
    #[command(flatten)]
    pub workspace: WorkspaceRef,
    /// E-mail address of the person
    #[arg(long, value_parser = email)]
    pub email: String,
}

/// `baton admin agent add`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Example:
  baton admin agent add --workspace acme --email ben@acme.example --name Ben \\
      --role supervisor --team Sales --team Support:supervisor")]
pub struct AgentAdd {
    /// The workspace
    #[command(flatten)]
    pub workspace: WorkspaceRef,
    /// E-mail address to sign in with
    #[arg(long, value_parser = email)]
    pub email: String,
    /// Name that colleagues see
    #[arg(long)]
    pub name: String,
    /// agent, supervisor or admin
    #[arg(long, default_value = "agent", value_parser = role)]
    pub role: Role,
    /// A team: NAME, or NAME:supervisor (not with the role agent); repeatable
    #[arg(long = "team", value_name = "NAME", value_parser = membership)]
    pub teams: Vec<(String, MembershipKind)>,
    /// Largest number of conversations to own at once [default: unlimited]
    #[arg(long, value_name = "N")]
    pub capacity: Option<u32>,
    /// File with the password, - for standard input [default: generated and printed once]
    #[arg(long, value_name = "FILE")]
    pub password_file: Option<SecretFile>,
}

/// `baton admin agent invite`.
#[derive(Clone, Debug, Args)]
#[command(after_help = "Examples:
  baton admin agent invite --workspace acme --email ben@acme.example --name Ben --team Sales
  baton admin agent invite --workspace acme --csv team.csv --address https://desk.acme.example

The table's first line names its columns: email, name, role, teams, capacity. Several teams
stand in one cell: Sales|Support:supervisor.")]
pub struct AgentInvite {
    /// The workspace
    #[command(flatten)]
    pub workspace: WorkspaceRef,
    /// E-mail address to sign in with
    #[arg(long, value_parser = email, required_unless_present = "csv", requires = "name")]
    pub email: Option<String>,
    /// Name that colleagues see
    #[arg(long, requires = "email")]
    pub name: Option<String>,
    /// agent, supervisor or admin
    #[arg(long, default_value = "agent", value_parser = role)]
    pub role: Role,
    /// A team: NAME, or NAME:supervisor (not with the role agent); repeatable
    #[arg(long = "team", value_name = "NAME", value_parser = membership)]
    pub teams: Vec<(String, MembershipKind)>,
    /// Largest number of conversations to own at once [default: unlimited]
    #[arg(long, value_name = "N")]
    pub capacity: Option<u32>,
    /// A table of up to 200 people instead
    #[arg(long, value_name = "FILE", conflicts_with_all = ["email", "teams", "capacity"])]
    pub csv: Option<std::path::PathBuf>,
    /// Days for which the links are good
    #[arg(long, value_name = "N", default_value_t = 7,
        value_parser = clap::value_parser!(u32).range(1..=30))]
    pub days: u32,
    /// The console's address, which links begin with
    #[arg(long, value_name = "URL", default_value = "")]
    pub address: String,
}

/// `baton admin agent set-password`.
#[derive(Clone, Debug, Args)]
pub struct SetPassword {
    /// The workspace
    #[command(flatten)]
    pub workspace: WorkspaceRef,
    /// E-mail address of the person
    #[arg(long, value_parser = email)]
    pub email: String,
    /// File with the password, - for standard input [default: generated and printed once]
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
    /// The workspace
    #[command(flatten)]
    pub workspace: WorkspaceRef,
    /// Its name
    #[arg(long)]
    pub name: String,
    /// Agents who may reply to a conversation that a teammate owns: owner, team or scope
    #[arg(long, default_value = "owner", value_parser = reply_policy)]
    pub reply_policy: ReplyPolicy,
    /// What members see of conversations that others own: full, head or own
    #[arg(long, default_value = "full", value_parser = visibility)]
    pub visibility: Visibility,
    /// Let teammates claim conversations from one another
    #[arg(long)]
    pub claim_from_colleagues: bool,
}

/// `baton admin quarantine`.
#[derive(Clone, Debug, Subcommand)]
pub enum QuarantineCommand {
    /// List the newest elements
    List {
        /// Number of rows
        #[arg(long, value_name = "N", default_value_t = 50)]
        limit: u32,
        /// Only elements older than this one
        #[arg(long, value_name = "ID")]
        before: Option<uuid::Uuid>,
    },
    /// Show the content of one element; it may be a customer's text
    Show {
        /// Id from the list
        id: uuid::Uuid,
    },
    /// Process one again, after its number was connected
    Replay {
        /// Id from the list
        id: uuid::Uuid,
    },
    /// Dismiss one
    Dismiss {
        /// Id from the list
        id: uuid::Uuid,
    },
}

/// `baton admin intake`.
#[derive(Clone, Debug, Subcommand)]
pub enum IntakeCommand {
    /// Count what waits by kind, and list the newest
    List {
        /// Number of rows
        #[arg(long, value_name = "N", default_value = "50")]
        limit: NonZeroU32,
        /// Only rows older than this one
        #[arg(long, value_name = "ID")]
        before: Option<uuid::Uuid>,
        /// Also what was understood since
        #[arg(long)]
        all: bool,
    },
    /// Show the content of one; it may be a customer's text
    Show {
        /// Id from the list
        id: uuid::Uuid,
    },
    /// Take in again what waits, after an upgrade
    ///
    /// Lines that are read anew keep their place; nobody is told of them again. It may be run
    /// at any time and as often as you like.
    Replay,
}

pub(super) fn membership(text: &str) -> Result<(String, MembershipKind), String> {
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

pub(super) fn role(text: &str) -> Result<Role, String> {
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
