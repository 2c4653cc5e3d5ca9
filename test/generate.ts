/** `npm run generate`: writes the files that follow from the code, so that a change of the API is seen in a review. */
import { mkdirSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { writeTypes } from "../cli/openapi/generate.ts";
import { generatedFiles } from "./generated.ts";

const ROOT = join(import.meta.dirname, "..");
const ERRORS = join(ROOT, "docs/errors");

mkdirSync(ERRORS, { recursive: true });
for (const name of readdirSync(ERRORS)) rmSync(join(ERRORS, name));
const files = generatedFiles();
for (const [path, text] of files) writeFileSync(join(ROOT, path), text);
const types = writeTypes();
process.stdout.write(`${files.size + Number(types)} files written\n`);
