/** How Java's test runners write a test: `method(pkg.Class)`, `pkg.Class.method`, `Class>Base.method:12`. */

import { group } from "./words.ts";

/** A suite and the test in it; no suite when a whole class failed (its initializer, its set-up). */
export interface JavaName {
  readonly suite?: string;
  readonly name: string;
}

const PAREN = /^(\S.*)\(([\w$.]+)\)$/;
/** In `method(String)` the brackets hold a parameter, not the class. */
const PARAMETER =
  /^(?:String|int|long|boolean|double|float|byte|short|char|Object|Integer|Long|Boolean|Class|List|Map|Path)$/;

/**
 * Splits a test's subject. A class that failed as a whole has its full name as `name` and no `suite`.
 * @returns undefined for text that is no Java name
 */
export function javaName(subject: string): JavaName | undefined {
  return bracketed(subject) ?? dotted(subject);
}

function bracketed(subject: string): JavaName | undefined {
  const match = PAREN.exec(subject);
  const suite = group(match, 2);
  const name = group(match, 1);
  if (!/[.$]|^[A-Z]/.test(suite) || PARAMETER.test(suite)) return undefined;
  return name === suite ? { name } : { suite, name };
}

function dotted(subject: string): JavaName | undefined {
  const plain = /^[\w$.\->]+/.exec(subject)?.[0] ?? "";
  const dot = plain.lastIndexOf(".");
  if (dot <= 0 || dot === subject.length - 1) return undefined;
  const own = subject.slice(dot + 1);
  // `Sub>Base.method`: the class that ran is the first.
  const arrow = plain.indexOf(">");
  const suite = plain.slice(0, arrow < 0 ? dot : arrow);
  const parent = suite.slice(suite.lastIndexOf(".") + 1);
  if (/^[A-Z][\w$]*$/.test(own) && !/^[A-Z]/.test(parent)) return { name: subject };
  return suite === own ? { name: own } : { suite, name: own };
}
