import { expect, test } from "vitest";
import { Fault, Unreachable } from "../live/api.ts";
import { en } from "../messages/en.ts";
import { whyNotBegun } from "./fault.ts";

const fault = (status: number, retry_after_ms?: number) =>
  new Fault({
    type: "about:blank",
    status,
    code: "some",
    title: "",
    detail: "a field is wrong",
    ...(retry_after_ms === undefined ? {} : { retry_after_ms }),
  });

test("what the server refuses is said so that somebody knows what to do", () => {
  const { fault: why, wait } = en.begin;
  expect(whyNotBegun(new Unreachable("gone"))).toBe(why.away);
  expect([400, 403, 404, 409, 503].map((status) => whyNotBegun(fault(status)))).toEqual([
    why.length,
    why.forbidden,
    why.gone,
    why.theirs,
    why.busy,
  ]);
  expect(whyNotBegun(fault(429, 2_100))).toBe(wait(3));
  expect(whyNotBegun(fault(429))).toBe(wait(1));
});
