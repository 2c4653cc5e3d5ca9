/** Reads the register in docs/decisions and says how much of each paper is built. */
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "../docs/decisions");

export interface Row {
  id: string;
  point: string;
  decision: string;
  state: string;
  shownBy: string;
}

export interface Paper {
  file: string;
  title: string;
  rows: readonly Row[];
}

/**
 * The register as it is written.
 *
 * @throws when a table row does not have five cells: a broken row would silently leave the count
 */
export function readRegister(): readonly Paper[] {
  return readdirSync(FOLDER)
    .filter((file) => file.endsWith(".md") && file !== "README.md")
    .toSorted()
    .map(readPaper);
}

function readPaper(file: string): Paper {
  const lines = readFileSync(join(FOLDER, file), "utf8").split("\n");
  const title = lines[0]?.replace(/^# /, "") ?? file;
  const rows = lines
    .filter((line) => line.startsWith("| ") && !line.startsWith("| id "))
    .map((line) => readRow(file, line));
  return { file, title, rows };
}

function readRow(file: string, line: string): Row {
  const cells = line
    .split("|")
    .slice(1, -1)
    .map((cell) => cell.trim());
  const [id, point, decision, state, shownBy] = cells;
  if (cells.length !== 5 || !id || !point || !decision || !state || !shownBy) {
    throw new Error(`docs/decisions/${file}: a row needs five cells: ${line.slice(0, 60)}`);
  }
  return { id, point, decision, state, shownBy };
}

export const builtIn = (rows: readonly Row[]): number =>
  rows.filter((row) => row.state === "built").length;

/** One line per paper, then the sum. */
export function printed(papers: readonly Paper[]): string {
  const width = Math.max(...papers.map(({ title }) => title.length));
  const line = (title: string, rows: readonly Row[]): string =>
    `${title.padEnd(width)}  ${String(builtIn(rows)).padStart(3)} of ${String(rows.length).padStart(3)} built`;
  const all = papers.flatMap(({ rows }) => rows);
  return [...papers.map(({ title, rows }) => line(title, rows)), line("all", all)].join("\n");
}
