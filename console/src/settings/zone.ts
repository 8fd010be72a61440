import type { Desk } from "../live/session.svelte.ts";

/** The workspace's time zone, where it has one. */
export function zoneOf(desk: Pick<Desk, "settings">): string | undefined {
  const policies = [...(desk.settings.of("workspace_policy")?.values() ?? [])];
  const policy = policies.find((one) => !one.ended);
  return (policy?.body as { time_zone?: string } | null | undefined)?.time_zone;
}
