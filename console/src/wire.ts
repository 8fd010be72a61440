// The wire as the server tells it. Made by scripts/edges.sh from the types of `protocol/`: a
// test fails when it is stale. Change nothing here.

export type Id = string;
/** RFC 3339 in UTC, to the millisecond. */
export type Timestamp = string;
/** `epoch:position` */
export type Cursor = string;
/** The command was carried out, or its wish already held. */
export interface Accepted {
  line?: LineRef;
  note_id?: NoteId;
  position?: number;
  revision: number;
  status?: MessageStatus;
  unreached?: AgentId[];
}
/** The author of an event. */
export type Actor =
  | { kind: "customer" }
  | { kind: "agent"; id: AgentId }
  | { kind: "system" }
  | { kind: "rule"; id: SettingId };
/** A colleague, as everyone in the workspace sees them. */
export interface Agent {
  availability: Availability;
  capacity: number | null;
  id: AgentId;
  load: number;
  name: string;
  role: Role;
  state: AgentState;
  teams: Membership[];
}
/** `PATCH /agents/{id}`: what is absent stays. */
export interface AgentChange {
  availability?: Availability;
  capacity?: number | null;
  name?: string;
  role?: Role;
  state?: AgentState;
}
/** Figures of an agent: what they wrote, took and resolved. */
export interface AgentFigures {
  agent_id: AgentId;
  answered: number;
  asked: number;
  first_reply: Spread;
  hold: Spread;
  open: number;
  opened: number;
  pick_up: Spread;
  points: number;
  rated: number;
  received: number;
  reopened: number;
  reply: Spread;
  resolution: Spread;
  resolved: number;
  sent: number;
  settled: number;
  settled_reopened: number;
  turns: number;
  unanswered: number;
}
/** A person or bot that works in a workspace. */
export type AgentId = Id;
/** `POST /agents`. */
export interface AgentNew {
  capacity?: number | null;
  email: string;
  name: string;
  password: string;
  role: Role;
  teams?: Membership[];
}
/** Settings of an agent. An absent field did not change; a new agent has all fields. */
export interface AgentSet {
  availability?: Availability;
  capacity?: number | null;
  role?: Role;
  state?: AgentState;
}
/** What an agent can do, for the steps of a team's routing. */
export interface AgentSkills {
  languages?: string[];
  skills?: Skill[];
}
/** What an agent can do, for the steps of a team's routing. */
export interface AgentSkillsInput {
  languages?: string[];
  skills?: SkillInput[];
}
/** What `PUT` sets. */
export interface AgentSkillsPut {
  body: AgentSkillsInput;
  home: Home;
  rank?: number;
}
/** A setting, as those who read its home see it. */
export interface AgentSkillsSetting {
  body: AgentSkills | null;
  broken?: SettingName[];
  changed_at?: Timestamp;
  changed_by?: AgentId;
  ended?: boolean;
  home: Home;
  id: SettingId;
  kind: string;
  not_kept?: string[];
  rank: number;
  version: number;
}
/** Whether an agent works here. */
export type AgentState = "active" | "leaving" | "inactive";
/** The changes of a line after it was said. */
export interface Amended {
  edited?: Change;
  forwarded?: number;
  reactions?: Reaction[];
  receipts?: Receipt[];
  revoked?: Change;
}
/** One change of a line, as the log tells it. */
export type Amendment =
  | { kind: "edited" } & Change
  | { kind: "revoked" } & Change
  | { kind: "reacted"; at: Timestamp; by: Author }
  | { kind: "received" } & Receipt
  | { kind: "forwarded" };
/** The customer's questions and the team's answers in an episode. The open turn follows from them, also once an answer is lost or arrives after all. */
export interface Answers {
  answered?: boolean;
  asked?: Turn;
  before?: AgentId;
  from_seq: number;
  handed_at?: Timestamp;
  owner?: AgentId;
  pauses?: Pause[];
  said?: Said[];
  since: Timestamp;
  written?: boolean;
}
/** `GET /reports/answers`: figures worked out from the log. A figure belongs to the stretch in which it ended; a turn that began, to the one in which it began. */
export interface AnswersReport {
  agents: AgentFigures[];
  channels: ChannelFigures[];
  outcomes: OutcomeFigures[];
  stretches: StretchFigures[];
  tags: TagFigures[];
  teams: TeamFigures[];
  upto: number;
  whole: Figures;
  within_ms: number;
}
/** What `PUT` sets. */
export interface AnyValuePut {
  body: unknown;
  home: Home;
  rank?: number;
}
/** A setting, as those who read its home see it. */
export interface AnyValueSetting {
  body: unknown;
  broken?: SettingName[];
  changed_at?: Timestamp;
  changed_by?: AgentId;
  ended?: boolean;
  home: Home;
  id: SettingId;
  kind: string;
  not_kept?: string[];
  rank: number;
  version: number;
}
/** A key with which a program works as an agent: it sees and does what the agent may. Its secrets are shown as `Authorization: Bearer`. It sets nothing up, and signs nobody in. */
export interface ApiKey {
  agent: AgentId;
  name: string;
  read_only?: boolean;
  until?: string;
}
/** What `PUT` sets. */
export interface ApiKeyPut {
  body: ApiKey;
  home: Home;
  rank?: number;
}
/** A setting, as those who read its home see it. */
export interface ApiKeySetting {
  body: ApiKey | null;
  broken?: SettingName[];
  changed_at?: Timestamp;
  changed_by?: AgentId;
  ended?: boolean;
  home: Home;
  id: SettingId;
  kind: string;
  not_kept?: string[];
  rank: number;
  version: number;
}
/** The state of the app. */
export type AppState = "foreground" | "background" | "extension";
/** Whether agents say why an episode ends. */
export type AskOutcome = "never" | "offered" | "required";
/** The way a rule has an agent chosen. */
export type AssignBy = "round_robin" | "least_loaded" | "on_call";
/** A field of a customer's card. */
export interface Attribute {
  hidden_from?: Role[];
  key: string;
  most_chars?: number;
  name: string;
  on_card?: boolean;
  options?: string[];
  set: AttributeSetter;
  type: AttributeType;
}
/** A field of a customer's card. */
export interface AttributeInput {
  hidden_from?: Role[];
  key: string;
  most_chars?: number;
  name: string;
  on_card?: boolean;
  options?: string[];
  set?: AttributeSetter;
  type?: AttributeType;
}
/** What `PUT` sets. */
export interface AttributePut {
  body: AttributeInput;
  home: Home;
  rank?: number;
}
/** Who sets the values of an attribute. */
export type AttributeSetter = "anyone" | "supervisors" | "programs";
/** A setting, as those who read its home see it. */
export interface AttributeSetting {
  body: Attribute | null;
  broken?: SettingName[];
  changed_at?: Timestamp;
  changed_by?: AgentId;
  ended?: boolean;
  home: Home;
  id: SettingId;
  kind: string;
  not_kept?: string[];
  rank: number;
  version: number;
}
/** What an attribute holds. */
export type AttributeType = "text" | "number" | "date" | "yes_no" | "one_of" | "link";
/** The author of a line. */
export type Author =
  | { kind: "customer" }
  | { kind: "agent"; id: AgentId }
  | { kind: "phone_app" }
  | { kind: "acknowledgement" };
/** What the agent says about themselves. */
export type Availability = "available" | "busy" | "away";
/** `POST /conversations`: an agent writes first. It may be repeated. */
export interface Begin {
  channel_id: ChannelId;
  phone: string;
}
/** The conversation with somebody: new, or the one there was. */
export interface Begun {
  conversation_id: ConversationId;
}
/** That a customer is blocked on a number. */
export interface Block {
  by: AgentId;
  since: Timestamp;
  turn?: Turn;
  whatsapp: BlockState;
}
/** Whether WhatsApp blocks a customer too. Baton blocks in every state. */
export type BlockState = "waiting" | "done" | "not_recent" | "list_full" | "refused";
/** `GET /board`: figures of the teams that a supervisor leads, two seconds old at most. */
export interface Board {
  agents: BoardAgent[];
  alerts: BoardAlert[];
  at: Timestamp;
  channels: Record<string, BoardFigures>;
  teams: Record<string, BoardFigures>;
}
/** A person: their load, and whether they would hear of more. */
export interface BoardAgent {
  agent_id: AgentId;
  availability: Availability;
  late: number;
  load: number;
  not_responding?: boolean;
  offered: number;
  room: number | null;
  teams: Record<string, number>;
  verdict: Verdict;
  waiting: number;
}
/** A reason to act. */
export type BoardAlert =
  | { kind: "brake"; fallen: number; of: number; since: Timestamp }
  | { kind: "nobody_there"; team_id: TeamId }
  | { kind: "orphans"; count: number; team_id: TeamId }
  | { kind: "late"; count: number; team_id: TeamId };
/** Counts of conversations. */
export interface BoardFigures {
  in_line: number;
  late: number;
  offered: number;
  oldest: Timestamp | null;
  orphans: number;
  owned: number;
  waiting: number;
}
/** That an agent is a program. Its messages answer nobody: the customer still waits for a person. Each conversation leaves it by one of these ways, even if the program is dead. */
export interface Bot {
  agent: AgentId;
  back_to: TeamId;
  minutes_max: number;
  silent_s: number;
  turns_max: number;
  words?: string[];
}
/** That an agent is a program. Its messages answer nobody: the customer still waits for a person. Each conversation leaves it by one of these ways, even if the program is dead. */
export interface BotInput {
  agent: AgentId;
  back_to: TeamId;
  minutes_max?: number;
  silent_s?: number;
  turns_max?: number;
  words?: string[];
}
/** What `PUT` sets. */
export interface BotPut {
  body: BotInput;
  home: Home;
  rank?: number;
}
/** A message of a bot. */
export interface BotSaid {
  asked?: Timestamp;
  lost?: boolean;
  seq: number;
}
/** A setting, as those who read its home see it. */
export interface BotSetting {
  body: Bot | null;
  broken?: SettingName[];
  changed_at?: Timestamp;
  changed_by?: AgentId;
  ended?: boolean;
  home: Home;
  id: SettingId;
  kind: string;
  not_kept?: string[];
  rank: number;
  version: number;
}
/** The time that a conversation spends with a bot. */
export interface BotState {
  agent_id: AgentId;
  asked?: Timestamp;
  received: number;
  said?: BotSaid[];
  since: Timestamp;
  waits_since?: Timestamp;
}
/** The way to a bot, or from it. */
export type BotStep = "began" | "asked" | "turns" | "silent" | "time" | "gone";
/** A setting that does less than it says: it names what is no more, says what nothing keeps, or would be refused today. */
export interface BrokenSetting {
  broken: SettingName[];
  id: SettingId;
  kind: string;
  not_kept?: string[];
  refused?: RefusedField;
}
/** The profile that customers see beside the name. */
export interface BusinessProfile {
  about?: string;
  address?: string;
  description?: string;
  email?: string;
  vertical?: string;
  websites?: string[];
}
/** A button that the customer can tap. */
export interface Button {
  id: string;
  title: string;
}
/** The filling of a template's button. */
export interface ButtonFilling {
  index: number;
  kind: FilledButton;
  text: string;
}
/** A schedule in the version in which a promise counts by it. */
export interface Calendar {
  id: SettingId;
  version: number;
}
/** A file of a canned reply. WhatsApp fetches it from its address; texts are its caption and have at most 1,024 characters. */
export interface CannedFile {
  kind: CannedFileKind;
  link: string;
  name?: string;
}
/** The kinds of files that have a caption. */
export type CannedFileKind = "document" | "image" | "video";
/** A text that agents insert. What stands in double braces is filled in by the client. */
export interface CannedReply {
  buttons?: string[];
  file?: CannedFile;
  languages?: Record<string, string>;
  notes?: boolean;
  shortcut: string;
  text: string;
  then?: CannedThen[];
  title: string;
}
/** What `PUT` sets. */
export interface CannedReplyPut {
  body: CannedReply;
  home: Home;
  rank?: number;
}
/** A setting, as those who read its home see it. */
export interface CannedReplySetting {
  body: CannedReply | null;
  broken?: SettingName[];
  changed_at?: Timestamp;
  changed_by?: AgentId;
  ended?: boolean;
  home: Home;
  id: SettingId;
  kind: string;
  not_kept?: string[];
  rank: number;
  version: number;
}
/** What is done after a canned reply. */
export type CannedThen =
  | { do: "tag"; tag: SettingId }
  | { do: "resolve"; outcome?: string }
  | { do: "snooze"; minutes: number }
  | { do: "mark_waiting" };
