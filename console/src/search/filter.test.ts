import { expect, test } from "vitest";
import type { SearchHit } from "../protocol.ts";
import { askedOf, isNothing, joined, nameOf, queryOf, wantedOf } from "./filter.ts";

const ID = "01890a5d-ac96-774b-bcce-00000000a004";

test("what is wanted stands in the address and comes back as it was", () => {
  const wanted = {
    q: "Lucía & Co",
    status: "resolved",
    team: ID,
    channel: ID,
    owner: "nobody",
    tag: ID,
  } as const;
  expect(wantedOf(queryOf(wanted))).toEqual(wanted);
  expect(wantedOf(queryOf({ q: "", owner: ID }))).toEqual({ q: "", owner: ID });
});

test("days stand in the address, and the server is asked with instants", () => {
  const wanted = { q: "invoice", from: "2026-11-02", until: "2026-11-02" };
  expect(wantedOf(queryOf(wanted))).toEqual(wanted);
  const asked = askedOf(wanted);
  expect(Date.parse(asked.get("until") ?? "") - Date.parse(asked.get("from") ?? "")).toBe(
    86_400_000,
  );
});

test("what is no filter filters nothing", () => {
  const odd = new URLSearchParams(
    "status=%3Cb%3E&team=1&channel=Shop&owner=constructor&from=soon&until=2026",
  );
  expect(wantedOf(odd)).toEqual({ q: "" });
  expect(isNothing(wantedOf(odd))).toBe(true);
  expect(isNothing({ q: "", status: "open" })).toBe(false);
});

test("a message that two pages have stands once in the list", () => {
  const hit = (of: Partial<SearchHit>) => of as SearchHit;
  const first = [hit({ message_id: "a" }), hit({ note_id: "n" })];
  const all = joined(first, [hit({ message_id: "a" }), hit({ message_id: "b" })]);
  expect(all.map(nameOf)).toEqual(["a", "n", "b"]);
});
