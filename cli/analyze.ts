/** `edgewright analyze`: explains failed CI logs on this machine without any network, or on a server that is named. */
import { parseArgs } from "node:util";
import { LINES_SHOWN_MAX, type Result } from "../workers/platform/analyses/model.ts";
import { analyze } from "../workers/platform/analyses/rules/analyze.ts";
import { githubOf } from "../workers/platform/analyses/rules/formats/github.ts";
import { jsonLineOf } from "../workers/platform/analyses/rules/formats/json.ts";
import { rdjsonOf } from "../workers/platform/analyses/rules/formats/rdjson.ts";
import { sarifOf } from "../workers/platform/analyses/rules/formats/sarif.ts";
import { textOf } from "../workers/platform/analyses/rules/formats/text.ts";
import { EXIT } from "./exit.ts";
import { LogUnreadable, openLog } from "./log-file.ts";
import { explainOn, type Server, ServerRefused } from "./server.ts";

const FORMATS = ["text", "json", "sarif", "rdjson", "github"] as const;
type Format = (typeof FORMATS)[number];

/** Shown on a usage error and by --help. */
export const ANALYZE_USAGE = `usage: edgewright analyze <file...|-> [--max-lines ${LINES_SHOWN_MAX}] [--format ${FORMATS.join("|")}] [--server <url>]

  -             read standard input
  --max-lines   lines shown per log, default ${LINES_SHOWN_MAX}
  --format      json prints one object per log and line; default text
  --server      analyse there and keep it there; the API key is read from EDGEWRIGHT_KEY

exit code: 0 a cause was found, 3 none was, 2 wrong usage, 1 something broke
`;

interface Wanted {
  readonly files: readonly string[];
  readonly format: Format;
  readonly linesMax: number;
  readonly server: Server | undefined;
}

/** Runs the command; returns the exit code. */
export async function analyzeCommand(args: readonly string[]): Promise<number> {
  const wanted = wantedOf(args);
  if (wanted === "help") {
    process.stdout.write(ANALYZE_USAGE);
    return EXIT.found;
  }
  if (typeof wanted === "string") {
    process.stderr.write(`edgewright analyze: ${wanted}\n\n${ANALYZE_USAGE}`);
    return EXIT.usage;
  }
  return explainAll(wanted);
}

async function explainAll(wanted: Wanted): Promise<number> {
  const { files, format } = wanted;
  const results: { file: string; result: Result }[] = [];
  let worst: number = EXIT.found;
  for (const file of files) {
    const result = await explain(file, wanted);
    if (result === null) {
      worst = EXIT.usage;
      continue;
    }
    if (result.category === "unknown" && worst === EXIT.found && !found(result)) worst = EXIT.none;
    results.push({ file, result });
    if (format === "text")
      process.stdout.write(
        (results.length > 1 ? "\n" : "") + textOf(result, { name: file, colour: colours() }),
      );
    if (format === "json") process.stdout.write(jsonLineOf(result, file));
    if (format === "github") process.stdout.write(githubOf(result, file));
  }
  if (format === "sarif") process.stdout.write(sarifOf(results));
  if (format === "rdjson") process.stdout.write(rdjsonOf(results));
  return worst;
}

/** A block from the mere tail of a log explains nothing. */
const found = (result: Result): boolean => result.blocks.some((block) => block.family !== "tail");

async function explain(file: string, { linesMax, server }: Wanted): Promise<Result | null> {
  try {
    const log = await openLog(file);
    try {
      const unit = file === "-" ? "stdin" : file;
      if (server !== undefined) return await explainOn(server, log, unit);
      return (await analyze(log, { linesShownMax: linesMax, unit })).result;
    } finally {
      await log.close();
    }
  } catch (error) {
    if (!(error instanceof LogUnreadable || error instanceof ServerRefused)) throw error;
    process.stderr.write(`edgewright analyze: ${error.message}\n`);
    return null;
  }
}

/** https://no-color.org and https://force-color.org. */
const colours = (): boolean =>
  process.env["FORCE_COLOR"] !== undefined
    ? process.env["FORCE_COLOR"] !== "0"
    : process.stdout.isTTY === true && (process.env["NO_COLOR"] ?? "") === "";

function wantedOf(args: readonly string[]): Wanted | string {
  const options = {
    "max-lines": { type: "string" },
    format: { type: "string" },
    server: { type: "string" },
    help: { type: "boolean", short: "h" },
  } as const;
  let parsed;
  try {
    parsed = parseArgs({ args: [...args], options, allowPositionals: true });
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
  const { values, positionals } = parsed;
  if (values.help === true) return "help";
  const format = FORMATS.find((name) => name === (values.format ?? "text"));
  if (format === undefined) return `--format ${values.format} is none of ${FORMATS.join(", ")}.`;
  const linesMax = Number(values["max-lines"] ?? LINES_SHOWN_MAX);
  if (!Number.isInteger(linesMax) || linesMax < 1 || linesMax > 2_000)
    return "--max-lines wants a whole number from 1 to 2000.";
  if (positionals.length === 0) return "name at least one log file, or - for standard input.";
  const server = serverOf(values.server, values["max-lines"]);
  return typeof server === "string" ? server : { files: positionals, format, linesMax, server };
}

/** The server to ask; a text says what is wrong. */
function serverOf(
  url: string | undefined,
  maxLines: string | undefined,
): Server | string | undefined {
  if (url === undefined) return undefined;
  if (!URL.canParse(url) || !/^https?:$/.test(new URL(url).protocol))
    return "--server wants the address of an Edgewright, such as https://edgewright.example.com.";
  if (maxLines !== undefined)
    return "--max-lines is for this machine; a server shows its own number.";
  const key = process.env["EDGEWRIGHT_KEY"] ?? "";
  if (key === "") return "--server needs an API key with analyses.write in EDGEWRIGHT_KEY.";
  return { url: new URL(url).origin, key };
}
