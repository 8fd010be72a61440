import { expect, test } from "vitest";
import { words } from "../messages/index.svelte.ts";
import type { Colleague } from "../protocol.ts";
import { presenceOf, presenceText } from "./presence.ts";

const NOW = Date.parse("2026-03-02T12:00:00Z");
const ana: Colleague = {
  id: "ana",
  name: "Ana",
  role: "agent",
  state: "active",
  availability: "available",
  load: 0,
  capacity: null,
  teams: [],
  reach: { by_push: false, heard_at: "2026-03-02T09:00:00Z" },
};
const desk = (online: string[], isLive = true) => ({
  isLive,
  online: new Set(online),
  now: () => NOW,
});

test("who is connected comes first, then who is reached by push, then since when nobody is", () => {
  const { presence } = words.t;
  const pushed: Colleague = { ...ana, reach: { by_push: true, heard_at: null } };
  expect(presenceOf(pushed, new Set(["ana"]))).toBe("on");
  expect(presenceOf(pushed, new Set())).toBe("reach");
  expect(presenceText(desk([]), pushed)).toBe(presence.byPush);
  expect(presenceOf(ana, new Set())).toBe("gone");
  expect(presenceText(desk([]), ana)).toBe(presence.gone("3 hr"));
  expect(presenceText(desk([]), { ...ana, reach: { by_push: false, heard_at: null } })).toBe(
    presence.never,
  );
});

test("without a connection nothing is claimed, and an older server's colleague is just not there", () => {
  const { presence } = words.t;
  const { reach: _, ...older } = ana;
  expect(presenceText(desk(["ana"], false), ana)).toBe(presence.unknown);
  expect(presenceText(desk([]), older)).toBe(presence.offline);
});
