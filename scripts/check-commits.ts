/**
 * `node scripts/check-commits.ts`: checks the subject of each commit since the rule was introduced. Merges and
 * commits by Dependabot are left out, because programs write their subjects.
 * `node scripts/check-commits.ts --message <file>`: checks a message that is being written (scripts/hooks/commit-msg).
 */
import { execFileSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { subjectProblems } from './commits/subject.ts'

/** The last commit before the rule; older subjects stay as they are. */
const LAST_EXEMPT = 'e558668b353666cfcaa00b3fa4eb2569f6cdcc18'

interface Commit {
  readonly name: string
  readonly subject: string
}

const [flag, file] = process.argv.slice(2)
const commits = flag === '--message' && file !== undefined ? [draft(file)] : history()
let refused = 0
for (const { name, subject } of commits) {
  const problems = subjectProblems(subject)
  if (problems.length === 0) continue
  refused += 1
  console.error(`${name} ${subject}`)
  for (const problem of problems) console.error(`    ${problem}`)
}
if (refused > 0)
  console.error(`${refused} of ${commits.length} commit subjects break the rule in CONTRIBUTING.md.`)
else if (flag !== '--message') console.log(`Commits: ${commits.length} subjects checked`)
process.exitCode = refused > 0 ? 1 : 0

function draft(path: string): Commit {
  const lines = readFileSync(path, 'utf8').split('\n')
  return {
    name: 'This commit:',
    subject: lines.find((line) => line.trim() !== '' && !line.startsWith('#')) ?? '',
  }
}

/** @throws Error when the history is cut off before {@link LAST_EXEMPT}, as in a shallow clone. */
function history(): Commit[] {
  const range = `${LAST_EXEMPT}..HEAD`
  const log = execFileSync('git', ['log', '--no-merges', '--format=%H%x09%an%x09%s', range], {
    encoding: 'utf8',
  })
  return log
    .split('\n')
    .map((line) => line.split('\t'))
    .filter(([hash = '', author]) => hash !== '' && author !== 'dependabot[bot]')
    .map(([hash = '', , ...subject]) => ({ name: hash.slice(0, 7), subject: subject.join('\t') }))
}
