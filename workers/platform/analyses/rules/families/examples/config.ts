/** Example lines of the configuration families: two that match, two that nearly do. */
import type { Examples } from "./examples.ts";

export const CONFIG_EXAMPLES: Examples = {
  command_not_found: [["/a.sh: line 3: foo: command not found", "sh: 1: foo: not found"], ["command found", "-- Could NOT find Doxygen"]],
  make_error: [["make: *** [all] Error 2", "ninja: error: loading 'build.ninja'"], ["make: Nothing to be done", "making a"]],
  make_no_rule: [["make: *** No rule to make target 'x'.  Stop.", "npm ERR! Missing script: \"test\""], ["rules made", "warning: unknown option"]],
  cmake_error: [["CMake Error at CMakeLists.txt:12 (find_package):", "configure: error: no acceptable C compiler"], ["CMake Warning at a:1", "configure: done"]],
  gradle_wrong: [["* What went wrong:", "Execution failed for task ':test'."], ["> Task :test", "BUILD SUCCESSFUL"]],
  maven_error: [["[ERROR] Failed to execute goal a:b", "[FATAL] Non-parseable POM"], ["[ERROR] Re-run Maven using the -X switch", "[INFO] done"]],
  ant_error: [["BUILD FAILED", "/w/build.xml:12: x failed"], ["BUILD SUCCESSFUL", "build.xml"]],
  bazel_error: [["ERROR: /w/a/BUILD:3:1: no such target", "ERROR: Analysis of target '//a' failed"], ["INFO: Build completed", "ERROR: plain"]],
  task_failed: [["'test' errored after 3 s", "Aborted due to warnings."], ["'test' finished after 3 s", "due to you"]],
  command_failed: [["error Command failed with exit code 1.", "Process exited with status code 2"], ["Process completed", "command ran"]],
  env_missing: [["environment variable A is not set", "a.sh: line 3: A: unbound variable"], ["variable A set", "optional: A is not set"]],
  workflow_invalid: [["Invalid workflow file: .github/workflows/a.yml", "yaml: line 3: mapping values"], ["workflow ran", "valid yaml"]],
  deprecated_gone: [["Python 2.7 is no longer supported", "this option has been removed"], ["warning: is not supported", "still supported"]],
  generated_stale: [["a.lock is out of date", "diff --git a/x.c b/x.c"], ["up to date", "Already up-to-date"]],
};
