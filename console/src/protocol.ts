// The wire, as `protocol/` says it. Written by hand; a test compiles every golden frame of
// `protocol/fixtures` against these types, so that a field which is unknown here fails.

export type Id = string;
/** RFC 3339 in UTC, to the millisecond. */
export type Timestamp = string;
/** `epoch:position` */
export type Cursor = string;

export type Owner = { kind: "queue"; id: Id } | { kind: "agent"; id: Id };
export type Status =
  | { kind: "open" }
  | { kind: "waiting" }
  | { kind: "snoozed"; until: Timestamp }
  | { kind: "resolved" };
export interface LineRef {
  seq: number;
  id: Id;
}
export interface Turn {
  from_seq: number;
  since: Timestamp;
}
export interface Head {
  id: Id;
  channel_id: Id;
  team_id: Id;
  owner: Owner;
  owner_epoch: number;
  status: Status;
  episode: number;
  revision: number;
  last_seq: number;
  unanswered_since: Timestamp | null;
  activity_at: Timestamp;
}
export interface Thread {
  contact_id: Id;
  last_line: LineRef | null;
  customer_seq: number;
  turn: Turn | null;
  window_until: Timestamp | null;
  last_agent: Id | null;
  followers?: Id[];
  /** With one customer where it is left out. */
  kind?: "contact" | "group";
  /** The customer is blocked on this number. */
  block?: Block;
  /** What the customer last said of marketing from this number. */
  marketing?: Marketing;
  /** The contact that this one is said to be; its own where it is said to be nobody else. */
  person?: Id;
}
export interface Marketing {
  stopped: boolean;
  since: Timestamp;
}
export interface Block {
  by: Id;
  since: Timestamp;
  whatsapp: "waiting" | "done" | "not_recent" | "list_full" | "refused";
  turn?: Turn;
}
export interface ContactCard {
  name: string | null;
  phone: string | null;
  /** What they show in place of their number, without `@`. It may change. */
  username?: string;
  group?: GroupCard;
  /** When WhatsApp said that they have another number, by time. */
  moves?: Move[];
}
/** A number is null where it is not known; both, where it stayed and WhatsApp's id changed. */
export interface Move {
  from: string | null;
  to: string | null;
  at: string;
}
/** A group, as far as it is known. */
export interface GroupCard {
  state: "open" | "suspended" | "deleted";
  participants: Participant[];
}
export interface Participant {
  /** Their number in the group. */
  n: number;
  name?: string;
  phone?: string;
  username?: string;
  user_id?: string;
  joined_at?: Timestamp;
  left?: boolean;
}
export type Author =
  | { kind: "customer" }
  | { kind: "agent"; id: Id }
  | { kind: "phone_app" }
  | { kind: "acknowledgement" };
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
export interface Content {
  text?: string;
  original_type?: string;
  erased?: boolean;
  /** A newer server may know other types. */
  details?: Details | { type: "file"; link?: string } | { type: "contact_cards" | "choice" | "order" };
  /** The line that an agent sent on with this one. */
  forwarded_from?: LineAt;
  /** Whether the customer passed it on from another chat. */
  forwarded?: "once" | "often";
  /** The advertisement or post that led the customer here. */
  referral?: Referral;
  /** The product that the customer looked at when they began to write. */
  product?: { catalog_id?: string; product_id: string };
  /** Who wrote it, in a group. */
  by?: Participant;
}
/** All of it comes from outside: nothing opens an address by itself. */
export interface Referral {
  source_id?: string;
  source_type?: string;
  url?: string;
  headline?: string;
  body?: string;
  welcome?: string;
  media_url?: string;
  click_id?: string;
}
/** A line and the conversation that it stands in. */
export interface LineAt {
  conversation_id: Id;
  message_id: Id;
}
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
export type HeldReason =
  | "overtaken"
  | "window_closed"
  | "too_late"
  | "predecessor_held"
  | "restored"
  | "blocked";
