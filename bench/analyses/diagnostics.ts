/** Scores parsed messages of compilers and linters against recorded outputs and their known parse (errorformat). */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import type { LogSource } from "../../workers/platform/analyses/model.ts";
import { analyze } from "../../workers/platform/analyses/rules/analyze.ts";

/** One recorded output: `<tool>.in`, and its parse `<tool>.ok`. */
export interface Fixture {
  readonly tool: string;
  readonly path: string;
  readonly expected: readonly string[];
}

/** Claimed: we found anything in it. Exact: the same files, lines and messages, as often, and nothing else. */
export interface FixtureScore {
  readonly tool: string;
  readonly claimed: boolean;
  readonly exact: boolean;
  readonly expected: number;
  readonly found: number;
  readonly same: number;
  readonly missed: readonly string[];
  readonly extra: readonly string[];
}

/** The fixtures of a set, or null when the directory is none. */
export function readFixtures(dir: string): readonly Fixture[] | null {
  const inputs = readdirSync(dir).filter(
    (file) => file.endsWith(".in") && existsSync(join(dir, `${file.slice(0, -3)}.ok`)),
  );
  if (inputs.length === 0) return null;
  return inputs.toSorted().map((file) => {
    const tool = file.slice(0, -3);
    return {
      tool,
      path: join(dir, file),
      expected: parseExpected(readFileSync(join(dir, `${tool}.ok`), "utf8")),
    };
  });
}

/** `file|12 col 5 error 7006| message`; a line without bars goes on with the message; `|| text` was no match. */
export function parseExpected(text: string): readonly string[] {
  const entries: { place: string; message: string }[] = [];
  for (const line of text.split("\n")) {
    if (line.startsWith("||") || line === "") continue;
    const match = /^([^|]*)\|(\d+)?[^|]*\|(.*)$/.exec(line);
    const last = entries.at(-1);
    if (match !== null)
      entries.push({ place: `${match[1] ?? ""}|${match[2] ?? ""}`, message: match[3] ?? "" });
    else if (last !== undefined) last.message += ` ${line}`;
  }
  return entries.map(({ place, message }) => `${place}|${folded(message)}`);
}

const folded = (text: string): string => text.replace(/\s+/g, " ").trim();

/** Runs the whole product over each fixture. */
export async function scoreFixtures(
  fixtures: readonly Fixture[],
): Promise<readonly FixtureScore[]> {
  const scores: FixtureScore[] = [];
  for (const { tool, path, expected } of fixtures) {
    const { result } = await analyze(sourceOf(readFileSync(path)), {});
    const found = result.diagnostics.map(
      ({ file, line, message }) => `${file}|${line ?? ""}|${folded(message)}`,
    );
    const extra = without(found, expected);
    const missed = without(expected, found);
    scores.push({
      tool,
      claimed: found.length > 0,
      exact: extra.length === 0 && missed.length === 0,
      expected: expected.length,
      found: found.length,
      same: expected.length - missed.length,
      missed,
      extra,
    });
  }
  return scores;
}

/** The elements of `all` that `others` lacks, each counted as often as it stands. */
function without(all: readonly string[], others: readonly string[]): readonly string[] {
  const left = new Map<string, number>();
  for (const other of others) left.set(other, (left.get(other) ?? 0) + 1);
  return all.filter((one) => {
    const count = left.get(one) ?? 0;
    left.set(one, count - 1);
    return count <= 0;
  });
}

function sourceOf(bytes: Uint8Array): LogSource {
  return {
    size: bytes.length,
    read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
  };
}

/** One line per tool, then the shares. */
export function diagnosticTable(scores: readonly FixtureScore[]): string {
  const claimed = scores.filter((score) => score.claimed);
  const exact = claimed.filter((score) => score.exact);
  const sum = (of: (score: FixtureScore) => number): number =>
    claimed.reduce((all, score) => all + of(score), 0);
  const share = (part: number, whole: number): string =>
    (whole === 0 ? 0 : part / whole).toFixed(3);
  return [
    ...scores.map((score) => {
      const state = score.exact ? "exact" : score.claimed ? "differs" : "not claimed";
      const details = score.exact
        ? []
        : [
            ...score.missed.slice(0, 3).map((one) => `    - ${one}`),
            ...score.extra.slice(0, 3).map((one) => `    + ${one}`),
          ];
      return [
        `${score.tool.padEnd(20)} ${state.padEnd(12)} ${score.same} of ${score.expected}, found ${score.found}`,
        ...details,
      ].join("\n");
    }),
    `claimed ${claimed.length} of ${scores.length} formats; exact ${exact.length} (${share(exact.length, claimed.length)} of claimed, ${share(exact.length, scores.length)} of all); ` +
      `entries exact ${share(
        sum((score) => score.same),
        sum((score) => score.expected),
      )}`,
  ].join("\n");
}

/** Scores a set and prints it. Exit code 2: the directory is no such set. */
export async function main(dir: string): Promise<number> {
  const fixtures = readFixtures(dir);
  if (fixtures === null) {
    process.stderr.write(`${dir} holds no *.in with an *.ok beside it.\n`);
    return 2;
  }
  process.stdout.write(`${diagnosticTable(await scoreFixtures(fixtures))}\n`);
  return 0;
}
