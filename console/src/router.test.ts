import { expect, test } from "vitest";
import { isOfConsole } from "./addresses.ts";
import { pathOf, placeOf } from "./router.ts";

const ID = "01890a5d-ac96-774b-bcce-00000000a004";

test.each([
  "/sign-in",
  "/join",
  "/inbox/mine",
  "/inbox/late",
  `/inbox/team-${ID}`,
  `/inbox/saved-${ID}`,
  `/inbox/channel-${ID}`,
  `/settings/log?agent=${ID}&type=team_changed&conversation=${ID}`,
  `/inbox/open/${ID}`,
  `/c/${ID}`,
  `/c/${ID}?line=7`,
  `/inbox/open/${ID}?line=12`,
  "/board",
  `/board/agent/${ID}`,
  "/people",
  "/notices",
  "/review",
  "/reports",
  `/reports?time=7d&within=30&agent=${ID}`,
  "/settings",
  "/settings/teams",
  "/settings/tags",
  "/settings/tags/new",
  `/settings/canned-replies/${ID}`,
  `/settings/canned-replies/${ID}?tab=history`,
  "/settings/quarantine",
  "/welcome",
  "/search",
])("%s is a place and comes back as it was", (path) => {
  const [at = "", query] = path.split("?");
  expect(placeOf(at, query).at).not.toBe("unknown");
  expect(pathOf(placeOf(at, query))).toBe(path);
  expect(isOfConsole(at)).toBe(true);
});

test.each([
  "/api/v1/files/x",
  "/media/x",
  "/webhooks/whatsapp/1",
  "/healthz",
  "/metrics",
  "/index.html",
])("%s is the server's, and passes the service worker by", (path) => {
  expect(isOfConsole(path)).toBe(false);
  expect(placeOf(path)).toEqual({ at: "unknown" });
});

test.each([
  "/inbox/none",
  "/inbox/mine/5",
  "/inbox/mine/../x",
  "/boards",
  "/board/x",
  "/settings/none",
  "/people/x",
  "/reports/x",
  `/c/${ID}/x`,
  "/c",
])("%s is no place", (path) => {
  expect(placeOf(path)).toEqual({ at: "unknown" });
});

test("the root is my work", () => {
  expect(isOfConsole("/")).toBe(true);
  expect(placeOf("/")).toEqual({ at: "inbox", view: "mine", conversation: undefined });
});

test("what is searched for stands in the address", () => {
  const place = { at: "search", q: "Lucía & Co" } as const;
  expect(pathOf(place)).toBe("/search?q=Luc%C3%ADa+%26+Co");
  expect(placeOf("/search", "?q=Luc%C3%ADa%20%26%20Co")).toEqual(place);
});

test("what is reviewed stands in the address; what is no filter filters nothing", () => {
  const filter = { kind: "too_late", channel: ID, older: "1h" } as const;
  const path = pathOf({ at: "review", filter });
  expect(path).toBe(`/review?kind=too_late&channel=${ID}&older=1h`);
  expect(placeOf("/review", path.slice(7))).toEqual({ at: "review", filter });
  const odd = placeOf("/review", "?kind=%3Cimg%3E&channel=1&older=constructor");
  expect(pathOf(odd)).toBe("/review");
});
