/** Families keep their promises: examples, near misses, hostile lines, a sound prefilter, and no names of projects. */
import { describe, expect, test } from "vitest";
import { PARSERS } from "../parsers/registry.ts";
import { prefilterOf } from "../scan/prefilter.ts";
import { walkLines } from "../scan/lines.ts";
import { MARKERS } from "../sections.ts";
import { FAMILIES } from "./all.ts";
import { COMPILE_EXAMPLES } from "./examples/compile.ts";
import { CONFIG_EXAMPLES } from "./examples/config.ts";
import { DEPENDENCY_EXAMPLES } from "./examples/dependency.ts";
import { GENERIC_EXAMPLES } from "./examples/generic.ts";
import { LANGUAGES_EXAMPLES } from "./examples/languages.ts";
import { LINT_EXAMPLES } from "./examples/lint.ts";
import { RUNTIME_EXAMPLES } from "./examples/runtime.ts";
import { SERVICES_EXAMPLES } from "./examples/services.ts";
import { TEST_EXAMPLES } from "./examples/test.ts";
import type { Family } from "./family.ts";

const EXAMPLES = {
  ...COMPILE_EXAMPLES, ...CONFIG_EXAMPLES, ...DEPENDENCY_EXAMPLES, ...GENERIC_EXAMPLES, ...LANGUAGES_EXAMPLES,
  ...LINT_EXAMPLES, ...RUNTIME_EXAMPLES, ...SERVICES_EXAMPLES, ...TEST_EXAMPLES,
};
const HOSTILE_CHARS = 4_096;
const HOSTILE_MS_MAX = 5;
const HOSTILE = ["a", " ", "error: ", "a.a/", "1:", "(", "Aa", "a ", '"', "[a]", "x.go:1: ", "a::a.", "--", "process ", "Error in ", "expected ", "\\", "é"].map(
  (piece) => piece.repeat(Math.ceil(HOSTILE_CHARS / piece.length)).slice(0, HOSTILE_CHARS),
);
const matches = (family: Family, line: string): boolean => family.re.test(line) && family.unless?.test(line) !== true;

/** Owners and repositories of the labelled sets (their public names), beside words so common that they are no names. */
const PROJECT_NAMES =
  /\b(?:powershell\/powershell|bitcoin|electron|bulma|lighttable|leiningen|autoprefixer|postcss|phoenixframework|rabbitmq|avelino|awesome-go|getlantern|pandoc|purescript|reactivex|rxjava|retrofit|freecodecamp|airbnb|purcell|luvit|realm-cocoa|dkhamsing|webqq|anomalydetection|discourse|alacritty|jwilm|redox|learnxinyminutes|adambard|cplusplus|angular|neovim|hashicorp\/terraform|guava|gumtree|jsoup|bukkit|assertj|jimfs|sorald|joda)\b/i;

describe("families", () => {
  test("[AN13] ids are unique and each has two hits and two near misses", () => {
    expect(new Set(FAMILIES.map((family) => family.id)).size).toBe(FAMILIES.length);
    const thin = FAMILIES.filter(({ id }) => (EXAMPLES[id]?.[0].length ?? 0) < 2 || (EXAMPLES[id]?.[1].length ?? 0) < 2);
    expect(thin.map((family) => family.id)).toEqual([]);
  });

  test("[AN13] every hit matches its family, no near miss does", () => {
    const wrong = FAMILIES.flatMap((family) => {
      const [hits, misses] = EXAMPLES[family.id] ?? [[], []];
      return [
        ...hits.filter((line) => !matches(family, line)).map((line) => `${family.id} should match ${line}`),
        ...misses.filter((line) => matches(family, line)).map((line) => `${family.id} should not match ${line}`),
      ];
    });
    expect(wrong).toEqual([]);
  });

  test("[AN13] a hostile line of 4,096 characters takes no family 5 ms", () => {
    const slow = FAMILIES.flatMap((family) =>
      HOSTILE.filter((line) => fastest(() => matches(family, line)) > HOSTILE_MS_MAX).map((line) => `${family.id}: ${line.slice(0, 20)}`),
    );
    expect(slow).toEqual([]);
  });

  test("[AN13] no family names a project, a repository or an organization", () => {
    const named = [...FAMILIES, ...MARKERS].filter(({ id, re, words }) => PROJECT_NAMES.test(`${id} ${re.source} ${words.join(" ")}`));
    expect(named.map((item) => item.id)).toEqual([]);
  });

  test("[AN12] the prefilter finds every hit, through colours, times and carriage returns", async () => {
    const prefilter = prefilterOf(FAMILIES, MARKERS, PARSERS);
    const lost: string[] = [];
    for (const [at, family] of FAMILIES.entries()) {
      for (const line of EXAMPLES[family.id]?.[0] ?? []) {
        for (const raw of [line, `2026-11-20T09:00:00.1234567Z ${line}`, `\u001b[31m${line}\u001b[0m\r`, `bar 3%\r${line}`]) {
          const bytes = new TextEncoder().encode(`${raw}\n`);
          let hit = false;
          await walkLines({ size: bytes.length, read: () => Promise.resolve(bytes) }, prefilter, (found) => {
            hit ||= found.hits.families.includes(at);
            return false;
          });
          if (!hit) lost.push(`${family.id}: ${raw}`);
        }
      }
    }
    expect(lost).toEqual([]);
  });
});

/** The fastest of five runs: a busy machine is not the pattern's fault. */
function fastest(run: () => unknown): number {
  const times = [1, 2, 3, 4, 5].map(() => {
    const start = performance.now();
    run();
    return performance.now() - start;
  });
  return Math.min(...times);
}
