// Puts a text into the clipboard, and says so.

import { words } from "../messages/index.svelte.ts";
import { toasts } from "../ui/toast.svelte.ts";

export async function copy(text: string): Promise<void> {
  // Only pages of a secure origin have a clipboard.
  const clipboard = navigator.clipboard as Clipboard | undefined;
  const done = clipboard?.writeText(text) ?? Promise.reject(new Error("no clipboard"));
  await done.then(
    () => toasts.show(words.t.act.copied),
    () => toasts.show(words.t.act.notCopied),
  );
}