export interface MessageError {
  code: number;
  reason: string;
  remedy: string;
}
/** How long a voice note lasts, and how loud each of 64 stretches is, 0 to 100. */
export interface Sound {
  duration_ms: number;
  peaks?: number[];
}
/** What became of the file of a line. */
export type FileState =
  | { state: "waiting" }
  | {
      state: "stored";
      bytes: number;
      picture?: { width: number; height: number };
      sound?: Sound;
    }
  | { state: "expired" }
  | { state: "refused" };
/** Where a file can be read for a few minutes. */
export interface FileAddress {
  url: string;
  /** Of its small picture. */
  small_url?: string;
  expires_at: Timestamp;
  media_type: string;
  name?: string;
  bytes: number;
  sha256?: string;
}
/** A file on its way to WhatsApp, until a command sends it. */
export interface Upload {
  id: Id;
  /** An old server does not tell. */
  conversation_id?: Id;
  kind: LineKind;
  media_type: string;
  name?: string;
  bytes: number;
  /** The next piece begins there. */
  received: number;
  state: "receiving" | "passing" | "ready" | "refused";
  trouble?: string;
}
export interface Line {
  seq: number;
  id: Id;
  author: Author;
  kind: LineKind;
  at: Timestamp;
  content: Content;
  file?: FileState;
  quoted?: Id;
  status?: MessageStatus;
  held?: HeldReason;
  error?: MessageError;
  op_id?: Id;
  device_id?: Id;
  amended?: Amended;
}
/** What became of a line after it was said. */
export interface Amended {
  reactions?: Reaction[];
  edited?: Change;
  /** The content of a line that was taken back is left out. */
  revoked?: Change;
  /** In a group: how far it got with each participant. */
  receipts?: Receipt[];
  /** How often agents sent it on. */
  forwarded?: number;
}
export interface Receipt {
  participant: number;
  status: MessageStatus;
  at: Timestamp;
}
export interface Change {
  line: LineRef;
  at: Timestamp;
}
/** Without an emoji it was taken back. */
export interface Reaction {
  by: Author;
  at: Timestamp;
  emoji?: string;
}
export type Amendment =
  | ({ kind: "edited" } & Change)
  | ({ kind: "revoked" } & Change)
  | { kind: "reacted"; by: Author; at: Timestamp }
  | ({ kind: "received" } & Receipt)
  | { kind: "forwarded" };
/** A line with what it said before it was taken back. */
export interface LineHistory {
  line: Line;
}
export interface Note {
  id: Id;
  conversation_id: Id;
  author: Id;
  at: Timestamp;
  revision: number;
  text: string | null;
  quoted?: Id;
  op_id: Id;
}
/** What somebody who supervises wrote to the owner: nobody else of the team sees it. */
export interface CoachNote {
  id: Id;
  author: Id;
  agent_id: Id;
  at: Timestamp;
  position: number;
  text: string | null;
  op_id: Id;
}
export interface View {
  head: Head;
  thread: Thread;
  contact: ContactCard;
  preview: Line | null;
  read_seq: number;
}
export type Snapshot =
  | { level: "head"; head: Head }
  | {
      level: "full";
      view: View;
      from_seq: number;
      lines: Line[];
      notes: Note[];
      coaching?: CoachNote[];
    };
/** `GET /log`: the newest first, without contents. */
export interface LogPage {
  entries: Event[];
  next?: number;
}
/** A line of `POST /log/verify`; the last one has `found`. */
export interface LogCheck {
  checked: number;
  of: number;
  found?:
    | { result: "whole"; sealed: number }
    | { result: "changed"; position: number; what: string }
    | { result: "failed" };
}
/** `GET /views` */
export interface ViewCounts {
  cursor: string;
  views: Record<string, number>;
}
/** `GET /heads`: place `n` of each column is row `n`; times count from `base_ms`. */
export interface PackedHeads {
  cursor: string;
  more: boolean;
  rows: number;
  base_ms: number;
  channels: Id[];
  teams: Id[];
  agents: Id[];
  followed: number[];
  held: [number, number][];
  columns: {
    ids: string;
    level: string;
    status: string;
    channel: number[];
    team: number[];
    owner: number[];
    owner_epoch: number[];
    episode: number[];
    revision: number[];
    last_seq: number[];
    activity_at: number[];
    unanswered_since: (number | null)[];
    snoozed_until: (number | null)[];
    customer_seq: number[];
    read_seq: number[];
    window_until: (number | null)[];
  };
}
export type ConversationRow =
  | { level: "head"; head: Head }
  | { level: "full"; view: View; unread: number };
