// What a key means on the page, before the letters of the open conversation. No I/O.

/** A key that was pressed, and where. */
export interface Pressed {
  key: string;
  isCtrl: boolean;
  isAlt: boolean;
  /** In a text field, a dialog or a menu. */
  isTaken: boolean;
}

/** The page as it is then. */
export interface Here {
  /** Something lies over the page. */
  isCovered: boolean;
  /** A text opens that has the next letters. */
  isAwaited: boolean;
  hasKeys: boolean;
  isChoosing: boolean;
  /** The sections, by the letter that leads to each after g. */
  sections: readonly string[];
}

export type Meaning =
  | "palette"
  /** Nothing of the page's: the browser has it. */
  | "theirs"
  /** Nothing that the page knows. */
  | "nothing"
  /** A letter of the text that opens. */
  | "text"
  /** The chosen rows are let go. */
  | "clear"
  /** A letter that the page knows, or not. */
  | "letter"
  /** The section with this letter. */
  | { section: string };

export class Keys {
  private isGoing = false;

  /** The next letter leads to a section. */
  goes() {
    this.isGoing = true;
  }

  meaning({ key, isCtrl, isAlt, isTaken }: Pressed, here: Here): Meaning {
    if (key.toLowerCase() === "k" && isCtrl) return "palette";
    if (isTaken || isCtrl || isAlt) return "theirs";
    // What is typed is for what opens.
    if (here.isCovered) return "theirs";
    if (here.isAwaited && [...key].length === 1) return "text";
    if (!here.hasKeys && key !== "Escape") return "nothing";
    if (this.isGoing) {
      this.isGoing = false;
      return here.sections.includes(key) ? { section: key } : "nothing";
    }
    return key === "Escape" && here.isChoosing ? "clear" : "letter";
  }
}
