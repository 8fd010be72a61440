import { expect, test } from "vitest";
import { Fault } from "../live/api.ts";
import { ar } from "../messages/ar.ts";
import { en } from "../messages/en.ts";
import { es } from "../messages/es.ts";
import { pt } from "../messages/pt.ts";
import { faultText } from "./fault.ts";

const fault = (code: string) =>
  new Fault({ type: "about:blank", status: 409, code, title: "", detail: "as the server says" });

test("a number that is not added says what is wrong with it, in the reader's words", () => {
  expect(faultText(fault("token_wrong"))).toBe(en.health.fault.token_wrong);
  expect(faultText(fault("not_checked"))).toBe("Meta could not be asked. Try again later.");
  expect(faultText(fault("not_found"), true)).toContain("Check what you typed");
});

test("every fault says what to do in each language", () => {
  for (const health of [en.health, es.health, pt.health, ar.health]) {
    for (const [code, text] of Object.entries(health.fault)) {
      expect(text.match(/[.؛;]/g)?.length ?? 0, code).toBeGreaterThanOrEqual(2);
    }
  }
});
