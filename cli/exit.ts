/** Exit codes of the command line; scripts rely on them. */

/** `found`: a cause was found in every log; `none`: in at least one there was none. */
export const EXIT = { found: 0, fault: 1, usage: 2, none: 3 } as const;
