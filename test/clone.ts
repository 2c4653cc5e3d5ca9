/** A second checkout for tests that change something in it: what they may change is copied, the rest is linked. */
import { cpSync, mkdirSync, mkdtempSync, readdirSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";

const ROOT = join(import.meta.dirname, "..");
/** `local` is copied because a file finds its repository by where it really lies. */
const COPIED = ["local", "migrations"];
const LEFT_OUT = [".git", ".edgewright", "reports"];
/** Built from the sources, so a copy of the sources needs its own. */
const BUILT = "dist";

/**
 * @param migrations further migrations by file name
 * @param sources true to copy the Workers as well, for a test that changes them
 * @returns the folder; the caller removes it
 */
export function linkedClone(
  migrations: Readonly<Record<string, string>> = {},
  sources = false,
): string {
  const root = mkdtempSync(join(tmpdir(), "edgewright-clone-"));
  const copied = sources ? [...COPIED, "workers", BUILT] : COPIED;
  for (const name of readdirSync(ROOT)) {
    if (![...copied, ...LEFT_OUT].includes(name)) symlinkSync(join(ROOT, name), join(root, name));
  }
  for (const name of copied) {
    mkdirSync(join(root, name));
    cpSync(join(ROOT, name), join(root, name), { recursive: true });
  }
  for (const [name, text] of Object.entries(migrations))
    writeFileSync(join(root, "migrations", name), text);
  return root;
}
