/**
 * `node scripts/check-prose.ts [--stats] [path…]`: checks the prose rules of CONTRIBUTING.md in documents and comments.
 * Without a path it checks every file that git knows. Exits 1 if it finds anything that `prose-allow.json` does not allow.
 */
import { execFileSync } from 'node:child_process'
import { existsSync, readFileSync } from 'node:fs'
import { extname, join } from 'node:path'
import * as v from 'valibot'
import type { Block } from './prose/block.ts'
import { codeBlocks, hashBlocks } from './prose/comments.ts'
import { markdownBlocks } from './prose/markdown.ts'
import { lengthsOf, type Offence, offences, type Sentence, sentencesOf } from './prose/sentences.ts'

const PROSE_OF: Record<string, (source: string) => Block[]> = {
  '.md': markdownBlocks,
  '.ts': codeBlocks,
  '.tsx': codeBlocks,
  '.mjs': codeBlocks,
  '.js': codeBlocks,
  '.css': codeBlocks,
  '.yaml': hashBlocks,
  '.yml': hashBlocks,
  '.conf': hashBlocks,
}

const Reason = v.pipe(v.string(), v.minLength(10))
const AllowList = v.object({
  /** Sentences that may stay as they are: a part of the sentence, and why. */
  sentences: v.array(v.object({ file: v.string(), part: v.string(), reason: Reason })),
  /** Files that are not rewritten yet: how many offences each may have. */
  todo: v.array(v.object({ file: v.string(), offences: v.pipe(v.number(), v.integer(), v.minValue(1)) })),
})

const ROOT = join(import.meta.dirname, '..')
const flags = process.argv.slice(2).filter((argument) => argument.startsWith('--'))
const paths = process.argv.slice(2).filter((argument) => !argument.startsWith('--'))
const allowed = v.parse(
  AllowList,
  JSON.parse(readFileSync(join(import.meta.dirname, 'prose-allow.json'), 'utf8')),
)
const files = trackedFiles(paths)
const sentences: Sentence[] = []
const used = new Set<object>()
let problems = 0

for (const file of files) {
  const ofFile = sentencesIn(file)
  sentences.push(...ofFile)
  const found = ofFile.flatMap(offences).filter((offence) => !isAllowed(file, offence))
  const todo = allowed.todo.find((entry) => entry.file === file)
  if (todo && found.length > 0) used.add(todo)
  if (todo && found.length > 0 && found.length < todo.offences)
    console.log(
      `${file}: ${found.length} left of ${todo.offences}; lower the number in scripts/prose-allow.json`,
    )
  if (found.length > (todo?.offences ?? 0)) {
    for (const { line, problem, sentence } of found)
      console.log(`${file}:${line}: ${problem}\n    ${sentence}`)
    problems += found.length
  }
}
if (paths.length === 0) {
  for (const entry of allowed.todo.filter((entry) => !used.has(entry)))
    console.log(`scripts/prose-allow.json: remove ${entry.file}, which needs no entry any more`)
  for (const { file, part } of allowed.sentences.filter((entry) => !used.has(entry))) {
    console.log(`scripts/prose-allow.json: no sentence of ${file} contains "${part}"`)
    problems += 1
  }
}
if (flags.includes('--stats')) {
  const { sentences: count, median, p95, longest } = lengthsOf(sentences)
  console.log(`${count} sentences: median ${median} words, 95th percentile ${p95}, longest ${longest}`)
}
const summary = `${files.length} files, ${problems} problems`
if (problems > 0) console.error(`Prose: ${summary}; the rules are in CONTRIBUTING.md`)
else console.log(`Prose: ${summary}`)
process.exitCode = problems > 0 ? 1 : 0

/** Tracked and new files below the given paths; all of the repository's without a path. */
function trackedFiles(below: readonly string[]): string[] {
  const absolute = below.map((path) => join(process.cwd(), path))
  const list = ['ls-files', '--cached', '--others', '--exclude-standard', '-z', '--', ...absolute]
  return execFileSync('git', list, { cwd: ROOT, encoding: 'utf8', maxBuffer: 2 ** 26 })
    .split('\0')
    .filter((file) => extname(file) in PROSE_OF && existsSync(join(ROOT, file)))
    .sort()
}

function sentencesIn(file: string): Sentence[] {
  const blocks = PROSE_OF[extname(file)] ?? (() => [])
  return blocks(readFileSync(join(ROOT, file), 'utf8')).flatMap(sentencesOf)
}

function isAllowed(file: string, { sentence }: Offence): boolean {
  const entry = allowed.sentences.find(
    (candidate) => candidate.file === file && sentence.includes(candidate.part),
  )
  if (entry) used.add(entry)
  return entry !== undefined
}
