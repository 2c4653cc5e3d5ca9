/** Counts the uploads that one address runs at once [RL6]. */
import type { MiddlewareHandler } from "hono";
import { uploadsName } from "../../../durable-objects/limiter/model.ts";
import { hmacSha256, toHex, utf8 } from "../adapters/bytes.ts";
import { configurationOf } from "../adapters/configuration.ts";
import { uploadsOf } from "../usage/service.ts";
import { clientIpOf, networkOf } from "./client-ip.ts";
import type { AppContext, AppEnv } from "./plumbing.ts";
import { refused } from "./problem.ts";

/** A body of this size comes in one piece; it holds no place for long. */
const SMALL_BYTES = 10_240;
const HASH_BYTES = 16;
const ID_BYTES = 12;

/** Holds a place for the time of the request. Refusal: `too_many_uploads`. Without an address nothing is counted. */
export const oneUpload = (): MiddlewareHandler<AppEnv> => async (c, next) => {
  const ip = clientIpOf(c);
  if (ip === null || isSmall(c)) return next();
  const hash = await hmacSha256(configurationOf(c.env).tokenKey, utf8(`upload ${networkOf(ip)}`));
  const uploads = uploadsOf(c.env, uploadsName(toHex(hash.slice(0, HASH_BYTES))));
  // Not the request's id: the client may choose that, and one place would do for all its uploads.
  const lease = { v: 1, id: toHex(c.var.random(ID_BYTES)) } as const;
  // A limit of simultaneous requests protects; when it cannot be asked, it does not stand in the way.
  const begun = await uploads.beginUpload(lease).catch(() => true);
  if (!begun) return refused(c, { code: "too_many_uploads", retryAfterS: 1 });
  try {
    await next();
  } finally {
    await uploads.endUpload(lease).catch(() => {});
  }
  return undefined;
};

const isSmall = (c: AppContext): boolean => {
  const declared = c.req.header("content-length");
  return declared !== undefined && Number(declared) <= SMALL_BYTES;
};
