import { expect, test } from "vitest";
import { behindPath, figuresPath, fileAddress, queryOf, wantedOf } from "./wanted.ts";

const ID = "01890a5d-ac96-774b-bcce-00000000a004";

test("what is wanted stands in the address and comes back as it was", () => {
  const wanted = { time: "28d", target: 5, only: { team: ID, agent: ID } } as const;
  expect(queryOf(wanted).toString()).toBe(`time=28d&within=5&team=${ID}&agent=${ID}`);
  expect(wantedOf(queryOf(wanted))).toEqual(wanted);
});

test("what is no choice is today, 15 minutes and everybody", () => {
  const odd = new URLSearchParams("time=constructor&within=7&team=%3Cimg%3E&channel=1");
  expect(wantedOf(odd)).toEqual({ time: "today", target: 15, only: {} });
  expect(queryOf(wantedOf(odd)).toString()).toBe("");
});

test("the server is asked in milliseconds", () => {
  const wanted = { time: "today", target: 15, only: { channel: ID } } as const;
  expect(figuresPath(wanted, [1000, 2000, 3000])).toBe(
    `/reports/answers?edges=1000,2000,3000&channel=${ID}&within_ms=900000`,
  );
  const part = { measure: "pick_up", from: 1000, until: 2000, only: { agent: ID } } as const;
  expect(behindPath(part)).toBe(
    `/reports/answers/conversations?measure=pick_up&from=1000&until=2000&agent=${ID}`,
  );
  expect(fileAddress(part)).toBe(`/api/v1/reports/answers.csv?from=1000&until=2000&agent=${ID}`);
});
