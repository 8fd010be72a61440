// @vitest-environment happy-dom
import { beforeEach, expect, test } from "vitest";
import type { Me } from "../protocol.ts";
import { keepLogo, logoOf } from "./logo.ts";

const me = (workspace_logo?: string) =>
  ({ workspace: "shop", ...(workspace_logo === undefined ? {} : { workspace_logo }) }) as Me;

beforeEach(() => localStorage.clear());

test("a logo is known of its own workspace, until it is ended", () => {
  keepLogo(me("/api/v1/logos/abc"));
  expect(logoOf("shop")).toBe("/api/v1/logos/abc");
  expect(logoOf("other")).toBeUndefined();
  keepLogo(me());
  expect(logoOf("shop")).toBeUndefined();
});

test("what is no address of a logo is not drawn", () => {
  keepLogo(me("https://elsewhere.example/a.png"));
  expect(logoOf("shop")).toBeUndefined();
  localStorage.setItem("baton.logo", "{");
  expect(logoOf("shop")).toBeUndefined();
});
