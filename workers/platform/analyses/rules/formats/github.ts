/** Results as GitHub workflow commands, which become annotations. Source: GitHub, "Workflow commands for GitHub Actions". */
import type { Result } from "../../model.ts";
import { type Located, locatedOf } from "./located.ts";

const COMMANDS = { error: "error", warning: "warning", info: "notice" } as const;
/** GitHub shows ten annotations of a kind per step; more only flood the log. */
const ANNOTATIONS_MAX = 30;

/** One command per finding, at most ANNOTATIONS_MAX per log. */
export function githubOf(result: Result, log: string): string {
  return locatedOf(result)
    .slice(0, ANNOTATIONS_MAX)
    .map((finding) => `${commandOf(finding, log)}\n`)
    .join("");
}

function commandOf(finding: Located, log: string): string {
  const properties = Object.entries({
    file: finding.file,
    line: finding.line,
    endLine: finding.endLine,
    col: finding.column,
    title: `${finding.rule} (${log}:${finding.logLine})`,
  }).flatMap(([name, value]) =>
    value === undefined ? [] : [`${name}=${property(String(value))}`],
  );
  return `::${COMMANDS[finding.severity]} ${properties.join(",")}::${data(finding.message)}`;
}

const data = (text: string): string =>
  text.replaceAll("%", "%25").replaceAll("\r", "%0D").replaceAll("\n", "%0A");
const property = (text: string): string => data(text).replaceAll(":", "%3A").replaceAll(",", "%2C");
