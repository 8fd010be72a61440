import { expect, test } from "vitest";
import type { Id, Owner, Setting } from "../protocol.ts";
import { noteAsked } from "./handover.ts";

const [SUPPORT, SALES, ANA, BEN] = ["support", "sales", "ana", "ben"] as [Id, Id, Id, Id];
const policy = {
  id: SUPPORT,
  home: { kind: "team", id: SUPPORT },
  body: { undo_s: 0, handover_note: "required" },
};
const all = new Map([[SUPPORT, policy as unknown as Setting]]);
const held = { team_id: SUPPORT, owner: { kind: "agent", id: ANA } as Owner };

test("a note is asked of an agent who hands to somebody, and of nobody else", () => {
  const agent: Owner = { kind: "agent", id: BEN };
  expect(noteAsked(all, held, agent, false)).toBe("required");
  expect(noteAsked(all, held, { kind: "queue", id: SALES }, false)).toBe("required");
  expect(noteAsked(all, held, { kind: "queue", id: SUPPORT }, false)).toBe("optional");
  expect(noteAsked(all, held, agent, true)).toBe("optional");
  expect(
    noteAsked(all, { team_id: SUPPORT, owner: { kind: "queue", id: SUPPORT } }, agent, false),
  ).toBe("optional");
  expect(noteAsked(all, { ...held, team_id: SALES }, agent, false)).toBe("optional");
  expect(noteAsked(undefined, held, agent, false)).toBe("optional");
});
