/** What children inherit. */
import { afterEach, expect, test } from "vitest";
import { OFFLINE, childEnvironment } from "./environment.ts";

afterEach(() => Reflect.deleteProperty(process.env, "EDGEWRIGHT_SOMEONES_SECRET"));

test("[LN9] a child gets the allowed names and what is added, nothing else of the user's shell", () => {
  process.env["EDGEWRIGHT_SOMEONES_SECRET"] = "s3cret";
  const env = childEnvironment({ ADDED: "1" });
  expect(env["EDGEWRIGHT_SOMEONES_SECRET"]).toBeUndefined();
  expect(env).toMatchObject({ ADDED: "1", TZ: "UTC", PATH: process.env["PATH"] });
});

test("[LN9] tools are told to stay offline and to read no stray .env file", () => {
  expect(OFFLINE).toMatchObject({
    CLOUDFLARE_CF_FETCH_ENABLED: "false",
    WRANGLER_SEND_METRICS: "false",
    WRANGLER_HIDE_BANNER: "true",
    CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV: "false",
  });
});
