import { beforeEach, expect, test } from "vitest";
import type { Command, CommandResult, Line, Refused } from "../protocol.ts";
import { Outbox, missed, opId } from "./outbox.ts";

const A = "01890a5d-ac96-774b-bcce-00000000a001";
const B = "01890a5d-ac96-774b-bcce-00000000a002";
const seen = { seq: 6, id: "line6" };

let box: Outbox;
beforeEach(() => {
  box = new Outbox();
});

const reply = (op_id: string, conversation_id = A, at = seen): Command => {
  return { op_id, conversation_id, type: "reply", text: "Hola", seen: at };
};
const accepted = (op_id: string, seq: number): CommandResult => {
  return { op_id, accepted: { revision: 1, line: { seq, id: `line${seq}` } } };
};
const refused = (op_id: string, refusal: Partial<Refused> & { code: string }): CommandResult => {
  return { op_id, refused: { detail: "", ...refusal } as Refused };
};
const due = (now = 0) => box.due(now).map((item) => item.command.op_id);

test("one of each conversation at a time, in order", () => {
  for (const [op, where] of [
    ["1", A],
    ["2", A],
    ["3", B],
  ] as const)
    box.add(reply(op, where), 0);
  expect(due()).toEqual(["1", "3"]);
  box.sending(box.due(0));
  expect(due()).toEqual([]);
  box.answered(accepted("1", 7), 0);
  expect(due()).toEqual(["2"]);
});

test("a reply comes after the one before it, until its line was seen", () => {
  box.add(reply("1"), 0);
  expect(box.add(reply("2"), 0).command.after).toBe("1");
  box.answered(accepted("1", 7), 0);
  box.answered(accepted("2", 8), 0);
  expect(box.add(reply("3"), 0).command.after).toBe("2");
  box.answered(accepted("3", 9), 0);
  expect(box.add(reply("4", A, { seq: 9, id: "line9" }), 0).command.after).toBeUndefined();
  expect(box.add(reply("5", B), 0).command.after).toBeUndefined();
});

test("what nobody answered goes again, with the same op id, later", () => {
  box.add(reply("1"), 0);
  const items = box.due(0);
  box.sending(items);
  box.failed(items, 1000);
  expect(due(1000)).toEqual([]);
  expect(due(3000)).toEqual(["1"]);
  box.hurry();
  expect(due(1000)).toEqual(["1"]);
});

test("a server that is away is asked again when it said", () => {
  box.add(reply("1"), 0);
  box.sending(box.due(0));
  const refusal = { code: "unavailable", retry_after_ms: 500 } as const;
  expect(box.answered(refused("1", refusal), 0)?.kind).toBe("again");
  expect(due(499)).toEqual([]);
  expect(due(500)).toEqual(["1"]);
});

test("a stale reply waits for a person, and what is behind it goes on", () => {
  box.add(reply("1"), 0);
  box.add({ op_id: "2", conversation_id: A, type: "note", text: "VIP" }, 0);
  box.sending(box.due(0));
  expect(box.answered(refused("1", { code: "stale" }), 0)?.kind).toBe("refused");
  expect(box.review.map((item) => item.command.op_id)).toEqual(["1"]);
  expect(due()).toEqual(["2"]);
  // What replaces it stands on its own feet.
  expect(box.add(reply("3", A, { seq: 7, id: "line7" }), 0).command.after).toBeUndefined();
});

test("other refusals leave nothing behind", () => {
  box.add({ op_id: "1", conversation_id: A, type: "claim", expect_owner_epoch: 1 }, 0);
  box.answered(refused("1", { code: "owner_changed" }), 0);
  expect(box.items).toEqual([]);
});

test("what was on its way when the page ended is sent again", () => {
  box.add(reply("1"), 0);
  box.sending(box.due(0));
  const next = new Outbox(JSON.parse(JSON.stringify(box.items)));
  expect(next.due(0).map((item) => item.left)).toEqual([true]);
});

test("an answer to something unknown is ignored", () => {
  expect(box.answered(accepted("9", 1), 0)).toBeUndefined();
});

test("missed is what others said above what was seen, told twice or not", () => {
  const line = (seq: number, author: Line["author"], op_id?: string): Line => {
    const at = "2026-01-02T03:04:05.678Z";
    const more = op_id === undefined ? {} : { op_id };
    return { seq, id: `line${seq}`, author, kind: "text", at, content: {}, ...more };
  };
  const customer = { kind: "customer" } as const;
  const lines = [
    line(6, customer),
    line(7, { kind: "agent", id: B }),
    line(8, { kind: "acknowledgement" }),
    line(9, { kind: "agent", id: A }, "1"),
    line(10, customer),
  ];
  const command = { ...reply("2"), after: "1" };
  expect(missed(command, lines.slice(1, 2), lines).map((one) => one.seq)).toEqual([7, 10]);
});

test("an op id is a UUIDv7 of its time", () => {
  const id = opId(0x0190_0a5d_ac96, new Uint8Array(16).fill(0xff));
  expect(id).toBe("01900a5d-ac96-7fff-bfff-ffffffffffff");
});
