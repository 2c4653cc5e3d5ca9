/** What the supervisor and a plane process say to each other over IPC. */
import type { WorkerOptions } from "./workerd.ts";

/** The first message to a plane: everything it needs to run its Worker. Secrets travel here, not in the environment. */
export type PlaneStart = {
  type: "start";
  worker: WorkerOptions;
  host: string;
  port: number;
  persist: string;
  tmp: string;
  /** The file of JSON lines that the Worker's output goes to. */
  log: string;
};

export type ToPlane =
  | PlaneStart
  /** Run the handler of this cron expression as of this instant (ms since 1970). */
  | { type: "cron"; cron: string; at: number }
  /** Take no new requests, finish those in flight within the limit, end. */
  | { type: "stop"; drainMs: number };

export type FromPlane =
  | { type: "ready"; crons: string[] }
  | { type: "failed"; code: string | null; message: string }
  /** An error line, for the terminal; all lines are in the plane's log. */
  | { type: "log"; level: string; message: string }
  /** workerd died and runs again. */
  | { type: "restarted" };
