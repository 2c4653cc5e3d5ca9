/** Types of boot.mjs, for its tests. */
export declare const COMMANDS: Readonly<Record<string, readonly string[]>>;
export declare function atLeast(version: string, major: number, minor: number): boolean;
export declare function pickNode(
  root: string,
  running?: string,
  execPath?: string,
): { file: string; flags: string[] };
