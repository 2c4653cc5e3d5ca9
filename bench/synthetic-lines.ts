/** The vocabulary of the synthetic CI log: what tools print while they work, and the failure at its end. */

/** A whole number below the bound, from the log's seed. */
export type Draw = (below: number) => number;

const PACKAGES = [
  "left-router",
  "tiny-cache",
  "http-kit",
  "plainmark",
  "color-table",
  "async-lane",
  "date-rule",
  "fs-walker",
];
const AREAS = [
  "billing",
  "catalog",
  "search",
  "session",
  "export",
  "ledger",
  "invoice",
  "webhook",
  "scheduler",
];
const CASES = [
  "creates",
  "rejects_unknown",
  "handles_error",
  "keeps_order",
  "retries_after_failure",
  "parses_empty",
  "lists_pages",
  "merges_lines",
  "sorts_by_date",
  "stores_once",
  "sends_later",
  "reads_back",
];
const hex = (draw: Draw, digits: number): string =>
  Array.from({ length: digits }, () => "0123456789abcdef"[draw(16)]).join("");
const from = (draw: Draw, list: readonly string[]): string => list[draw(list.length)] ?? "";
const semver = (draw: Draw): string => `${draw(20)}.${draw(40)}.${draw(12)}`;
const file = (draw: Draw): string => `src/${from(draw, AREAS)}/${from(draw, AREAS)}_${draw(400)}`;

/** Healthy output: downloads, compilers, tests that pass, tests about errors, warnings, server logs, colours. */
export const CHATTER: readonly ((draw: Draw) => string)[] = [
  (d) =>
    `npm http fetch GET 200 registry/${from(d, PACKAGES)}-${d(900)} ${d(900)}ms (cache ${d(2) === 0 ? "hit" : "miss"})`,
  (d) => `Downloading ${from(d, PACKAGES)}-${semver(d)}.tar.gz (${d(900)}.${d(9)} kB)`,
  (d) => `   Compiling ${from(d, PACKAGES)} v${semver(d)}`,
  (d) => `[${d(99)}%] Building CXX object ${file(d)}.dir/${from(d, AREAS)}_${d(300)}.cpp.o`,
  (d) =>
    `gcc -O2 -g -Wall -fPIC -Iinclude -I/usr/include -DNDEBUG -c ${file(d)}.c -o build/${hex(d, 12)}.o`,
  (d) =>
    `tests/${from(d, AREAS)}/test_${from(d, AREAS)}.py::test_${from(d, CASES)}_${d(4_000)} PASSED [ ${d(99)}%]`,
  (d) => `=== RUN   Test${from(d, AREAS)}/${from(d, CASES)}_${d(4_000)}`,
  (d) => `    --- PASS: Test${from(d, AREAS)}/${from(d, CASES)}_${d(4_000)} (0.${d(99)}s)`,
  (d) =>
    `\u001b[32m  ✓\u001b[39m ${from(d, AREAS)} ${from(d, CASES)} \u001b[2m(${d(400)} ms)\u001b[22m`,
  (d) =>
    `${file(d)}.py:${d(900)}: DeprecationWarning: call of ${from(d, CASES)}() is deprecated since ${semver(d)}`,
  (d) =>
    `[INFO] --- ${from(d, PACKAGES)}:${semver(d)}:compile (default-compile) @ ${from(d, AREAS)} ---`,
  (d) =>
    `${d(24)}:${d(60)} DEBUG ${from(d, AREAS)}.${from(d, AREAS)} request id=${hex(d, 16)} status=200 took=${d(900)}ms`,
  (d) =>
    `${d(24)}:${d(60)} INFO  ${from(d, AREAS)}.pool checked out connection ${d(32)} of 32, ${d(9)} waiting, ${d(9)} retries`,
  (d) =>
    d(6) === 0
      ? `${from(d, AREAS)}: connection error on try ${d(3)}, trying again in ${d(900)} ms`
      : `${from(d, AREAS)}: connection to ${from(d, PACKAGES)}-${d(90)} is open, try ${d(3)} of 3`,
  (d) =>
    d(6) === 0
      ? `Tests run: ${d(90)}, Failures: 0, Errors: 0, Skipped: ${d(5)} - in org.${from(d, AREAS)}.Test${d(900)} (0 failed)`
      : `Tests run: ${d(90)} in org.${from(d, AREAS)}.${from(d, AREAS)}.Suite${d(900)}, time ${d(90)}.${d(90)} s`,
  (d) => `remote: Counting objects: ${d(100)}% (${d(9_000)}/${d(9_000)}), done.`,
  (d) => ` ---> ${hex(d, 12)} Using cache: step ${d(60)}/60 RUN install ${from(d, PACKAGES)}`,
  (d) => `sha256:${hex(d, 64)}: Pull complete`,
  (d) =>
    `copying ${file(d)}.py -> build/lib/${from(d, AREAS)}/${from(d, AREAS)}_${d(900)}.py, mode 644, ${d(90_000)} bytes`,
  (d) =>
    `${hex(d, 8)}-${hex(d, 4)}-${hex(d, 4)} uploaded chunk ${d(400)} of 400 to artifact ${from(d, AREAS)}-${d(50)}`,
  (d) =>
    `warning: unused variable: \`${from(d, AREAS)}_${d(90)}\` at ${file(d)}.rs:${d(900)}:${d(80)}`,
  (d) => `ok ${d(9_000)} - ${from(d, AREAS)} ${from(d, CASES)} # time=${d(900)}ms`,
];

/** How the job starts. */
export const HEAD: readonly string[] = [
  "##[group]Operating System",
  "Ubuntu",
  "24.04.1",
  "LTS",
  "##[endgroup]",
  "##[group]Run make ci",
  "\u001b[36;1mmake ci\u001b[0m",
  "shell: /usr/bin/bash -e {0}",
  "##[endgroup]",
];

/** The failure that explains the job: two pytest failures with their traces, the summary, make, the exit code. */
export const FAILURE: readonly string[] = [
  "=================================== FAILURES ===================================",
  "_________________________ test_rounds_half_cents_down __________________________",
  "",
  "    def test_rounds_half_cents_down():",
  "        invoice = Invoice(lines=[Line(price=Decimal('10.005'), count=1)])",
  ">       assert invoice.total() == Decimal('10.00')",
  "E       AssertionError: assert Decimal('10.01') == Decimal('10.00')",
  "E        +  where Decimal('10.01') = total()",
  "",
  "tests/invoice/test_totals.py:88: AssertionError",
  "___________________________ test_sums_across_pages _____________________________",
  "",
  "    def test_sums_across_pages():",
  ">       assert ledger.sum(pages=3) == 4200",
  "E       assert 4199 == 4200",
  "",
  "tests/ledger/test_pages.py:41: AssertionError",
  "=========================== short test summary info ============================",
  "FAILED tests/invoice/test_totals.py::test_rounds_half_cents_down - AssertionError: assert Decimal('10.01') == Decimal('10.00')",
  "FAILED tests/ledger/test_pages.py::test_sums_across_pages - assert 4199 == 4200",
  "================== 2 failed, 41208 passed, 12 skipped in 812.44s ===================",
  "make: *** [Makefile:31: test] Error 1",
  "##[error]Process completed with exit code 2.",
];

/** What the runner still prints afterwards. */
export const TEARDOWN: readonly string[] = [
  "##[group]Post job cleanup.",
  "[command]/usr/bin/git version",
  "git version 2.47.1",
  "##[endgroup]",
  "Cleaning up orphan processes",
];
