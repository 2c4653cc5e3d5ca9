/** Python's style checkers: flake8 and ruff, pycodestyle, pydocstyle, black, isort. */
import type { Diagnostic } from "../../model.ts";
import { PARSER_LINES_MAX, type Findings, type OpenParser, type Parser } from "./contract.ts";
import { intOf, positive, oneLine } from "./words.ts";

const CODED =
  /^((?:[A-Za-z]:)?[^\s:]{1,400}\.(?:pyi?|pyx|ipynb)):(\d{1,7})(?::(\d{1,7}))?:(?: at cell \d+)? ([A-Z]{1,4}\d{2,4}) (.+)$/;
/** Excerpts and carets stand between findings when the source is shown. */
const GAP_MAX = 4;

/**
 * flake8, ruff and pycodestyle print one form. Only codes `E` and `W` all along mean pycodestyle, whose messages keep
 * their code; with any other letter it is flake8, whose error format takes the code apart.
 */
export const pythonCodes: Parser = {
  id: "python_codes",
  kind: "linter",
  prefilter: [String.raw`:\d{1,5}: [A-Z]{1,4}\d{2,4} `],
  opens: (line) => CODED.test(line),
  open,
};

function open(findings: Findings): OpenParser {
  const held: Diagnostic[] = [];
  let gap = 0;
  return {
    feed(line, n) {
      const match = CODED.exec(line);
      if (match === null) {
        gap += 1;
        return gap < GAP_MAX;
      }
      gap = 0;
      const [, file = "", row, col, rule = "", text = ""] = match;
      held.push({
        tool: "flake8",
        severity: /^(?:E9|F|E1)/.test(rule) ? "error" : "warning",
        file,
        line: intOf(row) ?? 1,
        column: positive(col),
        rule,
        message: text.replace(/^\[\*\] /, ""),
        log_line: n,
      });
      return held.length < PARSER_LINES_MAX;
    },
    end() {
      const plain = held.every((diagnostic) => /^[EW]\d/.test(diagnostic.rule ?? ""));
      for (const diagnostic of held) {
        findings.diagnostic(
          plain
            ? {
                ...diagnostic,
                tool: "pycodestyle",
                message: `${diagnostic.rule ?? ""} ${diagnostic.message}`,
              }
            : diagnostic,
        );
        findings.failure({
          from: diagnostic.log_line,
          to: diagnostic.log_line,
          code: "lint.style",
        });
      }
    },
  };
}

const DOC_HEAD = /^(\S+\.pyi?):(\d+) (?:in|at) .*:$/;

/** `a.py:12 in public function `f`:`, then the finding, indented. */
export const pydocstyle: Parser = {
  id: "pydocstyle",
  kind: "linter",
  prefilter: [String.raw`\.pyi?:\d{1,7} (?:in|at) `],
  opens: (line) => DOC_HEAD.test(line),
  open(findings) {
    let head: RegExpExecArray | null = null;
    return {
      feed(line, n) {
        const next = DOC_HEAD.exec(line);
        if (next !== null) {
          head = next;
          return true;
        }
        const found = /^\s+(D\d+): /.exec(line);
        if (head === null || found === null) return false;
        findings.diagnostic({
          tool: "pydocstyle",
          severity: "warning",
          file: head[1] ?? "",
          line: intOf(head[2]) ?? 1,
          rule: found[1] ?? "",
          message: line.trim(),
          log_line: n,
        });
        findings.failure({ from: n - 1, to: n, code: "lint.docs" });
        return true;
      },
      end() {},
    };
  },
};

/** Formatters name files, rarely lines. */
export const pythonFormat: Parser = oneLine({
  id: "python_format",
  kind: "linter",
  prefilter: [
    "^would reformat \\S",
    "^Would reformat: \\S",
    "cannot format \\S",
    "^ERROR: \\S.* Imports are incorrectly sorted",
  ],
  rows: [
    {
      shape: /^(would reformat|Would reformat:) (\S.*?)\s*$/,
      found: (m, n, findings) =>
        file(findings, n, { tool: "black", file: m[2], message: (m[1] ?? "").replace(":", "") }),
    },
    {
      shape: /^ERROR: (\S.*?) (Imports are incorrectly sorted.*)$/,
      found: (m, n, findings) => file(findings, n, { tool: "isort", file: m[1], message: m[2] }),
    },
    {
      shape: /^error: ?((?:[A-Za-z]:)?[^\s:]+):(\d+):(\d+):(cannot format.*)$/,
      found: (m, n, findings) =>
        file(findings, n, { tool: "black", file: m[1], line: m[2], message: m[4] }),
    },
    {
      shape: /^error: (cannot format ((?:[A-Za-z]:)?[^\s:]+): .*?: (\d+):\d+: .*)$/,
      found: (m, n, findings) =>
        file(findings, n, { tool: "black", file: m[2], line: m[3], message: m[1] }),
    },
  ],
});

function file(
  findings: Findings,
  n: number,
  at: {
    tool: string;
    file: string | undefined;
    line?: string | undefined;
    message: string | undefined;
  },
): void {
  const line = intOf(at.line);
  findings.diagnostic({
    tool: at.tool,
    severity: "error",
    file: at.file ?? "",
    line,
    message: at.message ?? "",
    log_line: n,
  });
  findings.failure({ from: n, to: n, code: line === undefined ? "lint.format" : "compile.syntax" });
}
