// Lifting a row by hand: at once by its grip, after a moment by the row, so that a list can still be
// scrolled. What lies under the finger is asked of the page; nothing moves before the drop.

/** A press on the row itself lifts it after so long, ms; a mouse by moving so far, px. */
const LONG_PRESS_MS = 250;
const MOUSE_PX = 6;
/** Nearer than this to the edge of a pane that scrolls it scrolls, px. */
const EDGE_PX = 48;

export class Drag {
  /** What is held, where it is, and what it would be dropped on. */
  id: string | undefined = $state();
  x = $state(0);
  y = $state(0);
  over: string | undefined = $state();
  private start: { x: number; y: number; id: string; isMouse: boolean } | undefined;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private pointer: number | undefined;
  private wasHeld = false;

  constructor(
    private readonly on: {
      drop: (id: string, target: string) => void;
      /** It was lifted and let go where it was: a long press. */
      stay: (id: string) => void;
    },
  ) {}

  /** For each `pointerdown` on a row, also where nothing can be lifted: what was held is over. */
  press(
    event: PointerEvent,
    id: string,
    { isGrip, canLift }: { isGrip: boolean; canLift: boolean },
  ) {
    if (event.button !== 0 || this.pointer !== undefined) return;
    this.wasHeld = false;
    if (!canLift) return;
    this.pointer = event.pointerId;
    const { clientX: x, clientY: y } = event;
    this.start = { x, y, id, isMouse: event.pointerType === "mouse" };
    // A grip that is only pressed opens its list: it lifts once it is moved.
    if (!isGrip && !this.start.isMouse) this.timer = setTimeout(() => this.lift(), LONG_PRESS_MS);
    this.isGrip = isGrip;
    window.addEventListener("pointermove", this.move);
    window.addEventListener("pointerup", this.up);
    window.addEventListener("pointercancel", this.cancel);
    window.addEventListener("touchmove", this.still, { passive: false });
    window.addEventListener("keydown", this.keys, true);
  }
  private isGrip = false;

  /** Whether the press that just ended was a drag: its click means nothing. */
  get isSpent(): boolean {
    return this.wasHeld;
  }

  private lift() {
    const { start } = this;
    if (start === undefined) return;
    this.id = start.id;
    this.wasHeld = true;
    [this.x, this.y] = [start.x, start.y];
    navigator.vibrate?.(10);
  }

  private readonly move = (event: PointerEvent) => {
    if (event.pointerId !== this.pointer || this.start === undefined) {
      // A second finger lets go.
      if (event.pointerType === "touch" && this.id !== undefined) this.cancel();
      return;
    }
    const { clientX: x, clientY: y } = event;
    if (this.id === undefined) {
      const far = !isNear(this.start, event);
      if (far && (this.start.isMouse || this.isGrip)) this.lift();
      else if (far) this.end();
      if (this.id === undefined) return;
    }
    [this.x, this.y] = [x, y];
    const under = document.elementFromPoint(x, y);
    this.over = under?.closest<HTMLElement>("[data-drop]")?.dataset["drop"];
    scrollNear(under, y);
  };

  private readonly up = (event: PointerEvent) => {
    if (event.pointerId !== this.pointer) return;
    const { id, over, start } = this;
    this.end();
    if (id === undefined || start === undefined) return;
    if (over !== undefined) this.on.drop(id, over);
    else if (isNear(start, event)) this.on.stay(id);
  };

  readonly cancel = () => this.end();

  private readonly keys = (event: KeyboardEvent) => {
    if (event.key !== "Escape" || this.id === undefined) return;
    event.stopPropagation();
    this.end();
  };

  /** A list does not scroll away under what is held. */
  private readonly still = (event: TouchEvent) => {
    if (this.id !== undefined && event.cancelable) event.preventDefault();
  };

  private end() {
    clearTimeout(this.timer);
    this.id = this.over = this.start = this.pointer = undefined;
    window.removeEventListener("pointermove", this.move);
    window.removeEventListener("pointerup", this.up);
    window.removeEventListener("pointercancel", this.cancel);
    window.removeEventListener("touchmove", this.still);
    window.removeEventListener("keydown", this.keys, true);
  }
}

const isNear = (start: { x: number; y: number }, { clientX, clientY }: PointerEvent) =>
  Math.hypot(clientX - start.x, clientY - start.y) <= MOUSE_PX;

function scrollNear(under: Element | null, y: number) {
  const pane = under?.closest<HTMLElement>(".scroll");
  if (pane === null || pane === undefined) return;
  const { top, bottom } = pane.getBoundingClientRect();
  if (y - top < EDGE_PX) pane.scrollTop -= 12;
  else if (bottom - y < EDGE_PX) pane.scrollTop += 12;
}
