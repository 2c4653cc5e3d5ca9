/** Karma, its mocha reporter, and Jasmine's own console reporter. */
import { PARSER_LINES_MAX, type Findings, type OpenParser, type Parser } from "./contract.ts";
import { group, intOf, oneLine } from "./words.ts";

const BROWSER = String.raw`(?:\d+ )?(?:Chrome|HeadlessChrome|ChromeHeadless|Chromium|Firefox|PhantomJS|Safari|Mobile Safari|Edge|IE|Opera|Electron|jsdom|Node\.js)`;

/** Karma's progress and dots reporters: `Chrome 80.0 (Linux) suite test FAILED`. */
export const karma: Parser = oneLine({
  id: "karma",
  kind: "test",
  prefilter: [String.raw`\) \S.* FAILED$`, String.raw`Executed \d+ of \d+`],
  rows: [
    {
      shape: new RegExp(
        String.raw`^${BROWSER}[\w .]*\([^)]*\) (?!ERROR|LOG|WARN)(\S.*?) FAILED\s*$`,
      ),
      found(match, n, findings) {
        if (/: Executed \d/.test(match[0])) return;
        findings.failedTest({ framework: "karma", name: match[1] ?? "", log_line: n });
        findings.failure({ from: n, to: n + 3, code: "test.assertion" });
      },
    },
    {
      shape:
        /: Executed (\d+) of (\d+)(?: ?\((\d+) FAILED\))?(?: ?\(skipped (\d+)\))?.* \(.* secs? \/ /,
      found(match, n, findings) {
        const [run = 0, all = 0, failed = 0, skipped = 0] = match.slice(1).map(intOf);
        if (n > 0 && run + skipped === all)
          findings.counts({ framework: "karma", run, failed, skipped });
      },
    },
  ],
});

const LIST = /^FAILED TESTS:\s*$/;
const LIST_END = /^\S/;

/** The mocha reporter of Karma: totals, then a tree of suites whose failed leaves carry a cross. */
export const karmaTree: Parser = {
  id: "karma_tree",
  kind: "test",
  prefilter: [String.raw`^(?:FAILED TESTS|SUMMARY):\s*$`],
  opens: (line) => LIST.test(line) || /^SUMMARY:\s*$/.test(line),
  open(findings) {
    const stack: { indent: number; title: string }[] = [];
    const totals = { completed: 0, skipped: 0, failed: 0 };
    let listed = false;
    let from = 0;
    return {
      feed(line, n) {
        if (from === 0) from = n;
        if (LIST.test(line)) listed = true;
        if (n === from || LIST.test(line) || line.trim() === "") return n - from < PARSER_LINES_MAX;
        if (!listed) return total(line, totals);
        const match = /^(\s+)(?:[✖×✗x] )?(?:\d+\) )?(\S.*?)\s*$/.exec(line);
        if (match === null || LIST_END.test(line)) return false;
        treeLine(match, line, n, stack, findings);
        return n - from < PARSER_LINES_MAX;
      },
      end() {
        const { completed, failed, skipped } = totals;
        if (completed + failed > 0)
          findings.counts({ framework: "karma", run: completed + failed, failed, skipped });
      },
    };
  },
};

function total(
  line: string,
  totals: { completed: number; skipped: number; failed: number },
): boolean {
  const match = /^\S+ (\d+) tests? (completed|skipped|failed)/.exec(line);
  if (match === null) return false;
  const count = intOf(match[1]) ?? 0;
  if (match[2] === "completed") totals.completed = count;
  else if (match[2] === "skipped") totals.skipped = count;
  else totals.failed = count;
  return true;
}

function treeLine(
  match: RegExpExecArray,
  line: string,
  n: number,
  stack: { indent: number; title: string }[],
  findings: Findings,
): void {
  const indent = match[1]?.length ?? 0;
  const title = match[2] ?? "";
  while ((stack.at(-1)?.indent ?? -1) >= indent) stack.pop();
  if (/^\s*[✖×✗] /.test(line)) {
    const suite = stack.map((entry) => entry.title).join(" ");
    findings.failedTest({
      framework: "karma",
      ...(suite === "" ? {} : { suite }),
      name: title,
      log_line: n,
    });
    findings.failure({ from: n, to: n + 3, code: "test.assertion" });
  }
  if (stack.length < 32) stack.push({ indent, title });
}

const ITEM = /^(\d+)\) (\S.*)$/;
const TOTALS = /^(\d+) specs?, (\d+) failures?(?:, (\d+) pending)?/;

/** Jasmine: `Failures:`, then `1) suite test` with `Message:` and `Stack:` below, and `5 specs, 1 failure`. */
export const jasmine: Parser = {
  id: "jasmine",
  kind: "test",
  prefilter: [String.raw`^Failures:\s*$`, String.raw`^\d+ specs?, \d+ failures?`],
  opens: (line) => /^Failures:\s*$/.test(line) || TOTALS.test(line),
  open,
};

function open(findings: Findings): OpenParser {
  let title: { name: string; from: number } | undefined;
  let since = 0;
  let items = 0;
  const report = (n: number): void => {
    if (title === undefined) return;
    findings.failedTest({ framework: "jasmine", name: title.name, log_line: title.from });
    findings.failure({ from: title.from, to: n + 2, code: "test.assertion" });
    title = undefined;
  };
  return {
    feed(line, n) {
      if (since === 0) since = n;
      if (jasmineTotals(line, findings)) return false;
      const item = ITEM.exec(line);
      if (item !== null) {
        title = { name: group(item, 2), from: n };
        [items, since] = [items + 1, n];
      } else if (/^\s+(?:Message|- )/.test(line)) report(n);
      // Other runners print the same heading; their lists are not at the margin.
      return n - since < (items === 0 ? 4 : PARSER_LINES_MAX);
    },
    end() {},
  };
}

function jasmineTotals(line: string, findings: Findings): boolean {
  const totals = TOTALS.exec(line);
  if (totals === null) return false;
  const [run = 0, failed = 0, skipped = 0] = totals.slice(1).map(intOf);
  findings.counts({ framework: "jasmine", run, failed, skipped });
  return true;
}
