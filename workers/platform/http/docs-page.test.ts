/** The page of the API reference: what it loads, and what it may not. */
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { ORIGIN, SETTINGS } from "../../../test/platform.ts";
import { createPlatform, WORKER_PORTS } from "../app.ts";
import { REFERENCE_VERSION } from "./docs-page.ts";

const app = createPlatform({
  ...WORKER_PORTS,
  sql: () => ({ transaction: () => Promise.reject(new Error("not asked")) }),
});

test("[AP1] the page names the script of the installed version, which the console's build carries", () => {
  const installed: unknown = JSON.parse(
    readFileSync("node_modules/@scalar/api-reference/package.json", "utf8"),
  );
  expect(installed).toMatchObject({ version: REFERENCE_VERSION });
});

test("[AP11] the reference runs scripts of this origin only and calls nobody else", async () => {
  const answer = await app.request(`${ORIGIN}/docs`, {}, SETTINGS as unknown as Env);
  const policy = answer.headers.get("content-security-policy") ?? "";
  expect(policy).toContain("script-src 'self';");
  expect(policy).toContain("connect-src 'self';");
  expect(policy).not.toMatch(/https?:|\*|unsafe-eval/);
  const page = await answer.text();
  expect([...page.matchAll(/(?:src|href)="([^"]*)"/g)].map(([, link]) => link)).toEqual([
    "/api/v1/openapi.json",
    `/assets/api-reference-${REFERENCE_VERSION}.js`,
  ]);
  expect(page).toContain("&quot;telemetry&quot;:false");
});
