// What the server tells of a time that is over or runs: `GET /reports/answers` and what is behind it.

import type { Id, Timestamp } from "../protocol.ts";

/** How long something took, by the wall clock; null where nothing was measured. */
export interface Spread {
  count: number;
  mean_ms: number | null;
  median_ms: number | null;
  p90_ms: number | null;
  max_ms: number | null;
  /** How many took at most the target. */
  within: number;
  /** How many go on, and have lasted longer than that. */
  open_late?: number;
}
/** A turn is one or more customer messages in a row that nobody had answered. */
export interface Figures {
  received: number;
  sent: number;
  turns: number;
  answered: number;
  /** Turns that were closed by resolving. */
  unanswered: number;
  /** Turns that were still open at the end of the whole time. */
  open: number;
  opened: number;
  resolved: number;
  /** Of the resolved, those after which the next episode began within seven days. */
  reopened: number;
  /** Of the resolved, those that ended seven days ago or longer, and how many of them were reopened. */
  settled: number;
  settled_reopened: number;
  /** Customers who were asked how it was, who said it, and the sum of 0 to 100 for each. */
  asked: number;
  rated: number;
  points: number;
  first_reply: Spread;
  reply: Spread;
  pick_up: Spread;
  /** From when a person owned it to the answer. */
  hold?: Spread;
  resolution: Spread;
}
export interface Answers {
  /** The position of the log that was read to. */
  upto: number;
  within_ms: number;
  whole: Figures;
  stretches: (Figures & { from: Timestamp; until: Timestamp })[];
  agents: (Figures & { agent_id: Id })[];
  teams: (Figures & { team_id: Id })[];
  channels: (Figures & { channel_id: Id })[];
  /** Of episodes with a tag; without an id, of those that have none. */
  tags: (Figures & { tag_id?: Id; name?: string })[];
  /** Of episodes with an outcome; without an id, of those that ended without one or did not end. */
  outcomes: (Figures & { outcome_id?: Id; name?: string; unresolved?: boolean })[];
}

export const MEASURES = [
  "first_reply",
  "reply",
  "pick_up",
  "hold",
  "resolution",
  "unanswered",
  "open",
  "reopened",
] as const;
export type Measure = (typeof MEASURES)[number];

/** A conversation behind a figure. */
export interface Behind {
  conversation_id: Id;
  agent_id?: Id;
  team_id: Id;
  channel_id: Id;
  since: Timestamp;
  /** Absent while it is still open. */
  at?: Timestamp;
  ms: number;
}
export interface BehindPage {
  /** The slowest first. */
  rows: Behind[];
  more: boolean;
}
