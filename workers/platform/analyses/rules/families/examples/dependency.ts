/** Example lines of the dependency families: two that match, two that nearly do. */
import type { Examples } from "./examples.ts";

export const DEPENDENCY_EXAMPLES: Examples = {
  missing_module: [["Error: Cannot find module './a.json'", "ModuleNotFoundError: No module named 'a'"], ["module found", "    at Cannot find module (x)"]],
  npm_code: [["npm ERR! code E404", "npm ERR! 404 Not Found"], ["npm ERR! code ELIFECYCLE", "npm WARN a"]],
  npm_echo: [["npm ERR! a@1.0.0 test: `x`", "npm error path /w"], ["npm WARN a", "npm install"]],
  npm_lock: [["`npm ci` can only install packages when in sync", "Your lockfile needs to be updated"], ["wrote lockfile?", "$ yarn --frozen-lockfile"]],
  yarn_error: [["error An unexpected error occurred: \"x\".", "error Couldn't find package \"a\""], ["error Command failed with exit code 1.", "errors"]],
  node_version: [["The engine \"node\" is incompatible with this module.", "ERROR: a requires Python '>=3.8' but the running Python is 3.6"], ["node 20", "npm WARN requires node >= 3 but x"]],
  pip_resolve: [["ERROR: Could not find a version that satisfies the requirement a", "No matching distribution found for a"], ["Requirement already satisfied", "ERRORS: 0"]],
  maven_resolve: [["Could not resolve dependencies for project a:b", "Could not find artifact a:b:jar:1.0 in central"], ["Resolved a:b", "dependencies found"]],
  gem_resolve: [["Bundler could not find compatible versions for gem \"a\"", "An error occurred while installing a (1.0)"], ["Using a 1.0", "Bundle complete"]],
  cabal_resolve: [["cabal: Could not resolve dependencies:", "Could not find module ‘Data.A’"], ["rejected", "building plan"]],
  cargo_resolve: [["error: failed to select a version for `a`.", "error: no matching package named `a` found"], ["selected version 1", "package found"]],
  go_modules: [["go: a@v1: unknown revision v1", "missing go.sum entry for module"], ["go: downloading a v1", "go.sum written"]],
  composer_resolve: [["Your requirements could not be resolved to an installable set", "  Problem 1"], ["Problem solved", "requirements ok"]],
  conflict: [["npm ERR! ERESOLVE unable to resolve dependency tree", "version conflict for a"], ["no conflicts", "versions match"]],
  apt: [["E: Unable to locate package a", "dpkg: error processing package a"], ["W: a", "Get:1 a"]],
  os_install: [["Error: No available formula with the name \"a\"", "The install of a was NOT successful."], ["Installed a", "Error:"]],
  install_failed: [["Failed to install a", "download failed"], ["installed a", "downloading a"]],
  integrity: [["checksum mismatch for a", "npm ERR! code EINTEGRITY"], ["checksum ok", "hash: 12ab"]],
};
