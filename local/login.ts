/** `npm run login`: prints a one-use link that signs in on the running local install (C16). */
import { runningLauncher } from "./claim.ts";
import { EXIT, Failure, render } from "./failure.ts";
import { localApi } from "./local-api.ts";
import { secretsOf, statePaths } from "./state.ts";
import { parseFlags } from "./flags.ts";

async function main(args: readonly string[]): Promise<void> {
  const email = args.find((word) => word.includes("@") && !word.startsWith("-"));
  const flags = parseFlags(args.filter((word) => word !== email));
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
  const link = await api.loginLink(email);
  process.stdout.write(
    flags.json
      ? `${JSON.stringify(link)}\n`
      : `Sign in: ${link.url}\nThe link works once, until ${link.expires_at}.\n`,
  );
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${render(error)}\n`);
  process.exitCode = error instanceof Failure ? error.exitCode : EXIT.runtime;
}
