// Deeds on their way: what is answered, what was refused, and what takes all of it back. No I/O: a
// command is given to `send`, which answers with its op id.

import type { CommandBody, Id, Refused } from "../protocol.ts";
import type { Before, Deed } from "./plan.ts";

/** One conversation of a run, and the steps that are still to come. */
interface Part {
  before: Before;
  rest: CommandBody[];
}

export interface Run {
  deed: Deed;
  /** Whether it takes such a deed back. */
  isBack: boolean;
  of: number;
  done: Before[];
  refused: { id: Id; refused: Refused }[];
  /** By the op id of the step that is on its way. */
  waiting: ReadonlyMap<Id, Part>;
}

/** Sends commands at once; their op ids in the same order. */
export type Send = (all: { id: Id; body: CommandBody }[]) => Id[];

/** Sends the first step of each. */
export function begin(
  deed: Deed,
  isBack: boolean,
  all: { before: Before; steps: CommandBody[] }[],
  send: Send,
): Run {
  const firsts = all.flatMap(({ before, steps: [body, ...rest] }) =>
    body === undefined ? [] : [{ id: before.id, body, part: { before, rest } }],
  );
  const op_ids = send(firsts);
  const waiting = new Map<Id, Part>();
  for (const [n, { part }] of firsts.entries()) waiting.set(op_ids[n] ?? "", part);
  return { deed, isBack, of: waiting.size, done: [], refused: [], waiting };
}

/** The run after an answer; undefined where it was to something else. */
export function answered(
  run: Run,
  op_id: Id,
  refused: Refused | undefined,
  send: Send,
): Run | undefined {
  const part = run.waiting.get(op_id);
  if (part === undefined) return undefined;
  const waiting = new Map(run.waiting);
  waiting.delete(op_id);
  const { id } = part.before;
  if (refused !== undefined) {
    return { ...run, waiting, refused: [...run.refused, { id, refused }] };
  }
  const [next, ...rest] = part.rest;
  if (next === undefined) return { ...run, waiting, done: [...run.done, part.before] };
  const [then = ""] = send([{ id, body: next }]);
  waiting.set(then, { ...part, rest });
  return { ...run, waiting };
}

export const isOver = ({ waiting }: Run): boolean => waiting.size === 0;
