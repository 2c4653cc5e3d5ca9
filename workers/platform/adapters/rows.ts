/** Reads columns of a row with the type the schema gives them; another type is a bug of ours. */
import { assert, type Instant } from "../model.ts";
import type { SqlRow } from "./sql.ts";

export function textOf(row: SqlRow, column: string): string {
  const value = row[column];
  assert(typeof value === "string", `column ${column} is text`);
  return value;
}

export function textOrNull(row: SqlRow, column: string): string | null {
  return row[column] === null || row[column] === undefined ? null : textOf(row, column);
}

export function numberOf(row: SqlRow, column: string): number {
  const value = row[column];
  assert(typeof value === "number", `column ${column} is a number`);
  return value;
}

export function numberOrNull(row: SqlRow, column: string): number | null {
  return row[column] === null || row[column] === undefined ? null : numberOf(row, column);
}

export function bytesOf(row: SqlRow, column: string): Uint8Array<ArrayBuffer> {
  const value = row[column];
  assert(value instanceof Uint8Array, `column ${column} is bytes`);
  return new Uint8Array(value);
}

export const instantOf = (row: SqlRow, column: string): Instant => Date.parse(textOf(row, column));

export const instantOrNull = (row: SqlRow, column: string): Instant | null =>
  row[column] === null ? null : instantOf(row, column);

/** An array of text that was selected as JSON. */
export function textsOf(row: SqlRow, column: string): readonly string[] {
  const value = row[column];
  assert(
    Array.isArray(value) && value.every((item) => typeof item === "string"),
    `column ${column} is an array of text`,
  );
  return value;
}
