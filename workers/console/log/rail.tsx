/** The strip beside the log: where blocks, failed tests and hits stand in the whole of it. */
import { useMemo } from "react";
import type { MouseEvent } from "react";
import type { Block } from "../wire.ts";

interface RailProps {
  readonly total: number;
  readonly top: number;
  readonly viewportLines: number;
  readonly blocks: readonly Block[];
  readonly hits: readonly number[];
  readonly failedLines: readonly number[];
  jump(n: number): void;
}

/** Marks closer together than this share one tick. */
const SLOTS = 300;

/** For the pointer alone: blocks, tests and hits are also lists with buttons, which keyboards and screen readers use. */
export function Rail({ total, top, viewportLines, blocks, hits, failedLines, jump }: RailProps) {
  const hitTicks = useMemo(() => slots(hits, total), [hits, total]);
  const testTicks = useMemo(() => slots(failedLines, total), [failedLines, total]);
  const percent = (line: number) => `${(line / Math.max(1, total)) * 100}%`;
  const click = (event: MouseEvent<HTMLDivElement>) => {
    const box = event.currentTarget.getBoundingClientRect();
    jump(Math.max(1, Math.round(((event.clientY - box.top) / box.height) * total)));
  };
  return (
    <div
      aria-hidden="true"
      onClick={click}
      className="relative w-4 shrink-0 cursor-pointer overflow-hidden border-l border-line bg-page"
    >
      <div
        className="absolute inset-x-0 min-h-1 bg-raised"
        style={{ top: percent(top), height: percent(viewportLines) }}
      />
      {testTicks.map((line) => (
        <div
          key={line}
          className="absolute right-0 h-0.5 w-1 bg-run opacity-60"
          style={{ top: percent(line - 1) }}
        />
      ))}
      {hitTicks.map((line) => (
        <div
          key={line}
          className="absolute left-0 h-0.5 w-1.5 bg-accent"
          style={{ top: percent(line - 1) }}
        />
      ))}
      {blocks.map((block) => (
        <div
          key={block.rank}
          className={`absolute inset-x-1 min-h-[3px] rounded-sm ${block.rank === 1 ? "bg-fail" : "bg-warn"}`}
          style={{
            top: percent(block.start_line - 1),
            height: percent(block.end_line - block.start_line + 1),
          }}
        />
      ))}
    </div>
  );
}

function slots(lines: readonly number[], total: number): readonly number[] {
  const bySlot = new Map<number, number>();
  for (const line of lines) {
    const slot = Math.floor((line / Math.max(1, total)) * SLOTS);
    if (!bySlot.has(slot)) bySlot.set(slot, line);
  }
  return [...bySlot.values()];
}
