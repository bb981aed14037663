/** A stock kubectl on this engine. `_kubectl-commands.ts` has the commands; the README documents them. */

import { execFile, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readFileSync } from 'node:fs'
import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { describe, expect, it } from 'vitest'
import { kubeconfigFor } from '../src/kubeconfig.ts'
import { type Client, createClient } from './_client.ts'
import { COMMANDS, type Command } from './_kubectl-commands.ts'
import { startLocal } from './_target.ts'

const README = readFileSync(new URL('../README.md', import.meta.url), 'utf8')
/** The oldest kubectl that reads OpenAPI v3 documents only. */
const MIN_MINOR = 30

/** Returns why the test cannot run; undefined when a usable kubectl is on the PATH. */
async function whyNot(): Promise<string | undefined> {
  const found = await promisify(execFile)('kubectl', ['version', '--client', '-o', 'json']).catch(
    () => undefined,
  )
  if (!found) return 'kubectl is not on the PATH'
  const minor = Number.parseInt(JSON.parse(found.stdout).clientVersion.minor, 10)
  return minor < MIN_MINOR ? `kubectl 1.${minor} is older than 1.${MIN_MINOR}` : undefined
}

interface Result {
  code: number
  text: string
}

async function kubectl(args: readonly string[], input: string, env: NodeJS.ProcessEnv): Promise<Result> {
  const child = spawn('kubectl', args, { env: { ...process.env, ...env }, stdio: ['pipe', 'pipe', 'pipe'] })
  let text = ''
  for (const stream of [child.stdout, child.stderr]) stream.on('data', (chunk) => (text += chunk))
  child.stdin.end(input)
  const [code] = await once(child, 'close')
  return { code: Number(code), text: text.trim() }
}

const wordsOf = (run: string): string[] =>
  [...run.matchAll(/'([^']*)'|(\S+)/g)].map(([, quoted, plain]) => quoted ?? plain ?? '')

function inputOf({ input }: Command, client: Client): string {
  if (!input) return ''
  const { spec, ...rest } = client.manifest('j')
  return JSON.stringify({ ...rest, spec: input === 'job' ? spec : { ...spec, bogus: 1 } })
}

describe('kubectl', () => {
  it('runs every documented command', { timeout: 180_000 }, async (context) => {
    const reason = await whyNot()
    if (reason) return context.skip(`not run: ${reason}`)
    await using target = await startLocal()
    const client = createClient(target, 'default')
    const folder = await mkdtemp(join(tmpdir(), 'kubectl-'))
    const kubeconfig = join(folder, 'kubeconfig')
    await writeFile(kubeconfig, kubeconfigFor({ url: target.baseUrl, context: 'test', namespace: 'default' }))
    const global = [`--kubeconfig=${kubeconfig}`, `--cache-dir=${folder}`, '--request-timeout=20s']
    const env = {
      KUBE_EDITOR: 'sed -i.bak s/backoffLimit:.6/backoffLimit:\\ 5/',
      KUBECTL_EXTERNAL_DIFF: 'true',
    }
    try {
      for (const command of COMMANDS) {
        const pod = command.run.includes('POD') ? await client.pod('j', 'there', () => true) : undefined
        const named = command.run
          .replace('POD', `pod/${pod?.metadata.name}`)
          .replace('JOB', 'job/j')
          .replace('NODE', 'node-1')
        const { code, text } = await kubectl([...global, ...wordsOf(named)], inputOf(command, client), env)
        const pattern = new RegExp(command.prints.source.replace('NODE', 'node-1'), command.prints.flags)
        expect(text, `kubectl ${named}`).toMatch(pattern)
        expect(code === 0, `the exit code of kubectl ${named}`).toBe(!command.refused)
      }
    } finally {
      await rm(folder, { recursive: true })
    }
  })

  const section = README.split('## kubectl\n')[1]?.split('\n## ')[0] ?? ''

  it('is documented with the commands of this test, and no others', () => {
    const documented = [...section.matchAll(/`([a-z][a-z -]*)`(?=[,.] |[,.]\n| \|)/g)].map(
      ([, command]) => command,
    )
    const known = new Set(COMMANDS.flatMap(({ documents }) => documents))
    expect(documented.toSorted()).toEqual([...known].toSorted())
  })

  it('is documented with the errors of this test', () => {
    const rows = [...(section.split('| The error contains |')[1]?.matchAll(/^\| (`.+`) \| (.+) \|$/gm) ?? [])]
    expect(rows.length).toBeGreaterThan(0)
    for (const [, names = '', sentence = ''] of rows)
      for (const [, name = ''] of names.matchAll(/`([^`]+)`/g)) {
        const { prints, refused } = COMMANDS.find(({ documents }) => documents.includes(name)) ?? {}
        expect(refused).toBe(true)
        const [start = '', ...rest] = sentence.split('…')
        for (const part of [start, ...rest]) expect(prints?.source).toContain(part.trim())
      }
  })
})
