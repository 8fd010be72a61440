// A message that is tried on rules: where it is said.

import type { Id } from "../../protocol.ts";

const ADDRESS = /(?:^|\/c\/|\/inbox\/[^/]+\/)([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})(?:$|[/?#])/i;

/** The conversation whose address or id was pasted. */
export function conversationIn(text: string): Id | undefined {
  return ADDRESS.exec(text.trim())?.[1]?.toLowerCase();
}
