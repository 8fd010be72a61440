import { expect, test } from "vitest";
import { roomFor } from "./room.ts";

test("a picture's room has its shape, and fits into a bubble", () => {
  expect(roomFor({ width: 1600, height: 1200 })).toEqual({ width: 16, height: 12 });
  expect(roomFor({ width: 600, height: 1200 })).toEqual({ width: 6, height: 12 });
  expect(roomFor({ width: 64, height: 96 })).toEqual({ width: 4, height: 6 });
});

test("a picture that is a stroke can still be tapped", () => {
  expect(roomFor({ width: 20_000, height: 1 })).toEqual({ width: 16, height: 3 });
});
