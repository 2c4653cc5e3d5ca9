/** The command line against a running API: what a server explains, and how its refusals read. */
import { spawn } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { createServer, type IncomingMessage, type Server, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { text } from "node:stream/consumers";
import { afterAll, beforeAll, expect, test } from "vitest";
import { fakeEngine } from "../test/fakes/dispatcher.ts";
import { fakeBucket } from "../test/fakes/r2.ts";
import { openPlatform, post, setUp, type TestPlatform } from "../test/platform.ts";
import { analysesOperators } from "../workers/platform/analyses/operators.ts";

const BIN = join(import.meta.dirname, "edgewright.mjs");
const dir = mkdtempSync(join(tmpdir(), "edgewright-server-"));
const log = join(dir, "failed.log");
let platform: TestPlatform;
let server: Server;
let key: string;

beforeAll(async () => {
  writeFileSync(log, "step one\nsrc/a.c:12:5: error: 'x' undeclared\nmake: *** [a.o] Error 1\n");
  const engine = fakeEngine({
    env: () => platform.env,
    sql: () => platform.sql,
    now: () => platform.clock.now,
    operators: analysesOperators,
  });
  platform = await openPlatform({
    LOGS: fakeBucket().bucket,
    ARTIFACTS: fakeBucket().bucket,
    DISPATCHER: engine.namespace,
  });
  const owner = await setUp(platform);
  const made = await owner.send(
    "/api/v1/keys",
    post({ name: "cli", grants: ["analyses.write", "analyses.read"] }),
  );
  key = ((await made.json()) as { token: string }).token;
  // The API answers on a port; its own host name is that of the tests.
  server = createServer((request, response) => void answer(request, response));
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
});
async function answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
  const answered = await platform.send(request.url ?? "/", {
    method: request.method ?? "GET",
    headers: Object.entries(request.headers)
      .filter(([name]) => name !== "host")
      .map(([name, value]) => [name, String(value)]),
    ...(request.method === "GET" ? {} : { body: await text(request) }),
  });
  response.writeHead(answered.status, Object.fromEntries(answered.headers));
  response.end(await answered.text());
}

afterAll(async () => {
  server.close();
  await platform.close();
  rmSync(dir, { recursive: true, force: true });
});

const address = (): string => `http://127.0.0.1:${(server.address() as AddressInfo).port}`;

async function edgewright(args: readonly string[], apiKey: string) {
  const child = spawn(process.execPath, [BIN, "analyze", log, ...args], {
    env: { ...process.env, FORCE_COLOR: "0", EDGEWRIGHT_KEY: apiKey },
  });
  const [stdout, stderr, status] = await Promise.all([
    text(child.stdout),
    text(child.stderr),
    new Promise((resolve) => child.once("close", resolve)),
  ]);
  return { stdout, stderr, status };
}

test("[AP10] the typed client's analysis reads like the one of this machine, and stays on the server", async () => {
  const there = await edgewright(["--server", address()], key);
  const here = await edgewright([], "");
  expect([there.status, there.stderr]).toEqual([0, ""]);
  expect(there.stdout).toBe(here.stdout);
  const [row] = await platform.db.as("superuser")`select name, status from platform.analyses`;
  expect(row).toMatchObject({ name: log, status: "completed" });
});

test("[AP3] a refusal of the server is shown with its remedy, and exits 2", async () => {
  const { status, stderr } = await edgewright(["--server", address()], "ewk_wrong");
  expect(status).toBe(2);
  expect(stderr).toContain("No valid credential was sent.");
  expect(stderr).toContain("send an API key");
});

test("a server that is not there is named as such", async () => {
  const { status, stderr } = await edgewright(["--server", "http://127.0.0.1:9"], key);
  expect([status, /cannot be reached/.test(stderr)]).toEqual([2, true]);
});

test.each([
  [["--server", "not-an-address"], "k", "--server wants the address"],
  [["--server", "http://127.0.0.1:9"], "", "EDGEWRIGHT_KEY"],
  [["--server", "http://127.0.0.1:9", "--max-lines", "5"], "k", "--max-lines is for this machine"],
] as const)("%j with the key '%s' is wrong usage", async (args, apiKey, words) => {
  const { status, stderr } = await edgewright(args, apiKey);
  expect(status).toBe(2);
  expect(stderr).toContain(words);
});
