/** The launcher as a person or a script meets it: flags, exit codes, what is printed, what is left behind. */
import { spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { request } from "node:http";
import { connect, type Socket } from "node:net";
import { networkInterfaces, tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { linkedClone } from "../test/clone.ts";
import { launch, type Launch } from "../test/launcher.ts";
import { alive, gone } from "./process.ts";
import {
  openState,
  readLauncher,
  readState,
  secretsOf,
  statePaths,
  type StateDir,
} from "./state.ts";

const ROOT = join(import.meta.dirname, "..");
const ANY_PORT = ["--port", "0", "--apps-port", "0", "--no-demo"];

const environment = (): NodeJS.ProcessEnv =>
  Object.assign({ ...process.env }, { DATABASE_URL: undefined });

/** Runs the launcher to its end. */
function run(command: "start" | "login", args: readonly string[], root = ROOT) {
  const done = spawnSync(process.execPath, [join(root, "local/boot.mjs"), command, ...args], {
    cwd: root,
    env: environment(),
    encoding: "utf8",
    timeout: 60_000,
  });
  return { code: done.status, out: done.stdout, err: done.stderr };
}

/** Everything that runs for a folder. */
const processesOf = (dir: StateDir) => {
  const launcher = readLauncher(dir);
  const found = [
    launcher?.process,
    launcher?.planes.control,
    launcher?.planes.apps,
    readState(dir).postgres?.process,
  ];
  return found.filter((one) => one !== undefined);
};

describe("a running install", () => {
  let running: Launch;
  beforeAll(async () => {
    running = await launch();
  });
  afterAll(() => running.stop());
  const state = () => ["--state", running.stateDir];
  const port = (url: string): string => new URL(url).port;

  test("[LN2] a second start for the same folder ends with code 2 and names the address", () => {
    const second = run("start", [...ANY_PORT, ...state()]);
    expect([second.code, second.out]).toEqual([2, ""]);
    expect(second.err).toContain(running.api);
  });

  test("[LN4] a taken port ends the start with code 3 and names the flag, for either plane", () => {
    const folder = mkdtempSync(join(tmpdir(), "edgewright-ports-"));
    const api = run("start", ["--port", port(running.api), "--apps-port", "0", "--state", folder]);
    const apps = run("start", [
      "--port",
      "0",
      "--apps-port",
      port(running.apps),
      "--state",
      folder,
    ]);
    expect([api.code, apps.code]).toEqual([3, 3]);
    expect(api.err).toContain(`port ${port(running.api)} is taken`);
    expect(api.err).toContain("--port N");
    expect(apps.err).toContain("--apps-port N");
    rmSync(folder, { recursive: true });
  });

  test("--status tells what runs, for people and for scripts", () => {
    expect(run("start", ["--status", ...state()])).toMatchObject({
      code: 0,
      out: expect.stringContaining(running.api),
    });
    const status = JSON.parse(run("start", ["--status", "--json", ...state()]).out);
    expect(status).toMatchObject({
      running: true,
      pid: running.pid,
      api: running.api,
      postgres: { running: true },
    });
  });

  test("[LN13] --reset is refused while it runs", () => {
    expect(run("start", ["--reset", "--yes", ...state()])).toMatchObject({
      code: 2,
      err: expect.stringContaining("--stop"),
    });
    expect(readLauncher(statePaths(running.stateDir))?.process.pid).toBe(running.pid);
  });

  test.each(["api", "apps"] as const)(
    "[LN14] the %s plane answers 421 to a host that is not configured",
    async (plane) => {
      const answer = (host: string) =>
        new Promise<number | undefined>((resolve, reject) => {
          const sent = request(`${running[plane].replace("localhost", "127.0.0.1")}/api/v1/me`, {
            headers: { host },
          });
          sent
            .once("response", (response) => resolve(response.resume().statusCode))
            .once("error", reject)
            .end();
        });
      expect(await answer(`localhost:${port(running[plane])}`)).toBe(plane === "api" ? 401 : 404);
      expect(await answer("rebound.example")).toBe(421);
      expect(await answer("localhost:1")).toBe(421);
    },
  );

  const outside = Object.values(networkInterfaces())
    .flat()
    .find((one) => one?.internal === false && one.family === "IPv4");
  test.runIf(outside !== undefined)(
    "[LN14] no plane and no database listens beyond loopback",
    async () => {
      const ports = [
        port(running.api),
        port(running.apps),
        readState(statePaths(running.stateDir)).postgres?.port,
      ];
      for (const one of ports)
        await expect(dial(outside?.address ?? "", Number(one))).rejects.toMatchObject({
          code: "ECONNREFUSED",
        });
    },
  );

  test("the apps plane serves no app yet and says so as a problem document", async () => {
    const response = await fetch(`${running.apps}/anything`);
    expect([response.status, response.headers.get("content-type")]).toEqual([
      404,
      "application/problem+json",
    ]);
    expect(await response.json()).toMatchObject({ status: 404, code: "not_found" });
  });

  test("npm run login prints a link that signs in", async () => {
    await running.token();
    const link = JSON.parse(run("login", ["--json", ...state()]).out);
    expect(new URL(link.url).origin).toBe(running.api);
    const answer = await fetch(`${running.api}/api/v1/auth/link`, {
      method: "POST",
      headers: { "content-type": "application/json", origin: running.api },
      body: JSON.stringify({ token: new URL(link.url).hash.replace("#t=", "") }),
    });
    expect(await answer.json()).toMatchObject({ access_token: expect.any(String) });
  });

  test("[LN12] dispatchers are woken at each start", () => {
    const log = readFileSync(join(running.stateDir, "logs/launcher.log"), "utf8");
    expect(log).not.toContain("were not woken");
    expect(log).toContain('"message":"ready"');
  });
});

describe("starts and stops", () => {
  let stateDir: string;
  beforeEach(() => (stateDir = mkdtempSync(join(tmpdir(), "edgewright-starts-"))));
  afterEach(() => {
    run("start", ["--stop", "--state", stateDir]);
    const staged = readState(statePaths(stateDir)).postgres?.dataDir;
    if (staged !== undefined) rmSync(staged, { recursive: true, force: true });
    rmSync(stateDir, { recursive: true, force: true });
  });

  test("[LN11] a signal ends everything with code 0; the next start builds nothing and has the data [LN5]", async () => {
    const first = await launch({ stateDir });
    await first.token();
    const processes = processesOf(statePaths(stateDir));
    expect(processes).toHaveLength(4);
    const stopped = run("start", ["--stop", "--state", stateDir]);
    expect(stopped).toMatchObject({ code: 0, out: "stopped\n" });
    expect(processes.filter(alive)).toEqual([]);

    const second = await launch({ stateDir });
    expect(second.printed()).not.toContain("building");
    expect(second.setup).toBeNull();
    await second.stop();
    expect(second.exitCode()).toBe(0);
  });

  test("[LN13] --reset asks for --yes without a terminal, then starts fresh; [LN11] two interrupts end all at once with 130", async () => {
    const before = secretsOf(openState(stateDir));
    writeFileSync(join(stateDir, "not-ours.txt"), "kept");
    expect(run("start", ["--reset", "--state", stateDir])).toMatchObject({
      code: 1,
      err: expect.stringContaining("--yes"),
    });
    expect(secretsOf(openState(stateDir))).toEqual(before);
    const fresh = await launch({ stateDir, flags: ["--reset", "--yes"] });
    expect(fresh.setup).not.toBeNull();
    expect(secretsOf(openState(stateDir))).not.toEqual(before);
    expect(existsSync(join(stateDir, "not-ours.txt"))).toBe(true);

    await interruptedTwice(fresh);
  });

  /** [LN11] A second interrupt ends everything at once with code 130. */
  async function interruptedTwice(running: Launch): Promise<void> {
    const processes = processesOf(statePaths(stateDir));
    const socket = await halfRequest(running, await running.token());
    process.kill(running.pid, "SIGINT");
    await new Promise((resolve) => setTimeout(resolve, 1_200));
    expect(processes.filter(alive).length).toBeGreaterThan(0);
    process.kill(running.pid, "SIGINT");
    for (const one of processes) await gone(one, 3_000);
    expect(processes.filter(alive)).toEqual([]);
    // The launcher itself ends after its children, and node hears of that a moment later.
    await expect.poll(() => running.exitCode(), { timeout: 3_000 }).toBe(130);
    socket.destroy();
  }

  test("[LN6] a step that fails ends the start with its code and leaves nothing running", () => {
    const root = linkedClone({ "9999_broken.sql": "select 1;\nselect nonsense;" });
    const failed = run("start", [...ANY_PORT, "--state", stateDir], root);
    expect(failed.code).toBe(5);
    expect(failed.err).toContain("9999_broken.sql failed (42703, line 2)");
    expect(failed.err).toContain("Remedy:");
    expect(processesOf(statePaths(stateDir)).filter(alive)).toEqual([]);
    rmSync(root, { recursive: true });
  });

  test("[LN15] --watch builds a changed source and starts its plane again, on the same port", async () => {
    const root = linkedClone({}, true);
    const running = await launch({ root, stateDir, flags: ["--watch"] });
    const source = join(root, "workers/apps/index.ts");
    const title = async () => (await fetch(`${running.apps}/x`)).text().catch(() => "");
    writeFileSync(
      source,
      readFileSync(source, "utf8").replace("There is no such thing", "Watched"),
    );
    await expect.poll(title, { timeout: 20_000 }).toContain("Watched");
    writeFileSync(source, "this is no program (");
    await expect
      .poll(() => running.printed(), { timeout: 20_000 })
      .toContain("apps cannot be built");
    expect(await title()).toContain("Watched");
    await running.stop();
    rmSync(root, { recursive: true });
  });

  test("a lease that heartbeats cannot keep is refused before anything starts", () => {
    const refused = run("start", [
      ...ANY_PORT,
      "--state",
      stateDir,
      "--var",
      "LEASE_MS=1000",
      "--var",
      "HEARTBEAT_MS=900",
    ]);
    expect([refused.code, existsSync(join(stateDir, "postgres"))]).toEqual([1, false]);
  });

  const isolated =
    spawnSync("unshare", ["--user", "--map-root-user", "--net", "ip", "link", "set", "lo", "up"])
      .status === 0;
  test.runIf(isolated)(
    "[BT8] with a valid stamp everything starts where there is no network but loopback",
    async () => {
      const script = `ip link set lo up && exec "${process.execPath}" local/boot.mjs start ${ANY_PORT.join(" ")} --json --state "${stateDir}"`;
      const child = spawn("unshare", ["--user", "--map-root-user", "--net", "sh", "-c", script], {
        cwd: ROOT,
        env: environment(),
        stdio: ["ignore", "pipe", "inherit"],
      });
      const [line] = await Promise.race([once(child.stdout, "data"), once(child, "exit")]);
      expect(JSON.parse(String(line))).toMatchObject({ event: "ready" });
      child.kill("SIGTERM");
      await once(child, "exit");
      expect(child.exitCode).toBe(0);
    },
  );
});

const dial = (host: string, port: number): Promise<Socket> =>
  new Promise((resolve, reject) => {
    const socket = connect({ host, port, timeout: 2_000 });
    socket.once("connect", () => resolve(socket)).once("error", reject);
  });

/** A request whose body never comes: it keeps the control plane's drain waiting. */
async function halfRequest(running: Launch, token: string): Promise<Socket> {
  const { host, port } = new URL(running.api);
  const socket = await dial("127.0.0.1", Number(port));
  socket.on("error", () => {});
  const head = [
    "POST /api/v1/analyses HTTP/1.1",
    `Host: ${host}`,
    `Authorization: Bearer ${token}`,
    "Content-Type: text/plain",
    "Content-Length: 5000",
  ];
  socket.write(`${head.join("\r\n")}\r\n\r\nfirst line\n`);
  await new Promise((resolve) => setTimeout(resolve, 300));
  return socket;
}
