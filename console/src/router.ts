// Addresses to places and back. What a colleague could be sent stands in the address.

export type Place =
  | { at: "sign-in" }
  | { at: "inbox"; view: string; conversation: string | undefined }
  | { at: "link"; conversation: string }
  | { at: "unknown" };

const ID = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;
const VIEW = /^(mine|late|snoozed|open|team-[0-9a-f-]{36})$/;

export function placeOf(path: string): Place {
  const [first, second, third, ...rest] = path.split("/").filter((part) => part !== "");
  if (rest.length > 0) return { at: "unknown" };
  if (first === undefined) return { at: "inbox", view: "mine", conversation: undefined };
  if (first === "sign-in" && second === undefined) return { at: "sign-in" };
  if (first === "c" && ID.test(second ?? "") && third === undefined) {
    return { at: "link", conversation: second ?? "" };
  }
  if (first !== "inbox") return { at: "unknown" };
  const view = second ?? "mine";
  const isThere = VIEW.test(view) && (third === undefined || ID.test(third));
  return isThere ? { at: "inbox", view, conversation: third } : { at: "unknown" };
}

export function pathOf(place: Place): string {
  switch (place.at) {
    case "sign-in":
      return "/sign-in";
    case "link":
      return `/c/${place.conversation}`;
    case "inbox": {
      const { view, conversation } = place;
      return conversation === undefined ? `/inbox/${view}` : `/inbox/${view}/${conversation}`;
    }
    case "unknown":
      return "/";
  }
}
