import { existsSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { ROOT } from './sst.ts'

/** Returns whether .sst holds the platform of the installed SST version. */
export function platformIsInstalled(): boolean {
  const version = join(ROOT, '.sst/platform/version')
  const sdk = join(ROOT, '.sst/platform/node_modules/@pulumi/pulumi/package.json')
  const installed: { version: string } = JSON.parse(
    readFileSync(join(ROOT, 'node_modules/sst/package.json'), 'utf8'),
  )
  return existsSync(sdk) && existsSync(version) && readFileSync(version, 'utf8').includes(installed.version)
}
