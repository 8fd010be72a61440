// Files that are dropped beside every place that takes them: the browser would open them in place of
// the page, and what was typed would be gone.

/** Says of a file that is dragged or dropped that this page takes care of it. */
export function refuseFiles(event: DragEvent) {
  const { dataTransfer, target } = event;
  if (dataTransfer?.types.includes("Files") !== true) return;
  // A field for files takes them by itself.
  if (target instanceof HTMLInputElement && target.type === "file") return;
  event.preventDefault();
}
