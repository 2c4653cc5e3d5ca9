/** Example lines of the lint families: two that match, two that nearly do. */
import type { Examples } from "./examples.ts";

export const LINT_EXAMPLES: Examples = {
  eslint_row: [["  12:3  error  Missing semicolon  semi", "   1:1  ✖  Bad"], ["  12:3  warning  Unexpected console", "12:3 error"]],
  eslint_sum: [["✖ 3 problems (3 errors, 0 warnings)", "✖ 1 problem"], ["3 problems", "✖ adds"]],
  located_code: [["a.py:12:3: E501 line too long", "a.md:12 MD012/no-multiple-blanks Multiple blanks"], ["a.py:12:3: fine", "E501 line too long"]],
  located_error: [["a.py:12: error: Incompatible types", "./a.sh:3:1: error: bad"], ["a.py:12: note: see", "error: a.py"]],
  located_plain: [["src/a.rb:12: something odd", "a.tf:3:1 something"], ["src/a.rb:12: warning: x", "a.rb:12:in `f'"]],
  rubocop: [["a.rb:1:1: C: Style/X: Missing comment.", "3 files inspected, 2 offenses detected"], ["3 files inspected, no offenses detected", "a.rb:1:1: ok"]],
  jscs_style: [["a.js: line 12, col 3, Error - Bad (x)", "3 code style errors found."], ["line 12", "0 errors"]],
  format_diff: [["would reformat a.py", "[warn] Code style issues found in 2 files."], ["reformatted a.py", "[warn] a b"]],
  checkstyle: [["[ERROR] /w/A.java:12:3: Missing Javadoc. [X]", "Checkstyle rule violations were found."], ["[INFO] /w/A.java:12", "style check passed"]],
  phpstan: [["  Line   src/A.php", " [ERROR] Found 3 errors"], [" [OK] No errors", "Line 3"]],
  mypy_found: [["Found 3 errors in 2 files (checked 9 source files)", "Found 1 error in 1 file"], ["Success: no issues found", "Found 3 files"]],
  spell: [["a.md:12: teh  ==> the", "3 spelling errors"], ["spelled right", "a ==> b"]],
  links: [["  [✖] https://example.org/a", "3 dead links found!"], ["  [✓] https://example.org/a", "links are fine"]],
  doc_build: [["a.rst:12: WARNING: undefined label: x", "ERROR: Unexpected indentation."], ["WARNING: slow", "building docs"]],
  coverage_gate: [["Coverage (81%) is below the threshold", "Jest: \"global\" coverage threshold for lines (90%) not met: 81%"], ["Coverage: 81%", "coverage report written"]],
  size_gate: [["Package size limit has exceeded by 934 B", "exceeded maximum budget. Budget 2 MB"], ["Size limit: 3 kB", "budget is fine"]],
  compat_gate: [["a: Binary compatibility check failed!", "breaking changes detected"], ["compatible binary", "no changes"]],
  r_check: [["* checking tests ... ERROR", "Status: 1 ERROR"], ["* checking tests ... OK", "Status: OK"]],
  lint_failure: [["^---- failure generated from lint/a.sh", "lint failed"], ["lint: 0 errors", "linting a.js"]],
  commit_lint: [["✖   subject may not be empty [subject-empty]", "Signed-off-by line is missing"], ["commit message ok", "✖ adds"]],
  shellcheck: [["In a.sh line 12:", "^-- SC2086: Double quote"], ["In a.sh", "SC20"]],
};
