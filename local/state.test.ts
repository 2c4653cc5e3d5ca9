/** The state folder. */
import { mkdtempSync, readFileSync, rmSync, statSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { openState, readState, secretsOf, updateState } from "./state.ts";

let folder: string;

beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "edgewright-state-"))));
afterEach(() => rmSync(folder, { recursive: true }));

const modeOf = (path: string): number => statSync(path).mode & 0o777;

test("[LN1] the folder is closed to others, and so are the secrets in it", () => {
  const dir = openState(folder);
  secretsOf(dir);
  expect(modeOf(dir.root)).toBe(0o700);
  expect(modeOf(dir.logs)).toBe(0o700);
  expect(modeOf(dir.secrets)).toBe(0o600);
});

test("[LN1] secrets are made once: a later start reads the same", () => {
  const first = secretsOf(openState(folder));
  expect(secretsOf(openState(folder))).toEqual(first);
  expect(new Set(Object.values(first.control)).size).toBe(6);
  expect(first.control.KEK_PLATFORM).toMatch(/^v1:[A-Za-z0-9_-]{43}$/);
});

test("[SC5] a key-encryption key may stand before the one it takes the place of, in the form the platform reads", () => {
  const dir = openState(folder);
  const made = secretsOf(dir);
  const both = `v2:${"A".repeat(43)},${made.control.KEK_ORG}`;
  const write = (kek: string): void =>
    writeFileSync(
      dir.secrets,
      JSON.stringify({ ...made, control: { ...made.control, KEK_ORG: kek } }),
    );
  write(both);
  expect(secretsOf(dir).control.KEK_ORG).toBe(both);
  for (const wrong of [`${both},`, "v2:short", `${both} v1:x`]) {
    write(wrong);
    expect(() => secretsOf(dir), wrong).toThrow(expect.objectContaining({ exitCode: 6 }));
  }
});

test("[LN1] a torn secrets file ends the start with a remedy instead of being replaced", () => {
  const dir = openState(folder);
  writeFileSync(dir.secrets, "{");
  expect(() => secretsOf(dir)).toThrow(expect.objectContaining({ exitCode: 6 }));
  expect(readFileSync(dir.secrets, "utf8")).toBe("{");
});

test("[LN1] a change of the state keeps its other parts", () => {
  const dir = openState(folder);
  updateState(dir, { cronMinute: 7 });
  updateState(dir, {});
  expect(readState(dir)).toEqual({ cronMinute: 7 });
});

test.runIf(process.getuid?.() === 0)(
  "[LN1] a folder of another user is refused: we could not share what we write there",
  async () => {
    const { chownSync } = await import("node:fs");
    chownSync(folder, 65_534, 65_534);
    expect(() => openState(folder)).toThrow(/belongs to uid 65534/);
  },
);
