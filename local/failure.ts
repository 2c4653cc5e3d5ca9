/** How the launcher says no: what failed, why, and the one thing to do about it, with an exit code a script can read. */
import { stripVTControlCharacters } from "node:util";

/** Exit codes of `npm start` and `npm test`; 0 is stopped or passed, 130 is interrupted twice. */
export const EXIT = {
  check: 1,
  running: 2,
  port: 3,
  install: 4,
  database: 5,
  runtime: 6,
  interrupted: 130,
} as const;

export type ExitCode = (typeof EXIT)[keyof typeof EXIT];

/** A failure with its remedy. It ends the command; nothing in `local/` catches it except the command's own end. */
export class Failure extends Error {
  readonly exitCode: ExitCode;
  readonly remedy: string;
  /** The last lines of the log of what failed, oldest first; may be empty. */
  readonly logLines: readonly string[];

  constructor(
    exitCode: ExitCode,
    what: string,
    how: { remedy: string; log?: readonly string[]; cause?: unknown },
  ) {
    super(what, how.cause === undefined ? undefined : { cause: how.cause });
    this.name = "Failure";
    this.exitCode = exitCode;
    this.remedy = how.remedy;
    this.logLines = (how.log ?? []).slice(-LOG_LINES_SHOWN).map(stripVTControlCharacters);
  }
}

/** Lines of log printed under a failure. */
export const LOG_LINES_SHOWN = 20;

/** The text a person sees for any error that ends a command: what, why, the log's end, one remedy. */
export function render(error: unknown): string {
  if (!(error instanceof Failure)) {
    const text = error instanceof Error ? (error.stack ?? error.message) : String(error);
    return `edgewright: unexpected error\n${text}\nRemedy: run it again; if it repeats, report the lines above.`;
  }
  const cause = error.cause === undefined ? [] : [`Why: ${reasonOf(error.cause)}`];
  const log = error.logLines.map((line) => `  | ${line}`);
  return [`edgewright: ${error.message}`, ...cause, ...log, `Remedy: ${error.remedy}`].join("\n");
}

/** The message of anything thrown, without its stack. */
export const reasonOf = (error: unknown): string => {
  if (!(error instanceof Error)) return String(error);
  // A refused connection to both ::1 and 127.0.0.1 is an AggregateError whose own message is empty.
  if (error.message === "" && error instanceof AggregateError)
    return error.errors.map(reasonOf).join("; ");
  return error.message;
};

/** The code of a Node system error (`EADDRINUSE`) or of a Postgres error (`28P01`), if it has one. */
export const codeOf = (error: unknown): string | undefined =>
  error instanceof Error && "code" in error && typeof error.code === "string"
    ? error.code
    : undefined;
