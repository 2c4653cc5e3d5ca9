/** GET /docs: the API reference, drawn by a script of our own assets from our own document [AP1]. */
import { html } from "hono/html";
import type { AppContext } from "./plumbing.ts";

/** The installed @scalar/api-reference; its script is part of the console's build. */
export const REFERENCE_VERSION = "1.72.1";
const SCRIPT = `/assets/api-reference-${REFERENCE_VERSION}.js`;
const DOCUMENT = "/api/v1/openapi.json";

/** What the reference offers with services of its maker is off: nothing of this page leaves this origin. */
const SETTINGS = {
  url: DOCUMENT,
  telemetry: false,
  withDefaultFonts: false,
  agent: { disabled: true },
  mcp: { disabled: true },
  hideClientButton: true,
  showDeveloperTools: "never",
  persistAuth: false,
  documentDownloadType: "direct",
  metaData: { title: "API reference · Edgewright" },
  defaultHttpClient: { targetKey: "shell", clientKey: "curl" },
};

/**
 * The policy of every page, but fonts may come from this origin alone and the script may make object URLs for downloads.
 * Styles are written by the script, which `style-src` of every page allows.
 */
const CSP =
  "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; img-src 'self' data: blob:; font-src 'self'; connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

export async function docsPage(c: AppContext): Promise<Response> {
  const page = await html`<!doctype html>
    <html lang="en">
      <head>
        <meta charset="utf-8" />
        <meta name="viewport" content="width=device-width, initial-scale=1" />
        <meta name="color-scheme" content="light dark" />
        <title>API reference · Edgewright</title>
      </head>
      <body>
        <noscript>The description itself: <a href="${DOCUMENT}">${DOCUMENT}</a></noscript>
        <div id="api-reference" data-configuration="${JSON.stringify(SETTINGS)}"></div>
        <script src="${SCRIPT}"></script>
      </body>
    </html>`;
  return c.html(page, 200, { "content-security-policy": CSP });
}