/** The canned reply that a text was made of. */
export interface CannedUse {
  id: SettingId;
  version: number;
}
/** One of `GET /canned-replies/uses`: how often a canned reply is used. */
export interface CannedUses {
  id: SettingId;
  is_used: boolean;
  uses: number;
}
/** A later line that changes an earlier one. */
export interface Change {
  at: Timestamp;
  line: LineRef;
}
/** `GET /conversations/{id}/changes`: who had it and where it stood, the newest first. */
export interface ChangePage {
  before?: number;
  changes: Event[];
}
/** A WhatsApp number. */
export interface Channel {
  default_team: TeamId;
  display_number: string;
  health?: ChannelHealth;
  id: ChannelId;
  name: string;
  pace_per_s?: number;
  phone_number_id: string;
  policy: ChannelPolicy;
  practice?: boolean;
}
/** `PATCH /channels/{id}`: what is absent stays. */
export interface ChannelChange {
  access_token?: string;
  default_team?: TeamId;
  name?: string;
  pace_per_s?: number;
  policy?: ChannelPolicy;
}
/** `POST /channels/{id}/check`: each step of connecting the number. */
export interface ChannelCheck {
  at: Timestamp;
  steps: CheckStep[];
}
/** Figures of a number. */
export interface ChannelFigures {
  answered: number;
  asked: number;
  channel_id: ChannelId;
  first_reply: Spread;
  hold: Spread;
  open: number;
  opened: number;
  pick_up: Spread;
  points: number;
  rated: number;
  received: number;
  reopened: number;
  reply: Spread;
  resolution: Spread;
  resolved: number;
  sent: number;
  settled: number;
  settled_reopened: number;
  turns: number;
  unanswered: number;
}
/** The health of a number at Meta, as it was last reported. */
export interface ChannelHealth {
  account?: string;
  faults: ConnectionFault[];
  limit?: string;
  name_status?: string;
  news?: MetaNews[];
  number_status?: string;
  profile?: BusinessProfile;
  quality?: string;
  since: Timestamp;
  state: HealthState;
  token_ends_at?: Timestamp;
  verified_name?: string;
}
/** One WhatsApp number, or another way in. */
export type ChannelId = Id;
/** `POST /channels`. */
export interface ChannelNew {
  access_token: string;
  check?: boolean;
  default_team: TeamId;
  display_number: string;
  meta_app: string;
  name: string;
  pace_per_s?: number;
  phone_number_id: string;
}
/** A number's policy towards its customers, beside the messages. What is absent was never set, or does not change. */
export interface ChannelPolicy {
  agent_names?: boolean;
  link_previews?: boolean;
  one_by_one?: boolean;
  read_receipts?: boolean;
  typing?: boolean;
}
/** Settings of a channel. An absent field did not change; a new channel has all fields. */
export interface ChannelSet {
  default_team?: TeamId;
  pace_per_s?: number;
  policy?: ChannelPolicy;
}
/** The state of one step. */
export interface CheckStep {
  code?: ConnectionFault;
  remedy?: string;
  state: StepState;
  step: ConnectionStep;
}
/** The way one of several agents is chosen. */
export type Choice = "longest_idle" | "round_robin" | "least_loaded" | "priority" | "random";
/** From clients. */
export type ClientFrame =
  | {
    type: "hello";
    cursor?: string;
    device_id: DeviceId;
    ticket?: string;
    token?: string;
  }
  | { type: "command"; command: Command }
  | { type: "compose"; action: ComposeAction; conversation_id: ConversationId }
  | { type: "view"; conversation_id?: ConversationId | null }
  | { type: "draft"; conversation_id: ConversationId; text: string }
  | { type: "presence"; watch: boolean }
  | { type: "ack"; foreground?: boolean; idle_s?: number; upto: number };
/** A clock of a conversation. */
export type Clock =
  | { kind: "rule"; rule_id: SettingId }
  | { kind: "warned"; answer: Promised }
  | { kind: "breached"; answer: Promised };
/** The rules that ran on a conversation, the clocks that rang, and the times that are promised. */
export interface Clocks {
  answers?: Answers;
  bot?: BotState;
  idle_since?: Timestamp;
  is_for_people?: boolean;
  late?: Late;
  ran?: Ran[];
  rang?: Rang[];
  replied?: Replied[];
  sla?: SlaState;
  survey?: SurveyState;
}
/** A text by which somebody who supervises coaches the owner. That agent sees it and those who supervise the team: nobody else. */
export interface CoachNote {
  agent_id: AgentId;
  at: Timestamp;
  author: AgentId;
  id: NoteId;
  op_id: OpId;
  position: number;
  text: string | null;
}
/** A colleague, and what is known of their devices. */
export interface Colleague {
  availability: Availability;
  capacity: number | null;
  id: AgentId;
  load: number;
  name: string;
  reach: Reach;
  role: Role;
  state: AgentState;
  teams: Membership[];
}
/** Colours of tags. */
export type Colour = "grey" | "red" | "orange" | "yellow" | "green" | "teal" | "blue" | "purple";
/** `GET /heads`: conversations in scope that are not resolved. Row `n` is what stands in place `n` of each column. */
export interface Columns {
  activity_at: number[];
  channel: number[];
  customer_seq: number[];
  episode: number[];
  ids: string;
  last_seq: number[];
  level: string;
  owner: number[];
  owner_epoch: number[];
  read_seq: number[];
  revision: number[];
  snoozed_until: (number | null)[];
  status: string;
  team: number[];
  unanswered_since: (number | null)[];
  window_until: (number | null)[];
}
/** A command on a conversation. */
export type Command = {
  after?: OpId;
  conversation_id: ConversationId;
  op_id: OpId;
  retry_of?: OpId;
} & CommandBody;
/** The kinds of command. */
export type CommandBody =
  | {
    type: "reply";
    canned?: CannedUse;
    ignore_lease?: boolean;
    quoted?: MessageId;
    replaces?: MessageId;
    seen: LineRef | null;
    text: string;
  }
  | {
    type: "send";
    canned?: CannedUse;
    details: Details;
    ignore_lease?: boolean;
    quoted?: MessageId;
    replaces?: MessageId;
    seen: LineRef | null;
    text?: string;
  }
  | { type: "forward"; ignore_lease?: boolean; of: LineAt; seen: LineRef | null }
  | { type: "note"; mentions?: AgentId[]; quoted?: MessageId; text: string }
  | { type: "coach"; expect_owner_epoch: number; text: string }
  | { type: "claim"; exceed_capacity?: boolean; expect_owner_epoch: number }
  | {
    type: "assign";
    agent_id: AgentId;
    exceed_capacity?: boolean;
    expect_owner_epoch: number;
  }
  | { type: "unassign"; expect_owner_epoch: number }
  | {
    type: "transfer";
    exceed_capacity?: boolean;
    expect_owner_epoch: number;
    note?: string;
    seen: LineRef | null;
    to: Owner;
  }
  | {
    type: "resolve";
    outcome?: SettingId;
    outcome_text?: string;
    seen: LineRef | null;
  }
  | { type: "reopen" }
  | { type: "mark_waiting"; seen: LineRef | null }
  | { type: "snooze"; seen: LineRef | null; until: Timestamp }
  | { type: "mark_read"; seq: number }
  | { type: "mark_unread"; seq: number }
  | {
    type: "resend";
    ignore_lease?: boolean;
    message_id: MessageId;
    seen: LineRef | null;
  }
  | { type: "mark_sent"; message_id: MessageId }
  | { type: "cancel"; message_id: MessageId }
  | { type: "send_now"; message_id: MessageId }
  | { type: "follow"; agent_id?: AgentId }
  | { type: "unfollow"; agent_id?: AgentId }
  | { type: "block" }
  | { type: "unblock" }
  | { type: "link"; with: ConversationId }
  | { type: "unlink" }
  | { type: "accept_offer"; offer_id: OfferId }
  | { type: "decline_offer"; offer_id: OfferId }
  | { type: "name_contact"; name: string | null }
  | { type: "tag"; add?: SettingId[]; remove?: SettingId[] }
  | {
    type: "set_attributes";
    clear?: SettingId[];
    set?: Record<string, FieldValue>;
  }
  | { type: "set_language"; language: string | null }
  | { type: "set_priority"; priority: Priority; reason?: string }
  | {
    type: "remind";
    at: Timestamp | null;
    follow_up?: boolean;
    seen: LineRef | null;
    text?: string;
  };
/** The answer to one command. */
export type CommandResult = {
  op_id: OpId | null;
} & (
  | { accepted: Accepted; refused?: never }
  | { refused: Refused; accepted?: never });
/** `POST /commands`. */
export interface CommandResults {
  results: CommandResult[];
}
/** An act on the lease. */
export type ComposeAction = "start" | "keep" | "stop" | "take_over";
/** The faults of a number. The names are stable. */
export type ConnectionFault =
  | "token_wrong"
  | "token_expired"
  | "token_ends_soon"
  | "messaging_right_missing"
  | "management_right_missing"
  | "app_secret_wrong"
  | "token_of_other_app"
  | "number_not_found"
  | "number_not_verified"
  | "number_not_registered"
  | "number_banned"
  | "number_restricted"
  | "name_declined"
  | "quality_low"
  | "payment_missing"
  | "account_restricted"
  | "app_not_subscribed"
  | "webhook_not_set"
  | "webhook_elsewhere"
  | "messages_not_subscribed"
  | "sends_refused";
/** A step of connecting a number, in the order in which they are taken. */
export type ConnectionStep =
  | "token"
  | "rights"
  | "app"
  | "number"
  | "registration"
  | "name"
  | "quality"
  | "account"
  | "subscription"
  | "webhook"
  | "receive"
  | "send";
