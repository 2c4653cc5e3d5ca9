/** kill -9 of each process of the local runtime: it comes back, and nothing that was acknowledged is lost. */
import { spawn } from "node:child_process";
import { once } from "node:events";
import {
  cpSync,
  existsSync,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import { z } from "zod";
import { DATABASE, connect, urlOf } from "../../local/postgres-connection.ts";
import { alive, gone, identify, signal } from "../../local/process.ts";
import { readLauncher, readState, secretsOf, statePaths } from "../../local/state.ts";
import { linkedClone } from "../clone.ts";
import { launch, type Launch, type Part } from "../launcher.ts";

const ROOT = join(import.meta.dirname, "..", "..");
/** From the kill to the first answer to a write. */
const BACK_MS = 15_000;
const Analysis = z.object({ id: z.uuid() });

describe("amid writes", () => {
  let product: Launch;
  let writer: Writer;

  beforeAll(async () => {
    product = await launch();
    writer = new Writer();
    writer.follow(product.api, await product.token());
    await writer.more(3);
    return async () => {
      await writer.stop();
      await product.stop();
      rmSync(product.stateDir, { recursive: true, force: true });
    };
  });

  test.each<Part>(["postgres", "control"])(
    "[WD7] [PG9] after kill -9 of %s writes go on by themselves and no acknowledged one is lost",
    async (part) => {
      await product.kill9(part);
      await writer.more(5);
      expect(await writer.lost()).toEqual([]);
    },
  );

  test("[WD7] a control plane that hangs is ended and started again", async () => {
    const workerd = product.processOf("workerd");
    process.kill(workerd.pid, "SIGSTOP");
    expect(await gone(workerd, 40_000)).toBe(true);
    await writer.more(5);
    expect(await writer.lost()).toEqual([]);
  });

  test("[LN3] after kill -9 of the launcher the next start ends what is left, attaches and has every write", async () => {
    await restartAfter(["launcher"]);
  });

  test("[LN3] [LN12] after kill -9 of everything at once the next start has every write and all work done", async () => {
    await restartAfter(["launcher", "control", "apps", "workerd", "postgres"]);
    await product.idle();
  });

  /** The processes are frozen first: otherwise the planes would notice the launcher's end and go in good order. */
  async function restartAfter(parts: readonly Part[]): Promise<void> {
    const { stateDir } = product;
    const before = readLauncher(statePaths(stateDir));
    const known = parts.map((part) => product.processOf(part));
    for (const one of known) signal(one, "SIGSTOP");
    for (const one of known) signal(one, "SIGKILL");
    for (const one of known) await gone(one, 5_000);
    product = await launch({ stateDir });
    expect(product.startMs).toBeLessThan(BACK_MS);
    for (const plane of [before?.planes.control, before?.planes.apps]) {
      expect(plane !== undefined && alive(plane)).toBe(false);
    }
    writer.follow(product.api, await product.token());
    await writer.more(5);
    expect(await writer.lost()).toEqual([]);
  }
});

test("[LN8] kill -9 during a migration leaves nothing of it; the next start applies it whole, once", async () => {
  const root = linkedClone({
    "9999_slow.sql":
      "create table platform.killed (n integer); insert into platform.killed values (1); select pg_sleep(2);",
  });
  const stateDir = mkdtempSync(join(tmpdir(), "edgewright-kill-"));
  const paths = statePaths(stateDir);
  const sqlOf = () =>
    connect(urlOf(readState(paths).postgres?.port ?? 0, "superuser", DATABASE, secretsOf(paths)));
  try {
    const first = launch({ root, stateDir });
    first.catch(() => {}); // It is killed below; its failure is this test's doing.
    await until(() => readState(paths).postgres !== undefined);
    const watching = sqlOf();
    await until(
      async () =>
        (await watching`select 1 from pg_stat_activity where wait_event = 'PgSleep'`).length > 0,
    );
    await watching.end();
    process.kill(readLauncher(paths)?.process.pid ?? 0, "SIGKILL");
    await expect(first).rejects.toThrow();

    const second = await launch({ root, stateDir });
    const sql = sqlOf();
    expect(await sql`select n from platform.killed`).toEqual([{ n: 1 }]);
    expect(await sql`select number from platform.migrations where number = 9999`).toHaveLength(1);
    await sql.end();
    await second.stop();
  } finally {
    for (const folder of [root, stateDir]) rmSync(folder, { recursive: true, force: true });
  }
});

test("[BT5] kill -9 during an install: the next command waits for the npm that is left, then installs and runs", async () => {
  const root = mkdtempSync(join(tmpdir(), "edgewright-install-"));
  mkdirSync(join(root, "local"));
  cpSync(join(ROOT, "local/boot.mjs"), join(root, "local/boot.mjs"));
  writeFileSync(join(root, "package-lock.json"), "{}");
  writeFileSync(join(root, "local/start.ts"), 'console.log("started");');
  writeFileSync(
    join(root, "npm-cli.js"),
    `const fs = require("fs"); const path = require("path");
     fs.appendFileSync("npm.log", "from " + process.pid + "\\n");
     setTimeout(() => {
       for (const name of ["workerd/bin/workerd", "esbuild/bin/esbuild"]) {
         fs.mkdirSync(path.dirname(path.join("node_modules", name)), { recursive: true });
         fs.writeFileSync(path.join("node_modules", name), "#!/bin/sh\\n", { mode: 0o755 });
       }
       fs.appendFileSync("npm.log", "to " + process.pid + "\\n");
     }, 1000);`,
  );
  const env = Object.assign(
    { ...process.env },
    {
      npm_execpath: join(root, "npm-cli.js"),
      npm_node_execpath: process.execPath,
      npm_lifecycle_event: "",
      PATH: `${dirname(process.execPath)}:${process.env["PATH"] ?? ""}`,
    },
  );
  const start = () =>
    spawn(process.execPath, [join(root, "local/boot.mjs"), "start"], {
      env,
      stdio: ["ignore", "pipe", "ignore"],
    });
  const log = join(root, "npm.log");
  const first = start();
  await until(
    () => existsSync(log) && identify(first.pid ?? 0) !== undefined && readLock(root).length === 2,
  );
  first.kill("SIGKILL");
  const second = start();
  const [line] = await once(second.stdout, "data");
  expect(String(line)).toBe("started\n");
  const steps = readFileSync(log, "utf8")
    .trim()
    .split("\n")
    .map((step) => step.split(" ")[0]);
  expect(steps).toEqual(["from", "to", "from", "to"]);
  rmSync(root, { recursive: true });
});

const readLock = (root: string): string[] => {
  const path = join(root, ".install.lock/pid");
  return existsSync(path) ? readFileSync(path, "utf8").trim().split(" ") : [];
};

async function until(holds: () => boolean | Promise<boolean>): Promise<void> {
  const end = performance.now() + 60_000;
  while (!(await holds())) {
    if (performance.now() > end) throw new Error("not within 60 s");
    await new Promise((resolve) => setTimeout(resolve, 20));
  }
}

/** Uploads small logs one after the other and remembers each that was acknowledged. */
class Writer {
  #api = "";
  #token = "";
  readonly #acknowledged = new Set<string>();
  readonly #ending = new AbortController();
  readonly #loop: Promise<void>;

  constructor() {
    this.#loop = this.#write();
  }

  follow(api: string, token: string): void {
    this.#api = api;
    this.#token = token;
  }

  /** Waits until so many more writes were acknowledged. */
  async more(count: number): Promise<void> {
    const wanted = this.#acknowledged.size + count;
    await until(() => this.#acknowledged.size >= wanted);
  }

  /** Acknowledged ids that the API no longer knows. */
  async lost(): Promise<string[]> {
    const missing: string[] = [];
    for (const id of this.#acknowledged) {
      const answer = await this.#call(`/api/v1/analyses/${id}`, {});
      if (answer?.status !== 200) missing.push(`${id}: ${String(answer?.status)}`);
    }
    return missing;
  }

  async stop(): Promise<void> {
    this.#ending.abort();
    await this.#loop;
  }

  async #write(): Promise<void> {
    for (let n = 0; !this.#ending.signal.aborted; n += 1) {
      const answer = await this.#call("/api/v1/analyses", {
        method: "POST",
        body: `npm ERR! code ${n}\n`,
      });
      if (answer?.status === 201 || answer?.status === 202)
        this.#acknowledged.add(Analysis.parse(JSON.parse(answer.text)).id);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }

  /** Undefined when nobody answers, or dies amid an answer, as after a kill. */
  async #call(
    path: string,
    init: RequestInit,
  ): Promise<{ status: number; text: string } | undefined> {
    if (this.#api === "") return undefined;
    const headers = { authorization: `Bearer ${this.#token}`, "content-type": "text/plain" };
    try {
      const signal = AbortSignal.timeout(10_000);
      const answer = await fetch(this.#api + path, { ...init, headers, signal });
      return { status: answer.status, text: await answer.text() };
    } catch {
      return undefined;
    }
  }
}
