/** Messages of compilers, linters and build tools, each a way to its line in the log. */
import type { Diagnostic } from "../../wire.ts";
import { count } from "../../ui/format.ts";
import { TONES } from "../../ui/state.tsx";
import { Windowed } from "./windowed.tsx";

const TONE = { error: "fail", warning: "warn", info: "idle" } as const;

export function DiagnosticList({
  diagnostics,
  goToLine,
}: {
  diagnostics: readonly Diagnostic[];
  goToLine: (line: number) => void;
}) {
  return (
    <Windowed label="Messages of tools" items={diagnostics} guessPx={46}>
      {(entry) => (
        <button
          type="button"
          onClick={() => goToLine(entry.log_line)}
          className="block w-full px-3 py-1.5 text-left hover:bg-raised"
        >
          <span className="flex gap-2">
            <span className="min-w-0 flex-1 truncate font-mono text-sm text-soft">
              {entry.file}
              {entry.line === undefined ? "" : `:${entry.line}`}
              {entry.column === undefined ? "" : `:${entry.column}`}
            </span>
            <span className="shrink-0 font-mono text-xs text-faint">L{count(entry.log_line)}</span>
          </span>
          <span className="block break-words">
            <span className={TONES[TONE[entry.severity]]}>{entry.severity}</span> {entry.message}{" "}
            <span className="font-mono text-xs text-faint">{entry.rule ?? entry.tool}</span>
          </span>
        </button>
      )}
    </Windowed>
  );
}
