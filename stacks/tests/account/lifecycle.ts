/** The life of a stage: deploy, drift, sleep, wake, a changed setting, removal as in docs/operations.md. */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from '../offline/sst.ts'
import type { Context } from './context.ts'
import { added, leftoverProblems, matchesPattern } from './report.ts'
import { fails, hasNoChanges, sstMessage, succeeds } from './sst.ts'
import { StepError } from './steps.ts'

const CONFIG = join(ROOT, 'sst.config.ts')
const PROTECTION = 'protect: production,'
const GROUP = '/aws/eks/warm-pods-production/cluster'
const ASLEEP = { WARM_PODS_POWER: 'asleep' }
/** The emulator runs no pod, so the image needs no layers. */
const MANIFEST = {
  schemaVersion: 2,
  mediaType: 'application/vnd.oci.image.manifest.v1+json',
  config: {
    mediaType: 'application/vnd.oci.image.config.v1+json',
    size: 2,
    digest: `sha256:${'0'.repeat(64)}`,
  },
  layers: [],
}
const AWAKE = { WARM_PODS_POWER: 'awake' }
/** A role of production with a fixed name. */
const ROLE = 'warm-pods-production-github-production'
const TRUST = JSON.stringify({
  Version: '2012-10-17',
  Statement: [{ Effect: 'Allow', Action: 'sts:AssumeRole', Principal: { Service: 'ec2.amazonaws.com' } }],
})
/** EKS writes its last lines within this time after the deletion of a cluster (emulator/eks.py). */
const LATE_LOGS_MS = 5_000

/** What `sst remove` leaves by design of SST. docs/operations.md lists it. */
const SHARED_BY_APPS = ['ecr sst-asset', 's3 sst-asset-*', 's3 sst-state-*', 'ssm /sst/bootstrap']

/** Production from the first deploy to its removal. */
export async function production({ steps, sst, account, settings, left }: Context): Promise<void> {
  const deploy = ['deploy', '--stage', 'production']
  // Parameter Store keeps both, as for a workflow that has no value.
  const { WARM_PODS_ADMIN_ARN: adminArn = '', ...kept } = settings
  const step = (title: string, body: () => Promise<unknown>): Promise<unknown> =>
    steps.run(`production: ${title}`, body)
  const diffIsEmpty = (): Promise<void> => hasNoChanges(sst, 'production', kept)

  await step('a deploy names a role that exists already', async () => {
    await account.iam('CreateRole', { RoleName: ROLE, AssumeRolePolicyDocument: TRUST })
    await fails(sst, deploy, { ...kept, ...ASLEEP }, [/already exists/i, new RegExp(ROLE)])
    await account.iam('DeleteRole', { RoleName: ROLE })
  })
  await step('first deploy, asleep', () => succeeds(sst, deploy, { ...kept, ...ASLEEP }))
  await step('diff has no changes', diffIsEmpty)
  const woken = { ...kept, ...AWAKE, WARM_PODS_ADMIN_ARN: adminArn, WARM_PODS_IMAGE_TAG: '0123abc' }
  await step('a deploy names an image that is missing', () =>
    fails(sst, deploy, woken, [/WARM_PODS_IMAGE_TAG is "0123abc"/, /no image with that tag/]),
  )
  await step('push the image', () =>
    account.json('ecr', 'PutImage', {
      repositoryName: 'warm-pods-production-pod',
      imageTag: woken.WARM_PODS_IMAGE_TAG,
      imageManifest: JSON.stringify(MANIFEST),
    }),
  )
  await step('wake', () => succeeds(sst, deploy, woken))
  await step('diff has no changes, without image tag and administrator', diffIsEmpty)
  await step('refresh finds no drift', async () => {
    await succeeds(sst, ['refresh', '--stage', 'production'], kept)
    await diffIsEmpty()
  })
  await step('refresh finds a change by hand, and a deploy undoes it', async () => {
    await account.json('logs', 'PutRetentionPolicy', { logGroupName: GROUP, retentionInDays: 30 })
    await succeeds(sst, ['refresh', '--stage', 'production'], kept)
    const output = await succeeds(sst, deploy, kept)
    expectOnlyChange(output, 'ClusterLog')
  })
  await step('sleep', () => succeeds(sst, deploy, { ...kept, ...ASLEEP }))
  await step('diff has no changes, and the stage is still asleep', diffIsEmpty)
  await step('wake, after the last log lines of EKS', async () => {
    await new Promise((resume) => setTimeout(resume, LATE_LOGS_MS))
    await succeeds(sst, deploy, { ...kept, ...AWAKE })
  })
  await step('diff has no changes', diffIsEmpty)
  await step('a changed setting changes one resource', async () => {
    const output = await succeeds(sst, deploy, { ...kept, WARM_PODS_BUDGET_USD: '300' })
    expectOnlyChange(output, 'Budget')
  })
  await step('sst remove refuses a protected stage', async () => {
    const { code } = await sst.run(['remove', '--stage', 'production'], kept)
    if (code === 0) throw new StepError('sst remove removed a protected stage.')
  })
  await step('removal: sleep', () => succeeds(sst, deploy, { ...kept, ...ASLEEP }))
  await step('removal: the commands of docs/operations.md', async () => {
    const tables = ['pool', 'sessions'].map((name) => `warm-pods-production-${name}`)
    for (const TableName of tables)
      await account.json('dynamodb', 'UpdateTable', { TableName, DeletionProtectionEnabled: false })
    await account.json('ecr', 'DeleteRepository', { repositoryName: 'warm-pods-production-pod', force: true })
    await unprotected(() => succeeds(sst, ['remove', '--stage', 'production'], kept))
    for (const TableName of tables) await account.json('dynamodb', 'DeleteTable', { TableName })
  })
  await step('nothing is left but the documented', async () => {
    // EKS creates the log group after the deletion of a cluster. The stage owned it until its removal.
    await account.json('logs', 'CreateLogGroup', { logGroupName: GROUP })
    expectLeft(left(), [...SHARED_BY_APPS, 'ssm /sst/passphrase/warm-pods/production', `logs ${GROUP}`])
    await account.json('logs', 'DeleteLogGroup', { logGroupName: GROUP })
    await account.json('ssm', 'DeleteParameter', { Name: '/sst/passphrase/warm-pods/production' })
    expectLeft(left(), SHARED_BY_APPS)
  })
}

