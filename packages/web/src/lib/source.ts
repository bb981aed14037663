/** Where the source of this build lives; undefined when the build was not told. */
export const SOURCE_URL: string | undefined = import.meta.env.VITE_SOURCE_URL || undefined

/** What this build is called; undefined when the build was not told. */
export const RELEASE: string | undefined = import.meta.env.VITE_RELEASE || undefined

/**
 * Address of a file of the project as of this build: of its commit when the release names one, otherwise of the main branch.
 * @param path from the repository's root. @returns undefined without a source.
 */
export function sourceOf(path: string, source = SOURCE_URL, release = RELEASE): string | undefined {
  if (source === undefined) return undefined
  const [, commit] = /(?:^|\+)([0-9a-f]{7,40})$/.exec(release ?? '') ?? []
  const ref = commit ?? 'main'
  return `${source.replace(/\/$/, '')}/blob/${ref}/${path}`
}
