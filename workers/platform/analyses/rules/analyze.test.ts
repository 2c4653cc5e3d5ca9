/** What people come for: the cause of a failed run, first, in few lines, the same however the log is read. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { Result, type LogSource } from "../model.ts";
import { adviceOf } from "./advice.ts";
import { analyze, type Counters, ENGINE_VERSION, type Tuning } from "./analyze.ts";
import { CANDIDATES_MAX, Candidates } from "./candidates.ts";
import { blockScore, RANK } from "./rank.ts";
import { TemplateCounts, templateOf } from "./template.ts";

const encoder = new TextEncoder();
const sourceOf = (bytes: Uint8Array): LogSource => ({
  size: bytes.length,
  read: async (at, length) => bytes.subarray(at, at + length),
});
const explain = async (log: string | readonly string[], tuning: Tuning = {}) => {
  const text = typeof log === "string" ? log : log.join("\n");
  return (await analyze(sourceOf(encoder.encode(text)), {}, tuning)).result;
};
const chatter = (count: number): string[] =>
  Array.from({ length: count }, (_, at) => `step ${at} went well`);
const GCC = ["src/a.c:12:5: error: 'x' undeclared", "   12 |     x = 1;", "      |     ^"];

describe("analyze", () => {
  test("[AN18] the located compile error comes before what make says of it", async () => {
    const result = await explain([...chatter(50), ...GCC, "make: *** [a.o] Error 1"]);
    expect(result.blocks[0]?.lines.map((line) => line.n).slice(0, 3)).toEqual([51, 52, 53]);
    expect(result.category.split(".")[0]).toBe("compile");
    expect(result.blocks[0]?.captures["file"]).toBe("src/a.c");
    expect(result.blocks[0]?.evidence.map((evidence) => evidence.signal)).toContain("place");
  });

  test("[AN11] what fails in the failing step outranks what fails in one that passed", async () => {
    const result = await explain([
      "$ ./first",
      "Error: cannot reach the mirror, going on",
      'The command "./first" exited with 0.',
      "$ ./second",
      "Error: cannot open the database",
      'The command "./second" exited with 3.',
      "$ ./after",
      "Error: nothing to upload",
    ]);
    expect(result.blocks[0]?.start_line).toBe(5);
    expect(result.stop_line).toBe(6);
    expect(result.exit_code).toBe(3);
  });

  test.each([
    ["##[group]Run make\nerror: x\n##[error]Process completed with exit code 2.", 2],
    ["section_start:1:step_script\r\u001b[0Kx\nerror: x\nERROR: Job failed: exit code 7", 7],
    ["##[section]Starting: Build\nerror: x\n##[error]Bash exited with code '4'.", 4],
    ["[Pipeline] { (Build)\nerror: x\nERROR: script returned exit code 5\nFinished: FAILURE", 5],
    ["error: x\n🚨 Error: The command exited with status 6", 6],
    ["error: x\nExited with code exit status 8", 8],
  ])("[AN11] the exit of a step is read: %j", async (log, code) => {
    expect((await explain(log)).exit_code).toBe(code);
  });

  test("[AN14] lines that differ in numbers, hashes and paths share a template", () => {
    expect(templateOf("error 12 in 'src/a.c' at 0deadbeef1")).toBe(
      templateOf("error 7  in 'lib/b.c' at 1cafebabe22"),
    );
    expect(templateOf("error in a")).not.toBe(templateOf("error in b"));
    const counts = new TemplateCounts();
    for (let n = 0; n < 5; n++) expect(counts.add(42)).toBe(n);
    expect(counts.estimate(42)).toBe(5);
  });

  test("[AN15] a log without any known failure still shows the lines before its stop", async () => {
    const result = await explain([
      ...chatter(80),
      "- expected.txt",
      "+ actual.txt",
      'The command "diff" exited with 1.',
    ]);
    expect(result.blocks[0]?.family).toBe("tail");
    expect(result.blocks[0]?.lines.some((line) => line.text === "- expected.txt")).toBe(true);
    expect(result.confidence.band).toBe("low");
  });

  test("[AN15] the heap keeps the best candidates in bounded memory", () => {
    const candidates = new Candidates();
    for (let n = 1; n <= 5_000; n++)
      candidates.add({ n, offset: n, weight: 1, template: n, early: (n * 7919) % 5_000 });
    const kept = candidates.inOrder();
    expect(kept).toHaveLength(CANDIDATES_MAX);
    expect(Math.min(...kept.map((candidate) => candidate.early))).toBe(5_000 - CANDIDATES_MAX);
  });

  test("[AN16] a failure in the middle of a long log is found and numbered right", async () => {
    const result = await explain([...chatter(30_000), ...GCC, ...chatter(30_000)]);
    expect(result.blocks[0]?.start_line).toBe(30_001);
    expect(result.blocks[0]?.start_byte).toBe(
      encoder.encode(`${chatter(30_000).join("\n")}\n`).length,
    );
    expect(result.lines).toBe(60_003);
  });

  test("[AN17] a block holds the stack below its message and stops at progress", async () => {
    const result = await explain([
      ...chatter(10),
      "TypeError: x is not a function",
      "    at f (a.js:1:1)",
      "    at g (b.js:2:2)",
      "Downloading a.tar.gz",
      ...chatter(10),
    ]);
    expect(result.blocks[0]?.lines.map((line) => line.n)).toEqual([11, 12, 13]);
  });

  test("[AN18] a block's score sums its best lines, each next one counting less", () => {
    expect(blockScore([1, 4, 2], { ...RANK, depth: 2, decay: 0.5 })).toBe(5);
  });

  test("[AN20] at most 60 lines in at most 8 blocks of at most 40 are shown, the middle folded", async () => {
    const stack = Array.from({ length: 100 }, (_, at) => `    at f${at} (a${at}.js:1:1)`);
    const log = Array.from({ length: 20 }, (_, at) => [
      `Error: failure number ${"abcdefghijklmnopqrst"[at]}`,
      ...stack,
      ...chatter(5),
    ]).flat();
    const result = await explain(log);
    expect(result.blocks.length).toBeLessThanOrEqual(8);
    expect(result.blocks.flatMap((block) => block.lines).length).toBeLessThanOrEqual(60);
    expect(Math.max(...result.blocks.map((block) => block.lines.length))).toBeLessThanOrEqual(40);
    const [first] = result.blocks;
    const shown = new Set(first?.lines.map((line) => line.n));
    const folded =
      first?.omitted.flatMap(([from, to]) =>
        Array.from({ length: to - from + 1 }, (_, at) => from + at),
      ) ?? [];
    const whole = Array.from(
      { length: (first?.end_line ?? 0) - (first?.start_line ?? 0) + 1 },
      (_, at) => (first?.start_line ?? 0) + at,
    );
    expect(whole.filter((n) => !shown.has(n))).toEqual(folded);
  });

  test("[AN21] what is held is bounded, and paging offsets are kept for every 1,000th line", async () => {
    const log = Array.from(
      { length: 50_000 },
      (_, at) => `error: number ${at % 977} of kind ${"xyz".repeat(at % 7)} broke`,
    ).join("\n");
    const counted: Counters[] = [];
    const bytes = encoder.encode(log);
    const { lineIndex } = await analyze(
      sourceOf(bytes),
      {},
      { onCounters: (counters) => void counted.push(counters) },
    );
    expect(counted[0]?.candidates).toBeLessThanOrEqual(500);
    expect(counted[0]?.windowLines).toBeLessThan(50_000);
    expect(lineIndex).toHaveLength(50);
    expect(lineIndex.every((offset) => offset === 0 || bytes[offset - 1] === 10)).toBe(true);
    expect(log.slice(0, lineIndex[7]).split("\n")).toHaveLength(7_001);
  });

  test("[AN22] the result does not depend on where blocks of bytes end", async () => {
    const line = fc.oneof(
      fc.constantFrom(
        ...GCC,
        "error: x",
        "--- FAIL: TestA (0.00s)",
        'The command "x" exited with 1.',
        "\u001b[31mError: é\u001b[0m",
        "",
        "x".repeat(17_000),
        `${"y".repeat(20_000)} error: late`,
        "a\rerror: b",
        "FAILED tests/a.py::b",
      ),
      fc.string({ maxLength: 60 }),
    );
    await fc.assert(
      fc.asyncProperty(
        fc.array(line, { maxLength: 40 }),
        fc.boolean(),
        fc.integer({ min: 1, max: 5_000 }),
        async (lines, ended, blockBytes) => {
          const log = lines.join("\n") + (ended ? "\n" : "");
          expect(await explain(log, { blockBytes })).toEqual(await explain(log));
        },
      ),
      { numRuns: 60 },
    );
  });

  test("[AN10] random bytes never throw, and the result has the promised shape", async () => {
    await fc.assert(
      fc.asyncProperty(fc.uint8Array({ maxLength: 3_000 }), async (bytes) => {
        const { result } = await analyze(sourceOf(bytes), {});
        Result.parse(result);
        expect(result.engine_version).toBe(ENGINE_VERSION);
        expect(result.bytes).toBe(bytes.length);
        expect(result.lines).toBe(
          bytes.length === 0
            ? 0
            : bytes.reduce((sum, byte) => sum + Number(byte === 10), 0) +
                Number(bytes.at(-1) !== 10),
        );
      }),
      { numRuns: 200 },
    );
  });

  test("[AN20] an empty log has no block and is unknown", async () => {
    const result = await explain("");
    expect(result).toMatchObject({
      category: "unknown",
      blocks: [],
      lines: 0,
      confidence: { value: 0, band: "low" },
    });
  });

  test("[AN30] each group has a retry hint and a next step, a code's own step first", () => {
    expect(adviceOf("network.dns")).toMatchObject({ retry: "yes" });
    expect(adviceOf("config.tool_missing").steps.map((step) => step.id)).toEqual([
      "install_tool",
      "compare_setup",
    ]);
    expect(adviceOf("unknown").steps).not.toEqual([]);
  });
});
