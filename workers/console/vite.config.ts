/** How the console is built: static files in dist/console, which the platform Worker serves. */
import { readFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig, type Plugin } from "vite";

const here = fileURLToPath(new URL(".", import.meta.url));

const REFERENCE = new URL("../../node_modules/@scalar/api-reference/", import.meta.url);

/** The script of GET /docs, copied as it is: no page of the console loads it. Its name carries its version. */
const apiReference = (): Plugin => ({
  name: "api-reference",
  apply: "build",
  generateBundle() {
    const { version }: { version: string } = JSON.parse(
      readFileSync(new URL("package.json", REFERENCE), "utf8"),
    );
    const script = readFileSync(new URL("dist/browser/standalone.js", REFERENCE), "utf8");
    this.emitFile({
      type: "asset",
      fileName: `assets/api-reference-${version}.js`,
      // The map is not shipped, so nothing should look for it.
      source: script.replace(/\n\/\/# sourceMappingURL=\S+\s*$/, "\n"),
    });
  },
});

// Vite itself asks for a default export.
export default defineConfig({
  root: here,
  publicDir: "public",
  plugins: [react(), tailwindcss(), apiReference()],
  build: {
    outDir: fileURLToPath(new URL("../../dist/console", import.meta.url)),
    emptyOutDir: true,
    // Browsers with light-dark(), popover and overflow: clip; older ones would need a second style sheet.
    target: ["chrome123", "firefox121", "safari17.5"],
    // Inlined assets would be data: URLs, which the Content-Security-Policy refuses.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    sourcemap: false,
    // Making a zod schema has no effect: the pure files of capabilities then bring only what the console uses of them.
    rolldownOptions: { treeshake: { manualPureFunctions: ["z"] } },
  },
});
