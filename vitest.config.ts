/** Which tests run in which world: one Vitest project per file suffix (see "Tests" in ARCHITECTURE.md). */
import { mkdirSync } from "node:fs";
import { cloudflareTest } from "@cloudflare/vitest-plugin";
import { configDefaults, defineConfig } from "vitest/config";
import { mutantFromEnvironment } from "./test/mutants/transform.ts";

// Wrangler speaks to the network and to a dashboard by default; a check does neither.
process.env["CLOUDFLARE_CF_FETCH_ENABLED"] = "false";
process.env["WRANGLER_SEND_METRICS"] = "false";
process.env["WRANGLER_HIDE_BANNER"] = "true";
// Miniflare refuses a Hyperdrive binding without an address. No workerd test may reach a database, so the port is closed.
process.env["CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_PG"] ??=
  "postgres://nobody:none@127.0.0.1:9/none";
// wrangler.toml names the console's build as its assets; the tests inside workerd need the folder, not the build.
mkdirSync("dist/console", { recursive: true });

/** Fixed keys of 32 bytes, for tests alone; the launcher draws real ones. */
const TEST_KEY = Buffer.alloc(32, 7).toString("base64url");
const TEST_BINDINGS = {
  ENVIRONMENT: "local",
  ISSUER: "http://localhost:8787",
  PUBLIC_HOSTS: "localhost:8787,example.com",
  VERSION: "0.0.0-test",
  KEK_PLATFORM: `v1:${TEST_KEY}`,
  KEK_ORG: `v1:${TEST_KEY}`,
  TOKEN_KEY: TEST_KEY,
  KEY_PEPPER: TEST_KEY,
  LAUNCHER_TOKEN: TEST_KEY,
  PLANE_TOKEN: TEST_KEY,
};

/** Files that start the product for a test or two; `npm test` leaves them to CI. */
const CI_BROWSER_FILES = ["docs", "huge-log", "sign-in-sites"].map(
  (name) => `test/browser/${name}.browser.ts`,
);
const EXCLUDED = [...configDefaults.exclude, "**/dist/**", "**/fixtures/**"];
/** Tests of the house itself: its rules, its shape, its mutants. They belong to the stage `check`. */
const HOUSE = ["test/architecture/**/*.test.ts", "test/mutants/**/*.test.ts"];
const OTHER_WORLDS = ["**/*.sim.test.ts", "**/*.workerd.test.ts", "**/*.pg.test.ts"];
const mutant = mutantFromEnvironment(process.env["MUTANT"]);
const plugins = mutant === null ? [] : [mutant];

export default defineConfig({
  test: {
    maxWorkers: 2,
    projects: [
      {
        plugins,
        test: {
          name: "core",
          include: ["**/*.test.ts", "**/*.test.tsx"],
          exclude: [...EXCLUDED, ...OTHER_WORLDS, ...HOUSE],
          // Files of this world hold no state, so they may share a process: starting one costs more than a file's tests.
          isolate: false,
          testTimeout: 20_000,
        },
      },
      { test: { name: "house", include: HOUSE, testTimeout: 60_000 } },
      {
        plugins,
        test: {
          name: "sim",
          include: ["**/*.sim.test.ts"],
          exclude: EXCLUDED,
          testTimeout: 600_000,
        },
      },
      {
        plugins: [
          ...plugins,
          cloudflareTest({
            wrangler: { configPath: "./wrangler.toml" },
            miniflare: { bindings: TEST_BINDINGS },
          }),
        ],
        test: {
          name: "workerd",
          include: ["**/*.workerd.test.ts"],
          exclude: EXCLUDED,
          testTimeout: 30_000,
          sequence: { groupOrder: 1 },
        },
      },
      {
        plugins,
        test: {
          name: "pg",
          include: ["**/*.pg.test.ts"],
          exclude: EXCLUDED,
          globalSetup: ["./test/postgres.ts"],
          testTimeout: 30_000,
          hookTimeout: 60_000,
          sequence: { groupOrder: 2 },
        },
      },
      { plugins, test: { ...launched("e2e", 3), testTimeout: 120_000 } },
      {
        plugins,
        test: {
          ...launched("browser", 4),
          exclude: [...EXCLUDED, ...(process.env["BROWSER"] === "short" ? CI_BROWSER_FILES : [])],
          testTimeout: 120_000,
        },
      },
      { plugins, test: { ...launched("kill", 5), testTimeout: 600_000 } },
    ],
  },
});

/** A world whose files each start the product: one after the other, or they would starve each other on two cores. */
function launched(name: "e2e" | "browser" | "kill", groupOrder: number) {
  return {
    name,
    include: [`**/*.${name}.ts`],
    exclude: EXCLUDED,
    fileParallelism: false,
    hookTimeout: 180_000,
    sequence: { groupOrder },
  };
}
