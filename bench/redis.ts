/** Starts a Redis of the system for one bench, on loopback, in a temporary folder, with its append-only file on. */
import { execFileSync, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { freePort } from "../local/ports.ts";
import { until } from "./peers/outcome.ts";

export interface Redis {
  readonly pid: number;
  readonly url: string;
  readonly version: string;
  stop(): Promise<void>;
}

/** Version of the redis-server on the PATH, or null. */
export function redisVersion(): string | null {
  try {
    return (
      /v=(\S+)/.exec(execFileSync("redis-server", ["--version"], { encoding: "utf8" }))?.[1] ?? null
    );
  } catch {
    return null;
  }
}

/** `appendfsync` is the durability: at most one second lost, or nothing [BH3]. Throws when Redis does not answer in 10 s. */
export async function startRedis(appendfsync: "everysec" | "always"): Promise<Redis> {
  const version = redisVersion();
  if (version === null) throw new Error("There is no redis-server on the PATH.");
  const dir = mkdtempSync(join(tmpdir(), "edgewright-bench-redis-"));
  const port = await freePort("127.0.0.1");
  const options = ["--appendonly", "yes", "--appendfsync", appendfsync, "--save", "", "--dir", dir];
  const server = spawn("redis-server", ["--bind", "127.0.0.1", "--port", `${port}`, ...options], {
    stdio: "ignore",
  });
  const stop = async (): Promise<void> => {
    if (server.exitCode === null && server.signalCode === null) {
      const exited = once(server, "exit");
      server.kill("SIGTERM");
      await exited;
    }
    rmSync(dir, { recursive: true, force: true });
  };
  try {
    await until(() => listens(port), 10_000);
  } catch (error) {
    await stop();
    throw error;
  }
  return { pid: server.pid ?? 0, url: `redis://127.0.0.1:${port}`, version, stop };
}

function listens(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, "127.0.0.1");
    socket.once("connect", () => resolve(socket.destroy() !== undefined));
    socket.once("error", () => resolve(false));
  });
}
