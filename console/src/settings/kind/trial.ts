// Rules that are tried: where a message is said, and whose names a dry run tells.

import type { Id } from "../../protocol.ts";

const ADDRESS =
  /(?:^|\/c\/|\/inbox\/[^/]+\/)([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:$|[/?#])/i;

/** The conversation whose address or id was pasted. */
export function conversationIn(text: string): Id | undefined {
  return ADDRESS.exec(text.trim())?.[1]?.toLowerCase();
}

/** The most conversations that are asked for by id at once. */
const NAMES_MAX = 100;

/** The conversations of a dry run whose customers are named, each once. */
export function namesWanted(
  rules: readonly { examples: readonly { conversation_id: Id }[] }[],
): Id[] {
  const all = rules.flatMap(({ examples }) => examples.map((one) => one.conversation_id));
  return [...new Set(all)].slice(0, NAMES_MAX);
}
