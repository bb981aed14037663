/** Joins class names; a condition that does not hold adds none. Contradicting names are not merged. */
export function cn(...classes: readonly (string | false | undefined)[]): string {
  return classes.filter(Boolean).join(' ')
}
