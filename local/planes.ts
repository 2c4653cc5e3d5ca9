/** Starts the two planes with their bindings and waits until they serve [LN6]. */
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { EXIT, Failure, reasonOf } from "./failure.ts";
import { localApi, type LocalApi } from "./local-api.ts";
import { readEnd } from "./log.ts";
import { PlaneStartError, planeFailure, startPlane } from "./plane-process.ts";
import type { PlaneStart } from "./plane-protocol.ts";
import { reachable } from "./ports.ts";
import type { PlaneName, Runtime } from "./runtime.ts";
import { publicHosts } from "./variables.ts";

const READY_MS = { control: 20_000, apps: 10_000 } as const;
const RETRY_MS = 5_000;

/** Starts the control plane on this port and waits for `/ready`. The database runs already. */
export async function startControl(runtime: Runtime, port: number, api: LocalApi): Promise<void> {
  const { root, dir, flags, settings, secrets, version } = runtime.options;
  const { database } = runtime;
  if (database === undefined) throw new Error("the control plane starts after the database");
  await startRetrying(runtime, "control", {
    type: "start",
    worker: {
      name: "edgewright-platform",
      config: join(root, "wrangler.toml"),
      bundle: join(root, "dist", "platform"),
      bindings: {
        ISSUER: `http://localhost:${port}`,
        PUBLIC_HOSTS: publicHosts(flags.host, port),
        VERSION: version,
        ...settings,
        ...secrets.control,
      },
      hyperdrive: { PG: database.urlFor("platform_rt") },
    },
    host: flags.host,
    port,
    persist: dir.control,
    tmp: dir.tmp,
    log: join(dir.logs, "control.log"),
  });
  await untilReady("the control plane", READY_MS.control, join(dir.logs, "control.log"), (signal) =>
    api.ready(signal),
  );
  await wake(runtime, api);
}

/** Queued hints lived in the ended workerd. Their own alarms send them again as well; this is sooner, so a failure is only noted [LN12]. */
async function wake(runtime: Runtime, api: LocalApi): Promise<void> {
  try {
    await api.wake();
  } catch (error) {
    runtime.options.log.write({
      level: "error",
      message: "the dispatchers were not woken; their alarms do it later",
      why: reasonOf(error),
    });
  }
}

/** Starts the apps plane on this port and waits for `/health`. */
export async function startApps(runtime: Runtime, port: number): Promise<void> {
  const { root, dir, flags, version } = runtime.options;
  const log = join(dir.logs, "apps.log");
  await startRetrying(runtime, "apps", {
    type: "start",
    worker: {
      name: "edgewright-apps",
      config: join(root, "workers/apps/wrangler.toml"),
      bundle: join(root, "dist", "apps"),
      bindings: { PUBLIC_HOSTS: publicHosts(flags.host, port), VERSION: version },
      hyperdrive: {},
    },
    host: flags.host,
    port,
    persist: dir.apps,
    tmp: dir.tmp,
    log,
  });
  const api = localApi(`http://${reachable(flags.host)}:${port}`, "");
  await untilReady("the apps plane", READY_MS.apps, log, (signal) => api.healthy(signal));
}

const FLAG_OF: Readonly<Record<PlaneName, string>> = { control: "--port", apps: "--apps-port" };

/** What a killed start leaves behind holds its port and files for a moment longer [LN3]. */
async function startRetrying(
  runtime: Runtime,
  name: PlaneName,
  message: PlaneStart,
): Promise<void> {
  const { options } = runtime;
  const end = performance.now() + RETRY_MS;
  for (;;) {
    try {
      runtime.planes[name] = await startPlane(
        options.root,
        message,
        eventsOf(runtime, name),
        (found) =>
          runtime.record((launcher) => ({
            ...launcher,
            planes: { ...launcher.planes, [name]: found },
          })),
      );
      return;
    } catch (error) {
      const passing =
        error instanceof PlaneStartError &&
        (error.code === "ERR_ADDRESS_IN_USE" || /SQLITE_BUSY/.test(error.message));
      if (!passing || performance.now() > end) throw planeFailure(error, message, FLAG_OF[name]);
      await sleep(200);
    }
  }
}

function eventsOf(runtime: Runtime, name: PlaneName): Parameters<typeof startPlane>[2] {
  const { log, tell } = runtime.options;
  return {
    onLog: (level, message) => {
      log.write({ level, plane: name, message });
      if (level === "error") tell(`${name}: ${message.split("\n")[0]?.slice(0, 200) ?? ""}`);
    },
    onRestart: () => {
      log.write({ level: "warn", plane: name, message: "workerd ended and was started again" });
      if (name === "control" && runtime.control !== undefined) void wake(runtime, runtime.control);
    },
  };
}

async function untilReady(
  what: string,
  limitMs: number,
  log: string,
  check: (signal: AbortSignal) => Promise<true | false | string>,
): Promise<void> {
  const end = performance.now() + limitMs;
  let last: unknown = "no answer";
  while (performance.now() < end) {
    last = await check(AbortSignal.timeout(5_000)).catch(reasonOf);
    if (last === true) return;
    await sleep(50);
  }
  throw new Failure(EXIT.runtime, `${what} was not ready within ${limitMs / 1000} s`, {
    cause: String(last),
    log: readEnd(log),
    remedy: "read the lines above; if they name no cause, start again",
  });
}
