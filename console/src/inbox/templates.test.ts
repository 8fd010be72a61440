import { expect, test } from "vitest";
import type { Template } from "../protocol.ts";
import {
  alternative,
  begun,
  blanks,
  filledIn,
  isSendable,
  preview,
  suggestions,
  takesTheSame,
  variables,
  whyNot,
} from "./templates.ts";

const plain: Template = {
  name: "order_update",
  language: "en",
  status: "approved",
  category: "utility",
  body: "Hello {{1}}, order {{2}} is ready, {{1}}.",
  footer: "Acme",
};
const sale: Template = {
  ...plain,
  name: "sale",
  header: { type: "file", file: "image" },
  body: "{{discount}} off until {{day}}.",
  buttons: [
    { kind: "quick_reply", title: "Stop" },
    { kind: "link", title: "Shop", url: "https://shop.example/{{1}}" },
  ],
};

test("numbers are asked for in order and once, names as they stand", () => {
  expect(variables("{{2}} and {{1}} and {{2}}")).toEqual(["1", "2"]);
  expect(variables("{{day}}, {{first_name}}")).toEqual(["day", "first_name"]);
  expect(blanks(sale).map(({ key }) => key)).toEqual([
    "file",
    "body:discount",
    "body:day",
    "button:1",
  ]);
});

test("the preview shows what is filled and leaves the other blanks", () => {
  const values = new Map([["body:1", "Lucía"]]);
  expect(preview(plain, values)).toBe("Hello Lucía, order {{2}} is ready, Lucía.\nAcme");
});

test("a template is ready once every blank is filled", () => {
  const values = new Map([["body:1", "Lucía"]]);
  expect(filledIn(plain, values)).toBeUndefined();
  values.set("body:2", " {{1}} ");
  expect(preview(plain, values)).toBe("Hello Lucía, order {{1}} is ready, Lucía.\nAcme");
  expect(filledIn(plain, values)).toEqual({
    type: "template",
    name: "order_update",
    language: "en",
    body: [{ text: "Lucía" }, { text: "{{1}}" }],
  });
  const all = new Map([
    ["file", "https://shop.example/bike.jpg"],
    ["body:discount", "20 %"],
    ["body:day", "Sunday"],
    ["button:1", "bikes"],
  ]);
  expect(filledIn(sale, all)).toEqual({
    type: "template",
    name: "sale",
    language: "en",
    header: [{ text: "https://shop.example/bike.jpg", file: "image" }],
    body: [
      { name: "discount", text: "20 %" },
      { name: "day", text: "Sunday" },
    ],
    buttons: [{ index: 1, kind: "link", text: "bikes" }],
  });
});

test("only what Meta approved and Baton can fill is offered", () => {
  expect(isSendable(plain)).toBe(true);
  expect(isSendable({ ...plain, status: "paused" })).toBe(false);
  expect(isSendable({ ...plain, header: { type: "other" } })).toBe(false);
  expect(whyNot({ ...plain, status: "paused" })).toBe("paused");
  expect(whyNot({ ...plain, header: { type: "other" } })).toBe("other");
});

test("what is known of customer and agent is offered, and stands there where a name asks for it", () => {
  const known = { name: "Lucía Gómez", phone: "34600000001", agent: "Ana" };
  const named: Template = { ...plain, body: "{{name}}, call {{agent}} about {{order}}." };
  const [first] = blanks(named);
  expect(first && suggestions(first, known)).toEqual([
    ["first", "Lucía"],
    ["name", "Lucía Gómez"],
    ["phone", "+34600000001"],
    ["agent", "Ana"],
  ]);
  expect([...begun(named, known)]).toEqual([
    ["body:name", "Lucía"],
    ["body:agent", "Ana"],
  ]);
  expect(begun(plain, known).size).toBe(0);
  expect(begun(sale, known).size).toBe(0);
});

test("in place of a template that cannot be sent one of its language and category is offered", () => {
  const paused: Template = { ...plain, status: "paused" };
  const same: Template = { ...plain, name: "order_ready" };
  const shorter: Template = { ...plain, name: "short", body: "Ready." };
  const others = [
    { ...same, language: "es" },
    { ...same, category: "marketing" },
    { ...same, status: "rejected" as const },
  ];
  expect(alternative(paused, [paused, ...others])).toBeUndefined();
  expect(alternative(paused, [paused, ...others, shorter])).toBe(shorter);
  expect(alternative(paused, [paused, shorter, same])).toBe(same);
});

test("what an admin named stands in for a stopped template, and for one that became marketing", () => {
  const fallback = { name: "second", language: "en", category: "utility" };
  const second: Template = { ...plain, name: "second", body: "{{2}}, {{1}}" };
  const other: Template = { ...plain, name: "other" };
  const paused: Template = { ...plain, status: "paused", fallback };
  expect(alternative(paused, [paused, other, second])).toBe(second);
  expect(alternative(paused, [paused, other, { ...second, status: "paused" }])).toBe(other);
  const dearer: Template = { ...plain, category: "marketing", fallback };
  expect([isSendable(dearer), whyNot(dearer)]).toEqual([false, "marketing"]);
  expect(isSendable({ ...dearer, fallback: { ...fallback, category: "marketing" } })).toBe(true);
  expect(isSendable({ ...plain, fallback })).toBe(true);
});

test("only a template that the same words fill can stand in for another", () => {
  expect(takesTheSame(plain, { ...plain, body: "{{2}}: {{1}}" })).toBe(true);
  expect(takesTheSame(plain, { ...plain, body: "{{1}}" })).toBe(false);
  expect(takesTheSame(sale, { ...sale, header: { type: "file", file: "video" } })).toBe(false);
  expect(takesTheSame(sale, { ...sale, buttons: sale.buttons?.slice(1) ?? [] })).toBe(false);
});
