// What a push tells this browser, and what follows from it. The browser opened it: docs/push.md has
// its fields. Like the phones, it shows a thing once, and takes it back when it is over.

/** A push about one conversation, about a number, or about what came in quiet hours. */
export interface Told {
  id: string;
  /** The kind. A kind that this page does not know is shown as something new. */
  kind: string;
  /** Its id; `NUMBERS` for a push about a number, `INBOX` for one that sums up quiet hours. */
  conversation: string;
  /** Its place in the log. A later retract of the conversation hides it. */
  epoch: string;
  position: number;
  /** When it is over, ms. */
  until: number;
  title: string;
  body: string;
  /** Lines that the agent has not read in what they own, for the app's icon. */
  badge?: number;
  /** Shown without a sound: it tells less than before. */
  isQuiet: boolean;
}

/** The place in the log of a conversation's newest retract. */
export interface Gone {
  epoch: string;
  position: number;
}

export type Deed = "show" | "withdraw" | "nothing";

const BYTES_MAX = 4_096;

/** `undefined` for what is no push of this server. */
export function read(text: string): Told | undefined {
  if (text.length > BYTES_MAX) return undefined;
  let fields: unknown;
  try {
    fields = JSON.parse(text);
  } catch {
    return undefined;
  }
  if (typeof fields !== "object" || fields === null) return undefined;
  const of = (name: string): string => {
    const value: unknown = (fields as Record<string, unknown>)[name];
    return typeof value === "string" ? value : "";
  };
  const [epoch = "", position = ""] = of("s").split(":");
  const badge = of("b");
  // The exact kind, where `k` is the nearest that every app knows.
  const kind = of("n") === "" ? of("k") : of("n");
  const place = PLACES.get(kind);
  const told: Told = {
    id: of("id"),
    kind,
    conversation: place ?? of("c"),
    epoch,
    position: Number(position),
    until: Number(of("x")) * 1_000,
    title: of("title"),
    body: of("body"),
    ...(/^\d{1,9}$/u.test(badge) ? { badge: Number(badge) } : {}),
    isQuiet: of("q") !== "",
  };
  const isWhole =
    told.id !== "" && told.kind !== "" && (place !== undefined || ID.test(told.conversation));
  return isWhole && Number.isSafeInteger(told.position) && told.until > 0 ? told : undefined;
}
/** What is told of numbers has one place. */
export const NUMBERS = "numbers";
/** What sums up quiet hours leads to the inbox. */
export const INBOX = "inbox";
const PLACES = new Map([
  ["number", NUMBERS],
  ["digest", INBOX],
]);
/** It becomes a part of an address. */
const ID = /^[0-9a-f-]{36}$/u;

/** What to do with a push, given the newest retract and the notification on the screen. */
export function deed(told: Told, now: number, gone?: Gone, shown?: { id: string }): Deed {
  if (told.kind === "retract") return "withdraw";
  const isOver = told.until <= now;
  const isGone = gone?.epoch === told.epoch && told.position <= gone.position;
  return isOver || isGone || shown?.id === told.id ? "nothing" : "show";
}

/** What is no line of a customer's says itself what it is, and so does what has no words. */
export const isSaidByTitle = ({ kind, body }: Told): boolean =>
  body === "" || kind === "review" || kind === "reopened" || kind === "reminder";

/** What the page leaves for its worker, which runs without it. */
export interface Left {
  /** Receipts are sent with it. */
  receiptKey: string;
  /** Titles by kind, for pushes without words. */
  titles: Partial<Record<string, string>>;
  /** The title for any other kind. */
  title: string;
}

/** What a page says to its worker. */
export type Said = { kind: "pushes"; left: Left } | { kind: "no_pushes" };
