// Saves the file of a line under its name.

import type { Desk } from "../live/session.svelte.ts";
import type { FileAddress, Id, Line } from "../protocol.ts";
import { faultText } from "../settings/fault.ts";

/** Why it could not be saved; nothing where the browser has it. */
export async function saveFile(
  desk: Desk,
  conversation: Id,
  line: Line,
): Promise<string | undefined> {
  try {
    const path = `/conversations/${conversation}/messages/${line.id}/file`;
    const found = await desk.ask<FileAddress>(path);
    const link = document.createElement("a");
    link.href = found.url;
    link.download = found.name ?? "";
    link.click();
    return undefined;
  } catch (fault) {
    return faultText(fault);
  }
}