/** The customer as the team sees them, or the group. Every part may be missing. */
export interface ContactCard {
  fields?: Record<string, FieldValue>;
  group?: GroupCard;
  moves?: Move[];
  name: string | null;
  phone: string | null;
  profile_name?: string;
  username?: string;
}
/** `GET /conversations/{id}/context`: what the team's own programs know of the customer. */
export interface ContactContext {
  sources: ContextTold[];
}
/** The fields of a card, as far as the reader may see them. */
export interface ContactFields {
  fields: Record<string, FieldValue>;
}
/** `PUT /contacts/{contact}/attributes`: changes fields of a card, 1 to 20 in all. Attributes are named by their keys. */
export interface ContactFieldsPut {
  clear?: string[];
  set?: Record<string, FieldValue>;
}
/** The customer. */
export type ContactId = Id;
/** The erasable part of a line. */
export interface Content {
  by?: Participant;
  details?: Details;
  erased?: boolean;
  forwarded?: Forwarded;
  forwarded_from?: LineAt;
  original_type?: string;
  product?: Product;
  referral?: Referral;
  text?: string;
}
/** A row of a source's answer. It is text, never markup. */
export interface ContextRow {
  label: string;
  link?: string;
  value: string;
}
/** A program of the team's own that is asked about a customer whenever their card is opened. */
export interface ContextSource {
  enabled?: boolean;
  fresh_s: number;
  labels?: SourceLabel[];
  name: string;
  otherwise?: SettingId;
  per_day?: number;
  shows?: string[];
  suggests?: boolean;
  url: string;
}
/** A program of the team's own that is asked about a customer whenever their card is opened. */
export interface ContextSourceInput {
  enabled?: boolean;
  fresh_s?: number;
  labels?: SourceLabel[];
  name: string;
  otherwise?: SettingId;
  per_day?: number;
  shows?: string[];
  suggests?: boolean;
  url: string;
}
/** What `PUT` sets. */
export interface ContextSourcePut {
  body: ContextSourceInput;
  home: Home;
  rank?: number;
}
/** A setting, as those who read its home see it. */
export interface ContextSourceSetting {
  body: ContextSource | null;
  broken?: SettingName[];
  changed_at?: Timestamp;
  changed_by?: AgentId;
  ended?: boolean;
  home: Home;
  id: SettingId;
  kind: string;
  not_kept?: string[];
  rank: number;
  version: number;
}
/** The state of what is shown of a source. */
export type ContextState = "fresh" | "cached" | "unavailable";
/** The answer of a source about a customer. */
export interface ContextTold {
  at?: Timestamp;
  name: string;
  rows: ContextRow[];
  source_id: SettingId;
  state: ContextState;
  suggests?: boolean;
  title?: string;
  why?: ContextWhy;
}
/** The reason for which a source is not available. */
export type ContextWhy = "late" | "down" | "wrong" | "refused" | "spent";
/** The lasting thread of a contact on a channel. */
export type ConversationId = Id;
/** Whom a conversation is with. */
export type ConversationKind = "group" | "contact";
/** `GET /conversations`. */
export interface ConversationPage {
  conversations: ConversationRow[];
  next?: string;
}
/** A row of a list, as far as the viewer may see it. */
export type ConversationRow =
  | { level: "head"; head: Head }
  | { level: "full"; unread: number; view: ConversationView };
/** A conversation as one agent sees it in full: a row of the inbox. */
export interface ConversationView {
  contact: ContactCard;
  head: Head;
  preview: Line | null;
  read_seq: number;
  thread: Thread;
}
/** A file of a customer. */
export interface CustomerFile {
  conversation_id: ConversationId;
  line: Line;
}
/** `GET /contacts/{id}/files`: what was sent and received in all conversations with a customer that the viewer sees in full. */
export interface CustomerFiles {
  files: CustomerFile[];
  next?: string;
}
/** The part of a line that its text alone does not say. */
export type Details =
  | {
    type: "file";
    animated?: boolean;
    kind?: LineKind;
    link?: string;
    media_type?: string;
    name?: string;
    sha256?: string;
    upload?: MessageId;
  }
  | {
    type: "location";
    address?: string;
    latitude: number;
    longitude: number;
    name?: string;
    url?: string;
  }
  | { type: "contact_cards"; cards: SharedCard[] }
  | { type: "choice"; answers?: FormAnswer[]; description?: string; id?: string }
  | { type: "buttons"; buttons: Button[]; frame?: Frame }
  | { type: "list"; button: string; frame?: Frame; sections: ListSection[] }
  | { type: "link"; frame?: Frame; title: string; url: string }
  | {
    type: "template";
    body?: Filling[];
    buttons?: ButtonFilling[];
    header?: Filling[];
    language: string;
    name: string;
  }
  | { type: "reaction"; emoji?: string }
  | { type: "order"; catalog_id?: string; items: OrderItem[] };
/** A device in `GET /sessions`. */
export interface Device {
  created_at: Timestamp;
  current: boolean;
  id: DeviceId;
  last_seen_at: Timestamp;
  name: string;
}
/** A phone, tablet or browser of an agent. */
export type DeviceId = Id;
/** A rule as it would be. */
export interface DryRule {
  body: RuleInput;
  id: SettingId;
}
/** The runs that rules would have had. A rule is judged on what happened: what it would have changed for what came later is not played on. */
export interface DryRun {
  conversations: number;
  cut: boolean;
  erased: number;
  gone: number;
  rules: DryRunOf[];
  same: number;
}
/** Rules as they would be, all of them, and the stretch in which they are tried. */
export interface DryRunAsk {
  from: Timestamp;
  rules: DryRule[];
  until: Timestamp;
}
/** A run that would have been. */
export interface DryRunExample {
  at: Timestamp;
  conversation_id: ConversationId;
  did?: RuleStep[];
  skipped?: SkippedStep[];
}
/** The runs that one rule would have had. */
export interface DryRunOf {
  examples: DryRunExample[];
  id: SettingId;
  runs: number;
}
/** One stretch of a conversation, from open to resolved. */
export interface Episode {
  by?: Actor;
  episode: number;
  first_words?: string;
  opened_at: Timestamp;
  outcome?: SettingId;
  resolved_at?: Timestamp;
  said?: OutcomeSaid;
  tags?: SettingId[];
}
/** `GET /conversations/{id}/episodes`: the newest first, at most 20. */
export interface Episodes {
  episodes: Episode[];
}
/** The identity of the log. A restored database gets a new one. */
export type Epoch = Id;
/** One fact of the log, as a viewer in full scope gets it. */
export type Event = {
  actor: Actor;
  at: Timestamp;
  content?: EventContent;
  conversation_id?: ConversationId;
  position: number;
  revision?: number;
} & Fact;
/** The erasable part of an event. */
export type EventContent =
  | { line: Content }
  | { note: { quoted?: MessageId; text: string | null } }
  | { contact: ContactCard }
  | { reaction: { emoji: string } }
  | { setting: unknown }
  | { outcome: OutcomeSaid };
/** A part of an excerpt. */
export interface ExcerptPart {
  hit?: boolean;
  text: string;
}
/** Something that happened, as plain data. */
export type Fact =
  | {
    type: "conversation_opened";
    channel_id: ChannelId;
    contact_id: ContactId;
    kind?: ConversationKind;
    team_id: TeamId;
  }
  | { type: "contact_changed"; contact_id: ContactId }
  | { type: "episode_opened"; episode: number; from_seq?: number }
  | {
    type: "line_received";
    kind: LineKind;
    line: LineRef;
    quoted?: MessageId;
    said_at: Timestamp;
    turn: Turn | null;
    window_until: Timestamp | null;
  }
  | {
    type: "line_written";
    author: Author;
    bot?: boolean;
    canned?: CannedUse;
    device_id: DeviceId | null;
    kind: LineKind;
    lease_ignored_of?: AgentId;
    leaves_at?: Timestamp;
    line: LineRef;
    op_id: OpId | null;
    quoted?: MessageId;
    said_at: Timestamp;
    seen: LineRef | null;
    status: MessageStatus;
    turn: Turn | null;
  }
  | {
    type: "message_changed";
    attempt: number;
    error?: MessageError;
    held?: HeldReason;
    last_answer?: LastAnswer;
    lease_ignored_of?: AgentId;
    line: LineRef;
    of_earlier?: boolean;
    seen?: LineRef;
    status: MessageStatus;
    turn: Turn | null;
  }
  | { type: "line_amended"; amendment: Amendment; line: LineRef }
  | { type: "file_changed"; file: FileState; line: LineRef }
  | { type: "line_understood"; kind: LineKind; line: LineRef }
  | {
    type: "note_added";
    author: AgentId;
    mentions?: AgentId[];
    note_id: NoteId;
    op_id: OpId;
  }
  | {
    type: "coached";
    agent_id: AgentId;
    author: AgentId;
    note_id: NoteId;
    op_id: OpId;
  }
  | {
    type: "owner_changed";
    cause: OwnerCause;
    exceeded_capacity?: boolean;
    keeps_last?: boolean;
    owner: Owner;
    owner_epoch: number;
    team_id: TeamId;
  }
  | {
    type: "status_changed";
    outcome?: SettingId;
    status: Status;
    turn: Turn | null;
  }
  | { type: "followed"; agent_id: AgentId }
  | { type: "unfollowed"; agent_id: AgentId }
  | { type: "tagged"; added?: TagOn[]; removed?: SettingId[] }
  | { type: "block_changed"; block: Block | null }
  | { type: "marketing_changed"; marketing: Marketing }
  | { type: "language_changed"; language: Spoken | null }
  | { type: "priority_changed"; priority: Priority }
  | { type: "person_changed"; person: ContactId }
  | { type: "routed"; agent_id: AgentId | null; offer?: OpenOffer; trail: Trail }
  | { type: "offer_ended"; agent_id: AgentId; end: OfferEnd; offer_id: OfferId }
  | {
    type: "rule_ran";
    cause: number;
    cut?: boolean;
    did?: RuleStep[];
    keeps_runs?: boolean;
    name: string;
    once: Once;
    rule_id: SettingId;
    skipped?: SkippedStep[];
    turn: number;
    version: number;
  }
  | {
    type: "clock_due";
    clock: Clock;
    due_at: Timestamp;
    policy_id?: SettingId;
    start: Timestamp;
  }
  | {
    type: "sla_applied";
    answers?: Answers;
    calendars?: Calendar[];
    first?: SlaTarget;
    late?: Clock[];
    next?: SlaTarget;
    policy_id: SettingId;
    resolution?: SlaTarget;
    version: number;
  }
  | {
    type: "bot_changed";
    agent_id: AgentId;
    due_at?: Timestamp;
    for_people?: boolean;
    step: BotStep;
  }
  | {
    type: "surveyed";
    agent_id: AgentId;
    episode: number;
    step: SurveyStep;
    survey_id: SettingId;
  }
  | {
    type: "reminder_set";
    agent_id: AgentId;
    follow_up?: boolean;
    note_id?: NoteId;
    remind_at: Timestamp;
  }
  | {
    type: "reminder_ended";
    agent_id: AgentId;
    due_at?: Timestamp;
    note_id?: NoteId;
  }
  | { type: "due_changed"; due_at?: Timestamp }
  | { type: "read_marked"; agent_id: AgentId; seq: number }
  | { type: "unread_marked"; agent_id: AgentId; seq: number }
  | { type: "agent_changed"; agent_id: AgentId; renamed?: boolean; set: AgentSet }
  | { type: "team_changed"; renamed?: boolean; set: TeamSet; team_id: TeamId }
  | {
    type: "membership_changed";
    agent_id: AgentId;
    kind: MembershipKind | null;
    team_id: TeamId;
  }
  | { type: "channel_changed"; channel_id: ChannelId; set: ChannelSet }
  | { type: "password_set"; agent_id: AgentId }
  | { type: "device_revoked"; agent_id: AgentId; device_id: DeviceId }
  | {
    type: "invitation_changed";
    invitation_id: InvitationId;
    step: InvitationStep;
  }
  | {
    type: "setting_changed";
    changed?: string[];
    home?: Home;
    home_before?: Home;
    kind: string;
    rank: number;
    secret?: SecretStep;
    setting_id: SettingId;
    version: number;
  }
  | { type: "head_changed"; head: Head };
