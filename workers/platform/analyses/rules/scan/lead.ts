/** Where a line's own text begins, in bytes: the counterpart of the leads that `normalise` strips [AN10]. */

const [TAB, LF, SPACE, PLUS, COMMA, MINUS, DOT, COLON] = [9, 10, 32, 43, 44, 45, 46, 58];
const [UPPER_T, UPPER_Z, OPEN, CLOSE] = [84, 90, 91, 93];
const LABEL_BYTES_MAX = 200;
/** A date or a time, then once more: some tools print their own time behind that of the service. */
const LEADS_MAX = 2;

const isDigit = (byte: number | undefined): boolean =>
  byte !== undefined && byte >= 48 && byte <= 57;

/** Offset behind the leading labels (when `labels`) and times of the line at `at`; `at` itself when there are none. */
export function leadEnd(buffer: Uint8Array, at: number, labels: boolean): number {
  let from = labels ? labelsEnd(buffer, at) : at;
  for (let n = 0; n < LEADS_MAX; n++) {
    const first = buffer[from];
    if (!isDigit(first) && first !== OPEN) break;
    const end = timeEnd(buffer, from);
    if (end === from) break;
    from = end;
  }
  return from;
}

/** Whether a log's first line is `job<TAB>step<TAB>time ...`, as `gh run view --log` prints. */
export const hasLabels = (head: string): boolean =>
  /^[^\t\n]{1,200}\t[^\t\n]{1,200}\t\ufeff?\d{4}-\d\d-\d\dT/.test(head);

/** Behind the second tab. */
function labelsEnd(buffer: Uint8Array, at: number): number {
  let tabs = 0;
  for (let end = at; end < at + 2 * LABEL_BYTES_MAX; end++) {
    const byte = buffer[end];
    if (byte === undefined || byte === LF) return at;
    if (byte !== TAB || ++tabs < 2) continue;
    const mark = buffer[end + 1] === 0xef && buffer[end + 2] === 0xbb ? 3 : 0;
    return end + 1 + mark;
  }
  return at;
}

/** `[2026-11-20T09:00:00.123Z] `, `09:00:00 ` and their kin; needs hours, minutes and seconds. */
function timeEnd(buffer: Uint8Array, at: number): number {
  let end = buffer[at] === OPEN ? at + 1 : at;
  end = dateEnd(buffer, end);
  if (
    !(
      twoDigits(buffer, end) &&
      buffer[end + 2] === COLON &&
      twoDigits(buffer, end + 3) &&
      buffer[end + 5] === COLON &&
      twoDigits(buffer, end + 6)
    )
  )
    return at;
  end += 8;
  if (buffer[end] === DOT || buffer[end] === COMMA) {
    end++;
    while (isDigit(buffer[end])) end++;
  }
  end = zoneEnd(buffer, end);
  if (buffer[end] === CLOSE) end++;
  return buffer[end] === SPACE ? end + 1 : end;
}

function dateEnd(buffer: Uint8Array, at: number): number {
  const date =
    twoDigits(buffer, at) &&
    twoDigits(buffer, at + 2) &&
    buffer[at + 4] === MINUS &&
    twoDigits(buffer, at + 5) &&
    buffer[at + 7] === MINUS &&
    twoDigits(buffer, at + 8);
  return date && (buffer[at + 10] === UPPER_T || buffer[at + 10] === SPACE) ? at + 11 : at;
}

function zoneEnd(buffer: Uint8Array, at: number): number {
  if (buffer[at] === UPPER_Z) return at + 1;
  if ((buffer[at] !== PLUS && buffer[at] !== MINUS) || !twoDigits(buffer, at + 1)) return at;
  const colon = buffer[at + 3] === COLON ? 1 : 0;
  return twoDigits(buffer, at + 3 + colon) ? at + 5 + colon : at;
}

const twoDigits = (buffer: Uint8Array, at: number): boolean =>
  isDigit(buffer[at]) && isDigit(buffer[at + 1]);
