/** Finds the prose of a Markdown document. */
import { type Block, type BlockLine, plainText } from './block.ts'

const FENCE = /^\s*(```|~~~)/
const TABLE_RULE = /^\s*\|?[\s:|-]+\|?\s*$/
const LIST_ITEM = /^\s*(?:[-*+]|\d+[.)])\s+/
const HEADING = /^\s*#{1,6}\s+/

/** Returns the paragraphs, list items, headings and table cells of a document. Code blocks are left out. */
export function markdownBlocks(source: string): Block[] {
  const blocks: Block[] = []
  let open: BlockLine[] = []
  let isFenced = false
  const close = (): void => {
    if (open.length > 0) blocks.push({ lines: open, isCell: false })
    open = []
  }
  for (const [index, line] of source
    .replace(/<!--[\s\S]*?-->/g, keepLineBreaks)
    .split('\n')
    .entries()) {
    const number = index + 1
    if (FENCE.test(line)) {
      close()
      isFenced = !isFenced
    } else if (isFenced) {
      // Code is not prose.
    } else if (line.trim() === '') close()
    else if (/^\s*\|/.test(line)) {
      close()
      if (!TABLE_RULE.test(line)) for (const cell of cells(line)) blocks.push(cellBlock(number, cell))
    } else if (HEADING.test(line)) {
      close()
      blocks.push({ lines: [{ number, text: plainText(line.replace(HEADING, '')) }], isCell: false })
    } else {
      if (LIST_ITEM.test(line)) close()
      open.push({ number, text: plainText(line.replace(LIST_ITEM, '').replace(/^\s*>\s?/, '')) })
    }
  }
  close()
  return blocks
}

function cells(row: string): string[] {
  return (
    row
      .trim()
      .replace(/^\||\|$/g, '')
      .split(/(?<!\\)\|/)
      .map((cell) => cell.trim())
      // A file, then a test's name: the name is a quotation.
      .map((cell) => cell.replace(/^(`[^`]+`) › .*/, '$1'))
      .filter((cell) => cell !== '')
  )
}

function cellBlock(number: number, cell: string): Block {
  return { lines: [{ number, text: plainText(cell) }], isCell: true }
}

function keepLineBreaks(text: string): string {
  return text.replace(/[^\n]/g, '')
}