/** The template of a number that is offered in place of another, when Meta stops that one or makes it marketing. Nothing is sent by itself. */
export interface FallbackTemplate {
  category: string;
  fallback: TemplateName;
  template: TemplateName;
}
/** What `PUT` sets. */
export interface FallbackTemplatePut {
  body: FallbackTemplate;
  home: Home;
  rank?: number;
}
/** A setting, as those who read its home see it. */
export interface FallbackTemplateSetting {
  body: FallbackTemplate | null;
  broken?: SettingName[];
  changed_at?: Timestamp;
  changed_by?: AgentId;
  ended?: boolean;
  home: Home;
  id: SettingId;
  kind: string;
  not_kept?: string[];
  rank: number;
  version: number;
}
/** The value of an attribute. */
export type FieldValue = boolean | number | string;
/** Counts and times. */
export interface Figures {
  answered: number;
  asked: number;
  first_reply: Spread;
  hold: Spread;
  open: number;
  opened: number;
  pick_up: Spread;
  points: number;
  rated: number;
  received: number;
  reopened: number;
  reply: Spread;
  resolution: Spread;
  resolved: number;
  sent: number;
  settled: number;
  settled_reopened: number;
  turns: number;
  unanswered: number;
}
/** `GET /conversations/{id}/messages/{message_id}/file`: where a file can be read for a while. */
export interface FileAddress {
  bytes: number;
  expires_at: Timestamp;
  media_type: string;
  name?: string;
  sha256?: string;
  small_url?: string;
  url: string;
}
/** The state of a line's file: the server fetches it from WhatsApp and keeps it. */
export type FileState =
  | { state: "waiting" }
  | { state: "stored"; bytes: number; picture?: Picture; sound?: Sound }
  | { state: "expired" }
  | { state: "refused" };
/** A button of a template that the sender fills. */
export type FilledButton = "link" | "copy_code" | "quick_reply";
/** The filling of one variable. */
export interface Filling {
  file?: TemplateFile;
  name?: string;
  text: string;
}
/** When owners are reminded. */
export interface FollowUp {
  after_open_h: number;
  hours?: SettingId;
  then_lead_after_open_h?: number;
}
/** One field of a form that was filled in. */
export interface FormAnswer {
  field: string;
  value: string;
}
/** The number of times that a message was passed on before it came here. */
export type Forwarded = "often" | "once";
/** The words above and below the text of a message with buttons, a list or a link. */
export interface Frame {
  footer?: string;
  header?: string;
}
/** A group, as far as it is known. */
export interface GroupCard {
  participants: Participant[];
  state: GroupState;
}
/** The state of a group at WhatsApp. */
export type GroupState = "open" | "deleted" | "suspended";
/** The way a conversation of a queue comes to an agent. */
export type Hand = "off" | "offer" | "assign";
/** Whether a note goes with a conversation that is handed over. */
export type HandoverNote = "optional" | "prompted" | "required";
/** The row of a conversation without lines: existence, owner, status. */
export interface Head {
  activity_at: Timestamp;
  channel_id: ChannelId;
  due_at?: Timestamp;
  episode: number;
  id: ConversationId;
  last_seq: number;
  orphaned_at?: Timestamp;
  owner: Owner;
  owner_epoch: number;
  priority?: Priority;
  revision: number;
  status: Status;
  team_id: TeamId;
  unanswered_since: Timestamp | null;
}
/** Whether a number works. */
export type HealthState = "works" | "attention" | "stopped";
/** Why a message was kept back. */
export type HeldReason =
  | "overtaken"
  | "window_closed"
  | "too_late"
  | "predecessor_held"
  | "restored"
  | "blocked";
/** The number of tests that must hold. */
export type Holds = "all" | "any";
/** What a setting is for. */
export type Home =
  | { kind: "workspace" }
  | { kind: "team"; id: TeamId }
  | { kind: "channel"; id: ChannelId }
  | { kind: "agent"; id: AgentId };
/** The kinds of homes. */
export type HomeKind = "workspace" | "team" | "channel" | "agent";
/** A filter of the inbox that is kept by name. What it names may end: then it shows nothing. */
export interface InboxView {
  filter: ViewFilter;
  name: string;
}
/** What `PUT` sets. */
export interface InboxViewPut {
  body: InboxView;
  home: Home;
  rank?: number;
}
/** A setting, as those who read its home see it. */
export interface InboxViewSetting {
  body: InboxView | null;
  broken?: SettingName[];
  changed_at?: Timestamp;
  changed_by?: AgentId;
  ended?: boolean;
  home: Home;
  id: SettingId;
  kind: string;
  not_kept?: string[];
  rank: number;
  version: number;
}
/** An invitation that nobody used yet, in `GET /invitations`. */
export interface Invitation {
  capacity: number | null;
  created_at: Timestamp;
  email: string;
  expires_at: Timestamp;
  id: InvitationId;
  invited_by: AgentId | null;
  name: string;
  renewed_at: Timestamp;
  role: Role;
  state: InvitationState;
  teams: Membership[];
}
/** `POST /invitations/accept`: the invited joins and is signed in. */
export interface InvitationAccept {
  device_id?: DeviceId | null;
  device_name?: string | null;
  name?: string;
  password: string;
  secret: string;
}
/** The invitation as the invited person sees it before joining. */
export interface InvitationCard {
  email: string;
  expires_at: Timestamp;
  name: string;
  role: Role;
  workspace: string;
  workspace_logo?: string;
  workspace_name: string;
}
/** An invitation to a workspace. */
export type InvitationId = Id;
/** An invitation with its secret, which is shown this once. */
export interface InvitationMade {
  invitation: Invitation;
  is_sent?: boolean;
  secret: string;
}
/** A person to invite. */
export interface InvitationNew {
  capacity?: number | null;
  email: string;
  name: string;
  role: Role;
  teams?: Membership[];
}
/** `POST /invitations/read`: what an invitation says to who has its secret. */
export interface InvitationRead {
  secret: string;
}
/** Whether an invitation that waits can be used. */
export type InvitationState = "open" | "expired";
/** The steps in the life of an invitation. */
export type InvitationStep = "made" | "renewed" | "withdrawn" | "used";
/** `POST /invitations`: all of them or none. */
export interface InvitationsNew {
  invitations: InvitationNew[];
  letter?: LetterLanguage;
  valid_days?: number | null;
}
/** A text that somebody typed and did not send. */
export interface KeptDraft {
  agent_id: AgentId;
  at: Timestamp;
  text: string;
}
/** An offer that nobody answered in time, a short time ago. Its agent may still take the conversation while nobody else has it or is asked. */
export interface LapsedOffer {
  agent_id: AgentId;
  at: Timestamp;
  offer_id: OfferId;
}
/** Who answered last. */
export interface LastAnswer {
  agent_id?: AgentId;
}
/** Something that was due before the commit in which it happened, because nobody looked. What rules do because of it counts from the time at which it was due. */
export interface Late {
  at: Timestamp;
  due_at: Timestamp;
}
/** The holder of a lease. */
export interface LeaseHolder {
  agent_id: AgentId;
  device_id: DeviceId;
  since: Timestamp;
  token: number;
}
/** The lease of a conversation. */
export interface LeaseState {
  conversation_id: ConversationId;
  holder: LeaseHolder | null;
}
/** An agent who was looked at and not asked. */
export interface LeftOut {
  agent_id: AgentId;
  why: PassedOver;
}
/** The languages of letters. */
export type LetterLanguage = "en" | "es" | "pt" | "ar";
/** One line of a conversation. */
export interface Line {
  amended?: Amended;
  at: Timestamp;
  author: Author;
  content: Content;
  device_id?: DeviceId;
  error?: MessageError;
  file?: FileState;
  held?: HeldReason;
  id: MessageId;
  kind: LineKind;
  leaves_at?: Timestamp;
  op_id?: OpId;
  quoted?: MessageId;
  seq: number;
  status?: MessageStatus;
}
/** A line and the conversation that it stands in. */
export interface LineAt {
  conversation_id: ConversationId;
  message_id: MessageId;
}
/** `GET /conversations/{id}/messages/{message}/history`. */
export interface LineHistory {
  line: Line;
}
/** The kind of a line. Read one that you do not know as `unsupported`. */
export type LineKind =
  | "text"
  | "image"
  | "video"
  | "audio"
  | "voice"
  | "document"
  | "sticker"
  | "location"
  | "contact_cards"
  | "choice"
  | "order"
  | "interactive"
  | "template"
  | "reaction"
  | "edit"
  | "revocation"
  | "welcome_request"
  | "call"
  | "unsupported"
  | "unreadable";
/** The number and the id of a line. The id proves that it is the same line: a restored database repeats numbers, never ids. */
export interface LineRef {
  id: MessageId;
  seq: number;
}
/** `GET /conversations/{id}/messages`. */
export interface LinesPage {
  before?: number;
  lines: Line[];
  notes: Note[];
  notes_before?: number;
  past?: string;
}
/** A row of a list. */
export interface ListRow {
  description?: string;
  id: string;
  title: string;
}
/** A part of a list. */
export interface ListSection {
  rows: ListRow[];
  title?: string;
}
/** A line of `POST /log/verify`. The last one has `found`. */
export interface LogCheck {
  checked: number;
  found?: LogFound;
  of: number;
}
/** The result of a check of the log. */
export type LogFound =
  | { result: "whole"; sealed: number }
  | { result: "changed"; position: number; what: string }
  | { result: "failed" };
/** `GET /log`. */
export interface LogPage {
  entries: Event[];
  next?: number;
}
/** `POST /sessions`. */
export interface Login {
  device_id?: DeviceId | null;
  device_name?: string | null;
  email: string;
  password: string;
  workspace: string;
}
/** What a customer wants of marketing from a number. */
export interface Marketing {
  since: Timestamp;
  stopped: boolean;
}
/** `GET /me`. */
export interface Me {
  agent: Agent;
  device_id: DeviceId;
  epoch: Epoch;
  sends_letters?: boolean;
  workspace: string;
  workspace_id: WorkspaceId;
  workspace_logo?: string;
  workspace_name?: string;
}
/** `PATCH /me`: what is absent stays. */
export interface MeChange {
  availability?: Availability;
  name?: string;
}
/** The times that are measured of a conversation. */
export type Measure =
  | "first_reply"
  | "reply"
  | "pick_up"
  | "resolution"
  | "unanswered"
  | "open"
  | "reopened"
  | "hold";
/** One measured time. */
export interface Measured {
  agent_id?: AgentId;
  at?: Timestamp;
  channel_id: ChannelId;
  conversation_id: ConversationId;
  ms: number;
  since: Timestamp;
  team_id: TeamId;
}
/** `GET /reports/answers/conversations`: what is behind a figure, the slowest first. */
export interface MeasuredPage {
  more: boolean;
  rows: Measured[];
}
/** `PUT /teams/{id}/members/{agent}`. */
export interface MemberPut {
  kind: MembershipKind;
}
/** The membership of an agent in a team. */
export interface Membership {
  kind: MembershipKind;
  team_id: TeamId;
}
/** The role of an agent in a team. */
export type MembershipKind = "member" | "supervisor";
/** Why a message failed: Meta's code, plain words, and what to do. */
export interface MessageError {
  code: number;
  reason: string;
  remedy: string;
}
/** A message. Random, so that a restored database never repeats it. */
export type MessageId = Id;
/** The status of a sent message. From `accepted` to `played` it only climbs. */
export type MessageStatus =
  | "queued"
  | "sending"
  | "unconfirmed"
  | "accepted"
  | "sent"
  | "delivered"
  | "read"
  | "played"
  | "failed"
  | "held"
  | "cancelled";
