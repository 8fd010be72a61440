import { expect, test } from "vitest";
import type { Event, Id, Setting } from "../protocol.ts";
import { askedOf, isEnough, saidOf } from "./outcomes.ts";

const [SUPPORT, SALES] = ["support", "sales"];
const sold = { id: "sold", name: "Sold" };
const lost = { id: "lost", name: "Lost", needs_text: true };

function settings(of: Record<string, unknown>): ReadonlyMap<Id, Setting> {
  const all = Object.entries(of).map(([id, body]) => {
    const home = id === "workspace" ? { kind: "workspace" } : { kind: "team", id };
    return [id, { id, home, body } as unknown as Setting] as const;
  });
  return new Map(all);
}

test("a team's own outcomes count, else those of the workspace", () => {
  const all = settings({
    workspace: { ask: "required", list: [sold] },
    [SALES]: { ask: "offered", list: [lost] },
  });
  expect(askedOf(all, [SALES])).toEqual({ isRequired: false, list: [lost] });
  expect(askedOf(all, [SUPPORT])).toEqual({ isRequired: true, list: [sold] });
  expect(askedOf(settings({}), [SUPPORT])).toBeUndefined();
  expect(askedOf(undefined, [SUPPORT])).toBeUndefined();
});

test("for several at once what each team has is offered", () => {
  const all = settings({
    [SUPPORT]: { ask: "never", list: [sold, lost] },
    [SALES]: { ask: "required", list: [lost] },
  });
  expect(askedOf(all, [SUPPORT, SALES, SUPPORT])).toEqual({ isRequired: true, list: [lost] });
});

test("what is required is chosen, and says more where it has to", () => {
  const asked = { isRequired: true, list: [sold, lost] };
  expect(isEnough(asked, {})).toBe(false);
  expect(isEnough({ ...asked, isRequired: false }, {})).toBe(true);
  expect(isEnough(asked, { outcome: "sold" })).toBe(true);
  expect(isEnough(asked, { outcome: "lost", outcome_text: " " })).toBe(false);
  expect(isEnough(asked, { outcome: "lost", outcome_text: "Too dear" })).toBe(true);
});

test("an outcome is called as it is called now, and as it was then once it is gone", () => {
  const event = {
    type: "status_changed",
    status: { kind: "resolved" },
    turn: null,
    outcome: "sold",
    content: { outcome: { name: "Bought", text: "Two of them" } },
  } as unknown as Event;
  const all = settings({ workspace: { list: [sold] } });
  expect(saidOf(event, all)).toEqual({ name: "Sold", text: "Two of them" });
  expect(saidOf(event, settings({}))).toEqual({ name: "Bought", text: "Two of them" });
});
