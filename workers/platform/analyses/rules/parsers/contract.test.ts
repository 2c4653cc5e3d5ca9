/** What every parser promises, whatever the log: no throw, bounded time and memory, openings the prefilter sees. */
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { collect } from "./collect.ts";
import { FAILED_TESTS_MAX, PARSER_LINES_MAX } from "./contract.ts";
import { PARSERS } from "./registry.ts";
import { parseLines } from "./run.ts";

const LINE_CHARS = 4_096;
/** Beginnings and fillings that make careless expressions try again and again. */
const HEADS = [
  "",
  " ",
  "FAIL: ",
  "FAILED ",
  "not ok 1 ",
  "____ ",
  "  ● ",
  "error: ",
  "[ERROR] ",
  "a.py:1:1: ",
  "a.c:1: ",
  "--- FAIL: ",
  '{"Action":"fail" ',
  "Testcase: ",
  "[error] /",
  "/a.js",
  "* What went wrong:",
];
const FILLINGS = [
  "a",
  " ",
  "_",
  ".",
  ":",
  "/",
  "(",
  "[",
  ">",
  "-",
  "\\",
  "1",
  "a.b ",
  "a:1",
  " > a",
  " at a",
  "::a",
  "(a)",
  "[a]",
  "\t",
  "a b",
  ", ",
  "»",
  "é",
];

/** Every realistic opening line, to lead the random logs below into the automata. */
const OPENINGS = [
  "___ test_a ___",
  `${"=".repeat(70)}`,
  "FAIL: test_a (a.Test)",
  "FAIL src/a.test.js",
  "  ● a › b",
  "  2 failing",
  "FAILED TESTS:",
  "Failures:",
  "#   Failed test 'a'",
  "--- FAIL: TestA (0.00s)",
  "---- a::b stdout ----",
  "Running com.example.A",
  "Failed tests: ",
  "A > b FAILED",
  "Testsuite: com.example.A",
  "  1) Failure:",
  "There was 1 failure:",
  "  Failed A.B [5 ms]",
  "a.cc:1: Failure",
  "-".repeat(79),
  "  1) test a (A)",
  "# example.test/a",
  "src/A.hs:1:1: error:",
  "a.ts(1,1): error TS1: x",
  "error: a",
  "a.py:1:1: F401 x",
  "a.py:1 in public f:",
  "/app/a.js",
  "In a.sh line 1:",
  "CMake Error at a.cmake:1 (b):",
  "* What went wrong:",
  "npm ERR! code E1",
  "FAILED tests/a.py::b - c",
  "a.py::b FAILED",
  " FAIL  a.ts > b",
  "Chrome 80.0 (Linux) a FAILED",
  "    a: FAIL",
  "rspec ./spec/a_spec.rb:7 # a",
  "  test_0001_a  FAIL (0.02s)",
  "   FAILED  Tests\\A > b",
  "[xUnit.net 00:00:01.2]   A.B [FAIL]",
  " 5/10 Test  #5: a ...***Failed",
  "[  FAILED  ] A.B",
  'a.cpp(1): error: in "a/b": c',
  "  test/A.hs:7:5:",
  "- a *** FAILED ***",
  "[error] Test a.B.c failed: d",
  "a.swift:12: error: -[A.B c] : d",
  "  1) [chromium] › a.spec.ts:1:1 › b",
  "a | FAIL |",
  "── Failure (test-a.R:12:3): b ──",
  "[ERROR] /a/B.java:[1,2] c",
  "e: /a/B.kt: (1, 2): c",
  "[error] /a/B.scala:1: c",
  "[ERROR] /a/B.java:1:2: c. [D]",
  "a.ts[1, 2]: b",
  "ERROR: /a.py Imports are incorrectly sorted",
  "/a.js: line 1, col 2, Error - b (c)",
  "  error • a • lib/a.dart:1:2 • b",
  "PHP Parse error:  a in /b.php on line 1",
  "Error: a",
];