/** An app at Meta whose numbers the admins of this workspace may connect. */
export interface MetaApp {
  id: string;
  verify_token: string;
  webhook: string;
  webhook_at?: Timestamp;
}
/** `POST /meta-apps`: an app, or another secret of one that is there. */
export interface MetaAppNew {
  app_secret: string;
  id: string;
}
/** `GET /meta-apps`. */
export interface MetaApps {
  apps: MetaApp[];
  may_add: boolean;
  practice_page?: string;
}
/** Something that Meta told of a number or its account. */
export interface MetaNews {
  about: NewsSubject;
  at: Timestamp;
  remedy?: string;
  said?: string;
  text?: string;
}
/** WhatsApp said that a customer has another number, or another user id. They stay the same customer, in the same conversation. */
export interface Move {
  at: Timestamp;
  from: string | null;
  to: string | null;
}
/** The subject of something that Meta told. */
export type NewsSubject = "review" | "alert" | "account" | "name" | "quality" | "profile";
/** A conversation that waits in a queue. */
export interface NextInLine {
  conversation_id: ConversationId;
  owner_epoch: number;
  priority?: Priority;
  since: Timestamp;
  team_id: TeamId;
}
/** `GET /next`. An offer is accepted; else the first of `waiting` is claimed, and the one behind it where a colleague was faster. */
export interface NextInLines {
  more?: boolean;
  offer?: OfferInLine;
  waiting: NextInLine[];
}
/** A text that only the team sees. */
export interface Note {
  at: Timestamp;
  author: AgentId;
  conversation_id: ConversationId;
  id: NoteId;
  op_id: OpId;
  quoted?: MessageId;
  revision: number;
  text: string | null;
}
/** A note, which only the team sees. */
export type NoteId = Id;
/** A row of `GET /notices`. */
export interface Notice {
  at: Timestamp;
  by?: AgentId;
  conversation: ConversationView;
  kind: NoticeKind;
  message_id?: MessageId;
  note_id?: NoteId;
  position: number;
  read: boolean;
  reason?: NoticeReason;
  text?: string;
}
/** The kind of a notice. */
export type NoticeKind = "mention" | "assigned" | "reminder" | "review";
/** `GET /notices`. */
export interface NoticePage {
  before?: number;
  notices: Notice[];
  numbers?: NumberNotice[];
  unread: number;
}
/** Why Baton calls somebody by itself. */
export type NoticeReason =
  | { kind: "promise_ends"; answer: Promised }
  | { kind: "promise_broken"; answer: Promised }
  | { kind: "rule"; name: string }
  | { kind: "nobody_there" }
  | { kind: "owner_away" }
  | { kind: "urgent" };
/** `POST /notices/read`: what is left. */
export interface NoticesLeft {
  unread: number;
}
/** `POST /notices/read`: those that are read. What is named must hold together. */
export interface NoticesRead {
  conversation_id?: ConversationId;
  up_to: number;
}
/** The person or team that a rule calls. */
export type Notified = "owner" | "team" | "supervisors";
/** A number that stands otherwise at Meta, as it stands now. */
export interface NumberNotice {
  at: Timestamp;
  channel_id: ChannelId;
  health: ChannelHealth;
  name: string;
  position: number;
  read: boolean;
}
/** The end of an offer. */
export type OfferEnd = "accepted" | "declined" | "missed" | "not_received" | "withdrawn";
/** An offer of a conversation to one agent. Random. */
export type OfferId = Id;
/** An offer that stands. */
export interface OfferInLine {
  conversation_id: ConversationId;
  offer_id: OfferId;
  until: Timestamp;
}
/** An agent who is on call, whatever the hours of their own say. */
export interface OnCall {
  agent: AgentId;
  hours?: SettingId;
}
/** The limit of a rule's runs on a conversation. A run that did nothing is none. */
export type Once = "always" | "turn" | "episode" | "conversation";
/** The id that the author of a command gave it (UUIDv7). */
export type OpId = Id;
/** A conversation of a queue that is offered to one agent: theirs if they accept it in time. Until then it counts towards their load, and nobody else is asked. */
export interface OpenOffer {
  agent_id: AgentId;
  offer_id: OfferId;
  until: Timestamp;
}
/** See `Filter::order`. */
export type Order = "unanswered" | "activity";
/** One item of an order. */
export interface OrderItem {
  currency?: string;
  price?: string;
  product_id: string;
  quantity: string;
}
/** A reason for which an episode ends. */
export interface OutcomeChoice {
  id: SettingId;
  name: string;
  needs_text?: boolean;
  tag?: SettingId;
}
/** Figures of the episodes that ended with an outcome. */
export interface OutcomeFigures {
  answered: number;
  asked: number;
  first_reply: Spread;
  hold: Spread;
  name?: string;
  open: number;
  opened: number;
  outcome_id?: SettingId;
  pick_up: Spread;
  points: number;
  rated: number;
  received: number;
  reopened: number;
  reply: Spread;
  resolution: Spread;
  resolved: number;
  sent: number;
  settled: number;
  settled_reopened: number;
  turns: number;
  unanswered: number;
  unresolved?: boolean;
}
/** The erasable part of an outcome. */
export interface OutcomeSaid {
  name: string;
  text?: string;
}
/** Why episodes end. */
export interface Outcomes {
  ask: AskOutcome;
  list: OutcomeChoice[];
}
/** Why episodes end. */
export interface OutcomesInput {
  ask?: AskOutcome;
  list?: OutcomeChoice[];
}
/** What `PUT` sets. */
export interface OutcomesPut {
  body: OutcomesInput;
  home: Home;
  rank?: number;
}
/** `POST /commands/outcomes`: asks for stored answers. */
export interface OutcomesQuery {
  op_ids: OpId[];
}
/** A setting, as those who read its home see it. */
export interface OutcomesSetting {
  body: Outcomes | null;
  broken?: SettingName[];
  changed_at?: Timestamp;
  changed_by?: AgentId;
  ended?: boolean;
  home: Home;
  id: SettingId;
  kind: string;
  not_kept?: string[];
  rank: number;
  version: number;
}
/** The owner: the agent or queue that is responsible. There is always exactly one. */
export type Owner = { kind: "queue"; id: TeamId } | { kind: "agent"; id: AgentId };
/** The reason for which a conversation got another owner. */
export type OwnerCause =
  | "claimed"
  | "replied"
  | "assigned"
  | "unassigned"
  | "transferred"
  | "resolved"
  | "reopened"
  | "rehomed"
  | "routed"
  | "accepted"
  | "bot_handed"
  | "absent"
  | "unreachable";
/** Kinds of owners. */
export type OwnerKind = "queue" | "agent" | "bot" | "person";
/** The heads of all conversations in scope, packed as `Columns`. */
export interface PackedHeads {
  agents: AgentId[];
  base_ms: number;
  channels: ChannelId[];
  columns: Columns;
  cursor: string;
  due?: [number, number][];
  followed: number[];
  held: [number, number][];
  languages?: [string, number[]][];
  more: boolean;
  orphaned?: [number, number][];
  priorities?: [Priority, number[]][];
  rows: number;
  tags?: [SettingId, number[]][];
  teams: TeamId[];
}
/** A customer in a group. */
export interface Participant {
  joined_at?: Timestamp;
  left?: boolean;
  n: number;
  name?: string;
  phone?: string;
  user_id?: string;
  username?: string;
}
/** Why an agent was not asked. The first that fits, in this order. */
export type PassedOver =
  | "inactive"
  | "not_in_team"
  | "off_shift"
  | "away"
  | "busy"
  | "bot"
  | "not_responding"
  | "braked"
  | "no_device"
  | "unreachable"
  | "not_named"
  | "skill"
  | "language"
  | "full"
  | "offers_out"
  | "declined"
  | "missed"
  | "not_received"
  | "former_owner"
  | "excluded"
  | "not_chosen";
/** `PUT /me/password`; the other sessions end. */
export interface PasswordChange {
  current: string;
  next: string;
}
/** `POST /passwords/forgotten`: asks for a letter with a link to a new password. */
export interface PasswordForgotten {
  email: string;
  language?: LetterLanguage;
  workspace: string;
}
/** `POST /passwords/new`: sets a password by the link of a letter. */
export interface PasswordNew {
  password: string;
  secret: string;
}
/** `PUT /agents/{id}/password`; all their sessions end. */
export interface PasswordSet {
  next: string;
}
/** A stretch in which the clocks of promises stand still. */
export interface Pause {
  from: Timestamp;
  until?: Timestamp;
}
/** The loudness of equal stretches of a sound, each 0 to 100, where the loudest is 100. */
export type Peaks = number[];
/** A picture, as it is drawn. A small one of the same shape can be read beside it. */
export interface Picture {
  height: number;
  width: number;
}
/** The presence of an agent. */
export interface PresenceState {
  agent_id: AgentId;
  online: boolean;
}
/** The urgency of a conversation in its team's queue. */
export type Priority = "normal" | "high" | "urgent";
/** A problem document; its media type is `application/problem+json`. */
export interface Problem {
  code: string;
  detail: string;
  retry_after_ms?: number;
  rows?: RowProblem[];
  setting?: SettingProblem;
  status: number;
  title: string;
  type: string;
}
/** A product of a catalogue that a message is about. */
export interface Product {
  catalog_id?: string;
  product_id: string;
}
/** An answer that is promised. */
export type Promised = "first" | "next" | "resolution";
/** `GET /devices/{id}/push`: the registration without its target. */
export interface PushDevice {
  app_id?: string;
  caps: string[];
  confirmed_at: Timestamp;
  device_id: DeviceId;
  env?: PushEnv;
  key?: PushPublicKey;
  lane: PushLane;
  last_receipt_at?: Timestamp;
  locale?: string;
  registered_at: Timestamp;
  state: PushState;
  target_kind: PushTargetKind;
}
/** Apple's service that issued the token. */
export type PushEnv = "production" | "sandbox";
/** A push: every copy of it, on every road, has the same (UUIDv7). */
export type PushId = Id;
/** The key of this device, to which contents are sealed (RFC 8291). */
export interface PushKey {
  auth: string;
  id?: string;
  p256dh: string;
}
/** `GET /push/keys`: what an app needs before it registers. */
export interface PushKeys {
  vapid: string;
}
/** The push service of a device. */
export type PushLane = "fcm" | "apns" | "webpush" | "unifiedpush" | "relay" | "log";
/** The level of pushes that an agent wants. */
export type PushLevel = "all" | "mine" | "nothing";
/** `GET` and `PUT /me/push`: how much the agent wants to be told, on all devices. */
export interface PushPreference {
  each_device?: boolean;
  level: PushLevel;
  quiet?: QuietHours;
  teams?: TeamPushLevel[];
}
/** `GET` and `PUT /me/push`: how much the agent wants to be told, on all devices. */
export interface PushPreferenceInput {
  each_device?: boolean;
  level?: PushLevel;
  quiet?: QuietHours;
  teams?: TeamPushLevel[];
}
/** The public half of a `PushKey`. */
export interface PushPublicKey {
  id?: string;
  p256dh: string;
}
/** `PUT /devices/{id}/push`, by the device itself. It replaces the earlier registration. A target that another device registered moves here. */
export interface PushPut {
  app_id?: string;
  caps?: string[];
  env?: PushEnv;
  key?: PushKey;
  lane: PushLane;
  locale?: string;
  target: string;
  target_kind: PushTargetKind;
}
/** One of `POST /push/receipts`, which takes an array of them (at most `RECEIPTS_MAX`). */
export interface PushReceipt {
  app_state: AppState;
  at: Timestamp;
  id: PushId;
  stage: ReceiptStage;
}
/** The answer of `PUT /devices/{id}/push`. */
export interface PushRegistered {
  receipt_key: string;
  registration: PushDevice;
}
/** The state of a registration. */
export type PushState = "active" | "stale" | "not_set_up";
/** The kind of a target. */
export type PushTargetKind = "token" | "fid" | "endpoint";
/** A row of `GET /quarantine`: an element of a webhook that belongs to no channel. */
export interface Quarantined {
  at: Timestamp;
  dismissed_at: Timestamp | null;
  element: string;
  id: string;
  meta_app: string;
  reason: string;
  replayed_at: Timestamp | null;
}
/** What members may take from the queue. */
export type QueuePolicy = "any" | "next" | "offered";
/** A part of each day in which nothing is pushed. It may reach over midnight. */
export interface QuietHours {
  from: string;
  until: string;
  zone: string;
}
/** That a rule ran. */
export interface Ran {
  episode: number;
  once: Once;
  rule_id: SettingId;
  turn: number;
}
/** That a clock rang. One that begins again at the same time does not ring again. */
export interface Rang {
  at: Timestamp;
  clock: Clock;
  due_at: Timestamp;
  policy_id?: SettingId;
  start: Timestamp;
}
/** What the devices of an agent have shown of themselves. */
export interface Reach {
  by_push: boolean;
  heard_at: Timestamp | null;
}
/** A reaction to a line. */
export interface Reaction {
  at: Timestamp;
  by: Author;
  emoji?: string;
}
/** The status of a message with one participant of a group. */
export interface Receipt {
  at: Timestamp;
  participant: number;
  status: MessageStatus;
}
/** The stage of a push. */
export type ReceiptStage = "received" | "shown" | "opened" | "dismissed";
/** The answer of `POST /push/receipts`. No receipt has to be sent again. */
export interface ReceiptsTaken {
  ignored: number;
  taken: number;
}
/** The advertisement or post that led the customer here. */
export interface Referral {
  body?: string;
  click_id?: string;
  headline?: string;
  media_url?: string;
  source_id?: string;
  source_type?: string;
  url?: string;
  welcome?: string;
}
/** `POST /sessions/refresh`. */
export interface Refresh {
  device_id: DeviceId;
  refresh_token: string;
}
/** The reason why a command was not carried out. The `code` is stable. */
export type Refusal =
  | { code: "stale"; current: LineRef | null; missed: LineRef[]; more: boolean }
  | { code: "not_owner"; owner: Owner }
  | { code: "owner_changed"; owner: Owner; owner_epoch: number }
  | { code: "being_answered"; holder: AgentId; since: Timestamp }
  | { code: "at_capacity"; agent_id: AgentId; capacity: number; load: number }
  | { code: "window_closed"; closed_at: Timestamp | null }
  | { code: "blocked" }
  | { code: "marketing_stopped" }
  | { code: "template_replaced"; language: string; name: string }
  | { code: "not_in_scope" }
  | { code: "op_id_reused" }
  | { code: "op_expired" }
  | { code: "cancelled" }
  | { code: "depends_on_refused"; op_id: OpId }
  | { code: "depends_on_unknown"; op_id: OpId }
  | { code: "too_soon"; retry_after_ms: number }
  | { code: "not_allowed" }
  | { code: "forbidden" }
  | { code: "outcome_required"; outcomes: OutcomeChoice[] }
  | { code: "note_required" }
  | { code: "offer_gone" }
  | { code: "merged"; into: ConversationId }
  | { code: "invalid"; field: string; problem: string }
  | { code: "unavailable"; retry_after_ms: number }
  | { code: "rate_limited"; retry_after_ms: number };
