/** The command line as a person meets it: exit codes, formats, refusals, and a start under any Node. */
import { spawnSync } from "node:child_process";
import { mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { afterAll, describe, expect, test } from "vitest";
import { Result } from "../workers/platform/analyses/model.ts";

const BIN = fileURLToPath(new URL("edgewright.mjs", import.meta.url).href);
const dir = mkdtempSync(join(tmpdir(), "edgewright-cli-"));
const FAILED = "step one\nsrc/a.c:12:5: error: 'x' undeclared\nmake: *** [a.o] Error 1\n";
const write = (name: string, content: string | Uint8Array): string => {
  const path = join(dir, name);
  writeFileSync(path, content);
  return path;
};
const failed = write("failed.log", FAILED);
const quiet = write("quiet.log", "all is well\n");

function edgewright(
  args: readonly string[],
  input?: string,
): { status: number | null; stdout: string; stderr: string } {
  return spawnSync(process.execPath, [BIN, ...args], {
    encoding: "utf8",
    input: input ?? "",
    env: { ...process.env, FORCE_COLOR: "0" },
  });
}

afterAll(() => rmSync(dir, { recursive: true, force: true }));

describe("edgewright analyze", () => {
  test("a cause found is exit 0 and shows the line with its number", () => {
    const { status, stdout } = edgewright(["analyze", failed]);
    expect(status).toBe(0);
    expect(stdout).toContain("2 | src/a.c:12:5: error: 'x' undeclared");
    expect(stdout).not.toContain("\u001b[");
  });

  test("no cause is exit 3", () => {
    expect(edgewright(["analyze", quiet]).status).toBe(3);
  });

  test.each([
    [[]],
    [["analyze"]],
    [["analyze", "--format", "xml", failed]],
    [["analyze", "--max-lines", "0", failed]],
    [["frobnicate"]],
    [["analyze", "--nope"]],
  ])("wrong usage %j is exit 2 and says how it is used", (args) => {
    const { status, stderr } = edgewright(args);
    expect(status).toBe(2);
    expect(stderr).toContain("usage: edgewright");
  });

  test("json prints one object per file and line, the result model plus file", () => {
    const { stdout } = edgewright(["analyze", failed, quiet, "--format", "json"]);
    const lines = stdout
      .trimEnd()
      .split("\n")
      .map((line): { file: string } => JSON.parse(line));
    expect(lines.map((line) => line.file)).toEqual([failed, quiet]);
    for (const { file: _, ...result } of lines) Result.parse(result);
  });

  test("standard input and gzip are read", () => {
    expect(edgewright(["analyze", "-"], FAILED).status).toBe(0);
    expect(edgewright(["analyze", write("failed.log.gz", gzipSync(FAILED))]).stdout).toContain(
      "src/a.c:12:5",
    );
  });

  test("sarif and rdjson are one document each, github is workflow commands", () => {
    const sarif: {
      version: string;
      runs: {
        results: { locations: { physicalLocation: { artifactLocation: { uri: string } } }[] }[];
      }[];
    } = JSON.parse(edgewright(["analyze", failed, "--format", "sarif"]).stdout);
    expect(sarif.version).toBe("2.1.0");
    expect(sarif.runs[0]?.results[0]?.locations[0]?.physicalLocation.artifactLocation.uri).toBe(
      "src/a.c",
    );
    const rdjson: { diagnostics: { location: { path: string } }[] } = JSON.parse(
      edgewright(["analyze", failed, "--format", "rdjson"]).stdout,
    );
    expect(rdjson.diagnostics[0]?.location.path).toBe("src/a.c");
    expect(edgewright(["analyze", failed, "--format", "github"]).stdout).toMatch(
      /^::error file=src\/a\.c,line=12,/,
    );
  });

  test("a missing file, a directory and a binary are refused by name, the rest is still explained", () => {
    const { status, stdout, stderr } = edgewright([
      "analyze",
      join(dir, "none.log"),
      dir,
      write("a.bin", new Uint8Array([65, 0, 66])),
      failed,
    ]);
    expect(status).toBe(2);
    expect(stderr).toContain("There is no file");
    expect(stderr).toContain("is a directory");
    expect(stderr).toContain("is binary");
    expect(stdout).toContain("src/a.c:12:5");
  });

  test("fewer lines are shown when asked", () => {
    const many = write(
      "many.log",
      Array.from({ length: 30 }, (_, at) => `src/a.c:${at + 1}:5: error: bad thing`).join("\n"),
    );
    const result = Result.loose().parse(
      JSON.parse(edgewright(["analyze", many, "--format", "json", "--max-lines", "3"]).stdout),
    );
    expect(result.blocks.flatMap((block) => block.lines)).toHaveLength(3);
  });
});
