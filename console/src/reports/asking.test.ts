import { expect, test } from "vitest";
import { Fault } from "../live/api.ts";
import { askInTurn, eachOf } from "./asking.ts";

const fault = (code: string, retry_after_ms?: number) =>
  new Fault({
    type: "",
    status: 429,
    code,
    title: "",
    detail: "",
    ...(retry_after_ms === undefined ? {} : { retry_after_ms }),
  });

test("while another report is worked out, it is asked for again after the time that was named", async () => {
  const waits: number[] = [];
  const answers = [fault("rate_limited", 300), fault("rate_limited"), undefined];
  const ask = async () => {
    const error = answers.shift();
    if (error !== undefined) throw error;
    return "figures";
  };
  expect(await askInTurn(ask, async (ms) => void waits.push(ms))).toBe("figures");
  expect(waits).toEqual([300, 1_500]);
});

test("not for ever, and not after another fault", async () => {
  let asked = 0;
  const refuse = (code: string) => async () => {
    asked += 1;
    throw fault(code);
  };
  await expect(askInTurn(refuse("rate_limited"), async () => undefined)).rejects.toThrow();
  expect(asked).toBe(6);
  asked = 0;
  await expect(askInTurn(refuse("forbidden"), async () => undefined)).rejects.toThrow();
  expect(asked).toBe(1);
});

test("each is run once, a few at a time", async () => {
  const done: number[] = [];
  let [running, most] = [0, 0];
  await eachOf(
    [1, 2, 3, 4, 5],
    async (one) => {
      running += 1;
      most = Math.max(most, running);
      await Promise.resolve();
      running -= 1;
      done.push(one);
    },
    2,
  );
  expect(done.sort()).toEqual([1, 2, 3, 4, 5]);
  expect(most).toBe(2);
});
