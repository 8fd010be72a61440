// Kinds with an editor of their own for some fields; the others are drawn from the declaration.

import type { Component } from "svelte";
import type { SettingKind, Values } from "./fields.ts";
import Week from "./Week.svelte";

export interface Editor {
  values: Values;
  faults: Readonly<Record<string, string>>;
  disabled: boolean;
  onset: (field: string, value: unknown) => void;
}

export const EDITORS: Partial<
  Record<SettingKind, { draws: readonly string[]; with: Component<Editor> }>
> = {
  schedule: { draws: ["week", "days"], with: Week },
};
