// Places and contact cards: what can be done with them.

import type { Line } from "../protocol.ts";
import { isRevoked } from "./amended.ts";

/** A contact card that was sent. A page of an earlier day may hold lines without some of it. */
export interface Card {
  name?: string;
  organisation?: string;
  phones?: string[];
  emails?: string[];
  addresses?: string[];
  urls?: string[];
  birthday?: string;
}

/** Its cards; none of another kind, or where they were erased or taken back. */
export function cardsOf(line: Line): Card[] {
  const { details, erased } = line.content;
  if (details?.type !== "contact_cards" || erased === true || isRevoked(line)) return [];
  const { cards } = details as { cards?: unknown };
  return Array.isArray(cards) ? (cards as Card[]) : [];
}

/** Where a place stands on a map. Nothing asks for it before somebody follows the link. */
export function mapOf(line: Line): string | undefined {
  const { details, erased } = line.content;
  if (details?.type !== "location" || erased === true || isRevoked(line)) return undefined;
  const { latitude, longitude } = details;
  if (!Number.isFinite(latitude) || !Number.isFinite(longitude)) return undefined;
  const [north, east] = [latitude.toFixed(6), longitude.toFixed(6)];
  return `https://www.openstreetmap.org/?mlat=${north}&mlon=${east}#map=17/${north}/${east}`;
}

/** An address that a mail program may be asked for; a card may hold anything. */
export const mailTo = (address: string): string | undefined =>
  /^[^\s@<>"?&]{1,64}@[A-Za-z0-9.-]{1,255}$/.test(address) ? `mailto:${address}` : undefined;
