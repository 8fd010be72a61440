// Where the page is: the address bar, in one place.

import { type Place, pathOf, placeOf } from "./router.ts";

class Nav {
  place: Place = $state.raw(placeOf(location.pathname, location.search));

  start() {
    window.addEventListener("popstate", () => {
      this.place = placeOf(location.pathname, location.search);
    });
  }

  go(place: Place, how: "push" | "replace" = "push") {
    const path = pathOf(place);
    if (path !== location.pathname + location.search) {
      if (how === "push") history.pushState(null, "", path);
      else history.replaceState(null, "", path);
    }
    this.place = place;
  }
}

export const nav = new Nav();

/** A link that stays within the page; new tabs and windows are the browser's. */
export function follow(event: MouseEvent, place: Place) {
  if (event.ctrlKey || event.metaKey || event.shiftKey || event.button !== 0) return;
  event.preventDefault();
  nav.go(place);
}
