import { expect, test } from "vitest";
import { Turns } from "./turns.ts";

test("who asks while something is read gets what is read after they asked, once for all of them", async () => {
  const turns = new Turns();
  const ends: (() => void)[] = [];
  const read = () => new Promise<void>((end) => ends.push(end));
  const first = turns.take("teams", read);
  const second = turns.take("teams", read);
  const third = turns.take("teams", read);
  let isSecondOver = false;
  void second.then(() => (isSecondOver = true));
  ends[0]?.();
  await first;
  await Promise.resolve();
  expect([ends.length, isSecondOver]).toEqual([2, false]);
  ends[1]?.();
  await Promise.all([second, third]);
  expect(ends.length).toBe(2);
});

test("other kinds do not wait for it", async () => {
  const turns = new Turns();
  void turns.take("teams", () => new Promise(() => undefined));
  let isRead = false;
  await turns.take("views", async () => void (isRead = true));
  expect(isRead).toBe(true);
});
