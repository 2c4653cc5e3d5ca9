/** Results as JSON Lines: one object per log, the result model plus `file`. */
import type { Result } from "../../model.ts";

/** One line, with its line break. */
export const jsonLineOf = (result: Result, file: string): string =>
  `${JSON.stringify({ file, ...result })}\n`;
