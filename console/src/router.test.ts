import { expect, test } from "vitest";
import { pathOf, placeOf } from "./router.ts";

const ID = "01890a5d-ac96-774b-bcce-00000000a004";

test.each([
  "/sign-in",
  "/inbox/mine",
  "/inbox/late",
  `/inbox/team-${ID}`,
  `/inbox/open/${ID}`,
  `/c/${ID}`,
])("%s is a place and comes back as it was", (path) => {
  expect(placeOf(path).at).not.toBe("unknown");
  expect(pathOf(placeOf(path))).toBe(path);
});

test.each(["/inbox/none", "/inbox/mine/5", "/inbox/mine/../x", "/board", `/c/${ID}/x`, "/c"])(
  "%s is no place",
  (path) => {
    expect(placeOf(path)).toEqual({ at: "unknown" });
  },
);

test("the root is my work", () => {
  expect(placeOf("/")).toEqual({ at: "inbox", view: "mine", conversation: undefined });
});
