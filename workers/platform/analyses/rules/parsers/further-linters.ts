/** One-line forms of linters and interpreters that put file, place and message in an order of their own. */
import type { Diagnostic } from "../../model.ts";
import type { Findings, Parser } from "./contract.ts";
import { group, intOf, positive, oneLine, severityOf, type Row } from "./words.ts";

interface At {
  readonly tool: string;
  readonly word?: string | undefined;
  readonly fallback?: Diagnostic["severity"];
  readonly file: string | undefined;
  readonly line?: string | undefined;
  readonly column?: string | undefined;
  readonly rule?: string | undefined;
  readonly message: string | undefined;
}

function add(findings: Findings, n: number, at: At): void {
  const line = intOf(at.line);
  const severity = severityOf(at.word, at.fallback ?? "warning");
  findings.diagnostic({
    tool: at.tool,
    severity,
    file: at.file ?? "",
    line,
    column: positive(at.column),
    rule: at.rule,
    message: (at.message ?? "").trim(),
    log_line: n,
  });
  if (severity === "error")
    findings.failure({
      from: n,
      to: n,
      code: /syntax|parse error/i.test(at.message ?? "") ? "compile.syntax" : "lint.static",
    });
}

/** Perl appends the place to warnings as well; these words end a program. */
const PERL_FATAL =
  /^(?:syntax error|Can't locate|Global symbol|Undefined subroutine|BEGIN failed|Bareword|Illegal|Can't (?:call|use|open))/;

