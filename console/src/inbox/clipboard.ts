// What a paste brings. A spreadsheet or a word processor copies its cells as text and as a picture
// of them: the text is meant. A screenshot has no text, and of copied files the text says their
// names alone.

export interface Pasted {
  files: ArrayLike<{ name: string }>;
  getData: (type: string) => string;
}

/** Whether the files are meant, and not the text beside them. */
export function bringsFiles(pasted: Pasted): boolean {
  const files = Array.from(pasted.files);
  if (files.length === 0) return false;
  const lines = pasted
    .getData("text/plain")
    .split(/[\r\n]+/)
    .filter((line) => line.trim() !== "");
  const names = new Set(files.map(({ name }) => name.normalize()));
  return lines.every((line) => names.has(lastOf(line.trim()).normalize()));
}

/** The name at the end of a path or of an address of a file. */
function lastOf(line: string): string {
  const last = line.split(/[/\\]/).at(-1) ?? "";
  if (!line.startsWith("file:")) return last;
  try {
    return decodeURIComponent(last);
  } catch {
    return last;
  }
}
