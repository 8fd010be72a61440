import { expect, test } from "vitest";
import { Fault } from "../live/api.ts";
import { healthAr } from "../messages/health.ar.ts";
import { healthEs } from "../messages/health.es.ts";
import { healthPt } from "../messages/health.pt.ts";
import { healthEn } from "../messages/health.ts";
import { faultText } from "./fault.ts";

const fault = (code: string) =>
  new Fault({ type: "about:blank", status: 409, code, title: "", detail: "as the server says" });

test("a number that is not added says what is wrong with it, in the reader's words", () => {
  expect(faultText(fault("token_wrong"))).toBe(healthEn.fault.token_wrong);
  expect(faultText(fault("not_checked"))).toBe("Meta could not be asked. Try again later.");
  expect(faultText(fault("not_found"), true)).toContain("Check what you typed");
});

test("every fault says what to do in each language", () => {
  for (const health of [healthEn, healthEs, healthPt, healthAr]) {
    for (const [code, text] of Object.entries(health.fault)) {
      expect(text.match(/[.؛;]/g)?.length ?? 0, code).toBeGreaterThanOrEqual(2);
    }
  }
});