const ROWS: readonly (Row & { readonly prefilter: string })[] = [
  {
    // ESLint's compact form, JSHint, CSSLint, stylelint's compact form.
    prefilter: String.raw`: line \d{1,7}, col \d`,
    shape:
      /^\s{0,2}(\S.*?): line (\d+), col (\d+), (?:(Error|Warning|Info|error|warning) - )?(.*)$/,
    found: (m, n, f) =>
      add(f, n, {
        tool: "eslint",
        word: m[4],
        fallback: "error",
        file: m[1],
        line: m[2],
        column: m[3],
        rule: /\(([\w@/-]+)\)$/.exec(m[5] ?? "")?.[1],
        message: m[5],
      }),
  },
  {
    // Brakeman's columns.
    prefilter: String.raw`\.(?:rb|erb|haml|slim)\s{1,12}\d{1,7}\s`,
    shape: /^(\S+\.(?:rb|erb|haml|slim))\s+(\d+)\s+([A-Z]\S.*)$/,
    found: (m, n, f) => add(f, n, { tool: "brakeman", file: m[1], line: m[2], message: m[3] }),
  },
  {
    prefilter: String.raw`\.pp - (?:ERROR|WARNING): `,
    shape: /^(\S.*\.pp) - ((ERROR|WARNING): .*) on line (\d+)(?: col(?:umn)? (\d+))?$/,
    found: (m, n, f) =>
      add(f, n, {
        tool: "puppet_lint",
        word: m[3],
        file: m[1],
        line: m[4],
        column: m[5],
        message: m[2],
      }),
  },
  {
    prefilter: String.raw`^PHP (?:Parse|Fatal) error: `,
    shape: /^PHP ((?:Parse|Fatal) error): +(.*) in (\S.*) on line (\d+)$/,
    found: (m, n, f) =>
      add(f, n, {
        tool: "php",
        word: "error",
        file: m[3],
        line: m[4],
        message: `${m[1] ?? ""}: ${m[2] ?? ""}`,
      }),
  },
  {
    prefilter: String.raw`^(?:Parse|Fatal) error: `,
    shape: /^(?:Parse|Fatal) error: +(.*) in (\S.*) on line (\d+)$/,
    found: (m, n, f) =>
      add(f, n, { tool: "php", word: "error", file: m[2], line: m[3], message: m[1] }),
  },
  {
    // Psalm's console form.
    prefilter: String.raw`\.php:\d`,
    shape: /^(ERROR|INFO): ([A-Z]\w+) - (\S+?\.php):(\d+)(?::(\d+))? - (.*)$/,
    found: (m, n, f) =>
      add(f, n, {
        tool: "psalm",
        word: m[1],
        file: m[3],
        line: m[4],
        column: m[5],
        rule: m[2],
        message: m[6],
      }),
  },
  {
    // Perl: `message at file line 12.`, perlcritic's default `message at line 12, column 5.` names no file.
    prefilter: String.raw` at \S+\.(?:pl|pm|t|cgi) line \d`,
    shape: /^(?!\s*#)(\S.*?) at (\S+\.(?:pl|pm|t|cgi|PL)) line (\d+)(?:\.|,|$)/,
    found: (m, n, f) =>
      add(f, n, {
        tool: "perl",
        word: PERL_FATAL.test(m[1] ?? "") ? "error" : "warning",
        file: m[2],
        line: m[3],
        message: m[1],
      }),
  },
  {
    // Dart's analyzer: `  error • message • lib/a.dart:12:5 • rule`
    prefilter: String.raw`^\s*(?:error|warning|info) [•-] .* [•-] \S+\.dart:\d`,
    shape: /^\s*(error|warning|info) [•-] (.*) [•-] (\S+\.dart):(\d+):(\d+) [•-] (\w+)$/,
    found: (m, n, f) =>
      add(f, n, {
        tool: "dart",
        word: m[1],
        file: m[3],
        line: m[4],
        column: m[5],
        rule: m[6],
        message: (m[2] ?? "").replace(/ [•-] .*$/, ""),
      }),
  },
  {
    prefilter: String.raw`\*\* \((?:CompileError|SyntaxError|TokenMissingError)\) \S`,
    shape:
      /^\s*\*\* \((?:CompileError|SyntaxError|TokenMissingError)\) (\S+\.\w+):(\d+)(?::(\d+))?:? ?(.*)$/,
    found: (m, n, f) =>
      add(f, n, {
        tool: "elixir",
        word: "error",
        file: m[1],
        line: m[2],
        column: m[3],
        message: m[4],
      }),
  },
  {
    // Verilator and other HDL tools: `%Error: a.v:12:5: message`, `%Warning-WIDTH: a.v:12: message`
    prefilter: String.raw`^%(?:Error|Warning)(?:-\w+)?: \S+:\d`,
    shape: /^%(Error|Warning)(?:-(\w+))?: (\S+?):(\d+)(?::(\d+))?: (.*)$/,
    found: (m, n, f) =>
      add(f, n, {
        tool: "verilator",
        word: m[1],
        file: m[3],
        line: m[4],
        column: m[5],
        rule: m[2],
        message: m[6],
      }),
  },
  {
    // credo's compact form: `[W] ↗ lib/a.ex:12:5 message`
    prefilter: String.raw`^\[[CRWFDE]\] .{1,3} \S+\.exs?:\d`,
    shape: /^\[([CRWFDE])\] \S+ (\S+\.exs?):(\d+)(?::(\d+))?(?::? |$)(.*)$/,
    found: (m, n, f) =>
      add(f, n, { tool: "credo", word: m[1], file: m[2], line: m[3], column: m[4], message: m[5] }),
  },
  {
    // statix and others with `file>line:column:severity:code:message`
    prefilter: String.raw`\.\w{1,6}>\d{1,7}:\d`,
    shape: /^(\S+\.\w+)>(\d+):(\d+):([EWIN]):(\d*):(.*)$/,
    found: (m, n, f) =>
      add(f, n, {
        tool: "statix",
        word: m[4],
        file: m[1],
        line: m[2],
        column: m[3],
        rule: m[5],
        message: m[6],
      }),
  },
  {
    // Old markdownlint, Groovy's compiler: a blank behind the first colon.
    prefilter: String.raw`\.(?:md|markdown|groovy|gradle): \d`,
    shape: /^(\S+\.(md|markdown|groovy|gradle)): (\d+): (\S.*)$/,
    found: (m, n, f) =>
      add(f, n, {
        tool: group(m, 2).startsWith("m") ? "markdownlint" : "groovyc",
        word: group(m, 2).startsWith("m") ? "warning" : "error",
        file: m[1],
        line: m[3],
        rule: /^MD\d+/.exec(group(m, 4))?.[0],
        message: m[4],
      }),
  },
  {
    prefilter: " : (?:fatal )?error LNK",
    shape: /^\s*(?:\d+>)?(\S.*?\.\w+) : ((?:fatal )?error (LNK\d+): .*)$/,
    found: (m, n, f) =>
      add(f, n, { tool: "msvc", word: "error", file: m[1], rule: m[3], message: m[2] }),
  },
  {
    // mypy about a whole file
    prefilter: String.raw`\.pyi?: (?:error|note|warning): `,
    shape: /^(\S+\.pyi?): (error|note|warning): (.*)$/,
    found: (m, n, f) => add(f, n, { tool: "mypy", word: m[2], file: m[1], message: m[3] }),
  },
  {
    prefilter: String.raw`^Diff in \S`,
    shape: /^Diff in (\S+?)(?: at line |:)(\d+):$/,
    found: (m, n, f) =>
      add(f, n, { tool: "rustfmt", word: "error", file: m[1], line: m[2], message: "Diff" }),
  },
  {
    prefilter: String.raw`^FC\d\d\d: `,
    shape: /^(FC\d+): (.*): (\S+):(\d+)$/,
    found: (m, n, f) =>
      add(f, n, {
        tool: "foodcritic",
        file: m[3],
        line: m[4],
        rule: m[1],
        message: `${group(m, 1)}: ${group(m, 2)}`,
      }),
  },
  {
    prefilter: "^possible bashism in \\S",
    shape: /^possible bashism in (\S+) line (\d+) \((.*)\):$/,
    found: (m, n, f) => add(f, n, { tool: "checkbashisms", file: m[1], line: m[2], message: m[3] }),
  },
  {
    // pytype: `File "a.py", line 12, in f: message [rule]`; a traceback has nothing behind the function.
    prefilter: String.raw`^File "\S+\.py", line \d`,
    shape: /^File "([^"]+\.py)", line (\d+), in [^:]+: (.* \[([\w-]+)\])$/,
    found: (m, n, f) =>
      add(f, n, {
        tool: "pytype",
        word: "error",
        file: m[1],
        line: m[2],
        rule: m[4],
        message: m[3],
      }),
  },
  {
    // xmllint: `a.xml:12: parser error : message`; PMD: `a.java:12:<TAB>Rule:<TAB>message` fit the common form.
    prefilter: String.raw`^Error: \S+\.\w{1,9}:\d`,
    shape: /^Error: (\S+\.\w+):(\d+)(?::(\d+))?:? (?!- )(.*)$/,
    found: (m, n, f) =>
      add(f, n, {
        tool: "generic",
        word: "error",
        file: m[1],
        line: m[2],
        column: m[3],
        message: m[4],
      }),
  },
];

