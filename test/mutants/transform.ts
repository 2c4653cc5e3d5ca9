/**
 * Weakens one guard of the product while its tests run.
 * A mutant that no test notices shows a promise that nothing watches; the runner beside this file counts them.
 */
import { readFileSync } from "node:fs";
import { join } from "node:path";
import type { Plugin } from "vitest/config";
import { applyMutant, parseMutant } from "./mutant.ts";

const ROOT = join(import.meta.dirname, "../..");

/**
 * The Vite plugin that applies `test/mutants/<id>.json` in memory, or null when no mutant is asked for.
 *
 * @throws when the description is malformed, or its file does not hold the text to replace exactly once:
 *   a mutant that changes nothing would pass for a killed guard.
 */
export function mutantFromEnvironment(id: string | undefined): Plugin | null {
  if (id === undefined || id === "") return null;
  const mutant = parseMutant(id, readFileSync(join(ROOT, "test/mutants", `${id}.json`), "utf8"));
  const target = join(ROOT, mutant.file);
  applyMutant(mutant, readFileSync(target, "utf8"));
  return {
    name: `mutant-${id}`,
    enforce: "pre",
    transform(code, path) {
      return path.split("?")[0] === target ? { code: applyMutant(mutant, code), map: null } : null;
    },
  };
}
