// A conversation that is opened by a click or Enter is answered next: its text gets the focus.
// Keys that come before it is drawn are of that text, and command nothing.

import type { Id } from "../protocol.ts";

/** On a touch screen the focus would bring up a keyboard over half of the page. */
const isTouched = () => matchMedia("(pointer: coarse)").matches;

class Answering {
  /** The conversation whose text is to have the focus. */
  wanted: Id | undefined = $state();
  private typed = "";

  ask(conversation: Id) {
    this.wanted = isTouched() ? undefined : conversation;
    this.typed = "";
  }

  /** Keeps a key for the text that comes; whether one comes. */
  takes(key: string): boolean {
    if (this.wanted === undefined || [...key].length !== 1) return false;
    this.typed += key;
    return true;
  }

  /** The text of this conversation is there: what was typed for it. */
  arrive(conversation: Id): string | undefined {
    if (this.wanted !== conversation) return undefined;
    const { typed } = this;
    this.end(conversation);
    return typed;
  }

  /** No text comes for it, or another way was taken to move on. */
  end(conversation = this.wanted) {
    if (this.wanted !== conversation) return;
    this.wanted = undefined;
    this.typed = "";
  }
}

export const answering = new Answering();