/** A personal or preview stage: it has no cluster, and its removal needs no other command. */
export async function otherStage({ steps, sst, account, left }: Context, stage: string): Promise<void> {
  const step = (title: string, body: () => Promise<unknown>): Promise<unknown> =>
    steps.run(`${stage}: ${title}`, body)
  await step('deploy', () => succeeds(sst, ['deploy', '--stage', stage], {}))
  await step('diff has no changes', () => hasNoChanges(sst, stage, {}))
  await removeOther({ steps, sst, account, left }, stage)
}

/** Removes a personal or preview stage, and checks the leftovers. */
export async function removeOther(
  { steps, sst, account, left }: Pick<Context, 'steps' | 'sst' | 'account' | 'left'>,
  stage: string,
): Promise<void> {
  await steps.run(`${stage}: remove leaves only the documented`, async () => {
    await succeeds(sst, ['remove', '--stage', stage], {})
    expectLeft(left(), [...SHARED_BY_APPS, `ssm /sst/passphrase/warm-pods/${stage}`])
    await account.json('ssm', 'DeleteParameter', { Name: `/sst/passphrase/warm-pods/${stage}` })
  })
}

/** Runs with `protect: false`, as the manual says, and restores the file. */
async function unprotected(body: () => Promise<unknown>): Promise<void> {
  const config = readFileSync(CONFIG, 'utf8')
  if (!config.includes(PROTECTION)) throw new StepError(`sst.config.ts has no "${PROTECTION}".`)
  const restore = (): void => writeFileSync(CONFIG, config)
  // Ctrl-C must not leave production unprotected.
  process.once('exit', restore)
  writeFileSync(CONFIG, config.replace(PROTECTION, 'protect: false,'))
  try {
    await body()
  } finally {
    restore()
    process.off('exit', restore)
  }
}

function expectOnlyChange(output: string, resource: string): void {
  const changes = sstMessage(output)
    .split('\n')
    .filter((line) => /^\|\s+(Created|Updated|Deleted)\b/.test(line))
  if (changes.length === 0 || changes.some((line) => !line.includes(resource)))
    throw new StepError(`Expected a change of ${resource} alone, not:\n${changes.join('\n') || 'no change'}`)
}

function expectLeft(left: readonly string[], documented: readonly string[]): void {
  const problems = leftoverProblems(left, documented)
  if (problems.length > 0) throw new StepError(problems.join('\n'))
}

/** Returns the resources that were added to `before`, and the resources that SST keeps for all apps. */
export function leftSince(before: readonly string[], list: () => string[]): () => string[] {
  const others = before.filter((line) => !SHARED_BY_APPS.some((pattern) => matchesPattern(line, pattern)))
  return () => added(others, list())
}
