/** The version that workerd.ts was written against. */
import { readFileSync } from "node:fs";
import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { expect, test } from "vitest";
import { MINIFLARE_VERSION } from "./workerd.ts";

test("[LN5] the installed Miniflare is the one whose options this code knows", () => {
  const folder = dirname(createRequire(import.meta.url).resolve("miniflare/package.json"));
  const { version } = JSON.parse(readFileSync(join(folder, "package.json"), "utf8"));
  expect(version).toBe(MINIFLARE_VERSION);
});
