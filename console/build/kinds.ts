// The declaration of settings as the console has it: src/settings/kind/kinds.ts is made of what a
// server answers to GET /settings/kinds. A journey compares both.

type Json = Record<string, unknown>;

/** A kind, as the server describes it. */
export interface KindInfo {
  kind: string;
  path: string;
  homes: string[];
  most: number;
  singleton: boolean;
  secret?: boolean;
  setters: { own: boolean; supervisors: boolean; roles: string[] };
  schema: Json;
}

const typesOf = (schema: Json): unknown[] => [schema["type"]].flat();

/** The values of a field that is one of several. */
function options(schema: Json): string[] | undefined {
  if (Array.isArray(schema["enum"])) return schema["enum"] as string[];
  const all = schema["oneOf"] as Json[] | undefined;
  const consts = all?.map((one) => one["const"]);
  return consts?.every((one) => typeof one === "string") ? (consts as string[]) : undefined;
}

/** Two minutes of a day. */
const isSpan = ({ minItems, maxItems, items }: Json) =>
  minItems === 2 && maxItems === 2 && (items as Json | undefined)?.["type"] === "integer";

function ofList(schema: Json): Json {
  if (isSpan(schema)) return { is: "span" };
  const items = (schema["items"] ?? {}) as Json;
  const most = { most: schema["maxItems"] };
  if (schema["x-of"] !== undefined) return { is: "names", of: schema["x-of"], ...most };
  const choices = options(items);
  if (choices !== undefined) return { is: "choices", options: choices, ...most };
  if (items["type"] === "string") return { is: "words", ...most };
  if (items["type"] === "object") return { is: "rows", parts: fieldsOf(items), ...most };
  if (Array.isArray(items["oneOf"]))
    return { is: "rows", ...variants(items["oneOf"] as Json[]), ...most };
  return { is: "own" };
}

/** Rows of several sorts: the field that tells which, and the fields of each. */
function variants(all: Json[]): Json {
  const of = (schema: Json) => schema["properties"] as Record<string, Json>;
  const [by = ""] =
    Object.entries(of(all[0] ?? {})).find(([, field]) => field["const"] !== undefined) ?? [];
  const sorts = all.map((schema) => {
    const { [by]: sort, ...rest } = of(schema);
    return [sort?.["const"], fieldsOf({ ...schema, properties: rest })];
  });
  return { by, sorts: Object.fromEntries(sorts) as Json };
}

function shape(schema: Json): Json {
  const types = typesOf(schema);
  const choices = options(schema);
  if (choices !== undefined) return { is: "choice", options: choices, or: schema["default"] };
  if (types.includes("array")) return ofList(schema);
  if (types.includes("boolean")) return { is: "switch" };
  if (types.includes("integer") || types.includes("number")) {
    return {
      is: "number",
      least: schema["minimum"],
      most: schema["maximum"],
      or: schema["default"],
    };
  }
  if (types.includes("object")) {
    const inner = schema["additionalProperties"] as Json | false | undefined;
    if (schema["properties"] !== undefined) return { is: "part", parts: fieldsOf(schema) };
    return inner && inner["type"] === "string" ? { is: "texts" } : { is: "own" };
  }
  if (schema["x-of"] !== undefined) return { is: "name", of: schema["x-of"] };
  if (schema["format"] === "uuid") return { is: "id" };
  return { is: schema["x-lines"] === undefined ? "text" : "lines", most: schema["maxLength"] };
}

/** The fields of a form, from the JSON Schema of what it sets. */
export function fieldsOf(schema: Json): Json {
  const needed = (schema["required"] ?? []) as string[];
  const all = Object.entries((schema["properties"] ?? {}) as Record<string, Json>);
  return Object.fromEntries(
    all.map(([name, of]) => {
      const field = {
        ...shape(of),
        lines: of["x-lines"],
        needed: needed.includes(name) || undefined,
        empty: typesOf(of).includes("null") || undefined,
        column: of["x-column"],
        once: of["x-once"],
        when: of["x-when"],
      };
      return [name, JSON.parse(JSON.stringify(field)) as Json];
    }),
  );
}

/** Kinds with pages of their own: filters of the inbox, and what stands in for templates of a number. */
const ELSEWHERE = new Set(["saved_view", "template_fallback"]);

/** The text of the module; a field stands on a line of its own. */
export function kindsModule(kinds: KindInfo[]): string {
  const one = ({ kind, path, homes, most, singleton, secret, setters, schema }: KindInfo) => {
    const fields = Object.entries(fieldsOf(schema)).map(
      ([name, field]) => `      ${name}: ${JSON.stringify(field)},`,
    );
    const told = JSON.stringify({ path, homes, most, singleton, secret }).slice(1, -1);
    const may = `    setters: ${JSON.stringify(setters)},`;
    return [`  ${kind}: {`, `    ${told},`, may, "    fields: {", ...fields, "    },", "  },"].join(
      "\n",
    );
  };
  return [
    "// Made of what a server declares, by build/kinds.ts; e2e/settings-kinds.spec.ts writes it anew",
    "// with BATON_WRITE=1, and fails where it is stale.",
    "",
    "export const KINDS = {",
    ...kinds.filter(({ kind }) => !ELSEWHERE.has(kind)).map(one),
    "} as const;",
    "",
  ].join("\n");
}
