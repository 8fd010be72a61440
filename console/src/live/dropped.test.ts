// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { refuseFiles } from "./dropped.ts";

function dropped(on: Element, types: readonly string[]): boolean {
  const event = new Event("drop", { bubbles: true, cancelable: true });
  Object.assign(event, { dataTransfer: { types } });
  let isRefused = false;
  const hear = (heard: Event) => {
    refuseFiles(heard as DragEvent);
    isRefused = heard.defaultPrevented;
  };
  document.body.append(on);
  window.addEventListener("drop", hear);
  on.dispatchEvent(event);
  window.removeEventListener("drop", hear);
  on.remove();
  return isRefused;
}

test("a file that misses the composer does not take the page's place", () => {
  const list = document.createElement("main");
  expect(dropped(list, ["Files"])).toBe(true);
  expect(dropped(list, ["text/plain"])).toBe(false);
  const field = document.createElement("input");
  field.type = "file";
  expect(dropped(field, ["Files"])).toBe(false);
});
