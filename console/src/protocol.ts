// The wire as the console names it. `wire.ts` is made from the server's types; what the console
// knows beside them stands here.

import type { Colleague as NewColleague, LineRef, Upload as NewUpload } from "./wire.ts";

export type * from "./wire.ts";
export type {
  AnyValuePut as SettingPut,
  AnyValueSetting as Setting,
  Begin as BeginNew,
  ConversationView as View,
} from "./wire.ts";
export { CLOSE, SUBPROTOCOL } from "./wire.ts";

export type Seen = LineRef | null;

/** A field that servers of an earlier version leave out. */
type Since<T, Field extends keyof T> = Omit<T, Field> & Partial<Pick<T, Field>>;
export type Colleague = Since<NewColleague, "reach">;
export type Upload = Since<NewUpload, "conversation_id">;
