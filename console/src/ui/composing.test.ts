// @vitest-environment happy-dom
import { afterEach, beforeEach, expect, test } from "vitest";
import { guardComposing, isComposing } from "./composing.ts";

let heard: string[];
let field: HTMLInputElement;
let unguard: () => void;

beforeEach(() => {
  heard = [];
  unguard = guardComposing(window);
  field = document.createElement("input");
  document.body.replaceChildren(field);
});
afterEach(() => unguard());

function press(key: string, more: object = {}): KeyboardEvent {
  const event = new KeyboardEvent("keydown", { key, bubbles: true, cancelable: true, ...more });
  field.dispatchEvent(event);
  return event;
}

test("keys of an input method reach no listener of the page, and stay the field's", () => {
  field.addEventListener("keydown", ({ key }) => heard.push(`field ${key}`));
  document.addEventListener("keydown", ({ key }) => heard.push(`document ${key}`));
  window.addEventListener("keydown", ({ key }) => heard.push(`window ${key}`));
  window.addEventListener("keydown", ({ key }) => heard.push(`capture ${key}`), true);
  for (const key of ["Enter", "ArrowDown", "ArrowUp", "Escape", "Tab"]) {
    expect(press(key, { isComposing: true }).defaultPrevented).toBe(false);
    // Safari tells the key that ends the composition after its end.
    expect(press(key, { keyCode: 229 }).defaultPrevented).toBe(false);
  }
  expect(heard).toEqual([]);
  press("Enter");
  expect(heard).toEqual(["capture Enter", "field Enter", "document Enter", "window Enter"]);
});

test("whether something is composed is known until it ends or the field is left", () => {
  const tell = (type: string) => field.dispatchEvent(new Event(type, { bubbles: true }));
  expect(isComposing()).toBe(false);
  tell("compositionstart");
  expect(isComposing()).toBe(true);
  tell("compositionend");
  expect(isComposing()).toBe(false);
  tell("compositionstart");
  tell("focusout");
  expect(isComposing()).toBe(false);
});
