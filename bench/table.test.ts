import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { BenchResult, Row } from "./model.ts";
import { BENCH_IDS, expectedReadme, readReadme, readResults } from "./results.ts";
import { renderResults, shown, TABLE_BEGIN, TABLE_END, withTable } from "./table.ts";

const measured = (side: string, ours: boolean, seconds: number): Row => ({
  status: "measured",
  side,
  label: side,
  ours,
  version: "1.2.3",
  settings: { fsync: true },
  rounds: 5,
  values: { elapsed: { median: seconds, min: seconds - 1, max: seconds + 1, samples: [seconds] } },
  cpu_s: null,
  proof: {},
});

const result = (rows: Row[]): BenchResult => ({
  id: "engine-fanout",
  title: "Ten thousand tasks",
  measured_at: "2026-11-20T10:00:00.000Z",
  commit: "0123456789",
  machine: {
    cpu: "CPU",
    cores: 2,
    memory_gib: 8,
    system: "linux x64",
    node: "24.21.0",
    workerd: "1.2",
    postgres: "17.1",
  },
  load_1m: { before: 0.1, after: 1.5 },
  parts: [
    {
      id: "fanout",
      workload: "out and in",
      measures: [{ id: "elapsed", unit: "s", better: "lower" }],
      rows,
      goals: [{ text: "at most 1 s", value: 2, met: false }],
    },
  ],
  published: ["another machine, 0.75 s"],
});

test("[BH7] the table in README.md is the one that the stored results give", () => {
  expect(readReadme(), "run: npm run bench -- table").toBe(expectedReadme());
});

test("[BH7] a loss and a missed goal are printed as such", () => {
  const text = renderResults([result([measured("ours", true, 4), measured("peer", false, 2)])]);
  expect(text).toContain("Lost: peer is 2 x better in elapsed.");
  expect(text).toContain("Goal missed: at most 1 s; measured 2.");
  expect(text).toContain("| **ours** 1.2.3 | 4 (3 to 5) |");
});

test("[BH6] what is missing is said, and published figures stand beside", () => {
  const gone: Row = {
    status: "not available",
    side: "p",
    label: "peer",
    ours: false,
    reason: "no redis-server",
  };
  const text = renderResults([result([measured("ours", true, 2), gone])]);
  expect(text).toContain("| peer | not available: no redis-server |");
  expect(text).toContain("Published elsewhere: another machine, 0.75 s");
});

test("[BH3] the table names machine, load, Node and commit", () => {
  const text = renderResults([result([])]);
  expect(text).toContain(
    "at commit 0123456789 on 2 cores of CPU, 8 GiB, linux x64, Node 24.21.0, workerd 1.2, PostgreSQL 17.1; load before and after 0.1 and 1.5.",
  );
});

test("only the text between the marks is replaced", () => {
  const readme = `before\n${TABLE_BEGIN}\nold\n${TABLE_END}\nafter\n`;
  expect(withTable(readme, [])).toBe(`before\n${TABLE_BEGIN}\n\n\n${TABLE_END}\nafter\n`);
  expect(() => withTable("no marks", [])).toThrow("lost its marks");
});

test("numbers are shown with three digits", () => {
  expect([0.12345, 12.345, 1234.5, 0].map(shown)).toEqual(["0.123", "12.3", "1,235", "0"]);
});

test("[BH3] stored results hold no host name and no path", () => {
  for (const { id } of readResults()) {
    const text = readFileSync(join(import.meta.dirname, "results", `${id}.json`), "utf8");
    expect(text).not.toMatch(/\/(?:home|root|tmp|work|Users|var)\//);
  }
});

test("every bench has its script", () => {
  for (const id of BENCH_IDS)
    expect(readFileSync(join(import.meta.dirname, `${id}.ts`), "utf8")).toContain(`\`${id}\``);
});
