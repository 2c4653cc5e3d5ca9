/** Families of compilers and linkers. */
import type { Family } from "./family.ts";

/** Messages of compilers; parsers read the whole diagnostics, these find where they begin. */
export const COMPILE: readonly Family[] = [
  {
    id: "gcc_error", code: "compile.syntax", weight: 9,
    re: /^(?<file>[^\s:()][^:()]{0,300}\.\w{1,10}):(?<line>\d+):(?:(?<col>\d+):)? (?:fatal |internal compiler )?error: (?<message>.+)/,
    words: ["\\d: (?:fatal |compiler )?error: "],
  },
  {
    id: "paren_error", code: "compile.type", weight: 9,
    re: /^\s*(?:\d+>)?(?<file>[^\s()][^()]{0,300}\.\w{1,10})\((?<line>\d+)(?:,(?<col>\d+)(?:,\d+,\d+)?)?\) ?: (?:fatal )?error\b(?: (?<symbol>[A-Z]{1,6}\d+))? ?: (?<message>.+)/,
    words: ["\\d\\) ?: (?:fatal )?error"],
  },
  { id: "javac_error", code: "compile.symbol", weight: 9, re: /^(?:\[(?:ERROR|javac|error)\] )?\s*(?<file>[^\s:[]\S{0,300}\.(?:java|kt|scala|groovy)):\[?(?<line>\d+)[:,\]] ?(?:(?<col>\d+)\]? )?:? ?(?:error: )?(?<message>.+)/, words: ["\\.(?:java|kt|scala|groovy):\\[?\\d"], unless: /\bwarning\b|^\s*at |\bnote:|\bDEBUG\b|\bINFO\b/i },
  { id: "kotlinc_error", code: "compile.type", weight: 9, re: /^e: (?:file:\/\/)?(?<file>\S{1,300}\.kts?):(?: \()?(?<line>\d+)[,:] ?(?<col>\d+)\)?:? (?<message>.+)/, words: ["\\.kts?:"] },
  { id: "rustc_error", code: "compile.type", weight: 9, re: /^error\[E(?<symbol>\d{4})\]: (?<message>.+)/, words: ["error\\[E\\d"] },
  { id: "tsc_pretty", code: "compile.type", weight: 9, re: /(?<![^\s('"])(?<file>[^\s('"]{1,200}\.[cm]?tsx?)(?:\(|:| \()(?<line>\d+)[,:](?<col>\d+)\)?(?::| -)? (?:error )?(?:(?<symbol>TS\d+): )?(?<message>.+)/, words: ["\\.[cm]?tsx?(?:\\(|:| \\()\\d", "\\btsx?:\\d"], unless: /^\s*at |\bwarning\b|⚠/ },
  { id: "ts_code", code: "compile.type", weight: 8, re: /\berror TS(?<symbol>\d{4,5}): (?<message>.+)/, words: ["error TS\\d"] },
  { id: "ghc_error", code: "compile.type", weight: 9, re: /^(?:[\w-]+ *> )?(?<file>\S{1,300}\.l?hs):(?:(?<line>\d+):(?<col>\d+)(?:-\d+)?|\(\d+,\d+\)-\(\d+,\d+\)):(?: error:| Warning:|$)? ?(?<message>.*)/, words: ["\\.l?hs:[\\d(]"], unless: /: warning:/ },
  { id: "go_compile", code: "compile.symbol", weight: 8, re: /^(?:# |\.\/|\.\.\/|vet: |src\/|[\w@.-]+\/)?(?<file>[\w./@-]{1,300}\.go):(?<line>\d+)(?::(?<col>\d+))?: (?<message>.+)/, words: ["\\.go:\\d"], unless: /^\s|warning/ },
  { id: "swift_error", code: "compile.type", weight: 9, re: /^(?:❌ +)?(?<file>\/\S{1,300}\.(?:swift|mm?)):(?<line>\d+):(?<col>\d+): (?<message>.+)/, words: ["\\.(?:swift|mm?):\\d"], unless: /warning:|note:/ },
  { id: "xcode_failed", code: "compile.syntax", weight: 3, re: /^\*\* (?:BUILD|TEST|ARCHIVE) FAILED \*\*|^The following build commands failed/, words: ["FAILED \\*\\*", "build commands failed"] },
  { id: "erlc_error", code: "compile.symbol", weight: 7, re: /^(?<file>\S{1,300}\.(?:erl|hrl|yrl)):(?<line>\d+)(?::(?<col>\d+))?: (?<message>.+)/, words: ["\\.[ehy]rl:\\d"], unless: /Warning:/ },
  { id: "elixir_compile", code: "compile.symbol", weight: 9, re: /^(?:\*\* \((?:Compile|Syntax|Token\w+)Error\)|== Compilation error (?:in|on) file (?<file>\S+)) ?(?<message>.*)/, words: ["\\*\\* \\((?:Compile|Syntax|Token)", "== Compilation error"] },
  { id: "scalac_error", code: "compile.type", weight: 8, re: /^\[error\] (?<file>\S{1,300}\.(?:scala|java)):(?<line>\d+)(?::(?<col>\d+))?: (?<message>.+)/, words: ["\\.(?:scala|java):\\d"] },
  { id: "sbt_error", code: "unknown", weight: 5, re: /^\[error\] +(?<message>\S.*)/, words: ["\\[error\\] "], unless: /^\[error\] +(?:Total time:|at |\(.{1,80}\) Compilation failed|\d+ errors? found)/ },
  { id: "link_undefined", code: "compile.link", weight: 9, re: /undefined reference to [`'](?<symbol>[^']+)'|(?:ld|link)(?:\.lld)?: (?:error: )?(?:undefined symbols?|cannot find|library not found|symbol\(s\) not found|duplicate symbol)|\bcannot find -l(?<package>\S+)|^Undefined symbols for architecture|unresolved external symbol|multiple definition of/, words: ["undefined reference", "undefined symbol", "cannot find -l", "library not found", "symbol\\(s\\) not found", "duplicate symbol", "unresolved external", "multiple definition of", "ld: cannot find", "link: (?:error|cannot)", "lld: cannot find", "link(?:\\.lld)?: cannot"] },
  { id: "linker_exit", code: "compile.link", weight: 4, re: /^(?:collect2|ld|clang(?:\+\+)?|lld-link): (?:fatal )?error: (?<message>.+)|linker command failed/, words: ["(?:collect2|ld|clang|clang\\+\\+|lld-link): (?:fatal )?error", "linker command failed"] },
  { id: "not_declared", code: "compile.symbol", weight: 6, re: /\bwas not declared in this scope|\bcannot find symbol\b|\bundeclared (?:identifier|variable|name)|\bnot in scope: |\bis unbound$|\bundefined in record|\bfunction \S+\/\d+ undefined|\bunresolved reference|\bredeclared (?:in|as)|\bunused (?:variable|import)\b.{0,40}error/i, words: ["not declared in this", "cannot find symbol", "undeclared (?:id|var|name)", "not in scope: ", "is unbound", "undefined in record", "\\d undefined", "unresolved reference", "redeclared", "unused (?:variable|import)"] },
  { id: "python_syntax", code: "compile.syntax", weight: 7, re: /^(?:E +)?(?:SyntaxError|IndentationError|TabError): (?<message>.+)|^(?:PHP )?Parse error: (?<message2>.+)|^\S+:\d+: syntax error\b|\bsyntax error,? (?:near|unexpected)|^SyntaxError\b/, words: ["SyntaxError", "IndentationError", "TabError", "Parse error: ", "syntax error"] },
  { id: "as_errors", code: "compile.syntax", weight: 3, re: /warnings being treated as errors|treating warnings as errors/, words: ["warnings being treated", "treating warnings as"] },
  { id: "build_failed_pkg", code: "compile.symbol", weight: 6, re: /^FAIL\t(?<package>\S+) \[(?:build|setup) failed\]/, words: ["\\[(?:build|setup) failed\\]"] },
  { id: "compilation_failed", code: "compile.syntax", weight: 4, re: /\bcompilation (?:failed|error|failure)\b|\bfailed to compile\b|\bcould not compile\b|\bcompile failed\b|\berror: could not compile\b|\bUnable to compile\b|Compilation failure/i, words: ["compilation (?:failed|error|failure)", "failed to compile", "could not compile", "compile failed", "unable to compile"], unless: /aborting due to/ },
  { id: "latex_error", code: "compile.syntax", weight: 7, re: /^! (?:LaTeX|Package|Undefined|Missing|Emergency|pdfTeX|I can't|TeX|Extra|Paragraph|Illegal|Misplaced|Too many)\b.*|^Overfull \\[hv]box|^LaTeX Warning: There were undefined/, words: ["^! [A-Z]", "Overfull \\\\[hv]box", "There were undefined"] },
  { id: "sass_error", code: "compile.syntax", weight: 8, re: /^(?:>> )?(?:Error: )?Invalid CSS after|^(?:Error|Sass::SyntaxError): .*expected.* was |^\s+on line \d+ of \S+\.s[ac]ss|CssSyntaxError/, words: ["Invalid CSS", "SyntaxError", "expected.{0,10}", "on line \\d"] },
  { id: "template_error", code: "compile.syntax", weight: 7, re: /\bLiquid (?:Exception|syntax error)\b|\b(?:Mustache|Handlebars|Jinja2?|ERB)\b.{0,40}\b(?:error|exception)\b/i, words: ["Liquid (?:Exc|syn)", "Mustache", "Handlebars", "Jinja", "ERB"] },
  { id: "markup_validity", code: "compile.syntax", weight: 7, re: /\b(?:validity|parser|namespace) error : (?<message>.+)|found character that cannot start any token|did not find expected|\bmapping values are not allowed|\bcould not find expected ':'|\bYAML(?:Exception|::|Error)|Psych::SyntaxError/, words: ["(?:validity|parser|namespace) error : ", "cannot start any token", "did not find expected", "mapping values are", "could not find expected", "YAML(?:Exc|::|Err)", "Psych::"] },
];
