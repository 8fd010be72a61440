// A row that a finger moves aside: past a third of its width it does what lies under it there.

/** So far a finger goes before it is clear whether it swipes or scrolls, px. */
const CLEAR_PX = 12;
/** Part of the width from which on letting go does something. */
const PART = 1 / 3;

/** Towards the end of a line, or towards its start. */
export type Side = "end" | "start";

/** Where a swipe stands: how far, by the direction of reading, and what letting go would do. */
export function sideOf(dx: number, width: number, isRtl: boolean): Side | undefined {
  if (Math.abs(dx) < width * PART) return undefined;
  return dx > 0 !== isRtl ? "end" : "start";
}

interface Hooks {
  /** How far it is moved, px, and what letting go would do. */
  move: (dx: number, side: Side | undefined) => void;
  run: (side: Side) => void;
}

export function swipe({ move, run }: Hooks) {
  return (element: HTMLElement) => {
    let start: { x: number; y: number; id: number } | undefined;
    let isOn = false;
    let isSpent = false;
    const over = new AbortController();
    const isRtl = () => getComputedStyle(element).direction === "rtl";
    const end = () => {
      start = undefined;
      if (isOn) move(0, undefined);
      isOn = false;
    };
    const on = <T extends keyof HTMLElementEventMap>(
      type: T,
      listen: (event: HTMLElementEventMap[T]) => void,
    ) => element.addEventListener(type, listen, { signal: over.signal });
    on("pointerdown", (event) => {
      isSpent = false;
      end();
      if (event.pointerType !== "touch" || !event.isPrimary) return;
      start = { x: event.clientX, y: event.clientY, id: event.pointerId };
    });
    on("pointermove", (event) => {
      if (start?.id !== event.pointerId) return;
      const [dx, dy] = [event.clientX - start.x, event.clientY - start.y];
      if (!isOn && Math.abs(dx) > CLEAR_PX && Math.abs(dx) > 2 * Math.abs(dy)) {
        isOn = isSpent = true;
        element.setPointerCapture(event.pointerId);
      }
      if (isOn) move(dx, sideOf(dx, element.clientWidth, isRtl()));
    });
    on("pointerup", (event) => {
      const from = start;
      const wasOn = isOn;
      end();
      if (from === undefined || !wasOn) return;
      const side = sideOf(event.clientX - from.x, element.clientWidth, isRtl());
      if (side !== undefined) run(side);
    });
    on("pointercancel", end);
    // Its click means nothing.
    element.addEventListener(
      "click",
      (event) => {
        if (!isSpent) return;
        isSpent = false;
        event.preventDefault();
        event.stopPropagation();
      },
      { capture: true, signal: over.signal },
    );
    return () => {
      end();
      over.abort();
    };
  };
}
