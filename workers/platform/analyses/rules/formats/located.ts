/** What the machine formats share: every located finding of a result, once, in one shape. */
import type { Result } from "../../model.ts";

/** A finding with a place in a source file, or, without one, in the log itself. */
export interface Located {
  readonly rule: string;
  readonly severity: "error" | "warning" | "info";
  readonly message: string;
  readonly file?: string;
  readonly line?: number;
  readonly column?: number;
  readonly endLine?: number;
  readonly endColumn?: number;
  readonly logLine: number;
}

const MESSAGE_CHARS_MAX = 2_000;

/** Blocks first, best first, then failed tests, then diagnostics. A place that was named before is left out. */
export function locatedOf(result: Result): readonly Located[] {
  const all = [...blocksOf(result), ...testsOf(result), ...diagnosticsOf(result)];
  const seen = new Set<string>();
  return all.filter((finding) => {
    const key = JSON.stringify([
      finding.file,
      finding.line,
      finding.column,
      finding.file === undefined ? finding.logLine : finding.message,
    ]);
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}

const numberOf = (text: string | undefined): number | undefined =>
  text !== undefined && /^\d{1,9}$/.test(text) ? Number(text) : undefined;

function blocksOf(result: Result): Located[] {
  return result.blocks.map((block) => {
    const { file, line, col } = block.captures;
    const place = { line: numberOf(line), column: numberOf(col) };
    return {
      rule: block.code,
      severity: "error" as const,
      message: block.lines
        .map((shown) => shown.text)
        .join("\n")
        .slice(0, MESSAGE_CHARS_MAX),
      ...(file === undefined ? {} : { file }),
      ...(file === undefined || place.line === undefined ? {} : { line: place.line }),
      ...(file === undefined || place.column === undefined ? {} : { column: place.column }),
      logLine: block.start_line,
    };
  });
}

const testsOf = (result: Result): Located[] =>
  result.failed_tests.map((test) => ({
    rule: "test.failed",
    severity: "error" as const,
    message:
      `${test.suite === undefined ? "" : `${test.suite} > `}${test.name}${test.message === undefined ? "" : `: ${test.message}`}`.slice(
        0,
        MESSAGE_CHARS_MAX,
      ),
    ...(test.file === undefined ? {} : { file: test.file }),
    ...(test.line === undefined ? {} : { line: test.line }),
    logLine: test.log_line,
  }));

const diagnosticsOf = (result: Result): Located[] =>
  result.diagnostics.map((found) => ({
    rule: found.rule === undefined ? found.tool : `${found.tool}/${found.rule}`,
    severity: found.severity,
    message: found.message.slice(0, MESSAGE_CHARS_MAX),
    file: found.file,
    ...(found.line === undefined ? {} : { line: found.line }),
    ...(found.column === undefined ? {} : { column: found.column }),
    ...(found.end_line === undefined ? {} : { endLine: found.end_line }),
    ...(found.end_column === undefined ? {} : { endColumn: found.end_column }),
    logLine: found.log_line,
  }));
