/** The URL of this build's source; undefined when the build has none configured. */
const SOURCE_URL: string | undefined = import.meta.env.VITE_SOURCE_URL || undefined

/** The release id of this build; undefined when the build has none configured. */
const RELEASE: string | undefined = import.meta.env.VITE_RELEASE || undefined

/**
 * Returns the URL of a project file as of this build: at its commit if the release names one, otherwise on the main branch.
 * @param path from the repository's root. @returns undefined without a source.
 */
export function sourceOf(path: string, source = SOURCE_URL, release = RELEASE): string | undefined {
  if (source === undefined) return undefined
  const [, commit] = /(?:^|\+)([0-9a-f]{7,40})$/.exec(release ?? '') ?? []
  const ref = commit ?? 'main'
  return `${source.replace(/\/$/, '')}/blob/${ref}/${path}`
}
