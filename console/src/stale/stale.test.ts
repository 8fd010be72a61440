import { expect, test } from "vitest";
import type { Item } from "../live/outbox.ts";
import type { Desk } from "../live/session.svelte.ts";
import { Stale } from "./stale.svelte.ts";

function reply(op_id: string, state: "waiting" | "review"): Item {
  const command = { op_id, conversation_id: `c${op_id}`, type: "reply", text: "Yes", seen: null };
  return { command, state, at: 0 } as unknown as Item;
}

function desk(...outbox: Item[]) {
  return { outbox } as unknown as Desk & { outbox: Item[] };
}

test("the only reply that was refused is asked about at once", () => {
  const refused = reply("1", "review");
  const stale = new Stale(desk(refused));
  stale.refused(refused);
  expect(stale.question?.item).toBe(refused);
});

test("while other replies are not decided nobody is asked, whichever answer comes first", () => {
  const [refused, other] = [reply("4", "review"), reply("1", "waiting")];
  const here = desk(refused, other);
  const stale = new Stale(here);
  stale.refused(refused);
  expect(stale.question).toBeUndefined();
  here.outbox = [refused, reply("1", "review")];
  stale.settled();
  expect(stale.question).toBeUndefined();
});

test("once the others were taken, the one that was not is asked about", () => {
  const refused = reply("4", "review");
  const here = desk(refused, reply("1", "waiting"));
  const stale = new Stale(here);
  stale.refused(refused);
  here.outbox = [refused];
  stale.settled();
  expect(stale.question?.item).toBe(refused);
});
