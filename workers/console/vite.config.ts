/** How the console is built: static files in dist/console, which the platform Worker serves. */
import { fileURLToPath } from "node:url";
import tailwindcss from "@tailwindcss/vite";
import react from "@vitejs/plugin-react";
import { defineConfig } from "vite";

const here = fileURLToPath(new URL(".", import.meta.url));

// Vite itself asks for a default export.
export default defineConfig({
  root: here,
  publicDir: "public",
  plugins: [react(), tailwindcss()],
  build: {
    outDir: fileURLToPath(new URL("../../dist/console", import.meta.url)),
    emptyOutDir: true,
    // Browsers with light-dark(), popover and overflow: clip; older ones would need a second style sheet.
    target: ["chrome123", "firefox121", "safari17.5"],
    // Inlined assets would be data: URLs, which the Content-Security-Policy refuses.
    assetsInlineLimit: 0,
    reportCompressedSize: false,
    sourcemap: false,
  },
});
