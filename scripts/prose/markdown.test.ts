import { describe, expect, it } from 'vitest'
import { markdownBlocks } from './markdown.ts'

const texts = (source: string): string[] =>
  markdownBlocks(source).map(({ lines }) => lines.map(({ text }) => text).join(' '))

describe('markdownBlocks', () => {
  it('returns headings, paragraphs and list items', () => {
    expect(texts('# Title\nA line\nand another.\n\n- one\n  more\n- two\n1. three')).toEqual([
      'Title',
      'A line and another.',
      'one   more',
      'two',
      'three',
    ])
  })

  it('leaves code blocks and comments out, and keeps the line numbers', () => {
    const blocks = markdownBlocks('```ts\nwhoever()\n```\n<!-- a\nb -->\nText.')
    expect(blocks).toEqual([{ lines: [{ number: 6, text: 'Text.' }], isCell: false }])
  })

  it('marks table cells, and leaves the rule of a table out', () => {
    expect(markdownBlocks('| a | b |\n|---|--:|').map(({ isCell }) => isCell)).toEqual([true, true])
  })

  it('leaves the name of a test out that a cell quotes', () => {
    expect(texts('| `a.test.ts` › ends when nobody connects |')).toEqual(['CODE'])
  })

  it('replaces code and addresses by one word, and links by their text', () => {
    expect(texts('Run `npm run x -- y`, see [the docs](docs/a.md) and https://a.example/b.')).toEqual([
      'Run CODE, see the docs and URL.',
    ])
  })
})