/** The command was not carried out. */
export type Refused = {
  detail: string;
  lines?: Line[];
} & Refusal;
/** A field and what it must be. */
export interface RefusedField {
  field: string;
  problem: string;
}
/** An agent wants to be called back. Each has at most one on a conversation. It ends when it rings, when the agent answers or resolves, and when they set another one. A follow-up ends when the customer writes, or anybody resolves. */
export interface Reminder {
  agent_id: AgentId;
  at: Timestamp;
  follow_up?: boolean;
  note_id?: NoteId;
}
/** An automatic message. */
export interface Replied {
  at: Timestamp;
  turn: number;
}
/** The agents who may reply to a conversation that a teammate owns. */
export type ReplyPolicy = "owner" | "team" | "scope";
/** Why a client has to take a new snapshot. */
export type ResetReason =
  | "scope_changed"
  | "other_epoch"
  | "above_head"
  | "too_much"
  | "no_cursor"
  | "too_old";
/** The number of messages that wait for the same reason. */
export interface ReviewCount {
  count: number;
  reason?: HeldReason;
  status: ReviewStatus;
}
/** `GET /review`: messages that wait for a person. */
export interface ReviewPage {
  counts: ReviewCount[];
  messages: ReviewRow[];
  next?: string;
}
/** A message that waits for a person. */
export interface ReviewRow {
  conversation: ConversationView;
  line: Line;
}
/** Where messages stand that wait for a person. */
export type ReviewStatus = "held" | "unconfirmed";
/** What an agent may do. */
export type Role = "agent" | "supervisor" | "admin";
/** The routing of a team: an agent is asked to take what waits in its queue. */
export interface Routing {
  at_once: number;
  choose: Choice;
  excluded?: AgentId[];
  first?: AgentId[];
  hand: Hand;
  steps?: RoutingStep[];
  window_s: number;
}
/** A decision as the log tells it. */
export interface RoutingDecision {
  agent_id: AgentId | null;
  at: Timestamp;
  end: OfferEnd | null;
  offer: OpenOffer | null;
  position: number;
  trail: Trail;
}
/** `GET /conversations/{id}/routing`: why its owner was asked, and who was not. */
export interface RoutingHistory {
  decisions: RoutingDecision[];
}
/** The routing of a team: an agent is asked to take what waits in its queue. */
export interface RoutingInput {
  at_once?: number;
  choose?: Choice;
  excluded?: AgentId[];
  first?: AgentId[];
  hand?: Hand;
  steps?: RoutingStepInput[];
  window_s?: number;
}
/** What `PUT` sets. */
export interface RoutingPut {
  body: RoutingInput;
  home: Home;
  rank?: number;
}
/** A setting, as those who read its home see it. */
export interface RoutingSetting {
  body: Routing | null;
  broken?: SettingName[];
  changed_at?: Timestamp;
  changed_by?: AgentId;
  ended?: boolean;
  home: Home;
  id: SettingId;
  kind: string;
  not_kept?: string[];
  rank: number;
  version: number;
}
/** A step of routing: the members who are looked at, and from when on. The first step that has somebody decides. */
export interface RoutingStep {
  after_s?: number;
  agents?: AgentId[];
  closed?: boolean;
  schedule?: SettingId;
  skills?: Skill[];
  speaks?: boolean;
  to_team?: TeamId;
  wait_s?: number;
  who: StepWho;
}
/** A step of routing: the members who are looked at, and from when on. The first step that has somebody decides. */
export interface RoutingStepInput {
  after_s?: number;
  agents?: AgentId[];
  closed?: boolean;
  schedule?: SettingId;
  skills?: SkillInput[];
  speaks?: boolean;
  to_team?: TeamId;
  wait_s?: number;
  who?: StepWho;
}
/** The problem of a row in a list. */
export interface RowProblem {
  field: string;
  problem: string;
  row: number;
}
/** A rule: when something happens and tests hold, something is done. */
export interface Rule {
  after_min?: number;
  enabled?: boolean;
  holds: Holds;
  hours?: SettingId;
  if?: Test[];
  name: string;
  once: Once;
  stop?: boolean;
  then: RuleAction[];
  until?: string;
  when: Trigger;
}
/** Something that a rule does. */
export type RuleAction =
  | { do: "tag"; tag: SettingId }
  | { do: "untag"; tag: SettingId }
  | { do: "note"; text: string }
  | { do: "reply"; text: string }
  | { do: "route"; even_if_owned?: boolean; team: TeamId }
  | { do: "notify"; whom: Notified }
  | { do: "mark_waiting" }
  | { do: "snooze"; minutes: number }
  | { do: "resolve" }
  | { do: "priority"; priority: Priority }
  | { do: "stop_marketing" }
  | {
    do: "remind";
    follow_up?: boolean;
    hours?: SettingId;
    minutes: number;
    text?: string;
  }
  | { do: "assign"; by: AssignBy; on_call?: OnCall[] }
  | { do: "webhook"; webhook: SettingId }
  | { do: "classify"; source: SettingId };
/** The result of a trial for one rule. */
export type RuleFate = "runs" | "off" | "not_woken" | "tests" | "spent" | "stopped" | "cut" | "waits";
/** A rule: when something happens and tests hold, something is done. */
export interface RuleInput {
  after_min?: number;
  enabled?: boolean;
  holds?: Holds;
  hours?: SettingId;
  if?: Test[];
  name: string;
  once?: Once;
  stop?: boolean;
  then: RuleAction[];
  until?: string;
  when: Trigger;
}
/** What `PUT` sets. */
export interface RulePut {
  body: RuleInput;
  home: Home;
  rank?: number;
}
/** A setting, as those who read its home see it. */
export interface RuleSetting {
  body: Rule | null;
  broken?: SettingName[];
  changed_at?: Timestamp;
  changed_by?: AgentId;
  ended?: boolean;
  home: Home;
  id: SettingId;
  kind: string;
  not_kept?: string[];
  rank: number;
  version: number;
}
/** A step of a rule. */
export type RuleStep =
  | { do: "tag"; tag: SettingId }
  | { do: "untag"; tag: SettingId }
  | { do: "note" }
  | { do: "reply" }
  | { do: "route"; team: TeamId }
  | { do: "notify_owner" }
  | { do: "notify_team" }
  | { do: "notify_supervisors" }
  | { do: "mark_waiting" }
  | { do: "snooze" }
  | { do: "resolve" }
  | { do: "priority"; priority: Priority }
  | { do: "stop_marketing" }
  | { do: "remind" }
  | { do: "assign" }
  | { do: "webhook"; webhook: SettingId }
  | { do: "classify"; source: SettingId };
/** The fates of rules with a message. Nothing was done. */
export interface RuleTrial {
  rules: RuleTried[];
}
/** Rules as they would be, all of them, and a customer's message that is tried on them. */
export interface RuleTrialAsk {
  channel_id?: ChannelId;
  conversation_id?: ConversationId;
  kind?: string;
  rules: DryRule[];
  text?: string;
}
/** The fate of one rule: its steps, or why it would not run. */
export interface RuleTried {
  at?: Timestamp;
  did?: RuleStep[];
  fate: RuleFate;
  id: SettingId;
  says?: string;
  skipped?: SkippedStep[];
  tests?: boolean[];
}
/** A message of the team in an episode. */
export interface Said {
  asked?: Turn;
  bot?: boolean;
  by?: AgentId;
  lost?: boolean;
  seq: number;
  status?: Status;
}
/** A filter that is kept by name. */
export interface SavedView {
  editable: boolean;
  filter: ViewFilter;
  id: ViewId;
  name: string;
  of_team?: TeamId;
}
/** The choices of a survey. */
export type Scale = "smile3" | "stars5";
/** When somebody is there. */
export interface Schedule {
  days?: Record<string, number[][]>;
  name: string;
  week: number[][][];
  zone: string;
}
/** When somebody is there. */
export interface ScheduleInput {
  days?: Record<string, number[][]>;
  name: string;
  week?: number[][][];
  zone: string;
}
/** What `PUT` sets. */
export interface SchedulePut {
  body: ScheduleInput;
  home: Home;
  rank?: number;
}
/** A setting, as those who read its home see it. */
export interface ScheduleSetting {
  body: Schedule | null;
  broken?: SettingName[];
  changed_at?: Timestamp;
  changed_by?: AgentId;
  ended?: boolean;
  home: Home;
  id: SettingId;
  kind: string;
  not_kept?: string[];
  rank: number;
  version: number;
}
/** A message or note with the words that were searched for. */
export interface SearchHit {
  at: Timestamp;
  author: Author;
  conversation: ConversationView;
  excerpt: ExcerptPart[];
  kind?: LineKind;
  message_id?: MessageId;
  note_id?: NoteId;
  seq: number;
}
/** See `SearchFilter::kind`. */
export type SearchKind = "messages" | "notes";
/** `GET /search`. */
export interface SearchPage {
  conversations: ConversationRow[];
  filling?: boolean;
  hits: SearchHit[];
  next?: string;
}
/** A new secret. It is told this once. */
export interface SecretNew {
  n: number;
  secret: string;
}
/** The step of a secret of a setting: all that events and histories tell of it. */
export type SecretStep = "made" | "ended";
/** To clients. */
export type ServerFrame =
  | {
    type: "welcome";
    agent_id: AgentId;
    cursor: string;
    epoch: Epoch;
    facts?: number;
    hears_idle?: boolean;
    server_time: Timestamp;
    timings: Timings;
  }
  | { type: "events"; after: number; events: Event[]; upto: number }
  | { type: "entered"; position: number; snapshot: Snapshot }
  | { type: "left"; conversation_id: ConversationId; position: number }
  | { type: "reset"; after_ms: number; reason: ResetReason; upto: number }
  | { type: "command_result" } & CommandResult
  | { type: "lease" } & LeaseState
  | { type: "presence"; agents: PresenceState[] }
  | { type: "viewing"; agents: AgentId[]; conversation_id: ConversationId }
  | {
    type: "draft";
    agent_id: AgentId;
    conversation_id: ConversationId;
    text: string;
  }
  | { type: "error"; code: string; detail: string; of?: string };
