/** Lists as tables: one link per row, `j` and `k` move between rows, pages by cursor. */
import { Fragment, useMemo, useRef } from "react";
import type { ReactNode } from "react";
import { useBindings } from "../ui/keys.tsx";

export interface Column<T> {
  readonly name: string;
  readonly cell: (row: T) => ReactNode;
  /** Left out on narrow screens. */
  readonly wide?: boolean;
  /** Takes the room that is left and cuts long text. */
  readonly grow?: boolean;
  readonly right?: boolean;
}

interface TableProps<T> {
  readonly label: string;
  readonly columns: readonly Column<T>[];
  readonly rows: readonly T[];
  readonly rowKey: (row: T) => string;
  /** Marks the row that the URL selects. */
  readonly current?: string | undefined;
  /** What is unfolded under a row; null for a folded one. */
  readonly below?: (row: T) => ReactNode;
}

export function Table<T>({ label, columns, rows, rowKey, current, below }: TableProps<T>) {
  const body = useRef<HTMLTableSectionElement>(null);
  useBindings(
    useMemo(
      () => [
        { keys: "j", label: "Next row", run: () => focusRow(body.current, 1) },
        { keys: "k", label: "Previous row", run: () => focusRow(body.current, -1) },
      ],
      [],
    ),
  );
  return (
    <div
      role="group"
      aria-label={`${label}, table`}
      tabIndex={0}
      className="relative overflow-x-auto rounded-lg border border-line bg-panel"
    >
      <table aria-label={label} className="w-full border-collapse">
        <thead>
          <tr className="border-b border-line text-left text-sm text-faint">
            {columns.map((column) => (
              <th
                key={column.name}
                scope="col"
                className={`h-8 px-2 font-normal whitespace-nowrap ${shape(column)}`}
              >
                {column.name}
              </th>
            ))}
          </tr>
        </thead>
        <tbody ref={body}>
          {rows.map((row) => (
            <Fragment key={rowKey(row)}>
              <tr
                aria-current={current === rowKey(row) ? "true" : undefined}
                className="border-b border-line last:border-0 focus-within:bg-raised hover:bg-raised aria-[current=true]:bg-accent-wash"
              >
                {columns.map((column) => (
                  <td key={column.name} className={`h-9 px-2 py-1.5 ${shape(column)}`}>
                    {column.cell(row)}
                  </td>
                ))}
              </tr>
              <Below columns={columns.length}>{below?.(row) ?? null}</Below>
            </Fragment>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Below({ columns, children }: { columns: number; children: ReactNode }) {
  if (children === null) return null;
  return (
    <tr className="border-b border-line last:border-0">
      <td colSpan={columns} className="px-2 py-3 md:px-3">
        {/* Where the table is wider than a phone, this stays in sight. */}
        <div className="max-md:sticky max-md:left-2 max-md:w-[calc(100vw-50px)]">{children}</div>
      </td>
    </tr>
  );
}

const shape = <T,>(column: Column<T>): string =>
  `md:px-3 ${column.wide === true ? "max-md:hidden" : ""} ${column.grow === true ? "w-full max-w-0 min-w-28 truncate" : "whitespace-nowrap"} ${column.right === true ? "text-right" : ""}`;

/** Enter then opens the link, as everywhere. */
function focusRow(body: HTMLElement | null, by: 1 | -1): void {
  if (body === null) return;
  const links = [
    ...body.querySelectorAll<HTMLElement>("tr a:first-of-type, tr button:first-of-type"),
  ].filter(
    (link, index, all) =>
      all.findIndex((other) => other.closest("tr") === link.closest("tr")) === index,
  );
  const at = links.findIndex(
    (link) => link.closest("tr")?.contains(document.activeElement) === true,
  );
  const next = at === -1 ? (by === 1 ? 0 : links.length - 1) : at + by;
  links[next]?.focus();
}