export const furtherLinters: Parser = oneLine({
  id: "further_linters",
  kind: "linter",
  prefilter: ROWS.map((row) => row.prefilter),
  rows: ROWS,
});

const SHELL_HEAD = /^In (\S.*) line (\d+):$/;
const SHELL_NOTE = /^\s*\^-*\^?-* ?(SC\d+)(?: \((error|warning|info|style)\))?: (.*)$/;

/** ShellCheck's terminal form: `In a.sh line 12:`, the code, then `^-- SC2086 (info): message`. */
export const shellcheck: Parser = {
  id: "shellcheck",
  kind: "linter",
  prefilter: [String.raw`^In \S.* line \d{1,7}:$`],
  opens: (line) => SHELL_HEAD.test(line),
  open(findings) {
    let head: RegExpExecArray | null = null;
    let from = 0;
    return {
      feed(line, n) {
        const next = SHELL_HEAD.exec(line);
        if (next !== null) [head, from] = [next, n];
        const note = SHELL_NOTE.exec(line);
        if (note !== null && head !== null) {
          add(findings, n, {
            tool: "shellcheck",
            word: note[2],
            file: head[1],
            line: head[2],
            rule: note[1],
            message: `${note[1] ?? ""}: ${note[3] ?? ""}`,
          });
          findings.failure({ from, to: n, code: "lint.static" });
        }
        return line.trim() !== "" && n - from < 40;
      },
      end() {},
    };
  },
};
