/** `--watch`: a changed source is built and its plane started again, on the same port and with its data [LN15]. */
import { watch, type FSWatcher } from "node:fs";
import { join } from "node:path";
import { BUNDLES, buildAll } from "./bundle.ts";
import { Failure, render } from "./failure.ts";
import { startApps, startControl } from "./planes.ts";
import type { PlaneName, Runtime } from "./runtime.ts";

/** An editor writes several files at once. */
const SETTLE_MS = 150;
const DRAIN_MS = 500;

/** Which plane serves a bundle: the console's files are read when the control plane starts. */
const PLANE_OF: Readonly<Record<string, PlaneName>> = {
  platform: "control",
  console: "control",
  apps: "apps",
};

/** @returns ends the watch; waits for a restart under way */
export function watchSources(runtime: Runtime): () => Promise<void> {
  const { root, tell } = runtime.options;
  let timer: NodeJS.Timeout | undefined;
  let busy: Promise<void> = Promise.resolve();
  const changed = (): void => {
    clearTimeout(timer);
    timer = setTimeout(() => {
      busy = busy.then(() => rebuild(runtime));
    }, SETTLE_MS);
  };
  const folders = new Set(
    BUNDLES.flatMap(({ inputs }) => inputs).map((input) => input.split("/")[0] ?? ""),
  );
  const watchers = [...folders].map((name): FSWatcher =>
    watch(join(root, name), { recursive: true }, changed),
  );
  tell(`watching ${[...folders].join(", ")}`);
  return async () => {
    clearTimeout(timer);
    for (const watcher of watchers) watcher.close();
    await busy;
  };
}

/** A source that does not build is told; what runs goes on running. */
async function rebuild(runtime: Runtime): Promise<void> {
  const { root, tell } = runtime.options;
  try {
    const built = await buildAll(root, tell);
    const planes = new Set(built.flatMap((name) => PLANE_OF[name] ?? []));
    for (const plane of planes) await restart(runtime, plane);
    if (planes.size > 0) tell("restarted");
  } catch (error) {
    if (!runtime.stopping) tell(error instanceof Failure ? render(error) : String(error));
  }
}

async function restart(runtime: Runtime, plane: PlaneName): Promise<void> {
  if (runtime.stopping) return;
  runtime.restarting.add(plane);
  try {
    await runtime.planes[plane]?.stop(DRAIN_MS);
    if (plane === "apps") await startApps(runtime, runtime.ports.apps);
    else if (runtime.control !== undefined)
      await startControl(runtime, runtime.ports.control, runtime.control);
  } finally {
    runtime.restarting.delete(plane);
  }
}
