/** The settings file of an install. */
import { chmodSync, mkdtempSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { readSettings, SETTINGS_FILE } from "./settings.ts";
import { openState, type StateDir } from "./state.ts";

const DECLARED = {
  LEASE_MS: "60000",
  HEARTBEAT_MS: "20000",
  SIGNUP: "invite",
  GITHUB_CLIENT_ID: "",
};
let folder: string;
let dir: StateDir;

beforeEach(() => {
  folder = mkdtempSync(join(tmpdir(), "edgewright-settings-"));
  dir = openState(folder);
});
afterEach(() => rmSync(folder, { recursive: true }));

const write = (text: string): void => writeFileSync(join(folder, SETTINGS_FILE), text);
const failure = (message: RegExp) =>
  expect.objectContaining({ exitCode: 1, message: expect.stringMatching(message) as unknown });

test("[LN16] without a file the command line's settings are all there are", () => {
  expect(readSettings(dir, { SIGNUP: "open" }, DECLARED)).toEqual({ SIGNUP: "open" });
});

test("[LN16] lines are NAME=value with comments and quotes; the command line wins; the file is closed to others", () => {
  write('# GitHub\n\nGITHUB_CLIENT_ID = Iv1.a=b\r\nGITHUB_CLIENT_SECRET="s p"\nSIGNUP=closed\n');
  chmodSync(join(folder, SETTINGS_FILE), 0o644);
  expect(readSettings(dir, { SIGNUP: "open" }, DECLARED)).toEqual({
    GITHUB_CLIENT_ID: "Iv1.a=b",
    GITHUB_CLIENT_SECRET: "s p",
    SIGNUP: "open",
  });
  expect(statSync(join(folder, SETTINGS_FILE)).mode & 0o777).toBe(0o600);
});

test.each([
  ["GITHUB_CLIENT_SECRET=hidden", /^GITHUB_CLIENT_ID must be set as well/],
  ["SIGNUP=hidden", /^SIGNUP must be/],
  ["LEASE_MS=1", /do not fit/],
  ["GITHUB_CLIENT=hidden", /line 1: there is no setting GITHUB_CLIENT$/],
  ["SIGNUP=open\nhidden", /line 2 is not NAME=value$/],
])("[LN16] [ID14] %j refuses the start without repeating a value", (text, message) => {
  write(text);
  let thrown: unknown;
  try {
    readSettings(dir, {}, DECLARED);
  } catch (error) {
    thrown = error;
  }
  expect(thrown).toEqual(failure(message));
  expect(String(thrown)).not.toContain("hidden");
});

test("[LN16] a secret on the command line is refused with the place it belongs to", () => {
  expect(() => readSettings(dir, { GITHUB_CLIENT_SECRET: "x" }, DECLARED)).toThrow(
    failure(/^--var GITHUB_CLIENT_SECRET would be seen/),
  );
});
