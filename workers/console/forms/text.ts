/** Reads a text of a submitted form. */

/** The value of a field without white space at its ends; empty when it is missing or a file. */
export function textOf(form: FormData, name: string): string {
  const value = form.get(name);
  return typeof value === "string" ? value.trim() : "";
}
