/** A long list of which only the visible part is in the document: a log may name 10,000 failed tests. */
import { useVirtualizer } from "@tanstack/react-virtual";
import { useRef } from "react";
import type { ReactNode } from "react";

interface WindowedProps<T> {
  readonly label: string;
  readonly items: readonly T[];
  /** Height of an item before it is measured, in px. */
  readonly guessPx: number;
  readonly children: (item: T) => ReactNode;
}

/** Lists up to this length stand in the document as they are. */
const PLAIN_MAX = 50;

export function Windowed<T>({ label, items, guessPx, children }: WindowedProps<T>) {
  return items.length <= PLAIN_MAX ? (
    <ul
      aria-label={label}
      className="divide-y divide-line overflow-hidden rounded-lg border border-line bg-panel"
    >
      {items.map((item, index) => (
        <li key={index}>{children(item)}</li>
      ))}
    </ul>
  ) : (
    <Window label={label} items={items} guessPx={guessPx}>
      {children}
    </Window>
  );
}

function Window<T>({ label, items, guessPx, children }: WindowedProps<T>) {
  const scroller = useRef<HTMLDivElement>(null);
  const virtual = useVirtualizer({
    count: items.length,
    getScrollElement: () => scroller.current,
    estimateSize: () => guessPx,
    overscan: 8,
  });
  return (
    <div
      ref={scroller}
      role="group"
      aria-label={label}
      tabIndex={0}
      className="max-h-96 overflow-y-auto rounded-lg border border-line bg-panel"
    >
      <ul aria-label={label} className="relative" style={{ height: virtual.getTotalSize() }}>
        {virtual.getVirtualItems().map((row) => {
          const item = items[row.index];
          return item === undefined ? null : (
            <li
              key={row.key}
              ref={virtual.measureElement}
              data-index={row.index}
              aria-setsize={items.length}
              aria-posinset={row.index + 1}
              className="absolute inset-x-0 border-b border-line"
              style={{ transform: `translateY(${row.start}px)` }}
            >
              {children(item)}
            </li>
          );
        })}
      </ul>
    </div>
  );
}