export interface ConversationPage {
  conversations: ConversationRow[];
  next?: string;
}
export interface LinesPage {
  lines: Line[];
  notes: Note[];
  before?: number;
  notes_before?: number;
  /** What was said before the first line is asked for with it; lines of it have the seq 0. */
  past?: string;
}
/** Messages that wait for a person, and how many there are of each kind on all pages. */
export type ReviewStatus = "held" | "unconfirmed";
export interface ReviewCount {
  status: ReviewStatus;
  reason?: HeldReason;
  count: number;
}
export interface ReviewPage {
  messages: { conversation: View; line: Line }[];
  counts: ReviewCount[];
  next?: string;
}
/** Which conversations a view shows that is kept by name. */
export interface ViewFilter {
  status?: "open" | "waiting" | "snoozed" | "resolved";
  owner?: string;
  team_id?: Id;
  channel_id?: Id;
  unanswered?: boolean;
  text?: string;
}
export interface SavedView {
  id: Id;
  name: string;
  of_team?: Id;
  filter: ViewFilter;
  editable: boolean;
}
/** A message or note with the words that were searched for. */
export interface SearchHit {
  conversation: View;
  /** Of a note the line behind which it stands, 0 if there is none. */
  seq: number;
  message_id?: Id;
  note_id?: Id;
  kind?: LineKind;
  author: Author;
  at: string;
  excerpt: { text: string; hit?: boolean }[];
}
export interface SearchPage {
  conversations: unknown[];
  hits: SearchHit[];
  /** A page may be short and have it nevertheless: there may be more. */
  next?: string;
  filling?: boolean;
}
export interface SnapshotAnswer {
  cursor: Cursor;
  conversations: Snapshot[];
  next?: string;
}
export interface SyncAnswer {
  cursor: Cursor;
  frames: ServerFrame[];
}

// Events.

export type Actor = { kind: "customer" } | { kind: "agent"; id: Id } | { kind: "system" };
export type EventContent =
  | { line: Content }
  | { note: { text: string | null; quoted?: Id } }
  | { contact: ContactCard }
  | { reaction: { emoji: string } }
  | { setting: unknown };
export type OwnerCause =
  | "claimed"
  | "replied"
  | "assigned"
  | "unassigned"
  | "transferred"
  | "resolved"
  | "reopened"
  | "rehomed";
