import { expect, test } from "vitest";
import type { Template } from "../protocol.ts";
import { blanks, filledIn, isSendable, preview, variables, whyNot } from "./templates.ts";

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
  expect(blanks(sale).map(({ key }) => key)).toEqual(["file", "body:discount", "body:day", "button:1"]);
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