describe("[AN21] parsers", () => {
  test("[AN21] ids are unique, and every parser says what may open it", () => {
    const ids = PARSERS.map((parser) => parser.id);
    expect(new Set(ids).size).toBe(ids.length);
    for (const { id, prefilter } of PARSERS) {
      expect(id).toMatch(/^[a-z][a-z0-9_]*$/);
      expect(prefilter.length, id).toBeGreaterThan(0);
    }
  });

  test("[AN12] whatever opens a parser is a hit of its own prefilter", () => {
    for (const parser of PARSERS) {
      const prefilter = new RegExp(parser.prefilter.join("|"));
      for (const line of OPENINGS)
        if (parser.opens(line)) expect(prefilter.test(line), `${parser.id}: ${line}`).toBe(true);
    }
  });

  test.each(PARSERS.map((parser) => [parser.id, parser] as const))(
    "[AN13] %s takes a hostile line in under 5 ms",
    (_, parser) => {
      const { findings } = collect();
      for (const head of [...HEADS, ...OPENINGS]) {
        for (const filling of FILLINGS) {
          const line = (head + filling.repeat(LINE_CHARS)).slice(0, LINE_CHARS);
          const automaton = parser.open(findings);
          const took = Math.min(
            ...[0, 1, 2].map(() =>
              timed(() => [parser.opens(line), automaton.feed(line, 1), automaton.feed(line, 2)]),
            ),
          );
          expect(took, `${parser.id} on ${head}${filling}...`).toBeLessThan(5);
          automaton.end();
        }
      }
    },
  );

  test("[AN21] no log makes a parser throw, and equal logs give equal findings", () => {
    const line = fc.oneof(
      fc.constantFrom(...OPENINGS),
      fc.string({ maxLength: 60 }),
      fc.string({ unit: "grapheme", maxLength: 20 }),
    );
    fc.assert(
      fc.property(fc.array(line, { maxLength: 40 }), (lines) => {
        expect(parseLines(lines)).toEqual(parseLines(lines));
      }),
      { numRuns: 300 },
    );
  });

  test("[AN21] an open parser ends itself: no line keeps it open for ever", () => {
    for (const parser of PARSERS) {
      for (const opening of OPENINGS.filter((line) => parser.opens(line))) {
        const automaton = parser.open(collect().findings);
        let n = 1;
        let goesOn = automaton.feed(opening, n);
        while (goesOn && n <= 3 * PARSER_LINES_MAX) goesOn = automaton.feed("    some text", ++n);
        expect(n, `${parser.id}: ${opening}`).toBeLessThanOrEqual(PARSER_LINES_MAX + 2);
      }
    }
  });

  test("[AN21] a runner's mark before a line hides no finding", () => {
    const lines = [
      "##[error]src/cart.ts(3,13): error TS2304: Cannot find name 'x'.",
      "/app/a.js",
      "##[warning]  2:10  warning  Odd  no-odd",
    ];
    expect(
      parseLines(lines).diagnostics.map(({ file, line, message }) => [file, line, message]),
    ).toEqual([
      ["src/cart.ts", 3, "Cannot find name 'x'."],
      ["/app/a.js", 2, "Odd  no-odd"],
    ]);
  });

  test("[AN21] no more than 10,000 failed tests are kept", () => {
    const lines = Array.from(
      { length: FAILED_TESTS_MAX + 10 },
      (_, n) => `FAILED tests/test_a.py::test_${n} - boom`,
    );
    expect(parseLines(lines).failed_tests).toHaveLength(FAILED_TESTS_MAX);
  });

  test("[AN21] a test reported while running, in detail and in the summary is one test", () => {
    const lines = [
      "tests/test_cart.py::TestCart::test_total FAILED [ 10%]",
      "____ TestCart.test_total ____",
      "E       assert 3 == 4",
      "tests/test_cart.py:12: AssertionError",
      "==== short test summary info ====",
      "FAILED tests/test_cart.py::TestCart::test_total - assert 3 == 4",
    ];
    expect(parseLines(lines).failed_tests).toEqual([
      {
        framework: "pytest",
        suite: "tests.test_cart.TestCart",
        name: "test_total",
        file: "tests/test_cart.py",
        message: "assert 3 == 4",
        log_line: 1,
      },
    ]);
  });
});

/** Milliseconds a call takes; the least of three runs counts, as the first may compile. */
function timed(call: () => unknown): number {
  const start = performance.now();
  call();
  return performance.now() - start;
}