export type Role = "agent" | "supervisor" | "admin";
export type AgentState = "active" | "leaving" | "inactive";
export type Availability = "available" | "busy" | "away";
export type MembershipKind = "member" | "supervisor";
export type ReplyPolicy = "owner" | "team" | "scope";
export type Visibility = "full" | "head" | "own";
export type Fact =
  | {
      type: "conversation_opened";
      channel_id: Id;
      contact_id: Id;
      team_id: Id;
      kind?: "contact" | "group";
    }
  | { type: "contact_changed"; contact_id: Id }
  | { type: "episode_opened"; episode: number }
  | {
      type: "line_received";
      line: LineRef;
      kind: LineKind;
      said_at: Timestamp;
      quoted?: Id;
      turn: Turn | null;
      window_until: Timestamp | null;
    }
  | {
      type: "line_written";
      line: LineRef;
      author: Author;
      kind: LineKind;
      said_at: Timestamp;
      status: MessageStatus;
      seen: LineRef | null;
      quoted?: Id;
      op_id: Id | null;
      device_id: Id | null;
      turn: Turn | null;
      lease_ignored_of?: Id;
    }
  | {
      type: "message_changed";
      line: LineRef;
      status: MessageStatus;
      attempt: number;
      held?: HeldReason;
      error?: MessageError;
      turn: Turn | null;
      seen?: LineRef;
      lease_ignored_of?: Id;
    }
  | { type: "file_changed"; line: LineRef; file: FileState }
  | { type: "line_amended"; line: LineRef; amendment: Amendment }
  | { type: "line_understood"; line: LineRef; kind: LineKind }
  | { type: "note_added"; note_id: Id; author: Id; op_id: Id; mentions?: Id[] }
  | { type: "coached"; note_id: Id; author: Id; agent_id: Id; op_id: Id }
  | {
      type: "owner_changed";
      owner: Owner;
      owner_epoch: number;
      team_id: Id;
      cause: OwnerCause;
      exceeded_capacity?: boolean;
    }
  | { type: "status_changed"; status: Status; turn: Turn | null }
  | { type: "followed"; agent_id: Id }
  | { type: "unfollowed"; agent_id: Id }
  | { type: "block_changed"; block: Block | null }
  | { type: "person_changed"; person: Id }
  | { type: "marketing_changed"; marketing: Marketing }
  | { type: "read_marked"; agent_id: Id; seq: number }
  | {
      type: "agent_changed";
      agent_id: Id;
      renamed?: boolean;
      set: {
        role?: Role;
        state?: AgentState;
        availability?: Availability;
        capacity?: number | null;
      };
    }
  | {
      type: "team_changed";
      team_id: Id;
      renamed?: boolean;
      set: {
        reply_policy?: ReplyPolicy;
        visibility?: Visibility;
        claim_from_colleagues?: boolean;
      };
    }
  | { type: "membership_changed"; team_id: Id; agent_id: Id; kind: MembershipKind | null }
  | {
      type: "channel_changed";
      channel_id: Id;
      set: { default_team?: Id; pace_per_s?: number; policy?: ChannelPolicy };
    }
  | { type: "password_set"; agent_id: Id }
  | { type: "device_revoked"; agent_id: Id; device_id: Id }
  | { type: "invitation_changed"; invitation_id: Id; step: InvitationStep }
  | {
      type: "setting_changed";
      setting_id: Id;
      kind: string;
      version: number;
      home_before?: Home;
      home?: Home;
      rank: number;
      changed?: string[];
    }
  | { type: "head_changed"; head: Head };
export type Event = {
  position: number;
  conversation_id?: Id;
  revision?: number;
  at: Timestamp;
  actor: Actor;
  content?: EventContent;
} & Fact;

// Settings of every kind.

/** What a setting is for. */
export type Home =
  | { kind: "workspace" }
  | { kind: "team"; id: Id }
  | { kind: "channel"; id: Id }
  | { kind: "agent"; id: Id };
/** A setting, as those who read its home see it. */
export interface Setting {
  kind: string;
  id: Id;
  version: number;
  home: Home;
  rank: number;
  body: unknown;
  changed_at?: Timestamp;
  changed_by?: Id;
  ended?: boolean;
  broken?: { field: string; of_kind: string; of_id: Id }[];
}
/** A setting that names something. */
export interface SettingUse {
  kind: string;
  id: Id;
  field: string;
}
/** What `PUT` sets; the body is that of the kind. */
export interface SettingPut {
  home: Home;
  rank?: number;
  body: unknown;
}

// Commands and what became of them.

export type Seen = LineRef | null;
/** What a message is beyond its text. */
export type Details =
  | { type: "location"; latitude: number; longitude: number; name?: string; address?: string }
  | { type: "file"; upload: Id }
  | { type: "buttons"; buttons: { id: string; title: string }[]; frame?: Frame }
  | { type: "list"; button: string; sections: ListSection[]; frame?: Frame }
  | { type: "link"; title: string; url: string; frame?: Frame }
  | { type: "reaction"; emoji?: string }
  | {
      type: "template";
      name: string;
      language: string;
      header?: Filling[];
      body?: Filling[];
      buttons?: { index: number; kind: "link" | "copy_code" | "quick_reply"; text: string }[];
    };
