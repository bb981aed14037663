import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import {
  KEPT_BYTES,
  KEPT_MS,
  KEPT_RELEASES,
  type Kept,
  keepPreviousReleases,
  MANIFEST,
  type Site,
} from '../build/previous-releases.ts'

const HOUR_MS = 3_600_000

let root: string
beforeEach(async () => {
  root = await mkdtemp(join(tmpdir(), 'warm-pods-releases-'))
})
afterEach(() => rm(root, { recursive: true }))

/** The live site is the folder of the last deploy. Before the first one every request gets a 404. */
function siteIn(folder: string | undefined): Site {
  return {
    fetch: async (path) => {
      if (!folder) throw new Error('status 404.')
      return readFile(join(folder, path))
    },
  }
}

/** Builds a release: an index.html, its entry script and a lazy chunk, with a hash of the release in the names. */
async function built(release: string): Promise<string> {
  const dist = join(root, `${release}-${Math.random()}`)
  await mkdir(join(dist, 'assets'), { recursive: true })
  await writeFile(join(dist, 'index.html'), `<script src="/assets/index-${release}.js"></script>`)
  await writeFile(join(dist, `assets/index-${release}.js`), `import('./chart-${release}.js')`)
  await writeFile(join(dist, `assets/chart-${release}.js`), `// ${release}`)
  await writeFile(join(dist, 'assets/font-shared.woff2'), 'the same in every release')
  return dist
}

/** Deploys releases one after the other, an hour apart. @returns the folder of the last one and the last result. */
async function deployed(...releases: string[]): Promise<{ folder: string; kept: Kept }> {
  let folder: string | undefined
  let kept: Kept | undefined
  for (const [index, release] of releases.entries()) {
    const dist = await built(release)
    kept = await keepPreviousReleases(dist, release, siteIn(folder), index * HOUR_MS)
    folder = dist
  }
  if (!folder || !kept) throw new Error('Expected at least one release.')
  return { folder, kept }
}

const assets = async (folder: string) => (await readdir(join(folder, 'assets'))).sort()

describe(keepPreviousReleases, () => {
  it('keeps the entry script and the chunk that a cached index.html of release 1 names', async () => {
    const { folder, kept } = await deployed('r1', 'r2')
    expect(kept).toMatchObject({ releases: 1, problems: [] })
    const cached = await readFile(join(await built('r1'), 'index.html'), 'utf8')
    const [, entry = ''] = /src="\/([^"]+)"/.exec(cached) ?? []
    const [, chunk = ''] = /import\('\.\/([^']+)'\)/.exec(await readFile(join(folder, entry), 'utf8')) ?? []
    expect(await readFile(join(folder, 'assets', chunk), 'utf8')).toBe('// r1')
  })

  it(`keeps ${KEPT_RELEASES} previous releases, and no file of an older one`, async () => {
    const { folder, kept } = await deployed('r1', 'r2', 'r3', 'r4', 'r5')
    expect(kept.releases).toBe(KEPT_RELEASES)
    expect(await assets(folder)).toEqual([
      ...['r2', 'r3', 'r4', 'r5'].map((release) => `chart-${release}.js`),
      'font-shared.woff2',
      ...['r2', 'r3', 'r4', 'r5'].map((release) => `index-${release}.js`),
    ])
  })

  it('counts the days of a release from its replacement, not from its deploy', async () => {
    const first = await built('r1')
    await keepPreviousReleases(first, 'r1', siteIn(undefined), 0)
    const second = await built('r2')
    const replacedMs = 3 * KEPT_MS
    expect(await keepPreviousReleases(second, 'r2', siteIn(first), replacedMs)).toMatchObject({ releases: 1 })
    const young = await built('r3')
    await keepPreviousReleases(young, 'r3', siteIn(second), replacedMs + KEPT_MS - 1)
    expect(await assets(young)).toContain('index-r1.js')
    const old = await built('r3')
    await keepPreviousReleases(old, 'r3', siteIn(second), replacedMs + KEPT_MS)
    expect(await assets(old)).not.toContain('index-r1.js')
    expect(await assets(old)).toContain('index-r2.js')
  })

  it('pushes no release out when the same release is deployed again', async () => {
    const { folder } = await deployed('r1', 'r2', 'r2', 'r2', 'r2', 'r2')
    expect(await assets(folder)).toContain('index-r1.js')
  })

  it.each([
    ['no manifest', '{'],
    ['a page instead of a manifest', '<!doctype html>'],
    ['another form', '{"releases":[{"release":7}]}'],
    [
      'a path outside of the assets',
      '{"releases":[{"release":"r1","files":[{"path":"assets/../index.html","bytes":1,"sha256":""}]}]}',
    ],
  ])('leaves the build as it is when the site has %s', async (_name, manifest) => {
    const dist = await built('r2')
    const before = await assets(dist)
    const site: Site = { fetch: async () => new TextEncoder().encode(manifest) }
    const { problems, ...kept } = await keepPreviousReleases(dist, 'r2', site, 0)
    expect(kept).toEqual({ releases: 0, bytes: 0 })
    expect(problems).toEqual([expect.stringContaining(`The site has no readable ${MANIFEST}`)])
    expect(await assets(dist)).toEqual(before)
    expect(await readFile(join(dist, 'index.html'), 'utf8')).toContain('index-r2.js')
  })

  it('states the reason when the site does not answer', async () => {
    const dist = await built('r2')
    const refused = new TypeError('fetch failed', { cause: new Error('connect ECONNREFUSED 127.0.0.1:9') })
    const site: Site = { fetch: () => Promise.reject(refused) }
    const { problems } = await keepPreviousReleases(dist, 'r2', site, 0)
    expect(problems.join()).toContain('fetch failed: connect ECONNREFUSED 127.0.0.1:9')
  })

  it('leaves out a file that is gone, changed or too large, keeps the others, and says why', async () => {
    const first = await built('r1')
    await keepPreviousReleases(first, 'r1', siteIn(undefined), 0)
    await rm(join(first, 'assets/index-r1.js'))
    await writeFile(join(first, 'assets/chart-r1.js'), '<!doctype html>')
    const manifest = JSON.parse(await readFile(join(first, MANIFEST), 'utf8'))
    const large = { path: 'assets/large-r1.js', bytes: KEPT_BYTES + 1, sha256: '' }
    const small = { path: 'assets/font-shared.woff2', bytes: 1, sha256: '' }
    manifest.releases[0].files.push(large, small)
    await writeFile(join(first, MANIFEST), JSON.stringify(manifest))
    const dist = await built('r2')
    const before = await assets(dist)
    const { problems } = await keepPreviousReleases(dist, 'r2', siteIn(first), HOUR_MS)
    expect(problems.map((problem) => problem.split(' ')[0])).toEqual([
      'assets/chart-r1.js',
      'assets/index-r1.js',
      'assets/large-r1.js',
    ])
    expect(await assets(dist)).toEqual(before)
    expect(await readFile(join(dist, 'assets/font-shared.woff2'), 'utf8')).toBe('the same in every release')
  })
})
