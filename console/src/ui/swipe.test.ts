// @vitest-environment happy-dom
import { expect, test } from "vitest";
import { sideOf, swipe } from "./swipe.ts";

test("less than a third does nothing; the side is by the direction of reading", () => {
  expect(sideOf(100, 320, false)).toBeUndefined();
  expect(sideOf(120, 320, false)).toBe("end");
  expect(sideOf(-120, 320, false)).toBe("start");
  expect(sideOf(120, 320, true)).toBe("start");
});

function row() {
  const element = document.createElement("a");
  Object.defineProperty(element, "clientWidth", { value: 300 });
  element.setPointerCapture = () => undefined;
  const runs: string[] = [];
  const moves: number[] = [];
  swipe({ move: (dx) => moves.push(dx), run: (side) => runs.push(side) })(element);
  const point = (type: string, x: number, y = 0, pointerType = "touch") =>
    element.dispatchEvent(
      new PointerEvent(type, {
        clientX: x,
        clientY: y,
        pointerId: 1,
        isPrimary: true,
        pointerType,
      }),
    );
  return { element, runs, moves, point };
}

test("a finger that goes aside and lets go there does it once, and opens nothing", () => {
  const { element, runs, moves, point } = row();
  let clicks = 0;
  element.addEventListener("click", () => (clicks += 1));
  point("pointerdown", 10);
  point("pointermove", 60);
  point("pointermove", 150);
  point("pointerup", 150);
  element.click();
  expect(runs).toEqual(["end"]);
  expect(moves).toEqual([50, 140, 0]);
  expect(clicks).toBe(0);
  element.click();
  expect(clicks).toBe(1);
});

test("one that comes back, scrolls or is a mouse does nothing", () => {
  const { runs, moves, point } = row();
  point("pointerdown", 10);
  point("pointermove", 150);
  point("pointermove", 40);
  point("pointerup", 40);
  point("pointerdown", 10);
  point("pointermove", 30, 90);
  point("pointerup", 150, 90);
  point("pointerdown", 10, 0, "mouse");
  point("pointermove", 200, 0, "mouse");
  point("pointerup", 200, 0, "mouse");
  expect(runs).toEqual([]);
  expect(moves).toEqual([140, 30, 0]);
});
