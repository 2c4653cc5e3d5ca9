/** A clone of the measured commit in a temporary folder, with the installed packages linked in. */
import { execFileSync } from "node:child_process";
import { cpSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { ROOT } from "./product.ts";

export interface Clone {
  readonly root: string;
  remove(): void;
}

/**
 * Clones HEAD beside the packages that are installed already, so that no install is measured.
 *
 * @param replaced files of the clone with another content, by path; for control runs
 */
export function cloneProduct(replaced: Readonly<Record<string, string>> = {}): Clone {
  const folder = mkdtempSync(join(tmpdir(), "edgewright-bench-clone-"));
  const root = join(folder, "clone");
  execFileSync("git", ["clone", "--quiet", "--local", ROOT, root]);
  linkPackages(join(ROOT, "node_modules"), join(root, "node_modules"));
  for (const [path, content] of Object.entries(replaced)) writeFileSync(join(root, path), content);
  return { root, remove: () => rmSync(folder, { recursive: true, force: true }) };
}

/** Hard links where the system's cp makes them, else a copy. */
function linkPackages(from: string, to: string): void {
  try {
    execFileSync("cp", ["-al", from, to], { stdio: "ignore" });
  } catch {
    rmSync(to, { recursive: true, force: true });
    cpSync(from, to, { recursive: true, verbatimSymlinks: true });
  }
}
