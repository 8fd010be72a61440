// What can be sent beside texts and files: a place, a contact card, buttons, a list, a link. The
// limits are WhatsApp's, as the server has them, which checks again.

import type { Details } from "../protocol.ts";

export const KINDS = ["place", "card", "buttons", "list", "link"] as const;
export type Kind = (typeof KINDS)[number];

/** What somebody filled in, whichever kind it is for. */
export interface Form {
  text: string;
  where: string;
  name: string;
  address: string;
  phone: string;
  email: string;
  organisation: string;
  /** Words on the button that opens a list or a page. */
  button: string;
  url: string;
  /** Buttons, or rows of a list. */
  rows: { title: string; description: string }[];
}
export const emptyForm = (text: string): Form => ({
  text,
  where: "",
  name: "",
  address: "",
  phone: "",
  email: "",
  organisation: "",
  button: "",
  url: "",
  rows: [{ title: "", description: "" }],
});

export type Wrong = "empty" | "long" | "where" | "phone" | "email" | "url" | "same";
export type Field = Exclude<keyof Form, "rows"> | `row-${number}`;
export interface Made {
  details: Details | { type: "contact_cards"; cards: object[] };
  text?: string;
}

const MAX = { body: 1024, list: 4096, words: 1000, button: 20, row: 24, small: 72, url: 2000 };
export const ROWS_MAX = { buttons: 3, list: 10 } as const;

/** What is sent, or what is wrong with which field. */
export function made(kind: Kind, given: Form): Made | { wrong: ReadonlyMap<Field, Wrong> } {
  const wrong = new Map<Field, Wrong>();
  const form = trimmed(given);
  const need = (field: Field, text: string, max: number) => {
    if (text === "") wrong.set(field, "empty");
    else may(field, text, max);
  };
  const may = (field: Field, text: string, max: number) => {
    if ([...text].length > max) wrong.set(field, "long");
  };
  const made = MAKERS[kind](form, { need, may, wrong });
  return wrong.size > 0 || made === undefined ? { wrong } : made;
}

interface Check {
  need: (field: Field, text: string, max: number) => void;
  may: (field: Field, text: string, max: number) => void;
  wrong: Map<Field, Wrong>;
}

const MAKERS: Record<Kind, (form: Form, check: Check) => Made | undefined> = {
  place: ({ where, name, address }, { need, may, wrong }) => {
    need("where", where, MAX.url);
    may("name", name, MAX.words);
    may("address", address, MAX.words);
    const place = placeIn(where);
    if (place === undefined) {
      if (where !== "") wrong.set("where", "where");
      return undefined;
    }
    return { details: { type: "location", ...place, ...filled({ name, address }) } };
  },
  card: ({ name, phone, email, organisation }, { need, may, wrong }) => {
    need("name", name, MAX.body);
    may("organisation", organisation, MAX.body);
    if (phone === "" && email === "") wrong.set("phone", "empty");
    const digits = phone.replace(/\D/g, "");
    if (phone !== "" && !/^\+[\d ().\/-]+$/.test(phone)) wrong.set("phone", "phone");
    else if (phone !== "" && (digits.length < 8 || digits.length > 15)) wrong.set("phone", "phone");
    if (email !== "" && !/^[^\s@]+@[^\s@]+\.[^\s@]+$/.test(email)) wrong.set("email", "email");
    const card = {
      ...filled({ name, organisation }),
      ...(phone === "" ? {} : { phones: [phone] }),
      ...(email === "" ? {} : { emails: [email] }),
    };
    return { details: { type: "contact_cards", cards: [card] } };
  },
  buttons: ({ text, rows }, check) => {
    check.need("text", text, MAX.body);
    const titles = titlesOf(rows, MAX.button, check);
    const buttons = titles.map((title, n) => ({ id: String(n + 1), title }));
    return { text, details: { type: "buttons", buttons } };
  },
  list: ({ text, button, rows }, check) => {
    check.need("text", text, MAX.list);
    check.need("button", button, MAX.button);
    titlesOf(rows, MAX.row, check);
    rows.forEach(({ description }, n) => check.may(`row-${n}`, description, MAX.small));
    const chosen = rows.filter(({ title }) => title !== "");
    const all = chosen.map(({ title, description }, n) => {
      return { id: String(n + 1), title, ...filled({ description }) };
    });
    return { text, details: { type: "list", button, sections: [{ rows: all }] } };
  },
  link: ({ text, button, url }, check) => {
    check.need("text", text, MAX.body);
    check.need("button", button, MAX.button);
    check.need("url", url, MAX.url);
    if (url !== "" && !isPage(url)) check.wrong.set("url", "url");
    return { text, details: { type: "link", title: button, url } };
  },
};

/** The titles that are filled in: at least one, and none twice. */
function titlesOf(rows: Form["rows"], max: number, { need, may, wrong }: Check): string[] {
  const titles: string[] = [];
  rows.forEach(({ title, description }, n) => {
    const field = `row-${n}` as const;
    if (title === "" && description !== "") wrong.set(field, "empty");
    if (title === "") return;
    may(field, title, max);
    if (titles.includes(title)) wrong.set(field, "same");
    titles.push(title);
  });
  if (titles.length === 0) need("row-0", "", max);
  return titles;
}

const isPage = (url: string) => /^https?:\/\/\S+$/i.test(url) && URL.canParse(url);

/** Two numbers, or a link of a map that names a place. */
export function placeIn(text: string): { latitude: number; longitude: number } | undefined {
  const pair = String.raw`(-?\d{1,3}(?:\.\d+)?)\s*[,;/ ]\s*(-?\d{1,3}(?:\.\d+)?)`;
  const ways = [
    new RegExp(`^${pair}$`),
    new RegExp(`[@=/]${pair}`),
    /mlat=(-?\d{1,3}(?:\.\d+)?)&mlon=(-?\d{1,3}(?:\.\d+)?)/,
    /!3d(-?\d{1,3}(?:\.\d+)?)!4d(-?\d{1,3}(?:\.\d+)?)/,
  ];
  const isLink = /^https?:\/\//.test(text);
  const plain = text.replaceAll("%2C", ",");
  for (const way of isLink ? [ways[3], ways[2], ways[1]] : [ways[0]]) {
    const found = way?.exec(plain);
    if (found === null || found === undefined) continue;
    const [latitude, longitude] = [Number(found[1]), Number(found[2])];
    if (Math.abs(latitude) <= 90 && Math.abs(longitude) <= 180) return { latitude, longitude };
  }
  return undefined;
}

function trimmed(form: Form): Form {
  const texts = Object.entries(form).map(([field, value]) => {
    return [field, typeof value === "string" ? value.trim() : value];
  });
  const rows = form.rows.map(({ title, description }) => {
    return { title: title.trim(), description: description.trim() };
  });
  return { ...(Object.fromEntries(texts) as Form), rows };
}

/** Without what was left blank. */
function filled<T extends Record<string, string>>(given: T): Partial<T> {
  return Object.fromEntries(Object.entries(given).filter(([, text]) => text !== "")) as Partial<T>;
}
