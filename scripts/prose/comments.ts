/** Finds the comments of source files, and the prose in them. */
import { type Block, type BlockLine, plainText } from './block.ts'

/** A JSDoc tag begins a sentence of its own; the name that follows `@param` or `@throws` is no part of it. */
const TAG = /^@(?:(?:param|template|property)\s+(?:\{[^}]*\}\s*)?\S+|throws(?:\s+\{[^}]*\})?|\w+)\s*/
const LIST_ITEM = /^\s*(?:[-*+]|\d+[.)])\s+/
const FENCE = /^\s*```/
/** Directives to tools: `biome-ignore lint/x/y: the reason`, `@ts-expect-error the reason`, `/// <reference …>`. */
const DIRECTIVE =
  /^\s*(?:biome-ignore(?:-\w+)?\s+[\w/]+:|@ts-[\w-]+:?|\/\s*<.*|!.*|eslint-.*|#region.*|#endregion.*)/

/** Returns the comments of TypeScript, JavaScript or CSS, each paragraph, list item and tag as a block. */
export function codeBlocks(source: string): Block[] {
  return group(codeComments(source))
}

/** Returns the comments of YAML and of other files in which `#` begins one. */
export function hashBlocks(source: string): Block[] {
  const lines: CommentLine[] = []
  for (const [index, line] of source.split('\n').entries()) {
    const at = hashPosition(line)
    if (at !== undefined) {
      const isAlone = line.slice(0, at).trim() === ''
      lines.push({ number: index + 1, text: line.slice(at + 1), isAlone })
    }
  }
  return group(lines)
}

interface CommentLine extends BlockLine {
  /** Nothing but the comment stands on the line, so the next line may continue its sentence. */
  readonly isAlone: boolean
}

/** Joins lines that follow each other into blocks; blank lines, list items, tags and code end a block. */
function group(lines: readonly CommentLine[]): Block[] {
  const blocks: Block[] = []
  let open: BlockLine[] = []
  let previous: CommentLine | undefined
  let isFenced = false
  const close = (): void => {
    if (open.length > 0) blocks.push({ lines: open, isCell: false })
    open = []
  }
  for (const line of lines) {
    const continues = previous?.number === line.number - 1 && previous.isAlone && line.isAlone
    if (!continues) {
      close()
      isFenced = false
    }
    previous = line
    const text = line.text.replace(DIRECTIVE, '')
    if (FENCE.test(text)) {
      close()
      isFenced = !isFenced
      continue
    }
    const trimmed = text.trim()
    if (isFenced || trimmed === '') {
      close()
      continue
    }
    if (LIST_ITEM.test(trimmed) || TAG.test(trimmed)) close()
    const words = trimmed.replace(LIST_ITEM, '').replace(TAG, '')
    if (words !== '') open.push({ number: line.number, text: plainText(words) })
  }
  close()
  return blocks
}

/** A `/` after one of these begins a regular expression, after anything else it divides. */
const BEFORE_REGEX = /(?:^|[(,=:[!&|?{};+~^%>-]|\b(?:return|typeof|case|of|in|yield|await))\s*$/

/** Splits a source into its comment lines. Strings, templates and regular expressions are skipped. */
function codeComments(source: string): CommentLine[] {
  const found: CommentLine[] = []
  let number = 1
  let lineStart = 0
  let at = 0
  const newLine = (position: number): void => {
    number += 1
    lineStart = position + 1
  }
  /** Open `${` of templates, each with the number of braces that are open within it. */
  const templates: number[] = []
  const skipTemplate = (): void => {
    while (at < source.length) {
      const char = source[at]
      if (char === '\\') at += 1
      else if (char === '\n') newLine(at)
      else if (char === '`') return
      else if (char === '$' && source[at + 1] === '{') {
        templates.push(0)
        at += 1
        return
      }
      at += 1
    }
  }
  while (at < source.length) {
    const char = source[at]
    const next = source[at + 1]
    if (char === '\n') newLine(at)
    else if (char === '/' && next === '/' && source[at - 1] !== ':') {
      const end = endOfLine(source, at)
      const isAlone = source.slice(lineStart, at).trim() === ''
      found.push({ number, text: source.slice(at + 2, end), isAlone })
      at = end - 1
    } else if (char === '/' && next === '*') {
      const end = source.indexOf('*/', at + 2)
      const stop = end === -1 ? source.length : end
      const isAlone = /^[\s{]*$/.test(source.slice(lineStart, at))
      const parts = source.slice(at + 2, stop).split('\n')
      // A gap of one line number keeps two comments that touch from becoming one.
      if (found.at(-1)?.number === number - 1) found.push({ number: number - 0.5, text: '', isAlone: true })
      for (const part of parts) {
        found.push({ number, text: part.replace(/^\s*\*+ ?/, ''), isAlone })
        if (part !== parts.at(-1) || parts.length > 1) number += 1
      }
      if (parts.length > 1) {
        number -= 1
        lineStart = source.lastIndexOf('\n', stop) + 1
      }
      found.push({ number: number + 0.5, text: '', isAlone: true })
      at = stop + 1
    } else if (char === "'" || char === '"') at = endOfString(source, at)
    else if (char === '`') {
      at += 1
      skipTemplate()
    } else if (char === '{' && templates.length > 0)
      templates[templates.length - 1] = (templates.at(-1) ?? 0) + 1
    else if (char === '}' && templates.length > 0) {
      const depth = templates.at(-1) ?? 0
      if (depth === 0) {
        templates.pop()
        at += 1
        skipTemplate()
      } else templates[templates.length - 1] = depth - 1
    } else if (char === '/' && next !== '>' && BEFORE_REGEX.test(source.slice(lineStart, at)))
      at = endOfRegex(source, at)
    at += 1
  }
  return found
}

function endOfLine(source: string, at: number): number {
  const end = source.indexOf('\n', at)
  return end === -1 ? source.length : end
}

/** The position of the closing quote; an apostrophe in JSX text opens nothing, so a string ends with its line. */
function endOfString(source: string, from: number): number {
  const quote = source[from]
  const end = endOfLine(source, from)
  for (let at = from + 1; at < end; at++) {
    if (source[at] === '\\') at += 1
    else if (source[at] === quote) return at
  }
  return from
}

/** The position of the closing slash, or `from` if the line has none. */
function endOfRegex(source: string, from: number): number {
  const end = endOfLine(source, from)
  let isClass = false
  for (let at = from + 1; at < end; at++) {
    const char = source[at]
    if (char === '\\') at += 1
    else if (char === '[') isClass = true
    else if (char === ']') isClass = false
    else if (char === '/' && !isClass) return at
  }
  return from
}

/** The position of the `#` that begins a comment on this line. */
function hashPosition(line: string): number | undefined {
  let quote: string | undefined
  for (let at = 0; at < line.length; at++) {
    const char = line[at] ?? ''
    if (quote) {
      if (char === quote) quote = undefined
    } else if ((char === '"' || char === "'") && /[\s:[{,(=]/.test(line[at - 1] ?? ' ')) quote = char
    else if (char === '#' && /^$|\s/.test(line[at - 1] ?? '')) return at
  }
  return undefined
}
