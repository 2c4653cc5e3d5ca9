/** Compilers and style checkers of the JVM: javac under Maven and Gradle, kotlinc, scalac and sbt, Checkstyle, Scalastyle. */
import type { Diagnostic } from "../../model.ts";
import type { Findings, Parser } from "./contract.ts";
import { compileCode, intOf, positive, oneLine, severityOf } from "./words.ts";

interface At {
  readonly tool: string;
  readonly word: string | undefined;
  readonly file: string | undefined;
  readonly line?: string | undefined;
  readonly column?: string | undefined;
  readonly rule?: string | undefined;
  readonly message: string | undefined;
}

function add(findings: Findings, n: number, at: At, code?: "lint.style"): void {
  const line = intOf(at.line);
  const severity: Diagnostic["severity"] = severityOf(at.word, "warning");
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
    findings.failure({ from: n, to: n, code: code ?? compileCode(at.message ?? "") });
}

/** Both forms of Checkstyle capture severity, file, line and column first, and the rule as their sixth group. */
function addCheckstyle(
  findings: Findings,
  n: number,
  m: RegExpMatchArray,
  message: string | undefined,
): void {
  const [, word, file, line, column, , rule] = m;
  add(findings, n, { tool: "checkstyle", word, file, line, column, rule, message }, "lint.style");
}

/** `[ERROR] /src/Foo.java:[12,34] cannot find symbol`; a maven warning has `[WARNING]`. */
export const mavenCompiler: Parser = oneLine({
  id: "maven_compiler",
  kind: "compiler",
  prefilter: [String.raw`\.(?:java|kt|scala|groovy|aj):\[\d`, String.raw`\.kt: \(\d+, \d+\)`],
  rows: [
    {
      // Checkstyle's Maven plugin: `[ERROR] src/Foo.java:[12,5] (whitespace) WhitespaceAround: message`
      shape:
        /^\[(ERROR|WARN|WARNING|INFO)\] (\S+?\.\w+):\[(\d+)(?:,(\d+))?\] \(([a-z]+)\) (\w+): (.*)$/,
      found: (m, n, findings) => addCheckstyle(findings, n, m, m[7]),
    },
    {
      shape:
        /^\[(ERROR|WARNING|WARN|INFO)\] (\S.*?\.(?:java|kt|scala|groovy|aj)):\[(\d+),(\d+)\] (?:error: |warning: )?(.*)$/,
      found: (m, n, findings) =>
        add(findings, n, {
          tool: toolOf(m[2]),
          word: m[1],
          file: m[2],
          line: m[3],
          column: m[4],
          message: m[5],
        }),
    },
    {
      shape: /^\[(ERROR|WARNING|WARN)\] (\S.*?\.kt): \((\d+), (\d+)\) (.*)$/,
      found: (m, n, findings) =>
        add(findings, n, {
          tool: "kotlinc",
          word: m[1],
          file: m[2],
          line: m[3],
          column: m[4],
          message: m[5],
        }),
    },
  ],
});

const toolOf = (file: string | undefined): string =>
  file?.endsWith(".kt") === true
    ? "kotlinc"
    : file?.endsWith(".scala") === true
      ? "scalac"
      : "javac";

/** `e: file:///src/A.kt:12:5 message` and, until 1.8, `e: /src/A.kt: (12, 5): message`. */
export const kotlinc: Parser = oneLine({
  id: "kotlinc",
  kind: "compiler",
  prefilter: [String.raw`^[ew]: (?:file:|/|[A-Za-z]:)`, String.raw`\.kts?: ?\(\d`],
  rows: [
    {
      shape: /^([ew]): (?:file:\/\/)?(\S.*?\.kts?):(\d+):(\d+):? (.*)$/,
      found: (m, n, findings) =>
        add(findings, n, {
          tool: "kotlinc",
          word: m[1],
          file: m[2],
          line: m[3],
          column: m[4],
          message: m[5],
        }),
    },
    {
      shape: /^([ew]): (\S.*?\.kts?): \((\d+), (\d+)\): (.*)$/,
      found: (m, n, findings) =>
        add(findings, n, {
          tool: "kotlinc",
          word: m[1],
          file: m[2],
          line: m[3],
          column: m[4],
          message: m[5],
        }),
    },
  ],
});

/** sbt prints the compiler's messages behind a level, and the style checker's the same way. */
export const sbt: Parser = oneLine({
  id: "sbt",
  kind: "compiler",
  prefilter: [String.raw`^\[(?:error|warn)\] (?:-- )?\S.*\.(?:scala|java|sbt)`],
  rows: [
    {
      shape:
        /^\[(error|warn)\] (\S+?\.(?:scala|java|sbt)):(\d+)(?::(\d+))?: (?:(?:error|warning): )?(.*)$/,
      found: (m, n, findings) =>
        add(findings, n, {
          tool: "scalac",
          word: m[1],
          file: m[2],
          line: m[3],
          column: m[4],
          message: m[5],
        }),
    },
    {
      shape: /^\[(error|warn)\] (\S+?\.(?:scala|java|sbt)): (\S.*)$/,
      found: (m, n, findings) =>
        add(
          findings,
          n,
          { tool: "scalastyle", word: m[1], file: m[2], message: m[3] },
          "lint.style",
        ),
    },
    {
      // Scala 3: `[error] -- [E007] Type Mismatch Error: /src/A.scala:12:5 ---`
      shape:
        /^(?:\[(error|warn)\] )?-- (?:\[(E\d+)\] )?(\w[\w ]*?(?:Error|Warning)): (\S+?\.scala):(\d+):(\d+) ?-*$/,
      found: (m, n, findings) =>
        add(findings, n, {
          tool: "scalac",
          word: m[1] ?? "error",
          rule: m[2],
          file: m[4],
          line: m[5],
          column: m[6],
          message: m[3],
        }),
    },
  ],
});

/** Checkstyle's plain form, Scalastyle's own, detekt's, PMD's and ktlint's summaries. */
export const jvmStyle: Parser = oneLine({
  id: "jvm_style",
  kind: "linter",
  prefilter: [
    String.raw`^(?:\[ant:checkstyle\] )?\[(?:ERROR|WARN)\] \S.*\[\w+\]$`,
    String.raw`^(?:error|warning|info) file=\S`,
    String.raw` at \S+\.kts?:\d+:\d+$`,
  ],
  rows: [
    {
      shape:
        /^(?:\[ant:checkstyle\] )?\[(ERROR|WARN)\] (\S.*?\.\w+):(\d+)(?::(\d+))?: (.* \[(\w+)\])$/,
      found: (m, n, findings) => addCheckstyle(findings, n, m, m[5]),
    },
    {
      shape: /^(error|warning|info) file=(\S.*?) message=(.*?)(?: line=(\d+))?(?: column=(\d+))?$/,
      found: (m, n, findings) =>
        add(
          findings,
          n,
          { tool: "scalastyle", word: m[1], file: m[2], line: m[4], column: m[5], message: m[3] },
          "lint.style",
        ),
    },
    {
      shape: /^\s*(\w+) - (?:\[.*\]|\S+) at (\S+\.kts?):(\d+):(\d+)$/,
      found: (m, n, findings) =>
        add(findings, n, {
          tool: "detekt",
          word: "warning",
          file: m[2],
          line: m[3],
          column: m[4],
          rule: m[1],
          message: m[1],
        }),
    },
  ],
});
