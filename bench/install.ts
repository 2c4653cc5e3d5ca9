/** Installs the peers of bench/package.json when they are missing or stale, apart from the product's packages [BH1]. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readFileSync, writeFileSync } from "node:fs";
import { delimiter, join } from "node:path";

const HERE = import.meta.dirname;
const STAMP = join(HERE, "node_modules", ".edgewright");

/**
 * Runs `npm ci` in bench/ unless the installed peers match the lock. A failed install is told and leaves no stamp: the
 * peers are then "not available" and the product is still measured [BH6].
 */
export function installPeers(note: (line: string) => void): void {
  const wanted = createHash("sha256")
    .update(readFileSync(join(HERE, "package-lock.json")))
    .digest("hex");
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === wanted) return;
  note("Installing the peers in bench/ (npm ci) ...");
  const [command, ...first] = npm();
  const done = spawnSync(command, [...first, "ci", "--prefer-offline", "--no-audit", "--no-fund"], {
    cwd: HERE,
    env: { ...process.env, PATH: systemPath(), NODE_ENV: "" },
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (done.status === 0) return writeFileSync(STAMP, wanted);
  const reason = done.stderr.split("\n").filter((line) => line.startsWith("npm error"));
  note(
    `The peers could not be installed; they show as "not available". ${reason.slice(0, 3).join(" ")}`,
  );
}

/** The npm that started us, else the one on the PATH. */
function npm(): [string, ...string[]] {
  const { npm_execpath: script, npm_node_execpath: node } = process.env;
  return script === undefined ? ["npm"] : [node ?? process.execPath, script];
}

/** PATH without node_modules/.bin, so that npm does not run on a Node that it is about to replace. */
function systemPath(): string {
  const parts = (process.env["PATH"] ?? "").split(delimiter);
  return parts.filter((part) => !part.includes("node_modules")).join(delimiter);
}

/** Version of an installed peer, or null. */
export function peerVersion(name: string): string | null {
  const file = join(HERE, "node_modules", name, "package.json");
  if (!existsSync(file)) return null;
  const parsed: unknown = JSON.parse(readFileSync(file, "utf8"));
  return isRecord(parsed) && typeof parsed["version"] === "string" ? parsed["version"] : null;
}

const isRecord = (value: unknown): value is Record<string, unknown> =>
  typeof value === "object" && value !== null;
