/** The page of an error code, to which `type` of every problem leads; the same text lies in docs/errors. */
import { PROBLEMS, type ProblemCode } from "./model.ts";

export const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(PROBLEMS, code);

/** Markdown. */
export function errorPage(code: ProblemCode): string {
  const { status, title, remedy } = PROBLEMS[code];
  return `# ${code}\n\n${title}. HTTP status ${status}.\n\n**What to do:** ${remedy}\n`;
}
