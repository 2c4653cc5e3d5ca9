/** ripgrep as a side of `analysis`: counts the lines that hold one of seven patterns. */
import { execFile, execFileSync } from "node:child_process";
import { promisify } from "node:util";
import type { ChildSide } from "../child-protocol.ts";
import { LogConfig } from "../log-file.ts";
import { PATTERNS } from "../synthetic-log.ts";

const execute = promisify(execFile);

/** Version of the rg on the PATH, or null. */
export function ripgrepVersion(): string | null {
  try {
    return (
      /^ripgrep (\S+)/.exec(execFileSync("rg", ["--version"], { encoding: "utf8" }))?.[1] ?? null
    );
  } catch {
    return null;
  }
}

/** Each round starts rg anew, as a user does; its start is part of its time. `--no-config` keeps a user's settings out. */
export async function open(config: unknown): Promise<ChildSide> {
  const { path } = LogConfig.parse(config);
  const patterns = PATTERNS.flatMap((pattern) => ["-e", pattern]);
  return {
    version: ripgrepVersion() ?? "",
    round: async () => {
      const from = performance.now();
      const { stdout } = await execute("rg", ["--no-config", "--count", ...patterns, path]);
      return { elapsedMs: performance.now() - from, counted: { matchingLines: Number(stdout) } };
    },
    close: async () => {},
  };
}
