/** Generated names: a prefix and five characters without vowels (k8s.io/apiserver/pkg/storage/names). */

import { randomInt } from 'node:crypto'

const ALPHABET = 'bcdfghjklmnpqrstvwxz2456789'
const SUFFIX_LENGTH = 5
const MAX_PREFIX_LENGTH = 63 - SUFFIX_LENGTH

/** Returns the prefix with a random suffix: `warm-1-` becomes `warm-1-x7k2p`. */
export function generateName(prefix: string): string {
  const suffix = Array.from({ length: SUFFIX_LENGTH }, () => ALPHABET[randomInt(ALPHABET.length)]).join('')
  return prefix.slice(0, MAX_PREFIX_LENGTH) + suffix
}
