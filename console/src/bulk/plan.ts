// What is done to several conversations at once: the command for each, or why there is none, and
// what takes it back. The server decides; this says what can be seen from here.

import { commandOf as moveOf } from "../board/moves.ts";
import type { Chosen } from "../inbox/outcomes.ts";
import { idsOn } from "../inbox/tags.ts";
import { isFollowed } from "../inbox/views.ts";
import { type Held, headOf } from "../live/held.ts";
import type { Agent, CommandBody, Id, Owner, Seen, Status } from "../protocol.ts";
import {
  type Hand,
  isLoad,
  isResponsible,
  mayAnswer,
  mayClaim,
  mayHandOver,
  mayPutAside,
} from "../rules.ts";

export type Deed =
  | { kind: "give"; to: Owner; isForced: boolean }
  /** With the outcome that was chosen for all of them. */
  | { kind: "resolve"; chosen?: Chosen }
  | { kind: "tag"; add: Id[]; remove: Id[] }
  | { kind: "snooze"; until: number }
  | { kind: "follow" };
export type Kind = Deed["kind"];

/** Why nothing is done to one of them. */
export type Hindrance =
  | { kind: "gone" }
  /** Only its owner is seen, not its words. */
  | { kind: "head" }
  | { kind: "resolved" }
  /** It is so already. */
  | { kind: "same" }
  /** Its owner alone may do that here. */
  | { kind: "theirs"; owner: Owner }
  /** Its receiver has no room for it. */
  | { kind: "full"; agent: Agent };

export type Step = { id: Id } & (
  { command: CommandBody; hindrance?: never } | { hindrance: Hindrance; command?: never }
);

/** What a deed does to each, in this order. */
export function planOf(deed: Deed, all: { id: Id; held: Held | undefined }[], hand: Hand): Step[] {
  let room = roomOf(deed, hand);
  return all.map(({ id, held }): Step => {
    if (held === undefined) return { id, hindrance: { kind: "gone" } };
    const found = stepOf(deed, held, hand);
    if ("type" in found) {
      if (room.left > 0 || (room.isForced && hand.supervises(headOf(held).team_id))) {
        if (isLoad(headOf(held))) room = { ...room, left: room.left - 1 };
        return { id, command: found };
      }
      if (room.agent !== undefined) return { id, hindrance: { kind: "full", agent: room.agent } };
    }
    return "type" in found ? { id, command: found } : { id, hindrance: found };
  });
}

interface Room {
  left: number;
  isForced: boolean;
  agent: Agent | undefined;
}

function roomOf(deed: Deed, hand: Hand): Room {
  const isGift = deed.kind === "give" && deed.to.kind === "agent";
  const agent = isGift ? hand.agent(deed.to.id) : undefined;
  if (deed.kind !== "give" || agent === undefined || agent.capacity === null) {
    return { left: Number.POSITIVE_INFINITY, isForced: false, agent: undefined };
  }
  return { left: Math.max(0, agent.capacity - agent.load), isForced: deed.isForced, agent };
}

function stepOf(deed: Deed, held: Held, hand: Hand): CommandBody | Hindrance {
  const head = headOf(held);
  if (deed.kind === "follow") {
    if (held.level === "head") return { kind: "head" };
    return isFollowed(held, hand.me) ? { kind: "same" } : { type: "follow" };
  }
  if (deed.kind === "tag") return tagging(deed, held);
  if (head.status.kind === "resolved") {
    return { kind: deed.kind === "resolve" ? "same" : "resolved" };
  }
  if (deed.kind === "give") return gift(deed.to, deed.isForced, held, hand);
  if (held.level !== "full") return { kind: "head" };
  if (!mayAnswer(head, hand)) return { kind: "theirs", owner: head.owner };
  const seen = held.view.thread.last_line;
  if (deed.kind === "resolve") return { type: "resolve", seen, ...deed.chosen };
  const until = new Date(deed.until).toISOString();
  const isSo = isAs(head.status, { kind: "snoozed", until });
  return isSo ? { kind: "same" } : { type: "snooze", until, seen };
}

