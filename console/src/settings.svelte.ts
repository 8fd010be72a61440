// What is only of this browser: theme, language, keys.

import { LANGUAGES, type Language, spoken, words } from "./messages/index.svelte.ts";

export type Theme = "system" | "light" | "dark";

function read(key: string): string | undefined {
  try {
    return localStorage.getItem(key) ?? undefined;
  } catch {
    return undefined;
  }
}

function write(key: string, value: string | undefined) {
  try {
    if (value === undefined) localStorage.removeItem(key);
    else localStorage.setItem(key, value);
  } catch {
    // It holds until the page is closed.
  }
}

class Settings {
  theme: Theme = $state("system");
  /** As the browser, when it is not set. */
  language: Language | undefined = $state();
  /** Whether single letters do something. */
  hasKeys = $state(true);
  /** Whether it rings when something concerns the agent. */
  hasSound = $state(true);
  /** Whether that is shown on the desktop while the page is out of sight. */
  hasDesktop = $state(false);

  /** Whether Enter alone sends a reply; the line breaks with Shift then. */
  entersSend = $state(false);

  async start() {
    this.entersSend = read("baton.enter") === "send";
    this.hasKeys = read("baton.keys") !== "off";
    this.hasSound = read("baton.sound") !== "off";
    this.hasDesktop = read("baton.desktop") === "on";
    const theme = read("baton.theme");
    if (theme === "light" || theme === "dark") this.setTheme(theme);
    const language = read("baton.language");
    if (language !== undefined && language in LANGUAGES) this.language = language as Language;
    await this.speak();
  }

  setTheme(theme: Theme) {
    this.theme = theme;
    const { documentElement: root } = document;
    if (theme === "system") delete root.dataset["theme"];
    else root.dataset["theme"] = theme;
    write("baton.theme", theme === "system" ? undefined : theme);
  }

  setKeys(hasKeys: boolean) {
    this.hasKeys = hasKeys;
    write("baton.keys", hasKeys ? undefined : "off");
  }

  setEnter(sends: boolean) {
    this.entersSend = sends;
    write("baton.enter", sends ? "send" : undefined);
  }

  setSound(hasSound: boolean) {
    this.hasSound = hasSound;
    write("baton.sound", hasSound ? undefined : "off");
  }

  /** Asks the browser, where it may be asked; false where it forbids. */
  async setDesktop(hasDesktop: boolean): Promise<boolean> {
    const may = !hasDesktop || (await Notification.requestPermission()) === "granted";
    this.hasDesktop = hasDesktop && may;
    write("baton.desktop", this.hasDesktop ? "on" : undefined);
    return may;
  }

  async setLanguage(language: Language | undefined) {
    this.language = language;
    write("baton.language", language);
    await this.speak();
  }

  private async speak() {
    await words.use(this.language ?? spoken(navigator.languages)).catch(() => words.use("en"));
  }
}

export const settings = new Settings();
