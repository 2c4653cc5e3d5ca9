/** The public keys by which others check our tokens [TK2]. */
import { configurationOf } from "../../adapters/configuration.ts";
import { createApp } from "../../http/plumbing.ts";
import { publicKeys } from "../service/signing.ts";
import { portsOf } from "./cookies.ts";

const CACHE = "public, max-age=300";

export const keySetRoutes = createApp();
keySetRoutes.get("/jwks.json", async (c) => {
  const keys = await publicKeys(portsOf(c));
  return c.json({ keys }, 200, { "cache-control": CACHE });
});
keySetRoutes.get("/openid-configuration", (c) => {
  const { issuer } = configurationOf(c.env);
  return c.json({ issuer, jwks_uri: `${issuer}/.well-known/jwks.json` }, 200, {
    "cache-control": CACHE,
  });
});
