/**
 * Keeps the files of previous releases on a site that each deploy replaces as a whole, such as GitHub Pages. A cached
 * index.html, or a tab that is open during a deploy, still finds the files it names.
 */
import { createHash } from 'node:crypto'
import { mkdir, readdir, readFile, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import * as v from 'valibot'

/** The manifest of the site, at its root. The next deploy reads it from there. */
export const MANIFEST = 'releases.json'

/** At most this many previous releases are kept. */
export const KEPT_RELEASES = 3
/** A release is kept for this long after its replacement, ms. */
export const KEPT_MS = 7 * 24 * 60 * 60 * 1_000
/** All kept files together have at most this many bytes. GitHub Pages allows 1 GB for a site. */
export const KEPT_BYTES = 50_000_000

/** A file with a hash in its name, so its content never changes. The form keeps a manifest from naming other folders. */
const PATH = /^assets\/[\w-][\w.-]*$/

const FileSchema = v.object({
  path: v.pipe(v.string(), v.regex(PATH)),
  bytes: v.pipe(v.number(), v.integer(), v.minValue(0)),
  sha256: v.string(),
})
type File = v.InferOutput<typeof FileSchema>

const ReleaseSchema = v.object({
  release: v.string(),
  /** ISO 8601; missing for the release that the site shows. */
  replacedAt: v.optional(v.pipe(v.string(), v.isoTimestamp())),
  files: v.array(FileSchema),
})
type Release = v.InferOutput<typeof ReleaseSchema>

/** The release of the site first, then the previous ones, the latest first. */
const ManifestSchema = v.object({ releases: v.array(ReleaseSchema) })

export interface Site {
  /** Returns the content of a file of the live site. @throws Error when the site does not answer with status 200. */
  fetch(path: string): Promise<Uint8Array>
}

export interface Kept {
  /** The previous releases with at least one file. */
  readonly releases: number
  readonly bytes: number
  /** One sentence for each failure. */
  readonly problems: readonly string[]
}

/**
 * Copies the assets of previous releases from the live site into a new build, and writes the manifest. A failure of the
 * site is a problem in the result, and the build stays as it was otherwise.
 * @param dist the folder of the new build. @param nowMs ms since 1970.
 * @throws the file system's errors.
 */
export async function keepPreviousReleases(
  dist: string,
  release: string,
  site: Site,
  nowMs: number,
): Promise<Kept> {
  const problems: string[] = []
  const files = await filesOf(dist)
  const present = new Set(files.map(({ path }) => path))
  const previous: Release[] = []
  let bytes = 0
  for (const old of selectPrevious(await readManifest(site, problems), present, nowMs)) {
    const kept: File[] = []
    for (const file of old.files) {
      // Releases share files. Those are copied once.
      if (!present.has(file.path)) {
        if (bytes + file.bytes > KEPT_BYTES) {
          problems.push(`${file.path} is not kept: the previous files would exceed ${KEPT_BYTES} bytes.`)
          continue
        }
        const content = await download(site, file, problems)
        if (!content) continue
        await mkdir(dirname(join(dist, file.path)), { recursive: true })
        await writeFile(join(dist, file.path), content)
        present.add(file.path)
        bytes += content.byteLength
      }
      kept.push(file)
    }
    if (kept.length > 0) previous.push({ ...old, files: kept })
  }
  const manifest: v.InferOutput<typeof ManifestSchema> = { releases: [{ release, files }, ...previous] }
  await writeFile(join(dist, MANIFEST), JSON.stringify(manifest))
  return { releases: previous.length, bytes, problems }
}

/**
 * Returns the releases to keep, the latest first. The release of the live site becomes a previous one, unless the new
 * build has all its files. So a second deploy of one commit pushes no release out.
 */
function selectPrevious(
  releases: readonly Release[],
  present: ReadonlySet<string>,
  nowMs: number,
): Required<Release>[] {
  const replacedAt = new Date(nowMs).toISOString()
  return releases
    .filter(({ files }) => files.some(({ path }) => !present.has(path)))
    .map((old) => ({ ...old, replacedAt: old.replacedAt ?? replacedAt }))
    .filter((old) => nowMs - Date.parse(old.replacedAt) < KEPT_MS)
    .slice(0, KEPT_RELEASES)
}

async function readManifest(site: Site, problems: string[]): Promise<Release[]> {
  try {
    const text = new TextDecoder().decode(await site.fetch(MANIFEST))
    return v.parse(ManifestSchema, JSON.parse(text)).releases
  } catch (error) {
    problems.push(`The site has no readable ${MANIFEST}: ${messageOf(error)}`)
    return []
  }
}

async function download(site: Site, file: File, problems: string[]): Promise<Uint8Array | undefined> {
  try {
    const content = await site.fetch(file.path)
    if (sha256(content) === file.sha256) return content
    problems.push(`${file.path} is not kept: its content is not that of the manifest.`)
  } catch (error) {
    problems.push(`${file.path} is not kept: ${messageOf(error)}`)
  }
  return undefined
}

async function filesOf(dist: string): Promise<File[]> {
  const names = (await readdir(join(dist, 'assets'))).sort()
  return Promise.all(
    names.map(async (name) => {
      const content = await readFile(join(dist, 'assets', name))
      return { path: `assets/${name}`, bytes: content.byteLength, sha256: sha256(content) }
    }),
  )
}

function sha256(content: Uint8Array): string {
  return createHash('sha256').update(content).digest('hex')
}

/** The message of an error with that of its cause: `fetch` puts the reason there. */
function messageOf(error: unknown): string {
  if (!(error instanceof Error)) return String(error)
  return error.cause === undefined ? error.message : `${error.message}: ${messageOf(error.cause)}`
}
