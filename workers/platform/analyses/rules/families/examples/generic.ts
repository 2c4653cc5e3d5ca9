/** Example lines of the generic families: two that match, two that nearly do. */
import type { Examples } from "./examples.ts";

export const GENERIC_EXAMPLES: Examples = {
  error_head: [["error: something odd", "tool: fatal error: boom"], ["0 errors: fine", "the error we made"]],
  failed_head: [["FAILED: cd /w && x", "Failure in a"], ["Failed: 0", "it failed"]],
  cannot: [["cannot do that", "a is not defined"], ["unknown-linux-gnu", "npm WARN cannot do"]],
  error_word: [["there was an error here", "process killed"], ["no errors", "a-error-b"]],
  fail_word: [["it failed to do", "build broken"], ["0 failures", "--no-fail"]],
  not_ok_glyph: [["❌ adds", "!! 753 - neg/t"], ["✅ adds", "done!"]],
  github_error: [["##[error]something odd", "::error file=a.c,line=1::bad"], ["##[group]a", "error"]],
  fix_hint: [["please run make", "Did you mean x?"], ["pleased", "it meant x"]],
  warning: [["warning: unused", "DeprecationWarning: a is old"], ["warm", "warnings_on"]],
  build_echo: [["error: aborting due to 3 previous errors", "3 errors found"], ["BUILD SUCCESS", "errors"]],
};
