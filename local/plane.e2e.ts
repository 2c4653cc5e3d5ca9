/** A plane with a Worker of the test's own: what the supervisor relies on in workerd and Miniflare. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, expect, test } from "vitest";
import { startPlane, type PlaneEvents, type PlaneProcess } from "./plane-process.ts";
import type { PlaneStart } from "./plane-protocol.ts";
import { freePort } from "./ports.ts";
import { alive, childrenOf, gone } from "./process.ts";

const ROOT = join(import.meta.dirname, "..");

const WORKER = `
import { DurableObject } from "cloudflare:workers";
export class Counter extends DurableObject {
  async add() { const n = ((await this.ctx.storage.get("n")) ?? 0) + 1; await this.ctx.storage.put("n", n); return n; }
}
export default {
  async fetch(request, env) {
    const { pathname } = new URL(request.url);
    if (pathname === "/count") return Response.json(await env.COUNTER.getByName("a").add());
    if (pathname === "/variables") return Response.json({ FROM_FILE: env.FROM_FILE, FROM_LAUNCHER: env.FROM_LAUNCHER });
    if (pathname === "/slow") { await scheduler.wait(1_500); return new Response("done"); }
    return new Response("up");
  },
  scheduled(event) { console.log(JSON.stringify({ message: "cron", cron: event.cron, at: event.scheduledTime })); },
};`;

const CONFIG = `
name = "edgewright-test"
main = "index.js"
compatibility_date = "2026-10-23"
migrations = [{ tag = "v1", new_sqlite_classes = ["Counter"] }]
durable_objects.bindings = [{ name = "COUNTER", class_name = "Counter" }]
triggers.crons = ["7 3 * * *"]
[vars]
FROM_FILE = "file"
FROM_LAUNCHER = "file"
`;

let folder: string;
let start: PlaneStart;
let planes: PlaneProcess[] = [];

beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), "edgewright-plane-"));
  for (const name of ["bundle", "persist", "tmp"]) mkdirSync(join(folder, name));
  writeFileSync(join(folder, "bundle/index.js"), WORKER);
  writeFileSync(join(folder, "wrangler.toml"), CONFIG);
  start = {
    type: "start",
    worker: {
      name: "edgewright-test",
      config: join(folder, "wrangler.toml"),
      bundle: join(folder, "bundle"),
      bindings: { FROM_LAUNCHER: "launcher" },
      hyperdrive: {},
    },
    host: "127.0.0.1",
    port: await freePort("127.0.0.1"),
    persist: join(folder, "persist"),
    tmp: join(folder, "tmp"),
    log: join(folder, "plane.log"),
  };
});
afterEach(async () => {
  await Promise.all(planes.map((plane) => plane.kill()));
  planes = [];
});
afterAll(() => rmSync(folder, { recursive: true, force: true }));

async function open(events: Partial<PlaneEvents> = {}): Promise<PlaneProcess> {
  const plane = await startPlane(
    ROOT,
    start,
    { onLog: () => {}, onRestart: () => {}, ...events },
    () => {},
  );
  planes.push(plane);
  return plane;
}

const get = async (path: string): Promise<string> =>
  (await fetch(`http://127.0.0.1:${start.port}${path}`)).text();
const workerdOf = (plane: PlaneProcess) => {
  const found = childrenOf(plane.process.pid).find(({ executable }) =>
    executable.endsWith("workerd"),
  );
  if (found === undefined) throw new Error("no workerd");
  return found;
};

test("[LN11] requests in flight are answered before a plane ends, new ones are not taken", async () => {
  const plane = await open();
  const slow = get("/slow");
  await new Promise((resolve) => setTimeout(resolve, 200));
  const stopped = plane.stop(5_000);
  await new Promise((resolve) => setTimeout(resolve, 300));
  await expect(get("/")).rejects.toThrow();
  expect(await slow).toBe("done");
  await stopped;
  expect(plane.lives()).toBe(false);
});

test("[LN6] the launcher's bindings win over the file's, and data is still there after the next start", async () => {
  const plane = await open();
  expect(JSON.parse(await get("/variables"))).toEqual({
    FROM_FILE: "file",
    FROM_LAUNCHER: "launcher",
  });
  const before = Number(await get("/count"));
  await plane.stop(1_000);
  await open();
  expect(Number(await get("/count"))).toBe(before + 1);
});

test("[LN3] a workerd that dies is started again on the same port with its data, and the supervisor is told", async () => {
  const restarted = Promise.withResolvers<void>();
  const plane = await open({ onRestart: () => restarted.resolve() });
  const before = Number(await get("/count"));
  process.kill(workerdOf(plane).pid, "SIGKILL");
  await restarted.promise;
  expect(Number(await get("/count"))).toBe(before + 1);
});

test("[LN10] cron runs the handler as of the given minute, and no route triggers it", async () => {
  const plane = await open();
  expect(plane.crons).toEqual(["7 3 * * *"]);
  expect(await get("/cdn-cgi/handler/scheduled")).toBe("up");
  plane.cron("7 3 * * *", 1_795_000_020_000);
  const lines = () => readFileSync(start.log, "utf8");
  await expect.poll(lines).toContain('"cron":"7 3 * * *","at":1795000020000');
});

test("[LN4] a port that is taken is named by its code, and nothing is left running", async () => {
  await open();
  let leader: Parameters<Parameters<typeof startPlane>[3]>[0] | undefined;
  const second = startPlane(
    ROOT,
    start,
    { onLog: () => {}, onRestart: () => {} },
    (found) => (leader = found),
  );
  await expect(second).rejects.toMatchObject({ code: "ERR_ADDRESS_IN_USE" });
  expect(leader !== undefined && alive(leader)).toBe(false);
});

test("[LN3] a killed plane leaves a workerd, and its group is found and ended", async () => {
  const plane = await open();
  const workerd = workerdOf(plane);
  process.kill(plane.process.pid, "SIGKILL");
  await gone(plane.process, 2_000);
  await plane.kill();
  expect(alive(workerd)).toBe(false);
});
