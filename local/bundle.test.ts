/** When a bundle is built again. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { inputHash } from "./bundle.ts";

let root: string;

beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "edgewright-bundle-"));
  mkdirSync(join(root, "src/deep"), { recursive: true });
  writeFileSync(join(root, "src/a.ts"), "1");
});
afterEach(() => rmSync(root, { recursive: true }));

const hash = (): string => inputHash(root, ["src", "config.toml"]);

test.each(["src/a.ts", "src/deep/new.sql", "config.toml"])(
  "[LN5] a change of %s builds again",
  (path) => {
    const before = hash();
    writeFileSync(join(root, path), "2");
    expect(hash()).not.toBe(before);
  },
);

test("[LN5] tests and documents build nothing, and the same content is the same input", () => {
  const before = hash();
  writeFileSync(join(root, "src/a.test.ts"), "2");
  writeFileSync(join(root, "src/SPEC.md"), "2");
  writeFileSync(join(root, "src/a.ts"), "1");
  expect(hash()).toBe(before);
});
