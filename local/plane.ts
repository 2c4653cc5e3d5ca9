/** One plane: a Node process that runs one Worker in workerd for the supervisor, and never outlives it. */
import { setTimeout as sleep } from "node:timers/promises";
import { codeOf, reasonOf } from "./failure.ts";
import { JsonLog } from "./log.ts";
import type { FromPlane, PlaneStart, ToPlane } from "./plane-protocol.ts";
import { childrenOf, gone, signal } from "./process.ts";
import { startRuntime, type Runtime } from "./workerd.ts";

/** Longest wait for workerd to end once the supervisor is gone. */
const ORPHAN_MS = 1_000;

let runtime: Runtime | undefined;

const tell = (message: FromPlane): void => {
  if (process.connected) process.send?.(message);
};

async function start(message: PlaneStart): Promise<void> {
  const log = new JsonLog(message.log);
  const onLog = (level: string, text: string): void => {
    log.write({ level, ...parsed(text) });
    if (level === "error") tell({ type: "log", level, message: text });
  };
  const onRestart = (): void => tell({ type: "restarted" });
  try {
    runtime = await startRuntime(message.worker, { ...message, onLog, onRestart });
    tell({ type: "ready", crons: [...runtime.crons] });
  } catch (error) {
    tell({ type: "failed", code: codeOf(error) ?? null, message: reasonOf(error) });
  }
}

/** The Worker logs JSON; its fields become the line's own. */
function parsed(text: string): Record<string, unknown> {
  if (!text.startsWith("{")) return { message: text };
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === "object" && value !== null ? { ...value } : { message: text };
  } catch {
    return { message: text }; // A line that only looks like JSON is kept as it is.
  }
}

/** workerd answers SIGTERM by closing its port and finishing the requests in flight; Miniflare alone would kill it. */
async function stop(drainMs: number): Promise<void> {
  const children = childrenOf(process.pid);
  for (const child of children) signal(child, "SIGTERM");
  await Promise.all(children.map((child) => gone(child, drainMs)));
  await runtime?.dispose();
  process.exit(0);
}

/** The supervisor was killed: nobody will ask for a clean stop, and the data is safe at any instant. */
async function abandon(): Promise<void> {
  await Promise.race([runtime?.dispose(), sleep(ORPHAN_MS)]);
  for (const child of childrenOf(process.pid)) signal(child, "SIGKILL");
  process.exit(0);
}

async function receive(message: ToPlane): Promise<void> {
  switch (message.type) {
    case "start":
      return start(message);
    case "cron":
      return runtime?.scheduled(message.cron, new Date(message.at));
    case "stop":
      return stop(message.drainMs);
  }
}

process.on("message", (message: ToPlane) => {
  receive(message).catch((error: unknown) =>
    tell({ type: "log", level: "error", message: reasonOf(error) }),
  );
});
process.on("disconnect", () => void abandon());
// The terminal interrupts the whole group; when and how to end is the supervisor's decision [LN11].
for (const name of ["SIGINT", "SIGTERM", "SIGHUP"] as const) process.on(name, () => {});
