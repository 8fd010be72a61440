// A finger that stays: what a long press does. A mouse and a pen have other ways.

/** So long a finger stays, ms, and so little it moves, px. */
const LONG_MS = 400;
const STILL_PX = 10;

export function longPress(run: () => void) {
  let timer: ReturnType<typeof setTimeout> | undefined;
  let start: { x: number; y: number } | undefined;
  let isSpent = false;
  const end = () => {
    clearTimeout(timer);
    start = undefined;
  };
  function down(event: PointerEvent) {
    isSpent = false;
    end();
    if (event.pointerType !== "touch" || !event.isPrimary) return;
    start = { x: event.clientX, y: event.clientY };
    timer = setTimeout(() => {
      isSpent = true;
      navigator.vibrate?.(10);
      run();
    }, LONG_MS);
  }
  function move({ clientX, clientY }: PointerEvent) {
    if (start !== undefined && Math.hypot(clientX - start.x, clientY - start.y) > STILL_PX) end();
  }
  // The browser's own menu for links comes by the same press.
  const menu = (event: Event) => {
    if (start !== undefined) event.preventDefault();
  };
  return {
    /** Whether the press that just ended was a long one: its click means nothing. */
    isSpent: () => isSpent,
    attach: (element: HTMLElement) => {
      const all = [
        ["pointerdown", down],
        ["pointermove", move],
        ["pointerup", end],
        ["pointercancel", end],
        ["contextmenu", menu],
      ] as const;
      const over = new AbortController();
      for (const [type, listen] of all) {
        element.addEventListener(type, listen as EventListener, { signal: over.signal });
      }
      return () => {
        end();
        over.abort();
      };
    },
  };
}
