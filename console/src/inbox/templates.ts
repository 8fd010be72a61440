// Templates: which blanks one has, what it says once they are filled, and the command's part.

import type { Details, Filling, Template } from "../protocol.ts";

/** A place in a template that the agent fills. */
export interface Blank {
  /** Unlike that of every other blank of the template. */
  key: string;
  where: "header" | "file" | "body" | "button";
  /** The variable's name or number; of a button its title. */
  name: string;
}

/** The variables of a text: numbers in order, names as they stand. */
export function variables(text: string): string[] {
  const names = [...new Set([...text.matchAll(/\{\{(.+?)\}\}/gu)].map(([, name]) => name ?? ""))];
  return isNumbered(names) ? names.sort((a, b) => Number(a) - Number(b)) : names;
}

function isNumbered(names: string[]): boolean {
  return names.every((name) => /^\d+$/u.test(name));
}

/** Everything that has to be filled, from top to bottom. */
export function blanks(template: Template): Blank[] {
  const { header, body, buttons = [] } = template;
  const of = (where: "header" | "body", text: string) =>
    variables(text).map((name): Blank => ({ key: `${where}:${name}`, where, name }));
  const above: Blank[] =
    header?.type === "file"
      ? [{ key: "file", where: "file", name: header.file }]
      : of("header", header?.type === "text" ? header.text : "");
  const below = buttons.flatMap((button, index): Blank[] =>
    isFilled(button) ? [{ key: `button:${index}`, where: "button", name: button.title }] : [],
  );
  return [...above, ...of("body", body), ...below];
}

type Button = NonNullable<Template["buttons"]>[number];

function isFilled(button: Button): boolean {
  return (
    button.kind === "copy_code" || (button.kind === "link" && (button.url ?? "").includes("{{"))
  );
}

/** Whether Baton can send it. */
export function isSendable(template: Template): boolean {
  return template.status === "approved" && template.header?.type !== "other" && !isDearer(template);
}

/** Whether Meta made it marketing since an admin named another to be sent then. */
function isDearer({ category, fallback }: Template): boolean {
  return fallback !== undefined && category === "marketing" && fallback.category !== "marketing";
}

/** Why it cannot be sent. */
export function whyNot(
  template: Template,
): Exclude<Template["status"], "approved"> | "marketing" | "other" {
  if (template.status !== "approved") return template.status;
  return isDearer(template) ? "marketing" : "other";
}

/** What the customer reads so far; blanks that nobody filled stay as they are. */
export function preview(template: Template, values: ReadonlyMap<string, string>): string {
  const filled = (where: "header" | "body", text: string) =>
    text.replaceAll(/\{\{(.+?)\}\}/gu, (blank, name: string) => {
      const value = values.get(`${where}:${name}`)?.trim() ?? "";
      return value === "" ? blank : value;
    });
  const { header, body, footer } = template;
  const above = header?.type === "text" ? filled("header", header.text) : undefined;
  return [above, filled("body", body), footer].filter((part) => part !== undefined).join("\n");
}

/** The command's part; undefined while a blank is empty. */
export function filledIn(
  template: Template,
  values: ReadonlyMap<string, string>,
): Extract<Details, { type: "template" }> | undefined {
  const value = (key: string) => values.get(key)?.trim() ?? "";
  if (blanks(template).some(({ key }) => value(key) === "")) return undefined;
  const { name, language, header, body, buttons = [] } = template;
  const of = (where: "header" | "body", text: string): Filling[] => {
    const names = variables(text);
    const has = (one: string) => (isNumbered(names) ? {} : { name: one });
    return names.map((one) => ({ ...has(one), text: value(`${where}:${one}`) }));
  };
  const above: Filling[] =
    header?.type === "file"
      ? [{ text: value("file"), file: header.file }]
      : of("header", header?.type === "text" ? header.text : "");
  const below = buttons.flatMap((button, index) =>
    isFilled(button)
      ? [{ index, kind: button.kind as "link" | "copy_code", text: value(`button:${index}`) }]
      : [],
  );
  return {
    type: "template",
    name,
    language,
    ...(above.length === 0 ? {} : { header: above }),
    body: of("body", body),
    ...(below.length === 0 ? {} : { buttons: below }),
  };
}

/** What is known of customer and agent, and may belong into a blank. */
export interface Known {
  name: string | null;
  /** Digits without `+`. */
  phone: string | null;
  agent: string;
}
export type Suggested = "name" | "first" | "phone" | "agent";
/** Names of variables that say what belongs there. A number says nothing. */
const MEANT: readonly (readonly [RegExp, Suggested])[] = [
  [/^(full_?name|customer(_?name)?)$/iu, "name"],
  [/^(first_?)?name$/iu, "first"],
  [/^(phone|mobile|number)(_?number)?$/iu, "phone"],
  [/^(agent|advis[eo]r|assistant)(_?name)?$/iu, "agent"],
];

/** What may belong into a blank, each once. */
export function suggestions(blank: Blank, known: Known): [Suggested, string][] {
  if (blank.where === "file" || blank.where === "button") return [];
  const name = known.name?.trim() ?? "";
  const all: [Suggested, string][] = [
    ["first", name.split(" ")[0] ?? ""],
    ["name", name],
    ["phone", known.phone === null ? "" : `+${known.phone}`],
    ["agent", known.agent],
  ];
  const values = new Set<string>();
  return all.filter(([, value]) => value !== "" && !values.has(value) && values.add(value));
}

/** What a blank is begun with: where its name says what belongs there. */
export function begun(template: Template, known: Known): Map<string, string> {
  const of = (blank: Blank): [string, string][] => {
    const meant = MEANT.find(([pattern]) => pattern.test(blank.name))?.[1];
    const all = suggestions(blank, known);
    const found = all.find(([kind]) => kind === meant || (meant === "name" && kind === "first"));
    return found === undefined ? [] : [[blank.key, found[1]]];
  };
  return new Map(blanks(template).flatMap(of));
}

/** Whether what fills one fills the other as well, so that it may stand in for it. */
export function takesTheSame(one: Template, other: Template): boolean {
  const keys = (of: Template) =>
    [
      ...blanks(of).map(({ key, name, where }) => (where === "file" ? `${key} ${name}` : key)),
      ...(of.buttons ?? []).flatMap(({ kind }, n) =>
        kind === "quick_reply" ? [`answer ${n}`] : [],
      ),
    ].sort();
  return keys(one).join("\n") === keys(other).join("\n");
}

/** A template that can be sent in place of one that cannot: that which an admin named, else of the same language and category, and
 * with as many blanks if there is one. */
export function alternative(of: Template, all: readonly Template[]): Template | undefined {
  const named = all.find(
    (one) => one.name === of.fallback?.name && one.language === of.fallback.language,
  );
  if (named !== undefined && isSendable(named)) return named;
  const same = all.filter(
    (one) => isSendable(one) && one.language === of.language && one.category === of.category,
  );
  const count = blanks(of).length;
  return same.find((one) => blanks(one).length === count) ?? same[0];
}
