// Settings as they stand: the kinds that some page asked for, kept up to date by events.

import type { Event, Id, Setting, SettingPut } from "../protocol.ts";
import { request } from "./api.ts";
import { Turns } from "./turns.ts";

/** By id, in no order. */
export type Held = ReadonlyMap<Id, Setting>;

/** What could not be read again is asked for after this time, ms. */
const AGAIN_MS = 3_000;

export class Settings {
  private held: ReadonlyMap<string, Held> = $state.raw(new Map());
  /** The kinds that were asked for, and where each is read. */
  private readonly paths = new Map<string, string>();
  private readonly turns = new Turns();
  /** Kinds that are read again until they are here. */
  private readonly wanted = new Set<string>();
  private isStopped = false;

  /** `epoch` is the life of the database that is heard. */
  constructor(private readonly epoch: () => Id | undefined) {}

  stop() {
    this.isStopped = true;
  }

  /** Undefined until they are read. */
  of(kind: string): Held | undefined {
    return this.held.get(kind);
  }

  /** Reads all of a kind, and keeps them. */
  read(kind: string, path: string): Promise<void> {
    this.paths.set(kind, path);
    return this.turns.take(kind, async () => {
      const all = await request<Setting[]>("GET", `/${path}`);
      this.hold(kind, new Map(all.map((one) => [one.id, one])));
    });
  }

  /** Has all of a kind read, once somebody needs it, until it is here. */
  want(kind: string, path: string) {
    if (this.held.has(kind) || this.wanted.has(kind)) return;
    this.wanted.add(kind);
    this.readSoon(kind, path);
  }

  /** One of a kind, also where nobody has set it yet. */
  one(path: string, id: Id): Promise<Setting> {
    return request<Setting>("GET", `/${path}/${id}`);
  }

  /** What was held may be of another life, or of another sight. */
  again() {
    for (const [kind, path] of this.paths) this.readSoon(kind, path);
  }

  private readSoon(kind: string, path: string) {
    this.read(kind, path).catch(() => {
      if (!this.isStopped) setTimeout(() => this.readSoon(kind, path), AGAIN_MS);
    });
  }

  /** What one event tells. */
  told(event: Event & { type: "setting_changed" }) {
    const before = this.held.get(event.kind);
    const { setting_id: id, home, version, content } = event;
    if (home === undefined) {
      if (before?.has(id)) this.hold(event.kind, without(before, id));
      // Others may name it.
      this.again();
      return;
    }
    if (before === undefined) return;
    if (content === undefined || !("setting" in content)) return this.again();
    // Nothing new is set in vain: what was stays until it is taken away.
    const said = content.setting as Record<string, unknown>;
    const inVain = before.get(id)?.not_kept?.filter((field) => said[field] !== undefined) ?? [];
    this.keep({
      kind: event.kind,
      id,
      version,
      home,
      rank: event.rank,
      body: content.setting,
      ...(inVain.length > 0 ? { not_kept: inVain } : {}),
      changed_at: event.at,
      ...(event.actor.kind === "agent" ? { changed_by: event.actor.id } : {}),
    });
  }

  /** Takes over one that is newer. */
  private keep(setting: Setting) {
    const before = this.held.get(setting.kind);
    if (before === undefined || (before.get(setting.id)?.version ?? 0) >= setting.version) return;
    const after = setting.ended
      ? without(before, setting.id)
      : new Map(before).set(setting.id, setting);
    this.hold(setting.kind, after);
  }

  private hold(kind: string, settings: Held) {
    this.held = new Map(this.held).set(kind, settings);
  }

  /** Sets one that was seen in this version; 0 makes it. */
  async put(path: string, id: Id, put: SettingPut, version: number): Promise<Setting> {
    const seen = version === 0 ? { "if-none-match": "*" } : this.match(version);
    const after = await request<Setting>("PUT", `/${path}/${id}`, put, undefined, seen);
    this.keep(after);
    return after;
  }

  async end(path: string, id: Id, version: number, anyway: boolean): Promise<Setting> {
    const query = anyway ? "?anyway=true" : "";
    const seen = this.match(version);
    const after = await request<Setting>(
      "DELETE",
      `/${path}/${id}${query}`,
      undefined,
      undefined,
      seen,
    );
    this.keep(after);
    return after;
  }

  /** A version says nothing in another life of the database. */
  private match(version: number): Record<string, string> {
    const epoch = this.epoch();
    return { "if-match": epoch === undefined ? `"${version}"` : `"${epoch}:${version}"` };
  }
}

function without(held: Held, id: Id): Held {
  const rest = new Map(held);
  rest.delete(id);
  return rest;
}
