/** The command line: reads arguments, runs one command, sets the exit code. */
import { analyzeCommand, ANALYZE_USAGE } from "./analyze.ts";
import { EXIT } from "./exit.ts";

const USAGE = `usage: edgewright <command>

commands:
  analyze   explain failed CI logs, offline

${ANALYZE_USAGE}`;

async function main(args: readonly string[]): Promise<number> {
  const [command, ...rest] = args;
  if (command === "analyze") return analyzeCommand(rest);
  if (command === "--help" || command === "-h" || command === "help") {
    process.stdout.write(USAGE);
    return EXIT.found;
  }
  process.stderr.write(
    command === undefined ? USAGE : `edgewright: there is no command "${command}".\n\n${USAGE}`,
  );
  return EXIT.usage;
}

// A reader that stops early (head, less) is no failure of ours.
process.stdout.on("error", (error: NodeJS.ErrnoException) => {
  if (error.code !== "EPIPE") throw error;
  process.exit(EXIT.found);
});

try {
  process.exitCode = await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(
    `edgewright: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`,
  );
  process.exitCode = EXIT.fault;
}
