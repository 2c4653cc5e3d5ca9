/** Linters that print a file once and its findings below: ESLint's stylish form and all that copied it, tables of PHP tools. */
import type { Diagnostic } from "../../model.ts";
import { PARSER_LINES_MAX, type Findings, type OpenParser, type Parser } from "./contract.ts";
import { group, intOf, positive, severityOf } from "./words.ts";

const HEADER =
  /^ ?(?:(?:[A-Za-z]:[\\/])?[^\s:*?"<>|()]{1,400}\.[A-Za-z]\w{0,9}|(?:\/[^:*?"<>|()]{1,400}\.[A-Za-z]\w{0,9}))$/;
const ROW =
  /^\s*(\d{1,7}):(\d{1,7})(?:-\d+:\d+)?\s+(error|warning|info|suggestion|warn|✖|×|✗|⚠|‼|ℹ)\s+(\S.*)$/;
/** Forms without a severity word: a code, or a severity before the place. */
const CODED_ROW = /^ {1,6}(\d{1,7}):(\d{1,7}) +([A-Z]{1,4}\d{2,4}) +(\S.*)$/;
const TSLINT_ROW = /^(ERROR|WARNING): (\d{1,7}):(\d{1,7}) +([\w-]+) +(\S.*)$/;
const SQLFLUFF_HEADER = /^== \[(\S.*)\] FAIL$/;
const REEK_HEADER = /^(\S+\.rb) -- \d+ warnings?:$/;
const REEK_ROW = /^\s+\[(\d+)(?:, \d+)*\]: ?(([A-Z]\w+): .*)$/;
const SQLFLUFF_ROW = /^L: +(\d+) \| P: +(\d+) \| +(\w+) \| (.*)$/;
const PHPCS_HEADER = /^FILE: (\S.*)$/;
const PHPCS_ROW = /^\s*(\d+) \| (ERROR|WARNING)\s* \| (?:\[[x ]\] )?(.*)$/;
const PHPSTAN_HEADER = /^\s{1,2}Line {2,4}(\S+\.php)(?: \(.*\))?\s*$/;
const PHPSTAN_ROW = /^\s{1,2}(\d+)\s{2,}(\S.*)$/;
/** Lines between a header and its first row: blank lines and rulers. */
const GAP_MAX = 6;

/** A finding's row is told by its header, so the header opens; without a row right below it closes at once. */
export const stylish: Parser = {
  id: "stylish",
  kind: "linter",
  prefilter: [
    String.raw`\.(?:[cm]?[jt]sx?|vue|svelte|astro|css|scss|sass|less|styl|mdx?|markdown|html?|json5?|ya?ml|hbs|graphql|txt|rst|sol)$`,
    // Python files only as one checker prints them: the ending alone stands on every line of a test run.
    String.raw`^\./\w`,
    String.raw`^FILE: \S`,
    String.raw`^== \[\S`,
    String.raw`\.rb -- \d`,
    String.raw`^\s{1,2}Line {2,4}\S{1,99}\.php`,
  ],
  opens: (line) =>
    (HEADER.test(line) && EXTENSION.test(line)) ||
    PHPCS_HEADER.test(line) ||
    SQLFLUFF_HEADER.test(line) ||
    REEK_HEADER.test(line) ||
    PHPSTAN_HEADER.test(line),
  open,
};

const EXTENSION =
  /\.(?:[cm]?[jt]sx?|vue|svelte|astro|css|scss|sass|less|styl|mdx?|markdown|html?|json5?|ya?ml|hbs|graphql|txt|rst|py|sol)$/;

type Kind = "stylish" | "phpcs" | "phpstan" | "sqlfluff" | "reek";

function open(findings: Findings): OpenParser {
  let file = "";
  let kind: Kind = "stylish";
  let gap = 0;
  let rows = 0;
  return {
    feed(line, n) {
      const header = headerOf(line);
      if (header !== undefined) {
        [file, kind, gap] = [header.file, header.kind, 0];
        return true;
      }
      const diagnostic = rowOf(kind, line, file, n);
      if (diagnostic !== undefined) {
        findings.diagnostic(diagnostic);
        if (diagnostic.severity === "error")
          findings.failure({ from: n, to: n, code: "lint.style" });
        [gap, rows] = [0, rows + 1];
        return rows < PARSER_LINES_MAX;
      }
      gap += 1;
      return gap < GAP_MAX && quiet(kind, line, rows > 0);
    },
    end() {},
  };
}

