/** A report of many outputs travels in parts. */
import { REPORT_BYTES_MAX, type TaskReport } from "../../../../durable-objects/dispatcher/model.ts";

/** Cuts results into reports of at most 1 MiB of outputs [Q2]. */
export function* parts(
  results: readonly TaskReport[],
): Iterable<{ results: TaskReport[]; last: boolean }> {
  let held: TaskReport[] = [];
  let bytes = 0;
  for (const result of results) {
    const size = reportBytes(result);
    if (held.length > 0 && bytes + size > REPORT_BYTES_MAX) {
      yield { results: held, last: false };
      held = [];
      bytes = 0;
    }
    held.push(result);
    bytes += size;
  }
  yield { results: held, last: true };
}

const OUTPUT_OVERHEAD_BYTES = 8;

const reportBytes = (result: TaskReport): number =>
  result.ok
    ? result.outputs.reduce(
        (sum, { payload, partition }) =>
          sum + payload.length + partition.length + OUTPUT_OVERHEAD_BYTES,
        0,
      )
    : 0;
