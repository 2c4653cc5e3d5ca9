/** ETag and If-Match: a change names the version it is based on [AP8]. */
import { z } from "zod";
import { done, refuse, type Result } from "../model.ts";
import type { AppContext } from "./plumbing.ts";

export const etagOf = (version: number): string => `"${version}"`;

/** For the declaration of routes that change something; missing is 428, not 422, so it is optional here. */
export const ifMatchHeader = z.object({
  "if-match": z.string().optional().describe("The ETag of what the change is based on."),
});

/**
 * The version the caller has read. Refusals: `precondition_required` without If-Match; `version_mismatch` when it is
 * none of our ETags: then it cannot be the current one.
 */
export function expectedVersion(c: AppContext): Result<number> {
  const given = c.req.header("if-match");
  if (given === undefined) return refuse("precondition_required");
  const [, digits] = /^"(\d{1,9})"$/.exec(given.trim()) ?? [];
  return digits === undefined ? refuse("version_mismatch") : done(Number(digits));
}
