#!/usr/bin/env node
// Starts the command line tool: under a Node that runs TypeScript itself, else under the one this clone installed.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

/** Type stripping is on by default from here (Node.js release notes 22.18.0). */
const [major = 0, minor = 0] = process.versions.node.split(".").map(Number);
const runsTypes = major > 23 || (major === 23 && minor >= 6) || (major === 22 && minor >= 18);

if (runsTypes) {
  await import("./main.ts");
} else {
  const node = fileURLToPath(
    new URL(`../node_modules/node-${process.platform}-${process.arch}/bin/node`, import.meta.url),
  );
  if (!existsSync(node)) {
    process.stderr.write(
      `edgewright needs Node 22.18 or later; this is ${process.version}, and no other is installed in this clone.\n` +
        "Run `npm ci` (or `npm start`) here first: it brings its own Node.\n",
    );
    process.exitCode = 1;
  } else {
    const child = spawnSync(node, [fileURLToPath(import.meta.url), ...process.argv.slice(2)], {
      stdio: "inherit",
    });
    process.exitCode = child.status ?? 1;
  }
}
