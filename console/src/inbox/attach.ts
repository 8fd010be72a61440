// Files to be sent: which WhatsApp takes, and what becomes a message.

import type { CommandBody, Id, Seen } from "../protocol.ts";

export type FileKind = "image" | "video" | "audio" | "document";

const MB = 1 << 20;
const OFFICE = "application/vnd.openxmlformats-officedocument";
/** As the server has it, which checks again. */
const TAKEN: Record<FileKind, { types: string[]; bytesMax: number }> = {
  image: { types: ["image/jpeg", "image/png"], bytesMax: 5 * MB },
  video: { types: ["video/mp4", "video/3gpp"], bytesMax: 16 * MB },
  audio: {
    types: ["audio/aac", "audio/amr", "audio/mpeg", "audio/mp4", "audio/ogg"],
    bytesMax: 16 * MB,
  },
  document: {
    types: [
      "text/plain",
      "application/pdf",
      "application/msword",
      `${OFFICE}.wordprocessingml.document`,
      "application/vnd.ms-excel",
      `${OFFICE}.spreadsheetml.sheet`,
      "application/vnd.ms-powerpoint",
      `${OFFICE}.presentationml.presentation`,
    ],
    bytesMax: 100 * MB,
  },
};
/** What a file dialog offers. */
export const ACCEPT = Object.values(TAKEN)
  .flatMap(({ types }) => types)
  .join(",");
const CAPTION_MAX = 1024;

/** What it is sent as, or why it cannot be. */
export type Judged =
  | { kind: FileKind }
  | { why: "type" | "empty" }
  | { why: "size"; bytesMax: number };

export function judge({ type, size }: { type: string; size: number }): Judged {
  const bare = (type.split(";")[0] ?? "").trim().toLowerCase();
  const kinds = Object.keys(TAKEN) as FileKind[];
  const kind = kinds.find((one) => TAKEN[one].types.includes(bare));
  if (kind === undefined) return { why: "type" };
  const { bytesMax } = TAKEN[kind];
  if (size === 0) return { why: "empty" };
  return size > bytesMax ? { why: "size", bytesMax } : { kind };
}

/** A file that WhatsApp has, and is not sent yet. */
export interface Ready {
  id: Id;
  kind: FileKind;
}

/**
 * The messages for a text and files: the text is the caption of the first file that can have one,
 * and a message of its own before the files where none can, or where it is too long.
 */
export function messages(
  text: string,
  files: Ready[],
  { seen, quoted }: { seen: Seen; quoted?: Id | undefined },
): CommandBody[] {
  const fits = [...text].length <= CAPTION_MAX;
  const captioned =
    text === "" || !fits ? undefined : files.find(({ kind }) => kind !== "audio")?.id;
  const of = ({ id }: Ready): CommandBody => ({
    type: "send",
    ...(id === captioned ? { text } : {}),
    details: { type: "file", upload: id },
    seen,
  });
  const all = files.map(of);
  if (text !== "" && captioned === undefined) all.unshift({ type: "reply", text, seen });
  const [first, ...rest] = all;
  if (first === undefined || quoted === undefined) return all;
  return [{ ...first, quoted } as CommandBody, ...rest];
}