/** What the tags that are on leave to be done. */
function tagging({ add, remove }: Deed & { kind: "tag" }, held: Held): CommandBody | Hindrance {
  if (held.level === "head") return { kind: "head" };
  const on = new Set(idsOn(held));
  const more = add.filter((tag) => !on.has(tag));
  const less = remove.filter((tag) => on.has(tag));
  if (more.length + less.length === 0) return { kind: "same" };
  const some = (key: "add" | "remove", tags: Id[]) => (tags.length === 0 ? {} : { [key]: tags });
  return { type: "tag", ...some("add", more), ...some("remove", less) };
}

function gift(to: Owner, isForced: boolean, held: Held, hand: Hand): CommandBody | Hindrance {
  const head = headOf(held);
  const { owner, owner_epoch: expect_owner_epoch } = head;
  if (isSame(owner, to)) return { kind: "same" };
  if (held.level !== "head" && isResponsible(head, hand)) {
    return moveOf(held, to, isForced && hand.supervises(head.team_id)) ?? { kind: "head" };
  }
  if (to.kind === "agent" && to.id === hand.me && mayClaim(held, hand)) {
    return { type: "claim", expect_owner_epoch };
  }
  // Out of a queue, everybody who sees it may hand it over.
  if (held.level !== "full") return { kind: "head" };
  if (!mayHandOver(head, hand)) return { kind: "theirs", owner };
  return { type: "transfer", to, expect_owner_epoch, seen: held.view.thread.last_line };
}

/** What can be done to at least one of them; whom it would be given to is not chosen yet. */
export function offered(all: Held[], hand: Hand): Set<Kind> {
  const found = new Set<Kind>();
  for (const held of all) {
    const head = headOf(held);
    const isWhole = held.level !== "head";
    const isUp = head.status.kind !== "resolved";
    if (isUp && (mayClaim(held, hand) || (isWhole && mayHandOver(head, hand)))) found.add("give");
    if (isWhole && mayPutAside(head, hand)) found.add("resolve").add("snooze");
    if (isWhole && !isFollowed(held, hand.me)) found.add("follow");
    if (isWhole) found.add("tag");
  }
  return found;
}

// The way back.

/** Whose a conversation is, and how it stands. */
export interface Stand {
  owner: Owner;
  owner_epoch: number;
  team_id: Id;
  status: Status;
}
/** How a conversation was before. */
export interface Before extends Stand {
  id: Id;
  revision: number;
  /** The tags that were on. */
  tags: readonly Id[];
}

export const beforeOf = (held: Held): Before => {
  const { id, owner, owner_epoch, revision, team_id, status } = headOf(held);
  return { id, owner, owner_epoch, revision, team_id, status, tags: idsOn(held) };
};

/** Where a conversation stands after a deed of one's own, as the server decides it. */
export function standAfter(deed: Deed, before: Before): Stand {
  const { owner, owner_epoch, team_id, status } = before;
  switch (deed.kind) {
    case "follow":
    case "tag":
      return { owner, owner_epoch, team_id, status };
    case "snooze": {
      const until = new Date(deed.until).toISOString();
      return { owner, owner_epoch, team_id, status: { kind: "snoozed", until } };
    }
    case "give": {
      const team = deed.to.kind === "queue" ? deed.to.id : team_id;
      return { owner: deed.to, owner_epoch: owner_epoch + 1, team_id: team, status };
    }
    case "resolve": {
      const queue: Owner = { kind: "queue", id: team_id };
      const epoch = owner_epoch + (owner.kind === "agent" ? 1 : 0);
      return { owner: queue, owner_epoch: epoch, team_id, status: { kind: "resolved" } };
    }
  }
}

