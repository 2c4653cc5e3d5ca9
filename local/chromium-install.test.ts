/** When CI installs a browser. */
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { ensureChromium } from "./chromium-install.ts";

let folder: string;
let calls: string[];
beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "edgewright-chromium-"));
  calls = [];
});
afterEach(() => rmSync(folder, { recursive: true }));

const put = (): void => {
  writeFileSync(join(folder, "chromium"), "#!/bin/sh\n");
  chmodSync(join(folder, "chromium"), 0o755);
};
const apt =
  (code: number | null, then: () => void = () => {}) =>
  (file: string, args: readonly string[]) => {
    calls.push([file, args[0]].join(" "));
    if (args[0] === "install") then();
    return code;
  };

test("a browser that is there is used, and nothing is installed", () => {
  put();
  expect(ensureChromium({ PATH: folder }, apt(0), 0)).toEqual({
    found: true,
    why: join(folder, "chromium"),
  });
  expect(calls).toEqual([]);
});

test("root installs the missing browser with apt-get", () => {
  expect(ensureChromium({ PATH: folder }, apt(0, put), 0)).toMatchObject({ found: true });
  expect(calls).toEqual(["apt-get update", "apt-get install"]);
});

test.each([
  [1000, 0, "needs root"],
  [0, null, "no apt-get"],
  [0, 100, "ended with 100"],
  [0, 0, "no browser on PATH"],
])("uid %s with apt-get ending %s goes on without one and says why: %s", (uid, code, why) => {
  const installed = ensureChromium({ PATH: folder }, apt(code), uid);
  expect(installed).toEqual({ found: false, why: expect.stringContaining(why) });
});
