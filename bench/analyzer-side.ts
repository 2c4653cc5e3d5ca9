/** Our analyzer as a side of `analysis`: the pure code in Node, over a file read by range. */
import { open as openFile, type FileHandle } from "node:fs/promises";
import type { LogSource } from "../workers/platform/analyses/model.ts";
import { analyze } from "../workers/platform/analyses/rules/analyze.ts";
import type { ChildSide } from "./child-protocol.ts";
import { LogConfig } from "./log-file.ts";

/** Each round analyzes the whole file and returns the result's own counts. */
export async function open(config: unknown): Promise<ChildSide> {
  const { path, bytes } = LogConfig.parse(config);
  const file = await openFile(path, "r");
  return {
    version: "",
    round: async () => {
      const from = performance.now();
      const { result } = await analyze(sourceOf(file, bytes), {});
      const { start_line: first = 0, end_line: last = 0 } = result.blocks[0] ?? {};
      const failedTests = result.failed_tests.map((test) => test.name).toSorted();
      return {
        elapsedMs: performance.now() - from,
        counted: {
          lines: result.lines,
          bytes: result.bytes,
          failedTests: failedTests.join(" "),
          first,
          last,
        },
      };
    },
    close: () => file.close(),
  };
}

function sourceOf(file: FileHandle, size: number): LogSource {
  return {
    size,
    read: async (offset, length) => {
      const wanted = Math.min(length, size - offset);
      const bytes = new Uint8Array(wanted);
      for (let done = 0; done < wanted;) {
        const { bytesRead } = await file.read(bytes, done, wanted - done, offset + done);
        if (bytesRead === 0)
          throw new Error(`The log ends at byte ${offset + done}; ${size} were promised.`);
        done += bytesRead;
      }
      return bytes;
    },
  };
}
