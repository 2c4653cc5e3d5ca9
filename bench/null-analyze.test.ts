import { expect, test } from "vitest";
import { Result } from "../workers/platform/analyses/model.ts";
import { analyze } from "./null-analyze.ts";

test("the control reads every byte in order, once, and finds nothing", async () => {
  const size = 200_000;
  const reads: [number, number][] = [];
  const source = {
    size,
    read: async (offset: number, length: number) => {
      const bytes = new Uint8Array(Math.min(length, size - offset));
      reads.push([offset, bytes.byteLength]);
      return bytes;
    },
  };
  const { result } = await analyze(source, {});
  expect(Result.parse(result)).toMatchObject({ bytes: size, blocks: [] });
  expect(reads.map(([offset]) => offset)).toEqual([0, 65_536, 131_072, 196_608]);
  expect(reads.reduce((sum, [, length]) => sum + length, 0)).toBe(size);
});
