// @vitest-environment happy-dom
import { afterEach, expect, test, vi } from "vitest";
import { title } from "./title.svelte.ts";

afterEach(() => {
  title.tell(0);
  for (const name of ["setAppBadge", "clearAppBadge"]) Reflect.deleteProperty(navigator, name);
});

test("the title says how many wait, and nothing where nobody does", () => {
  title.tell(3);
  expect(title.of("Board")).toBe("(3) Board · Baton");
  title.tell(0);
  expect(title.of("Board")).toBe("Board · Baton");
});

test("the icon of the app has the number, and none where nobody waits", () => {
  const [set, clear] = [vi.fn(async () => undefined), vi.fn(async () => undefined)];
  Object.assign(navigator, { setAppBadge: set, clearAppBadge: clear });
  title.tell(2);
  expect(set).toHaveBeenCalledWith(2);
  title.tell(0);
  expect(clear).toHaveBeenCalled();
});

test("a browser that refuses the number breaks nothing", async () => {
  const refuse = vi.fn(() => Promise.reject(new DOMException("no", "NotAllowedError")));
  Object.assign(navigator, { setAppBadge: refuse });
  title.tell(1);
  await expect(refuse.mock.results[0]?.value).rejects.toThrow();
  expect(title.of("Inbox")).toBe("(1) Inbox · Baton");
});
