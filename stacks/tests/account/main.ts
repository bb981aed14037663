/**
 * `npm run test:aws`: deploys, compares, puts to sleep, wakes and removes stages in an emulated AWS account.
 * The SST CLI and the Pulumi engine are the real ones. The account is taken from the environment: AWS_ENDPOINT_URL,
 * credentials, and the settings of production.
 */
import { readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as v from 'valibot'
import { VARIABLES } from '../../settings/settings.ts'
import { ROOT } from '../offline/sst.ts'
import { call } from './aws-api.ts'
import { noChanges, StepError, step, succeeds } from './steps.ts'

const CONFIG = join(ROOT, 'sst.config.ts')
const PROTECTION = 'protect: production,'
const IMAGE = { WARM_PODS_IMAGE_TAG: '0123abc' }
const ASLEEP = { WARM_PODS_POWER: 'asleep' }
const AWAKE = { WARM_PODS_POWER: 'awake' }
/** Neither setting is needed again: Parameter Store keeps them, as for a workflow that has no value. */
const KEPT = { WARM_PODS_IMAGE_TAG: '', WARM_PODS_ADMIN_ARN: '', WARM_PODS_POWER: '' }

const Tagged = v.object({ ResourceTagMappingList: v.array(v.object({ ResourceARN: v.string() })) })

const problem = environmentProblem()
if (problem) {
  console.error(problem)
  process.exitCode = 2
} else {
  const startedMs = performance.now()
  try {
    await production()
    for (const stage of ['ada', 'pr-7']) await otherStage(stage)
    console.log(`All steps passed in ${Math.round((performance.now() - startedMs) / 1000)} s.`)
  } catch (error) {
    console.error(error instanceof StepError ? error.message : error)
    console.error('The output of every step is in .sst/account-test.')
    process.exitCode = 1
  }
}

/** Only an emulator on this machine is used, so the test can never change a real account. */
function environmentProblem(): string | undefined {
  const url = process.env['AWS_ENDPOINT_URL'] ?? ''
  const host = URL.canParse(url) ? new URL(url).hostname : ''
  if (!['127.0.0.1', 'localhost', '[::1]'].includes(host)) {
    return 'AWS_ENDPOINT_URL must name an emulator on this machine, such as http://127.0.0.1:5000. Start moto there, create a hosted zone, and set the settings of production (docs/operations.md).'
  }
  const needed = ['WARM_PODS_DOMAIN', 'WARM_PODS_ZONE_ID', 'WARM_PODS_SITE_ORIGIN', 'WARM_PODS_ALARM_EMAIL']
  const missing = [...needed, 'WARM_PODS_REPOSITORY', 'WARM_PODS_ADMIN_ARN'].filter(
    (name) => !process.env[name],
  )
  return missing.length > 0 ? `Set ${missing.join(', ')} for the emulated production stage.` : undefined
}

async function production(): Promise<void> {
  const deploy = ['deploy', '--stage', 'production']
  const group = '/aws/eks/warm-pods-production/cluster'
  await step('production: first deploy, asleep', () => succeeds(deploy, { ...KEPT, ...ASLEEP }))
  await step('production: no changes', () => noChanges('production', KEPT))
  await step('production: wake', () => succeeds(deploy, { ...IMAGE, ...AWAKE }))
  await step('production: no changes, without image tag and administrator', () =>
    noChanges('production', KEPT),
  )
  await step('production: refresh finds no drift', async () => {
    await succeeds(['refresh', '--stage', 'production'], KEPT)
    await noChanges('production', KEPT)
  })
  await step('production: a change by hand is found, and the next deploy undoes it', async () => {
    await call('logs', 'PutRetentionPolicy', { logGroupName: group, retentionInDays: 30 })
    await succeeds(['refresh', '--stage', 'production'], KEPT)
    const drift = await succeeds(['diff', '--stage', 'production'], KEPT)
    if (!drift.includes('ClusterLog'))
      throw new StepError(`The drift of the log group was not found:\n${drift}`)
    await succeeds(deploy, KEPT)
  })
  await step('production: sleep', () => succeeds(deploy, { ...KEPT, ...ASLEEP }))
  await step('production: no changes, and still asleep', () => noChanges('production', KEPT))
  await step('production: wake after the last lines of EKS', async () => {
    // EKS creates the log group if it is missing. The stage keeps it, so the call fails.
    await call('logs', 'CreateLogGroup', { logGroupName: group }).catch(() => undefined)
    await succeeds(deploy, { ...KEPT, ...AWAKE })
  })
  await step('production: one changed setting changes one resource', async () => {
    const diff = await succeeds(['diff', '--stage', 'production'], { ...KEPT, WARM_PODS_BUDGET_USD: '300' })
    const changed = diff.match(/^[*+-] .*aws:.*$/gm) ?? []
    if (changed.length !== 1 || !changed[0]?.includes('Budget'))
      throw new StepError(`Expected a change of the budget:\n${diff}`)
  })
  await step('production: protected from removal', async () => {
    const removed = await succeeds(['remove', '--stage', 'production'], KEPT).catch(() => undefined)
    if (removed !== undefined) throw new StepError('sst remove removed a protected stage.')
  })
  await step('production: removal as in docs/operations.md', () => removeProduction())
  await nothingLeft('production', group)
}

/** The commands of the manual, and then `sst remove` without the protection. */
async function removeProduction(): Promise<void> {
  const tables = ['pool', 'sessions'].map((name) => `warm-pods-production-${name}`)
  for (const TableName of tables)
    await call('dynamodb', 'UpdateTable', { TableName, DeletionProtectionEnabled: false })
  await call('ecr', 'DeleteRepository', { repositoryName: 'warm-pods-production-pod', force: true })
  const config = readFileSync(CONFIG, 'utf8')
  if (!config.includes(PROTECTION)) throw new StepError(`sst.config.ts has no "${PROTECTION}".`)
  writeFileSync(CONFIG, config.replace(PROTECTION, 'protect: false,'))
  try {
    await succeeds(['remove', '--stage', 'production'], KEPT)
  } finally {
    writeFileSync(CONFIG, config)
  }
  for (const TableName of tables) await call('dynamodb', 'DeleteTable', { TableName })
}

async function otherStage(stage: string): Promise<void> {
  const unset = Object.fromEntries(Object.keys(VARIABLES).map((name) => [name, '']))
  await step(`${stage}: deploy`, () => succeeds(['deploy', '--stage', stage], unset))
  await step(`${stage}: no changes`, () => noChanges(stage, unset))
  await step(`${stage}: remove`, () => succeeds(['remove', '--stage', stage], unset))
  await nothingLeft(stage, undefined)
}

/** Deletes what the manual names, and expects that nothing with the stage's tag is left. */
async function nothingLeft(stage: string, logGroup: string | undefined): Promise<void> {
  await step(`${stage}: nothing is left`, async () => {
    if (logGroup) await call('logs', 'DeleteLogGroup', { logGroupName: logGroup }).catch(() => undefined)
    await call('ssm', 'DeleteParameter', { Name: `/sst/passphrase/warm-pods/${stage}` })
    const filter = { TagFilters: [{ Key: 'stage', Values: [stage] }] }
    const { ResourceTagMappingList: left } = v.parse(Tagged, await call('tagging', 'GetResources', filter))
    if (left.length > 0) throw new StepError(`Left: ${left.map(({ ResourceARN }) => ResourceARN).join(', ')}`)
  })
}
