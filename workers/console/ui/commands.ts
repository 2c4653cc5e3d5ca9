/** Commands that the console offers to copy. */

/** Uploads a file as the API documents it; the key comes from the environment, never from the command line's history. */
export const uploadCommand = (origin: string): string =>
  [
    "curl --data-binary @build.log \\",
    '  -H "X-API-Key: $EDGEWRIGHT_KEY" \\',
    `  "${origin}/api/v1/analyses?name=build"`,
  ].join("\n");
