/** Runs one Worker in workerd. The only file that names Miniflare and Wrangler: their options change between versions. */
import { createHash } from "node:crypto";
import { mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import {
  Log,
  LogLevel,
  Miniflare,
  type Request as MiniflareRequest,
  Response as MiniflareResponse,
  convertV4MiniflareOptions,
  type V4WorkerOptions,
} from "miniflare";
import type { unstable_getMiniflareWorkerOptions } from "wrangler";
import { answerEgress, egressOptions, type EgressOptions } from "./egress.ts";
import { codeOf } from "./failure.ts";

/** The Miniflare this file was written against; a test compares it with the installed one. */
export const MINIFLARE_VERSION = "5.20261023.2-beta";

export type WorkerOptions = {
  /** The Worker's name, part of the paths of its Durable Objects: never change it. */
  name: string;
  /** Its wrangler.toml. */
  config: string;
  /** Folder with the modules that `wrangler deploy --dry-run` wrote. */
  bundle: string;
  /** Text bindings: variables over those of the file, and secrets. */
  bindings: Readonly<Record<string, string>>;
  /** Connection string per Hyperdrive binding. */
  hyperdrive: Readonly<Record<string, string>>;
};

export type RuntimeOptions = {
  host: string;
  port: number;
  /** Where Durable Objects and R2 keep their data. Two planes never share one. */
  persist: string;
  tmp: string;
  /** A line that the Worker or the runtime printed. */
  onLog(level: string, message: string): void;
  /** workerd died and runs again on the same port; its in-memory queues are empty now. */
  onRestart(): void;
};

export type Runtime = {
  /** The cron expressions of the configuration. */
  crons: readonly string[];
  /** Runs the Worker's `scheduled` handler as production's cron would [LN10]. */
  scheduled(cron: string, at: Date): Promise<void>;
  dispose(): Promise<void>;
};

/** Starts workerd and answers once the Worker accepts requests. */
export async function startRuntime(
  worker: WorkerOptions,
  options: RuntimeOptions,
): Promise<Runtime> {
  const definition = await workerDefinition(worker);
  const converted = convertV4MiniflareOptions({
    workers: [definition],
    host: options.host,
    port: options.port,
    cf: false,
    logRequests: false,
    log: new ForwardedLog(options.onLog),
    handleStructuredLogs: ({ level, message }) => options.onLog(level, message),
    unsafeHandleRuntimeRestart: options.onRestart,
    telemetry: { enabled: false },
  });
  const miniflare = new Miniflare({
    ...converted,
    // The conversion drops these two, and without the first all data would be lost at the next stop.
    resourcePersistencePath: options.persist,
    resourceTmpPath: options.tmp,
  });
  await miniflare.ready;
  return {
    crons: definition.cronTriggers ?? [],
    scheduled: async (cron, at) => {
      const handle = await miniflare.getWorker(worker.name);
      const { outcome } = await handle.scheduled({ cron, scheduledTime: at });
      if (outcome !== "ok") options.onLog("error", `cron "${cron}" ended with ${outcome}`);
    },
    dispose: () => miniflare.dispose(),
  };
}

/** wrangler.toml as Miniflare's options, with our name, modules and bindings. */
async function workerDefinition(worker: WorkerOptions): Promise<V4WorkerOptions> {
  const options = await readOptions(worker);
  const bindings = Object.assign({}, options.bindings, worker.bindings);
  const egress = egressOptions(bindings);
  return {
    ...options,
    name: worker.name,
    bindings,
    ...(egress === undefined ? {} : { serviceBindings: { EGRESS: egressService(egress) } }),
    hyperdrives: { ...worker.hyperdrive },
    modules: readModules(worker.bundle),
  };
}

/** The Worker's calls to the outside arrive here, in the plane's Node process. */
const egressService =
  (options: EgressOptions) =>
  async (request: MiniflareRequest): Promise<MiniflareResponse> => {
    const authorization = request.headers.get("authorization");
    const body: unknown = await request.json().catch(() => null);
    const answer = await answerEgress({ authorization, body }, options);
    return MiniflareResponse.json(answer.body, { status: answer.status });
  };

type ReadOptions = ReturnType<typeof unstable_getMiniflareWorkerOptions>["workerOptions"];

/** Loading Wrangler costs 0.6 s of CPU per plane, so what it made of a file is kept until the file changes. */
async function readOptions(worker: WorkerOptions): Promise<ReadOptions> {
  const key = createHash("sha256")
    .update(`${MINIFLARE_VERSION}\n${worker.config}\n`)
    .update(readFileSync(worker.config))
    .digest("hex");
  const cache = join(CACHE, `${key}.json`);
  try {
    return JSON.parse(readFileSync(cache, "utf8"));
  } catch (error) {
    if (codeOf(error) !== "ENOENT" && !(error instanceof SyntaxError)) throw error;
  }
  const options = await askWrangler(worker);
  keep(cache, JSON.stringify(options));
  return options;
}

/** Removed by `npm ci` together with the Wrangler that made its content. */
const CACHE = join(import.meta.dirname, "..", "node_modules", ".cache", "edgewright");

async function askWrangler(worker: WorkerOptions): Promise<ReadOptions> {
  for (const binding of Object.keys(worker.hyperdrive)) {
    // Wrangler refuses a Hyperdrive binding without a local address and takes it from here only; ours replaces it.
    process.env[`CLOUDFLARE_HYPERDRIVE_LOCAL_CONNECTION_STRING_${binding}`] =
      "postgres://nobody:none@127.0.0.1:9/none";
  }
  const { unstable_getMiniflareWorkerOptions: read } = await import("wrangler");
  const {
    modulesRules: _rules,
    dispatchNamespaces: _namespaces,
    rootPath: _root,
    ...rest
  } = read(worker.config).workerOptions;
  return rest;
}

/** A read-only install works as well, a second slower. */
function keep(path: string, text: string): void {
  try {
    mkdirSync(CACHE, { recursive: true });
    writeFileSync(`${path}.${process.pid}`, text);
    renameSync(`${path}.${process.pid}`, path);
  } catch (error) {
    if (!["EACCES", "EROFS", "EPERM"].includes(codeOf(error) ?? "")) throw error;
  }
}

type Module = {
  type: "ESModule" | "CompiledWasm" | "Text" | "Data";
  path: string;
  contents: string | Uint8Array<ArrayBuffer>;
};

/** The files of a dry run: index.js first, as the entry; source maps and the readme are not part of the Worker. */
function readModules(folder: string): Module[] {
  const names = readdirSync(folder).filter(
    (name) => !name.endsWith(".map") && name !== "README.md",
  );
  const ordered = ["index.js", ...names.filter((name) => name !== "index.js")];
  return ordered.map((name) => {
    const path = join(folder, name);
    if (/\.m?js$/.test(name))
      return { type: "ESModule", path: name, contents: readFileSync(path, "utf8") };
    if (/\.(txt|html|sql)$/.test(name))
      return { type: "Text", path: name, contents: readFileSync(path, "utf8") };
    return {
      type: name.endsWith(".wasm") ? "CompiledWasm" : "Data",
      path: name,
      contents: new Uint8Array(readFileSync(path)),
    };
  });
}

/** Miniflare's own messages. They go where the Worker's lines go. */
class ForwardedLog extends Log {
  readonly #forward: RuntimeOptions["onLog"];

  constructor(forward: RuntimeOptions["onLog"]) {
    super(LogLevel.WARN);
    this.#forward = forward;
  }

  protected override log(message: string): void {
    this.#forward("info", message);
  }

  override logWithLevel(level: LogLevel, message: string): void {
    if (level <= LogLevel.WARN) this.#forward(level <= LogLevel.ERROR ? "error" : "warn", message);
  }
}
