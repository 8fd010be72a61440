// The workspace's logo as this browser knows it: it is drawn before anybody signed in.

import type { Me } from "../protocol.ts";

const LOGO = "baton.logo";

/** Keeps where the logo is, or that there is none. */
export function keepLogo({ workspace, workspace_logo }: Me): void {
  try {
    if (workspace_logo === undefined) localStorage.removeItem(LOGO);
    else localStorage.setItem(LOGO, JSON.stringify([workspace, workspace_logo]));
  } catch {
    // The browser keeps nothing: the sign-in shows Baton's mark.
  }
}

/** Whether this is the address of a logo on this server. */
export const isLogo = (address: string): boolean => address.startsWith("/api/v1/logos/");

/** Where the logo of a workspace is, if this browser knows. */
export function logoOf(workspace: string): string | undefined {
  try {
    const [of, logo] = JSON.parse(localStorage.getItem(LOGO) ?? "[]") as unknown[];
    return of === workspace && typeof logo === "string" && isLogo(logo) ? logo : undefined;
  } catch {
    return undefined;
  }
}
