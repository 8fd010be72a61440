// @vitest-environment happy-dom
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { flushSync, mount, unmount } from "svelte";
import { expect, test } from "vitest";
import { fieldsOf } from "../../../build/kinds.ts";
import { Fault } from "../../live/api.ts";
import { kindWords } from "../../messages/kinds.ts";
import type { Setting } from "../../protocol.ts";
import { crossed, differing } from "./bodies.ts";
import { Editing } from "./editing.svelte.ts";
import FieldInput from "./FieldInput.svelte";
import {
  type Field,
  type Values,
  isIdle,
  kindOf,
  kinds,
  missing,
  putOf,
  uses,
  valuesOf,
} from "./fields.ts";
import { added, moved } from "./hours.ts";

const WORKSPACE = { kind: "workspace" } as const;
const read = (kind: string) =>
  JSON.parse(
    readFileSync(
      join(import.meta.dirname, `../../../../protocol/fixtures/setting.${kind}.json`),
      "utf8",
    ),
  ) as Pick<Setting, "home" | "body">;

test("a schema says how each field is drawn", () => {
  const choice = { oneOf: [{ const: "anyone" }, { const: "nobody" }] };
  const fields = fieldsOf({
    required: ["name"],
    properties: {
      name: { type: "string", maxLength: 100, "x-column": true },
      text: { type: "string", "x-lines": 4 },
      guests: { ...choice, default: "anyone" },
      tag: { type: ["string", "null"], format: "uuid", "x-of": "tag" },
      quiet: { type: ["array", "null"], items: { type: "integer" }, minItems: 2, maxItems: 2 },
      then: {
        type: "array",
        items: {
          oneOf: [
            {
              properties: { do: { const: "snooze" }, minutes: { type: "integer" } },
              required: ["minutes"],
            },
          ],
        },
      },
      days: { type: "object", additionalProperties: { type: "array" } },
    },
  });
  expect(fields).toEqual({
    name: { is: "text", most: 100, needed: true, column: true },
    text: { is: "lines", lines: 4 },
    guests: { is: "choice", options: ["anyone", "nobody"], or: "anyone" },
    tag: { is: "name", of: "tag", empty: true },
    quiet: { is: "span", empty: true },
    then: { is: "rows", by: "do", sorts: { snooze: { minutes: { is: "number", needed: true } } } },
    days: { is: "own" },
  });
});

test.each(kinds)("%s: an example of a body is drawn, and put as it came", (kind) => {
  const example = read(kind);
  const known = Object.keys(kindOf(kind).fields);
  expect(Object.keys(example.body as object).filter((field) => !known.includes(field))).toEqual([]);
  expect(putOf(kind, valuesOf(example))).toEqual({ home: example.home, body: example.body });
});

test("each language has the same words", () => {
  const shape = (of: unknown): unknown =>
    typeof of !== "object" || of === null
      ? typeof of
      : Object.fromEntries(Object.entries(of).map(([name, one]) => [name, shape(one)]));
  for (const language of ["es", "pt", "ar"] as const) {
    expect(shape(kindWords[language])).toEqual(shape(kindWords.en));
  }
});

test("a field that is not there beside the others is not put", () => {
  const values = {
    home: WORKSPACE,
    key: "plan",
    name: "Plan",
    type: "number",
    options: ["Free"],
    most_chars: 9,
  };
  expect(putOf("attribute", values).body).toEqual({ key: "plan", name: "Plan", type: "number" });
  // A text is what one is where nothing is said.
  const { type: _, ...rest } = values;
  expect(putOf("attribute", rest).body).toEqual({ key: "plan", name: "Plan", most_chars: 9 });
  expect(missing("attribute", { home: WORKSPACE, key: "plan" })).toEqual(["name"]);
});

test("a list says nothing of who is asked where nobody is, and only there", () => {
  expect(
    [{}, { hand: "off" }, { hand: "offer" }].map((values) => isIdle("routing", "choose", values)),
  ).toEqual([true, true, false]);
  expect(isIdle("routing", "hand", {})).toBe(false);
  expect(isIdle("rule", "choose", {})).toBe(false);
});

test("what is left out is as what is nothing", () => {
  expect(differing({ name: "A", notes: false, then: [] }, { name: "A" })).toEqual([]);
  expect(differing({ home: { kind: "team", id: "1" } }, { home: WORKSPACE })).toEqual(["home"]);
  expect(differing({ list: [{ a: 1, b: null }] }, { list: [{ a: 1 }] })).toEqual([]);
  expect(differing({ list: ["a", "b"] }, { list: ["b", "a"] })).toEqual(["list"]);
});

test("of changes that crossed only what both changed differently has to be chosen", () => {
  const base = { name: "A", colour: "grey", group: "G", lasting: false };
  const mine = { ...base, name: "B", colour: "red", group: "H" };
  const theirs = { ...base, name: "C", group: "H", lasting: true };
  expect(crossed(base, mine, theirs)).toEqual({
    both: ["name"],
    mine: ["colour"],
    theirs: ["lasting"],
  });
});