/** A session of a device. */
export interface Session {
  access_expires_at: Timestamp;
  access_token: string;
  agent_id: AgentId;
  device_id: DeviceId;
  refresh_token: string;
  workspace_id: WorkspaceId;
}
/** One change of `POST /settings`. */
export interface SettingChange {
  anyway?: boolean;
  epoch?: Epoch;
  expect?: number;
  id: SettingId;
  kind: SettingKind;
  put?: AnyValuePut;
}
/** A setting (UUIDv7, made by the client); of a kind with one per home, the home's id. */
export type SettingId = Id;
/** The kinds of settings. */
export type SettingKind =
  | "canned_reply"
  | "tag"
  | "attribute"
  | "outcomes"
  | "team_policy"
  | "routing"
  | "agent_skills"
  | "workspace_policy"
  | "schedule"
  | "sla"
  | "rule"
  | "saved_view"
  | "template_fallback"
  | "webhook"
  | "context_source"
  | "api_key"
  | "bot"
  | "survey";
/** A kind of setting, as `GET /settings/kinds` describes it. Forms are drawn from it. */
export interface SettingKindInfo {
  about: string;
  homes: HomeKind[];
  kind: SettingKind;
  most: number;
  path: string;
  phones: boolean;
  readers: Role[];
  schema: unknown;
  secret?: boolean;
  settable: Home[];
  setters: SettingSetters;
  singleton: boolean;
}
/** Something that a setting names. */
export interface SettingName {
  field: string;
  of_id: Id;
  of_kind: string;
}
/** The problem of a setting: the fields that the code needs. */
export interface SettingProblem {
  change?: number;
  field?: string;
  most?: number;
  newest?: AnyValueSetting;
  teams?: TeamId[];
  used_by?: SettingUse[];
}
/** A secret of a setting, as it is listed. */
export interface SettingSecret {
  created_at: Timestamp;
  ended_at?: Timestamp;
  n: number;
}
/** The people who may set settings of a kind. */
export interface SettingSetters {
  own: boolean;
  roles: Role[];
  supervisors: boolean;
}
/** A setting that names something. */
export interface SettingUse {
  field: string;
  id: SettingId;
  kind: string;
}
/** A version of a setting. */
export interface SettingVersion {
  at: Timestamp;
  body: unknown;
  by?: AgentId;
  changed: string[];
  home?: Home;
  position: number;
  secret?: SecretStep;
  version: number;
}
/** A page of `GET /settings`: what a client lacks that holds what there was at a position. */
export interface SettingsPage {
  changed: AnyValueSetting[];
  ids?: Record<string, SettingId[]>;
  next?: number;
  position: number;
}
/** A contact card that was sent as a message. */
export interface SharedCard {
  addresses?: string[];
  birthday?: string;
  emails?: string[];
  name?: string;
  organisation?: string;
  phones?: string[];
  urls?: string[];
}
/** A skill, and how good somebody is at it. */
export interface Skill {
  level: number;
  name: string;
}
/** A skill, and how good somebody is at it. */
export interface SkillInput {
  level?: number;
  name: string;
}
/** Why a step of a rule was not done. */
export type SkipReason =
  | "window_closed"
  | "blocked"
  | "ended"
  | "owned_by_person"
  | "already"
  | "too_late"
  | "limit"
  | "group"
  | "no_owner"
  | "not_told"
  | "blank"
  | "unanswered"
  | "nobody_answered"
  | "running_talk";
/** A step of a rule that was not done. */
export interface SkippedStep {
  step: RuleStep;
  why: SkipReason;
}
/** A promise to customers: the time in which they are answered. */
export interface Sla {
  first?: SlaTarget;
  name: string;
  next?: SlaTarget;
  resolution?: SlaTarget;
  tags?: SettingId[];
  teams?: TeamId[];
}
/** What `PUT` sets. */
export interface SlaPut {
  body: Sla;
  home: Home;
  rank?: number;
}
/** A setting, as those who read its home see it. */
export interface SlaSetting {
  body: Sla | null;
  broken?: SettingName[];
  changed_at?: Timestamp;
  changed_by?: AgentId;
  ended?: boolean;
  home: Home;
  id: SettingId;
  kind: string;
  not_kept?: string[];
  rank: number;
  version: number;
}
/** The times that are promised in an episode, as they were when it began. */
export interface SlaState {
  answered?: boolean;
  calendars?: Calendar[];
  first?: SlaTarget;
  next?: SlaTarget;
  pauses?: Pause[];
  policy_id: SettingId;
  resolution?: SlaTarget;
  since: Timestamp;
  version: number;
}
/** A time that is promised. */
export interface SlaTarget {
  hours?: SettingId;
  target_min: number;
  warn_at?: number;
}
/** A conversation at one moment, at the level of its viewer. */
export type Snapshot =
  | { level: "head"; head: Head }
  | {
    level: "full";
    coaching?: CoachNote[];
    from_seq: number;
    lines: Line[];
    notes: Note[];
    view: ConversationView;
  };
/** `GET /snapshot`. */
export interface SnapshotAnswer {
  conversations: Snapshot[];
  cursor: string;
  next?: string;
}
/** The answer of `POST /socket-tickets`. */
export interface SocketTicket {
  expires_at: Timestamp;
  ticket: string;
}
/** The duration and loudness of a sound. */
export interface Sound {
  duration_ms: number;
  peaks?: Peaks;
}
/** A label of a source, and the tag that stands for it. */
export interface SourceLabel {
  label: string;
  tag: SettingId;
}
/** The language that a customer writes. */
export interface Spoken {
  by_hand?: boolean;
  language: string;
}
/** The spread of a time, ms. Without anything measured there are no times. */
export interface Spread {
  count: number;
  max_ms: number | null;
  mean_ms: number | null;
  median_ms: number | null;
  open_late: number;
  p90_ms: number | null;
  within: number;
}
/** The status of the latest episode. */
export type Status =
  | { kind: "waiting" }
  | { kind: "snoozed"; until: Timestamp }
  | { kind: "resolved" }
  | { kind: "open" };
/** See `Filter::status`. */
export type StatusFilter = "open" | "waiting" | "snoozed" | "resolved" | "unfinished";
/** Statuses by their names. */
export type StatusKind = "open" | "waiting" | "snoozed" | "resolved";
/** The state of a step. */
export type StepState = "ok" | "wrong" | "waiting" | "unknown";
/** The members that a step looks at, or what else it does. */
export type StepWho = "team" | "last" | "named" | "on_call" | "move";
/** Figures of a stretch of time. */
export interface StretchFigures {
  answered: number;
  asked: number;
  first_reply: Spread;
  from: Timestamp;
  hold: Spread;
  open: number;
  opened: number;
  pick_up: Spread;
  points: number;
  rated: number;
  received: number;
  reopened: number;
  reply: Spread;
  resolution: Spread;
  resolved: number;
  sent: number;
  settled: number;
  settled_reopened: number;
  turns: number;
  unanswered: number;
  until: Timestamp;
}
/** A suggestion, for the agent who asked for it. It is kept nowhere. */
export interface Suggestion {
  seq: number;
  tags?: SettingId[];
  text?: string;
  why?: ContextWhy;
}
/** `POST /conversations/{id}/suggestion`. */
export interface SuggestionWish {
  source_id: SettingId;
}
/** The question to customers once a person has resolved their episode. */
export interface Survey {
  after_min: number;
  ask?: string;
  choices?: string[];
  not_within_days: number;
  scale: Scale;
  share: number;
  thanks?: string;
}
/** The question to customers once a person has resolved their episode. */
export interface SurveyInput {
  after_min?: number;
  ask?: string;
  choices?: string[];
  not_within_days?: number;
  scale?: Scale;
  share?: number;
  thanks?: string;
}
/** What `PUT` sets. */
export interface SurveyPut {
  body: SurveyInput;
  home: Home;
  rank?: number;
}
/** A setting, as those who read its home see it. */
export interface SurveySetting {
  body: Survey | null;
  broken?: SettingName[];
  changed_at?: Timestamp;
  changed_by?: AgentId;
  ended?: boolean;
  home: Home;
  id: SettingId;
  kind: string;
  not_kept?: string[];
  rank: number;
  version: number;
}
/** The question to a customer at the end of an episode. */
export interface SurveyState {
  agent_id: AgentId;
  at: Timestamp;
  best: number;
  episode: number;
  survey_id: SettingId;
  value?: number;
}
/** A step of a survey. */
export type SurveyStep =
  | { kind: "planned"; at: Timestamp }
  | { kind: "asked"; best: number }
  | { kind: "dropped" }
  | { kind: "answered"; again?: boolean; best: number; value: number };
