/** One-line failures of further runners: Pester, Playwright, Cypress, AVA, Deno, Dart, R, Julia, Lua, Cucumber, Bazel. */
import type { Findings, Parser } from "./contract.ts";
import { group, intOf, oneLine, trimEndOf, type Row } from "./words.ts";

interface Named {
  readonly framework: string;
  readonly suite?: string | undefined;
  readonly name: string | undefined;
  readonly file?: string | undefined;
  readonly line?: string | undefined;
  readonly message?: string | undefined;
}

function add(findings: Findings, n: number, test: Named): void {
  if (test.name === undefined || test.name === "") return;
  const line = intOf(test.line);
  findings.failedTest({
    framework: test.framework,
    suite: test.suite === "" ? undefined : test.suite,
    name: test.name,
    file: test.file,
    line,
    message: test.message,
    log_line: n,
  });
  findings.failure({ from: n, to: n + 4, code: "test.assertion" });
}

const ROWS: readonly (Row & { readonly prefilter: string })[] = [
  {
    // Pester: `  [-] adds two numbers 12ms (10ms|2ms)`
    prefilter: String.raw`^\s*\[-\] \S`,
    shape: /^\s*\[-\] (\S.*?) [\d.,]+ ?m?s(?: \([^)]*\))?\s*$/,
    found: (match, n, findings) => add(findings, n, { framework: "pester", name: match[1] }),
  },
  {
    // Playwright: `  1) [chromium] › tests/a.spec.ts:12:5 › suite › name ───`
    prefilter: String.raw`^\s*\d+\) (?:\[[^\]]+\] › )?\S+:\d+:\d+ › `,
    shape: /^\s*\d+\) (?:\[[^\]]+\] › )?(\S+):(\d+):\d+ › (.*)$/,
    found(match, n, findings) {
      const parts = trimEndOf(group(match, 3), " ─=").split(" › ");
      const name = parts.pop();
      add(findings, n, {
        framework: "playwright",
        suite: parts.join(" › "),
        name,
        file: match[1],
        line: match[2],
      });
    },
  },
  {
    // AVA: `  ✘ [fail]: file › title Error`
    prefilter: String.raw`^\s*[✖✘] \[fail\]: `,
    shape: /^\s*[✖✘] \[fail\]: (?:(.*) › )?(\S.*?)\s*$/,
    found: (match, n, findings) =>
      add(findings, n, { framework: "ava", suite: match[1], name: match[2] }),
  },
  {
    // Deno: `name => ./a_test.ts:12:6`
    prefilter: String.raw` => \./`,
    shape: /^(\S.*?) => (\.\/\S+\.\w+):(\d+):\d+$/,
    found: (match, n, findings) =>
      add(findings, n, { framework: "deno", name: match[1], file: match[2], line: match[3] }),
  },
  {
    // Dart and Flutter: `00:05 +3 -1: test/a_test.dart: group name [E]`
    prefilter: String.raw`^\d\d:\d\d \+\d+.* -\d+: .* \[E\]$`,
    shape: /^\d\d:\d\d \+\d+(?: ~\d+)? -\d+: (?:(\S+\.dart): )?(\S.*?) \[E\]$/,
    found: (match, n, findings) =>
      add(findings, n, { framework: "dart", name: match[2], file: match[1] }),
  },
  {
    // testthat: `── Failure (test-a.R:12:3): name ───`, `── 1. Failure: name (@test-a.R#12)  ──`
    prefilter: String.raw`^── (?:\d+\. )?(?:Failure|Error)`,
    shape:
      /^── (?:\d+\. )?(?:Failure|Error)(?: \('?([\w./-]+\.[Rr])'?:(\d+)(?::\d+)?\))?: (.*?)(?: \(@([\w./-]+)#(\d+)\))?[\s─]*$/,
    found: (match, n, findings) =>
      add(findings, n, {
        framework: "testthat",
        name: match[3],
        file: match[1] ?? match[4],
        line: match[2] ?? match[5],
      }),
  },
  {
    // Julia: `name: Test Failed at /path/a.jl:12`
    prefilter: String.raw`: (?:Test Failed|Error During Test) at \S`,
    shape: /^(\S.*): (?:Test Failed|Error During Test) at (\S+\.jl):(\d+)/,
    found: (match, n, findings) =>
      add(findings, n, { framework: "julia", name: match[1], file: match[2], line: match[3] }),
  },
  {
    // busted: `Failure → spec/a_spec.lua @ 12`
    prefilter: String.raw`^(?:Failure|Error) (?:→|->) \S+ @ \d+`,
    shape: /^(?:Failure|Error) (?:→|->) (\S+) @ (\d+)$/,
    found: (match, n, findings) =>
      add(findings, n, {
        framework: "busted",
        name: `${match[1] ?? ""}:${match[2] ?? ""}`,
        file: match[1],
        line: match[2],
      }),
  },
  {
    // busted as GoogleTest prints: `[  FAILED  ] spec/a_spec.lua @ 12: name`
    prefilter: String.raw`\.lua @ \d`,
    shape: /^\[ {2}(?:FAILED|ERROR) {2}\]\s+(\S+\.lua) @ (\d+): (.*)$/,
    found: (match, n, findings) =>
      add(findings, n, {
        framework: "busted",
        name: group(match, 3).replace(/ \(\d[\d.]* ms\)$/, ""),
        file: match[1],
        line: match[2],
      }),
  },
  {
    // Erlang's Common Test: `cart_SUITE:adds failed on line 12`, `%%% cart_SUITE ==> adds: FAILED`
    prefilter: String.raw`_SUITE(?::| ==> )\w`,
    shape: /^(?:%%% )?(\w+_SUITE)(?::| ==> )([\w.]+)(?: failed on line (\d+)|: FAILED)/,
    found: (match, n, findings) =>
      add(findings, n, {
        framework: "common_test",
        suite: match[1],
        name: match[2],
        line: match[3],
      }),
  },
  {
    // EUnit: `cart_tests: adds_test...*failed*`
    prefilter: String.raw`\*failed\*`,
    shape: /^\s*(?:\S+:)?(\w+)(?::\d+)?: (\w+)(?: \(.*\))?\.\.\.\*failed\*$/,
    found: (match, n, findings) =>
      add(findings, n, { framework: "eunit", suite: match[1], name: match[2] }),
  },
  {
    // Cucumber's and behave's closing lists: `cucumber features/a.feature:12 # Scenario: name`
    prefilter: String.raw`^(?:cucumber |\s+)?\S+\.feature:\d+ +# ?\S|^\s+features?/\S+\.feature:\d+ `,
    shape:
      /^(?:cucumber |\s*)?(?:-p \S+ )?(\S+\.feature):(\d+) +(?:# ?)?(?:Scenario(?: Outline)?: )?(\S.*?)\s*$/,
    found: (match, n, findings) =>
      add(findings, n, { framework: "cucumber", name: match[3], file: match[1], line: match[2] }),
  },
  {
    // Bazel: `//pkg:target   FAILED in 1.2s`
    prefilter: String.raw`^(?:FAIL: )?//\S+:\S+ .*(?:FAILED|TIMEOUT|NO STATUS)`,
    shape: /^(\/\/\S+:\S+)\s+(?:\(cached\) )?(FAILED|TIMEOUT)(?: in .*|TO BUILD)?/,
    found: (match, n, findings) =>
      add(findings, n, { framework: "bazel", name: match[1], message: match[2] }),
  },
  {
    // Robot Framework: `Name of the test          | FAIL |`
    prefilter: String.raw` \| FAIL \|$`,
    shape: /^(\S.*) \| FAIL \|$/,
    found: (match, n, findings) =>
      add(findings, n, { framework: "robot", name: group(match, 1).trimEnd() }),
  },
  {
    // Qt Test: `FAIL!  : TestClass::method(row) message`
    prefilter: String.raw`^FAIL! {2}: \w`,
    shape: /^FAIL! {2}: (\w+)::(\w+\([^)]*\)) (.*)$/,
    found: (match, n, findings) =>
      add(findings, n, { framework: "qtest", suite: match[1], name: match[2], message: match[3] }),
  },
  {
    // stestr and testr: `{0} pkg.mod.Class.test_a [0.1s] ... FAILED`
    prefilter: String.raw`s\] \.\.\. FAILED`,
    shape: /^(?:\{\d+\} )?((?:\w+\.)+\w+)\.(\w+\S*) \[[\d.]+s\] \.\.\. FAILED$/,
    found: (match, n, findings) =>
      add(findings, n, { framework: "unittest", suite: match[1], name: match[2] }),
  },
  {
    // green: `Failure in pkg.mod.Class.test_a`
    prefilter: String.raw`^(?:Failure|Error) in \w`,
    shape: /^(?:Failure|Error) in ((?:\w+\.)+\w+)\.(\w+)$/,
    found: (match, n, findings) =>
      add(findings, n, { framework: "unittest", suite: match[1], name: match[2] }),
  },
  {
    // Cucumber.js: `1) Scenario: name # features/a.feature:12`
    prefilter: String.raw`^\d+\) Scenario: \S`,
    shape: /^\d+\) Scenario: (\S.*?)(?: \(attempt.*\))? # (\S+\.feature):(\d+)$/,
    found: (match, n, findings) =>
      add(findings, n, { framework: "cucumber", name: match[1], file: match[2], line: match[3] }),
  },
  {
    // A test logger of Gradle: `  ✘ Test adds() FAILED (1.2s)`
    prefilter: String.raw`^\s+(?:✘ )?Test \S.* FAILED`,
    shape: /^\s+(?:✘ )?Test (\S.*) FAILED(?: \([\d.]+m?s\))?$/,
    found: (match, n, findings) => add(findings, n, { framework: "gradle", name: match[1] }),
  },
  {
    // LLVM lit: `FAIL: Suite :: path/a.test (3 of 9)`; automake: `FAIL: name`
    prefilter: String.raw`^(?:FAIL|TIMEOUT): \S+(?: :: \S+ \(\d+ of \d+\))?$`,
    shape: /^(?:FAIL|TIMEOUT): (?:(\S+) :: )?([^\s.]\S*)(?: \(\d+ of \d+\))?$/,
    found(match, n, findings) {
      // Python's unittest writes dotted names after the same word.
      if (match[1] === undefined && /^(?:\w+\.)+\w+$/.test(match[2] ?? "")) return;
      add(findings, n, {
        framework: match[1] === undefined ? "automake" : "lit",
        suite: match[1],
        name: match[2],
      });
    },
  },
];

export const scriptTests: Parser = oneLine({
  id: "script_tests",
  kind: "test",
  prefilter: ROWS.map((row) => row.prefilter),
  rows: ROWS,
});