/** Lines that may stand between rows: blanks, rulers, and below a first row its excerpt. */
function quiet(kind: Kind, line: string, begun: boolean): boolean {
  if (line.trim() === "") return true;
  if (kind === "stylish") return begun && /^ {2}/.test(line);
  return /^[\s\-+=|]*$|^FOUND \d|^\s+\| {2}|^ {7,}/.test(line);
}

function headerOf(line: string): { file: string; kind: Kind } | undefined {
  const phpcs = PHPCS_HEADER.exec(line)?.[1];
  if (phpcs !== undefined) return { file: phpcs, kind: "phpcs" };
  const sqlfluff = SQLFLUFF_HEADER.exec(line)?.[1];
  if (sqlfluff !== undefined) return { file: sqlfluff, kind: "sqlfluff" };
  const reek = REEK_HEADER.exec(line)?.[1];
  if (reek !== undefined) return { file: reek, kind: "reek" };
  const phpstan = PHPSTAN_HEADER.exec(line)?.[1];
  if (phpstan !== undefined) return { file: phpstan, kind: "phpstan" };
  return HEADER.test(line) && EXTENSION.test(line)
    ? { file: line.trim(), kind: "stylish" }
    : undefined;
}

function rowOf(kind: Kind, line: string, file: string, n: number): Diagnostic | undefined {
  if (kind === "stylish") return stylishRow(line, file, n) ?? codedRow(line, file, n);
  if (kind === "sqlfluff") return sqlfluffRow(line, file, n);
  if (kind === "reek") return reekRow(line, file, n);
  const match = (kind === "phpcs" ? PHPCS_ROW : PHPSTAN_ROW).exec(line);
  const number = intOf(match?.[1]);
  if (match === null || number === undefined) return undefined;
  const message = (kind === "phpcs" ? match[3] : match[2]) ?? "";
  return {
    tool: kind,
    severity: kind === "phpcs" ? severityOf(match[2]) : "error",
    file,
    line: number,
    message,
    log_line: n,
  };
}

function codedRow(line: string, file: string, n: number): Diagnostic | undefined {
  const coded = CODED_ROW.exec(line);
  if (coded !== null)
    return {
      tool: "flake8",
      severity: "warning",
      file,
      line: intOf(coded[1]),
      column: positive(coded[2]),
      rule: coded[3],
      message: `${group(coded, 3)} ${group(coded, 4)}`,
      log_line: n,
    };
  const tslint = TSLINT_ROW.exec(line);
  if (tslint === null) return undefined;
  return {
    tool: "tslint",
    severity: severityOf(tslint[1]),
    file,
    line: intOf(tslint[2]),
    column: positive(tslint[3]),
    rule: tslint[4],
    message: group(tslint, 5),
    log_line: n,
  };
}

function reekRow(line: string, file: string, n: number): Diagnostic | undefined {
  const match = REEK_ROW.exec(line);
  if (match === null) return undefined;
  const [message, rule] = [group(match, 2), match[3]];
  return {
    tool: "reek",
    severity: "warning",
    file,
    line: intOf(match[1]),
    rule,
    message,
    log_line: n,
  };
}

function sqlfluffRow(line: string, file: string, n: number): Diagnostic | undefined {
  const match = SQLFLUFF_ROW.exec(line);
  if (match === null) return undefined;
  return {
    tool: "sqlfluff",
    severity: "error",
    file,
    line: intOf(match[1]),
    column: positive(match[2]),
    rule: match[3],
    message: group(match, 4),
    log_line: n,
  };
}

/** The rule stays in the message, as the tools' own error formats keep it; it is also named apart. */
function stylishRow(line: string, file: string, n: number): Diagnostic | undefined {
  const match = ROW.exec(line);
  const number = intOf(match?.[1]);
  if (match === null || number === undefined) return undefined;
  const message = (match[4] ?? "").trimEnd();
  const rule = /(?: {2,}|\s)([\w@/-]+\/)?([\w-]*[a-z]-?[\w-]*)$/.exec(message);
  const column = intOf(match[2]) ?? 0;
  return {
    tool: toolOf(file, message),
    severity: severityOf(match[3]),
    file,
    line: number,
    ...(column === 0 ? {} : { column }),
    ...(rule === null ? {} : { rule: `${rule[1] ?? ""}${rule[2] ?? ""}` }),
    message,
    log_line: n,
  };
}

function toolOf(file: string, message: string): string {
  if (/\.ya?ml$/.test(file)) return "yamllint";
  if (/\.(?:css|scss|sass|less|styl)$/.test(file)) return "stylelint";
  if (message.endsWith("remark-lint")) return "remark_lint";
  return /\.(?:mdx?|markdown|txt|rst)$/.test(file) ? "textlint" : "eslint";
}
