/** One meter of one month as bars, a bar per day, with the numbers in a table under it. */
import { useQuery } from "@tanstack/react-query";
import { monthQuery } from "../../queries/usage.ts";
import { InlineError } from "../../ui/failure.tsx";
import { Bar } from "../../ui/skeleton.tsx";
import type { Meter } from "../../wire.ts";
import { amount, daysOf, METERS, niceTop } from "./meters.ts";
import type { Day } from "./meters.ts";

export function DayChart({ month, meter }: { month: string; meter: Meter }) {
  const read = useQuery(monthQuery(month, "day"));
  if (read.error !== null && read.data === undefined) return <InlineError error={read.error} />;
  const days = read.data === undefined ? undefined : daysOf(month, read.data.rows, meter);
  return (
    <div className="rounded-lg border border-line bg-panel px-4 py-3">
      <p className="mb-2 flex flex-wrap justify-between gap-x-4">
        <span className="font-medium">{METERS[meter].label}</span>
        <span className="text-sm text-faint">days in UTC</span>
      </p>
      <div className="h-[148px]">
        {days === undefined ? (
          <div role="status" aria-label="Loading" className="appear-late h-full">
            <Bar className="h-full w-full" />
          </div>
        ) : (
          <Bars days={days} meter={meter} />
        )}
      </div>
      {days === undefined ? null : <Numbers days={days} meter={meter} />}
    </div>
  );
}

const HEIGHT = 120;

function Bars({ days, meter }: { days: readonly Day[]; meter: Meter }) {
  const { label, unit } = METERS[meter];
  const top = niceTop(Math.max(...days.map(({ value }) => value)));
  const empty = days.every(({ value }) => value === 0);
  const slot = 100 / days.length;
  return (
    <div className="relative">
      <svg
        role="img"
        aria-label={`${label} by day; the numbers are in the table below`}
        className="block h-[120px] w-full border-b border-edge"
      >
        {[0, 0.5].map((at) => (
          <line
            key={at}
            x1="0"
            x2="100%"
            y1={HEIGHT * at + 0.5}
            y2={HEIGHT * at + 0.5}
            className="stroke-line"
          />
        ))}
        {days.map(({ day, value }, index) => (
          <rect
            key={day}
            x={`${(index + 0.15) * slot}%`}
            width={`${0.7 * slot}%`}
            y={HEIGHT - heightOf(value, top)}
            height={heightOf(value, top)}
            rx="1.5"
            className="fill-accent"
          >
            <title>{`${day}: ${amount(value, unit)}`}</title>
          </rect>
        ))}
      </svg>
      <span className="absolute top-0.5 right-0 bg-panel pl-1 text-xs text-faint">
        {empty ? "" : amount(top, unit)}
      </span>
      {empty ? (
        <p className="absolute inset-x-0 top-12 text-center text-faint">
          <span className="bg-panel px-2">Nothing in this month</span>
        </p>
      ) : null}
      <div aria-hidden="true" className="relative mt-1 h-4 text-xs text-faint">
        {days.map(({ day }, index) =>
          index % 7 === 0 ? (
            <span
              key={day}
              className="absolute -translate-x-1/2"
              style={{ left: `${(index + 0.5) * slot}%` }}
            >
              {Number(day.slice(8))}
            </span>
          ) : null,
        )}
      </div>
    </div>
  );
}

/** What is there at all is seen: at least two pixels. */
const heightOf = (value: number, top: number): number =>
  value === 0 ? 0 : Math.max(2, (value / top) * HEIGHT);

function Numbers({ days, meter }: { days: readonly Day[]; meter: Meter }) {
  const used = days.filter(({ value }) => value > 0);
  if (used.length === 0) return null;
  return (
    <details className="mt-1">
      <summary className="w-fit rounded-sm text-sm text-faint hover:text-ink">
        Show the numbers
      </summary>
      <table className="mt-2 w-full max-w-sm">
        <caption className="sr-only">{METERS[meter].label} by day</caption>
        <thead>
          <tr className="text-left text-sm text-faint">
            <th scope="col" className="font-normal">
              Day
            </th>
            <th scope="col" className="text-right font-normal">
              Used
            </th>
          </tr>
        </thead>
        <tbody>
          {used.map(({ day, value }) => (
            <tr key={day} className="border-t border-line">
              <th scope="row" className="py-0.5 text-left font-normal">
                {day}
              </th>
              <td className="text-right">{amount(value, METERS[meter].unit)}</td>
            </tr>
          ))}
        </tbody>
      </table>
    </details>
  );
}
