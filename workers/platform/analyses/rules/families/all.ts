/** Every family, in the order they are tried. */
import { COMPILE } from "./compile.ts";
import { CONFIG } from "./config.ts";
import { DEPENDENCY } from "./dependency.ts";
import type { Family } from "./family.ts";
import { GENERIC } from "./generic.ts";
import { LANGUAGES } from "./languages.ts";
import { LINT } from "./lint.ts";
import { RUNTIME } from "./runtime.ts";
import { SERVICES } from "./services.ts";
import { TEST } from "./test.ts";

/** The built-in families; ids are unique. */
export const FAMILIES: readonly Family[] = [
  ...COMPILE, ...LANGUAGES, ...TEST, ...LINT, ...RUNTIME, ...DEPENDENCY, ...CONFIG, ...SERVICES, ...GENERIC,
];
