/** The register of decisions: complete, and honest about what is built. */
import { expect, test } from "vitest";
import { readRegister, type Row } from "../../local/register.ts";
import { exists, readText, repositoryFiles, testTitles } from "./files.ts";

const papers = readRegister();
const rows = papers.flatMap((paper) => paper.rows);
const order = rows.map((row) => row.id);
const byId = new Map(rows.map((row) => [row.id, row]));
const titles = testTitles(repositoryFiles());

/** Rows per paper. A row is never dropped: a question once asked keeps its answer. */
const ROWS = { R: 13, V: 100, C: 81, D: 53, B: 37, K: 8, N: 14 };

test("every question of the papers has exactly one row", () => {
  const counted = Object.fromEntries(
    Object.keys(ROWS).map((paper) => [paper, order.filter((id) => id.startsWith(paper)).length]),
  );
  expect(counted).toEqual(ROWS);
  expect(byId.size).toBe(rows.length);
});

test("a row is built or planned", () => {
  expect(rows.filter(({ state }) => state !== "built" && state !== "planned")).toEqual([]);
});

test("a row that says built has an existing proof", () => {
  const unproven = rows
    .filter(({ state }) => state === "built")
    .flatMap((row) => proofsMissing(row).map((reason) => `${row.id}: ${reason}`));
  expect(unproven).toEqual([]);
});

test("the rows a decision points to exist", () => {
  const dangling = rows
    .filter((row) => row.shownBy === "=")
    .filter((row) => namedIn(row).length === 0);
  expect(dangling.map((row) => row.id)).toEqual([]);
});

/** What is missing for a built row; an empty list when its proof stands. */
function proofsMissing(row: Row): readonly string[] {
  if (row.shownBy === "=") {
    const open = namedIn(row).filter((id) => byId.get(id)?.state !== "built");
    return open.length === 0 ? [] : [`not all rows it names are built: ${open.join(", ")}`];
  }
  const quoted = [...row.shownBy.matchAll(/`([^`]+)`(?:\s*(\[[^\]]+\]|"[^"]+"))?/g)];
  if (quoted.length === 0) return ["names neither a test nor a command"];
  return quoted.flatMap(([, what = "", title]) => proofMissing(what, title));
}

function proofMissing(what: string, title: string | undefined): readonly string[] {
  const script = /^npm (?:run )?([a-z:-]+)/.exec(what)?.[1];
  if (script !== undefined) {
    return readText("package.json").includes(`"${script}":`)
      ? []
      : [`there is no script ${script}`];
  }
  if (!exists(what)) return [`${what} does not exist`];
  if (title === undefined)
    return /\.(?:ts|tsx)$/.test(what) ? [`${what} needs the title's id or words`] : [];
  const wanted = title.startsWith("[") ? title : title.slice(1, -1);
  const found =
    titles.some((one) => one.file === what && one.title.includes(wanted)) ||
    readText(what).includes(wanted);
  return found ? [] : [`${what} has no test ${title}`];
}

/** Ids in a decision, ranges like V1.1-V1.9 expanded in the order of the register. */
function namedIn(row: Row): readonly string[] {
  const ranges = [
    ...row.decision.matchAll(/\b([A-Z]\d[\d.]*\d|[A-Z]\d)(?:-([A-Z]\d[\d.]*\d|[A-Z]\d))?\b/g),
  ];
  return ranges.flatMap(([, from = "", to]) => {
    const start = order.indexOf(from);
    if (start === -1) return [];
    return to === undefined ? [from] : order.slice(start, order.indexOf(to) + 1);
  });
}
