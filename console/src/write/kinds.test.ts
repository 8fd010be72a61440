// @vitest-environment node
import { expect, test } from "vitest";
import { type Form, type Kind, emptyForm, made, placeIn } from "./kinds.ts";

const of = (kind: Kind, more: Partial<Form>) => made(kind, { ...emptyForm(""), ...more });
const wrong = (kind: Kind, more: Partial<Form>) => {
  const found = of(kind, more);
  return "wrong" in found ? Object.fromEntries(found.wrong) : {};
};
const row = (title: string, description = "") => ({ title, description });

test("a place is two numbers, or a link of a map", () => {
  for (const text of [
    "39.4699, -0.3763",
    "39.4699 -0.3763",
    "https://www.google.com/maps/place/X/@39.4699,-0.3763,17z",
    "https://maps.google.com/?q=39.4699,-0.3763",
    "https://www.openstreetmap.org/?mlat=39.4699&mlon=-0.3763#map=17/1/1",
    "https://www.google.com/maps/place/X/@1,1,17z/data=!3d39.4699!4d-0.3763",
  ]) {
    expect(placeIn(text), text).toEqual({ latitude: 39.4699, longitude: -0.3763 });
  }
  for (const text of ["", "91, 0", "0, 181", "the shop", "https://shop.example/"]) {
    expect(placeIn(text), text).toBe(undefined);
  }
  expect(of("place", { where: " 1, 2 ", name: "Shop" })).toEqual({
    details: { type: "location", latitude: 1, longitude: 2, name: "Shop" },
  });
  expect(wrong("place", {})).toEqual({ where: "empty" });
  expect(wrong("place", { where: "here", name: "x".repeat(1001) })).toEqual({
    where: "where",
    name: "long",
  });
});

test("each kind is made of what was filled in, and says what is wrong", () => {
  expect(of("card", { name: "Marco", phone: "+39 347 000 0000" })).toEqual({
    details: { type: "contact_cards", cards: [{ name: "Marco", phones: ["+39 347 000 0000"] }] },
  });
  expect(wrong("card", { phone: "347" })).toEqual({ name: "empty", phone: "phone" });
  expect(wrong("card", { name: "M", email: "m" })).toEqual({ email: "email" });

  expect(of("buttons", { text: "When?", rows: [row("Today "), row(""), row("Later")] })).toEqual({
    text: "When?",
    details: {
      type: "buttons",
      buttons: [
        { id: "1", title: "Today" },
        { id: "2", title: "Later" },
      ],
    },
  });
  expect(wrong("buttons", { rows: [row("x".repeat(21)), row("a"), row("a")] })).toEqual({
    text: "empty",
    "row-0": "long",
    "row-2": "same",
  });

  expect(
    of("list", { text: "Which?", button: "Choose", rows: [row("Red", "deep"), row("Blue")] }),
  ).toEqual({
    text: "Which?",
    details: {
      type: "list",
      button: "Choose",
      sections: [
        {
          rows: [
            { id: "1", title: "Red", description: "deep" },
            { id: "2", title: "Blue" },
          ],
        },
      ],
    },
  });
  expect(wrong("list", { text: "Which?", rows: [row("", "deep")] })).toEqual({
    button: "empty",
    "row-0": "empty",
  });

  expect(wrong("link", { text: "See", button: "Open", url: "javascript:alert(1)" })).toEqual({
    url: "url",
  });
  expect(of("link", { text: "See", button: "Open", url: "https://shop.example/o" })).toEqual({
    text: "See",
    details: { type: "link", title: "Open", url: "https://shop.example/o" },
  });
});
