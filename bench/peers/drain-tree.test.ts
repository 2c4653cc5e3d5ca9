import { expect, test } from "vitest";
import { Drain, MASKS } from "./drain-tree.ts";

test("lines that differ in a number share a cluster; another sentence opens one", () => {
  const tree = new Drain();
  for (const n of [1, 2, 3]) tree.add(`took job ${n} from queue`);
  tree.add("disk is full");
  expect(tree.counts()).toEqual({ lines: 4, held: 4, clusters: 2 });
});

test("every line is held by exactly one cluster, blank ones too", () => {
  const tree = new Drain(MASKS);
  for (let n = 0; n < 500; n += 1) tree.add(`${n % 7} a${n} b c ${"x ".repeat(n % 5)}`);
  tree.add("");
  tree.add("");
  expect(tree.counts()).toMatchObject({ lines: 502, held: 502 });
});

test("masks fold addresses, ids and numbers before a line is cut into tokens", () => {
  const tree = new Drain(MASKS);
  tree.add("from 10.0.0.1 at 0xbeef");
  tree.add("from 10.0.0.2 at 0xcafe");
  expect(tree.counts().clusters).toBe(1);
});
