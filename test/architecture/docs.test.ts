/** Documents: what they name exists, and every error code has its page. */
import { posix } from "node:path";
import { describe, expect, test } from "vitest";
import { PROBLEMS } from "../../workers/platform/http/model.ts";
import { readRegister } from "../../local/register.ts";
import { exists, readText, repositoryFiles } from "./files.ts";

const files = repositoryFiles();
const pages = files.filter((file) => file.endsWith(".md") && !file.includes("/fixtures/"));

/** Longest ARCHITECTURE.md that is still read to its end. */
const ARCHITECTURE_LINES_MAX = 200;

describe("ARCHITECTURE.md", () => {
  const text = readText("ARCHITECTURE.md");

  test("is short enough to be read", () => {
    expect(text.split("\n").length).toBeLessThanOrEqual(ARCHITECTURE_LINES_MAX);
  });

  test("names only paths that exist", () => {
    const named = [...text.matchAll(/`([a-z][\w.-]*(?:\/[\w.-]+)+|[\w.-]+\.(?:json|toml))`/g)].map(
      (match) => match[1] ?? "",
    );
    expect(named.length).toBeGreaterThan(20);
    expect(named.filter((path) => !exists(path))).toEqual([]);
  });
});

test("README.md has commands that are run as written", () => {
  expect(readText("README.md").match(/^```sh run$/gm)?.length ?? 0).toBeGreaterThan(0);
});

test("the guide names every flag of the launcher, and no other", () => {
  const flags = (text: string, pattern: RegExp): readonly string[] =>
    [...new Set([...text.matchAll(pattern)].map((match) => match[1] ?? ""))].toSorted();
  const guide = readText("docs/running.md").split("## Exit codes")[0] ?? "";
  expect(
    flags(guide, /`[^`]*?(--[a-z-]+)/g)
      .concat(flags(guide, /\[(--[a-z-]+)\]/g))
      .toSorted(),
  ).toEqual(flags(readText("local/flags.ts"), /^ {2}"(--[a-z-]+)":/gm));
});

test("[B6] every path of the API carries its version", () => {
  const document: unknown = JSON.parse(readText("docs/openapi.json"));
  const paths =
    typeof document === "object" && document !== null && "paths" in document
      ? document.paths
      : null;
  const named = Object.keys(paths ?? {});
  expect(named.length).toBeGreaterThan(10);
  // Probes have one address for ever.
  expect(named.filter((path) => !path.startsWith("/api/v1/"))).toEqual(["/health", "/ready"]);
});

test("the README counts the decisions right", () => {
  const rows = readRegister().flatMap((paper) => paper.rows);
  expect(readText("README.md")).toContain(`all ${rows.length} decisions`);
});

test("every link between documents leads to a file", () => {
  const broken = pages.flatMap((page) =>
    [...readText(page).matchAll(/\]\((?!https?:|mailto:|#)([^)#\s]+)[^)]*\)/g)]
      .map((match) => posix.join(posix.dirname(page), match[1] ?? ""))
      .filter((target) => !exists(target))
      .map((target) => `${page} -> ${target}`),
  );
  expect(broken).toEqual([]);
});

test("every error code has one page, and every page a code", () => {
  const written = files
    .filter((file) => /^docs\/errors\/[a-z0-9_]+\.md$/.test(file))
    .map((file) => posix.basename(file, ".md"));
  expect(written.toSorted()).toEqual(Object.keys(PROBLEMS).toSorted());
});
