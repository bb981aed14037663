/**
 * `npm run rehearse -- --context <name>`: deploys production to an emulated AWS account, with its manifests on a real Kubernetes
 * cluster. It starts the functions from their deployed archives, and visits them through the deployed gateway.
 */
import { execFileSync } from 'node:child_process'
import { mkdirSync, rmSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { type Pool, PoolSchema } from '@warm-pods/core/api/contracts.ts'
import { type ApiClient, createApiClient } from '@warm-pods/local/cluster-context/api-client.ts'
import { kubeconfigFiles, loadContext } from '@warm-pods/local/cluster-context/kubeconfig-files.ts'
import { UserError } from '@warm-pods/local/user-error.ts'
import * as v from 'valibot'
import { assertImage } from '../cluster/_image.ts'
import { emulatorAt } from './aws/emulator.ts'
import { awsEndpoint } from './aws/endpoint.ts'
import { createOwner, credentialVariables } from './aws/identities.ts'
import { createLateLogGroup } from './aws/late-log.ts'
import { pushImage } from './aws/registry.ts'
import { CommandFailed, INTERRUPT, nodeCommand, ROOT, run } from './commands.ts'
import { invoke } from './functions.ts'
import { checkBinding, type RunningGateway, startGateway } from './gateway.ts'
import { accessEntries } from './kubernetes/access-entries.ts'
import { startApiServer } from './kubernetes/api-server.ts'
import { assertUsable, installAutoModeKinds, removeDeployed } from './kubernetes/cluster.ts'
import { localPodNetworks } from './kubernetes/differences.ts'
import {
  checkMonitoring,
  componentsOf,
  componentsWithoutKinds,
  prepareMonitoring,
} from './kubernetes/monitoring.ts'
import { runPhase, withoutProtection } from './manual.ts'
import { makeCertificates } from './network/certificates.ts'
import { AWS_DOMAIN, networkOf, startNamedSites } from './network/redirect.ts'
import { startServer } from './network/servers.ts'
import { HELP, type Options, readOptions } from './options.ts'
import { getDeployed, type RunningStage, STAGE, startStage } from './stage.ts'
import { step } from './step.ts'

const FOLDER = join(ROOT, '.sst/rehearsal')
const CLUSTER = `warm-pods-${STAGE}`
/** A pod starts in seconds, and refill's schedule repeats each minute. */
const POOL_FULL_WITHIN_MS = 150_000

/** Refusals of the cluster and errors of the functions. They explain a step that failed. */
const problems: string[] = []

try {
  const options = readOptions()
  if (options) await rehearse(options)
  else console.log(HELP)
} catch (error) {
  console.error(error instanceof UserError ? error.message : String(error))
  if (problems.length > 0) console.error(`Reported meanwhile:\n  ${problems.join('\n  ')}`)
  console.error('The output of every step is in .sst/rehearsal.')
  process.exitCode = 1
}

async function rehearse(options: Options): Promise<void> {
  const startedMs = performance.now()
  const files = kubeconfigFiles({
    given: options.kubeconfig,
    environment: process.env,
    from: process.env.INIT_CWD ?? process.cwd(),
  })
  const client = createApiClient(loadContext(files, options.context))
  try {
    const version = await assertUsable(client, options.context)
    const { context, gatewayImage, image } = options
    for (const needed of [image, gatewayImage])
      await assertImage(client, { context, image: needed, isDefault: needed === 'warm-pods/pod:dev' })
    console.log(
      `On ${context}, Kubernetes ${version} at ${client.server}, and the emulator at ${options.emulator}.`,
    )
    console.log(
      `Replaced for this cluster: the pod's image by ${image}, the gateway's by ${gatewayImage} on any CPU, the pod network of cluster.conf by those of k8s/overlays/local.`,
    )
    try {
      await deployAndVisit(options, client)
    } finally {
      await step('cluster: the deployed objects are deleted', () => removeDeployed(client))
    }
  } finally {
    client.close()
  }
  console.log(`The rehearsal passed in ${Math.round((performance.now() - startedMs) / 1_000)} s.`)
}

async function deployAndVisit(options: Options, client: ApiClient): Promise<void> {
  const { domain, gatewayImage, image, region } = options
  rmSync(FOLDER, { recursive: true, force: true })
  mkdirSync(FOLDER, { recursive: true })
  const emulator = emulatorAt(options.emulator, region)
  const certificates = makeCertificates(FOLDER, [
    `api.${domain}`,
    `gateway.${domain}`,
    `*.${region}.${AWS_DOMAIN}`,
  ])
  const tag = execFileSync('git', ['rev-parse', 'HEAD'], { cwd: ROOT, encoding: 'utf8' }).trim()
  let deployedImage = ''
  let awsPort = 0
  let stage: RunningStage | undefined
  let gateway: RunningGateway | undefined
  const note = (problem: string) => void problems.push(problem)

  await using apiServer = await startApiServer({
    client,
    certificates,
    identify: accessEntries(emulator, CLUSTER, () => `127.0.0.1:${awsPort}`),
    differences: () => ({
      deployedImage,
      image,
      gatewayImage,
      podNetworks: localPodNetworks(),
    }),
    onRefusal: note,
  })
  const handler = awsEndpoint({
    emulator: emulator.url,
    cluster: () => ({ endpoint: `https://127.0.0.1:${apiServer.port}`, ca: certificates.ca }),
    functionPort: (name) => stage?.functions.get(name)?.port,
  })
  await using aws = await startServer({ onRequest: handler })
  awsPort = aws.port
  await using sites = await startNamedSites(certificates, (host) => {
    if (host === `api.${domain}`) return stage?.api
    if (host === `gateway.${domain}`) return gateway?.site
    return host.endsWith(`.${AWS_DOMAIN}`) ? { request: handler } : undefined
  })
  const network = networkOf(domain, sites.port, certificates)
  const owner = await createOwner(emulator)
  const account = {
    ...credentialVariables(owner.credentials),
    AWS_ENDPOINT_URL: `http://127.0.0.1:${aws.port}`,
    WARM_PODS_ADMIN_ARN: owner.arn,
  }
  let runs = 0
  const logFile = (name: string) => join(FOLDER, `${String(++runs).padStart(2, '0')}-${name}.log`)
  const deploy = (env: Record<string, string>, ...args: string[]) =>
    run({
      command: nodeCommand('stacks/tools/deploy.ts', ['--stage', STAGE, ...args]),
      env: { ...account, ...env },
      log: logFile('deploy'),
    })
  const sleepStage = () => deploy({}, '--power', 'asleep')
  const smoke = () => {
    const args = [`https://api.${domain}`, options.siteOrigin, ...(options.policies ? ['--cluster'] : [])]
    const command = nodeCommand('stacks/tools/smoke.ts', args, network.flags)
    return run({ command, env: { ...account, ...network.env }, log: logFile('smoke') })
  }
  const shell = (text: string) =>
    run({
      command: ['sh', '-c', text],
      env: { ...account, KUBECONFIG: join(FOLDER, 'kubeconfig') },
      log: logFile('manual'),
    })
  const poolIsFull = () => poolFull(`api.${domain}`, { port: sites.port, ca: certificates.ca })
  const start = () => startStage({ emulator, domain, folder: FOLDER, network, onError: note })

  await step('npm run sleep: first deploy, asleep', sleepStage)
  const answer = await step('npm run smoke: the deployed API answers that it is asleep', async () => {
    await using asleep = await start()
    stage = asleep
    // Without `await` the functions would stop before the visit.
    return await smoke()
  })
  console.log(answer.trim())
  await step('the image is pushed to the deployed registry', async () => {
    deployedImage = await pushImage(emulator, `${CLUSTER}-pod`, tag)
  })
  const components = componentsOf(process.env.WARM_PODS_MONITORING)
  const lacking = await componentsWithoutKinds(client, components)
  const wake = async () => {
    await installAutoModeKinds(client)
    return await deploy({ WARM_PODS_IMAGE_TAG: tag }, '--power', 'awake')
  }
  if (lacking.length === 0)
    await step('npm run wake: sst deploy, kubectl apply, rollout of the gateway', wake)
  else {
    await step(`npm run wake: the new cluster lacks what ${lacking.join(' and ')} needs`, () =>
      fails(
        wake,
        lacking.map((component) => `The deploy continues without ${component}`),
      ),
    )
    await step('npm run deploy: it is named, and nothing is changed', () =>
      fails(() => deploy({}), ['cannot be applied', 'Nothing was changed.']),
    )
  }
  const removeKinds = await prepareMonitoring(client, components, options.operatorKinds)
  await using _ = { [Symbol.asyncDispose]: removeKinds }
  if (components.length > 0) {
    if (lacking.length > 0) await step('npm run deploy: with the operators’ kinds', () => deploy({}))
    await step(`the objects of ${components.join(' and ')} exist`, () => checkMonitoring(client, components))
  }
  await step('the TargetGroupBinding joins Service and target group', () => checkBinding(client, emulator))
  await using awake = await step('the deployed functions start from their archives', start)
  stage = awake
  await using running = await startGateway(client, note)
  gateway = running
  await step('the functions of the schedules answer', async () => {
    for (const { functionName, input = '{}' } of awake.schedules)
      await invoke(awake.functions.get(functionName)?.port ?? 0, functionName, JSON.parse(input))
  })
  awake.startSchedules()
  await step('refill fills the pool', poolIsFull)
  const visit = await step('npm run smoke: claim, ping, kill, fail-over, ping, release', smoke)
  console.log(visit.trim())
  await step('npm run deploy: once more, and the manifests again', () => deploy({}))
  await step('refill fills the pool again', poolIsFull)
  await step('the commands for an awake stage of docs/operations.md', () => runPhase('awake', shell))
  await awake[Symbol.asyncDispose]()
  await step('npm run sleep: the cluster is removed', sleepStage)
  await step('the removal of docs/operations.md', () => withoutProtection(() => runPhase('removal', shell)))
  await step('the remains are deleted, and nothing is found', async () => {
    await createLateLogGroup(emulator)
    await runPhase('remains', shell)
    await runPhase('proof', shell)
  })
}

/** Runs a command that must fail. @throws Error if it succeeds, or if its output lacks one of these texts. */
async function fails(command: () => Promise<string>, texts: readonly string[]): Promise<void> {
  try {
    await command()
  } catch (error) {
    if (!(error instanceof CommandFailed)) throw error
    const missing = texts.filter((text) => !error.output.includes(text))
    if (missing.length === 0) return
    throw new Error(`The output lacks "${missing.join('", "')}". ${error.message}`)
  }
  throw new Error('The command succeeded.')
}

/** Waits until every slot is warm. @throws Error with the problems that the API reports. */
async function poolFull(host: string, server: { port: number; ca: string }): Promise<void> {
  const deadline = performance.now() + POOL_FULL_WITHIN_MS
  for (;;) {
    const body = await getDeployed(host, '/pool', server)
    const pool = v.safeParse(PoolSchema, body)
    if (pool.success && isFull(pool.output)) return
    if (performance.now() > deadline)
      throw new Error(
        `The pool is not full after ${POOL_FULL_WITHIN_MS / 1_000} s. ${pool.success ? describe(pool.output) : JSON.stringify(body)}`,
      )
    await sleep(1_000, undefined, { signal: INTERRUPT.signal })
  }
}

function isFull({ slots, target }: Pool): boolean {
  return slots.filter(({ state }) => state === 'warm').length >= target
}

function describe({ refill, slots }: Pool): string {
  const states = slots.map(
    ({ problem, slot, state }) => `Slot ${slot} is ${state}${problem ? `: ${problem}` : ''}.`,
  )
  return [...(refill.problem ? [refill.problem] : []), ...states].join(' ')
}
