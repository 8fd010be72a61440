// Why WhatsApp did not take a message, by Meta's number: what people do about it is the same for many.

export type Failure =
  | "token"
  | "permission"
  | "throttled"
  | "account"
  | "payment"
  | "name"
  | "unknown"
  | "content"
  | "file"
  | "template"
  | "recipient"
  | "window"
  | "marketing"
  | "other";

const CODES: [Failure, readonly number[]][] = [
  ["token", [0, 190]],
  ["permission", [3, 10, 131_005]],
  ["throttled", [4, 17, 80_007, 130_429, 131_056, 131_057, 133_004, 133_016]],
  ["account", [33, 368, 130_497, 131_031, 131_045, 131_048, 131_064, 133_010]],
  ["payment", [131_042]],
  ["name", [131_037]],
  ["unknown", [1, 2, 131_000, 131_016, 135_000]],
  ["file", [131_052, 131_053]],
  ["recipient", [131_021, 131_026, 131_030, 131_062, 137_000]],
  ["window", [131_047]],
  ["marketing", [130_472, 131_049, 131_050]],
  ["content", [100, 131_008, 131_009, 131_051]],
];
const BY_CODE = new Map(
  CODES.flatMap(([failure, codes]) => codes.map((code) => [code, failure] as const)),
);

export function failureOf(code: number): Failure {
  if (code >= 200 && code <= 299) return "permission";
  if (code >= 132_000 && code <= 132_999) return "template";
  if (code >= 133_000 && code <= 133_999) return BY_CODE.get(code) ?? "account";
  return BY_CODE.get(code) ?? "other";
}
