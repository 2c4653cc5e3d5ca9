/** Hands a file to the browser to save. */

/** A link that is clicked once: the only way a page saves what it read under a name. */
export function saveFile(file: Blob, name: string): void {
  const url = URL.createObjectURL(file);
  const link = document.createElement("a");
  link.href = url;
  link.download = name;
  link.click();
  // The click has taken the address by then; kept, it would hold the file in memory.
  setTimeout(() => URL.revokeObjectURL(url), 1_000);
}
