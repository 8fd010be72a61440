/** The key that commands begin with, as it stands on this keyboard. */
export const isMac = /^(Mac|iP)/.test(navigator.platform);
export const MOD = isMac ? "⌘" : "Ctrl";
