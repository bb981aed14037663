import { execFileSync } from 'node:child_process'
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { load } from 'js-yaml'
import * as v from 'valibot'
import { describe, expect, it } from 'vitest'
import { VARIABLES } from '../settings/settings.ts'
import { subjectsOf } from './subjects.ts'

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
          'continue-on-error': v.optional(v.boolean()),
        }),
      ),
    }),
  ),
})
const workflow = (file: string) => v.parse(WorkflowSchema, load(text(file)))

describe.each(FILES)('%s', (file) => {
  it('has read permissions unless a job states more, a time limit for each job, and a concurrency group', () => {
    const { permissions, jobs } = workflow(file)
    expect(permissions).toEqual({ contents: 'read' })
    for (const [name, job] of Object.entries(jobs)) {
      expect(job['timeout-minutes'], name).toBeLessThanOrEqual(60)
      const writes = Object.entries(job.permissions ?? {}).filter(([, access]) => access === 'write')
      const allowed = file === 'pages.yml' ? ['pages', 'id-token'] : ['id-token']
      expect(
        writes.map(([scope]) => scope).filter((scope) => !allowed.includes(scope)),
        name,
      ).toEqual([])
      // An environment's rules decide which branches may use it, and each AWS role trusts one environment only.
      if (writes.length > 0) expect(job.environment, name).toBeDefined()
    }
  })

  it('pins each action to a commit with its version as a comment, and stores no Git credentials', () => {
    for (const line of text(file).match(/uses: .*/g) ?? [])
      expect(line).toMatch(/^uses: [\w-]+\/[\w.-]+@[0-9a-f]{40} # v\d+\.\d+\.\d+$/)
    for (const { steps } of Object.values(workflow(file).jobs)) {
      for (const step of steps.filter(({ uses }) => uses?.startsWith('actions/checkout@')))
        expect(step.with).toMatchObject({ 'persist-credentials': false })
    }
  })

  it('uses no expression in a script, because a pull request’s title could become a command', () => {
    for (const { steps } of Object.values(workflow(file).jobs))
      for (const { run = '' } of steps) expect(run).not.toContain('${{')
  })
})

describe('ci', () => {
  it('runs the checks, the tests of stacks/, actionlint, and the tests on a real cluster', () => {
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

describe('pages', () => {
  it('adds the files of previous releases after the build and before the upload, and deploys without them if that fails', () => {
    const steps = workflow('pages.yml').jobs['build']?.steps ?? []
    const indexOf = (text: string) =>
      steps.findIndex(({ run = '', uses = '' }) => `${run}${uses}`.includes(text))
    const order = ['npm run build', 'keep-releases.ts', 'actions/upload-pages-artifact@'].map(indexOf)
    expect(order).not.toContain(-1)
    expect(order).toEqual(order.toSorted((one, other) => one - other))
    const keep = steps[indexOf('keep-releases.ts')]
    expect(keep?.['continue-on-error']).toBe(true)
    // The step reads a public site, so it gets no secret and no token.
    expect(JSON.stringify(keep)).not.toMatch(/secrets\.|token/i)
    expect(existsSync(join(FOLDER, '../..', /\S+keep-releases\.ts/.exec(keep?.run ?? '')?.[0] ?? ''))).toBe(
      true,
    )
  })
})

describe('deploy', () => {
  it('names the repository as GitHub’s token does, with both ids', () => {
    const [deploy] = Object.values(workflow('deploy.yml').jobs).flatMap(({ steps }) =>
      steps.filter(({ run }) => run?.includes('npm run deploy')),
    )
    const expression = String(deploy?.env?.['WARM_PODS_REPOSITORY'])
    const [, template = '', names = ''] =
      /^\$\{\{ vars\.WARM_PODS_REPOSITORY \|\| format\('(.*)', (.*)\) \}\}$/.exec(expression) ?? []
    const context: Record<string, string> = {
      'github.repository_owner': 'octocat',
      'github.repository_owner_id': '123456',
      'github.event.repository.name': 'my-repo',
      'github.repository_id': '456789',
    }
    const parts = names.split(', ').map((name) => context[name])
    const repository = template.replaceAll(/\{(\d)\}/g, (_, index) => parts[Number(index)] ?? '')
    expect(subjectsOf(repository, 'production')).toContain(
      'repo:octocat@123456/my-repo@456789:environment:production',
    )
  })

  it('builds the image on base images of a digest that it resolves and records', () => {
    const steps = Object.values(workflow('deploy.yml').jobs).flatMap((job) => job.steps)
    const resolve = steps.find(({ run }) => run?.includes('imagetools inspect'))
    const build = steps.find(({ uses }) => uses?.startsWith('docker/build-push-action@'))
    expect(build?.with).toMatchObject({
      'build-contexts': expect.stringContaining('steps.bases.outputs.contexts'),
    })
    const folder = mkdtempSync(join(tmpdir(), 'workflow-'))
    try {
      writeFileSync(join(folder, 'docker'), '#!/bin/sh\necho sha256:0a1b\n', { mode: 0o755 })
      const files = { GITHUB_OUTPUT: join(folder, 'output'), GITHUB_STEP_SUMMARY: join(folder, 'summary') }
      const env = { ...process.env, ...files, PATH: `${folder}:${process.env['PATH']}` }
      execFileSync('bash', ['-e', '-c', resolve?.run ?? ''], { cwd: join(FOLDER, '../..'), env })
      const bases = ['node:24-bookworm-slim', 'gcr.io/distroless/nodejs24-debian12:nonroot']
      const lines = bases.map((image) => `${image}=docker-image://${image}@sha256:0a1b`)
      expect(readFileSync(files.GITHUB_OUTPUT, 'utf8')).toBe(
        ['contexts<<END', ...lines, 'END', ''].join('\n'),
      )
      expect(readFileSync(files.GITHUB_STEP_SUMMARY, 'utf8')).toBe([...lines, ''].join('\n'))
    } finally {
      rmSync(folder, { recursive: true })
    }
  })

  it('is one job, so that a reviewer approves once', () => {
    const jobs = Object.values(workflow('deploy.yml').jobs)
    expect(jobs.filter(({ environment }) => environment !== undefined)).toHaveLength(1)
  })

  it('ends with a claim and with the check that the cluster enforces the network policies', () => {
    const runs = Object.values(workflow('deploy.yml').jobs).flatMap(({ steps }) =>
      steps.map(({ run }) => run),
    )
    expect(runs.at(-1)).toMatch(/^npm run smoke -- .* --cluster$/)
  })

  it('passes on every setting of production', () => {
    const [deploy] = Object.values(workflow('deploy.yml').jobs).flatMap(({ steps }) =>
      steps.filter(({ run }) => run?.includes('npm run deploy')),
    )
    const personal = ['WARM_PODS_CLUSTER', 'WARM_PODS_GATEWAY_URL', 'WARM_PODS_IMAGE']
    const passed = [...Object.keys(deploy?.env ?? {}), ...(deploy?.run?.match(/WARM_PODS_\w+/g) ?? [])]
    expect(
      Object.keys(VARIABLES).filter((name) => !personal.includes(name) && !passed.includes(name)),
    ).toEqual([])
    expect(passed.filter((name) => name.startsWith('WARM_PODS_') && !(name in VARIABLES))).toEqual([])
  })
})
