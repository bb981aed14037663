import { readdirSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { load } from 'js-yaml'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { VARIABLES } from '../settings/settings.ts'

const FOLDER = join(import.meta.dirname, '../../.github/workflows')
const FILES = readdirSync(FOLDER)
const text = (file: string): string => readFileSync(join(FOLDER, file), 'utf8')

const Permissions = v.record(v.string(), v.string())
const WorkflowSchema = v.object({
  permissions: Permissions,
  concurrency: v.object({ group: v.string(), 'cancel-in-progress': v.union([v.boolean(), v.string()]) }),
  jobs: v.record(
    v.string(),
    v.object({
      'timeout-minutes': v.number(),
      environment: v.optional(v.union([v.string(), v.object({ name: v.string() })])),
      permissions: v.optional(Permissions),
      steps: v.array(
        v.object({
          uses: v.optional(v.string()),
          run: v.optional(v.string()),
          with: v.optional(v.record(v.string(), v.unknown())),
          env: v.optional(v.record(v.string(), v.unknown())),
        }),
      ),
    }),
  ),
})
const workflow = (file: string) => v.parse(WorkflowSchema, load(text(file)))

describe.each(FILES)('%s', (file) => {
  it('may only read unless a job says otherwise, ends by itself, and does not run over itself', () => {
    const { permissions, jobs } = workflow(file)
    expect(permissions).toEqual({ contents: 'read' })
    for (const [name, job] of Object.entries(jobs)) {
      expect(job['timeout-minutes'], name).toBeLessThanOrEqual(60)
      const writes = Object.entries(job.permissions ?? {}).filter(([, right]) => right === 'write')
      const wanted = file === 'pages.yml' ? ['pages', 'id-token'] : ['id-token']
      expect(
        writes.map(([what]) => what).filter((what) => !wanted.includes(what)),
        name,
      ).toEqual([])
      // Who may be in an environment, its own rules say: a role is given to nothing outside one.
      if (writes.length > 0) expect(job.environment, name).toBeDefined()
    }
  })

  it('pins each action by commit, with its version beside it, and leaves no credential behind', () => {
    for (const line of text(file).match(/uses: .*/g) ?? [])
      expect(line).toMatch(/^uses: [\w-]+\/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
    for (const { steps } of Object.values(workflow(file).jobs)) {
      for (const step of steps.filter(({ uses }) => uses?.startsWith('actions/checkout@')))
        expect(step.with).toMatchObject({ 'persist-credentials': false })
    }
  })

  it('has no expression in a script, where a title could become a command', () => {
    for (const { steps } of Object.values(workflow(file).jobs))
      for (const { run = '' } of steps) expect(run).not.toContain('${{')
  })
})

describe('ci', () => {
  it('checks, tests the stacks, these files, and the product on a real cluster', () => {
    const runs = Object.values(workflow('ci.yml').jobs).flatMap(({ steps }) =>
      steps.map(({ run = '' }) => run),
    )
    for (const command of ['.ci/run', 'npm run test:infra', 'actionlint', 'npm run test:cluster'])
      expect(
        runs.filter((run) => run.includes(command)),
        command,
      ).toHaveLength(1)
  })
})

describe('deploy', () => {
  it('hands on every setting that production can have', () => {
    const [deploy] = Object.values(workflow('deploy.yml').jobs).flatMap(({ steps }) =>
      steps.filter(({ run }) => run?.includes('npm run deploy')),
    )
    const personal = ['WARM_PODS_CLUSTER', 'WARM_PODS_GATEWAY_URL', 'WARM_PODS_IMAGE']
    const handed = [...Object.keys(deploy?.env ?? {}), ...(deploy?.run?.match(/WARM_PODS_\w+/g) ?? [])]
    expect(
      Object.keys(VARIABLES).filter((name) => !personal.includes(name) && !handed.includes(name)),
    ).toEqual([])
    expect(handed.filter((name) => name.startsWith('WARM_PODS_') && !(name in VARIABLES))).toEqual([])
  })
})
