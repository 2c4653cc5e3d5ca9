/** The files of this repository as git would commit them: tracked, or new and not ignored. */
import { execFileSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT = join(import.meta.dirname, "../..");

/** Repository paths with forward slashes, sorted; files deleted in the work tree are left out. */
export function repositoryFiles(): readonly string[] {
  const listed = existsSync(join(ROOT, ".git")) ? listedByGit() : walked("");
  return [...new Set(listed)].filter((path) => existsSync(join(ROOT, path))).toSorted();
}

function listedByGit(): readonly string[] {
  // A checkout may belong to another user than the one who tests it, as in many containers.
  const safe = ["-c", "safe.directory=*"];
  const list = ["ls-files", "-z", "--cached", "--others", "--exclude-standard"];
  const options = { cwd: ROOT, encoding: "utf8", maxBuffer: 64 * 1024 ** 2 } as const;
  return execFileSync("git", [...safe, ...list], options)
    .split("\0")
    .filter((path) => path !== "");
}

/** Without git, as in an unpacked archive: everything but what .gitignore names as a folder. */
function walked(folder: string): readonly string[] {
  const ignored = readText(".gitignore")
    .split("\n")
    .map((line) => line.replace(/\/$/, ""));
  return readdirSync(join(ROOT, folder), { withFileTypes: true }).flatMap((entry) => {
    const path = folder === "" ? entry.name : `${folder}/${entry.name}`;
    if (ignored.includes(entry.name)) return [];
    return entry.isDirectory() ? walked(path) : [path];
  });
}

export const readText = (path: string): string => readFileSync(join(ROOT, path), "utf8");

export const exists = (path: string): boolean => existsSync(join(ROOT, path));

/** A test file of any world. */
export const isTest = (path: string): boolean =>
  /\.(?:test\.tsx?|e2e\.ts|browser\.ts|kill\.ts)$/.test(path) && !path.includes("/fixtures/");

/** Every title of every test, as written: `test("[T3] ...")`, with its file. */
export function testTitles(files: readonly string[]): readonly { file: string; title: string }[] {
  return files
    .filter(isTest)
    .flatMap((file) => titlesOf(readText(file)).map((title) => ({ file, title })));
}

const TITLE =
  /\b(?:test|it|describe)(?:\.\w+)*\s*(?:\([^()]*(?:\([^()]*\)[^()]*)*\)\s*)?\(\s*(["'`])((?:\\.|(?!\1)[^\\])*)\1/g;

/** Titles in a test's source, also of `test.each(rows)("...")` and `test.skipIf(x)("...")`. */
export const titlesOf = (source: string): readonly string[] => {
  const titles = [...source.matchAll(TITLE)].map((match) => match[2] ?? "");
  // Contract suites take the test function as an argument under any name; their titles begin with an id.
  const named = [...source.matchAll(/["'`](\[[A-Z]+\d[^"'`\n]*)["'`]/g)].map(
    (match) => match[1] ?? "",
  );
  return [...new Set([...titles, ...named])];
};

/** Ids in brackets at the head of a title: `[T3]`, `[T3] [T4]`, `[T3, T4]`, `[V1.6]`. */
export const idsOf = (title: string): readonly string[] =>
  [...title.matchAll(/\[([A-Z]{1,3}\d[^\]]*)\]/g)].flatMap((match) =>
    (match[1] ?? "").split(/[,\s]+/).filter((id) => /^[A-Z]{1,3}\d/.test(id)),
  );