/** What somebody needs to subscribe to pushes. */
export interface PushKeys {
  vapid: string;
}
export interface PushRegistered {
  receipt_key: string;
}
/** What fills one variable of a template. */
export interface Filling {
  name?: string;
  text: string;
  file?: "image" | "video" | "document";
}
export interface Template {
  name: string;
  language: string;
  status: "approved" | "pending" | "rejected" | "paused" | "disabled";
  category: string;
  header?:
    | { type: "text"; text: string }
    | { type: "file"; file: "image" | "video" | "document" }
    | { type: "other" };
  body: string;
  footer?: string;
  buttons?: {
    kind: "quick_reply" | "link" | "phone" | "copy_code" | "other";
    title: string;
    url?: string;
  }[];
  /** What an admin named to be offered in its place; `category` is what it was then. */
  fallback?: { name: string; language: string; category: string };
}
export interface TemplateUsages {
  since: Timestamp;
  templates: {
    name: string;
    language: string;
    sent: number;
    conversations: number;
    last_at: Timestamp;
  }[];
}
export interface TemplateList {
  templates: Template[];
  account_id?: string;
  synced_at?: Timestamp;
  trouble?: string;
}
export interface Frame {
  header?: string;
  footer?: string;
}
export interface ListSection {
  title?: string;
  rows: { id: string; title: string; description?: string }[];
}
export type CommandBody =
  | {
      type: "reply";
      text: string;
      seen: Seen;
      quoted?: Id;
      replaces?: Id;
      ignore_lease?: boolean;
    }
  | {
      type: "send";
      text?: string;
      details: Details;
      seen: Seen;
      quoted?: Id;
      replaces?: Id;
      ignore_lease?: boolean;
    }
  | { type: "forward"; of: LineAt; seen: Seen; ignore_lease?: boolean }
  | { type: "note"; text: string; mentions?: Id[]; quoted?: Id }
  | { type: "coach"; text: string; expect_owner_epoch: number }
  | { type: "claim"; expect_owner_epoch: number; exceed_capacity?: boolean }
  | { type: "assign"; agent_id: Id; expect_owner_epoch: number; exceed_capacity?: boolean }
  | { type: "unassign"; expect_owner_epoch: number }
  | {
      type: "transfer";
      to: Owner;
      expect_owner_epoch: number;
      seen: Seen;
      note?: string;
      exceed_capacity?: boolean;
    }
  | { type: "resolve"; seen: Seen }
  | { type: "reopen" }
  | { type: "mark_waiting"; seen: Seen }
  | { type: "snooze"; until: Timestamp; seen: Seen }
  | { type: "mark_read"; seq: number }
  | { type: "resend"; message_id: Id; seen: Seen; ignore_lease?: boolean }
  | { type: "mark_sent"; message_id: Id }
  | { type: "cancel"; message_id: Id }
  | { type: "follow"; agent_id?: Id }
  | { type: "unfollow"; agent_id?: Id }
  | { type: "block" }
  | { type: "unblock" }
  | { type: "link"; with: Id }
  | { type: "unlink" };
