const WORDS = ['no', 'one', 'two', 'three', 'four', 'five', 'six', 'seven', 'eight', 'nine', 'ten']

/** Returns a count in words up to ten, in digits above. */
export function inWords(count: number): string {
  return WORDS[count] ?? `${count}`
}
