import { describe, expect, it } from 'vitest'
import type { Block } from './block.ts'
import { codeBlocks, hashBlocks } from './comments.ts'

const texts = (blocks: readonly Block[]): string[] =>
  blocks.map(({ lines }) => lines.map(({ text }) => text).join(' '))

describe('codeBlocks', () => {
  it('joins line comments that follow each other, and starts anew after code', () => {
    const source = '// The first line\n// and the second.\nrun()\n// Another.'
    expect(texts(codeBlocks(source))).toEqual(['The first line and the second.', 'Another.'])
  })

  it('does not join a comment at the end of a line with the next line', () => {
    expect(texts(codeBlocks('run() // Now.\n// Later.'))).toEqual(['Now.', 'Later.'])
  })

  it('reads JSDoc: paragraphs, list items and tags are blocks, parameter names are left out', () => {
    const source = `/**
 * Returns the age
 * of a pod.
 *
 * - in ms
 * @param now ms since 1970
 * @throws RangeError for a negative age
 */`
    expect(texts(codeBlocks(source))).toEqual([
      'Returns the age of a pod.',
      'in ms',
      'ms since 1970',
      'RangeError for a negative age',
    ])
  })

  it('knows the line of each comment', () => {
    const source = 'const a = `\n\n`\n/* one\n two */\n// three'
    expect(codeBlocks(source).map(({ lines }) => lines.map(({ number }) => number))).toEqual([[4, 5], [6]])
  })

  it.each([
    ['a string', "const address = 'http://x // no comment'"],
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
    ['a template', 'const text = `// no ${`/* no */`} // comment`'],
    ['a regular expression', 'const slashes = value.replace(/["\'/*]/g, x)'],
    ['code in a JSDoc fence', '/**\n * ```\n * whoever()\n * ```\n */'],
    ['a directive', '// @ts-expect-error'],
  ])('finds no prose in %s', (_, source) => {
    expect(texts(codeBlocks(source)).filter((text) => text !== '')).toEqual([])
  })

  it('finds the comment after a template that contains braces', () => {
    // biome-ignore lint/suspicious/noTemplateCurlyInString: it is source text
    expect(texts(codeBlocks('const text = `${{ a: 1 }.a}` // After.'))).toEqual(['After.'])
  })

  it('finds comments after JSX text with an apostrophe', () => {
    expect(texts(codeBlocks("<p>Don't</p>\n{/* A comment. */}\n<br />"))).toEqual(['A comment.'])
  })

  it('reads the reason of a suppressed lint rule, not the directive', () => {
    expect(texts(codeBlocks('// biome-ignore lint/a11y/noAutofocus: the dialog is open'))).toEqual([
      'the dialog is open',
    ])
  })
})

describe('hashBlocks', () => {
  it('reads comments of YAML, and no # inside a value', () => {
    const source = '# The first line\n# and the second.\ncolor: "#fff" # White.\nurl: a#b'
    expect(texts(hashBlocks(source))).toEqual(['The first line and the second.', 'White.'])
  })
})