export type Command = {
  op_id: Id;
  conversation_id: Id;
  after?: Id;
  retry_of?: Id;
} & CommandBody;
export interface Accepted {
  position?: number;
  revision: number;
  line?: LineRef;
  note_id?: Id;
  status?: MessageStatus;
  /** Whom its note mentions in vain: they do not see the conversation. */
  unreached?: Id[];
}
export type Refusal =
  | { code: "stale"; current: LineRef | null; missed: LineRef[]; more: boolean }
  | { code: "not_owner"; owner: Owner }
  | { code: "owner_changed"; owner: Owner; owner_epoch: number }
  | { code: "being_answered"; holder: Id; since: Timestamp }
  | { code: "at_capacity"; agent_id: Id; load: number; capacity: number }
  | { code: "window_closed"; closed_at: Timestamp | null }
  | { code: "blocked" }
  | { code: "marketing_stopped" }
  | { code: "template_replaced"; name: string; language: string }
  | { code: "not_in_scope" }
  | { code: "op_id_reused" }
  | { code: "op_expired" }
  | { code: "cancelled" }
  | { code: "depends_on_refused"; op_id: Id }
  | { code: "depends_on_unknown"; op_id: Id }
  | { code: "too_soon"; retry_after_ms: number }
  | { code: "not_allowed" }
  | { code: "offer_gone" }
  | { code: "merged"; into: Id }
  | { code: "invalid"; field: string; problem: string }
  | { code: "unavailable"; retry_after_ms: number }
  | { code: "rate_limited"; retry_after_ms: number };
export type Refused = Refusal & { detail: string; lines?: Line[] };
export type CommandResult = { op_id: Id | null } & (
  | { accepted: Accepted; refused?: never }
  | { refused: Refused; accepted?: never }
);
export interface CommandResults {
  results: CommandResult[];
}

// The socket.

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
export interface Timings {
  lease_ttl_ms: number;
  lease_keep_ms: number;
  idle_ms: number;
  silent_ms: number;
  being_answered_max_ms: number;
}
/** What one agent may do; more is refused as `rate_limited`. */
export interface AgentLimits {
  commands_per_s: number;
  commands_burst: number;
  frames_per_s: number;
  frames_burst: number;
  sockets: number;
}
export interface LeaseHolder {
  agent_id: Id;
  device_id: Id;
  token: number;
  since: Timestamp;
}
export type ClientFrame =
  | { type: "hello"; token?: string; ticket?: string; device_id: Id; cursor?: Cursor }
  | { type: "command"; command: Command }
  | {
      type: "compose";
      conversation_id: Id;
      action: "start" | "keep" | "stop" | "take_over";
    }
  | { type: "view"; conversation_id: Id | null }
  | { type: "draft"; conversation_id: Id; text: string }
  | { type: "presence"; watch: boolean }
  | { type: "ack"; upto: number; foreground?: boolean };
export type ServerFrame =
  | {
      type: "welcome";
      cursor: Cursor;
      epoch: Id;
      agent_id: Id;
      timings: Timings;
      server_time: Timestamp;
      facts?: number;
      limits?: AgentLimits;
    }
  | { type: "events"; after: number; upto: number; events: Event[] }
  | { type: "entered"; position: number; snapshot: Snapshot }
  | { type: "left"; position: number; conversation_id: Id }
  | {
      type: "reset";
      reason:
        | "scope_changed"
        | "too_old"
        | "other_epoch"
        | "above_head"
        | "too_much"
        | "no_cursor";
      upto: number;
      after_ms: number;
    }
  | ({ type: "command_result" } & CommandResult)
  | { type: "lease"; conversation_id: Id; holder: LeaseHolder | null }
  | { type: "presence"; agents: { agent_id: Id; online: boolean }[] }
  | { type: "viewing"; conversation_id: Id; agents: Id[] }
  | { type: "draft"; conversation_id: Id; agent_id: Id; text: string }
  | { type: "error"; code: string; detail: string; of?: string };

// People and sessions, as far as the console uses them.

export interface Agent {
  id: Id;
  name: string;
  role: Role;
  state: AgentState;
  availability: Availability;
  load: number;
  capacity: number | null;
  teams: { team_id: Id; kind: MembershipKind }[];
}
/** What the devices of an agent have shown of themselves. */
export interface Reach {
  by_push: boolean;
  heard_at: Timestamp | null;
}
export interface Colleague extends Agent {
  /** Servers from before tell nothing of it. */
  reach?: Reach;
}
export interface Team {
  id: Id;
  name: string;
  reply_policy: ReplyPolicy;
  visibility: Visibility;
  claim_from_colleagues: boolean;
}
export interface Channel {
  id: Id;
  name: string;
  phone_number_id: string;
  display_number: string;
  default_team: Id;
  /** Messages that may leave it in a second. */
  pace_per_s?: number;
  policy?: ChannelPolicy;
  /** It is for practice: a simulator stands in for WhatsApp. */
  practice?: boolean;
  /** How it stands at Meta; absent until Meta was asked. */
  health?: ChannelHealth;
}
export type ConnectionStep =
  | "token" | "rights" | "app" | "number" | "registration" | "name" | "quality" | "account"
  | "subscription" | "webhook" | "receive" | "send";
