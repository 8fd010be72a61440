import { expect, test } from "vitest";
import { arrives } from "./arrive.ts";

/** Held from the given step on; steps are pauses and reads. */
async function steps(heldAfter: number, abortAfter = Number.POSITIVE_INFINITY) {
  const taken: string[] = [];
  const giveUp = new AbortController();
  const step = async (name: string) => {
    taken.push(name);
    if (taken.length >= abortAfter) giveUp.abort();
  };
  const isHere = await arrives(
    {
      isHeld: () => taken.length >= heldAfter,
      read: () => step("read"),
      pause: (ms) => step(`${ms}`),
    },
    giveUp.signal,
  );
  return [isHere, ...taken];
}

test("what is held opens at once, and what the socket tells is not read", async () => {
  expect(await steps(0)).toEqual([true]);
  expect(await steps(1)).toEqual([true, "300"]);
});

test("what the socket does not tell is read until it is there", async () => {
  expect(await steps(2)).toEqual([true, "300", "read"]);
  expect(await steps(4)).toEqual([true, "300", "read", "1000", "read"]);
});

test("a dialog that is closed waits no longer", async () => {
  expect(await steps(9, 1)).toEqual([false, "300"]);
  expect(await steps(9, 2)).toEqual([false, "300", "read"]);
});
