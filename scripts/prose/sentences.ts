/** Splits blocks into sentences, and applies the text rules of CONTRIBUTING.md to them. */
import type { Block } from './block.ts'

const MAX_WORDS = 25

export interface Sentence {
  /** The line on which the sentence begins, counted from 1. */
  readonly line: number
  readonly text: string
  readonly words: number
  readonly isCell: boolean
}

const ABBREVIATION = /(?:\b(?:e\.g|i\.e|etc|vs|cf|al|no|approx|resp|ca)|\b[A-Z])\.$/
const SENTENCE_END = /[.?!]["'”’)\]]*$/

/** Returns the sentences of a block. Only full stops, question and exclamation marks end one. */
export function sentencesOf(block: Block): Sentence[] {
  const sentences: Sentence[] = []
  let words: string[] = []
  let line = block.lines[0]?.number ?? 0
  const close = (): void => {
    const count = words.filter((word) => /[\p{L}\p{N}]/u.test(word)).length
    if (count > 0) sentences.push({ line, text: words.join(' '), words: count, isCell: block.isCell })
    words = []
  }
  for (const { number, text } of block.lines)
    for (const word of text.split(/\s+/).filter((part) => part !== '')) {
      if (words.length === 0) line = number
      words.push(word)
      if (SENTENCE_END.test(word) && !ABBREVIATION.test(word)) close()
    }
  close()
  return sentences
}

interface Rule {
  readonly pattern: RegExp
  readonly advice: string
}

/** A question may ask who and what. */
const isQuestion = (text: string): boolean => /\?["'”’)\]]*$/.test(text)

const ACTOR = 'name the actor'
const NOUN = 'use a noun'
const RULES: readonly Rule[] = [
  {
    pattern:
      /\b(?:who(?:so)?ever|who?mever|whom|somebody|someone|nobody|anybody|anyone|everybody|everyone)\b/gi,
    advice: ACTOR,
  },
  {
    pattern: /\b(?:ones? (?:that|who|which)|those (?:who|that)|(?:any|the) one (?:that|who))\b/gi,
    advice: ACTOR,
  },
  { pattern: /(?:^|[.;:] )who\b|\b(?:of|by|to|for|from|with|at|than|as|and|or|but) who\b/gi, advice: ACTOR },
  { pattern: /\bwhat(?:so)?ever\b/gi, advice: NOUN },
  {
    pattern:
      /\bwhat (?:it|he|she|they|we|you|is|was|are|were|has|had|have|came|comes|come|follows?|began|made|makes?|does|did|went|goes|stands?|moves?)\b/gi,
    advice: NOUN,
  },
  { pattern: /\bfor ever\b/gi, advice: 'say until when' },
]

export interface Offence {
  readonly line: number
  readonly sentence: string
  readonly problem: string
}

/** Returns the offences of a sentence: too many words, and words that hide an actor or a noun. */
export function offences(sentence: Sentence): Offence[] {
  const { line, text, words, isCell } = sentence
  const found: Offence[] = []
  if (words > MAX_WORDS && !isCell)
    found.push({ line, sentence: text, problem: `${words} words, ${MAX_WORDS} at most` })
  for (const { pattern, advice } of RULES) {
    if (isQuestion(text) && advice !== 'say until when') continue
    for (const [hit] of text.matchAll(pattern))
      found.push({ line, sentence: text, problem: `"${hit.replace(/^[.;:] /, '')}": ${advice}` })
  }
  return found
}

export interface Lengths {
  readonly sentences: number
  readonly median: number
  readonly p95: number
  readonly longest: number
}

/** Summarises sentence lengths in words, table cells left out. Percentiles are nearest rank. */
export function lengthsOf(sentences: readonly Sentence[]): Lengths {
  const sorted = sentences
    .filter(({ isCell }) => !isCell)
    .map(({ words }) => words)
    .sort((first, second) => first - second)
  const at = (share: number): number => sorted[Math.max(0, Math.ceil(share * sorted.length) - 1)] ?? 0
  return { sentences: sorted.length, median: at(0.5), p95: at(0.95), longest: sorted.at(-1) ?? 0 }
}
