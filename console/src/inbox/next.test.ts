import { expect, test } from "vitest";
import type { Outcome } from "../live/outbox.ts";
import type { CommandBody, Id, NextInLine, NextInLines } from "../protocol.ts";
import { TakeNext } from "./next.ts";

const inLine = (conversation_id: string, owner_epoch = 1): NextInLine => ({
  conversation_id,
  owner_epoch,
  team_id: "team",
  since: "2026-01-02T03:04:05.678Z",
});

function desk(...answers: NextInLines[]) {
  const done: [Id, CommandBody][] = [];
  const taking = new TakeNext({
    ask: () => Promise.resolve(answers.shift() ?? { waiting: [] }),
    act: (id, body) => {
      done.push([id, body]);
      return `op${done.length}`;
    },
  });
  const hear = (op_id: string, code?: string) => {
    const item = { command: { op_id } };
    const outcome =
      code === undefined
        ? { kind: "accepted", item, accepted: {} }
        : { kind: "refused", item, refused: { code } };
    return taking.hear(outcome as unknown as Outcome);
  };
  return { taking, done, hear };
}

test("what waits longest is claimed with the epoch that was told", async () => {
  const { taking, done, hear } = desk({ waiting: [inLine("a", 7), inLine("b")] });
  expect(await taking.take()).toEqual({ open: "a" });
  expect(done).toEqual([["a", { type: "claim", expect_owner_epoch: 7 }]]);
  expect(hear("op1")).toBeUndefined();
});

test("where a colleague was faster, the one behind it is taken, and at the end it is asked again", async () => {
  const { taking, done, hear } = desk(
    { waiting: [inLine("a"), inLine("b")] },
    { waiting: [inLine("c")] },
  );
  await taking.take();
  expect(await hear("op1", "owner_changed")).toEqual({ open: "b" });
  expect(await hear("op2", "not_owner")).toEqual({ open: "c" });
  expect(await hear("op3", "owner_changed")).toBe("nothing");
  expect(done.map(([id]) => id)).toEqual(["a", "b", "c"]);
});

test("an offer to oneself comes first, and nothing is nothing", async () => {
  const offer = { conversation_id: "o", offer_id: "offer", until: "2026-01-02T03:04:05.678Z" };
  const { taking, done } = desk({ offer, waiting: [inLine("a")] });
  expect(await taking.take()).toEqual({ open: "o" });
  expect(done).toEqual([["o", { type: "accept_offer", offer_id: "offer" }]]);
  expect(await desk().taking.take()).toBe("nothing");
});

test("another refusal, or one of another command, takes nothing more", async () => {
  const { taking, done, hear } = desk({ waiting: [inLine("a"), inLine("b")] });
  await taking.take();
  expect(hear("other", "owner_changed")).toBeUndefined();
  expect(hear("op1", "at_capacity")).toBeUndefined();
  expect(hear("op1", "owner_changed")).toBeUndefined();
  expect(done).toHaveLength(1);
});
