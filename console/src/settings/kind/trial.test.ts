import { expect, test } from "vitest";
import { conversationIn, namesWanted } from "./trial.ts";

const ID = "0198f2a0-0000-7000-8000-0000000000c1";

test("a conversation is found by its address or its id, and nothing else is taken for one", () => {
  const addresses = [
    `https://team.example/c/${ID}`,
    `/c/${ID}?x=1`,
    `https://team.example/inbox/mine/${ID}`,
  ];
  for (const text of [ID, ` ${ID} `, ID.toUpperCase(), ...addresses])
    expect(conversationIn(text)).toBe(ID);
  for (const text of ["", "Lucía", `/agents/${ID}`, `${ID}0`])
    expect(conversationIn(text)).toBeUndefined();
});

test("a dry run names each customer once, and no more than are asked for at once", () => {
  const ran = (...ids: string[]) => ({
    examples: ids.map((conversation_id) => ({ conversation_id })),
  });
  expect(namesWanted([ran("a", "b", "a"), ran("b", "c")])).toEqual(["a", "b", "c"]);
  expect(namesWanted([ran(...Array.from({ length: 101 }, (_, n) => `${n}`))])).toHaveLength(100);
});
