/** The page of an error code, to which `type` of every problem leads; the same text lies in docs/errors. */
import { html } from "hono/html";
import { PROBLEMS, type ProblemCode } from "./model.ts";

export const isProblemCode = (code: string): code is ProblemCode => Object.hasOwn(PROBLEMS, code);

/** Markdown. */
export function errorPage(code: ProblemCode): string {
  const { status, title, remedy } = PROBLEMS[code];
  return `# ${code}\n\n${title}. HTTP status ${status}.\n\n**What to do:** ${remedy}\n`;
}

/** The same for a browser. */
export function errorPageHtml(code: ProblemCode): ReturnType<typeof html> {
  const { status, title, remedy } = PROBLEMS[code];
  return html`<!doctype html>
    <html lang="en">
      <meta charset="utf-8" />
      <meta name="viewport" content="width=device-width, initial-scale=1" />
      <meta name="color-scheme" content="light dark" />
      <title>${code} · Edgewright</title>
      <style>
        body {
          max-width: 40rem;
          margin: 12vh auto;
          padding: 0 1.5rem;
          font:
            16px/1.6 system-ui,
            sans-serif;
        }
        code {
          opacity: 0.7;
        }
      </style>
      <main>
        <p><code>${code}</code>, HTTP status ${status}</p>
        <h1>${title}</h1>
        <p><strong>What to do:</strong> ${remedy}</p>
        <p><a href="/">Open the console</a></p>
      </main>
    </html>`;
}
