import { expect, test } from "vitest";
import { Outbox } from "../live/outbox.ts";
import type { Accepted, CommandResult, Id, Refused } from "../protocol.ts";
import type { Before, Deed } from "./plan.ts";
import { type Run, answered, begin, isOver } from "./runs.ts";

const DEED: Deed = { kind: "resolve" };
const before = (id: Id): Before => ({
  id,
  owner: { kind: "queue", id: "team" },
  owner_epoch: 1,
  revision: 3,
  team_id: "team",
  status: { kind: "open" },
  tags: [],
});
const ACCEPTED: Accepted = { revision: 4 };
const REFUSED: Refused = { code: "not_allowed", detail: "no" };

/** An outbox that the server answers as it is told to; `calls` has the op ids of each request. */
function desk() {
  const box = new Outbox();
  let last = 0;
  const calls: Id[][] = [];
  const send: Parameters<typeof begin>[3] = (all) =>
    all.map(({ id, body }) => {
      last += 1;
      const op_id = `op-${last}`;
      box.add({ op_id, conversation_id: id, ...body }, 0);
      return op_id;
    });
  return {
    box,
    calls,
    send,
    /** Sends what is due; the network may lose the answer. */
    request(now: number) {
      const due = box.due(now);
      calls.push(due.map(({ command }) => command.op_id));
      box.sending(due);
      return due;
    },
    answer(run: Run, result: CommandResult, now = 0): Run {
      const outcome = box.answered(result, now);
      if (outcome === undefined || outcome.kind === "again") return run;
      const refused = outcome.kind === "refused" ? outcome.refused : undefined;
      return answered(run, outcome.item.command.op_id, refused, send) ?? run;
    },
  };
}

const resolve = (id: Id) => ({
  before: before(id),
  steps: [{ type: "resolve", seen: null } as const],
});

test("each conversation is one command; what was refused is told one by one", () => {
  const { send, answer, request, calls } = desk();
  let run = begin(DEED, false, [resolve("a"), resolve("b"), resolve("c")], send);
  request(0);
  expect(calls).toEqual([["op-1", "op-2", "op-3"]]);
  run = answer(run, { op_id: "op-2", refused: REFUSED });
  run = answer(run, { op_id: "op-1", accepted: ACCEPTED });
  expect(isOver(run)).toBe(false);
  run = answer(run, { op_id: "op-3", accepted: ACCEPTED });
  expect(isOver(run)).toBe(true);
  expect(run.done.map(({ id }) => id)).toEqual(["a", "c"]);
  expect(run.refused).toEqual([{ id: "b", refused: REFUSED }]);
});

test("answers that were lost with the connection are asked for again under the same op ids", () => {
  const { box, send, answer, request, calls } = desk();
  let run = begin(DEED, false, [resolve("a"), resolve("b")], send);
  box.failed(request(0), 0);
  expect(isOver(run)).toBe(false);
  box.hurry();
  request(1);
  expect(calls).toEqual([
    ["op-1", "op-2"],
    ["op-1", "op-2"],
  ]);
  for (const op_id of ["op-1", "op-2"]) run = answer(run, { op_id, accepted: ACCEPTED });
  // Told twice, done once.
  run = answer(run, { op_id: "op-1", accepted: ACCEPTED });
  expect(run.done.map(({ id }) => id)).toEqual(["a", "b"]);
  expect(box.items).toEqual([]);
});

test("the second step of a way back waits for the first, and a refusal ends it", () => {
  const { send, answer, request, calls } = desk();
  const steps = [{ type: "reopen" }, { type: "unassign", expect_owner_epoch: 2 }] as const;
  const all = ["a", "b"].map((id) => ({ before: before(id), steps: [...steps] }));
  let run = begin(DEED, true, all, send);
  request(0);
  run = answer(run, { op_id: "op-1", accepted: ACCEPTED });
  run = answer(run, { op_id: "op-2", refused: REFUSED });
  request(0);
  expect(calls).toEqual([["op-1", "op-2"], ["op-3"]]);
  expect(isOver(run)).toBe(false);
  run = answer(run, { op_id: "op-3", accepted: ACCEPTED });
  expect(isOver(run)).toBe(true);
  expect(run.done.map(({ id }) => id)).toEqual(["a"]);
  expect(run.refused.map(({ id }) => id)).toEqual(["b"]);
});
