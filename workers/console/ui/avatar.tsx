/** The initials of a person in a circle; the name stands beside it, so it is not read out. */

export function Avatar({ name, small = false }: { name: string; small?: boolean }) {
  return (
    <span
      aria-hidden="true"
      className={`inline-flex shrink-0 items-center justify-center rounded-full bg-accent-wash font-medium text-accent ${small ? "size-5 text-[9px]" : "size-7 text-xs"}`}
    >
      {initialsOf(name)}
    </span>
  );
}

/** `Ada Lovelace` gives `AL`; one word gives one letter. */
export function initialsOf(name: string): string {
  const words = name
    .trim()
    .split(/\s+/u)
    .filter((word) => word !== "");
  const chosen = words.length > 1 ? [words[0], words.at(-1)] : words;
  return chosen
    .map((word) => [...(word ?? "")][0] ?? "")
    .join("")
    .toUpperCase();
}
