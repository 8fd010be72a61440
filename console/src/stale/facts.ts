// What a reply did not know, and how that is said.

import * as format from "../format.ts";
import type { Question } from "../inbox/question.ts";
import { agent, first } from "../inbox/words.ts";
import type { Held } from "../live/held.ts";
import { missed } from "../live/outbox.ts";
import type { Desk } from "../live/session.svelte.ts";
import { words } from "../messages/index.svelte.ts";
import type { Id, Line } from "../protocol.ts";

export const linesOf = (held: Held | undefined): Line[] =>
  held?.level === "full" ? (held.lines?.lines ?? []) : [];

export function missedBy({ command, told, replaces }: Question, held: Held | undefined): Line[] {
  return missed(command, told, linesOf(held)).filter((line) => line.id !== replaces);
}

export function titleOf(desk: Desk, all: Line[], held: Held | undefined): string {
  const { stale } = words.t;
  const agents = new Set<Id>();
  for (const { author } of all) if (author.kind === "agent") agents.add(author.id);
  const names = format.list(
    words.locale,
    [...agents].map((id) => agent(desk, id)),
  );
  if (names === "") return stale.customer(first(held));
  const isBoth = all.some(({ author }) => author.kind === "customer");
  return isBoth ? stale.both(names, first(held)) : stale.colleague(names);
}