export type StepState = "ok" | "wrong" | "waiting" | "unknown";
export type ConnectionFault =
  | "token_wrong" | "token_expired" | "token_ends_soon" | "messaging_right_missing"
  | "management_right_missing" | "app_secret_wrong" | "token_of_other_app" | "number_not_found"
  | "number_not_verified" | "number_not_registered" | "number_banned" | "number_restricted"
  | "name_declined" | "quality_low" | "payment_missing" | "account_restricted"
  | "app_not_subscribed" | "webhook_not_set" | "webhook_elsewhere" | "messages_not_subscribed"
  | "sends_refused";
export type HealthState = "works" | "attention" | "stopped";
export interface ChannelHealth {
  state: HealthState;
  since: string;
  faults: ConnectionFault[];
  quality?: string;
  limit?: string;
  number_status?: string;
  name_status?: string;
  verified_name?: string;
  token_ends_at?: string;
}
export interface CheckStep {
  step: ConnectionStep;
  state: StepState;
  code?: ConnectionFault;
  remedy?: string;
}
export interface ChannelCheck {
  at: string;
  steps: CheckStep[];
}
/** Whom to write to first, and from which number. */
export interface BeginNew {
  channel_id: Id;
  phone: string;
}
export interface Begun {
  conversation_id: Id;
}
export interface Login {
  workspace: string;
  email: string;
  password: string;
  device_id?: Id | null;
  device_name?: string | null;
}
export interface Refresh {
  refresh_token: string;
  device_id: Id;
}
export interface Session {
  access_token: string;
  access_expires_at: Timestamp;
  refresh_token: string;
  device_id: Id;
  agent_id: Id;
  workspace_id: Id;
}
export interface SocketTicket {
  ticket: string;
  expires_at: Timestamp;
}
export interface Me {
  agent: Agent;
  workspace_id: Id;
  workspace: string;
  /** The workspace's name for people. */
  workspace_name?: string;
  device_id: Id;
  epoch: Id;
}
export interface MeChange {
  name?: string;
  availability?: Availability;
}
// Settings, changed by admins; one's own name and password by everybody.

