// The build: one page, hashed names, nothing inline, the same bytes for the same input.
import { svelte } from "@sveltejs/vite-plugin-svelte";
import { defineConfig } from "vitest/config";
import { listFiles } from "./build/list.ts";
import { slimEmoji } from "./build/slim.ts";
import { weighFirstLoad } from "./build/weigh.ts";

export default defineConfig(({ mode }) => ({
  plugins: [svelte(), slimEmoji(), listFiles(), weighFirstLoad()],
  // Component tests need the code for browsers.
  ...(mode === "test" ? { resolve: { conditions: ["browser"] } } : {}),
  build: {
    target: ["chrome111", "safari16.4", "firefox113"],
    // The page's policy allows no data: addresses, and a polyfill would be inline.
    assetsInlineLimit: 0,
    modulePreload: { polyfill: false },
    reportCompressedSize: false,
    sourcemap: false,
    rollupOptions: {
      input: { index: "index.html", "service-worker": "src/service-worker.ts" },
      output: {
        // Browsers ask for the worker under one name.
        entryFileNames: ({ name }) =>
          name === "service-worker" ? "[name].js" : "assets/[name]-[hash].js",
        // A worker that comes built is a script by its name, too.
        assetFileNames: ({ names }) =>
          names[0]?.endsWith(".mjs") === true
            ? "assets/[name]-[hash].js"
            : "assets/[name]-[hash][extname]",
      },
    },
  },
  server: {
    proxy: { "/api": { target: "http://127.0.0.1:8080", ws: true } },
  },
  test: {
    // A page for each file costs ten times what its tests take. Those that need one say so.
    environment: "node",
    // Files share their modules within a process: to read them anew took most of the time.
    isolate: false,
    include: ["src/**/*.test.ts"],
    // One test compiles; on a busy machine that takes its time.
    testTimeout: 240_000,
  },
}));
