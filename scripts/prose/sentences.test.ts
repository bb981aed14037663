import { describe, expect, it } from 'vitest'
import { lengthsOf, offences, type Sentence, sentencesOf } from './sentences.ts'

const sentences = (...texts: string[]): Sentence[] =>
  sentencesOf({ lines: texts.map((text, index) => ({ number: index + 1, text })), isCell: false })

const problems = (text: string): string[] =>
  sentences(text)
    .flatMap(offences)
    .map(({ problem }) => problem)

describe('sentencesOf', () => {
  it('ends a sentence at a full stop, a question or an exclamation mark', () => {
    const found = sentences('Refill runs. Does it stop? It does!', 'Then it waits')
    expect(found.map(({ text }) => text)).toEqual([
      'Refill runs.',
      'Does it stop?',
      'It does!',
      'Then it waits',
    ])
    expect(found.map(({ line }) => line)).toEqual([1, 1, 1, 2])
  })

  it('does not end a sentence at an abbreviation or inside a number', () => {
    expect(sentences('A cluster, e.g. kind, needs 1.5 GB.')).toHaveLength(1)
  })

  it('counts words, and no punctuation that stands alone', () => {
    expect(sentences('Refill → pool: 4 slots.').map(({ words }) => words)).toEqual([4])
  })
})

describe('offences', () => {
  const words = (count: number): string => `${'word '.repeat(count - 1)}end.`

  it('accepts 25 words and refuses 26', () => {
    expect(problems(words(25))).toEqual([])
    expect(problems(words(26))).toEqual(['26 words, 25 at most'])
  })

  it('does not measure table cells', () => {
    const cell = sentencesOf({ lines: [{ number: 1, text: words(40) }], isCell: true })
    expect(cell.flatMap(offences)).toEqual([])
  })

  it.each([
    'Whoever holds it may write.',
    'It belongs to somebody else.',
    'Nobody waits.',
    'It answers those who ask.',
    'It deletes one that is old.',
    'It returns what it started.',
    'What was asked for is stored.',
    'It keeps whatever came.',
    'It tells of who holds it.',
    'It stays for ever.',
  ])('refuses: %s', (text) => {
    expect(problems(text)).not.toEqual([])
  })

  it.each([
    'The visitor who holds the pod may kill it.',
    'What does refill do? Who holds the lease?',
    'Refill decides what to delete.',
    'The api Lambda returns the Jobs that it created.',
  ])('accepts: %s', (text) => {
    expect(problems(text)).toEqual([])
  })
})

describe('lengthsOf', () => {
  it('returns nearest-rank percentiles of sentences outside tables', () => {
    const texts = ['One.', 'One two.', 'One two three.', 'One two three four.']
    expect(lengthsOf(sentences(...texts))).toEqual({ sentences: 4, median: 2, p95: 4, longest: 4 })
  })
})
