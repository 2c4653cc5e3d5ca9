/** The tests that failed, each a way to its line in the log. */
import type { FailedTest } from "../../wire.ts";
import { count } from "../../ui/format.ts";
import { Windowed } from "./windowed.tsx";

export function TestList({
  tests,
  goToLine,
}: {
  tests: readonly FailedTest[];
  goToLine: (line: number) => void;
}) {
  return (
    <Windowed label="Failed tests" items={tests} guessPx={62}>
      {(test) => (
        <button
          type="button"
          onClick={() => goToLine(test.log_line)}
          className="block w-full px-3 py-1.5 text-left hover:bg-raised"
        >
          <span className="flex gap-2">
            <span className="min-w-0 flex-1 font-medium break-words">
              {test.suite === undefined ? null : (
                <span className="font-normal text-soft">{test.suite} › </span>
              )}
              {test.name}
            </span>
            <span className="shrink-0 font-mono text-xs text-faint">L{count(test.log_line)}</span>
          </span>
          {test.file === undefined ? null : (
            <span className="block truncate font-mono text-sm text-soft">
              {test.file}
              {test.line === undefined ? "" : `:${test.line}`}
            </span>
          )}
          {test.message === undefined ? null : (
            <span className="block truncate text-soft">{test.message}</span>
          )}
        </button>
      )}
    </Windowed>
  );
}
