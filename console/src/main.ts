import { mount } from "svelte";
import App from "./App.svelte";
import "./tokens.css";
import "./app.css";
import "./tokens-fallback.css";
import { deskHere } from "./live/session.svelte.ts";
import { nav } from "./nav.svelte.ts";
import { settings } from "./settings.svelte.ts";
import { clock } from "./ui/clock.svelte.ts";
import { guardComposing } from "./ui/composing.ts";
import { keepPage } from "./worker.ts";

const target = document.getElementById("app");
if (target === null) throw new Error("the page has no place for the app");
// Before any other listener.
guardComposing(window);
const [desk] = await Promise.all([deskHere(), settings.start()]);
nav.start();
clock.start();
mount(App, { target, props: { first: desk } });
keepPage();
