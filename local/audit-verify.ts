/** `npm run audit:verify -- <folder> [--root <kid or hash>]`: checks copies of audit chains without the platform [AU7]. */
import { checkFolder, type ChainReport } from "./audit-check.ts";
import { openAuditFolder } from "./audit-folder.ts";
import { EXIT, Failure, render } from "./failure.ts";

interface Wish {
  readonly folder: string;
  readonly roots: readonly string[];
}

const ROOT = /^(?:[0-9a-f]{64}|[A-Za-z0-9_-]{43})$/;

function wishOf(args: readonly string[]): Wish {
  const folders: string[] = [];
  const roots: string[] = [];
  for (let i = 0; i < args.length; i += 1) {
    const word = args[i] ?? "";
    if (word === "--root") roots.push(args[(i += 1)] ?? "");
    else if (word.startsWith("--root=")) roots.push(word.slice("--root=".length));
    else if (word.startsWith("-")) throw wrong(`there is no flag ${word}`);
    else folders.push(word);
  }
  const [folder, ...more] = folders;
  if (folder === undefined || more.length > 0) throw wrong("one folder is needed");
  if (roots.some((root) => !ROOT.test(root)))
    throw wrong("--root takes a kid (43 characters) or the hash of a head (64 hex digits)");
  return { folder, roots };
}

const wrong = (what: string): Failure =>
  new Failure(EXIT.check, what, {
    remedy: "npm run audit:verify -- <folder> [--root <kid or hash>]...",
  });

function lineOf(report: ChainReport, pinned: boolean): string {
  const { org, from, to, heads, kids, fault } = report;
  if (fault !== null)
    return `${org}: BROKEN at record ${fault.seq}: ${fault.reason}: ${fault.text}`;
  const signed =
    heads === 0
      ? "no signed head: whoever wrote the copy may have written it all"
      : `${heads} signed ${heads === 1 ? "head" : "heads"}, ${pinned ? "pinned" : `key ${kids.join(", ")} (not pinned: note it down, pass --root)`}`;
  return `${org}: whole, records ${from} to ${to}, ${signed}`;
}

async function main(args: readonly string[]): Promise<void> {
  const { folder, roots } = wishOf(args);
  const reports = await checkFolder(await openAuditFolder(folder), roots);
  for (const report of reports) process.stdout.write(`${lineOf(report, roots.length > 0)}\n`);
  if (reports.some(({ fault }) => fault !== null)) process.exitCode = EXIT.check;
}

try {
  await main(process.argv.slice(2));
} catch (error) {
  process.stderr.write(`${render(error)}\n`);
  process.exitCode = error instanceof Failure ? error.exitCode : EXIT.runtime;
}
