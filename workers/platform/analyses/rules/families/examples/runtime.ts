/** Example lines of the runtime families: two that match, two that nearly do. */
import type { Examples } from "./examples.ts";

export const RUNTIME_EXAMPLES: Examples = {
  python_traceback: [["Traceback (most recent call last):", "web | Traceback (most recent call last):"], ["Traceback printed", "no traceback"]],
  exception_class: [["ValueError: bad value", "java.lang.IllegalStateException: closed"], ["    at a.ValueError (b.js)", "errors: 3"]],
  java_thread: [["Exception in thread \"main\" java.lang.Error: x", "Exception in thread \"pool-1\""], ["thread main", "an exception"]],
  unhandled: [["Uncaught Error: boom", "terminate called after throwing an instance of 'x'"], ["handled error", "caught exception"]],
  node_throw: [["    throw err;", "node:internal/modules/cjs/loader:1080"], ["throw it away", "a.js:12"]],
  ruby_error: [["/w/a.rb:12:in `f': boom (RuntimeError)", "rake aborted!"], ["a.rb:12:in `f'", "rake done"]],
  php_fatal: [["PHP Fatal error:  Class 'A' not found in /w/a.php on line 3", "Fatal error: Uncaught x"], ["fatal flaw", "error: none"]],
  perl_die: [["Cannot do it at t/a.t line 17.", "Can't locate A/B.pm in @INC"], ["at line 17", "# at t/a.t line 3"]],
  lua_error: [["lua: a.lua:12: attempt to index nil", "stack traceback:"], ["lua 5.1", "a.lua"]],
  r_error: [["Error in f(x) : object 'y' not found", "Execution halted"], ["Errors: 0", "halted"]],
  elisp_error: [["Symbol's value as variable is void: x", "Debugger entered--Lisp error: (void-function x)"], ["Symbols", "Lisp loaded"]],
  clj_error: [["Syntax error compiling at (a.clj:1:1).", "Execution error (X) at a/b (a.clj:3)."], ["Syntax is fine", "Execution done"]],
  erl_crash: [["=ERROR REPORT==== 1-Jan", "Reason: {badmatch,false}"], ["REPORT", "the reason is"]],
  powershell_error: [["+ CategoryInfo          : OperationStopped", "At /w/a.ps1:12 char:3"], ["Category", "At last"]],
  go_panic: [["panic: runtime error: index out of range", "goroutine 1 [running]:"], ["do not panic", "goroutine"]],
  rust_panic: [["panicked at 'boom', a.rs:1", "x panicked at src/a.rs:3:1:"], ["panics", "at src/a.rs"]],
  kernel_panic: [["Kernel panic - not syncing", "a: a.c:3: f: Assertion `x' failed."], ["assertions passed", "a kernel"]],
  segfault: [["Segmentation fault (core dumped)", "received signal SIGSEGV"], ["segments", "signal 15"]],
  sanitizer: [["==1==ERROR: AddressSanitizer: heap-use-after-free", "a.c:3:1: runtime error: signed integer overflow"], ["AddressSanitizer enabled", "runtime: 3 s"]],
  no_such_file: [["a: No such file or directory", "Error: ENOENT: open 'a'"], ["rm: a: No such file or directory", "file found"]],
  no_such_file_soft: [["rm: cannot remove 'a': No such file", "ls: cannot access 'a'"], ["rm -f a", "cannot remove"]],
  database: [["PG::UndefinedTable: ERROR", "SQLSTATE[42000]: Syntax error"], ["database ready", "    # ActiveRecord::Base"]],
  aborted_core: [["Killed", "a.sh: line 3: 123 Aborted  ./x"], ["Aborted by user request", "killed it"]],
  assert_console: [["Caused by: java.io.IOException: x", "Reason: not found"], ["cause unknown", "for a reason"]],
};
