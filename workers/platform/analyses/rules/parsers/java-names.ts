/** How Java's test runners write a test: `method(pkg.Class)`, `pkg.Class.method`, `Class>Base.method:12`. */

/** A suite and the test in it; no suite when a whole class failed (its initializer, its set-up). */
export interface JavaName {
  readonly suite?: string;
  readonly name: string;
}

const PAREN = /^(\S.*)\(([\w$.]+)\)$/;

/**
 * Splits a test's subject. A class that failed as a whole has its full name as `name` and no `suite`.
 * @returns undefined for text that is no Java name
 */
export function javaName(subject: string): JavaName | undefined {
  const paren = PAREN.exec(subject);
  if (paren?.[2] !== undefined && /[.$]|^[A-Z]/.test(paren[2]) && !PRIMITIVE.test(paren[2])) {
    const [, name = "", suite = ""] = paren;
    return name === suite ? { name: suite } : { suite, name };
  }
  const plain = /^[\w$.\->]+/.exec(subject)?.[0] ?? "";
  const arrow = plain.lastIndexOf(">");
  const dot = plain.lastIndexOf(".");
  if (dot <= 0 || dot === subject.length - 1) return undefined;
  const own = subject.slice(dot + 1);
  const path = arrow < 0 ? plain.slice(0, dot) : plain.slice(0, plain.indexOf(">"));
  const parent = path.slice(path.lastIndexOf(".") + 1);
  if (/^[A-Z][\w$]*$/.test(own) && !/^[A-Z]/.test(parent)) return { name: subject };
  return path.endsWith(own) && path === own ? { name: own } : { suite: path, name: own };
}

const PRIMITIVE = /^(?:String|int|long|boolean|double|float|byte|short|char|Object|Integer|Long|Boolean|Class|List|Map|Path)$/;
