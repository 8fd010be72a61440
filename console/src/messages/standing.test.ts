// @vitest-environment node
import { expect, test } from "vitest";
import { sayStanding } from "./standing.ts";

test("Meta's codes are words, and tiers are numbers", () => {
  expect(sayStanding("en", "en", "GREEN")).toBe("good");
  expect(sayStanding("en", "en", "TIER_1K")).toBe("1,000");
  expect(sayStanding("en", "en", "TIER_250")).toBe("250");
  expect(sayStanding("es", "es", "TIER_UNLIMITED")).toBe("sin límite");
  expect(sayStanding("ar", "ar-u-nu-latn", "APPROVED")).toBe("معتمد");
  expect(sayStanding("en", "en", "UNKNOWN")).toBe("not known");
  expect(sayStanding("en", "en", "AVAILABLE_WITHOUT_REVIEW")).toBe("available without review");
});
