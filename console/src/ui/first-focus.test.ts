// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";
import { beginIn } from "./first-focus.ts";

afterEach(() => vi.unstubAllGlobals());

function focusIn(inner: string, isTouched = false): string {
  vi.stubGlobal("matchMedia", () => ({ matches: isTouched }));
  const dialog = document.createElement("div");
  dialog.innerHTML = `<button id="close"></button>${inner}`;
  document.body.replaceChildren(dialog);
  dialog.querySelector<HTMLElement>("#close")?.focus();
  beginIn(dialog);
  return document.activeElement?.id ?? "";
}

test("a dialog begins in its first field, else at its heading", () => {
  const heading = `<h2 id="heading">Hand over</h2>`;
  expect(focusIn(`${heading}<input type="checkbox"><input disabled><input id="name"><input>`)).toBe(
    "name",
  );
  expect(focusIn(`${heading}<input type="file" class="vh"><textarea id="text"></textarea>`)).toBe(
    "text",
  );
  expect(focusIn(`${heading}<select id="role"></select>`)).toBe("role");
  expect(focusIn(`${heading}<button></button>`)).toBe("heading");
});

test("by touch no keyboard comes up, and what said itself where it begins does", () => {
  expect(focusIn(`<h2 id="heading"></h2><input>`, true)).toBe("heading");
  expect(focusIn(`<h2></h2><input><input autofocus>`)).toBe("close");
});
