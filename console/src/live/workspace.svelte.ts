// Who and what there is in the workspace, as it was read last: oneself, colleagues, teams, numbers.

import type { Channel, Colleague, Id, Me, MeChange, SavedView, Team } from "../protocol.ts";
import { Fault, request } from "./api.ts";
import { keepLogo } from "./logo.ts";
import type { Scene } from "./store.ts";
import { Turns } from "./turns.ts";

/** What could not be read is asked for again after this time, ms. */
const AGAIN_MS = 3_000;

export class Workspace {
  me: Me | undefined = $state.raw();
  agents: ReadonlyMap<Id, Colleague> = $state.raw(new Map());
  teams: ReadonlyMap<Id, Team> = $state.raw(new Map());
  /** Before the teams are read, `teams` is empty too. */
  areTeamsRead = $state(false);
  channels: ReadonlyMap<Id, Channel> = $state.raw(new Map());
  /** Filters that are kept by name; a list of its own only where something changed. */
  views: readonly SavedView[] = $state.raw([]);
  /** Whether a number is connected; undefined until that is known. */
  hasNumber: boolean | undefined = $state();

  private readonly turns = new Turns();
  private isStopped = false;

  stop() {
    this.isStopped = true;
  }

  /** As it was when this browser was last closed, where nothing was read yet. */
  restore({ me, agents, teams, channels, views }: Scene) {
    this.me ??= me;
    if (this.agents.size === 0) this.agents = byId(agents);
    if (this.channels.size === 0) this.channels = byId(channels);
    if (this.views.length === 0) this.views = views;
    if (this.areTeamsRead) return;
    this.teams = byId(teams);
    this.areTeamsRead = true;
  }

  /** What is shown of it. */
  scene(): Pick<Scene, "me" | "agents" | "teams" | "channels" | "views"> {
    const { me, agents, teams, channels, views } = this;
    return {
      ...(me === undefined ? {} : { me }),
      agents: [...agents.values()],
      teams: [...teams.values()],
      channels: [...channels.values()],
      views,
    };
  }

  private setMe(me: Me) {
    this.me = me;
    keepLogo(me);
  }

  async readMe() {
    await this.once("me", async () => {
      this.setMe(await request<Me>("GET", "/me"));
    });
  }

  async readAgents() {
    await this.once("agents", async () => {
      this.agents = byId(await request<Colleague[]>("GET", "/agents"));
      this.setMe(await request<Me>("GET", "/me"));
    });
  }

  async readTeams() {
    await this.once("teams", async () => {
      this.teams = byId(await request<Team[]>("GET", "/teams"));
      this.areTeamsRead = true;
    });
  }

  async readChannels() {
    await this.once("channels", async () => {
      this.channels = byId(await request<Channel[]>("GET", "/channels"));
      this.hasNumber = this.channels.size > 0;
    });
  }

  async readViews() {
    await this.once("views", async () => {
      const views = await request<SavedView[]>("GET", "/saved-views");
      if (JSON.stringify(views) !== JSON.stringify(this.views)) this.views = views;
    });
  }

  async changeMe(change: MeChange): Promise<void> {
    this.setMe(await request<Me>("PATCH", "/me", change));
  }

  /** Changes a setting, and reads anew what it may have changed. */
  async set(method: "POST" | "PATCH" | "PUT" | "DELETE", path: string, body?: unknown) {
    await request<unknown>(method, path, body);
    const about = path.split("/")[1];
    if (about === "sessions" || about === "quarantine" || path.startsWith("/me/")) return;
    if (about === "meta-apps") return;
    if (about === "workspace") await this.readMe();
    else if (about === "channels") await this.readChannels();
    else await Promise.all([this.readAgents(), this.readTeams()]);
  }

  supervises(team: Id): boolean {
    const agent = this.me?.agent;
    if (agent?.role === "admin") return true;
    const isOver = agent?.teams.some((one) => one.team_id === team && one.kind === "supervisor");
    return agent?.role === "supervisor" && isOver === true;
  }

  /** What cannot be read is asked for again; where it is refused, what was read before stays. */
  private async once(name: string, read: () => Promise<void>): Promise<void> {
    await this.turns.take(name, async () => {
      if (this.isStopped) return;
      try {
        await read();
      } catch (error) {
        if (error instanceof Fault && error.status < 500 && error.status !== 429) return;
        setTimeout(() => void this.once(name, read), AGAIN_MS);
      }
    });
  }
}

function byId<T extends { id: Id }>(all: T[]): ReadonlyMap<Id, T> {
  return new Map(all.map((one) => [one.id, one]));
}
