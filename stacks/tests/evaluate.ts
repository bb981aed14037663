/** Vitest's global set-up: evaluates every stage with the real SST CLI, and prints one line for each. */
import { cp, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { TestProject } from 'vitest/node'
import { ROOT } from './offline/sst.ts'
import { evaluate, STAGES, type StageName } from './stages.ts'

declare module 'vitest' {
  interface ProvidedContext {
    /** Folder with one graph file for each stage, and with its Lambda bundles in `bundles/<stage>`. */
    graphs: string
  }
}

export async function setup(project: TestProject): Promise<() => Promise<void>> {
  const folder = await mkdtemp(join(tmpdir(), 'warm-pods-graphs-'))
  for (const name of Object.keys(STAGES) as StageName[]) {
    const startedMs = performance.now()
    process.stdout.write(`sst diff, ${name} … `)
    const graph = await evaluate(name)
    await writeFile(join(folder, `${name}.json`), JSON.stringify(graph))
    // SST overwrites the bundles at the next stage.
    await cp(join(ROOT, '.sst/artifacts'), join(folder, 'bundles', name), { recursive: true })
    const seconds = ((performance.now() - startedMs) / 1000).toFixed(1)
    console.log(`${graph.resources.length} resources in ${seconds} s`)
  }
  project.provide('graphs', folder)
  return () => rm(folder, { recursive: true, force: true })
}
