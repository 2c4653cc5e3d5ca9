/** The log: fixed rows over pages of 1,000 lines, tinted blocks, a rail, search, and links to lines. Never loads a whole log. */
import { useCallback, useEffect, useMemo, useState } from "react";
import { InlineError } from "../ui/failure.tsx";
import { Button } from "../ui/button.tsx";
import type { Block } from "../wire.ts";
import { LinePages } from "./lines.ts";
import type { LineRange } from "./marks.ts";
import { Rail } from "./rail.tsx";
import type { RowTone } from "./row.tsx";
import { Row } from "./row.tsx";
import { heightPx, ROW_PX } from "./scroll.ts";
import { useScroller } from "./scroller.ts";

export interface ViewerProps {
  readonly load: ConstructorParameters<typeof LinePages>[0];
  readonly totalLines: number;
  readonly blocks: readonly Block[];
  readonly activeRank: number | null;
  readonly range: LineRange | null;
  readonly query: string;
  readonly hits: readonly number[];
  readonly failedLines: readonly number[];
  readonly wrap: boolean;
  /** A line to show; a new object scrolls again, also to the same line. */
  readonly target: { readonly line: number } | null;
  select(range: LineRange): void;
}

/** Rows drawn beyond the lower edge, so that a fast scroll shows no gap. */
const OVERSCAN = 6;
/** Rows drawn at most, whatever height a broken layout reports. */
const ROWS_MAX = 400;

export function Viewer(props: ViewerProps) {
  const { totalLines, wrap, target, range, select } = props;
  const pages = usePages(props.load, totalLines);
  const { total } = pages;
  const scroller = useScroller(total, wrap);
  const first = Math.floor(scroller.top) + 1;
  const last = Math.min(
    total,
    first + Math.min(ROWS_MAX, Math.ceil(scroller.viewportPx / ROW_PX) + OVERSCAN),
  );

  useEffect(() => pages.want(first, last), [pages, first, last]);
  const { jump } = scroller;
  useEffect(() => {
    if (target !== null) jump(target.line);
  }, [target, jump]);

  const pick = useCallback(
    (n: number, extend: boolean) =>
      select(
        extend && range !== null
          ? { from: Math.min(range.from, n), to: Math.max(range.from, n) }
          : { from: n, to: n },
      ),
    [range, select],
  );
  const gutterCh = String(total).length;
  const offset = (scroller.top - Math.floor(scroller.top)) * ROW_PX;
  const rows: number[] = [];
  for (let n = first; n <= last; n += 1) rows.push(n);
  return (
    <div className="relative flex min-h-0 flex-1 bg-panel">
      <div
        ref={scroller.ref}
        role="region"
        aria-label="Log"
        tabIndex={0}
        className={`min-w-0 flex-1 overflow-auto font-mono text-sm ${wrap ? "log-wrap overflow-x-hidden" : ""}`}
      >
        <div
          style={{
            height: heightPx({ totalLines: total, viewportPx: scroller.viewportPx, wrap }),
            minWidth: "100%",
            width: wrap ? "100%" : "max-content",
          }}
        >
          <div
            className="sticky top-0 min-w-full overflow-clip"
            style={{ height: Math.min(scroller.viewportPx, total * ROW_PX) || scroller.viewportPx }}
          >
            <div style={{ transform: `translateY(${-offset}px)` }}>
              {rows.map((n) => (
                <Row
                  key={n}
                  n={n}
                  line={pages.line(n)}
                  tone={toneOf(n, props.blocks, props.activeRank)}
                  selected={range !== null && n >= range.from && n <= range.to}
                  query={props.query}
                  gutterCh={gutterCh}
                  select={pick}
                />
              ))}
            </div>
          </div>
        </div>
      </div>
      <Rail
        total={total}
        top={scroller.top}
        viewportLines={scroller.viewportPx / ROW_PX}
        blocks={props.blocks}
        hits={props.hits}
        failedLines={props.failedLines}
        jump={jump}
      />
      {pages.error === null ? null : (
        <div className="absolute inset-x-3 bottom-3">
          <InlineError error={pages.error} />
          <div className="mt-2">
            <Button icon="retry" onClick={() => pages.want(first, last)}>
              Read again
            </Button>
          </div>
        </div>
      )}
    </div>
  );
}

function usePages(load: ViewerProps["load"], totalLines: number): LinePages {
  const [, redraw] = useState(0);
  const pages = useMemo(
    () => new LinePages(load, totalLines, () => redraw((count) => count + 1)),
    [load, totalLines],
  );
  useEffect(() => () => pages.close(), [pages]);
  return pages;
}

function toneOf(n: number, blocks: readonly Block[], activeRank: number | null): RowTone {
  let tone: RowTone = "none";
  for (const block of blocks) {
    if (n < block.start_line || n > block.end_line) continue;
    if (block.rank === activeRank) return "active";
    tone = "block";
  }
  return tone;
}
