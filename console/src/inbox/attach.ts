// Files to be sent: which WhatsApp takes, and what becomes a message.

import type { CommandBody, Id, Seen } from "../protocol.ts";
import { LIMITS } from "../wire.ts";

/** A voice note is recorded here; a file of sound is never taken for one. */
export type FileKind = "image" | "video" | "audio" | "voice" | "document";
type Chosen = Exclude<FileKind, "voice">;

const MB = 1 << 20;
const OFFICE = "application/vnd.openxmlformats-officedocument";
/** As the server has it, which checks again. */
const TAKEN: Record<Chosen, { types: string[]; bytesMax: number }> = {
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
/** What browsers and phones call types that WhatsApp takes: its own name for each. */
const ALIASES: Record<string, string> = Object.fromEntries(
  Object.entries({
    "image/jpeg": ["image/jpg", "image/pjpeg", "image/jfif", "image/x-jpg"],
    "image/png": ["image/x-png"],
    "video/mp4": ["video/x-m4v", "video/m4v", "video/mp4v-es", "application/mp4"],
    "video/3gpp": ["video/3gp", "video/x-3gpp"],
    "audio/aac": [
      "audio/x-aac",
      "audio/aacp",
      "audio/vnd.dlna.adts",
      "audio/x-hx-aac-adts",
      "audio/adts",
    ],
    "audio/amr": ["audio/x-amr", "audio/amr-nb"],
    "audio/mpeg": [
      "audio/mp3",
      "audio/x-mp3",
      "audio/x-mpeg",
      "audio/mpeg3",
      "audio/x-mpeg-3",
      "audio/mpg",
      "audio/x-mpg",
      "audio/mpeg-layer3",
    ],
    "audio/mp4": [
      "audio/x-m4a",
      "audio/m4a",
      "audio/x-mp4",
      "audio/mp4a-latm",
      "audio/x-m4b",
      "audio/m4b",
    ],
    "audio/ogg": [
      "audio/x-ogg",
      "application/ogg",
      "audio/opus",
      "audio/x-opus+ogg",
      "audio/x-opus",
    ],
    "application/pdf": ["application/x-pdf", "application/acrobat", "text/pdf"],
    "application/msword": [
      "application/vnd.msword",
      "application/x-msword",
      "application/doc",
      "application/wps-office.doc",
      "application/haansoftdoc",
    ],
    [`${OFFICE}.wordprocessingml.document`]: [
      "application/docx",
      "application/wps-office.docx",
      "application/haansoftdocx",
    ],
    "application/vnd.ms-excel": [
      "application/msexcel",
      "application/x-msexcel",
      "application/excel",
      "application/x-excel",
      "application/x-ms-excel",
      "application/xls",
      "application/wps-office.xls",
      "application/haansoftxls",
    ],
    [`${OFFICE}.spreadsheetml.sheet`]: [
      "application/xlsx",
      "application/wps-office.xlsx",
      "application/haansoftxlsx",
    ],
    "application/vnd.ms-powerpoint": [
      "application/mspowerpoint",
      "application/x-mspowerpoint",
      "application/powerpoint",
      "application/ppt",
      "application/wps-office.ppt",
      "application/haansoftppt",
    ],
    [`${OFFICE}.presentationml.presentation`]: [
      "application/pptx",
      "application/wps-office.pptx",
      "application/haansoftpptx",
    ],
  }).flatMap(([name, others]) => others.map((other) => [other, name])),
);
/** By the end of its name, where the browser knows no type. */
const ENDINGS: Record<string, string> = {
  jpg: "image/jpeg",
  jpeg: "image/jpeg",
  png: "image/png",
  mp4: "video/mp4",
  m4v: "video/mp4",
  "3gp": "video/3gpp",
  aac: "audio/aac",
  amr: "audio/amr",
  mp3: "audio/mpeg",
  m4a: "audio/mp4",
  ogg: "audio/ogg",
  opus: "audio/ogg",
  txt: "text/plain",
  pdf: "application/pdf",
  doc: "application/msword",
  docx: `${OFFICE}.wordprocessingml.document`,
  xls: "application/vnd.ms-excel",
  xlsx: `${OFFICE}.spreadsheetml.sheet`,
  ppt: "application/vnd.ms-powerpoint",
  pptx: `${OFFICE}.presentationml.presentation`,
};
/** What a file dialog offers: types by all their names, and endings. */
export const ACCEPT = [
  ...Object.values(TAKEN).flatMap(({ types }) => types),
  ...Object.keys(ALIASES),
  ...Object.keys(ENDINGS).map((ending) => `.${ending}`),
].join(",");

/** What it is sent as, or why it cannot be. */
export type Judged =
  { kind: FileKind } | { why: "type" | "empty" } | { why: "size"; bytesMax: number };

/** What a browser knows of a file. */
export interface Known {
  type: string;
  size: number;
  name?: string;
}

/** Its type by WhatsApp's name, with its parameters. */
export function mediaType({ type, name = "" }: Pick<Known, "type" | "name">): string {
  const [first = "", ...parameters] = type.split(";");
  const bare = first.trim().toLowerCase();
  const ending = name.split(".").slice(1).pop()?.toLowerCase() ?? "";
  if (bare === "" || bare === "application/octet-stream") return ENDINGS[ending] ?? bare;
  return [ALIASES[bare] ?? bare, ...parameters].join(";");
}

export function judge(file: Known): Judged {
  const { size } = file;
  const bare = mediaType(file).split(";")[0] ?? "";
  const kinds = Object.keys(TAKEN) as Chosen[];
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
  const fits = [...text].length <= LIMITS.captionChars;
  const captioned =
    text === "" || !fits
      ? undefined
      : files.find(({ kind }) => kind !== "audio" && kind !== "voice")?.id;
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
