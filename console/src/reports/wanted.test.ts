import { expect, test } from "vitest";
import { behindPath, figuresPath, fileAddress, isSameRead, queryOf, wantedOf } from "./wanted.ts";

const ID = "01890a5d-ac96-774b-bcce-00000000a004";

test("what is wanted stands in the address and comes back as it was", () => {
  const only = { team: ID, agent: ID };
  const wanted = { time: "28d", target: 5, only, by: "outcome" } as const;
  expect(queryOf(wanted).toString()).toBe(`time=28d&within=5&team=${ID}&agent=${ID}&by=outcome`);
  expect(wantedOf(queryOf(wanted))).toEqual(wanted);
});

test("what is no choice is today, 15 minutes, everybody and agents", () => {
  const odd = new URLSearchParams("time=constructor&within=7&team=%3Cimg%3E&channel=1&by=luck");
  expect(wantedOf(odd)).toEqual({ time: "today", target: 15, only: {}, by: "agent" });
  expect(queryOf(wantedOf(odd)).toString()).toBe("");
});

test("the server is asked in milliseconds", () => {
  const wanted = { time: "today", target: 15, only: { channel: ID }, by: "tag" } as const;
  expect(figuresPath(wanted, [1000, 2000, 3000])).toBe(
    `/reports/answers?edges=1000,2000,3000&channel=${ID}&within_ms=900000`,
  );
  const part = { measure: "pick_up", from: 1000, until: 2000, only: { agent: ID } } as const;
  expect(behindPath(part)).toBe(
    `/reports/answers/conversations?measure=pick_up&from=1000&until=2000&agent=${ID}`,
  );
  const unresolved = { ...part, only: { outcome: "unresolved", tag: ID } } as const;
  expect(behindPath(unresolved)).toMatch(new RegExp(`&tag=${ID}&outcome=unresolved$`));
  expect(fileAddress(part)).toBe(`/api/v1/reports/answers.csv?from=1000&until=2000&agent=${ID}`);
});

test("times by open hours are asked of each part of a report", () => {
  const only = { hours: ID };
  expect(wantedOf(new URLSearchParams(`hours=${ID}`)).only).toEqual(only);
  expect(figuresPath({ ...wantedOf(new URLSearchParams()), only }, [1, 2])).toContain(
    `&hours=${ID}&`,
  );
  const part = { measure: "reply", from: 1, until: 2, only } as const;
  for (const path of [behindPath(part), fileAddress(part)])
    expect(path).toMatch(new RegExp(`&hours=${ID}$`));
});

test("another grouping reads nothing anew, another filter does", () => {
  const wanted = wantedOf(new URLSearchParams("time=7d"));
  expect(isSameRead(wanted, { ...wanted, by: "tag" })).toBe(true);
  expect(isSameRead(wanted, { ...wanted, only: { team: ID } })).toBe(false);
});
