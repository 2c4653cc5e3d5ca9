/** What a mutant is: one exact replacement in one file, and the tests that must notice it. */
import { z } from "zod";

/** `test/mutants/<id>.json`. `tests` are test files, each optionally with a title part after `#`: `path.sim.test.ts#[L4]`. */
export const Mutant = z.strictObject({
  /** Which promise the mutant breaks, as a sentence. */
  guard: z.string().min(1).optional(),
  file: z.string().regex(/^(?:[\w./-]+\.tsx?|migrations\/\w+\.sql)$/),
  find: z.string().min(1),
  replace: z.string(),
  tests: z.array(z.string().min(1)).min(1),
});
export type Mutant = z.infer<typeof Mutant> & { id: string };

/** @throws naming the mutant when its description does not have the form above. */
export function parseMutant(id: string, text: string): Mutant {
  const parsed = Mutant.safeParse(JSON.parse(text));
  if (!parsed.success) throw new Error(`mutant ${id}: ${z.prettifyError(parsed.error)}`);
  return { id, ...parsed.data };
}

/** @returns the weakened source. @throws when `find` does not occur exactly once. */
export function applyMutant(mutant: Mutant, source: string): string {
  const parts = source.split(mutant.find);
  if (parts.length !== 2) {
    throw new Error(
      `mutant ${mutant.id}: its text occurs ${parts.length - 1} times in ${mutant.file}, expected once. Adjust "find".`,
    );
  }
  return parts.join(mutant.replace);
}
