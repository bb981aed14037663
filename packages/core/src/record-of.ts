/** Returns an object with one entry for each name. */
export function recordOf<Name extends string, Entry>(
  names: readonly Name[],
  entryOf: (name: Name) => Entry,
): Record<Name, Entry> {
  return Object.fromEntries(names.map((name) => [name, entryOf(name)])) as Record<Name, Entry>
}
