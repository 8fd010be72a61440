// Ready rules: turned on in two taps, and changed as any other afterwards.

import type { RuleWords } from "../../messages/rules.ts";
import type { Values } from "./fields.ts";

export const PRESETS = ["acknowledge", "unanswered", "unassigned", "follow_up", "thanks"] as const;
export type Preset = (typeof PRESETS)[number];

/** The body of a ready rule, in somebody's language. */
export function bodyOf(preset: Preset, w: RuleWords): Values {
  const base = { name: w.presets[preset].name, enabled: true };
  switch (preset) {
    case "acknowledge":
      return {
        ...base,
        when: "message",
        if: [{ test: "owner", is: "queue" }],
        then: [{ do: "reply", text: w.texts.acknowledge }],
      };
    case "unanswered":
      return { ...base, when: "unanswered", after_min: 120, then: [{ do: "notify", whom: "owner" }] };
    case "unassigned":
      return { ...base, when: "unassigned", after_min: 10, then: [{ do: "notify", whom: "team" }] };
    case "follow_up":
      return {
        ...base,
        when: "idle",
        after_min: 480,
        once: "always",
        then: [{ do: "notify", whom: "owner" }],
      };
    case "thanks":
      return {
        ...base,
        when: "message",
        if: [{ test: "text", any_of: w.texts.thanks, exactly: true }],
        then: [{ do: "resolve" }],
        once: "always",
      };
  }
}
