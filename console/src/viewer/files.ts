// Which files of a conversation can be looked at where they stand, and in which order.

import { isRevoked } from "../inbox/amended.ts";
import { fileName } from "../inbox/shown.ts";
import type { CustomerFile, Line } from "../protocol.ts";

export type Look = "picture" | "video" | "pdf";

/** What a line's details say of its file. */
function toldOf({ content: { details } }: Line): { name?: string; media_type?: string } {
  return details?.type === "file" ? (details as { name?: string; media_type?: string }) : {};
}

/** The name of a document; other files have none that says anything. */
export function nameOf(line: Line): string | undefined {
  const { name } = toldOf(line);
  return name === undefined ? undefined : fileName(name);
}

/** What kind of file it is, as its name or its type says: "PDF", "DOCX". */
export function kindOf(line: Line): string | undefined {
  const ending = /\.([A-Za-z0-9]{1,5})$/.exec(nameOf(line) ?? "")?.[1];
  const bare = toldOf(line).media_type?.split(";")[0]?.trim() ?? "";
  const type = /^[a-z]+\/([a-z0-9]{1,5})$/i.exec(bare)?.[1];
  return (ending ?? type)?.toUpperCase();
}

/** How a file can be looked at here; none for those that can only be saved. */
export function lookOf(line: Line): Look | undefined {
  if (line.file?.state !== "stored" || line.content.erased === true || isRevoked(line))
    return undefined;
  if (line.kind === "image" || line.kind === "sticker") return "picture";
  if (line.kind === "video") return "video";
  if (line.kind !== "document") return undefined;
  if (line.file.picture !== undefined) return "picture";
  return kindOf(line) === "PDF" || toldOf(line).media_type?.startsWith("application/pdf") === true
    ? "pdf"
    : undefined;
}

/** All that can be looked at beside a file, oldest first, with the file itself. */
export function filesBeside(files: readonly CustomerFile[], file: CustomerFile): CustomerFile[] {
  const all = files.filter(({ line }) => lookOf(line) !== undefined);
  return all.some(({ line }) => line.id === file.line.id) ? all : [file];
}

/** Files that can be looked at or saved, the newest first. */
export function filesOf(lines: readonly Line[]): Line[] {
  const isHere = (line: Line) =>
    line.file?.state === "stored" &&
    line.content.erased !== true &&
    !isRevoked(line) &&
    line.kind !== "sticker";
  return lines.filter(isHere).reverse();
}

/** The next step of enlarging, or of making smaller again. */
export const zoomed = (zoom: number, by: 1 | -1): number =>
  Math.min(8, Math.max(1, by > 0 ? zoom * 1.5 : zoom / 1.5));
