/**
 * `node packages/web/tools/keep-releases.ts <dist> <URL of the site> <release>`: adds the files of previous releases to a
 * build. The Pages workflow runs it between build and upload. A site that does not answer costs these files, never the
 * deploy.
 */
import { keepPreviousReleases } from '../build/previous-releases.ts'

/** For all downloads together. */
const DEADLINE_MS = 120_000

const [dist, url, release] = process.argv.slice(2)
if (!dist || !url || !release)
  throw new Error('Expected three arguments: dist, the URL of the site, the release.')
const signal = AbortSignal.timeout(DEADLINE_MS)
const root = url.endsWith('/') ? url : `${url}/`
const site = {
  async fetch(path: string): Promise<Uint8Array> {
    // The query keeps a cache from answering with the manifest of the release before.
    const response = await fetch(new URL(`${path}?${Date.now()}`, root), { signal, cache: 'no-store' })
    if (!response.ok) throw new Error(`status ${response.status}.`)
    return response.bytes()
  },
}
const kept = await keepPreviousReleases(dist, release, site, Date.now())
for (const problem of kept.problems) console.log(problem)
console.log(`Kept ${kept.bytes} bytes of ${kept.releases} previous releases.`)
