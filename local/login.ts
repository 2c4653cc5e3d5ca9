/** `npm run login`: prints a one-use link that signs in on the running local install (C16). */
import { runningLauncher } from "./claim.ts";
import { EXIT, Failure, render } from "./failure.ts";
import { localApi } from "./local-api.ts";
import { secretsOf, statePaths } from "./state.ts";
import { parseFlags } from "./flags.ts";

async function main(args: readonly string[]): Promise<void> {
  const { who, rest } = takeWho(args);
  const flags = parseFlags(rest);
  const dir = statePaths(flags.state);
  const running = runningLauncher(dir);
  if (running?.api === null || running === undefined) {
    throw new Failure(EXIT.check, `Edgewright does not run for ${dir.root}`, {
      remedy: "start it first: npm start",
    });
  }
  const api = localApi(
    running.api.replace("//localhost:", "//127.0.0.1:"),
    secretsOf(dir).control.LAUNCHER_TOKEN,
  );
  const link = await api.loginLink(who);
  process.stdout.write(
    flags.json
      ? `${JSON.stringify(link)}\n`
      : `Sign in: ${link.url}\nThe link works once, until ${link.expires_at}.\n`,
  );
}

/** `--as NAME`, or an address alone, says whom the link is for. */
function takeWho(args: readonly string[]): { who: string | undefined; rest: readonly string[] } {
  const at = args.indexOf("--as");
  if (at >= 0) return { who: args[at + 1], rest: args.filter((_, i) => i !== at && i !== at + 1) };
  const who = args.find((word) => word.includes("@") && !word.startsWith("-"));
  return { who, rest: args.filter((word) => word !== who) };
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${render(error)}\n`);
  process.exitCode = error instanceof Failure ? error.exitCode : EXIT.runtime;
}