/** `GET /sync`: what a socket would have told. */
export interface SyncAnswer {
  cursor: string;
  frames: ServerFrame[];
}
/** A word for conversations. */
export interface Tag {
  colour: Colour;
  group?: string;
  lasting?: boolean;
  merged_into?: SettingId;
  name: string;
  one_of_group?: boolean;
  set_by: TagSetter;
}
/** Figures of the episodes that have a tag. An episode with two tags counts under both. */
export interface TagFigures {
  answered: number;
  asked: number;
  first_reply: Spread;
  hold: Spread;
  name?: string;
  open: number;
  opened: number;
  pick_up: Spread;
  points: number;
  rated: number;
  received: number;
  reopened: number;
  reply: Spread;
  resolution: Spread;
  resolved: number;
  sent: number;
  settled: number;
  settled_reopened: number;
  tag_id?: SettingId;
  turns: number;
  unanswered: number;
}
/** A word for conversations. */
export interface TagInput {
  colour?: Colour;
  group?: string;
  lasting?: boolean;
  merged_into?: SettingId;
  name: string;
  one_of_group?: boolean;
  set_by?: TagSetter;
}
/** A tag that is on a conversation. */
export interface TagOn {
  lasting?: boolean;
  tag: SettingId;
}
/** What `PUT` sets. */
export interface TagPut {
  body: TagInput;
  home: Home;
  rank?: number;
}
/** Who may put a tag on conversations. */
export type TagSetter = "anyone" | "supervisors" | "rules";
/** A setting, as those who read its home see it. */
export interface TagSetting {
  body: Tag | null;
  broken?: SettingName[];
  changed_at?: Timestamp;
  changed_by?: AgentId;
  ended?: boolean;
  home: Home;
  id: SettingId;
  kind: string;
  not_kept?: string[];
  rank: number;
  version: number;
}
/** A group of agents with a queue. */
export interface Team {
  claim_from_colleagues: boolean;
  id: TeamId;
  name: string;
  reply_policy: ReplyPolicy;
  visibility: Visibility;
}
/** `PATCH /teams/{id}`: what is absent stays. */
export interface TeamChange {
  claim_from_colleagues?: boolean;
  name?: string;
  reply_policy?: ReplyPolicy;
  visibility?: Visibility;
}
/** Figures of a team: of conversations that were its at that moment. */
export interface TeamFigures {
  answered: number;
  asked: number;
  first_reply: Spread;
  hold: Spread;
  open: number;
  opened: number;
  pick_up: Spread;
  points: number;
  rated: number;
  received: number;
  reopened: number;
  reply: Spread;
  resolution: Spread;
  resolved: number;
  sent: number;
  settled: number;
  settled_reopened: number;
  team_id: TeamId;
  turns: number;
  unanswered: number;
}
/** A group of agents with a queue. */
export type TeamId = Id;
/** `GET /teams/{id}/members/{agent}`: a member of a team. */
export interface TeamMember {
  kind: MembershipKind;
  owned: number;
}
/** `POST /teams`. */
export interface TeamNew {
  claim_from_colleagues?: boolean;
  name: string;
  reply_policy?: ReplyPolicy;
  visibility?: Visibility;
}
/** What a team asks of its members. */
export interface TeamPolicy {
  absent_min?: number;
  follow_up?: FollowUp;
  from_queue?: QueuePolicy;
  handover_note?: HandoverNote;
  quiet_after_answer_min?: number;
  undo_s: number;
}
/** What a team asks of its members. */
export interface TeamPolicyInput {
  absent_min?: number;
  follow_up?: FollowUp;
  from_queue?: QueuePolicy;
  handover_note?: HandoverNote;
  quiet_after_answer_min?: number;
  undo_s?: number;
}
/** What `PUT` sets. */
export interface TeamPolicyPut {
  body: TeamPolicyInput;
  home: Home;
  rank?: number;
}
/** A setting, as those who read its home see it. */
export interface TeamPolicySetting {
  body: TeamPolicy | null;
  broken?: SettingName[];
  changed_at?: Timestamp;
  changed_by?: AgentId;
  ended?: boolean;
  home: Home;
  id: SettingId;
  kind: string;
  not_kept?: string[];
  rank: number;
  version: number;
}
/** The level of pushes that an agent wants of the conversations of one team. */
export interface TeamPushLevel {
  level: PushLevel;
  team_id: TeamId;
}
/** Settings of a team. An absent field did not change; a new team has all fields. */
export interface TeamSet {
  claim_from_colleagues?: boolean;
  reply_policy?: ReplyPolicy;
  visibility?: Visibility;
}
/** A template in one language, as Meta last told it. */
export interface Template {
  body: string;
  buttons?: TemplateButton[];
  category: string;
  fallback?: TemplateFallback;
  footer?: string;
  header?: TemplateHeader;
  language: string;
  name: string;
  status: TemplateStatus;
}
/** A button of a template. */
export interface TemplateButton {
  kind: TemplateButtonKind;
  title: string;
  url?: string;
}
/** The effect of a template's button. */
export type TemplateButtonKind = "quick_reply" | "link" | "phone" | "copy_code" | "other";
/** The template that is offered in place of another. */
export interface TemplateFallback {
  category: string;
  language: string;
  name: string;
}
/** `PUT /channels/{channel}/templates/fallback`. */
export interface TemplateFallbackPut {
  fallback?: TemplateName;
  language: string;
  name: string;
}
/** A file that stands above the body of a template. */
export type TemplateFile = "image" | "video" | "document";
/** The part of a template above its body. */
export type TemplateHeader =
  | { type: "text"; text: string }
  | { type: "file"; file: TemplateFile }
  | { type: "other" };
/** `GET /channels/{channel}/templates`. */
export interface TemplateList {
  account_id?: string;
  synced_at?: Timestamp;
  templates: Template[];
  trouble?: string;
}
/** A template, by what it is called. */
export interface TemplateName {
  language: string;
  name: string;
}
/** `PUT /channels/{channel}/templates`. */
export interface TemplateSource {
  account_id: string;
}
/** Whether a template may be sent. */
export type TemplateStatus = "approved" | "pending" | "rejected" | "paused" | "disabled";
/** The use of a template in one language. */
export interface TemplateUsage {
  conversations: number;
  language: string;
  last_at: Timestamp;
  name: string;
  sent: number;
}
/** `GET /channels/{channel}/templates/usage`. */
export interface TemplateUsages {
  since: Timestamp;
  templates: TemplateUsage[];
}
/** A test of a conversation. */
export type Test =
  | { test: "text"; any_of: string[]; exactly?: boolean; not?: boolean }
  | { test: "kind"; any_of: string[]; not?: boolean }
  | { test: "channel"; any_of: ChannelId[]; not?: boolean }
  | { test: "team"; any_of: TeamId[]; not?: boolean }
  | { test: "owner"; is: OwnerKind }
  | { test: "status"; any_of: StatusKind[]; not?: boolean }
  | { test: "tag"; any_of: SettingId[]; not?: boolean }
  | { test: "language"; any_of: string[]; not?: boolean }
  | { test: "hours"; not?: boolean; schedule: SettingId }
  | { test: "known"; not?: boolean }
  | { test: "from_ad"; not?: boolean };
/** The facts of the lines. Only viewers with full scope see them. */
export interface Thread {
  block?: Block;
  clocks?: Clocks;
  contact_id: ContactId;
  customer_seq: number;
  followers?: AgentId[];
  kind?: ConversationKind;
  language?: Spoken;
  lapsed?: LapsedOffer[];
  last_agent: AgentId | null;
  last_line: LineRef | null;
  marketing?: Marketing;
  offer?: OpenOffer;
  person?: ContactId;
  reminders?: Reminder[];
  tags?: TagOn[];
  turn: Turn | null;
  window_until: Timestamp | null;
}
/** Timings that clients need. A client hard-codes none of them. */
export interface Timings {
  being_answered_max_ms: number;
  idle_ms: number;
  lease_keep_ms: number;
  lease_ttl_ms: number;
  silent_ms: number;
}
/** A decision on who takes a conversation, and what it was based on. */
export interface Trail {
  again?: boolean;
  choose: Choice;
  circle?: boolean;
  left_out?: LeftOut[];
  more?: number;
  on_call?: boolean;
  step?: number;
  to_team?: TeamId;
}
/** The event or clock that wakes a rule. */
export type Trigger =
  | "message"
  | "first_message"
  | "episode_opened"
  | "owner_changed"
  | "status_changed"
  | "tagged"
  | "resolved"
  | "limited"
  | "unanswered"
  | "unassigned"
  | "idle"
  | "window_left";
/** A run of customer messages that no human has answered. */
export interface Turn {
  from_seq: number;
  since: Timestamp;
}
/** A file on its way to WhatsApp. Only its author sees it, until it is sent. */
export interface Upload {
  bytes: number;
  conversation_id?: ConversationId;
  id: MessageId;
  kind: LineKind;
  media_type: string;
  name?: string;
  received: number;
  state: UploadState;
  trouble?: string;
}
/** `POST /conversations/{conversation}/uploads`: what will come. */
export interface UploadNew {
  bytes: number;
  kind: LineKind;
  media_type: string;
  name?: string;
  sha256?: string;
}
/** The state of an upload. */
export type UploadState = "receiving" | "ready" | "refused" | "passing";
/** Whether an agent would hear of something. */
export type Verdict = "here" | "push" | "connected" | "unsure" | "unreachable";
/** `PATCH /saved-views/{id}`: what is absent stays. */
export interface ViewChange {
  filter?: ViewFilter;
  name?: string;
}
/** `GET /views`: how many conversations each view of the viewer shows. */
export interface ViewCounts {
  cursor: string;
  views: Record<string, number>;
}
/** The filter of a view. Everything that is said must hold. */
export interface ViewFilter {
  channel_id?: ChannelId;
  from?: Timestamp;
  owner?: string;
  status?: ViewStatus;
  team_id?: TeamId;
  text?: string;
  unanswered?: boolean;
  until?: Timestamp;
}
/** A filter of the inbox that is kept by name. */
export type ViewId = Id;
/** `POST /saved-views`. */
export interface ViewNew {
  filter: ViewFilter;
  name: string;
  of_team?: TeamId;
}
/** Where conversations of a view stand. */
export type ViewStatus = "open" | "waiting" | "snoozed" | "resolved";
/** The level at which members see conversations of their team that others own. */
export type Visibility = "full" | "head" | "own";
/** An address of the team's own that is told of what happens, in the order of the log. */
export interface Webhook {
  channels?: ChannelId[];
  contents?: boolean;
  events: WebhookKind[];
  name: string;
  numbers?: boolean;
  teams?: TeamId[];
  url: string;
}
/** `POST /webhooks/{setting}/resume`. */
export interface WebhookFrom {
  position?: number;
}
/** Something that a webhook is told of. */
export type WebhookKind =
  | "message.received"
  | "message.sent"
  | "message.failed"
  | "conversation.opened"
  | "conversation.resolved"
  | "conversation.assigned"
  | "conversation.tagged"
  | "note.added"
  | "rule.called";
/** What `PUT` sets. */
export interface WebhookPut {
  body: Webhook;
  home: Home;
  rank?: number;
}
/** A setting, as those who read its home see it. */
export interface WebhookSetting {
  body: Webhook | null;
  broken?: SettingName[];
  changed_at?: Timestamp;
  changed_by?: AgentId;
  ended?: boolean;
  home: Home;
  id: SettingId;
  kind: string;
  not_kept?: string[];
  rank: number;
  version: number;
}
/** `GET /webhooks/{setting}/deliveries`. */
export interface WebhookState {
  accepted_at?: Timestamp;
  deliveries: WebhookTry[];
  paused_at?: Timestamp;
  paused_for?: string;
  position: number;
}
/** A request that a webhook did not take at once, or a test. */
export interface WebhookTry {
  answer: string;
  at: Timestamp;
  due_at?: Timestamp;
  position: number;
  status?: number;
  took_ms: number;
  tries: number;
}
/** `PATCH /workspace`: what is absent stays. */
export interface WorkspaceChange {
  name?: string;
}
/** A tenant. */
export type WorkspaceId = Id;
/** What holds for the whole workspace. */
export interface WorkspacePolicy {
  here_min?: number;
  quiet?: number[];
  time_zone?: string;
}
/** What `PUT` sets. */
export interface WorkspacePolicyPut {
  body: WorkspacePolicy;
  home: Home;
  rank?: number;
}
/** A setting, as those who read its home see it. */
export interface WorkspacePolicySetting {
  body: WorkspacePolicy | null;
  broken?: SettingName[];
  changed_at?: Timestamp;
  changed_by?: AgentId;
  ended?: boolean;
  home: Home;
  id: SettingId;
  kind: string;
  not_kept?: string[];
  rank: number;
  version: number;
}
export type FactKind = Fact["type"];
export type CommandKind = CommandBody["type"];
export type RefusalCode = Refusal["code"];
/** The same command may be accepted later; all other refusals are final. */
export type RetryableCode = "being_answered" | "depends_on_unknown" | "unavailable" | "rate_limited";
export const SUBPROTOCOL = "baton.v1";
export const CLOSE = {
  drain: 1012,
  faulty: 4400,
  signInAgain: 4401,
  deviceRevoked: 4403,
  noHello: 4407,
  slow: 4408,
  tooManySockets: 4429,
} as const;
/** Limits of the server: everything is a most but what says least. */
export const LIMITS = {
  textChars: 4096,
  noteChars: 10000,
  outcomeChars: 500,
  reasonChars: 200,
  reminderChars: 500,
  queryChars: 100,
  passwordCharsLeast: 8,
  captionChars: 1024,
  invitedAtOnce: 200,
} as const;
