/** The address a request came from [RL3]. */
import type { AppContext } from "./plumbing.ts";

/** Cloudflare sets this header and drops what a client sent under its name; the local runtime does the same. */
const HEADER = "cf-connecting-ip";
const ADDRESS = /^[0-9a-f.:]{2,45}$/i;

export function clientIpOf(c: AppContext): string | null {
  const given = c.req.header(HEADER);
  return given !== undefined && ADDRESS.test(given) ? given : null;
}
