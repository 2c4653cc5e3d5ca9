/** Starts child.ts for one side and talks to it; the bench's end of the IPC. */
import { fork, type ChildProcess } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { Reply, type Request } from "./child-protocol.ts";

/** A side in its own process. */
export interface ForkedSide {
  readonly pid: number;
  readonly version: string;
  /** One round: the module's outcome, CPU seconds of the process in it, and the process's peak memory so far in MB. */
  round(): Promise<{
    readonly value: unknown;
    readonly cpuSeconds: number | null;
    readonly peakMb: number;
  }>;
  close(): Promise<void>;
}

/**
 * Opens the side that a module of bench/ exports, with `config` as its argument (JSON).
 * Throws with the child's message when the module cannot be loaded or opened, for example when a peer is not installed.
 */
export async function forkSide(module: string, config: unknown): Promise<ForkedSide> {
  const child = fork(join(import.meta.dirname, "child.ts"), {
    stdio: ["ignore", "ignore", "inherit", "ipc"],
  });
  try {
    const opened = await ask(child, { do: "open", module, config });
    return {
      pid: child.pid ?? 0,
      version: String(opened.value),
      round: async () => {
        const reply = await ask(child, { do: "round" });
        return { value: reply.value, cpuSeconds: reply.cpu_s, peakMb: reply.peak_mb };
      },
      close: () => closeChild(child),
    };
  } catch (error) {
    child.kill("SIGKILL");
    throw error;
  }
}

async function ask(child: ChildProcess, request: Request): Promise<Extract<Reply, { ok: true }>> {
  const reply = Reply.parse(await nextMessage(child, () => child.send(request)));
  if (!reply.ok) throw new Error(reply.message);
  return reply;
}

function nextMessage(child: ChildProcess, send: () => void): Promise<unknown> {
  return new Promise((resolve, reject) => {
    const settle = (end: () => void) => {
      child.off("message", onMessage).off("exit", onExit);
      end();
    };
    const onMessage = (message: unknown) => settle(() => resolve(message));
    const onExit = (code: number | null) =>
      settle(() =>
        reject(new Error(`The process of the side ended early (exit ${code ?? "by a signal"}).`)),
      );
    child.on("message", onMessage).on("exit", onExit);
    send();
  });
}

async function closeChild(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return;
  const exited = once(child, "exit");
  await ask(child, { do: "close" });
  await exited;
}
