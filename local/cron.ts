/** Which cron expressions are due: workerd fires none locally, so the supervisor's clock does [LN10]. */

/** How far back a missed minute is looked for: the local install may have been off for days. */
const MISSED_MINUTES_MAX = 7 * 24 * 60;

type Field = { min: number; max: number };
const FIELDS: readonly Field[] = [
  { min: 0, max: 59 },
  { min: 0, max: 23 },
  { min: 1, max: 31 },
  { min: 1, max: 12 },
  { min: 0, max: 6 },
];

/**
 * The expressions with a matching minute after `last` and up to `now`, each with the latest one: however many minutes were
 * missed, it fires once.
 *
 * @param last the minute already handled; `last` and `now` are minutes since 1970, UTC
 * @throws Error on an expression that Cloudflare would take and this does not (names of days, `L`, `W`)
 */
export function due(
  crons: readonly string[],
  last: number,
  now: number,
): { cron: string; minute: number }[] {
  const first = Math.max(last + 1, now - MISSED_MINUTES_MAX);
  return crons.flatMap((cron) => {
    const matches = matcher(cron);
    for (let minute = now; minute >= first; minute -= 1) {
      if (matches(minute)) return [{ cron, minute }];
    }
    return [];
  });
}

function matcher(cron: string): (minute: number) => boolean {
  const words = cron.trim().split(/\s+/);
  if (words.length !== FIELDS.length)
    throw new Error(`the cron expression "${cron}" does not have five fields`);
  const sets = FIELDS.map((field, index) => valuesOf(words[index] ?? "", field, cron));
  const [, , dayOfMonth, , dayOfWeek] = words;
  const eitherDay = dayOfMonth !== "*" && dayOfWeek !== "*";
  return (minute) => {
    const at = new Date(minute * 60_000);
    const parts = [
      at.getUTCMinutes(),
      at.getUTCHours(),
      at.getUTCDate(),
      at.getUTCMonth() + 1,
      at.getUTCDay(),
    ];
    const [inMinute, inHour, inDate, inMonth, inWeek] = parts.map(
      (part, index) => sets[index]?.has(part) === true,
    );
    // Both days given means either of them, as in every cron.
    const onDay = eitherDay
      ? inDate === true || inWeek === true
      : inDate === true && inWeek === true;
    return inMinute === true && inHour === true && inMonth === true && onDay;
  };
}

/** The numbers that one field (`5`, `1-5`, `1,3`, with an optional step) stands for. */
function valuesOf(word: string, field: Field, cron: string): ReadonlySet<number> {
  const values = new Set<number>();
  for (const part of word.split(",")) {
    const match = /^(?:\*|(\d+)(?:-(\d+))?)(?:\/(\d+))?$/.exec(part);
    if (match === null)
      throw new Error(`the cron expression "${cron}" is not understood at "${part}"`);
    const [start, end] = rangeOf(match, field);
    const step = Number(match[3] ?? 1);
    if (start < field.min || end > field.max || step < 1)
      throw new Error(`the cron expression "${cron}" is out of range at "${part}"`);
    for (let value = start; value <= end; value += step) values.add(value);
  }
  return values;
}

/** `*` is the whole field; `5/10` runs from 5 to the field's end, `5` alone does not. */
function rangeOf(
  [, from, to, step]: RegExpExecArray,
  { min, max }: Field,
): [start: number, end: number] {
  if (from === undefined) return [min, max];
  if (to !== undefined) return [Number(from), Number(to)];
  return [Number(from), step === undefined ? Number(from) : max];
}
