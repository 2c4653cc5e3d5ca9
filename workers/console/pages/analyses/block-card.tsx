/** One ranked block: its first lines, its category, and the evidence that ranked it. */
import { Tag } from "../../ui/state.tsx";
import { headline } from "../../log/ansi.ts";
import { count, plural } from "../../ui/format.ts";
import type { Block } from "../../wire.ts";

/** Lines of a block shown on its card, more for the selected one; the log beside it has them all. */
const EXCERPT_LINES = 3;
const EXCERPT_LINES_ACTIVE = 6;

interface BlockCardProps {
  readonly block: Block;
  readonly active: boolean;
  open(): void;
}

export function BlockCard({ block, active, open }: BlockCardProps) {
  const lines = block.lines
    .map((line) => ({ n: line.n, text: headline(line.text) }))
    .filter((line) => line.text !== "");
  const shown = lines.slice(0, active ? EXCERPT_LINES_ACTIVE : EXCERPT_LINES);
  const range =
    block.start_line === block.end_line
      ? `L${count(block.start_line)}`
      : `L${count(block.start_line)} – ${count(block.end_line)}`;
  return (
    <li
      className={`overflow-hidden rounded-lg border bg-panel ${active ? "border-accent" : "border-line"}`}
    >
      <button
        type="button"
        aria-current={active}
        onClick={open}
        className="block w-full px-3 pt-2 pb-1.5 text-left hover:bg-raised"
      >
        <span className="mb-1 flex items-center gap-2">
          <span
            className={`flex size-5 shrink-0 items-center justify-center rounded-sm text-xs font-semibold ${block.rank === 1 ? "bg-fail-wash text-fail" : "bg-raised text-soft"}`}
          >
            {block.rank}
          </span>
          <Tag tone={block.rank === 1 ? "fail" : "idle"}>{block.code}</Tag>
          <span className="ml-auto font-mono text-xs text-faint">{range}</span>
        </span>
        {shown.map((line) => (
          <span
            key={line.n}
            className={`block truncate font-mono text-sm ${active ? "" : "text-soft"}`}
          >
            {line.text}
          </span>
        ))}
      </button>
      {active ? <Evidence block={block} more={lines.length - shown.length} /> : null}
    </li>
  );
}

/** What raised or lowered the block; a factor of 1 changes nothing and is left out. */
function Evidence({ block, more }: { block: Block; more: number }) {
  const factors = block.evidence.filter((reason) => reason.value !== 1);
  const most = Math.max(1, ...factors.map((reason) => Math.abs(reason.value)));
  return (
    <details className="border-t border-line">
      <summary className="px-3 py-1 text-sm text-soft hover:text-ink">
        Why this block{more > 0 ? `, ${plural(more, "more line")} in the log` : ""}
      </summary>
      <p className="px-3 text-sm text-soft">
        Pattern <span className="font-mono">{block.family}</span>, score {decimal(block.score)}
      </p>
      <dl className="grid grid-cols-[1fr_64px_auto] items-center gap-x-3 px-3 pb-2 text-sm">
        {factors.map((reason) => (
          <Factor
            key={reason.signal}
            name={reason.signal.replaceAll("_", " ")}
            value={reason.value}
            share={Math.abs(reason.value) / most}
          />
        ))}
      </dl>
    </details>
  );
}

function Factor({ name, value, share }: { name: string; value: number; share: number }) {
  return (
    <>
      <dt className="truncate text-soft">{name}</dt>
      <dd aria-hidden="true" className="h-1.5 rounded-sm bg-raised">
        <span
          className={`block h-full rounded-sm ${value < 1 ? "bg-warn" : "bg-accent"}`}
          style={{ width: `${share * 100}%` }}
        />
      </dd>
      <dd className="text-right">× {decimal(value)}</dd>
    </>
  );
}

const decimal = (value: number): string =>
  value.toLocaleString("en-US", { maximumFractionDigits: 2 });
