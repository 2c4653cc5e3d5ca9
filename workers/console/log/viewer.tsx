/** The log: fixed rows over pages of 1,000 lines, tinted blocks, a rail, and links to lines. Never loads a whole log. */
import { useCallback, useEffect, useMemo, useState } from "react";
import { Button } from "../ui/button.tsx";
import { InlineError } from "../ui/failure.tsx";
import type { Block } from "../wire.ts";
import { LinePages } from "./lines.ts";
import type { LineRange } from "./marks.ts";
import { Rail } from "./rail.tsx";
import type { RowTone } from "./row.tsx";
import { Row } from "./row.tsx";
import { heightPx, ROW_PX } from "./scroll.ts";
import type { Scroller } from "./scroller.ts";
import { useScroller } from "./scroller.ts";

/** What of the page's view the log shows and changes. */
interface View {
  readonly query: string;
  readonly wrap: boolean;
  readonly range: LineRange | null;
  /** Rank of the block that is tinted strongest. */
  readonly active: number | null;
  /** A line to show; a new object scrolls again, also to the same line. */
  readonly target: { readonly line: number } | null;
  select(range: LineRange): void;
}

interface ViewerProps {
  readonly load: ConstructorParameters<typeof LinePages>[0];
  readonly totalLines: number;
  readonly blocks: readonly Block[];
  readonly hits: readonly number[];
  readonly failedLines: readonly number[];
  readonly view: View;
}

/** Rows drawn beyond the lower edge, so that a fast scroll shows no gap. */
const OVERSCAN = 6;
/** Rows drawn at most, whatever height a broken layout reports. */
const ROWS_MAX = 400;

export function Viewer({ load, totalLines, blocks, hits, failedLines, view }: ViewerProps) {
  const pages = usePages(load, totalLines);
  const scroller = useScroller(pages.total, view.wrap);
  const first = Math.floor(scroller.top) + 1;
  const shown = Math.min(ROWS_MAX, Math.ceil(scroller.viewportPx / ROW_PX) + OVERSCAN);
  const last = Math.min(pages.total, first + shown);
  useEffect(() => pages.want(first, last), [pages, first, last]);
  const { jump } = scroller;
  const { target } = view;
  useEffect(() => {
    if (target !== null) jump(target.line);
  }, [target, jump]);
  return (
    <div className="relative flex min-h-0 flex-1 bg-panel">
      <Rows
        pages={pages}
        first={first}
        last={last}
        scroller={scroller}
        blocks={blocks}
        view={view}
      />
      <Rail
        total={pages.total}
        top={scroller.top}
        viewportLines={scroller.viewportPx / ROW_PX}
        blocks={blocks}
        hits={hits}
        failedLines={failedLines}
        jump={jump}
      />
      {pages.error === null ? null : (
        <div className="absolute inset-x-3 bottom-3 flex flex-col items-start gap-2">
          <InlineError error={pages.error} />
          <Button icon="retry" onClick={() => pages.want(first, last)}>
            Read again
          </Button>
        </div>
      )}
    </div>
  );
}

interface RowsProps {
  readonly pages: LinePages;
  readonly first: number;
  readonly last: number;
  readonly scroller: Scroller;
  readonly blocks: readonly Block[];
  readonly view: View;
}

function Rows({ pages, first, last, scroller, blocks, view }: RowsProps) {
  const { range, select, wrap } = view;
  const { total } = pages;
  const pick = useCallback(
    (n: number, extend: boolean) => select(extend ? extended(range, n) : { from: n, to: n }),
    [range, select],
  );
  const offset = (scroller.top - Math.floor(scroller.top)) * ROW_PX;
  const rows: number[] = [];
  for (let n = first; n <= last; n += 1) rows.push(n);
  return (
    <div
      ref={scroller.ref}
      role="region"
      aria-label="Lines of the log"
      tabIndex={0}
      className={`min-w-0 flex-1 overflow-auto font-mono text-sm focus-visible:-outline-offset-2 ${wrap ? "log-wrap overflow-x-hidden" : ""}`}
    >
      <div
        className={`min-w-full ${wrap ? "w-full" : "w-max"}`}
        style={{ height: heightPx({ totalLines: total, viewportPx: scroller.viewportPx, wrap }) }}
      >
        <div
          className="sticky top-0 min-w-full overflow-clip"
          style={{
            height: wrap ? scroller.viewportPx : Math.min(scroller.viewportPx, total * ROW_PX),
          }}
        >
          <div style={{ transform: `translateY(${-offset}px)` }}>
            {rows.map((n) => (
              <Row
                key={n}
                n={n}
                line={pages.line(n)}
                tone={toneOf(n, blocks, view.active)}
                selected={range !== null && n >= range.from && n <= range.to}
                query={view.query}
                gutterCh={String(total).length}
                select={pick}
              />
            ))}
          </div>
        </div>
      </div>
    </div>
  );
}

const extended = (range: LineRange | null, n: number): LineRange =>
  range === null
    ? { from: n, to: n }
    : { from: Math.min(range.from, n), to: Math.max(range.to, n) };

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