export interface TeamNew {
  name: string;
  reply_policy?: ReplyPolicy;
  visibility?: Visibility;
  claim_from_colleagues?: boolean;
}
export type TeamChange = Partial<TeamNew>;
export interface MemberPut {
  kind: MembershipKind;
}
export type InvitationStep = "made" | "renewed" | "withdrawn" | "used";
export interface InvitationNew {
  email: string;
  name: string;
  role: Role;
  capacity?: number | null;
  teams?: { team_id: Id; kind: MembershipKind }[];
}
export interface InvitationsNew {
  invitations: InvitationNew[];
  valid_days?: number | null;
}
export interface Invitation {
  id: Id;
  email: string;
  name: string;
  role: Role;
  capacity: number | null;
  teams: { team_id: Id; kind: MembershipKind }[];
  state: "open" | "expired";
  invited_by: Id | null;
  created_at: Timestamp;
  renewed_at: Timestamp;
  expires_at: Timestamp;
}
/** The secret is shown this once. */
export interface InvitationMade {
  invitation: Invitation;
  secret: string;
}
export interface InvitationRead {
  secret: string;
}
export interface InvitationCard {
  workspace: string;
  workspace_name: string;
  email: string;
  name: string;
  role: Role;
  expires_at: Timestamp;
}
export interface InvitationAccept {
  secret: string;
  password: string;
  name?: string | null;
  device_id?: Id | null;
  device_name?: string | null;
}
export interface AgentNew {
  email: string;
  name: string;
  role: Role;
  password: string;
  capacity?: number | null;
  teams?: { team_id: Id; kind: MembershipKind }[];
}
export interface AgentChange {
  name?: string;
  role?: Role;
  capacity?: number | null;
  availability?: Availability;
  state?: AgentState;
}
export interface ChannelNew {
  name: string;
  meta_app: string;
  phone_number_id: string;
  display_number: string;
  access_token: string;
  default_team: Id;
  pace_per_s?: number | null;
  check?: boolean;
}
/** What customers notice beside the messages. What is absent was never set. */
export interface ChannelPolicy {
  agent_names?: boolean;
  read_receipts?: boolean;
  typing?: boolean;
  link_previews?: boolean;
  one_by_one?: boolean;
}
export interface ChannelChange {
  name?: string;
  access_token?: string;
  default_team?: Id;
  pace_per_s?: number;
  policy?: ChannelPolicy;
}
/** What an agent's devices are told by pushes, and a part of each day in which they are told nothing. */
export type PushLevel = "all" | "mine" | "nothing";
export interface QuietHours {
  from: string;
  until: string;
  zone: string;
}
export interface TeamPushLevel {
  team_id: Id;
  level: PushLevel;
}
export interface PushPreference {
  level: PushLevel;
  quiet?: QuietHours;
  /** Teams of which more, or less, is told than of all others. */
  teams?: TeamPushLevel[];
  /** Each device is told, also while the agent looks at another one. */
  each_device?: boolean;
}
export interface PasswordChange {
  current: string;
  next: string;
}
export interface PasswordSet {
  next: string;
}
/** An element of a webhook that fits nowhere; admins see it. */
export interface Quarantined {
  id: Id;
  meta_app: string;
  at: Timestamp;
  reason: string;
  /** The beginning of it, as it came. */
  element: string;
  replayed_at: Timestamp | null;
  dismissed_at: Timestamp | null;
}
export interface Device {
  id: Id;
  name: string;
  created_at: Timestamp;
  last_seen_at: Timestamp;
  current: boolean;
}
export interface Problem {
  type: string;
  status: number;
  code: string;
  title: string;
  detail: string;
  retry_after_ms?: number;
  rows?: RowProblem[];
  setting?: SettingProblem;
}
/** What is wrong with a setting, as far as the code says something of it. */
export interface SettingProblem {
  change?: number;
  field?: string;
  newest?: Setting;
  used_by?: SettingUse[];
  most?: number;
}
/** What is wrong with a row of a list; the first row is 1. */
export interface RowProblem {
  row: number;
  field: string;
  problem: string;
}

// What concerns an agent, and what was typed and not sent.

export type NoticeKind = "mention" | "assigned" | "review";
export interface Notice {
  /** Of the event; it names the notice. */
  position: number;
  at: string;
  kind: NoticeKind;
  conversation: View;
  by?: Id;
  note_id?: Id;
  text?: string;
  message_id?: Id;
  read: boolean;
}
export interface NoticePage {
  notices: Notice[];
  unread: number;
  before?: number;
}
export interface NoticesRead {
  up_to: number;
  conversation_id?: Id;
}
export interface NoticesLeft {
  unread: number;
}
export interface ChangePage {
  changes: Event[];
  before?: number;
}
export interface KeptDraft {
  agent_id: Id;
  text: string;
  at: string;
}

// The first run: apps at Meta, and the workspace's name.

export interface MetaApp {
  id: string;
  webhook: string;
  verify_token: string;
  webhook_at?: string;
}
export interface MetaApps {
  apps: MetaApp[];
  may_add: boolean;
  practice_page?: string;
}
export interface MetaAppNew {
  id: string;
  app_secret: string;
}
export interface WorkspaceChange {
  name?: string;
}
