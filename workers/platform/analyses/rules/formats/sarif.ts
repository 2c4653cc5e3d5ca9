/** Results as SARIF 2.1.0, for code scanning views. Source: OASIS SARIF 2.1.0. */
import type { Result } from "../../model.ts";
import { type Located, locatedOf } from "./located.ts";

const LEVELS = { error: "error", warning: "warning", info: "note" } as const;

/** One SARIF document; each log is a run. Findings without a source file point into the log. */
export function sarifOf(
  results: readonly { readonly file: string; readonly result: Result }[],
): string {
  const runs = results.map(({ file, result }) => {
    const findings = locatedOf(result);
    const rules = [...new Set(findings.map((finding) => finding.rule))];
    return {
      tool: {
        driver: {
          name: "Edgewright",
          version: result.engine_version,
          rules: rules.map((id) => ({ id })),
        },
      },
      results: findings.map((finding) => ({
        ruleId: finding.rule,
        ruleIndex: rules.indexOf(finding.rule),
        level: LEVELS[finding.severity],
        message: { text: finding.message === "" ? finding.rule : finding.message },
        locations: [{ physicalLocation: placeOf(finding, file) }],
      })),
    };
  });
  return `${JSON.stringify({ $schema: "https://json.schemastore.org/sarif-2.1.0.json", version: "2.1.0", runs })}\n`;
}

function placeOf(finding: Located, log: string): object {
  const uri = encodeURI((finding.file ?? log).replaceAll("\\", "/"));
  const line = finding.file === undefined ? finding.logLine : finding.line;
  const region = {
    ...(line === undefined || line < 1 ? {} : { startLine: line }),
    ...(line === undefined || finding.column === undefined || finding.column < 1
      ? {}
      : { startColumn: finding.column }),
    ...(finding.endLine === undefined ? {} : { endLine: finding.endLine }),
  };
  return { artifactLocation: { uri }, ...(Object.keys(region).length === 0 ? {} : { region }) };
}
