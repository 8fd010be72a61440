// Of the data set of emoji only what the page reads: groups, letters and names.
import type { Plugin } from "vite";

interface Group {
  slug: string;
  emojis: { emoji: string; name: string }[];
}

export function slimEmoji(): Plugin {
  return {
    name: "slim-emoji",
    enforce: "pre",
    transform(code, id) {
      if (!id.endsWith("unicode-emoji-json/data-by-group.json")) return null;
      const groups = JSON.parse(code) as Group[];
      const slim = groups.map(({ slug, emojis }) => {
        return { slug, emojis: emojis.map(({ emoji, name }) => ({ emoji, name })) };
      });
      return { code: JSON.stringify(slim), map: null };
    },
  };
}
