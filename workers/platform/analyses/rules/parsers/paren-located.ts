/** `file(line,column): severity CODE: message` lines: MSVC, MSBuild and .NET, TypeScript, Nim, Free Pascal; `file[l, c]`. */
import type { Diagnostic } from "../../model.ts";
import { PARSER_LINES_MAX, type Findings, type OpenParser, type Parser } from "./contract.ts";
import { compileCode, intOf, positive, LANGUAGES, oneLine, severityOf } from "./words.ts";

const PAREN =
  /^\s{0,4}(?:\d+>)?(?:ERROR in |Error: )?((?:[A-Za-z]:(?=[\\/]))?[^\s()"'<>|*:][^()"'<>|*:]{0,400}?)\((\d{1,7})(?:, ?(\d{1,7}))?(?:-\d+|,\d+,\d+)?\) ?:? (?:Visual C\+\+ )?((fatal error|error|warning|info|note|message|Error|Warning|Hint|Fatal)(?: ([A-Z]{1,8}\d{1,6}))?(?: ?:|\b) ?(.*))$/;
const PRETTY =
  /^(?:ERROR in |Error: )?((?:[A-Za-z]:(?=[\\/]))?[^\s:()]{1,400}\.[cm]?[tj]sx?):(\d{1,7}):(\d{1,7}) - (error|warning) (TS\d+): (.*)$/;
/** Further lines of one TypeScript message are indented below it. */
const FURTHER = /^ {2,}\S/;

/** TypeScript and everything of its shape. */
export const parenLocated: Parser = {
  id: "paren_located",
  kind: "compiler",
  prefilter: [
    String.raw`\(\d{1,7}(?:, ?\d{1,7})?(?:-\d{1,7})?\) ?:? (?:fatal |error|warning|info|note|message|Error|Warning|Hint|Fatal)`,
    " - (?:error|warning) TS\\d",
    String.raw`,\d{1,4}\): (?:error|warning|Error|Warning)`,
  ],
  opens: (line) => PAREN.test(line) || PRETTY.test(line),
  open,
};

function open(findings: Findings): OpenParser {
  let pending: Diagnostic | undefined;
  let lines = 0;
  let last = 0;
  const flush = (): void => {
    if (pending !== undefined) emit(findings, pending, last);
    pending = undefined;
  };
  return {
    feed(line, n) {
      const next = paren(line, n) ?? pretty(line, n);
      if (
        next === undefined &&
        pending?.tool === "tsc" &&
        FURTHER.test(line) &&
        lines < PARSER_LINES_MAX &&
        pending.message.length < 2_000
      ) {
        pending = { ...pending, message: `${pending.message}\n${line.trim()}` };
        [lines, last] = [lines + 1, n];
        return true;
      }
      flush();
      [pending, lines, last] = [next, 0, n];
      return next !== undefined;
    },
    end: flush,
  };
}

function paren(line: string, n: number): Diagnostic | undefined {
  const match = PAREN.exec(line);
  if (match === null) return undefined;
  const [, file = "", row, col, whole = "", word, code, text = ""] = match;
  if (!known(file)) return undefined;
  const typescript = code !== undefined && /^TS\d+$/.test(code);
  // Other tools of this shape keep their code in the message: that is how people search for it.
  const message = typescript ? text : whole;
  return located(typescript ? "tsc" : toolOf(code, file), severityOf(word), {
    file,
    row,
    col,
    code,
    message,
    n,
  });
}

function pretty(line: string, n: number): Diagnostic | undefined {
  const match = PRETTY.exec(line);
  if (match === null) return undefined;
  const [, file = "", row, col, word, code, message = ""] = match;
  return located("tsc", severityOf(word), { file, row, col, code, message, n });
}

function located(
  tool: string,
  severity: Diagnostic["severity"],
  at: {
    file: string;
    row: string | undefined;
    col: string | undefined;
    code: string | undefined;
    message: string;
    n: number;
  },
): Diagnostic {
  const line = intOf(at.row);
  return {
    tool,
    severity,
    file: at.file,
    line,
    column: positive(at.col),
    rule: at.code,
    message: at.message,
    log_line: at.n,
  };
}

function toolOf(code: string | undefined, file: string): string {
  if (code !== undefined && /^(?:C|LNK|D|RC)\d/.test(code)) return "msvc";
  return /\.(?:nims?|nimble)$/.test(file)
    ? "nim"
    : /\.(?:pas|pp|lpr)$/.test(file)
      ? "fpc"
      : "msbuild";
}

const known = (file: string): boolean => {
  const ext = /\.([A-Za-z]\w{0,14})$/.exec(file)?.[1];
  return (
    ext !== undefined &&
    (LANGUAGES.has(ext) ||
      /^(?:[a-z]*proj|targets|props|sln|xaml|cshtml|razor|rc|idl|resx|nims)$/.test(ext))
  );
};

function emit(findings: Findings, diagnostic: Diagnostic, to: number): void {
  findings.diagnostic(diagnostic);
  if (diagnostic.severity === "error")
    findings.failure({ from: diagnostic.log_line, to, code: compileCode(diagnostic.message) });
}

/** TSLint's prose and verbose formatters and protolint: `file[12, 5]: message`, `[file:12:5] message`. */
export const bracketLocated: Parser = oneLine({
  id: "bracket_located",
  kind: "linter",
  prefilter: [String.raw`\[\d{1,7}, \d{1,7}\]: `, String.raw`:\d+(?::\d+)?\] `],
  rows: [
    {
      shape:
        /^(?:(ERROR|WARNING): (?:\(([\w-]+)\) )?)?([^\s:[\]]{1,400}\.\w+)\[(\d{1,7}), (\d{1,7})\]: (.*)$/,
      found(match, n, findings) {
        const [, word, rule, file = "", line, column, message = ""] = match;
        const place = { file, line: intOf(line) ?? 0, column: intOf(column) ?? 0 };
        findings.diagnostic({
          tool: "tslint",
          severity: severityOf(word, "error"),
          ...place,
          rule,
          message,
          log_line: n,
        });
      },
    },
    {
      shape:
        /^\[([^\s:[\]]{1,400}\.\w+):(\d{1,7})(?::(\d{1,7}))?\]:? (?:\((error|warning|style|performance|portability|information)\) )?(.*)$/,
      found(match, n, findings) {
        const [, file = "", line, column, word, message = ""] = match;
        findings.diagnostic({
          tool: word === undefined ? "protolint" : "cppcheck",
          severity: severityOf(word),
          file,
          line: intOf(line) ?? 0,
          column: positive(column),
          message,
          log_line: n,
        });
      },
    },
  ],
});