test("uses are counted wherever a body names something, a setting once", () => {
  const of = (kind: string, body: unknown): Setting => ({
    kind,
    id: kind,
    version: 1,
    home: WORKSPACE,
    rank: 0,
    body,
  });
  const counts = uses(
    [
      of("canned_reply", {
        then: [
          { do: "tag", tag: "t1" },
          { do: "tag", tag: "t1" },
        ],
      }),
      of("outcomes", {
        list: [
          { id: "o", name: "Sold", tag: "t1" },
          { id: "p", name: "No", tag: "t2" },
        ],
      }),
      of("tag", { name: "Old", merged_into: "t2" }),
      of("team_policy", { follow_up: { after_open_h: 8, hours: "t1" } }),
    ],
    "tag",
  );
  expect([...counts]).toEqual([
    ["t1", 2],
    ["t2", 2],
  ]);
});

test("midnight at the end of a span is that of the day after", () => {
  expect(moved([540, 1_080], 1, "00:00")).toEqual([540, 1_440]);
  expect(moved([540, 1_080], 0, "")).toEqual([540, 1_080]);
  expect(added([])).toEqual([[540, 1_080]]);
  expect(added([[540, 1_380]])).toEqual([[540, 1_380]]);
});

const TAG: Setting = {
  kind: "tag",
  id: "t",
  version: 3,
  home: WORKSPACE,
  rank: 0,
  body: { name: "Refund", colour: "grey" },
};
const after = (base: Setting, { home: _, ...body }: Values): Setting => ({
  ...base,
  version: base.version + 1,
  body,
});
const refusal = (code: string, setting: object) =>
  new Fault({ type: "about:blank", status: 409, code, title: "", detail: "", setting });

/** A server that has another version, or refuses a field with a value. */
function server(newest: Setting, refused: [string, unknown] = ["", ""]) {
  let now = newest;
  const puts: [Values, number][] = [];
  const editing = new Editing(TAG, {
    put: async (values, seen) => {
      puts.push([values, seen.version]);
      if (values[refused[0]] === refused[1]) throw refusal("taken", { field: refused[0] });
      if (seen.version !== now.version) throw refusal("version_changed", { newest: now });
      now = after(now, values);
      return now;
    },
    newest: () => undefined,
    say: (fault) => (fault as Fault).code,
    saved: () => undefined,
  });
  return { editing, puts, body: () => now.body };
}

test("what is refused stays at its field, and the others are saved", async () => {
  const { editing, body } = server(TAG, ["name", "Order"]);
  editing.edit("name", "Order");
  editing.edit("colour", "red");
  await editing.save();
  expect(body()).toEqual({ name: "Refund", colour: "red" });
  expect(editing.faults).toEqual({ name: "taken" });
  expect(editing.values["name"]).toBe("Order");
  editing.edit("name", "Orders");
  await editing.save();
  expect(body()).toEqual({ name: "Orders", colour: "red" });
  expect([editing.faults, editing.unsaved]).toEqual([{}, 0]);
});

test("a new setting is made whole or not at all", async () => {
  const { editing, puts } = server({ ...TAG, version: 0 }, ["name", "Order"]);
  editing.base = { ...TAG, version: 0 };
  editing.edit("name", "Order");
  editing.edit("colour", "red");
  await editing.save();
  expect([puts.length, editing.base.version, editing.faults]).toEqual([1, 0, { name: "taken" }]);
  expect(editing.values).toMatchObject({ name: "Order", colour: "red" });
});

test("a change of another field meanwhile is kept with one's own", async () => {
  const { editing, body } = server({
    ...TAG,
    version: 4,
    body: { name: "Refund", colour: "blue" },
  });
  editing.edit("name", "Money back");
  await editing.save();
  expect(body()).toEqual({ name: "Money back", colour: "blue" });
  expect(editing.conflict).toBeUndefined();
});

test.each([
  [true, "Money back"],
  [false, "Refunds"],
])(
  "of a field that both changed the one that is chosen is saved; mine: %s",
  async (isMine, name) => {
    const { editing, puts, body } = server({
      ...TAG,
      version: 4,
      body: { name: "Refunds", colour: "blue" },
    });
    editing.edit("name", "Money back");
    await editing.save();
    expect(editing.conflict?.both).toEqual(["name"]);
    expect(editing.values["name"]).toBe("Money back");
    await editing.choose(() => isMine);
    expect(body()).toEqual({ name, colour: "blue" });
    expect(editing.values["name"]).toBe(name);
    expect(puts.map(([, version]) => version)).toEqual(isMine ? [3, 4] : [3]);
  },
);

test("a version is put back with all its fields", async () => {
  const { editing, body } = server(TAG);
  await editing.restore({ ...TAG, body: { name: "Refund", lasting: true } });
  expect(body()).toEqual({ name: "Refund", lasting: true });
});

test("one of four is chosen by a press, one of more from a list", () => {
  const told: unknown[] = [];
  const draw = (field: Field) => {
    const props = {
      path: "set_by",
      label: "Who",
      field,
      value: undefined,
      onset: (value: unknown) => told.push(value),
    };
    const drawn = mount(FieldInput, { target: document.body, props });
    flushSync();
    return () => unmount(drawn);
  };
  const undraw = draw(kindOf("tag").fields["set_by"] as Field);
  const [first, second] = document.querySelectorAll("button");
  expect(first?.getAttribute("aria-pressed")).toBe("true");
  second?.click();
  expect(told).toEqual(["supervisors"]);
  void undraw();
  const more = draw(kindOf("tag").fields["colour"] as Field);
  expect(document.querySelector("select")?.value).toBe("grey");
  void more();
});
