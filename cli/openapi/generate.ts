/** Writes the types of the API's client from docs/openapi.json, with a compiler of its own that only this needs. */
import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";

const HERE = import.meta.dirname;
const ROOT = join(HERE, "../..");
const DOCUMENT = join(ROOT, "docs/openapi.json");
const TYPES = join(ROOT, "cli/client/schema.d.ts");
const STAMP = join(HERE, "node_modules", ".edgewright");

const sha256 = (path: string): string =>
  createHash("sha256").update(readFileSync(path)).digest("hex");

/** The first line of the types: it says which document they were made from, so that a test needs no generator. */
export const headOf = (documentSha256: string): string =>
  `/** Types of the API: npm run generate wrote them from docs/openapi.json, sha256 ${documentSha256}. */`;

/** Writes the types anew, unless they are of this document already. @returns whether it wrote */
export function writeTypes(): boolean {
  const head = headOf(sha256(DOCUMENT));
  if (existsSync(TYPES) && readFileSync(TYPES, "utf8").startsWith(`${head}\n`)) return false;
  install();
  writeFileSync(TYPES, `${head}\n${generated()}`);
  return true;
}

/** The generator's output without its banner. */
function generated(): string {
  const folder = mkdtempSync(join(tmpdir(), "types-"));
  try {
    const out = join(folder, "schema.d.ts");
    const script = join(HERE, "node_modules/openapi-typescript/bin/cli.js");
    run([process.execPath, script, DOCUMENT, "--output", out, "--alphabetize"]);
    return readFileSync(out, "utf8").replace(/^\/\*\*[\s\S]*?\*\/\s*/, "\n");
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** Its packages are no part of the product's install. */
function install(): void {
  const wanted = sha256(join(HERE, "package-lock.json"));
  if (existsSync(STAMP) && readFileSync(STAMP, "utf8") === wanted) return;
  const { npm_execpath: script, npm_node_execpath: node } = process.env;
  const npm = script === undefined ? ["npm"] : [node ?? process.execPath, script];
  run([...npm, "ci", "--prefer-offline", "--no-audit", "--no-fund"]);
  writeFileSync(STAMP, wanted);
}

function run([command = "", ...args]: readonly string[]): void {
  const done = spawnSync(command, args, {
    cwd: HERE,
    env: { ...process.env, PATH: systemPath(), NODE_ENV: "" },
    encoding: "utf8",
    stdio: ["ignore", "ignore", "pipe"],
  });
  if (done.status !== 0)
    throw new Error(`${args[0] ?? command} failed:\n${done.error?.message ?? done.stderr}`);
}

/** PATH without node_modules/.bin, so that npm runs on the Node it came with. */
const systemPath = (): string =>
  (process.env["PATH"] ?? "")
    .split(delimiter)
    .filter((part) => !part.includes("node_modules"))
    .join(delimiter);
