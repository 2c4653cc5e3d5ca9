/** A result as text for people: the cause first, then why, then what to do. */
import type { Block, Result } from "../../model.ts";

/** Whether to use terminal colours, and how the log is called. */
export interface TextOptions {
  readonly name: string;
  readonly colour: boolean;
}

type Style = "bold" | "dim" | "red" | "cyan" | "yellow";
const CODES: Readonly<Record<Style, string>> = {
  bold: "1",
  dim: "2",
  red: "31",
  cyan: "36",
  yellow: "33",
};
const FAILED_TESTS_SHOWN = 20;

/** Renders a result; ends with a line break. Lines of the log are shown with their numbers. */
export function textOf(result: Result, options: TextOptions): string {
  const paint = (style: Style, text: string): string =>
    options.colour ? `\u001b[${CODES[style]}m${text}\u001b[0m` : text;
  const { value, band } = result.confidence;
  const lines = [
    `${paint("bold", options.name)}  ${paint("red", result.category)}  ${paint("dim", `confidence ${value} (${band})`)}`,
    paint("dim", factsOf(result)),
  ];
  if (result.blocks.length === 0) lines.push("", "No cause was found in this log.");
  const width = String(
    result.blocks.reduce((most, block) => Math.max(most, block.end_line), 0),
  ).length;
  for (const block of result.blocks)
    lines.push("", headOf(block, paint), ...bodyOf(block, width, paint));
  lines.push(...testsOf(result, paint));
  if (result.next_steps.length > 0)
    lines.push("", paint("bold", "Next"), ...result.next_steps.map((step) => `  ${step.text}`));
  lines.push(paint("dim", `  Retry: ${result.retry_hint}`));
  return `${lines.join("\n")}\n`;
}

type Paint = (style: Style, text: string) => string;

function factsOf(result: Result): string {
  const facts = [
    `${result.lines.toLocaleString("en-US")} lines`,
    `${result.bytes.toLocaleString("en-US")} bytes`,
  ];
  if (result.exit_code !== undefined) facts.push(`exit code ${result.exit_code}`);
  if (result.stop_line !== undefined) facts.push(`stopped at line ${result.stop_line}`);
  if (result.section !== undefined) facts.push(`in ${result.section}`);
  if (result.redactions > 0) facts.push(`${result.redactions} secrets redacted`);
  return facts.join(", ");
}

const headOf = (block: Block, paint: Paint): string =>
  `${paint("bold", `${block.rank}.`)} ${paint("cyan", block.code)} ${paint("dim", `lines ${block.start_line}-${block.end_line}, score ${block.score}`)}`;

function bodyOf(block: Block, width: number, paint: Paint): string[] {
  const body: string[] = [];
  for (const line of block.lines) {
    const gap = block.omitted.find(([, to]) => to === line.n - 1);
    if (gap) body.push(paint("dim", `${" ".repeat(width)} : ${gap[1] - gap[0] + 1} lines folded`));
    body.push(
      `${paint("dim", `${String(line.n).padStart(width)} |`)} ${line.text}${line.cut ? paint("dim", " [cut]") : ""}`,
    );
  }
  return body;
}

function testsOf(result: Result, paint: Paint): string[] {
  if (result.failed_tests.length === 0) return [];
  const shown = result.failed_tests.slice(0, FAILED_TESTS_SHOWN).map((test) => {
    const name = test.suite === undefined ? test.name : `${test.suite} > ${test.name}`;
    return `  ${paint("red", "x")} ${name} ${paint("dim", `(${test.framework}, line ${test.log_line})`)}`;
  });
  const more = result.failed_tests.length - shown.length;
  return [
    "",
    paint("bold", `Failed tests: ${result.failed_tests.length}`),
    ...shown,
    ...(more > 0 ? [`  and ${more} more`] : []),
  ];
}
