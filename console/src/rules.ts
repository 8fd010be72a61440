// Who may do what, as far as can be seen from here. `domain` decides it on the server: these are its
// rules, each said once, and held against the tables in `protocol/fixtures/rules`.

import { type Held, headOf } from "./live/held.ts";
import type { Agent, Head, Id, Line, LineKind, MessageStatus, Team, Thread } from "./protocol.ts";

/** Whose hand it is, and what is known of those it concerns. */
export interface Hand {
  me: Id;
  teams: Id[];
  supervises: (team: Id) => boolean;
  team: (id: Id) => Team | undefined;
  agent: (id: Id) => Agent | undefined;
}

export const isOwner = ({ owner }: Head, { me }: Hand): boolean =>
  owner.kind === "agent" && owner.id === me;

/** The owner and supervisors are: they give it to somebody else. */
export const isResponsible = (head: Head, hand: Hand): boolean =>
  isOwner(head, hand) || hand.supervises(head.team_id);

const isTeammate = ({ team_id }: Head, { teams }: Hand): boolean => teams.includes(team_id);

const isBlocked = (held: Held): boolean =>
  held.level === "full" && held.view.thread.block !== undefined;

/** Whether somebody may answer, and so resolve, snooze and let wait. */
export function mayAnswer(head: Head, hand: Hand): boolean {
  if (head.owner.kind === "queue") return isTeammate(head, hand) || hand.supervises(head.team_id);
  if (isOwner(head, hand)) return true;
  const policy = hand.team(head.team_id)?.reply_policy;
  return policy === "scope" || (policy === "team" && isTeammate(head, hand));
}

/** Whether somebody may make a conversation theirs. */
export function mayClaim(held: Held, hand: Hand): boolean {
  const head = headOf(held);
  if (isBlocked(held) || isOwner(head, hand)) return false;
  if (head.owner.kind === "queue" || hand.supervises(head.team_id)) return true;
  const owner = hand.agent(head.owner.id);
  const isAway = owner !== undefined && (owner.availability === "away" || owner.state !== "active");
  const isAllowed = hand.team(head.team_id)?.claim_from_colleagues === true;
  return isTeammate(head, hand) && (isAllowed || isAway);
}

/** Whether somebody may give it to another; out of a queue, everybody who sees it whole. */
export const mayHandOver = (head: Head, hand: Hand): boolean =>
  head.status.kind !== "resolved" && (head.owner.kind === "queue" || isResponsible(head, hand));

/** Whether somebody may give it back to its team's queue. */
export const mayUnassign = (head: Head, hand: Hand): boolean =>
  head.owner.kind === "agent" && isResponsible(head, hand);

/** Whether there is something to open again, and somebody may do it. */
export function mayReopen(held: Held, hand: Hand): boolean {
  const { status } = headOf(held);
  if (isBlocked(held) || status.kind === "open") return false;
  return status.kind === "resolved" || mayAnswer(headOf(held), hand);
}

/** Whether somebody may put it aside: let it wait, snooze or resolve it. */
export const mayPutAside = (head: Head, hand: Hand): boolean =>
  head.status.kind !== "resolved" && mayAnswer(head, hand);

/** Whether somebody may block the customer, and let them write again. */
export const mayBlock = (head: Head, thread: Thread, hand: Hand): boolean =>
  thread.kind !== "group" && (hand.supervises(head.team_id) || mayAnswer(head, hand));

/** Whether an agent sees a conversation whole. */
export function mayRead(
  agent: Pick<Agent, "id" | "role" | "teams">,
  head: Head,
  team: Team | undefined,
): boolean {
  const owns = head.owner.kind === "agent" && head.owner.id === agent.id;
  if (agent.role === "admin" || owns) return true;
  const kind = agent.teams.find((one) => one.team_id === head.team_id)?.kind;
  if (kind === undefined) return false;
  if (kind === "supervisor" && agent.role === "supervisor") return true;
  if (team?.visibility === "own") return head.owner.kind === "queue";
  return team?.visibility === "full";
}

/** Whether WhatsApp takes a free answer now. A group has no window that could close. */
export const isWindowOpen = ({ kind, window_until }: Thread, now: number): boolean =>
  kind === "group" || (window_until !== null && Date.parse(window_until) > now);

/** What a conversation that lasts counts towards its owner's limit. */
export const isLoad = ({ status }: Head): boolean =>
  status.kind === "open" || status.kind === "waiting";

// What may be done with a line.

/** Whether a reply can name it: the customer must know it, and still see it. */
export function mayQuote({ author, kind, status, content, amended }: Line): boolean {
  if (content.erased === true || amended?.revoked !== undefined) return false;
  if (WORDLESS.includes(kind)) return false;
  if (author.kind === "customer") return true;
  return status !== undefined && REACHED.includes(status);
}
/** Nothing of their own is said there, or nothing that this page could show. */
const WORDLESS: readonly LineKind[] = [
  "reaction",
  "edit",
  "revocation",
  "welcome_request",
  "call",
  "unreadable",
];
const REACHED: readonly MessageStatus[] = ["accepted", "sent", "delivered", "read", "played"];

/** Whether it can be reacted to. Groups take no reactions. */
export const mayReact = (line: Line, isGroup: boolean): boolean => !isGroup && mayQuote(line);

/** Whether it can be sent on: not out of a group, and a file must be on the server. */
export function mayForward({ kind, content, amended, file }: Line, isGroup: boolean): boolean {
  if (isGroup || content.erased === true || amended?.revoked !== undefined) return false;
  if (!FILES.includes(kind)) return FORWARDED.includes(kind);
  const { details } = content;
  return file?.state === "stored" || (details?.type === "file" && "link" in details);
}
const FILES: readonly LineKind[] = ["image", "video", "audio", "voice", "document", "sticker"];
const FORWARDED: readonly LineKind[] = ["text", "location", "contact_cards", "interactive"];
