/** Results as Reviewdog Diagnostic Format, one document. Source: reviewdog, "Reviewdog Diagnostic Format". */
import type { Result } from "../../model.ts";
import { type Located, locatedOf } from "./located.ts";

const SEVERITIES = { error: "ERROR", warning: "WARNING", info: "INFO" } as const;

/** One document over all logs; findings without a source file point into the log. */
export function rdjsonOf(
  results: readonly { readonly file: string; readonly result: Result }[],
): string {
  const diagnostics = results.flatMap(({ file, result }) =>
    locatedOf(result).map((finding) => diagnosticOf(finding, file)),
  );
  return `${JSON.stringify({ source: { name: "edgewright" }, diagnostics })}\n`;
}

function diagnosticOf(finding: Located, log: string): object {
  const line = finding.file === undefined ? finding.logLine : finding.line;
  const start =
    line === undefined
      ? undefined
      : { line, ...(finding.column === undefined ? {} : { column: finding.column }) };
  const end =
    finding.endLine === undefined
      ? undefined
      : {
          line: finding.endLine,
          ...(finding.endColumn === undefined ? {} : { column: finding.endColumn }),
        };
  return {
    message: finding.message,
    location: {
      path: finding.file ?? log,
      ...(start ? { range: { start, ...(end ? { end } : {}) } } : {}),
    },
    severity: SEVERITIES[finding.severity],
    code: { value: finding.rule },
  };
}
