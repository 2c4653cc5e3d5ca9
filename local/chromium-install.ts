/** Installs the browser that CI drives, where the machine has none and lets us: a person's machine is left alone. */
import { spawnSync } from "node:child_process";
import { findChromium } from "./chromium.ts";

const APT_MS = 180_000;
const PACKAGE = "chromium";

/** What a machine without a browser is told. */
export type Installed = { found: boolean; why: string };

/**
 * Chromium is there, installed by apt-get if need be (as root on Debian and Ubuntu).
 *
 * @param run runs a program and answers its exit code; null when it is not there or took too long
 * @returns `found: false` with the reason; the browser stage then says so itself
 */
export function ensureChromium(
  env: Readonly<Record<string, string | undefined>>,
  run: (file: string, args: readonly string[]) => number | null = runLoudly,
  uid: number | undefined = process.getuid?.(),
): Installed {
  const found = findChromium(env);
  if (found !== null) return { found: true, why: found };
  if (uid !== 0) return { found: false, why: "installing Chromium needs root" };
  if (run("apt-get", ["update", "-qq"]) === null)
    return { found: false, why: "this system has no apt-get" };
  const code = run("apt-get", ["install", "-y", "-qq", "--no-install-recommends", PACKAGE]);
  if (code !== 0)
    return { found: false, why: `apt-get install ${PACKAGE} ended with ${String(code)}` };
  const now = findChromium(env);
  return now === null
    ? { found: false, why: `the package ${PACKAGE} put no browser on PATH` }
    : { found: true, why: now };
}

function runLoudly(file: string, args: readonly string[]): number | null {
  const env = { ...process.env, DEBIAN_FRONTEND: "noninteractive" };
  return spawnSync(file, args, { env, stdio: "inherit", timeout: APT_MS }).status;
}
