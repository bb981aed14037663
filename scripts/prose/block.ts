/** A run of text that belongs together: a paragraph, a list item, a heading, a table cell or one comment. */
export interface Block {
  /** The lines of the block, markup removed; code and addresses are replaced by `CODE` and `URL`. */
  readonly lines: readonly BlockLine[]
  /** A table cell is too terse to be a sentence: its length is not checked, its words are. */
  readonly isCell: boolean
}

export interface BlockLine {
  /** Counted from 1. */
  readonly number: number
  readonly text: string
}

/** Removes Markdown's inline markup. `code`, addresses and file names become one word each. */
export function plainText(line: string): string {
  return line
    .replace(/``.+?``|`[^`]*`/g, 'CODE')
    .replace(/\{@link ([^}]*)\}/g, 'CODE')
    .replace(/!\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/\[([^\]]*)\]\([^)]*\)/g, '$1')
    .replace(/<?https?:\/\/[^\s>)]*[^\s>).,;:]>?/g, 'URL')
    .replace(/\*\*|__|(?<![\w*])\*(?=\S)|(?<=\S)\*(?![\w*])/g, '')
    .replace(/<\/?[a-z][^>]*>/g, '')
}
