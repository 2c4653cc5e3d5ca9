/** Runs one side in a Node process of its own, so that no side pays for another's heap; speaks to the bench by IPC. */
import { type ChildModule, type ChildSide, type Reply, Request } from "./child-protocol.ts";
import { cpuSeconds } from "./machine.ts";

let side: ChildSide | null = null;

async function serve(request: Request): Promise<unknown> {
  if (request.do === "open") {
    const { open } = await loadSide(request.module);
    side = await open(request.config);
    return side.version;
  }
  if (side === null) throw new Error("The side was not opened.");
  if (request.do === "round") return side.round();
  await side.close();
  return null;
}

/** Modules are named by the benches themselves, relative to bench/; the one cast of an import without a static type. */
async function loadSide(module: string): Promise<ChildModule> {
  const loaded: unknown = await import(new URL(module, import.meta.url).href);
  if (!isChildModule(loaded)) throw new Error(`bench/${module} does not export open().`);
  return loaded;
}

const isChildModule = (value: unknown): value is ChildModule =>
  typeof value === "object" &&
  value !== null &&
  "open" in value &&
  typeof value.open === "function";

async function answer(message: unknown): Promise<void> {
  const request = Request.parse(message);
  const before = cpuSeconds([process.pid]);
  const reply = await serve(request).then(
    (value): Reply => ({
      ok: true,
      value,
      cpu_s: since(before),
      peak_mb: process.resourceUsage().maxRSS / 1e3,
    }),
    (error: unknown): Reply => ({
      ok: false,
      message: error instanceof Error ? error.message : String(error),
    }),
  );
  process.send?.(reply);
  if (request.do === "close") process.disconnect();
}

function since(before: number | null): number | null {
  const after = cpuSeconds([process.pid]);
  return before === null || after === null ? null : after - before;
}

process.on("message", (message) => void answer(message));
