// Requests to the server. Tokens travel in cookies that no script can read.

import { lines } from "./lines.ts";
import type {
  Id,
  InvitationAccept,
  InvitationCard,
  Login,
  PasswordForgotten,
  PasswordNew,
  Problem,
  Session,
} from "../protocol.ts";

/** The server answered that it did not do it. */
export class Fault extends Error {
  constructor(readonly problem: Problem) {
    super(problem.detail);
  }
  get status() {
    return this.problem.status;
  }
  get code() {
    return this.problem.code;
  }
}

/** Nobody answered: whether it was done is not known. */
export class Unreachable extends Error {}

const TIME_OUT_MS = 20_000;
const BASE = "/api/v1";

/** What this browser knows of its session; the tokens are not part of it. */
export interface Identity {
  workspace: string;
  device_id: Id;
  agent_id: Id;
  /** When the access token ends, ms. */
  expires_at: number;
}

const IDENTITY = "baton.session";
/** Where the browser keeps nothing: a page that is loaded anew asks to sign in again. */
let unkept: Identity | undefined;

export function identity(): Identity | undefined {
  try {
    const text = localStorage.getItem(IDENTITY);
    return text === null ? undefined : (JSON.parse(text) as Identity);
  } catch {
    return unkept;
  }
}

function remember(workspace: string, session: Session) {
  const kept: Identity = {
    workspace,
    device_id: session.device_id,
    agent_id: session.agent_id,
    expires_at: Date.parse(session.access_expires_at),
  };
  try {
    localStorage.setItem(IDENTITY, JSON.stringify(kept));
  } catch {
    unkept = kept;
  }
}

export function forgetIdentity() {
  unkept = undefined;
  try {
    localStorage.removeItem(IDENTITY);
  } catch {
    // Nothing was kept.
  }
}

export async function signIn(login: Login): Promise<void> {
  const session = await once<Session>("POST", "/sessions?cookie=true", login);
  remember(login.workspace, session);
}

/** What an invitation says to who has its link. */
export function readInvitation(secret: string): Promise<InvitationCard> {
  return once<InvitationCard>("POST", "/invitations/read", { secret });
}

/** Joins by an invitation, and is signed in. */
export async function acceptInvitation(accept: InvitationAccept, workspace: string): Promise<void> {
  const session = await once<Session>("POST", "/invitations/accept?cookie=true", accept);
  remember(workspace, session);
}

/** Asks for a letter with a link to a new password. The answer says nothing of who there is. */
export async function forgotPassword(asked: PasswordForgotten): Promise<void> {
  await once<void>("POST", "/passwords/forgotten", asked);
}

/** Sets a password by the link of a letter. */
export async function replacePassword(fresh: PasswordNew): Promise<void> {
  await once<void>("POST", "/passwords/new", fresh);
}

export async function signOut(): Promise<void> {
  const me = identity();
  if (me !== undefined) await request("DELETE", `/sessions/${me.device_id}`);
}

/** Asks; where the access token has ended, gets the next one and asks again. */
export async function request<T>(
  method: string,
  path: string,
  body?: unknown,
  time_out_ms = TIME_OUT_MS,
  headers: Record<string, string> = {},
): Promise<T> {
  const before = identity()?.expires_at;
  try {
    return await once<T>(method, path, body, time_out_ms, headers);
  } catch (error) {
    const isOver = error instanceof Fault && error.status === 401;
    if (!isOver || error.code === "device_revoked" || before === undefined) throw error;
    await refresh(before);
    return once<T>(method, path, body, time_out_ms, headers);
  }
}

/** One tab at a time: each refresh makes the token before it worthless. */
async function refresh(before: number): Promise<void> {
  const next = async () => {
    const me = identity();
    if (me === undefined || me.expires_at !== before) return;
    const body = { refresh_token: "", device_id: me.device_id };
    remember(me.workspace, await once<Session>("POST", "/sessions/refresh?cookie=true", body));
  };
  // Only pages of a secure origin have locks.
  const locks = navigator.locks as LockManager | undefined;
  await (locks === undefined ? next() : locks.request("baton.refresh", next));
}

/** Bytes go as they are, everything else as JSON. */
function carried(body: unknown, more: Record<string, string>) {
  if (body === undefined) return { headers: more };
  const headers = (kind: string) => ({ ...more, "content-type": kind });
  if (body instanceof Blob) return { body, headers: headers("application/octet-stream") };
  return { body: JSON.stringify(body), headers: headers("application/json") };
}

async function once<T>(
  method: string,
  path: string,
  body: unknown,
  time_out_ms = TIME_OUT_MS,
  headers: Record<string, string> = {},
): Promise<T> {
  let response: Response;
  try {
    response = await fetch(BASE + path, {
      method,
      credentials: "same-origin",
      cache: "no-store",
      signal: AbortSignal.timeout(time_out_ms),
      ...carried(body, headers),
    });
  } catch (error) {
    throw new Unreachable(String(error));
  }
  const text = await response.text().catch((error: unknown) => {
    throw new Unreachable(String(error));
  });
  if (response.ok) return (text === "" ? undefined : JSON.parse(text)) as T;
  throw faultOf(response.status, text);
}

/** Asks for something long, and tells each line of it as it comes. */
export async function tellLines<T>(
  method: string,
  path: string,
  tell: (line: T) => void,
  signal: AbortSignal,
): Promise<void> {
  // What follows cannot get itself another token.
  await request("GET", "/me");
  const response = await fetch(BASE + path, { method, credentials: "same-origin", signal }).catch(
    (error: unknown) => {
      throw new Unreachable(String(error));
    },
  );
  if (!response.ok) throw faultOf(response.status, await response.text());
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  for (let part = await reader?.read(); part?.done === false; part = await reader?.read()) {
    const told = lines(rest + part.value);
    rest = told.rest;
    for (const line of told.whole) tell(JSON.parse(line) as T);
  }
}

/** What a proxy answers in place of the server says nothing of what was done. */
function faultOf(status: number, text: string): Error {
  try {
    const problem = JSON.parse(text) as Partial<Problem>;
    if (typeof problem.code === "string") return new Fault({ status, ...problem } as Problem);
  } catch {
    // Not from the server.
  }
  return new Unreachable(`status ${status}`);
}
