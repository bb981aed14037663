/** Extracts the commands of docs/operations.md. */
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'

const MANUAL = fileURLToPath(new URL('../../../docs/operations.md', import.meta.url))
const BLOCK = /^ *```bash\n([\s\S]*?)^ *```$/gm
const CODE = /`([^`\n]+)`/g
const PROGRAM = /^(aws|dig|docker|gh|git|kubectl|npm|npx) /
/** The end of a line that the next line continues: a backslash, a pipe, or a quoted text. */
const CONTINUED = /(\\| \|)$/
/** A group of commands in braces whose end is on a later line. */
const OPEN_GROUP = /^\{ (?!.*\} )/

/** @returns each command once: the lines of blocks without their comments, and the commands in the text. */
export function commandsOfManual(): string[] {
  const text = readFileSync(MANUAL, 'utf8')
  const blocks = [...text.matchAll(BLOCK)].flatMap(([, block = '']) => commandsOfBlock(block))
  const inText = [...text.replaceAll(BLOCK, '').matchAll(CODE)].map(([, code = '']) => code)
  return [...new Set([...blocks, ...inText.filter((code) => PROGRAM.test(code))])]
}

function commandsOfBlock(block: string): string[] {
  const commands: string[] = []
  let open = ''
  for (const line of block.split('\n')) {
    const text = `${open} ${withoutComment(line)}`.trim()
    if (text === '') continue
    const isOpen = CONTINUED.test(text) || OPEN_GROUP.test(text) || (text.match(/'/g) ?? []).length % 2 === 1
    open = isOpen ? text.replace(/ *\\$/, '') : ''
    if (!isOpen) commands.push(text)
  }
  return commands
}

function withoutComment(line: string): string {
  return line.replace(/\s{2,}#.*$/, '').trim()
}
