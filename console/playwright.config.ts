// Journeys in the system's Chromium, against the real server and the simulator.
import { defineConfig } from "@playwright/test";

const isRoot = process.getuid?.() === 0;
/** The core is played in every test run, the others where there is time. */
const isAll = process.env["BATON_JOURNEYS"] === "all";

export default defineConfig({
  testDir: "e2e",
  outputDir: "e2e/.out/results",
  // Each journey has a server of its own, and waits for others more than it works.
  fullyParallel: true,
  workers: 2,
  ...(isAll ? {} : { grepInvert: /@long/ }),
  retries: 0,
  // Bounds for a machine that has a lot else to do; nothing waits for them.
  timeout: 180_000,
  expect: { timeout: 60_000 },
  reporter: [["list"]],
  use: {
    launchOptions: {
      executablePath: process.env["BATON_CHROMIUM"] ?? "/usr/bin/chromium",
      args: [
        ...(isRoot ? ["--no-sandbox"] : []),
        // A microphone that hums, and a page that may listen to it.
        "--use-fake-device-for-media-stream",
        "--use-fake-ui-for-media-stream",
      ],
    },
    locale: "en-GB",
    timezoneId: "Europe/Madrid",
    viewport: { width: 1440, height: 900 },
    contextOptions: { reducedMotion: "reduce" },
    serviceWorkers: "block",
    trace: "off",
  },
});
