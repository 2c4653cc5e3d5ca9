/** Log files. */
import { appendFileSync, mkdtempSync, readFileSync, readdirSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { JsonLog, LOG_FILES_MAX, readEnd, rotateForeign } from "./log.ts";

let folder: string;
beforeEach(() => (folder = mkdtempSync(join(tmpdir(), "edgewright-log-"))));
afterEach(() => rmSync(folder, { recursive: true }));

test("a log keeps its newest lines in at most five files", () => {
  const log = new JsonLog(join(folder, "x.log"), 1_000);
  for (let n = 0; n < 500; n += 1) log.write({ level: "info", n });
  log.close();
  expect(readdirSync(folder).length).toBe(LOG_FILES_MAX);
  const last =
    [...readEnd(join(folder, "x.log.1")), ...readEnd(join(folder, "x.log"))].at(-1) ?? "";
  expect(JSON.parse(last)).toMatchObject({ level: "info", n: 499 });
});

test("a file that another process appends to is rotated without losing what was written", () => {
  const path = join(folder, "pg.log");
  appendFileSync(path, "one\ntwo\n");
  rotateForeign(path, 4);
  expect(readFileSync(path, "utf8")).toBe("");
  expect(readEnd(`${path}.1`)).toEqual(["one", "two"]);
});

test("the end of a missing file is empty", () => expect(readEnd(join(folder, "none"))).toEqual([]));
