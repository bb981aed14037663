import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'

const ROOT = join(import.meta.dirname, '..')
const Package = v.object({ scripts: v.record(v.string(), v.string()) })
const { scripts } = v.parse(Package, JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8')))

const documents = execFileSync('git', ['ls-files', '-z', '*.md'], { cwd: ROOT, encoding: 'utf8' })
  .split('\0')
  .filter((file) => file !== '' && existsSync(join(ROOT, file)))
  .map((file) => ({ file, text: readFileSync(join(ROOT, file), 'utf8') }))

const matches = (text: string, pattern: RegExp): string[] =>
  [...text.matchAll(pattern)].map(([, match = '']) => match)

describe.each(documents)('$file', ({ file, text }) => {
  it('links to files that exist', () => {
    const links = matches(text, /\]\((?!https?:)([^)#]+)(?:#[^)]*)?\)/g)
    expect(links.filter((link) => !existsSync(join(ROOT, dirname(file), link)))).toEqual([])
  })

  it('links to sections that exist', () => {
    for (const [, target = '', anchor = ''] of text.matchAll(/\]\((?!https?:)([^)#]*)#([^)]+)\)/g)) {
      const path = target === '' ? join(ROOT, file) : join(ROOT, dirname(file), target)
      const headings = matches(readFileSync(path, 'utf8'), /^#+ (.+)$/gm)
      const anchors = headings.map((heading) =>
        heading
          .toLowerCase()
          .replace(/[^\w -]/g, '')
          .replaceAll(' ', '-'),
      )
      expect(anchors).toContain(anchor)
    }
  })

  it('names files and folders that exist', () => {
    const paths = matches(text, /`((?:packages|stacks|k8s|docs|scripts|\.github)\/[\w./-]+)`/g)
    expect(paths.filter((path) => !existsSync(join(ROOT, path)))).toEqual([])
  })

  it('names npm scripts that exist', () => {
    const named = matches(text, /npm run (?:--silent )?([\w:]+)\b(?! -w)/g)
    expect(named.filter((name) => !(name in scripts))).toEqual([])
  })
})

describe('docs/adr', () => {
  it('numbers each decision once, in its file name and its title', () => {
    const decisions = documents.filter(({ file }) => file.startsWith('docs/adr/'))
    const numbers = decisions.map(({ file }) =>
      Number(file.slice('docs/adr/'.length, 'docs/adr/0000'.length)),
    )
    expect(numbers).toEqual(numbers.map((_, index) => index + 1))
    expect(decisions.map(({ text }) => Number(/^# (\d+)\. /.exec(text)?.[1]))).toEqual(numbers)
  })
})