/** What takes a deed back, one after the other; undefined where somebody has acted since. */
export function undoOf(
  deed: Deed,
  before: Before,
  held: Held | undefined,
  hand: Hand,
  now: number,
): CommandBody[] | undefined {
  if (held === undefined) return undefined;
  const head = headOf(held);
  const after = standAfter(deed, before);
  const isAsked = isAs(head.status, after.status);
  const isOwned = head.owner_epoch === after.owner_epoch;
  // What was done may not have been told here yet.
  const isUntold = head.revision === before.revision;
  switch (deed.kind) {
    case "follow":
      return [{ type: "unfollow" }];
    case "tag":
      return untag(before, deed);
    case "snooze":
      return isUntold || isAsked ? [asBefore(before, held, now)] : undefined;
    case "give":
      return isUntold || isOwned ? back(before, after, seenOf(held), hand) : undefined;
    case "resolve": {
      if (!isUntold && !(isAsked && isOwned)) return undefined;
      // Its opener owns it, until it goes back.
      const owner: Owner = { kind: "agent", id: hand.me };
      const reopened = { ...after, owner, owner_epoch: after.owner_epoch + 1 };
      return [{ type: "reopen" }, ...(back(before, reopened, seenOf(held), hand) ?? [])];
    }
  }
}

/** Puts back on what came off, and takes off what was not on before. */
function untag({ tags }: Before, { add, remove }: Deed & { kind: "tag" }): CommandBody[] {
  const back = remove.filter((tag) => tags.includes(tag));
  const off = add.filter((tag) => !tags.includes(tag));
  if (back.length + off.length === 0) return [];
  return [
    {
      type: "tag",
      ...(back.length === 0 ? {} : { add: back }),
      ...(off.length === 0 ? {} : { remove: off }),
    },
  ];
}

/** Takes back that one waits for the customer; undefined where somebody has acted since. */
export function unwait(
  before: Before,
  held: Held | undefined,
  now: number,
): CommandBody | undefined {
  if (held === undefined) return undefined;
  const { revision, status } = headOf(held);
  const isSo = revision === before.revision || status.kind === "waiting";
  return isSo ? asBefore(before, held, now) : undefined;
}

const seenOf = (held: Held): Seen => (held.level === "full" ? held.view.thread.last_line : null);
const untilOf = (status: Status) => (status.kind === "snoozed" ? Date.parse(status.until) : 0);
const isAs = (a: Status, b: Status) => a.kind === b.kind && untilOf(a) === untilOf(b);
const isSame = (a: Owner, b: Owner) => a.kind === b.kind && a.id === b.id;

/** Gives it back to whom it was with, as far as this hand may. */
function back(
  before: Before,
  { owner, owner_epoch, team_id }: Omit<Stand, "status">,
  seen: Seen,
  hand: Hand,
): CommandBody[] | undefined {
  const expect_owner_epoch = owner_epoch;
  const isQueued = owner.kind === "queue";
  const mayAssign = hand.supervises(team_id) || isSame(owner, { kind: "agent", id: hand.me });
  if (team_id !== before.team_id) {
    if (!isQueued && !mayAssign) return undefined;
    const to: Owner = { kind: "queue", id: before.team_id };
    const stand = { owner: to, owner_epoch: owner_epoch + 1, team_id: before.team_id };
    const rest = back(before, stand, seen, hand);
    return rest && [{ type: "transfer", to, expect_owner_epoch, seen }, ...rest];
  }
  if (isSame(owner, before.owner)) return [];
  if (before.owner.kind === "queue") {
    return mayAssign ? [{ type: "unassign", expect_owner_epoch }] : undefined;
  }
  const { id: agent_id } = before.owner;
  if (mayAssign) {
    // They had it before: their limit is no reason.
    const more = hand.supervises(team_id) ? { exceed_capacity: true } : {};
    return [{ type: "assign", agent_id, expect_owner_epoch, ...more }];
  }
  if (!isQueued) return undefined;
  if (agent_id === hand.me) return [{ type: "claim", expect_owner_epoch }];
  return [{ type: "transfer", to: before.owner, expect_owner_epoch, seen }];
}

function asBefore({ status }: Before, held: Held, now: number): CommandBody {
  const seen = seenOf(held);
  if (status.kind === "waiting") return { type: "mark_waiting", seen };
  const isAhead = status.kind === "snoozed" && Date.parse(status.until) > now;
  return isAhead ? { type: "snooze", until: status.until, seen } : { type: "reopen" };
}
