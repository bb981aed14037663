/**
 * Benchmarks the first claim of a fresh process of the api Lambda against its tenth, with TLS to DynamoDB and to Lambda:
 * `npm run bench -- cold`. Loading the code is not measured, because a warm process has done it.
 */
import { fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import { ms, type Row, type Sample, sampleOf } from '../../../scripts/measured.ts'
import { type Bench, benchEnvironment, benchSystem, refillSlots, startTables } from './claim.ts'
import { makeCertificate, tlsProxy, tlsServer } from './tls.ts'

const PROCESSES = 15
const CLAIMS = 10
const SLOTS = 4
const MODES = ['unprepared', 'prepared'] as const

/** Milliseconds of the first and of the tenth claim. */
interface Figures {
  readonly first: Sample
  readonly tenth: Sample
}

export async function benchColdStart(): Promise<Row[]> {
  const { endpoint, child: tables } = await startTables()
  process.env.AWS_ACCESS_KEY_ID ??= 'bench'
  process.env.AWS_SECRET_ACCESS_KEY ??= 'bench'
  try {
    await using certificate = makeCertificate()
    await using dynamodb = await tlsProxy(endpoint, certificate)
    await using lambda = await tlsServer((request, response) => {
      request.resume()
      response.writeHead(request.headers['x-amz-invocation-type'] === 'DryRun' ? 204 : 202).end()
    }, certificate)
    const environment = {
      ...process.env,
      ...benchEnvironment(dynamodb.url, 'few'),
      LAMBDA_ENDPOINT: lambda.url,
      NODE_EXTRA_CA_CERTS: certificate.file,
    }
    const bench = benchSystem(endpoint, 'few')
    const measured = { unprepared: [] as number[][], prepared: [] as number[][] }
    // In turns, so that a noisy moment affects both.
    for (let n = 0; n < PROCESSES; n++)
      for (const mode of MODES) measured[mode].push(await claimsOf(mode, environment, bench))
    return MODES.map((mode) => rowOf(mode, figuresOf(measured[mode])))
  } finally {
    tables.kill()
  }
}

/** Returns the durations, in ms, of the claims of one fresh process. */
async function claimsOf(
  mode: (typeof MODES)[number],
  env: NodeJS.ProcessEnv,
  bench: Bench,
): Promise<number[]> {
  const file = fileURLToPath(new URL('./cold-process.ts', import.meta.url))
  const child = fork(file, [mode], { env })
  const ended = once(child, 'exit').then(() => {
    throw new Error('The process of the Lambda ended before its tenth claim.')
  })
  // It also ends after its last claim, when no call waits for a message.
  ended.catch(() => undefined)
  const message = async () => (await Promise.race([once(child, 'message'), ended]))[0]
  try {
    await message()
    const times: number[] = []
    while (times.length < CLAIMS) {
      await refillSlots(bench, SLOTS)
      child.send('claim')
      times.push(Number(await message()))
    }
    return times
  } finally {
    child.kill()
  }
}

function figuresOf(runs: readonly (readonly number[])[]): Figures {
  const claim = (index: number): Sample => sampleOf(runs.map((times) => times[index] ?? Number.NaN))
  return { first: claim(0), tenth: claim(CLAIMS - 1) }
}

function rowOf(mode: (typeof MODES)[number], { first, tenth }: Figures): Row {
  const ratio = first.p50 / tenth.p50
  return {
    what: `first claim of a fresh process, ${mode}`,
    measured: `p50 ${ms(first.p50)}, p95 ${ms(first.p95)} (n ${first.n})`,
    baseline: `its tenth claim: p50 ${ms(tenth.p50)}`,
    ratio,
    budget: mode === 'prepared' ? '≤ 2 x' : 'none: before init prepared',
    met: mode === 'unprepared' || ratio <= 2,
  }
}
