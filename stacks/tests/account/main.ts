/**
 * `npm run test:aws`: the whole life of stages in an emulated AWS account.
 * The SST CLI and the Pulumi engine are the real ones. The account is moto, or the emulator in AWS_ENDPOINT_URL.
 */
import { spawnSync } from 'node:child_process'
import { existsSync, mkdirSync, readFileSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { platformIsInstalled } from '../offline/platform.ts'
import { ROOT } from '../offline/sst.ts'
import { AccountApi } from './account.ts'
import type { Context } from './context.ts'
import { type Account, inventory, openAccount } from './emulator.ts'
import { failures } from './failures.ts'
import { leftSince, otherStage, production } from './lifecycle.ts'
import { checkEngine, PrerequisiteError } from './prerequisites.ts'
import { AwsProxy } from './proxy.ts'
import { tally } from './report.ts'
import { type Settings, sstIn } from './sst.ts'
import { StepError, Steps } from './steps.ts'

const LOGS = join(ROOT, '.sst/account-test')
const REGION = 'eu-central-1'
const DOMAIN = 'pods.example.com'
/** A part that fails does not end the test. Each deletes its own resources and expects none of the others. */
const PARTS = {
  production,
  personal: (context: Context) => otherStage(context, 'ada'),
  preview: (context: Context) => otherStage(context, 'pr-7'),
  failures,
} as const
const NAMES = Object.keys(PARTS) as (keyof typeof PARTS)[]
const HELP = `Deploys, compares, puts to sleep, wakes and removes stages in an emulated AWS account.

  npm run test:aws                    all parts: 25 minutes on two busy cores
  npm run test:aws -- production      only these parts: ${NAMES.join(', ')}

It starts moto with python3. AWS_ENDPOINT_URL names an emulator that runs already.
`

const { values, positionals } = parseArgs({
  options: { help: { type: 'boolean', short: 'h' } },
  allowPositionals: true,
})
const unknown = positionals.filter((name) => !NAMES.some((part) => part === name))
if (values.help) console.log(HELP)
else if (unknown.length > 0) {
  console.error(`There is no part ${unknown.join(', ')}.\n\n${HELP}`)
  process.exitCode = 2
} else
  process.exitCode = await main(
    NAMES.filter((name) => positionals.length === 0 || positionals.includes(name)),
  )

async function main(parts: readonly (keyof typeof PARTS)[]): Promise<number> {
  for (const signal of ['SIGINT', 'SIGTERM'] as const) process.once(signal, () => process.exit(130))
  const startedMs = performance.now()
  try {
    installPlatform()
    rmSync(LOGS, { recursive: true, force: true })
    mkdirSync(LOGS, { recursive: true })
    await checkEngine()
    await using account = await openAccount(LOGS)
    const passed = await runParts(account, parts)
    const minutes = ((performance.now() - startedMs) / 60_000).toFixed(1)
    console.log(`${passed ? 'All steps passed' : 'A step failed'}, after ${minutes} minutes.`)
    if (!passed) console.log(`The output of every command is in ${LOGS}.`)
    return passed ? 0 : 1
  } catch (error) {
    console.error(error instanceof PrerequisiteError ? error.message : error)
    return 2
  }
}

/** @throws PrerequisiteError if the npm registry does not supply SST's platform. */
function installPlatform(): void {
  if (platformIsInstalled()) return
  const { status } = spawnSync(process.execPath, [join(ROOT, 'stacks/tests/install.ts')], {
    stdio: 'inherit',
  })
  if (status !== 0)
    throw new PrerequisiteError('The test cannot start without the SST platform. Run: npm run sst:install')
}

async function runParts(emulator: Account, parts: readonly (keyof typeof PARTS)[]): Promise<boolean> {
  await using proxy = await AwsProxy.start(emulator.url)
  const steps = new Steps(() => proxy.calls)
  const account = new AccountApi({ url: proxy.url, region: REGION })
  const settings = await productionSettings(account)
  const list = (): string[] => inventory(emulator.url, REGION)
  const sst = sstIn(
    {
      ...{ AWS_ENDPOINT_URL: proxy.url, AWS_REGION: REGION, AWS_DEFAULT_REGION: REGION },
      ...{ AWS_ACCESS_KEY_ID: 'test', AWS_SECRET_ACCESS_KEY: 'test', AWS_EC2_METADATA_DISABLED: 'true' },
      ...{ AWS_CONFIG_FILE: '/dev/null', AWS_SHARED_CREDENTIALS_FILE: '/dev/null' },
    },
    LOGS,
  )
  let passed = true
  for (const part of parts) {
    try {
      await PARTS[part]({ steps, sst, account, proxy, settings, left: leftSince(list(), list) })
    } catch (error) {
      console.error(error instanceof StepError ? error.message : error)
      passed = false
      proxy.reset()
    }
  }
  console.log(`\n${steps.table()}\n\n${callReport(proxy.calls, emulator.callLog)}`)
  return passed
}

/** A given emulator may come with settings. The zone must exist, so the test creates one unless it is given. */
async function productionSettings(account: AccountApi): Promise<Settings> {
  const { WARM_PODS_DOMAIN, WARM_PODS_ZONE_ID } = process.env
  const isGiven = process.env['AWS_ENDPOINT_URL'] && WARM_PODS_DOMAIN && WARM_PODS_ZONE_ID
  return {
    WARM_PODS_DOMAIN: isGiven ? WARM_PODS_DOMAIN : DOMAIN,
    WARM_PODS_ZONE_ID: isGiven ? WARM_PODS_ZONE_ID : await account.createZone(DOMAIN),
    WARM_PODS_SITE_ORIGIN: 'https://owner.github.io',
    WARM_PODS_ALARM_EMAIL: 'owner@example.com',
    WARM_PODS_REPOSITORY: 'owner@1001/warm-pods@2002',
    WARM_PODS_ADMIN_ARN: 'arn:aws:iam::123456789012:user/owner',
  }
}

function callReport(calls: number, log: string | undefined): string {
  const made = `${calls} AWS calls were made.`
  if (!log || !existsSync(log)) return `${made} The emulator does not check calls against AWS' API models.`
  const { checked, operations, unchecked, refused } = tally(readFileSync(log, 'utf8'))
  return [
    `${made} ${checked} calls of ${operations} operations were checked against AWS' API models.`,
    ...(unchecked.length > 0 ? [`Not checked: ${unchecked.join(', ')}.`] : []),
    ...refused.map((sentence) => `Refused: ${sentence}.`),
  ].join('\n')
}
