/** Scores shown blocks against labelled logs (LogChunks, CiDiff) and against what people do without us. */
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join, relative } from "node:path";
import { LINES_SHOWN_MAX, type LogSource } from "../../workers/platform/analyses/model.ts";
import { analyze } from "../../workers/platform/analyses/rules/analyze.ts";
import { normalise } from "../../workers/platform/analyses/rules/normalise.ts";

/** A labelled log: its label is lines of text, or line numbers. */
export interface Case {
  readonly unit: string;
  readonly path: string;
  readonly label:
    | { readonly kind: "text"; readonly lines: readonly string[] }
    | { readonly kind: "numbers"; readonly lines: ReadonlySet<number> };
}
/** What somebody shows of a log: blocks of lines, best first. */
export interface Shown {
  readonly blocks: readonly (readonly { readonly n: number; readonly text: string }[])[];
  readonly high: boolean;
}
/** Means over all logs, misses as 0. */
export interface Score {
  readonly logs: number;
  readonly precision: number;
  readonly recall: number;
  readonly f1: number;
  readonly hit1: number;
  readonly hit3: number;
  readonly shown: number;
  /** hit@1 among answers of high confidence, and their share. */
  readonly highHit1: number;
  readonly highShare: number;
}

const TAIL_LINES = 100;
const GREP_AROUND = 3;
const GREP = /error|fail|fatal|exception|panic/i;

/** Text after AN10 and a right trim, as labels and answers are compared. */
export const comparable = (text: string): string => normalise(text).text.trimEnd();

/** The cases of a set, or null when the directory is no set of blocks. */
export function readCases(dir: string): readonly Case[] | null {
  const labels = join(dir, "labels.jsonl");
  if (existsSync(labels)) return readLogChunks(dir, readFileSync(labels, "utf8"));
  const truths = readdirSync(dir, { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith("groundtruth"))
    .sort();
  return truths.length === 0 ? null : truths.map((path) => readCiDiff(dir, path));
}

function readLogChunks(dir: string, text: string): readonly Case[] {
  return text
    .split("\n")
    .filter((line) => line !== "")
    .map((line) => {
      const label: { log: string; chunk: string } = JSON.parse(line);
      return {
        unit: label.log.split("/").slice(0, 2).join("/"),
        path: join(dir, "logs", label.log),
        label: { kind: "text", lines: label.chunk.split("\n").map(comparable) },
      };
    });
}

/** Lines `E 12-15` are the error, `C 11` its context: both are what a person pointed to. */
function readCiDiff(dir: string, path: string): Case {
  const folder = join(dir, path, "..");
  const log = join(folder, "fail.log");
  const rawLine = rawLines(readFileSync(log, "latin1"));
  const lines = new Set<number>();
  for (const [, from, to] of readFileSync(join(dir, path), "utf8").matchAll(
    /^[EC] (\d+)(?:-(\d+))?/gm,
  )) {
    for (let n = Number(from); n <= Number(to ?? from); n++) lines.add(rawLine[n] ?? 0);
  }
  return { unit: relative(dir, folder), path: log, label: { kind: "numbers", lines } };
}

/** The labels count lines as Java's readers do, for which a lone CR ends one: maps them to lines that LF ends. */
function rawLines(text: string): readonly number[] {
  const lines = [0, 1];
  let n = 1;
  for (const [end] of text.matchAll(/\r\n|\n|\r/g)) {
    if (end !== "\r") n++;
    lines.push(n);
  }
  return lines;
}

/** The whole log in memory as a source. */
export const memorySource = (bytes: Uint8Array): LogSource => ({
  size: bytes.length,
  read: (offset, length) => Promise.resolve(bytes.subarray(offset, offset + length)),
});

/** What we show. */
export async function ours(bytes: Uint8Array): Promise<Shown> {
  const { result } = await analyze(memorySource(bytes), {});
  return {
    blocks: result.blocks.map((block) => block.lines),
    high: result.confidence.band === "high",
  };
}

/** The last lines of the log, as one block. */
export function tail(bytes: Uint8Array): Shown {
  const lines = linesOf(bytes);
  return { blocks: [lines.slice(-TAIL_LINES)], high: false };
}

/** grep -i -C 3 for failure words; each run of lines is a block, in log order. */
export function grep(bytes: Uint8Array): Shown {
  const lines = linesOf(bytes);
  const near = new Set<number>();
  for (const [at, line] of lines.entries()) {
    if (!GREP.test(line.text)) continue;
    for (let n = at - GREP_AROUND; n <= at + GREP_AROUND; n++) near.add(n);
  }
  const blocks: { n: number; text: string }[][] = [];
  for (const [at, line] of lines.entries()) {
    if (!near.has(at)) continue;
    if (near.has(at - 1)) blocks.at(-1)?.push(line);
    else blocks.push([line]);
  }
  return { blocks, high: false };
}

const linesOf = (bytes: Uint8Array): { n: number; text: string }[] =>
  new TextDecoder()
    .decode(bytes)
    .trimEnd()
    .split("\n")
    .map((text, at) => ({ n: at + 1, text: comparable(text) }));

/** Scores one answer; `peer` answers are not cut at 60 lines. */
export function scoreOne(shown: Shown, label: Case["label"], linesMax = LINES_SHOWN_MAX): Score {
  const flat = shown.blocks.flat().slice(0, linesMax);
  const size = label.kind === "text" ? label.lines.length : label.lines.size;
  const hits =
    label.kind === "text"
      ? textHits(flat, label.lines)
      : flat.filter((line) => label.lines.has(line.n)).length;
  const precision = flat.length === 0 ? 0 : hits / flat.length;
  const recall = size === 0 ? 0 : hits / size;
  const hit = (k: number): number =>
    Number(
      shown.blocks
        .slice(0, k)
        .flat()
        .some((line) => inLabel(line, label)),
    );
  return {
    logs: 1,
    precision,
    recall,
    f1: precision + recall === 0 ? 0 : (2 * precision * recall) / (precision + recall),
    hit1: hit(1),
    hit3: hit(3),
    shown: flat.length,
    highHit1: shown.high ? hit(1) : 0,
    highShare: Number(shown.high),
  };
}

function inLabel(line: { n: number; text: string }, label: Case["label"]): boolean {
  if (label.kind === "numbers") return label.lines.has(line.n);
  return line.text.trim() !== "" && label.lines.includes(comparable(line.text));
}

/** Sum over distinct lines of the lesser count. */
function textHits(flat: readonly { text: string }[], label: readonly string[]): number {
  const left = new Map<string, number>();
  for (const line of label) left.set(line, (left.get(line) ?? 0) + 1);
  let hits = 0;
  for (const line of flat) {
    const key = comparable(line.text);
    const count = left.get(key) ?? 0;
    if (count === 0) continue;
    left.set(key, count - 1);
    hits++;
  }
  return hits;
}

/** Means over scores; `highHit1` is a rate within the high answers. */
export function mean(scores: readonly Score[]): Score {
  const of = (pick: (score: Score) => number): number =>
    scores.reduce((sum, score) => sum + pick(score), 0) / Math.max(1, scores.length);
  const highShare = of((score) => score.highShare);
  return {
    logs: scores.length,
    precision: of((score) => score.precision),
    recall: of((score) => score.recall),
    f1: of((score) => score.f1),
    hit1: of((score) => score.hit1),
    hit3: of((score) => score.hit3),
    shown: of((score) => score.shown),
    highShare,
    highHit1: highShare === 0 ? 0 : of((score) => score.highHit1) / highShare,
  };
}
