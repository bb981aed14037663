import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './sst.ts'

/** True when .sst holds the platform of the SST that package-lock.json names. */
export function platformIsInstalled(): boolean {
  const version = join(ROOT, '.sst/platform/version')
  const sdk = join(ROOT, '.sst/platform/node_modules/@pulumi/pulumi/package.json')
  const wanted: { version: string } = JSON.parse(
    readFileSync(join(ROOT, 'node_modules/sst/package.json'), 'utf8'),
  )
  return existsSync(sdk) && existsSync(version) && readFileSync(version, 'utf8').includes(wanted.version)
}
