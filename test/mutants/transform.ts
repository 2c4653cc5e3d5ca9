/**
 * Weakens one guard of the product while its tests run.
 * A mutant that no test notices shows a promise that nothing watches; the runner beside this file counts them.
 */
import { cpSync, mkdtempSync, readFileSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import type { Plugin } from "vitest/config";
import { applyMutant, parseMutant } from "./mutant.ts";

const ROOT = join(import.meta.dirname, "../..");

/**
 * The Vite plugin that applies `test/mutants/<id>.json` in memory; null when no mutant is asked for, or when it is one of
 * a migration, which TEST_MIGRATIONS hands to test/postgres.ts.
 *
 * @throws when the description is malformed, or its file does not hold the text to replace exactly once:
 *   a mutant that changes nothing would pass for a killed guard.
 */
export function mutantFromEnvironment(id: string | undefined): Plugin | null {
  if (id === undefined || id === "") return null;
  const mutant = parseMutant(id, readFileSync(join(ROOT, "test/mutants", `${id}.json`), "utf8"));
  const target = join(ROOT, mutant.file);
  const weakened = applyMutant(mutant, readFileSync(target, "utf8"));
  if (target.endsWith(".sql")) {
    process.env["TEST_MIGRATIONS"] = migrationsWith(basename(target), weakened);
    return null;
  }
  return {
    name: `mutant-${id}`,
    enforce: "pre",
    transform(code, path) {
      return path.split("?")[0] === target ? { code: applyMutant(mutant, code), map: null } : null;
    },
  };
}

/** Migrations are read from a folder, not imported: a copy of it holds the weakened one. The system clears its folder of temporary files. */
function migrationsWith(name: string, text: string): string {
  const folder = mkdtempSync(join(tmpdir(), "edgewright-mutant-"));
  cpSync(join(ROOT, "migrations"), folder, { recursive: true });
  writeFileSync(join(folder, name), text);
  return folder;
}
