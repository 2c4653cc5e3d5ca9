/** Reads a folder with copies of audit chains: records, signed heads, public keys, in whatever files they came. */
import { createHash } from "node:crypto";
import { createReadStream } from "node:fs";
import { readdir, readFile } from "node:fs/promises";
import { join } from "node:path";
import { pipeline } from "node:stream";
import { createGunzip } from "node:zlib";
import { AuditHead, AuditKey, AuditLine, AuditRecord } from "../workers/platform/audit/model.ts";
import { EXIT, Failure, reasonOf } from "./failure.ts";

/** A file of records, all of one organization, and where they begin. */
export interface RecordFile {
  readonly path: string;
  readonly org: string;
  readonly seq: number;
}

export interface AuditFolder {
  /** By organization and first record. */
  readonly files: readonly RecordFile[];
  readonly heads: readonly AuditHead[];
  readonly keys: readonly AuditKey[];
}

/** @throws Failure(check) when the folder cannot be read or holds no record */
export async function openAuditFolder(folder: string): Promise<AuditFolder> {
  const paths = await filesBelow(folder);
  const files: RecordFile[] = [];
  for (const path of paths.filter((name) => /\.ndjson(?:\.gz)?$/.test(name))) {
    const begin = await beginOf(path);
    if (begin !== undefined) files.push({ path, ...begin });
  }
  if (files.length === 0)
    throw new Failure(EXIT.check, `there are no records in ${folder}`, {
      remedy: "copy org/<id>/audit of R2 there, or GET /api/v1/audit/export as <name>.ndjson",
    });
  const heads = new Map<string, AuditHead>();
  const keys = new Map<string, AuditKey>();
  for (const path of paths.filter((name) => name.endsWith(".json"))) {
    for (const part of partsOf(await jsonOf(path))) {
      const head = AuditHead.safeParse(part);
      if (head.success) heads.set(JSON.stringify(head.data), head.data);
      const key = AuditKey.safeParse(part);
      // A kid is the thumbprint of its key: a file that gives it to another key is nobody's.
      if (key.success && thumbprint(key.data) === key.data.kid) keys.set(key.data.kid, key.data);
    }
  }
  return {
    files: files.toSorted((a, b) => (a.org === b.org ? a.seq - b.seq : a.org < b.org ? -1 : 1)),
    heads: [...heads.values()].toSorted((a, b) => a.seq - b.seq),
    keys: [...keys.values()],
  };
}

async function filesBelow(folder: string): Promise<string[]> {
  try {
    const entries = await readdir(folder, { recursive: true, withFileTypes: true });
    return entries
      .filter((entry) => entry.isFile())
      .map((entry) => join(entry.parentPath, entry.name))
      .toSorted();
  } catch (cause) {
    throw new Failure(EXIT.check, `the folder ${folder} cannot be read`, {
      remedy: "name a folder: npm run audit:verify -- <folder>",
      cause,
    });
  }
}

async function beginOf(path: string): Promise<{ org: string; seq: number } | undefined> {
  for await (const { record } of linesOf(path)) {
    const parsed = AuditRecord.safeParse(parsedOrNull(record));
    if (parsed.success) return { org: parsed.data.org, seq: parsed.data.seq };
    throw unreadable(path, "its first line is no record");
  }
  return undefined;
}

function parsedOrNull(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return null; // No record, which is what the caller asks.
  }
}

/** The lines of a file, unzipped. @throws Failure(check) naming what is no line of a copy */
export async function* linesOf(path: string): AsyncGenerator<AuditLine> {
  let number = 0;
  let rest = "";
  for await (const text of textsOf(path)) {
    const lines = (rest + text).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) yield parsedLine(path, (number += 1), line);
  }
  if (rest !== "") yield parsedLine(path, number + 1, rest);
}

async function* textsOf(path: string): AsyncGenerator<string> {
  const file = createReadStream(path);
  // The pipeline ends both when one fails, or when the reader has seen enough.
  const source = path.endsWith(".gz") ? pipeline(file, createGunzip(), () => {}) : file;
  source.setEncoding("utf8");
  try {
    for await (const text of source) yield String(text);
  } catch (error) {
    throw unreadable(path, reasonOf(error));
  }
}

function parsedLine(path: string, number: number, text: string): AuditLine {
  const line = AuditLine.safeParse(parsedOrNull(text));
  if (!line.success) throw unreadable(path, `line ${number} is no line of a copy`);
  return line.data;
}

const unreadable = (path: string, why: string): Failure =>
  new Failure(EXIT.check, `${path} cannot be read: ${why}`, { remedy: "copy the file again" });

async function jsonOf(path: string): Promise<unknown> {
  const parsed = parsedOrNull(await readFile(path, "utf8"));
  if (parsed === null) throw unreadable(path, "it is not JSON");
  return parsed;
}

/** A head, a key, or an answer of GET /api/v1/audit/heads with many of both. */
function partsOf(json: unknown): unknown[] {
  if (typeof json !== "object" || json === null) return [];
  const lists = Object.values(json).filter((value) => Array.isArray(value));
  return [json, ...lists.flat()];
}

/** Source: RFC 7638, section 3. */
function thumbprint({ crv, kty, x, y }: AuditKey): string {
  return createHash("sha256").update(JSON.stringify({ crv, kty, x, y })).digest("base64url");
}
