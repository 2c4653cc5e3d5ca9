/** The Drain tree as a side of `analysis`: reads the log line by line and groups every line by its template. */
import type { ChildSide } from "../child-protocol.ts";
import { eachLine, LogConfig } from "../log-file.ts";
import { Drain, MASKS } from "./drain-tree.ts";

/** The leading time of a line is cut, as the analyzer does too; it would give every line a template of its own. */
const STAMP = /^\d{4}-\d\d-\d\dT[\d:.]+Z /;

/** Each round parses the whole file with an empty tree and returns its counts. */
export async function open(config: unknown): Promise<ChildSide> {
  const { path, variant } = LogConfig.parse(config);
  return {
    version: "",
    round: async () => {
      const from = performance.now();
      const tree = new Drain(variant === "masks" ? MASKS : []);
      eachLine(path, (line) => tree.add(line.replace(STAMP, "")));
      const { lines, held, clusters } = tree.counts();
      return { elapsedMs: performance.now() - from, counted: { lines, held, clusters } };
    },
    close: async () => {},
  };
}
