/** Linters that print a file once and its findings below: ESLint's stylish form and all that copied it, tables of PHP tools. */
import type { Diagnostic } from "../../model.ts";
import { PARSER_LINES_MAX, type Findings, type OpenParser, type Parser } from "./contract.ts";
import { intOf, severityOf } from "./words.ts";

const HEADER =
  /^(?:(?:[A-Za-z]:[\\/])?[^\s:*?"<>|()]{1,400}\.[A-Za-z]\w{0,9}|(?:\/[^:*?"<>|()]{1,400}\.[A-Za-z]\w{0,9}))$/;
const ROW =
  /^\s*(\d{1,7}):(\d{1,7})(?:-\d+:\d+)?\s+(error|warning|info|suggestion|warn|✖|×|✗|⚠|‼|ℹ)\s+(\S.*)$/;
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
    String.raw`\.(?:[cm]?[jt]sx?|vue|svelte|astro|css|scss|sass|less|styl|mdx?|markdown|html?|json5?|ya?ml|hbs|graphql|txt|rst)$`,
    String.raw`^FILE: \S`,
    String.raw`^\s{1,2}Line {2,4}\S{1,99}\.php`,
  ],
  opens: (line) =>
    (HEADER.test(line) && EXTENSION.test(line)) ||
    PHPCS_HEADER.test(line) ||
    PHPSTAN_HEADER.test(line),
  open,
};

const EXTENSION =
  /\.(?:[cm]?[jt]sx?|vue|svelte|astro|css|scss|sass|less|styl|mdx?|markdown|html?|json5?|ya?ml|hbs|graphql|txt|rst)$/;

type Kind = "stylish" | "phpcs" | "phpstan";

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
      const quiet =
        line.trim() === "" ||
        (kind !== "stylish" && /^[\s\-+=|]*$|^FOUND \d|^\s+\| {2}|^ {7,}/.test(line));
      return quiet && gap < GAP_MAX;
    },
    end() {},
  };
}

function headerOf(line: string): { file: string; kind: Kind } | undefined {
  const phpcs = PHPCS_HEADER.exec(line)?.[1];
  if (phpcs !== undefined) return { file: phpcs, kind: "phpcs" };
  const phpstan = PHPSTAN_HEADER.exec(line)?.[1];
  if (phpstan !== undefined) return { file: phpstan, kind: "phpstan" };
  return HEADER.test(line) && EXTENSION.test(line) ? { file: line, kind: "stylish" } : undefined;
}

function rowOf(kind: Kind, line: string, file: string, n: number): Diagnostic | undefined {
  if (kind === "stylish") return stylishRow(line, file, n);
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
  if (/\.(?:css|scss|sass|less|styl)$/.test(file)) return "stylelint";
  if (message.endsWith("remark-lint")) return "remark_lint";
  return /\.(?:mdx?|markdown|txt|rst)$/.test(file) ? "textlint" : "eslint";
}
