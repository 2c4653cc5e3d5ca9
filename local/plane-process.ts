/** The supervisor's hold on one plane process: start, cron, stop, kill, and start again on the same port. */
import { fork, type ChildProcess } from "node:child_process";
import { join } from "node:path";
import { OFFLINE, childEnvironment } from "./environment.ts";
import { EXIT, Failure } from "./failure.ts";
import { killGroup } from "./claim.ts";
import { readEnd } from "./log.ts";
import type { FromPlane, PlaneStart, ToPlane } from "./plane-protocol.ts";
import { alive, gone, identify, type Identity } from "./process.ts";

export type PlaneEvents = {
  onLog(level: string, message: string): void;
  /** workerd was restarted by itself; what it held in memory is lost. */
  onRestart(): void;
};

export type PlaneProcess = {
  process: Identity;
  crons: readonly string[];
  lives(): boolean;
  cron(expression: string, at: number): void;
  /** Drains, then ends; kills what is left after the limit. */
  stop(drainMs: number): Promise<void>;
  kill(): Promise<void>;
};

/** workerd starts in half a second; a cold disk may take much longer. */
const READY_MS = 20_000;
/** Beyond the drain: disposing and exiting. */
const STOP_MARGIN_MS = 2_000;

/** What Node says when the plane could not be started; `code` is Miniflare's (`ERR_ADDRESS_IN_USE`). */
export class PlaneStartError extends Error {
  readonly code: string | null;

  constructor(message: string, code: string | null) {
    super(message);
    this.name = "PlaneStartError";
    this.code = code;
  }
}

/**
 * Starts a plane and waits until its Worker accepts requests.
 *
 * @param spawned called as soon as the process exists, so that a killed supervisor's successor can find it
 * @throws PlaneStartError; the process is gone then
 */
export async function startPlane(
  root: string,
  start: PlaneStart,
  events: PlaneEvents,
  spawned: (process: Identity) => void,
): Promise<PlaneProcess> {
  const env = childEnvironment({
    ...OFFLINE,
    WRANGLER_LOG: "error",
    WRANGLER_LOG_PATH: start.tmp,
    XDG_CONFIG_HOME: start.tmp,
  });
  const child = fork(join(root, "local", "plane.ts"), [], {
    cwd: root,
    env,
    detached: true,
    stdio: ["ignore", "pipe", "pipe", "ipc"],
  });
  const found = await identified(child);
  spawned(found);
  for (const stream of [child.stdout, child.stderr]) {
    stream?.setEncoding("utf8").on("data", (text: string) => events.onLog("error", text.trimEnd()));
  }
  try {
    const ready = first(child, start);
    send(child, start);
    const crons = await ready;
    child.on("message", (message: FromPlane) => dispatch(message, events));
    return handle(child, found, crons);
  } catch (error) {
    await killGroup(found);
    throw error;
  }
}

async function identified(child: ChildProcess): Promise<Identity> {
  await new Promise<void>((resolve, reject) => child.once("spawn", resolve).once("error", reject));
  const found = identify(child.pid ?? 0);
  if (found !== undefined) return found;
  throw new PlaneStartError("the plane process ended at once", null);
}

const send = (child: ChildProcess, message: ToPlane): void => {
  if (child.connected) child.send(message);
};

/** The plane's first answer: its cron expressions, or why it could not start. */
function first(child: ChildProcess, start: PlaneStart): Promise<readonly string[]> {
  return new Promise((resolve, reject) => {
    const timer = setTimeout(
      () => fail(`${start.worker.name} was not ready within ${READY_MS / 1000} s`, null),
      READY_MS,
    );
    const settle = (): void => {
      clearTimeout(timer);
      child.off("message", onMessage);
      child.off("exit", onExit);
    };
    const fail = (message: string, code: string | null): void => {
      settle();
      reject(new PlaneStartError(message, code));
    };
    const onExit = (code: number | null): void =>
      fail(`${start.worker.name} ended with code ${String(code)} before it was ready`, null);
    const onMessage = (message: FromPlane): void => {
      if (message.type === "failed") fail(message.message, message.code);
      if (message.type !== "ready") return;
      settle();
      resolve(message.crons);
    };
    child.on("message", onMessage);
    child.once("exit", onExit);
  });
}

function dispatch(message: FromPlane, events: PlaneEvents): void {
  if (message.type === "log") events.onLog(message.level, message.message);
  if (message.type === "restarted") events.onRestart();
}

function handle(child: ChildProcess, found: Identity, crons: readonly string[]): PlaneProcess {
  return {
    process: found,
    crons,
    lives: () => alive(found),
    cron: (expression, at) => send(child, { type: "cron", cron: expression, at }),
    stop: async (drainMs) => {
      send(child, { type: "stop", drainMs });
      await gone(found, drainMs + STOP_MARGIN_MS);
      await killGroup(found);
    },
    kill: () => killGroup(found),
  };
}

/** A plane that could not start, as the end of the command [LN4, LN6]. */
export function planeFailure(error: unknown, start: PlaneStart, flag: string): unknown {
  if (!(error instanceof PlaneStartError)) return error;
  if (error.code === "ERR_ADDRESS_IN_USE") return portTaken(start.port, flag);
  return new Failure(EXIT.runtime, `${start.worker.name} did not start`, {
    cause: error,
    log: readEnd(start.log),
    remedy: "read the lines above; if they name no cause, start again",
  });
}

export const portTaken = (port: number, flag: string): Failure =>
  new Failure(EXIT.port, `port ${port} is taken by another program`, {
    remedy: `end that program, or choose another port: ${flag} N (0 = any free one)`,
  });
