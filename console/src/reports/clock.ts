// By which clock times are measured: all hours, or those in which a schedule is open.

import type { Desk } from "../live/session.svelte.ts";
import { words } from "../messages/index.svelte.ts";
import { reportWords } from "../messages/reports.ts";
import type { Id } from "../protocol.ts";

interface Named {
  id: Id;
  name: string;
}

/** The schedules that can be chosen: those of the workspace and of teams. */
export function schedulesOf(desk: Pick<Desk, "settings">): Named[] {
  const all = [...(desk.settings.of("schedule")?.values() ?? [])].filter(
    (one) => !one.ended && one.home.kind !== "agent",
  );
  return all.map((one) => ({
    id: one.id,
    name: (one.body as { name?: string } | null)?.name ?? "…",
  }));
}

export function clockName(schedules: readonly Named[], hours: Id | undefined): string {
  const r = reportWords[words.language];
  if (hours === undefined) return r.wall;
  return r.openHours(schedules.find((one) => one.id === hours)?.name ?? "…");
}
