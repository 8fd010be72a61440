// Which addresses are the console's own. The others are the server's: requests of programs, and
// files that somebody opens in a tab. For the service worker, which shares no code with the page.

const FIRST: readonly string[] = [
  "",
  "board",
  "c",
  "inbox",
  "join",
  "notices",
  "people",
  "reports",
  "review",
  "search",
  "settings",
  "sign-in",
  "welcome",
];

/** Whether the page answers there. */
export const isOfConsole = (path: string): boolean => FIRST.includes(path.split("/")[1] ?? "");
