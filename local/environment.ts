/** What of our environment the children get: an allow-list, so that no secret of the user's shell ends up in a Worker [LN9]. */

/** Names passed on: finding programs, temporary files, certificates and proxies of the machine, and our own switches. */
const ALLOWED = new Set([
  "PATH",
  "HOME",
  "TMPDIR",
  "TERM",
  "NO_COLOR",
  "FORCE_COLOR",
  "SSL_CERT_FILE",
  "SSL_CERT_DIR",
  "NODE_EXTRA_CA_CERTS",
  "HTTP_PROXY",
  "HTTPS_PROXY",
  "NO_PROXY",
  "http_proxy",
  "https_proxy",
  "no_proxy",
  "EDGEWRIGHT_SHARED_DIR",
]);

/** Wrangler and Miniflare ask the network and a dashboard unless told not to [BT8]. */
export const OFFLINE = {
  CLOUDFLARE_CF_FETCH_ENABLED: "false",
  WRANGLER_SEND_METRICS: "false",
  WRANGLER_HIDE_BANNER: "true",
  // A stray .env or .dev.vars of the user must not change what a Worker is bound to.
  CLOUDFLARE_LOAD_DEV_VARS_FROM_DOT_ENV: "false",
  CI: "1", // No tool of ours may wait for an answer on the terminal.
} as const;

/** The environment of a child: the allowed names, UTC, and what the caller adds. */
export function childEnvironment(added: Readonly<Record<string, string>> = {}): NodeJS.ProcessEnv {
  const env = { ...process.env };
  for (const name of Object.keys(env)) {
    if (!ALLOWED.has(name)) Reflect.deleteProperty(env, name);
  }
  return Object.assign(env, { LANG: "C.UTF-8", TZ: "UTC" }, added);
}
