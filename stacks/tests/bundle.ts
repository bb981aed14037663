import { execFileSync } from 'node:child_process'
import { readdirSync, readFileSync, statSync } from 'node:fs'
import { join } from 'node:path'

/** Sizes and packages of one Lambda bundle. All sizes are in bytes. */
export interface Bundle {
  /** The entry chunk alone. */
  readonly entry: number
  /** The entry and all its static imports: the code that a cold start reads. */
  readonly atStart: number
  /** The chunk with the Kubernetes client. */
  readonly kubernetes: number
  /** The uploaded archive. */
  readonly zip: number
  /** Packages whose code a cold start reads, such as `@smithy/core`. */
  readonly packagesAtStart: readonly string[]
  /** Packages of every chunk. */
  readonly packages: readonly string[]
}

/** Measures the bundle of a function. @param folder SST's artifacts: `<function>-src` beside `<function>/code.zip`. */
export function bundle(folder: string, fn: string): Bundle {
  const source = join(folder, `${fn}-src`)
  const size = (file: string): number => statSync(join(source, file)).size
  const chunks = readdirSync(source).filter((file) => file.endsWith('.mjs'))
  const atStart = closure(source, 'bundle.mjs')
  const lazy = chunks.find((file) => /^adapter-\w+\.mjs$/.test(file))
  return {
    entry: size('bundle.mjs'),
    atStart: atStart.reduce((sum, file) => sum + size(file), 0),
    kubernetes: lazy ? size(lazy) : 0,
    zip: statSync(join(folder, fn, 'code.zip')).size,
    packagesAtStart: packagesOf(source, atStart),
    packages: packagesOf(source, chunks),
  }
}

/** Returns a file and all its static imports. */
function closure(folder: string, file: string, seen: string[] = []): string[] {
  if (seen.includes(file)) return seen
  const code = readFileSync(join(folder, file), 'utf8')
  const imported = [...code.matchAll(/(?:from|import)\s*"\.\/([\w-]+\.mjs)"/g)].map(([, name = '']) => name)
  return imported.reduce((all, name) => closure(folder, name, all), [...seen, file])
}

/** Reads packages from the source maps. A package inside another one keeps its nested path. */
function packagesOf(folder: string, files: readonly string[]): string[] {
  const sources = files.flatMap((file) => {
    const { sources: own }: { sources: string[] } = JSON.parse(
      readFileSync(join(folder, `${file}.map`), 'utf8'),
    )
    return own
  })
  const names = sources.map((path) => /.*?node_modules\/(.*node_modules\/)?((?:@[^/]+\/)?[^/]+)/.exec(path))
  return [...new Set(names.flatMap((match) => (match ? [`${match[1] ?? ''}${match[2]}`] : [])))].sort()
}

/** Returns the modules of packages/functions/src in a function's entry chunk, such as `api/lambda.ts`. */
export function entryModules(folder: string, fn: string): string[] {
  const { sources }: { sources: string[] } = JSON.parse(
    readFileSync(join(folder, `${fn}-src`, 'bundle.mjs.map'), 'utf8'),
  )
  return sources.flatMap((path) => path.split('packages/functions/src/').slice(1))
}

/** Loading the API's entry makes its services. No process listens on that port, so the entry loads without a connection. */
const ENVIRONMENT = {
  AWS_REGION: 'eu-central-1',
  AWS_ACCESS_KEY_ID: 'any',
  AWS_SECRET_ACCESS_KEY: 'any',
  POOL_TABLE: 'pool',
  SESSIONS_TABLE: 'sessions',
  DYNAMODB_ENDPOINT: 'http://127.0.0.1:9',
  LAMBDA_ENDPOINT: 'http://127.0.0.1:9',
  REFILL_FUNCTION: 'refill',
  EKS_CLUSTER: 'cluster',
  CLUSTER_NAME: 'cluster',
  NAMESPACE: 'warm-pods',
  IMAGE: 'pod:1',
  SITE_ORIGIN: 'http://localhost',
}

/**
 * Returns the milliseconds of user CPU time in which a new Node process imports the entry: the minimum of three runs.
 * Tests only print it.
 */
export function importMs(folder: string, fn: string): number {
  const url = JSON.stringify(`file://${join(folder, `${fn}-src`, 'bundle.mjs')}`)
  const script = `const t = process.cpuUsage(); await import(${url}); console.log(process.cpuUsage(t).user / 1000)`
  const env = { ...process.env, ...ENVIRONMENT }
  // The API also logs that it could not prepare.
  const measure = (): number => {
    const args = ['--input-type=module', '-e', script]
    const output = execFileSync(process.execPath, args, { env, encoding: 'utf8' })
    return Number(output.split('\n').find((line) => /^[\d.]+$/.test(line)))
  }
  return Math.round(Math.min(...Array.from({ length: 3 }, measure)))
}
