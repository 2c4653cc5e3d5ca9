/** The Test Anything Protocol, Perl's prove, and Node's own test runner. */
import type { Parser } from "./contract.ts";
import { intOf, oneLine } from "./words.ts";

/** `not ok 3 - name`; a TODO or SKIP directive is no failure. Sub-tests are indented. */
export const tap: Parser = oneLine({
  id: "tap",
  kind: "test",
  prefilter: [String.raw`^\s*not ok\b`],
  rows: [
    {
      shape: /^\s*not ok(?: (\d+))?(?: -)? ?(.*)$/,
      found(match, n, findings) {
        const [name = "", directive = ""] = (match[2] ?? "").split(
          / # (?=TODO|SKIP|todo|skip|time=|in )/,
        );
        if (/^(?:todo|skip)/i.test(directive) || /^# (?:todo|skip)/i.test(name)) return;
        const title = name.replace(/ in \d+ms$/, "").trim();
        findings.failedTest({
          framework: "tap",
          name: title === "" ? `test ${match[1] ?? ""}`.trim() : title,
          log_line: n,
        });
        findings.failure({ from: n, to: n + 6, code: "test.assertion" });
      },
    },
  ],
});

/** prove and Test::More: `#   Failed test 'name'`, then `#   at t/x.t line 5.` */
export const prove: Parser = {
  id: "prove",
  kind: "test",
  prefilter: [String.raw`^\s*#\s+Failed (?:TODO )?test`, String.raw`^Files=\d+, Tests=\d+`],
  opens: (line) => /^\s*#\s+Failed test/.test(line) || /^Files=\d+, Tests=\d+/.test(line),
  open(findings) {
    let name: string | undefined;
    let from = 0;
    const report = (file: string | undefined, line: string | undefined): void => {
      const number = intOf(line);
      findings.failedTest({
        framework: "prove",
        name: name ?? (file === undefined ? "unnamed" : `${file} line ${line ?? "?"}`),
        file,
        line: number,
        log_line: from,
      });
      findings.failure({ from, to: from + 4, code: "test.assertion" });
    };
    return {
      feed(line, n) {
        const totals = /^Files=\d+, Tests=(\d+)/.exec(line);
        if (totals !== null) {
          findings.counts({
            framework: "prove",
            run: intOf(totals[1]) ?? 0,
            failed: 0,
            skipped: 0,
          });
          return false;
        }
        const heading = /^\s*#\s+Failed test (?:'(.*)'|(?:\(at )?)/.exec(line);
        const place =
          /^\s*#\s+(?:Failed test )?.*\bat (\S+) line (\d+)/.exec(line) ??
          /^\s*#\s+\(?(\S+\.(?:t|pl|pm)) at line (\d+)/.exec(line);
        if (from === 0) {
          from = n;
          name = heading?.[1];
        }
        if (place !== null) report(place[1], place[2]);
        else if (n - from >= 2) report(undefined, undefined);
        return place === null && n - from < 2;
      },
      end() {},
    };
  },
};

/** Node's spec reporter: `✖ name (1.2ms)` below `test at file:line:col`; ava and tape's reporters share the glyph. */
export const nodeTest: Parser = {
  id: "node_test",
  kind: "test",
  prefilter: [String.raw`^\s*✖ \S.* \([\d.]+ms\)`, String.raw`^test at \S+:\d+:\d+$`],
  opens: (line) => /^\s*✖ \S.* \([\d.]+ms\)/.test(line) || /^test at \S+:\d+:\d+$/.test(line),
  open(findings) {
    let place: RegExpExecArray | null = null;
    return {
      feed(line, n) {
        place = /^test at (\S+):(\d+):\d+$/.exec(line) ?? place;
        const name = /^\s*✖ (\S.*?) \([\d.]+ms\)/.exec(line)?.[1];
        if (name === undefined) return line.startsWith("test at ");
        const number = intOf(place?.[2]);
        findings.failedTest({
          framework: "node_test",
          name,
          file: place?.[1],
          line: number,
          log_line: n,
        });
        findings.failure({ from: n, to: n + 3, code: "test.assertion" });
        return false;
      },
      end() {},
    };
  },
};
